/* The ridge flow of a print: for every block of 8 x 8 pixels the orientation, how sure it
 * is, the distance from ridge to ridge, and whether the block belongs to the print. */
#ifndef FINGER_FIELD_H
#define FINGER_FIELD_H

#include <stdint.h>

#include "base/arena.h"
#include "finger/plane.h"

#define FIELD_PERIOD_UNIT 16 /* periods are kept in sixteenths of a pixel */
#define FIELD_PERIOD_MIN  4.0f
#define FIELD_PERIOD_MAX  15.0f

struct field {
	int columns; /* blocks */
	int rows;
	uint8_t *theta;     /* doubled orientation of the ridge: 256 steps for 180 degrees */
	uint8_t *coherence; /* 0..255 */
	uint8_t *period;    /* 0: not known */
	uint8_t *mask;      /* 1: print, 0: background */
};

int field_init(struct field *f, int width, int height, struct arena *arena);
/* Orientation and coherence from the gradients of p, smoothed over blocks with the given
 * deviation; coarse adds a part of a field smoothed much more, for broken places. */
int field_flow(struct field *f, const struct plane *p, float smooth, float coarse,
	       struct arena *arena);
/* Blocks of the print. */
int field_area(const struct field *f);

#endif
