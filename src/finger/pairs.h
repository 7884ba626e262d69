/* Which minutia of one print may be which of the other, judged by their surroundings. */
#ifndef FINGER_PAIRS_H
#define FINGER_PAIRS_H

#include <stdint.h>

#include "finger/template.h"

#define PAIRS_MAX 64

struct pair {
	uint8_t a;    /* index in the first set */
	uint8_t b;    /* index in the second */
	uint8_t turn; /* how far b is turned against a */
	float like;   /* 0..1, from the surroundings alone */
};

struct pairs {
	unsigned count;
	struct pair at[PAIRS_MAX]; /* by falling likeness, then indices */
};

/* How alike the flow is around two minutiae: 0..255; 0 when too little is known. */
unsigned pairs_flow_alike(const struct template_point *a, const struct template_point *b);
/* The pairs that look most alike.  At most TEMPLATE_KEPT^2 surroundings are compared. */
void pairs_find(const struct template_set *a, const struct template_set *b, struct pairs *out);

#endif
