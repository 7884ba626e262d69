/* What a comparison of two templates finds, before it is made into one score. */
#ifndef FINGER_COMPARE_H
#define FINGER_COMPARE_H

#include <stdbool.h>

#include "finger/overlap.h"
#include "finger/template.h"

struct compare_evidence {
	float strength; /* of the agreement, mean of the channels */
	float pairs;    /* chosen */
	float like;     /* mean likeness of their surroundings */
	float mates;
	float share;  /* of the minutiae that could have a mate, 0..1 */
	float period; /* difference, 0..1 */
};

struct compare_mate {
	int16_t ax; /* pixels at 500 ppi, in the first print */
	int16_t ay;
	int16_t bx; /* in the second */
	int16_t by;
	uint8_t fit; /* 1..100: how near they come to lie to each other, how alike they point */
};

/* What one channel paired: minutiae of the first print that the pose, bent as skin is, brings
 * to lie on one of the second. */
struct compare_mates {
	bool posed; /* a pose was found; the rest is empty without */
	struct overlap_pose pose;
	unsigned count;
	struct compare_mate at[TEMPLATE_KEPT]; /* best fit first */
};

void compare_evidence(const struct finger_template *a, const struct finger_template *b,
		      struct compare_evidence *out);
/* The score of finger_compare(a, b), and what it rests on, for people to look at: channel B's
 * mates in out[0], channel A's in out[1].  A score of 0 or less says that such pairs are what
 * chance gives: then both are empty.  A channel that was not asked is empty too. */
int compare_mates(const struct finger_template *a, const struct finger_template *b,
		  struct compare_mates out[TEMPLATE_SETS]);

#endif
