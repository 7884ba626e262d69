/* Ridges from a flow: scattered specks are filtered, over and over, by small waves that lie
 * along the ridges, until the finger is full.  Where waves from different specks meet and
 * do not fit, minutiae come about, as many and as random as nature's. */
#ifndef SYNTH_GROW_H
#define SYNTH_GROW_H

#include <stdint.h>

#include "synth/flow.h"

#define GROW_WIDTH  368
#define GROW_HEIGHT 464

/* Fill out (GROW_WIDTH x GROW_HEIGHT, rows from the top, the finger's middle in the middle)
 * with -127 in the furrows up to 127 on the ridges.  ERR_NOMEM. */
int grow_ridges(const struct flow *f, uint64_t seed, int8_t *out);

#endif
