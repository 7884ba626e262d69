/* What a comparison of two templates finds, before it is made into one score. */
#ifndef FINGER_COMPARE_H
#define FINGER_COMPARE_H

#include "finger/template.h"

struct compare_evidence {
	float strength; /* of the agreement, mean of the channels */
	float pairs;    /* chosen */
	float like;     /* mean likeness of their surroundings */
	float mates;
	float share;  /* of the minutiae that could have a mate, 0..1 */
	float period; /* difference, 0..1 */
};

void compare_evidence(const struct finger_template *a, const struct finger_template *b,
		      struct compare_evidence *out);

#endif
