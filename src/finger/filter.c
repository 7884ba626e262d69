#include "finger/filter.h"

#include "base/err.h"
#include "finger/angle.h"

#define TURNS   32 /* orientations in half a turn */
#define RADIUS  12
#define ROWS    (2 * RADIUS + 1)
#define WIDTH   32 /* 25 taps, filled up for the compiler's vectors */
#define PERIODS 10
#define FINE    4 /* samples each way within a pixel when a line's kernel is drawn */
#define SCALE   2047.0f

/* The shape of channel A's window, in pixels to each side. */
#define LINE_ALONG  4.5f
#define LINE_ACROSS 0.9f
#define WINDOW      5.0f

static const float periods[PERIODS] = { 5.0f, 5.8f,  6.6f,  7.5f,  8.4f,
					9.4f, 10.5f, 11.7f, 13.0f, 14.5f };

struct kernel {
	int16_t tap[ROWS][WIDTH];
};

struct bank {
	enum filter_kind kind;
	struct kernel *kernel[TURNS][PERIODS]; /* drawn when first needed */
};

/* Scale to whole numbers without a mean: an even grey must give nothing. */
static void finish(float draft[ROWS][ROWS], struct kernel *k)
{
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
	for (int i = 0; i < ROWS * ROWS; i++) {
		float v = draft[i / ROWS][i % ROWS] * 8.0f * SCALE / size;

		k->tap[i / ROWS][i % ROWS] = (int16_t)angle_round(v);
	}
}

static void draw_gabor(struct kernel *k, uint16_t along, float period)
{
	float draft[ROWS][ROWS];
	float ux = angle_cos(along);
	float uy = angle_sin(along);
	float across = 0.40f * period;
	float length = 0.60f * period;

	for (int i = 0; i < ROWS * ROWS; i++) {
		int column = i % ROWS - RADIUS;
		int row = i / ROWS - RADIUS;
		float x = (float)column;
		float y = (float)row;
		float u = x * ux + y * uy;
		float v = y * ux - x * uy;
		float fall = u * u / (2 * length * length) + v * v / (2 * across * across);
		uint16_t turn = (uint16_t)(int32_t)(v * 65536.0f / period);

		draft[i / ROWS][i % ROWS] = angle_decay(fall) * angle_cos(turn);
	}
	finish(draft, k);
}

static void draw_line(struct kernel *k, uint16_t along)
{
	float draft[ROWS][ROWS];
	float ux = angle_cos(along);
	float uy = angle_sin(along);
	float line = 0;
	float window = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < ROWS * ROWS * FINE * FINE; i++) {
			int row = i / (ROWS * FINE);
			int column = i % (ROWS * FINE);
			float y = ((float)row + 0.5f) / FINE - 0.5f - RADIUS;
			float x = ((float)column + 0.5f) / FINE - 0.5f - RADIUS;
			float u = x * ux + y * uy;
			float v = y * ux - x * uy;
			int in_line =
			    u * u < LINE_ALONG * LINE_ALONG && v * v < LINE_ACROSS * LINE_ACROSS;
			int in_window = u * u < LINE_ALONG * LINE_ALONG && v * v < WINDOW * WINDOW;
			float *d = &draft[row / FINE][column / FINE];

			if (pass == 0) {
				*d = 0;
				line += (float)in_line;
				window += (float)in_window;
			} else {
				*d += (float)in_line / line - (float)in_window / window;
			}
		}
	}
	finish(draft, k);
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

static int32_t apply(const struct kernel *k, const int16_t *centre, ptrdiff_t stride)
{
	const int16_t *row = centre - RADIUS * stride - RADIUS;
	int32_t sum = 0;

	for (int y = 0; y < ROWS; y++) {
		for (int x = 0; x < WIDTH; x++) {
			sum += row[x] * k->tap[y][x];
		}
		row += stride;
	}
	return sum;
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
		for (int y = y0; y < y0 + PLANE_BLOCK && y < p->height; y++) {
			for (int x = x0; x < x0 + PLANE_BLOCK && x < p->width; x++) {
				const int16_t *centre = p->at + y * p->stride + x;
				int32_t v = apply(k, centre, p->stride) / 4096;

				out->at[y * out->stride + x] = (int16_t)v;
			}
		}
	}
	return ERR_OK;
}
