/* Minutiae of people who do not exist, without drawing the finger: for galleries of
 * hundreds of thousands.
 *
 * A finger's minutiae keep the distance from one another that real ones keep, crowd a
 * little around cores and deltas, and point along a flow like that of print.h.  A template
 * is one touch of it: turned, shifted, stretched, cut by the contact's rim, with some
 * missing, some false, and all of them a little off.  (The minutiae are not those of the
 * master of the same seed: that one grows its own.) */
#ifndef SYNTH_MINUTIAE_H
#define SYNTH_MINUTIAE_H

#include <stdint.h>

#include "record/fmr.h"

/* The same finger seed gives mates.  difficulty as in synth_params_init, 0..1.  Writes all
 * of *out; the position stays 0 (unknown). */
void synth_template(uint64_t finger, uint64_t touch, float difficulty, struct fmr *out);

#endif
