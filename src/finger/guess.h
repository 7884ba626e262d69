/* The flow of a print whose image nobody has: the minutiae themselves tell how the ridges run
 * near them. */
#ifndef FINGER_GUESS_H
#define FINGER_GUESS_H

#include "finger/template.h"

/* Fill in the flow, at most as many cells as private data may have, around the minutiae's
 * middle; its cells are the template's, as always.  ERR_NOMEM. */
int guess_flow(const struct template_set *set, struct template_flow *flow);

#endif
