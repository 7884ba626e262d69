#include "finger/plane.h"

#include <math.h>
#include <string.h>

#include "base/err.h"
#include "finger/angle.h"

#define REACH       2    /* blocks around one whose tone counts for it */
#define AROUND      25   /* (2 REACH + 1) squared */
#define MOST_PART   70   /* percent of them that are not the exception */
#define MOST_TIMES  1.5f /* a block's own variance misses what is longer than a block */
#define GAIN        64.0f
#define FLOOR_SHARE 0.25f /* of the contrast of a good block: what is paler is not blown up */
#define FLOOR_MOST  5.0f  /* grey levels */
#define FLOOR_LEAST 0.5f
#define LEVELS      256 /* of contrast, in steps of half a grey level */
#define PEAK        255

#define WHOLE_BITS 12
#define WHOLE      (1 << WHOLE_BITS)
#define FRACTION   4 /* bits of a grey level that are kept between rows and columns */

int plane_blocks(int pixels)
{
	return (pixels + PLANE_BLOCK - 1) / PLANE_BLOCK;
}

int plane_init(struct plane *p, int width, int height, struct arena *arena)
{
	size_t stride = (size_t)width + (size_t)2 * PLANE_MARGIN;
	int16_t *all =
	    arena_take(arena, stride * ((size_t)height + (size_t)2 * PLANE_MARGIN), sizeof(*all));

	if (all == NULL) {
		return ERR_NOMEM;
	}
	p->width = width;
	p->height = height;
	p->stride = (ptrdiff_t)stride;
	p->at = all + PLANE_MARGIN * stride + PLANE_MARGIN;
	return ERR_OK;
}

/* How each pixel of a line is made of the line before it: count pixels from first on, in parts
 * of WHOLE.  Whole numbers, so that the order of the sums does not matter. */
struct taps {
	int count;
	int *first;
	int16_t *weight; /* count for each pixel */
};

/* Catmull and Rom's cubic: sharper than a triangle, and it leaves flat grey flat. */
static float cubic(float d)
{
	d = d < 0 ? -d : d;
	if (d < 1.0f) {
		return 1.0f + d * d * (1.5f * d - 2.5f);
	}
	return d < 2.0f ? 2.0f + d * (-4.0f + d * (2.5f - 0.5f * d)) : 0;
}

static int within(int v, int least, int most)
{
	return v < least ? least : v > most ? most : v;
}

/* One pixel, whose middle lies at centre of a line of n.  The line's ends go on for ever. */
static void taps_at(struct taps *t, int i, int n, float centre, float wide)
{
	int reach = (int)(2 * wide) + 1;
	int middle = (int)(centre + 1.0f) - 1;
	int16_t *weight = t->weight + (ptrdiff_t)i * t->count;
	float sum = 0;
	int left = WHOLE;

	t->first[i] = within(middle - reach, 0, n - t->count);
	for (int j = middle - reach; j <= middle + reach + 1; j++) {
		sum += cubic(((float)j - centre) / wide);
	}
	for (int j = middle - reach; j <= middle + reach + 1; j++) {
		int w = angle_round(cubic(((float)j - centre) / wide) * WHOLE / sum);

		int16_t *to = &weight[within(j, 0, n - 1) - t->first[i]];

		*to = (int16_t)(*to + w);
		left -= w;
	}
	/* What rounding left over. */
	weight += within(middle, 0, n - 1) - t->first[i];
	*weight = (int16_t)(*weight + left);
}

/* From n pixels to m; when that is fewer, as wide as the coarser grid. */
static int taps_make(struct taps *t, int n, int m, float scale, struct arena *arena)
{
	float wide = scale > 1.0f ? scale : 1.0f;
	int most = 2 * ((int)(2 * wide) + 1) + 2;

	t->count = most < n ? most : n;
	t->first = arena_take(arena, (size_t)m, sizeof(*t->first));
	t->weight = arena_take(arena, (size_t)m * (size_t)t->count, sizeof(*t->weight));
	if (t->first == NULL || t->weight == NULL) {
		return ERR_NOMEM;
	}
	for (int i = 0; i < m; i++) {
		taps_at(t, i, n, ((float)i + 0.5f) * scale - 0.5f, wide);
	}
	return ERR_OK;
}

