/* What is drawn of one print or two: the minutiae of both channels, what extraction saw, the
 * mates of a comparison.  For outpostctl finger show; no I/O.
 *
 * Places are pixels at 500 ppi, whatever the image or the record had. */
#ifndef CMD_SHOW_H
#define CMD_SHOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "finger/finger.h"
#include "finger/sight.h"
#include "picture/picture.h"
#include "record/fmr.h"

enum show_channel { SHOW_B, SHOW_A, SHOW_CHANNELS };

enum show_layer {
	SHOW_MASK = 1 << 0,
	SHOW_QUALITY = 1 << 1,
	SHOW_FLOW = 1 << 2,
	SHOW_SKELETON = 1 << 3,
	SHOW_MINUTIAE = 1 << 4,
	SHOW_CORE = 1 << 5,
};
#define SHOW_ONE (SHOW_MASK | SHOW_SKELETON | SHOW_MINUTIAE | SHOW_CORE) /* unless chosen */
#define SHOW_TWO (SHOW_MASK | SHOW_MINUTIAE | SHOW_CORE)

struct show_minutia {
	float x;
	float y;
	uint8_t angle;   /* 256 steps from +x towards +y */
	uint8_t type;    /* enum fmr_type */
	uint8_t quality; /* 1..100, 0: not stated */
};

struct show_minutiae {
	unsigned count;
	struct show_minutia at[FMR_MINUTIAE_MAX];
};

/* A core, or with three arms a delta. */
struct show_point {
	float x;
	float y;
	uint8_t arms; /* 1 or 3; 0: a core without direction */
	uint8_t angle[3];
};
#define SHOW_POINTS_MAX (2 * FMR_POINTS_MAX)

struct show_print {
	struct sight sight; /* width 0: there is a record only */
	float width;
	float height;
	struct bytes iso; /* empty: the print gave no template */
	struct bytes extended;
	struct finger_quality quality;
	struct show_minutiae channel[SHOW_CHANNELS];
	/* Cores and deltas, as the record states them. */
	unsigned points;
	struct show_point point[SHOW_POINTS_MAX];
};

struct show_mate {
	float ax;
	float ay;
	float bx;
	float by;
	uint8_t fit; /* 1..100 */
};

struct show_mates {
	bool posed;
	float turn_deg; /* of the second print against the first, clockwise, -180..180 */
	float shift_x;  /* where the first print's corner comes to lie in the second */
	float shift_y;
	unsigned count;
	struct show_mate at[FMR_MINUTIAE_MAX]; /* best fit first */
};

struct show_pair {
	bool compared; /* both prints have a template */
	int score;     /* of finger_compare */
	struct show_mates mates[SHOW_CHANNELS];
};

struct show_choice {
	unsigned layers;           /* enum show_layer, or-ed */
	enum show_channel channel; /* whose ridges, and whose mates */
};

/* ---- show.c ---- */

/* Fill in the minutiae from the print's own records, and the size if there is no sight.  Both
 * records are untrusted: errors as of fmr_read and extended_read. */
int show_load(struct show_print *p, struct fault *fault);
/* Compare two that are loaded; *out says so if one has no template.  ERR_NOMEM, ... */
int show_compare(const struct show_print *a, const struct show_print *b, struct show_pair *out);
/* What a score means, in words. */
const char *show_word(int score);
/* How many minutiae of channel B stand in channel A too, a few pixels off at most. */
unsigned show_in_both(const struct show_print *p);

/* ---- show_draw.c ---- */

/* Draw one print, or two with their mates.  Everything belongs to the arena; ask
 * picture_error afterwards, ERR_NOMEM here. */
int show_draw(const struct show_print *print, size_t prints, const struct show_pair *pair,
	      const struct show_choice *choice, struct arena *arena, struct picture *out);

#endif
