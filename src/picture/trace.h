/* From lines one pixel wide to points that lie on them: what was thinned becomes strokes of a
 * pen, with as few points as keep within a tolerance. */
#ifndef PICTURE_TRACE_H
#define PICTURE_TRACE_H

#include "base/arena.h"
#include "picture/picture.h"

/* bits has a bit a pixel, the first is the highest of its byte, rows begin with a byte; 1 to
 * 4096 pixels a side.  on_line gets each line from crossing to crossing, end or round; points
 * are the middles of pixels and valid during the call.  Nothing is drawn twice.  ERR_NOMEM. */
int trace_lines(struct bytes bits, uint32_t width, float tolerance, struct arena *arena,
		void (*on_line)(void *context, const struct picture_point *point, size_t points),
		void *context);

#endif
