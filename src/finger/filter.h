/* The two enhancement channels: filters that bring out the ridges of a print.
 *
 * Channel A compares the mean of a short line along the ridge with its surroundings, and
 * knows nothing of the ridge period; channel B is a bank of Gabor filters for orientation
 * and period.  They fail on different images, which is why there are two. */
#ifndef FINGER_FILTER_H
#define FINGER_FILTER_H

#include "base/arena.h"
#include "finger/field.h"
#include "finger/plane.h"

enum filter_kind { FILTER_LINE, FILTER_GABOR };

/* Filter p within the mask of f; out gets the response, ridges positive, 0 outside.
 * ERR_NOMEM. */
int filter_ridges(enum filter_kind kind, const struct plane *p, const struct field *f,
		  struct plane *out, struct arena *arena);

#endif
