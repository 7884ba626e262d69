/* The wavelet side of WSQ (CJIS IAFIS-IC-0110): where the 64 subbands lie in the plane of
 * coefficients, and how they are joined into the picture.
 *
 * Sums are made in one fixed order in single precision, so that every machine gives the
 * same pixels. */
#ifndef INTAKE_WSQ_WAVELET_H
#define INTAKE_WSQ_WAVELET_H

#include <stddef.h>
#include <stdint.h>

#define WSQ_WAVELET_BANDS    64U
#define WSQ_WAVELET_HALF_MAX 15U /* taps on one side of a filter's middle */

struct wsq_band {
	uint32_t x; /* of the corner in the plane */
	uint32_t y;
	uint32_t width; /* 0 where the picture is too small for the band */
	uint32_t height;
};

/* The analysis filters as the file states them: both symmetric and of odd length, so that
 * only the middle and one side are kept, the middle first. */
struct wsq_filters {
	float low[WSQ_WAVELET_HALF_MAX + 1];
	float high[WSQ_WAVELET_HALF_MAX + 1];
	unsigned low_half;
	unsigned high_half;
};

void wsq_wavelet_bands(uint32_t width, uint32_t height, struct wsq_band bands[WSQ_WAVELET_BANDS]);
/* Turn the plane of coefficients, width * height of them, into the picture, in place.
 * ERR_NOMEM. */
int wsq_wavelet_join(float *plane, uint32_t width, uint32_t height,
		     const struct wsq_filters *filters);

#endif
