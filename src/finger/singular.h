/* Singular points of the ridge flow: cores, where ridges turn back, and deltas, where three
 * flows meet.
 *
 * They are found by Poincare's index on the smoothed flow and believed when the flow around
 * them has the shape of one.  Loops, whorls and tented arches have them, plain arches have
 * none; what lies outside the print or at its edge is not found. */
#ifndef FINGER_SINGULAR_H
#define FINGER_SINGULAR_H

#include <stdint.h>

#include "base/arena.h"
#include "finger/field.h"

#define SINGULAR_MAX 2 /* of a kind: a whorl has two of each */

enum singular_kind { SINGULAR_CORE = 1, SINGULAR_DELTA = 2 };

struct singular {
	int16_t x; /* pixels at 500 ppi */
	int16_t y;
	uint8_t kind;       /* enum singular_kind */
	uint8_t confidence; /* 0..100: how much the flow around has the shape */
	/* 256 steps from +x towards +y.  A core's: where its ridges open to.  A delta's: one of
	 * the three ways that ridges run from it, the others a third of a turn on. */
	uint8_t angle;
};

struct singulars {
	unsigned count;
	struct singular at[2 * SINGULAR_MAX]; /* by falling confidence */
};

/* Find them in the flow; ERR_NOMEM. */
int singular_find(const struct field *f, struct singulars *out, struct arena *arena);

#endif
