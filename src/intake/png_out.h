/* Pixels of our own making to PNG.  It stands here because this is libpng's home; nothing
 * foreign is read. */
#ifndef INTAKE_PNG_OUT_H
#define INTAKE_PNG_OUT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"

/* Append a PNG of rows of so many pixels, each of 1 (grey) or 3 bytes (red, green, blue).  Greys
 * that are all multiples of 17 take four bits.  ERR_RANGE for pixels that make no rows,
 * ERR_LIMIT beyond 8192 a side, ERR_NOMEM, ERR_SPACE from the buffer. */
int intake_write_png(struct bytes pixels, uint32_t columns, unsigned channels, struct buf *out);

#endif
