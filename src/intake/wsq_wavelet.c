#include "intake/wsq_wavelet.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* Lines that are joined side by side: one or two vector registers of floats. */
#define LANES 16U
#define PAD   WSQ_WAVELET_HALF_MAX

/* Areas of the plane: 0 to 63 are the subbands, those above are split further. */
#define ROOT  64U
#define AREAS 85U

/* A high-pass half comes out with its frequencies backwards.  The areas stand in the order of
 * frequency, so in an area that lies right (or below) the next split puts its high half first. */
struct area {
	uint32_t x;
	uint32_t y;
	uint32_t width;
	uint32_t height;
	bool is_flipped_x;
	bool is_flipped_y;
};

/* Each area and its quarters: top left, top right, bottom left, bottom right.  Parents stand
 * before their quarters. */
static const struct {
	uint8_t area;
	uint8_t quarter[4];
} splits[] = {
	{ ROOT, { 65, 66, 67, 68 } }, { 65, { 69, 70, 71, 51 } }, { 66, { 52, 53, 54, 55 } },
	{ 67, { 56, 57, 58, 59 } },   { 68, { 60, 61, 62, 63 } }, { 69, { 72, 73, 74, 75 } },
	{ 70, { 76, 77, 78, 79 } },   { 71, { 80, 81, 82, 83 } }, { 72, { 84, 4, 5, 6 } },
	{ 73, { 7, 8, 9, 10 } },      { 74, { 11, 12, 13, 14 } }, { 75, { 15, 16, 17, 18 } },
	{ 76, { 19, 20, 21, 22 } },   { 77, { 23, 24, 25, 26 } }, { 78, { 27, 28, 29, 30 } },
	{ 79, { 31, 32, 33, 34 } },   { 80, { 35, 36, 37, 38 } }, { 81, { 39, 40, 41, 42 } },
	{ 82, { 43, 44, 45, 46 } },   { 83, { 47, 48, 49, 50 } }, { 84, { 0, 1, 2, 3 } },
};

#define SPLITS (sizeof splits / sizeof splits[0])

struct joiner {
	float even[PAD + 1]; /* what makes an even sample: its own place, its neighbours, ... */
	float odd[PAD + 1];
	unsigned half;
	float *line; /* owned: samples with padding, LANES of them side by side */
	float *plane;
	uint32_t stride;
};

/* LANES lines in the plane that are joined together. */
struct lines {
	float *from;
	uint32_t count; /* samples in a line */
	size_t sample_step;
	size_t lane_step;
	unsigned lanes; /* 1..LANES */
	bool is_flipped;
};

/* The length of the first part of a line: the low half is the longer one. */
static uint32_t first_part(uint32_t length, bool is_flipped)
{
	return is_flipped ? length / 2 : (length + 1) / 2;
}

static void lay_out(uint32_t width, uint32_t height, struct area areas[AREAS])
{
	areas[ROOT] = (struct area){ .width = width, .height = height };
	for (size_t i = 0; i < SPLITS; i++) {
		const struct area *a = &areas[splits[i].area];
		uint32_t left = first_part(a->width, a->is_flipped_x);
		uint32_t top = first_part(a->height, a->is_flipped_y);

		for (unsigned q = 0; q < 4; q++) {
			bool is_right = (q & 1) != 0;
			bool is_below = (q & 2) != 0;

			areas[splits[i].quarter[q]] = (struct area){
				.x = a->x + (is_right ? left : 0),
				.y = a->y + (is_below ? top : 0),
				.width = is_right ? a->width - left : left,
				.height = is_below ? a->height - top : top,
				.is_flipped_x = is_right,
				.is_flipped_y = is_below,
			};
		}
	}
}

void wsq_wavelet_bands(uint32_t width, uint32_t height, struct wsq_band bands[WSQ_WAVELET_BANDS])
{
	struct area areas[AREAS];

	lay_out(width, height, areas);
	for (unsigned i = 0; i < WSQ_WAVELET_BANDS; i++) {
		bands[i] =
		    (struct wsq_band){ areas[i].x, areas[i].y, areas[i].width, areas[i].height };
	}
}

/* The synthesis filters are the analysis filters with every second sign turned and their
 * roles exchanged.  Low samples lie on even places, high ones on odd places: an even sample
 * sees the low ones at even distances.  The two kernels have the zeroes left out. */
static void make_kernels(struct joiner *j, const struct wsq_filters *f)
{
	for (unsigned k = 0; k <= PAD; k++) {
		float sign = k % 2 == 0 ? 1.0F : -1.0F;
		float from_low = k <= f->high_half ? sign * f->high[k] : 0.0F;
		float from_high = k <= f->low_half ? sign * f->low[k] : 0.0F;

		j->even[k] = k % 2 == 0 ? from_low : from_high;
		j->odd[k] = k % 2 == 0 ? from_high : from_low;
	}
	j->half = f->low_half > f->high_half ? f->low_half : f->high_half;
}

