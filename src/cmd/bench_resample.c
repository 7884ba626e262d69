#include "cmd/bench_resample.h"

#include <math.h>
#include <stdlib.h>

#include "base/err.h"

#define LOBES 3.0

static double window(double d)
{
	double x = M_PI * d;

	if (fabs(d) < 1e-9) {
		return 1;
	}
	return fabs(d) >= LOBES ? 0 : LOBES * sin(x) * sin(x / LOBES) / (x * x);
}

/* n values, step apart, to m of them; scale is how many of the first make one of the second. */
static void line(const float *in, size_t n, size_t step, float *out, size_t m, double scale)
{
	double wide = scale > 1 ? scale : 1;

	for (size_t i = 0; i < m; i++) {
		double centre = ((double)i + 0.5) * scale - 0.5;
		long first = (long)ceil(centre - LOBES * wide);
		long last = (long)floor(centre + LOBES * wide);
		double sum = 0;
		double weight = 0;

		for (long j = first; j <= last; j++) {
			long k = j < 0 ? 0 : j >= (long)n ? (long)n - 1 : j;
			double w = window(((double)j - centre) / wide);

			sum += w * (double)in[(size_t)k * step];
			weight += w;
		}
		out[i * step] = (float)(sum / weight);
	}
}

static size_t scaled(uint32_t n, uint32_t from, uint32_t to)
{
	size_t m = ((size_t)n * to + from / 2) / from;

	return m > 0 ? m : 1;
}

int bench_resample(struct image *image, uint32_t ppi)
{
	size_t w = image->width;
	size_t h = image->height;
	size_t to_w = scaled(image->width, image->ppi, ppi);
	size_t to_h = scaled(image->height, image->ppi, ppi);
	double scale = (double)image->ppi / (double)ppi;
	/* Rows first, then columns in place: the stride is that of the wider. */
	size_t stride = w > to_w ? w : to_w;
	float *from = calloc(w, sizeof(*from));
	float *all = calloc(stride * (h > to_h ? h : to_h), sizeof(*all));
	float *down = calloc(stride * (h > to_h ? h : to_h), sizeof(*down));
	struct image out = { 0 };
	int err = from == NULL || all == NULL || down == NULL ? ERR_NOMEM : ERR_OK;

	if (err == ERR_OK) {
		err = image_init(&out, (uint32_t)to_w, (uint32_t)to_h, ppi);
	}
	if (err != ERR_OK) {
		goto out;
	}
	for (size_t y = 0; y < h; y++) {
		for (size_t x = 0; x < w; x++) {
			from[x] = image->pixels[y * w + x];
		}
		line(from, w, 1, all + y * stride, to_w, scale);
	}
	for (size_t x = 0; x < to_w; x++) {
		line(all + x, h, stride, down + x, to_h, scale);
	}
	for (size_t y = 0; y < to_h; y++) {
		for (size_t x = 0; x < to_w; x++) {
			float v = down[y * stride + x] + 0.5f;

			out.pixels[y * to_w + x] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
		}
	}
	image_done(image);
	*image = out;
out:
	free(from);
	free(all);
	free(down);
	return err;
}
