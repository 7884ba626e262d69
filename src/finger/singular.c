#include "finger/singular.h"

#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "finger/angle.h"

#define SMOOTH      3  /* blocks each way that a block's flow is averaged over, in a binomial */
#define SHAPE       6  /* blocks around a point where the flow is to have its shape */
#define INSIDE      2  /* blocks between a point and the edge of the print */
#define FOUND_MAX   64 /* candidates; more is no print */
#define CONFIDENT   45
#define PAIR_LEAST  5 /* blocks: a core and a delta nearer than this undo each other */
#define ALIKE_LEAST 2 /* blocks: two of a kind nearer than this are one */

/* A direction per block as the doubled angle's cosine and sine, times how sure it is. */
struct flow {
	float *x;
	float *y;
	int columns;
	int rows;
};

struct candidate {
	int column; /* the point lies at the corner right and below this block */
	int row;
	int index; /* 1: core, -1: delta */
	struct singular point;
};

static void smooth_line(float *line, int n, int step, float *copy)
{
	static const float weight[SMOOTH + 1] = { 20, 15, 6, 1 };

	for (int i = 0; i < n; i++) {
		copy[i] = line[(ptrdiff_t)i * step];
	}
	for (int i = 0; i < n; i++) {
		float sum = 0;

		for (int k = -SMOOTH; k <= SMOOTH; k++) {
			if (i + k >= 0 && i + k < n) {
				sum += weight[k < 0 ? -k : k] * copy[i + k];
			}
		}
		line[(ptrdiff_t)i * step] = sum / 64.0f;
	}
}

static int flow_init(struct flow *w, const struct field *f, struct arena *arena)
{
	int n = f->columns * f->rows;
	int longest = f->columns > f->rows ? f->columns : f->rows;
	float *copy = arena_take(arena, (size_t)longest, sizeof(*copy));

	w->columns = f->columns;
	w->rows = f->rows;
	w->x = arena_take(arena, (size_t)n, sizeof(*w->x));
	w->y = arena_take(arena, (size_t)n, sizeof(*w->y));
	if (copy == NULL || w->x == NULL || w->y == NULL) {
		return ERR_NOMEM;
	}
	for (int i = 0; i < n; i++) {
		float sure = f->mask[i] ? (float)f->coherence[i] + 1.0f : 0;

		w->x[i] = sure * angle_cos((uint16_t)(f->theta[i] << 8));
		w->y[i] = sure * angle_sin((uint16_t)(f->theta[i] << 8));
	}
	for (int y = 0; y < f->rows; y++) {
		smooth_line(w->x + (ptrdiff_t)y * f->columns, f->columns, 1, copy);
		smooth_line(w->y + (ptrdiff_t)y * f->columns, f->columns, 1, copy);
	}
	for (int x = 0; x < f->columns; x++) {
		smooth_line(w->x + x, f->rows, f->columns, copy);
		smooth_line(w->y + x, f->rows, f->columns, copy);
	}
	return ERR_OK;
}

/* Turns of the doubled angle around the corner below and right of a block. */
static int poincare(const struct flow *w, int column, int row)
{
	const int at[4] = { row * w->columns + column, row * w->columns + column + 1,
			    (row + 1) * w->columns + column + 1, (row + 1) * w->columns + column };
	int sum = 0;

	for (int k = 0; k < 4; k++) {
		int a = at[k];
		int b = at[(k + 1) % 4];
		float cross = w->x[a] * w->y[b] - w->y[a] * w->x[b];
		float dot = w->x[a] * w->x[b] + w->y[a] * w->y[b];

		sum += (int16_t)angle_of(dot, cross);
	}
	return (sum + (sum < 0 ? -32768 : 32768)) / 65536;
}

/* Does the print reach as far around the corner as a point must lie within it. */
static int within(const struct field *f, int column, int row)
{
	for (int y = row - INSIDE + 1; y <= row + INSIDE; y++) {
		for (int x = column - INSIDE + 1; x <= column + INSIDE; x++) {
			if (x < 0 || y < 0 || x >= f->columns || y >= f->rows ||
			    !f->mask[y * f->columns + x]) {
				return 0;
			}
		}
	}
	return 1;
}

/* Turn every direction around the point back by what a perfect one would have there: for a core
 * the doubled angle follows the place's own, for a delta it runs against it.  What is left
 * points one way in a perfect point, and its length against the sum of lengths is confidence. */
