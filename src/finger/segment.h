/* Which blocks belong to the print: contrast and coherence together, then tidied up. */
#ifndef FINGER_SEGMENT_H
#define FINGER_SEGMENT_H

#include "base/arena.h"
#include "finger/field.h"

/* Fill in the mask; needs the coherence.  tone has an entry for each block.  ERR_NOMEM. */
int segment_print(struct field *f, const struct plane_tone *tone, struct arena *arena);

#endif
