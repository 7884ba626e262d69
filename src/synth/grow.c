#include "synth/grow.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "synth/dice.h"
#include "synth/maths.h"

#define STREAM_GROW 0x67726f77U

/* Growing happens at half size, where a filter costs a sixteenth; the last passes at full
 * size round the ridges off. */
enum { HALF_WIDTH = GROW_WIDTH / 2, HALF_HEIGHT = GROW_HEIGHT / 2 };

#define TURNS       48 /* filters for 180 degrees */
#define PERIODS     9
#define PERIOD_LOW  6.6F /* pixels; each next one is PERIOD_STEP longer */
#define PERIOD_STEP 0.65F
#define SMALL       11 /* side of a half-size filter; rows are padded to whole vectors */
#define SMALL_ROW   12
#define LARGE       19
#define LARGE_ROW   20
#define SMALL_SIZE  ((size_t)SMALL * SMALL_ROW)
#define LARGE_SIZE  ((size_t)LARGE * LARGE_ROW)
#define PASSES      20
#define SPECK_LOW   10 /* half-size pixels between specks: the fewer, the fewer minutiae */
#define SPECK_HIGH  22

/* Four numbers at a time; the order of additions is fixed, and with it every bit. */
typedef float four __attribute__((vector_size(16)));

struct plane {
	int width;
	int height;
	int rim;    /* zeroes around, so that filters need not ask */
	int stride; /* floats a row */
	float *at;  /* owned */
};

struct grower {
	float *small;     /* owned: TURNS x PERIODS filters of SMALL x SMALL_ROW */
	float *large;     /* owned: the same of LARGE x LARGE_ROW */
	uint16_t *filter; /* owned: which one, for each half-size pixel; 0: outside, else + 1 */
	struct plane half[2];
	struct plane full[2];
};

static int plane_init(struct plane *p, int width, int height, int rim)
{
	p->width = width;
	p->height = height;
	p->rim = rim;
	p->stride = width + 2 * rim + 4;
	p->at = calloc((size_t)p->stride * (size_t)(height + 2 * rim), sizeof *p->at);
	return p->at == NULL ? ERR_NOMEM : ERR_OK;
}

static float *plane_pixel(const struct plane *p, int x, int y)
{
	return p->at + (ptrdiff_t)(y + p->rim) * p->stride + x + p->rim;
}

/* One wave of the period across the direction, under a smooth hill; its sum is zero, and
 * its answer to a full wave is 1. */
static void make_filter(float *out, int side, int row, float angle, float period)
{
	int r = side / 2;
	float ux = maths_cos(angle);
	float uy = -maths_sin(angle); /* image rows run downwards */
	float rim = (float)r + 1.0F;
	float weight = 0;
	float sum = 0;
	float power = 0;

	for (int y = -r; y <= r; y++) {
		for (int x = -r; x <= r; x++) {
			float d = ((float)(x * x + y * y)) / (rim * rim);
			float hill = d < 1 ? (1 - d) * (1 - d) * (1 - d) : 0;
			float across = (float)y * ux - (float)x * uy;
			float wave = maths_cos(across * 2 * MATHS_PI / period);

			out[(y + r) * row + x + r] = hill * wave;
			weight += hill;
			sum += hill * wave;
			power += hill * wave * wave;
		}
	}
	for (int y = 0; y < side; y++) {
		for (int x = 0; x < side; x++) {
			float d = (float)((x - r) * (x - r) + (y - r) * (y - r)) / (rim * rim);
			float hill = d < 1 ? (1 - d) * (1 - d) * (1 - d) : 0;

			out[y * row + x] = (out[y * row + x] - hill * sum / weight) / power;
		}
	}
}

static void make_filters(struct grower *g)
{
	for (int p = 0; p < PERIODS; p++) {
		for (int t = 0; t < TURNS; t++) {
			size_t i = (size_t)p * TURNS + (size_t)t;
			float angle = MATHS_PI * (float)t / TURNS;
			float period = PERIOD_LOW + PERIOD_STEP * (float)p;

			make_filter(g->small + i * SMALL_SIZE, SMALL, SMALL_ROW, angle, period / 2);
			make_filter(g->large + i * LARGE_SIZE, LARGE, LARGE_ROW, angle, period);
		}
	}
}

static void choose_filters(struct grower *g, const struct flow *f)
{
	for (int y = 0; y < HALF_HEIGHT; y++) {
		for (int x = 0; x < HALF_WIDTH; x++) {
			float fx = (float)(2 * x - HALF_WIDTH + 1);
			float fy = (float)(HALF_HEIGHT - 2 * y - 1);

			if (flow_inside(f, fx, fy) < 0) {
				continue;
			}
			float turn = flow_angle(f, fx, fy) * (TURNS / MATHS_PI) + TURNS + 0.5F;
			float step = (flow_period(f, fx, fy) - PERIOD_LOW) / PERIOD_STEP + 0.5F;
			int t = (int)turn % TURNS;
			int p = (int)maths_clamp(step, 0, PERIODS - 1);

			g->filter[y * HALF_WIDTH + x] = (uint16_t)(p * TURNS + t + 1);
		}
	}
}