static void narrow(const uint8_t *in, const struct taps *t, int16_t *out, int m)
{
	for (int i = 0; i < m; i++) {
		const uint8_t *from = in + t->first[i];
		const int16_t *weight = t->weight + (ptrdiff_t)i * t->count;
		int sum = 0;

		for (int k = 0; k < t->count; k++) {
			sum += weight[k] * from[k];
		}
		out[i] = (int16_t)(sum >> (WHOLE_BITS - FRACTION));
	}
}

/* Rows first: to out's width, FRACTION bits finer than a grey level; then down. */
static int resize(const struct image *image, struct plane *out, struct arena *arena)
{
	float scale = (float)image->ppi / (float)PLANE_PPI;
	int h = (int)image->height;
	size_t line = (size_t)out->width;
	int16_t *half = arena_take(arena, line * (size_t)h, sizeof(*half));
	int32_t *sum = arena_take(arena, line, sizeof(*sum));
	struct taps across;
	struct taps down;

	if (half == NULL || sum == NULL ||
	    taps_make(&across, (int)image->width, out->width, scale, arena) != ERR_OK ||
	    taps_make(&down, h, out->height, scale, arena) != ERR_OK) {
		return ERR_NOMEM;
	}
	for (int y = 0; y < h; y++) {
		narrow(image->pixels + (size_t)y * image->width, &across, half + (size_t)y * line,
		       out->width);
	}
	for (int y = 0; y < out->height; y++) {
		const int16_t *weight = down.weight + (ptrdiff_t)y * down.count;
		const int16_t *from = half + (size_t)down.first[y] * line;

		for (size_t x = 0; x < line; x++) {
			sum[x] = 1 << (WHOLE_BITS + FRACTION - 1);
		}
		for (int k = 0; k < down.count; k++, from += line) {
			for (size_t x = 0; x < line; x++) {
				sum[x] += weight[k] * from[x];
			}
		}
		for (size_t x = 0; x < line; x++) {
			int v = sum[x] >> (WHOLE_BITS + FRACTION);

			out->at[y * out->stride + (ptrdiff_t)x] = (int16_t)within(v, 0, 255);
		}
	}
	return ERR_OK;
}

int plane_scale(const struct image *image, struct plane *out, struct arena *arena)
{
	uint64_t w = ((uint64_t)image->width * PLANE_PPI + image->ppi / 2) / image->ppi;
	uint64_t h = ((uint64_t)image->height * PLANE_PPI + image->ppi / 2) / image->ppi;
	int err;

	if (w > PLANE_SIDE_MAX || h > PLANE_SIDE_MAX || w * h > PLANE_PIXELS_MAX) {
		return ERR_LIMIT;
	}
	err = plane_init(out, w > 0 ? (int)w : 1, h > 0 ? (int)h : 1, arena);
	if (err != ERR_OK) {
		return err;
	}
	if (image->ppi != PLANE_PPI) {
		return resize(image, out, arena);
	}
	for (int y = 0; y < out->height; y++) {
		const uint8_t *in = image->pixels + (size_t)y * image->width;

		for (int x = 0; x < out->width; x++) {
			out->at[y * out->stride + x] = in[x];
		}
	}
	return ERR_OK;
}

struct sums {
	int32_t n;
	int32_t sum;
	int32_t square;
	float own; /* variance within the block */
};

static float variance(int64_t n, int64_t sum, int64_t square)
{
	return (float)(square * n - sum * sum) / ((float)n * (float)n);
}

static struct sums block_sums(const struct plane *grey, int bx, int by)
{
	struct sums s = { 0 };

	for (int y = by * PLANE_BLOCK; y < (by + 1) * PLANE_BLOCK && y < grey->height; y++) {
		const int16_t *row = grey->at + y * grey->stride;

		for (int x = bx * PLANE_BLOCK; x < (bx + 1) * PLANE_BLOCK && x < grey->width; x++) {
			s.n++;
			s.sum += row[x];
			s.square += row[x] * row[x];
		}
	}
	s.own = variance(s.n, s.sum, s.square);
	return s;
}

/* Put a value into its place in a rising list. */
static void insert(float *list, int n, float value)
{
	while (n > 0 && list[n - 1] > value) {
		list[n] = list[n - 1];
		n--;
	}
	list[n] = value;
}

/* Mean and deviation of the blocks within REACH of (bx, by).  A line of print, the edge of a
 * card or a frame is stronger than any ridge and would leave the ridges next to it without
 * contrast: the deviation is no more than what most of these blocks have within themselves
 * allows. */
