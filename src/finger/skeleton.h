/* From a filter's response to lines one pixel wide. */
#ifndef FINGER_SKELETON_H
#define FINGER_SKELETON_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "finger/plane.h"

/* One byte a pixel, 1 on a ridge, with a frame of one empty pixel all around. */
struct skeleton {
	int width;
	int height;
	ptrdiff_t stride;
	uint8_t *at; /* pixel (0, 0); borrowed from the arena */
};

/* Where the eight neighbours of a pixel are, clockwise from the right. */
void skeleton_ring(const struct skeleton *s, ptrdiff_t ring[8]);
/* Ridges are where the response is positive; islands and holes of few pixels go, edges are
 * smoothed, the rest is thinned.  ERR_NOMEM. */
int skeleton_make(const struct plane *response, struct skeleton *s, struct arena *arena);
/* The neighbours of a pixel as bits, in the order of the ring. */
unsigned skeleton_around(const uint8_t *at, const ptrdiff_t ring[8]);
/* How many lines meet at a pixel with these neighbours (its crossing number). */
unsigned skeleton_crossing(unsigned around);

#endif
