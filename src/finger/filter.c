#include "finger/filter.h"

#include "base/err.h"
#include "finger/angle.h"
#include "finger/dot.h"

#define TURNS   32 /* orientations in half a turn */
#define RADIUS  12
#define ROWS    (2 * RADIUS + 1)
#define PERIODS 10
#define FINE    4 /* samples each way within a pixel when a line's kernel is drawn */
#define SCALE   2047.0f

/* The shape of channel A's window, in pixels to each side. */
#define LINE_ALONG  4.5f
#define LINE_ACROSS 0.9f
#define WINDOW      5.0f
#define LINE_RADIUS 7 /* the window's corners are 6.7 away */

static const float periods[PERIODS] = { 5.0f, 5.8f,  6.6f,  7.5f,  8.4f,
					9.4f, 10.5f, 11.7f, 13.0f, 14.5f };

struct kernel {
	int radius; /* RADIUS or LINE_RADIUS: further out all is zero */
	int width;  /* DOT_NARROW or DOT_WIDE: columns, filled up with zeroes */
	int16_t tap[ROWS * DOT_WIDE];
};

struct bank {
	enum filter_kind kind;
	struct kernel *kernel[TURNS][PERIODS]; /* drawn when first needed */
};

/* Scale to whole numbers without a mean: an even grey must give nothing. */
static void finish(float draft[ROWS][ROWS], struct kernel *k, int radius)
{
	int side = 2 * radius + 1;
	int off = RADIUS - radius;

	float mass = 0;
	float sum = 0;
	float size = 0;

	for (int i = 0; i < ROWS * ROWS; i++) {
		float v = draft[i / ROWS][i % ROWS];

		sum += v;
		mass += v < 0 ? -v : v;
	}
	/* Take the mean off where the kernel has weight, not over the whole square. */
	for (int i = 0; i < ROWS * ROWS; i++) {
		float *v = &draft[i / ROWS][i % ROWS];

		*v -= (*v < 0 ? -*v : *v) * sum / mass;
		size += *v < 0 ? -*v : *v;
	}
	k->radius = radius;
	k->width = side > DOT_NARROW ? DOT_WIDE : DOT_NARROW;
	for (int i = 0; i < side * side; i++) {
		float v = draft[off + i / side][off + i % side] * 8.0f * SCALE / size;

		k->tap[i / side * k->width + i % side] = (int16_t)angle_round(v);
	}
}

static void draw_gabor(struct kernel *k, uint16_t along, float period)
{
	float draft[ROWS][ROWS];
	float ux = angle_cos(along);
	float uy = angle_sin(along);
	float across = 0.40f * period;
	float length = 0.60f * period;

	/* The lower half is the upper one turned around, to the bit. */
	for (int i = 0; i <= ROWS * ROWS / 2; i++) {
		int column = i % ROWS - RADIUS;
		int row = i / ROWS - RADIUS;
		float x = (float)column;
		float y = (float)row;
		float u = x * ux + y * uy;
		float v = y * ux - x * uy;
		float fall = u * u / (2 * length * length) + v * v / (2 * across * across);
		uint16_t turn = (uint16_t)(int32_t)(v * 65536.0f / period);

		draft[i / ROWS][i % ROWS] = angle_decay(fall) * angle_cos(turn);
		draft[ROWS - 1 - i / ROWS][ROWS - 1 - i % ROWS] = draft[i / ROWS][i % ROWS];
	}
	finish(draft, k, RADIUS);
}

/* What part of pixel (column, row) lies in the line and in its window, in fine samples. */
static void count_pixel(int column, int row, float ux, float uy, int *in_line, int *in_window)
{
	*in_line = 0;
	*in_window = 0;
	for (int i = 0; i < FINE * FINE; i++) {
		int fine_y = i / FINE;
		int fine_x = i % FINE;
		float y = (float)row + ((float)fine_y + 0.5f) / FINE - 0.5f;
		float x = (float)column + ((float)fine_x + 0.5f) / FINE - 0.5f;
		float u = x * ux + y * uy;
		float v = y * ux - x * uy;
		int along = u * u < LINE_ALONG * LINE_ALONG;

		*in_line += along && v * v < LINE_ACROSS * LINE_ACROSS;
		*in_window += along && v * v < WINDOW * WINDOW;
	}
}

