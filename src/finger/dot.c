#include "finger/dot.h"

#include <assert.h>

/* Inlined with the width a constant, this becomes multiply-and-add of whole registers. */
static inline __attribute__((always_inline)) int32_t sum(const int16_t *tap, int rows, int width,
							 const int16_t *from, ptrdiff_t stride)
{
	int32_t s = 0;

	for (int y = 0; y < rows; y++) {
		for (int x = 0; x < width; x++) {
			s += from[x] * tap[x];
		}
		from += stride;
		tap += width;
	}
	return s;
}

static inline __attribute__((always_inline)) void row(const int16_t *tap, int rows, int width,
						      const int16_t *from, ptrdiff_t stride,
						      int32_t *out, int n)
{
	assert(width == DOT_NARROW || width == DOT_WIDE);
	for (int i = 0; i < n; i++) {
		out[i] = width == DOT_NARROW ? sum(tap, rows, DOT_NARROW, from + i, stride)
					     : sum(tap, rows, DOT_WIDE, from + i, stride);
	}
}

void dot_plain(const int16_t *tap, int rows, int width, const int16_t *from, ptrdiff_t stride,
	       int32_t *out, int n)
{
	row(tap, rows, width, from, stride, out, n);
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) static void wide(const int16_t *tap, int rows, int width,
						 const int16_t *from, ptrdiff_t stride,
						 int32_t *out, int n)
{
	row(tap, rows, width, from, stride, out, n);
}

void dot_row(const int16_t *tap, int rows, int width, const int16_t *from, ptrdiff_t stride,
	     int32_t *out, int n)
{
	if (__builtin_cpu_supports("avx2")) {
		wide(tap, rows, width, from, stride, out, n);
	} else {
		dot_plain(tap, rows, width, from, stride, out, n);
	}
}

#else

void dot_row(const int16_t *tap, int rows, int width, const int16_t *from, ptrdiff_t stride,
	     int32_t *out, int n)
{
	dot_plain(tap, rows, width, from, stride, out, n);
}

#endif
