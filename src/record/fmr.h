/* Finger minutiae records: ISO/IEC 19794-2:2005 (record format) and ANSI INCITS 378-2004/2009.
 *
 * This is how minutiae travel between systems.  The reader takes both standards and any
 * number of views within the limits; the writer makes ISO/IEC 19794-2:2005, clause 7, or
 * ANSI INCITS 378-2004.  The reader is strict about lengths and counts, passes over what
 * real vendors get wrong without harm (docs/FORMATS.md, Minutiae records), and never reads
 * past the given bytes. */
#ifndef RECORD_FMR_H
#define RECORD_FMR_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "record/fmr_extended.h"

#define FMR_MINUTIAE_MAX 255U /* the count is one byte in the record */
#define FMR_VIEWS_MAX    16U
#define FMR_BYTES_MAX    (256UL * 1024)
#define FMR_SIDE_MAX     16383U /* 14 bits */
#define FMR_POSITION_MAX 10U
#define FMR_PPCM_MIN     39U  /* 100 ppi, as in record/image.h */
#define FMR_PPCM_MAX     788U /* 2000 ppi */

enum fmr_format { FMR_ISO_2005, FMR_ANSI_2004 }; /* what can be written */
enum fmr_type { FMR_OTHER = 0, FMR_ENDING = 1, FMR_BIFURCATION = 2 };

struct fmr_minutia {
	uint16_t x;      /* pixels from the left, at the record's resolution */
	uint16_t y;      /* pixels from the top */
	uint8_t angle;   /* 256 steps a turn, counter-clockwise from +x (right); the direction in
			    which the ridge ending's ridge, or the bifurcation's valley, runs as
			    ISO 19794-2:2005 6.4.4 defines it.  ANSI's 2-degree steps are converted */
	uint8_t type;    /* enum fmr_type */
	uint8_t quality; /* 1..100, 0: not stated */
};

/* One finger view. */
struct fmr {
	uint16_t width; /* image size in pixels */
	uint16_t height;
	uint16_t ppcm_x; /* pixels per centimetre; 197 is 500 ppi */
	uint16_t ppcm_y;
	uint8_t position;   /* finger position code 0..10, ISO 19794-2 table 2; 0: unknown */
	uint8_t impression; /* impression type, ISO 19794-2 table 4 */
	uint8_t quality;    /* 0..100; 0: bad, or not stated */
	uint8_t count;
	struct fmr_minutia minutia[FMR_MINUTIAE_MAX];
	struct fmr_points points; /* none where the record states none in ISO 19794-2's way */
};

/* Read all views into views (room for max).  ERR_SHORT, ERR_MALFORMED, ERR_LIMIT, ERR_RANGE
 * or ERR_UNSUPPORTED with the place in *fault (may be NULL); *n is written on success only. */
int fmr_read(struct bytes record, struct fmr *views, size_t max, size_t *n, struct fault *fault);
/* Append a record of n views (1..FMR_VIEWS_MAX, all of one size and resolution) to out;
 * ERR_RANGE, ERR_NOMEM.  ISO says everything that a view holds; ANSI has only every second
 * degree: an angle read back is at most one step off, and what came from ANSI is exact; cores
 * and deltas are left out of it. */
int fmr_write(const struct fmr *views, size_t n, enum fmr_format format, struct buf *out);

#endif