static void draw_line(struct kernel *k, uint16_t along)
{
	float draft[ROWS][ROWS] = { { 0 } };
	int in_line[ROWS][ROWS] = { { 0 } };
	int in_window[ROWS][ROWS] = { { 0 } };
	float ux = angle_cos(along);
	float uy = angle_sin(along);
	int line = 0;
	int window = 0;

	for (int y = -LINE_RADIUS; y <= LINE_RADIUS; y++) {
		for (int x = -LINE_RADIUS; x <= LINE_RADIUS; x++) {
			int *l = &in_line[y + RADIUS][x + RADIUS];
			int *w = &in_window[y + RADIUS][x + RADIUS];

			count_pixel(x, y, ux, uy, l, w);
			line += *l;
			window += *w;
		}
	}
	for (int i = 0; i < ROWS * ROWS; i++) {
		int l = in_line[i / ROWS][i % ROWS];
		int w = in_window[i / ROWS][i % ROWS];

		draft[i / ROWS][i % ROWS] = (float)l / (float)line - (float)w / (float)window;
	}
	finish(draft, k, LINE_RADIUS);
}

static struct kernel *kernel_for(struct bank *b, int turn, int period, struct arena *arena)
{
	struct kernel **k = &b->kernel[turn][period];

	if (*k == NULL) {
		*k = arena_take(arena, 1, sizeof(**k));
		if (*k == NULL) {
			return NULL;
		}
		if (b->kind == FILTER_GABOR) {
			draw_gabor(*k, (uint16_t)(turn * (32768 / TURNS)), periods[period]);
		} else {
			draw_line(*k, (uint16_t)(turn * (32768 / TURNS)));
		}
	}
	return *k;
}

static int nearest_period(uint8_t period)
{
	float p = (float)period / FIELD_PERIOD_UNIT;
	int best = 0;

	for (int i = 1; i < PERIODS; i++) {
		if (p > 0.5f * (periods[i - 1] + periods[i])) {
			best = i;
		}
	}
	return best;
}

static void filter_block(const struct kernel *k, const struct plane *p, int x0, int y0,
			 struct plane *out)
{
	int n = p->width - x0 < PLANE_BLOCK ? p->width - x0 : PLANE_BLOCK;
	int32_t sum[PLANE_BLOCK];

	for (int y = y0; y < y0 + PLANE_BLOCK && y < p->height; y++) {
		const int16_t *from = p->at + (y - k->radius) * p->stride + x0 - k->radius;

		dot_row(k->tap, 2 * k->radius + 1, k->width, from, p->stride, sum, n);
		for (int x = 0; x < n; x++) {
			out->at[y * out->stride + x0 + x] = (int16_t)(sum[x] / 4096);
		}
	}
}

int filter_ridges(enum filter_kind kind, const struct plane *p, const struct field *f,
		  struct plane *out, struct arena *arena)
{
	struct bank *b = arena_take(arena, 1, sizeof(*b));

	if (b == NULL || plane_init(out, p->width, p->height, arena) != ERR_OK) {
		return ERR_NOMEM;
	}
	b->kind = kind;
	for (int i = 0; i < f->columns * f->rows; i++) {
		int x0 = i % f->columns * PLANE_BLOCK;
		int y0 = i / f->columns * PLANE_BLOCK;
		int turn = ((f->theta[i] + 128 / TURNS) * TURNS / 256) % TURNS;
		int period = kind == FILTER_GABOR ? nearest_period(f->period[i]) : 0;
		const struct kernel *k;

		if (!f->mask[i]) {
			continue;
		}
		k = kernel_for(b, turn, period, arena);
		if (k == NULL) {
			return ERR_NOMEM;
		}
		filter_block(k, p, x0, y0, out);
	}
	return ERR_OK;
}
