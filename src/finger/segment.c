#include "finger/segment.h"

#include <string.h>

#include "base/err.h"

#define SHARE        0.15f /* of the contrast that a good block of this image has */
#define SHARE_PALE   0.25f /* the same where that is less than CONTRAST_MIN */
#define CONTRAST_MIN 5.0f  /* grey levels */
#define CLEAN        63.0f
#define RIDGES_MIN   97 /* of 255: the share of ridges in what a block shows */
#define PART_MIN     20 /* percent of the largest part; smaller parts are dirt */

/* How many more blocks of the (2r+1)^2 around (bx, by) are set than not. */
static int majority(const uint8_t *mask, int columns, int rows, int bx, int by, int r)
{
	int set = 0;

	for (int y = by - r; y <= by + r; y++) {
		for (int x = bx - r; x <= bx + r; x++) {
			if (x >= 0 && y >= 0 && x < columns && y < rows) {
				set += mask[y * columns + x] * 2 - 1;
			}
		}
	}
	return set;
}

/* Each block becomes what most of its (2r+1)^2 surroundings are. */
static void vote(uint8_t *mask, uint8_t *copy, int columns, int rows, int r)
{
	memcpy(copy, mask, (size_t)columns * (size_t)rows);
	for (int i = 0; i < columns * rows; i++) {
		mask[i] = majority(copy, columns, rows, i % columns, i / columns, r) > 0;
	}
}

/* Mark with `label` the part of `value` that holds block `start`; returns its size. */
static int flood(uint8_t *mask, int *queue, const struct field *f, int start, uint8_t label)
{
	uint8_t value = mask[start];
	int head = 0;
	int tail = 0;

	queue[tail++] = start;
	mask[start] = label;
	while (head < tail) {
		int i = queue[head++];
		int x = i % f->columns;
		int y = i / f->columns;
		const int next[4] = { x > 0 ? i - 1 : -1, x + 1 < f->columns ? i + 1 : -1,
				      y > 0 ? i - f->columns : -1,
				      y + 1 < f->rows ? i + f->columns : -1 };

		for (int k = 0; k < 4; k++) {
			if (next[k] >= 0 && mask[next[k]] == value) {
				mask[next[k]] = label;
				queue[tail++] = next[k];
			}
		}
	}
	return tail;
}

enum { BACK = 0, PRINT = 1, SEEN = 2, OUTSIDE = 3, DONE = 4 };

/* Drop parts much smaller than the largest. */
static void drop_small_parts(struct field *f, int *queue)
{
	int n = f->columns * f->rows;
	int largest = 0;

	for (int i = 0; i < n; i++) {
		if (f->mask[i] == PRINT) {
			int size = flood(f->mask, queue, f, i, SEEN);

			largest = size > largest ? size : largest;
		}
	}
	for (int i = 0; i < n; i++) {
		if (f->mask[i] == SEEN) {
			int size = flood(f->mask, queue, f, i, DONE);

			if (size * 100 < largest * PART_MIN) {
				(void)flood(f->mask, queue, f, i, BACK);
			}
		}
	}
	for (int i = 0; i < n; i++) {
		f->mask[i] = f->mask[i] == DONE;
	}
}

/* Background that does not reach the edge of the image is part of the print. */
static void fill_holes(struct field *f, int *queue)
{
	int n = f->columns * f->rows;

	for (int i = 0; i < n; i++) {
		int x = i % f->columns;
		int y = i / f->columns;
		int edge = x == 0 || y == 0 || x == f->columns - 1 || y == f->rows - 1;

		if (edge && f->mask[i] == BACK) {
			(void)flood(f->mask, queue, f, i, OUTSIDE);
		}
	}
	for (int i = 0; i < n; i++) {
		f->mask[i] = f->mask[i] != OUTSIDE;
	}
}

static int tidy(struct field *f, struct arena *arena)
{
	int n = f->columns * f->rows;
	uint8_t *copy = arena_take(arena, (size_t)n, 1);
	int *queue = arena_take(arena, (size_t)n, sizeof(*queue));

	if (copy == NULL || queue == NULL) {
		return ERR_NOMEM;
	}
	vote(f->mask, copy, f->columns, f->rows, 1);
	vote(f->mask, copy, f->columns, f->rows, 2);
	drop_small_parts(f, queue);
	fill_holes(f, queue);
	return ERR_OK;
}

int segment_contrast(struct field *f, const struct plane_tone *tone, struct arena *arena)
{
	int n = f->columns * f->rows;
	float good = plane_good_contrast(tone, n);
	float least = good * SHARE_PALE < CONTRAST_MIN ? good * SHARE_PALE : CONTRAST_MIN;

	least = least < good * SHARE ? good * SHARE : least;
	for (int i = 0; i < n; i++) {
		f->mask[i] = tone[i].deviation > least;
	}
	return tidy(f, arena);
}

/* Sums over a block: what there was and what the filter kept. */
struct power {
	float even;
	float ridges;
};

/* A pixel weighted 1 2 1 both ways with its neighbours: what ridges are, without the noise. */
static int soft(const int16_t *at, ptrdiff_t stride)
{
	const int16_t *u = at - stride;
	const int16_t *d = at + stride;

	return (u[-1] + u[1] + d[-1] + d[1] + 2 * (u[0] + d[0] + at[-1] + at[1]) + 4 * at[0]) / 16;
}

static struct power block_power(const struct plane *even, const struct plane *response, int bx,
				int by)
{
	struct power p = { 0 };

	for (int y = by * PLANE_BLOCK; y < (by + 1) * PLANE_BLOCK && y < even->height; y++) {
		const int16_t *e = even->at + y * even->stride;
		const int16_t *r = response->at + y * response->stride;

		for (int x = bx * PLANE_BLOCK; x < (bx + 1) * PLANE_BLOCK && x < even->width; x++) {
			int v = soft(e + x, even->stride);

			p.even += (float)(v * v);
			p.ridges += (float)(r[x] * r[x]);
		}
	}
	return p;
}

/* The share of ridges in the 3 x 3 blocks around block i, scaled so that a clean wave gives
 * about 255. */
static int ridge_share(const struct field *f, const struct power *power, int i)
{
	struct power sum = { 1.0f, 0 };

	for (int k = 0; k < 9; k++) {
		int x = i % f->columns + k % 3 - 1;
		int y = i / f->columns + k / 3 - 1;

		if (x >= 0 && y >= 0 && x < f->columns && y < f->rows) {
			sum.even += power[y * f->columns + x].even;
			sum.ridges += power[y * f->columns + x].ridges;
		}
	}
	return (int)(CLEAN * sum.ridges / sum.even);
}

int segment_ridges(struct field *f, const struct plane *even, const struct plane *response,
		   struct arena *arena)
{
	int n = f->columns * f->rows;
	struct power *power = arena_take(arena, (size_t)n, sizeof(*power));

	if (power == NULL) {
		return ERR_NOMEM;
	}
	for (int i = 0; i < n; i++) {
		power[i] = block_power(even, response, i % f->columns, i / f->columns);
	}
	for (int i = 0; i < n; i++) {
		int share = f->mask[i] ? ridge_share(f, power, i) : 0;

		f->coherence[i] = (uint8_t)(share > 255 ? 255 : share);
		f->mask[i] = share > RIDGES_MIN;
	}
	return tidy(f, arena);
}
