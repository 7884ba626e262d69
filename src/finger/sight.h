/* What extraction saw on its way from an image to a template, for pictures of it.
 *
 * Plain bytes, rows one below the other.  Places are pixels at 500 ppi; a block is 8 x 8 of
 * them.  Everything belongs to the arena that was given; nothing here decides anything. */
#ifndef FINGER_SIGHT_H
#define FINGER_SIGHT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "finger/finger.h"
#include "finger/plane.h"
#include "finger/skeleton.h"

struct sight {
	uint32_t width; /* pixels, at most PLANE_SIDE_MAX */
	uint32_t height;
	struct bytes grey;    /* a byte a pixel: the image at 500 ppi, before contrast is evened */
	struct bytes mask;    /* a byte a block: 1 is print, 0 is background */
	struct bytes clarity; /* a byte a block: how much of it is ridges, 0..255 */
	struct bytes flow;    /* a byte a block: doubled orientation, 256 steps for 180 degrees */
	/* The ridges' middle lines of channels B and A, a bit a pixel, the first is the highest of
	 * its byte; each row begins with a byte.  Empty when there was too little of a print. */
	struct bytes ridges;
	struct bytes ridges_a;
};

/* finger_extract, step for step and byte for byte, and what it saw.  *sight is filled in when it
 * succeeds, and with ERR_RANGE; not with ERR_LIMIT and ERR_NOMEM. */
int finger_sight(const struct image *image, uint8_t position, struct buf *iso, struct buf *extended,
		 struct finger_quality *quality, struct arena *arena, struct sight *sight);

/* For finger_sight: into bytes of the arena; ERR_NOMEM. */
int sight_pack_grey(const struct plane *grey, struct arena *arena, struct bytes *out);
int sight_pack_ridges(const struct skeleton *s, struct arena *arena, struct bytes *out);

#endif