/* The samples where they belong: low ones on even places, high ones on odd places. */
static void gather(struct joiner *j, const struct lines *l)
{
	uint32_t first = first_part(l->count, l->is_flipped);

	for (uint32_t i = 0; i < l->count; i++) {
		bool is_second = i >= first;
		uint32_t nth = is_second ? i - first : i;
		uint32_t place = 2 * nth + (is_second != l->is_flipped ? 1 : 0);
		const float *from = l->from + i * l->sample_step;
		float *to = j->line + (size_t)(PAD + place) * LANES;

		for (unsigned lane = 0; lane < l->lanes; lane++) {
			to[lane] = from[lane * l->lane_step];
		}
	}
}

/* Both ends are mirrors that stand on the outermost samples; a line of two or three samples
 * is seen in them several times.  A single sample has no high neighbours. */
static void extend(struct joiner *j, uint32_t count)
{
	size_t bytes = LANES * sizeof(float);
	uint32_t period = 2 * (count - 1);

	for (uint32_t d = 1; d <= j->half; d++) {
		float *before = j->line + (size_t)(PAD - d) * LANES;
		float *after = j->line + (size_t)(PAD + count - 1 + d) * LANES;
		uint32_t m;

		if (count == 1) {
			const float *same = j->line + (size_t)PAD * LANES;

			memset(before, 0, bytes);
			memset(after, 0, bytes);
			if (d % 2 == 0) {
				memcpy(before, same, bytes);
				memcpy(after, same, bytes);
			}
			continue;
		}
		m = d % period;
		m = m < count ? m : period - m;
		memcpy(before, j->line + (size_t)(PAD + m) * LANES, bytes);
		memcpy(after, j->line + (size_t)(PAD + count - 1 - m) * LANES, bytes);
	}
}

static void join_lines(struct joiner *j, const struct lines *l)
{
	gather(j, l);
	extend(j, l->count);
	for (uint32_t i = 0; i < l->count; i++) {
		const float *kernel = i % 2 == 0 ? j->even : j->odd;
		const float *here = j->line + (size_t)(PAD + i) * LANES;
		float *to = l->from + i * l->sample_step;
		float sum[LANES];

		for (unsigned lane = 0; lane < LANES; lane++) {
			sum[lane] = kernel[0] * here[lane];
		}
		for (unsigned k = 1; k <= j->half; k++) {
			const float *before = here - (size_t)k * LANES;
			const float *after = here + (size_t)k * LANES;

			for (unsigned lane = 0; lane < LANES; lane++) {
				sum[lane] += kernel[k] * (before[lane] + after[lane]);
			}
		}
		for (unsigned lane = 0; lane < l->lanes; lane++) {
			to[lane * l->lane_step] = sum[lane];
		}
	}
}

static unsigned lanes_left(uint32_t done, uint32_t all)
{
	return all - done < LANES ? all - done : LANES;
}

/* First the columns, then the rows. */
static void join_area(struct joiner *j, const struct area *a)
{
	float *corner = j->plane + (size_t)a->y * j->stride + a->x;

	if (a->width == 0 || a->height == 0) {
		return;
	}
	for (uint32_t x = 0; x < a->width; x += LANES) {
		join_lines(j, &(struct lines){ .from = corner + x,
					       .count = a->height,
					       .sample_step = j->stride,
					       .lane_step = 1,
					       .lanes = lanes_left(x, a->width),
					       .is_flipped = a->is_flipped_y });
	}
	for (uint32_t y = 0; y < a->height; y += LANES) {
		join_lines(j, &(struct lines){ .from = corner + (size_t)y * j->stride,
					       .count = a->width,
					       .sample_step = 1,
					       .lane_step = j->stride,
					       .lanes = lanes_left(y, a->height),
					       .is_flipped = a->is_flipped_x });
	}
}

/* NOLINTNEXTLINE(readability-non-const-parameter): joined in place, through the joiner */
int wsq_wavelet_join(float *plane, uint32_t width, uint32_t height,
		     const struct wsq_filters *filters)
{
	struct area areas[AREAS];
	struct joiner j = { .plane = plane, .stride = width };
	size_t longest = width > height ? width : height;

	j.line = calloc((longest + (size_t)2 * PAD) * LANES, sizeof(float));
	if (j.line == NULL) {
		return ERR_NOMEM;
	}
	make_kernels(&j, filters);
	lay_out(width, height, areas);
	for (size_t i = SPLITS; i-- > 0;) {
		join_area(&j, &areas[splits[i].area]);
	}
	explicit_bzero(j.line, (longest + (size_t)2 * PAD) * LANES * sizeof(float));
	free(j.line);
	return ERR_OK;
}