static struct plane_tone tone_around(const struct sums *all, int columns, int rows, int bx, int by)
{
	float own[AROUND] = { 0 };
	struct plane_tone t;
	int64_t n = 0;
	int64_t sum = 0;
	int64_t square = 0;
	float whole;
	float most;
	int k = 0;

	for (int y = by - REACH; y <= by + REACH; y++) {
		for (int x = bx - REACH; x <= bx + REACH; x++) {
			if (x >= 0 && y >= 0 && x < columns && y < rows) {
				const struct sums *s = &all[y * columns + x];

				insert(own, k++, s->own);
				n += s->n;
				sum += s->sum;
				square += s->square;
			}
		}
	}
	t.mean = (float)sum / (float)n;
	whole = variance(n, sum, square);
	most = MOST_TIMES * own[k * MOST_PART / 100];
	whole = whole < most ? whole : most;
	t.deviation = whole > 0 ? sqrtf(whole) : 0;
	return t;
}

/* The tone at a pixel, interpolated between the centres of blocks. */
static struct plane_tone tone_at(const struct plane_tone *tone, int columns, int rows, int x, int y)
{
	float fx = ((float)x + 0.5f) / PLANE_BLOCK - 0.5f;
	float fy = ((float)y + 0.5f) / PLANE_BLOCK - 0.5f;
	int x0 = fx < 0 ? 0 : (int)fx;
	int y0 = fy < 0 ? 0 : (int)fy;
	int x1 = x0 + 1 < columns ? x0 + 1 : x0;
	int y1 = y0 + 1 < rows ? y0 + 1 : y0;
	float u = fx < 0 ? 0 : fx - (float)x0;
	float v = fy < 0 ? 0 : fy - (float)y0;
	const struct plane_tone *a = &tone[y0 * columns + x0];
	const struct plane_tone *b = &tone[y0 * columns + x1];
	const struct plane_tone *c = &tone[y1 * columns + x0];
	const struct plane_tone *d = &tone[y1 * columns + x1];

	return (struct plane_tone){
		.mean = (1 - v) * ((1 - u) * a->mean + u * b->mean) +
			v * ((1 - u) * c->mean + u * d->mean),
		.deviation = (1 - v) * ((1 - u) * a->deviation + u * b->deviation) +
			     v * ((1 - u) * c->deviation + u * d->deviation),
	};
}

float plane_good_contrast(const struct plane_tone *tone, int n)
{
	int count[LEVELS + 1] = { 0 };
	int seen = 0;

	for (int i = 0; i < n; i++) {
		int level = (int)(tone[i].deviation * 2.0f);

		count[level < LEVELS ? level : LEVELS]++;
	}
	for (int level = LEVELS; level > 0; level--) {
		seen += count[level];
		if (seen * 100 >= n * 15) {
			return (float)level / 2.0f;
		}
	}
	return 0;
}

int plane_even(const struct plane *grey, struct plane *out, struct plane_tone **tone,
	       struct arena *arena)
{
	int columns = plane_blocks(grey->width);
	int rows = plane_blocks(grey->height);
	size_t blocks = (size_t)columns * (size_t)rows;
	struct sums *all = arena_take(arena, blocks, sizeof(*all));
	struct plane_tone *t = arena_take(arena, blocks, sizeof(*t));
	int err = plane_init(out, grey->width, grey->height, arena);
	float least;

	if (err != ERR_OK || all == NULL || t == NULL) {
		return ERR_NOMEM;
	}
	for (int i = 0; i < columns * rows; i++) {
		all[i] = block_sums(grey, i % columns, i / columns);
	}
	for (int i = 0; i < columns * rows; i++) {
		t[i] = tone_around(all, columns, rows, i % columns, i / columns);
	}
	least = FLOOR_SHARE * plane_good_contrast(t, columns * rows);
	least = least > FLOOR_MOST ? FLOOR_MOST : least < FLOOR_LEAST ? FLOOR_LEAST : least;
	for (int y = 0; y < grey->height; y++) {
		for (int x = 0; x < grey->width; x++) {
			struct plane_tone l = tone_at(t, columns, rows, x, y);
			float v = (l.mean - (float)grey->at[y * grey->stride + x]) * GAIN /
				  (l.deviation + least);
			int n = angle_round(v);

			n = n > PEAK ? PEAK : n < -PEAK ? -PEAK : n;
			out->at[y * out->stride + x] = (int16_t)n;
		}
	}
	*tone = t;
	return ERR_OK;
}
