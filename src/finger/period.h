/* The distance from ridge to ridge, block by block. */
#ifndef FINGER_PERIOD_H
#define FINGER_PERIOD_H

#include "base/arena.h"
#include "finger/field.h"

/* Fill in the period of the blocks of the print from the even plane; needs orientation and
 * mask.  ERR_NOMEM. */
int period_estimate(struct field *f, const struct plane *p, struct arena *arena);

#endif
