/* Letters as strokes of a pen, drawn for this program: so that a raster has text without any
 * library or font file.  Printable ASCII; what has no letter shows as an empty box. */
#ifndef PICTURE_STROKE_H
#define PICTURE_STROKE_H

#include "picture/picture.h"

/* Call on_stroke for each stroke of a text: size is the height of its lines, at stands on the
 * base line.  A stroke has at most STROKE_POINTS_MAX points, at least one. */
#define STROKE_POINTS_MAX 16U
void stroke_text(struct bytes text, struct picture_point at, float size,
		 void (*on_stroke)(void *context, const struct picture_point *point, size_t points),
		 void *context);
/* How wide the text is. */
float stroke_width(struct bytes text, float size);

#endif
