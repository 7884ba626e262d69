/* Minutiae of a skeleton: endings and bifurcations, without those that are no minutiae. */
#ifndef FINGER_MINUTIAE_H
#define FINGER_MINUTIAE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "finger/field.h"
#include "finger/skeleton.h"

#define MINUTIAE_MAX 128 /* kept per channel, best first */

enum minutiae_type { MINUTIAE_ENDING = 1, MINUTIAE_BIFURCATION = 2 };

struct minutia {
	int16_t x; /* pixels at 500 ppi */
	int16_t y;
	uint8_t angle;   /* 256 steps from +x towards +y, into the ridge (valley) */
	uint8_t type;    /* enum minutiae_type */
	uint8_t quality; /* 1..100 */
};

struct minutiae {
	size_t count;
	struct minutia at[MINUTIAE_MAX]; /* by falling quality, then place */
};

/* Find them; the skeleton is cleaned of spurs on the way.  ERR_NOMEM. */
int minutiae_find(struct skeleton *s, const struct field *f, struct minutiae *out,
		  struct arena *arena);
/* Raise the quality of what stands in both sets and lower that of the rest. */
void minutiae_confirm(struct minutiae *a, struct minutiae *b);

#endif