static void judge(const struct field *f, struct candidate *c)
{
	float re = 0;
	float im = 0;
	float total = 0;
	uint8_t rest;

	for (int y = c->row - SHAPE + 1; y <= c->row + SHAPE; y++) {
		for (int x = c->column - SHAPE + 1; x <= c->column + SHAPE; x++) {
			float dx = (float)(2 * (x - c->column) - 1);
			float dy = (float)(2 * (y - c->row) - 1);
			int i = y * f->columns + x;
			uint16_t place, turned;

			if (x < 0 || y < 0 || x >= f->columns || y >= f->rows || !f->mask[i] ||
			    dx * dx + dy * dy > 4.0f * SHAPE * SHAPE) {
				continue;
			}
			place = angle_of(dx, dy);
			turned = (uint16_t)((f->theta[i] << 8) - c->index * place);
			re += angle_cos(turned);
			im += angle_sin(turned);
			total += 1;
		}
	}
	rest = angle_byte(re, im);
	c->point = (struct singular){
		.x = (int16_t)((c->column + 1) * PLANE_BLOCK),
		.y = (int16_t)((c->row + 1) * PLANE_BLOCK),
		.kind = c->index > 0 ? SINGULAR_CORE : SINGULAR_DELTA,
		.confidence = (uint8_t)(total > 0 ? 100.0f * sqrtf(re * re + im * im) / total : 0),
		.angle = c->index > 0 ? rest : (uint8_t)(rest / 3),
	};
}

static int apart_2(const struct candidate *a, const struct candidate *b)
{
	int dx = a->column - b->column;
	int dy = a->row - b->row;

	return dx * dx + dy * dy;
}

/* The nearest core and delta closer than PAIR_LEAST: *a < *b; 0 when there are none. */
static int nearest_pair(const struct candidate *c, int n, int *a, int *b)
{
	int best = PAIR_LEAST * PAIR_LEAST;

	for (int k = 0; k < n * n; k++) {
		int i = k / n;
		int j = k % n;

		if (i < j && c[i].index != c[j].index && apart_2(&c[i], &c[j]) < best) {
			best = apart_2(&c[i], &c[j]);
			*a = i;
			*b = j;
		}
	}
	return best < PAIR_LEAST * PAIR_LEAST;
}

/* Nearest first, a core and a delta close together are a knot in a poor flow: both go. */
static int undo_pairs(struct candidate *c, int n)
{
	int a;
	int b;

	while (nearest_pair(c, n, &a, &b)) {
		c[b] = c[--n];
		c[a] = c[--n];
	}
	return n;
}

static int by_confidence(const void *x, const void *y)
{
	const struct candidate *a = x;
	const struct candidate *b = y;

	if (a->point.confidence != b->point.confidence) {
		return b->point.confidence - a->point.confidence;
	}
	return a->row != b->row ? a->row - b->row : a->column - b->column;
}

static void keep_best(struct candidate *c, int n, struct singulars *out)
{
	int kept[3] = { 0 };

	qsort(c, (size_t)n, sizeof(*c), by_confidence);
	out->count = 0;
	for (int i = 0; i < n; i++) {
		int one = 0;

		for (int j = 0; j < i; j++) {
			one |= c[j].index == c[i].index &&
			       apart_2(&c[j], &c[i]) < ALIKE_LEAST * ALIKE_LEAST;
		}
		if (!one && c[i].point.confidence >= CONFIDENT &&
		    kept[c[i].point.kind] < SINGULAR_MAX) {
			kept[c[i].point.kind]++;
			out->at[out->count++] = c[i].point;
		}
	}
}

int singular_find(const struct field *f, struct singulars *out, struct arena *arena)
{
	struct candidate *c = arena_take(arena, FOUND_MAX, sizeof(*c));
	struct flow w;
	int n = 0;
	int err = flow_init(&w, f, arena);

	if (err != ERR_OK || c == NULL) {
		return ERR_NOMEM;
	}
	for (int row = 0; row + 1 < f->rows; row++) {
		for (int column = 0; column + 1 < f->columns && n < FOUND_MAX; column++) {
			int index = within(f, column, row) ? poincare(&w, column, row) : 0;

			if (index != 0) {
				c[n++] = (struct candidate){ .column = column,
							     .row = row,
							     .index = index > 0 ? 1 : -1 };
			}
		}
	}
	n = undo_pairs(c, n);
	for (int i = 0; i < n; i++) {
		judge(f, &c[i]);
	}
	keep_best(c, n, out);
	return ERR_OK;
}
