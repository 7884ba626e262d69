/* Sums of products of a kernel and the image under it: where extraction spends its time.
 *
 * Whole numbers only, so the plain way and the processor's wide registers give the same sums;
 * a test compares them. */
#ifndef FINGER_DOT_H
#define FINGER_DOT_H

#include <stddef.h>
#include <stdint.h>

#define DOT_NARROW 16 /* the widths that a kernel may have */
#define DOT_WIDE   32

/* For n places side by side: out[i] is the sum over rows and columns of tap (rows of `width`,
 * one after the other) times the image, whose corner for place 0 is `from`. */
void dot_plain(const int16_t *tap, int rows, int width, const int16_t *from, ptrdiff_t stride,
	       int32_t *out, int n);
/* The same as fast as this processor can. */
void dot_row(const int16_t *tap, int rows, int width, const int16_t *from, ptrdiff_t stride,
	     int32_t *out, int n);

#endif
