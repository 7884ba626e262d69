/* A quick look at two templates, to choose who is worth a full comparison. */
#ifndef FINGER_SKETCH_H
#define FINGER_SKETCH_H

#include "finger/template.h"

#define SKETCH_POINTS 24U /* best minutiae of a print that are looked at */

/* How much of the two prints' best minutiae asks for one turn and shift; not calibrated,
 * about a fiftieth of the work of finger_compare(). */
unsigned sketch_alike(const struct finger_template *a, const struct finger_template *b);

#endif
