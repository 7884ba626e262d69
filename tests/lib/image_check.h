/* What every image reader must stand: cuts, flipped bits, wrong sizes. */
#ifndef TESTS_IMAGE_CHECK_H
#define TESTS_IMAGE_CHECK_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "intake/decode.h"

/* Decode what must be good, into an image that is given to the caller. */
struct image image_check_good(const struct buf *b, enum image_format format);
/* The same, and it must show exactly these pixels; nothing is given. */
void image_check_pixels(const struct buf *b, enum image_format format, uint32_t width,
			uint32_t height, const uint8_t *expected);
/* Decode what must be refused with this code; gives the fault. */
struct fault image_check_bad(const struct buf *b, enum image_format format, int code);
/* Every beginning of the file that is not all of it must be refused. */
void image_check_cuts(const struct buf *b, enum image_format format);
/* One byte after the other is changed; returns how many of the files were still taken. */
size_t image_check_flips(const struct buf *b, enum image_format format, uint8_t mask);
/* The largest difference between the pixels and a picture of the same size. */
unsigned image_check_distance(const struct image *image, const uint8_t *pixels);

#endif
