/* Which blocks belong to the print: first by contrast, then by how much of it is ridges. */
#ifndef FINGER_SEGMENT_H
#define FINGER_SEGMENT_H

#include "base/arena.h"
#include "finger/field.h"

/* Fill in the mask with every block that has contrast: where it is worth while to look for
 * ridges.  tone has an entry for each block.  ERR_NOMEM. */
int segment_contrast(struct field *f, const struct plane_tone *tone, struct arena *arena);
/* Narrow the mask to where the ridge filter found ridges: the share of the even plane that
 * its response explains.  That share also becomes the coherence.  ERR_NOMEM. */
int segment_ridges(struct field *f, const struct plane *even, const struct plane *response,
		   struct arena *arena);

#endif
