/* A picture as SVG: text, the same bytes for the same picture.
 *
 * Points are rounded to tenths of a unit.  Shapes of one ink that follow each other become one
 * path.  Images are set in as PNG, of sixteen greys: they lie below lines. */
#ifndef PICTURE_SVG_H
#define PICTURE_SVG_H

#include "base/buf.h"
#include "picture/picture.h"

/* Append the document.  png makes a PNG of grey pixels, as intake_write_png does.  title is what
 * is read out to those who do not see it.  ERR_NOMEM, or what png says. */
int svg_write(const struct picture *p, const char *title,
	      int (*png)(struct bytes pixels, uint32_t columns, unsigned channels, struct buf *out),
	      struct buf *out);

#endif