static inline float filtered(const float *pixels, ptrdiff_t stride, const float *filter, int side,
			     int row)
{
	four sum = { 0, 0, 0, 0 };

	for (int y = 0; y < side; y++) {
		for (int x = 0; x < row; x += 4) {
			four a;
			four b;

			memcpy(&a, pixels + y * stride + x, sizeof a);
			memcpy(&b, filter + (ptrdiff_t)y * row + x, sizeof b);
			sum += a * b;
		}
	}
	return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

static void pass_small(const struct grower *g, const struct plane *from, const struct plane *to)
{
	for (int y = 0; y < HALF_HEIGHT; y++) {
		for (int x = 0; x < HALF_WIDTH; x++) {
			size_t i = g->filter[y * HALF_WIDTH + x];

			if (i == 0) {
				continue;
			}
			float v =
			    filtered(plane_pixel(from, x - SMALL / 2, y - SMALL / 2), from->stride,
				     g->small + (i - 1) * SMALL_SIZE, SMALL, SMALL_ROW);
			*plane_pixel(to, x, y) = maths_clamp(3.0F * v, -1, 1);
		}
	}
}

static void pass_large(const struct grower *g, const struct plane *from, const struct plane *to)
{
	for (int y = 0; y < GROW_HEIGHT; y++) {
		for (int x = 0; x < GROW_WIDTH; x++) {
			size_t i = g->filter[(y / 2) * HALF_WIDTH + x / 2];

			if (i == 0) {
				continue;
			}
			float v =
			    filtered(plane_pixel(from, x - LARGE / 2, y - LARGE / 2), from->stride,
				     g->large + (i - 1) * LARGE_SIZE, LARGE, LARGE_ROW);
			*plane_pixel(to, x, y) = maths_clamp(1.3F * v, -1, 1);
		}
	}
}

static void scatter_specks(const struct grower *g, struct dice *d)
{
	int cell = SPECK_LOW + (int)dice_below(d, SPECK_HIGH - SPECK_LOW + 1);

	for (int cy = 0; cy < HALF_HEIGHT; cy += cell) {
		for (int cx = 0; cx < HALF_WIDTH; cx += cell) {
			int x = cx + (int)dice_below(d, (uint32_t)cell);
			int y = cy + (int)dice_below(d, (uint32_t)cell);
			float speck = dice_u32(d) & 1 ? 4.0F : -4.0F;

			if (x < HALF_WIDTH && y < HALF_HEIGHT &&
			    g->filter[y * HALF_WIDTH + x] != 0) {
				*plane_pixel(&g->half[0], x, y) = speck;
			}
		}
	}
}

/* Twice the size, each new pixel a quarter of the way between two old ones. */
static void enlarge(const struct plane *from, const struct plane *to)
{
	for (int y = 0; y < GROW_HEIGHT; y++) {
		for (int x = 0; x < GROW_WIDTH; x++) {
			const float *p = plane_pixel(from, x / 2, y / 2);
			ptrdiff_t sx = x & 1 ? 1 : -1;
			ptrdiff_t sy = y & 1 ? from->stride : -from->stride;

			*plane_pixel(to, x, y) =
			    (9 * p[0] + 3 * p[sx] + 3 * p[sy] + p[sx + sy]) / 16;
		}
	}
}

static void grower_done(struct grower *g)
{
	for (int i = 0; i < 2; i++) {
		free(g->half[i].at);
		free(g->full[i].at);
	}
	free(g->filter);
	free(g->large);
	free(g->small);
}

static int grower_init(struct grower *g)
{
	const size_t filters = (size_t)TURNS * PERIODS;

	*g = (struct grower){ 0 };
	g->small = calloc(filters * SMALL_SIZE, sizeof *g->small);
	g->large = calloc(filters * LARGE_SIZE, sizeof *g->large);
	g->filter = calloc((size_t)HALF_WIDTH * HALF_HEIGHT, sizeof *g->filter);
	if (g->small == NULL || g->large == NULL || g->filter == NULL) {
		return ERR_NOMEM;
	}
	for (int i = 0; i < 2; i++) {
		if (plane_init(&g->half[i], HALF_WIDTH, HALF_HEIGHT, SMALL / 2 + 1) != ERR_OK ||
		    plane_init(&g->full[i], GROW_WIDTH, GROW_HEIGHT, LARGE / 2 + 1) != ERR_OK) {
			return ERR_NOMEM;
		}
	}
	return ERR_OK;
}

int grow_ridges(const struct flow *f, uint64_t seed, int8_t *out)
{
	struct grower g;
	struct dice d;
	int r = grower_init(&g);

	if (r != ERR_OK) {
		goto out;
	}
	dice_init(&d, seed, STREAM_GROW);
	make_filters(&g);
	choose_filters(&g, f);
	scatter_specks(&g, &d);
	for (int i = 0; i < PASSES; i++) {
		pass_small(&g, &g.half[i & 1], &g.half[(i + 1) & 1]);
	}
	enlarge(&g.half[PASSES & 1], &g.full[0]);
	pass_large(&g, &g.full[0], &g.full[1]);
	pass_large(&g, &g.full[1], &g.full[0]);
	for (int y = 0; y < GROW_HEIGHT; y++) {
		for (int x = 0; x < GROW_WIDTH; x++) {
			out[y * GROW_WIDTH + x] =
			    (int8_t)(127 * maths_clamp(*plane_pixel(&g.full[0], x, y), -1, 1));
		}
	}
out:
	grower_done(&g);
	return r;
}
