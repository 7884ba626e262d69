/* Two prints laid over each other: what agrees where both have skin. */
#ifndef FINGER_OVERLAP_H
#define FINGER_OVERLAP_H

#include "finger/agree.h"

/* A turn and a shift from the first print to the second. */
struct overlap_pose {
	float c;
	float s;
	float x;
	float y;
	uint8_t turn;
};

struct overlap {
	float mates;   /* minutiae that have a mate, weighted by quality */
	float could;   /* that could have one: inside the other print */
	float stretch; /* root mean square of what the pose leaves, pixels */
};

/* Which minutia of the second print is the mate of each of the first's, -1: none has been
 * found, and how well they fit, 0 to 1. */
struct overlap_mates {
	int mate[TEMPLATE_KEPT];
	float fit[TEMPLATE_KEPT];
};

/* The pose that fits the chosen pairs best; 0 if there are fewer than two. */
int overlap_pose_of(const struct template_set *a, const struct template_set *b,
		    const struct agreement *g, struct overlap_pose *pose);
void overlap_minutiae(const struct finger_template *ta, const struct finger_template *tb,
		      unsigned set, const struct agreement *g, const struct overlap_pose *pose,
		      struct overlap_mates *mates, struct overlap *out);

#endif
