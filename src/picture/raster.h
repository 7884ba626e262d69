/* A picture as pixels: red, green, blue, a byte each, row after row.  Edges are smooth: a pixel
 * takes as much of the ink as the shape covers of it, by its distance from the line. */
#ifndef PICTURE_RASTER_H
#define PICTURE_RASTER_H

#include "base/arena.h"
#include "picture/picture.h"

struct raster {
	uint32_t width;
	uint32_t height;
	uint8_t *rgb; /* in the arena; width x height x 3 bytes */
};

/* ERR_NOMEM, or the picture's own error. */
int raster_draw(const struct picture *p, struct arena *arena, struct raster *out);

#endif
