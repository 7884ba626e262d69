/* The grey image as extraction works on it: 500 ppi, contrast evened out, with a margin.
 *
 * Values are signed, ridges positive.  The margin of PLANE_MARGIN zeroes on each side lets
 * filters read past the edge.  Pixels come from the arena. */
#ifndef FINGER_PLANE_H
#define FINGER_PLANE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "record/image.h"

#define PLANE_MARGIN     24
#define PLANE_BLOCK      8
#define PLANE_PPI        500U
#define PLANE_SIDE_MAX   2048U /* pixels at 500 ppi: four inches */
#define PLANE_PIXELS_MAX (UINT64_C(2048) * 1536)

struct plane {
	int width;
	int height;
	ptrdiff_t stride;
	int16_t *at; /* pixel (0, 0); borrowed from the arena */
};

/* What a block of 8 x 8 pixels looked like before contrast was evened out. */
struct plane_tone {
	float mean; /* grey level */
	float deviation;
};

/* Round up to whole blocks. */
int plane_blocks(int pixels);
/* Zeroes; ERR_NOMEM. */
int plane_init(struct plane *p, int width, int height, struct arena *arena);
/* Bring an image to 500 ppi: grey levels 0..255, not yet evened out.  ERR_LIMIT when it is
 * too large for one finger, ERR_NOMEM. */
int plane_scale(const struct image *image, struct plane *out, struct arena *arena);
/* The contrast that 15 % of the blocks exceed, in grey levels. */
float plane_good_contrast(const struct plane_tone *tone, int n);
/* Even out local mean and contrast and turn ridges positive, about +-64; tone gets one
 * entry for each block, row after row. */
int plane_even(const struct plane *grey, struct plane *out, struct plane_tone **tone,
	       struct arena *arena);

#endif
