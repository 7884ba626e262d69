/* How good a print is, and what a person at the scanner could do better. */
#ifndef FINGER_QUALITY_H
#define FINGER_QUALITY_H

#include "finger/field.h"
#include "finger/finger.h"
#include "finger/minutiae.h"
#include "finger/plane.h"
#include "finger/singular.h"

/* What an extraction knows; all borrowed. */
struct quality_input {
	const struct plane *grey;
	const struct plane_tone *tone;
	const struct field *field;
	const struct minutiae *a; /* the two channels' minutiae */
	const struct minutiae *b;
	const struct singulars *singulars;
};

/* Judge an extraction. */
void quality_judge(const struct quality_input *in, struct finger_quality *out);

#endif
