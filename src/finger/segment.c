#include "finger/segment.h"

#include <string.h>

#include "base/err.h"

#define LEVELS       64
#define SHARE        0.30f /* of the contrast that a good block of this image has */
#define CONTRAST_MIN 5.0f  /* grey levels */
#define COHERENT     70    /* of 255: flow that is no accident */
#define PART_MIN     20    /* percent of the largest part; smaller parts are dirt */

/* The contrast that 15 % of the blocks exceed. */
static float good_contrast(const struct plane_tone *tone, int n)
{
	int count[LEVELS + 1] = { 0 };
	int seen = 0;

	for (int i = 0; i < n; i++) {
		int level = (int)(tone[i].deviation / 2.0f);

		count[level < LEVELS ? level : LEVELS]++;
	}
	for (int level = LEVELS; level > 0; level--) {
		seen += count[level];
		if (seen * 100 >= n * 15) {
			return (float)level * 2.0f;
		}
	}
	return 0;
}

/* Each block becomes what most of its (2r+1)^2 surroundings are. */
static void vote(uint8_t *mask, uint8_t *copy, int columns, int rows, int r)
{
	memcpy(copy, mask, (size_t)columns * (size_t)rows);
	for (int i = 0; i < columns * rows; i++) {
		int bx = i % columns;
		int by = i / columns;
		int set = 0;

		for (int y = by - r; y <= by + r; y++) {
			for (int x = bx - r; x <= bx + r; x++) {
				if (x >= 0 && y >= 0 && x < columns && y < rows) {
					set += copy[y * columns + x] * 2 - 1;
				}
			}
		}
		mask[i] = set > 0;
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

int segment_print(struct field *f, const struct plane_tone *tone, struct arena *arena)
{
	int n = f->columns * f->rows;
	uint8_t *copy = arena_take(arena, (size_t)n, 1);
	int *queue = arena_take(arena, (size_t)n, sizeof(*queue));
	float least;

	if (copy == NULL || queue == NULL) {
		return ERR_NOMEM;
	}
	least = good_contrast(tone, n) * SHARE;
	least = least < CONTRAST_MIN ? CONTRAST_MIN : least;
	for (int i = 0; i < n; i++) {
		f->mask[i] = tone[i].deviation > least && f->coherence[i] > COHERENT;
	}
	vote(f->mask, copy, f->columns, f->rows, 1);
	vote(f->mask, copy, f->columns, f->rows, 2);
	drop_small_parts(f, queue);
	fill_holes(f, queue);
	return ERR_OK;
}
