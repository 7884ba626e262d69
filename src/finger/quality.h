/* How good a print is, and what a person at the scanner could do better. */
#ifndef FINGER_QUALITY_H
#define FINGER_QUALITY_H

#include "finger/field.h"
#include "finger/finger.h"
#include "finger/minutiae.h"
#include "finger/plane.h"

/* Judge an extraction; a and b are the two channels' minutiae. */
void quality_judge(const struct plane *grey, const struct plane_tone *tone, const struct field *f,
		   const struct minutiae *a, const struct minutiae *b, struct finger_quality *out);

#endif
