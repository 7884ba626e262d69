/* Which pairs of minutiae agree with each other: one turn and shift for all, give or take
 * what skin stretches.  The leading eigenvector of the matrix of pairwise agreement, by a
 * fixed number of power iterations, then a one-to-one choice. */
#ifndef FINGER_AGREE_H
#define FINGER_AGREE_H

#include "finger/pairs.h"

struct agreement {
	float strength; /* of the eigenvector: how much agreement there is in all */
	unsigned count;
	uint8_t a[TEMPLATE_KEPT]; /* the chosen pairs, strongest first */
	uint8_t b[TEMPLATE_KEPT];
	float weight[TEMPLATE_KEPT];
	float like; /* mean likeness of the chosen */
};

void agree_find(const struct template_set *a, const struct template_set *b,
		const struct pairs *pairs, struct agreement *out);

#endif
