#include "finger/period.h"

#include <string.h>

#include "base/err.h"
#include "finger/angle.h"

/* The signature of a block: a line of samples across the ridges, each the sum of a short
 * stretch along them. */
#define LINE    48 /* samples across, one pixel apart */
#define STRETCH 6  /* samples along to each side, two pixels apart */
#define TRIED   16 /* periods, evenly spaced in frequency */
#define SPREAD  3  /* blocks around one that lend it their period */

struct waves {
	float c[TRIED][LINE];
	float s[TRIED][LINE];
	float period[TRIED];
};

static void waves_init(struct waves *w)
{
	for (int k = 0; k < TRIED; k++) {
		float least = 1.0f / FIELD_PERIOD_MAX;
		float most = 1.0f / FIELD_PERIOD_MIN;
		float f = least + (most - least) * (float)k / (TRIED - 1);

		w->period[k] = 1.0f / f;
		for (int i = 0; i < LINE; i++) {
			float t = (float)i - (LINE - 1) / 2.0f;
			uint16_t turn = (uint16_t)(int32_t)(t * f * 65536.0f);
			uint16_t hann = (uint16_t)(int32_t)(t * 65536.0f / LINE);
			float weight = 0.5f + 0.5f * angle_cos(hann);

			w->c[k][i] = weight * angle_cos(turn);
			w->s[k][i] = weight * angle_sin(turn);
		}
	}
}

static void signature(const struct plane *p, int cx, int cy, uint8_t theta, float line[LINE])
{
	uint16_t along = (uint16_t)(theta << 7);
	float ux = angle_cos(along);
	float uy = angle_sin(along);
	float mean = 0;

	for (int i = 0; i < LINE; i++) {
		float v = (float)i - (LINE - 1) / 2.0f;
		int sum = 0;

		for (int k = -STRETCH; k <= STRETCH; k++) {
			int x = cx + angle_round(2 * (float)k * ux - v * uy);
			int y = cy + angle_round(2 * (float)k * uy + v * ux);

			if (x >= 0 && y >= 0 && x < p->width && y < p->height) {
				sum += p->at[y * p->stride + x];
			}
		}
		line[i] = (float)sum;
		mean += line[i] / LINE;
	}
	for (int i = 0; i < LINE; i++) {
		line[i] -= mean;
	}
}

/* The period of the strongest wave in the line, and its share of the energy, 0..1. */
static float strongest(const struct waves *w, const float line[LINE], float *share)
{
	float power[TRIED];
	float total = 1.0f;
	int best = 0;

	for (int k = 0; k < TRIED; k++) {
		float c = 0;
		float s = 0;

		for (int i = 0; i < LINE; i++) {
			c += w->c[k][i] * line[i];
			s += w->s[k][i] * line[i];
		}
		power[k] = c * c + s * s;
		total += power[k];
		best = power[k] > power[best] ? k : best;
	}
	*share = power[best] / total;
	if (best > 0 && best < TRIED - 1) {
		/* The top of the parabola through three frequencies. */
		float l = power[best - 1];
		float r = power[best + 1];
		float bend = 2 * power[best] - l - r;
		float shift = bend > 0 ? 0.5f * (r - l) / bend : 0;
		float step = (1.0f / FIELD_PERIOD_MIN - 1.0f / FIELD_PERIOD_MAX) / (TRIED - 1);

		return 1.0f / (1.0f / w->period[best] + shift * step);
	}
	*share *= 0.3f; /* at the end of the range it is no peak */
	return w->period[best];
}

/* Weighted mean of what the blocks around (bx, by) found. */
static float around(const struct field *f, const float *period, const float *weight, int bx, int by)
{
	float sum = 0;
	float total = 0;

	for (int y = by - SPREAD; y <= by + SPREAD; y++) {
		for (int x = bx - SPREAD; x <= bx + SPREAD; x++) {
			if (x >= 0 && y >= 0 && x < f->columns && y < f->rows) {
				int i = y * f->columns + x;

				sum += weight[i] * period[i];
				total += weight[i];
			}
		}
	}
	return total > 0.01f ? sum / total : 0;
}

int period_estimate(struct field *f, const struct plane *p, struct arena *arena)
{
	int n = f->columns * f->rows;
	struct waves *w = arena_take(arena, 1, sizeof(*w));
	float *period = arena_take(arena, (size_t)n, sizeof(*period));
	float *weight = arena_take(arena, (size_t)n, sizeof(*weight));
	float sum = 0;
	float total = 0;

	if (w == NULL || period == NULL || weight == NULL) {
		return ERR_NOMEM;
	}
	waves_init(w);
	for (int i = 0; i < n; i++) {
		int bx = i % f->columns;
		int by = i / f->columns;

		/* Every second block both ways is enough: the line is six blocks long. */
		if (f->mask[i] && bx % 2 == 0 && by % 2 == 0) {
			float line[LINE];

			signature(p, bx * PLANE_BLOCK + PLANE_BLOCK / 2,
				  by * PLANE_BLOCK + PLANE_BLOCK / 2, f->theta[i], line);
			period[i] = strongest(w, line, &weight[i]);
			weight[i] *= weight[i];
			sum += weight[i] * period[i];
			total += weight[i];
		}
	}
	for (int i = 0; i < n; i++) {
		float local = around(f, period, weight, i % f->columns, i / f->columns);
		float mean = total > 0 ? sum / total : 9.0f;

		local = local > 0 ? local : mean;
		f->period[i] = (uint8_t)angle_round(local * FIELD_PERIOD_UNIT);
	}
	return ERR_OK;
}
