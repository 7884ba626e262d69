#include "synth/print.h"

#include <assert.h>
#include <stdlib.h>

#include "base/err.h"
#include "synth/dice.h"
#include "synth/master.h"
#include "synth/maths.h"

#define STREAM_PORES   0x706f7265U
#define STREAM_CREASES 0x63726561U
#define PORE_CELL      9 /* pixels: about one pore every ridge period along a ridge */
#define CREASES_MAX    3

void synth_params_init(struct synth_params *p, float difficulty)
{
	float d = maths_clamp(difficulty, 0, 1);

	*p = (struct synth_params){
		.width = 320,
		.height = 400,
		.rotation_deg = 6 + 14 * d,
		.shift_px = 6 + 16 * d,
		.distortion_px = 1.5F + 6 * d,
		.area = 0.92F - 0.34F * d,
		.wetness = 0.12F + 0.38F * d,
		.grain = 0.10F + 0.60F * d,
		.noise = 2 + 7 * d,
		.fade = 0.05F + 0.45F * d,
		.scratches = (uint32_t)(5 * d),
	};
}

static void dab(struct synth_master *m, float x, float y, float radius, float depth)
{
	int r = (int)radius + 1;
	int cx = (int)(x + 0.5F);
	int cy = (int)(y + 0.5F);

	for (int py = cy - r; py <= cy + r; py++) {
		for (int px = cx - r; px <= cx + r; px++) {
			if (px < 0 || py < 0 || px >= GROW_WIDTH || py >= GROW_HEIGHT) {
				continue;
			}
			float dx = (float)px - x;
			float dy = (float)py - y;
			float near = 1 - (dx * dx + dy * dy) / (radius * radius);
			float v = 255 * depth * maths_clamp(1.6F * near, 0, 1);
			uint8_t *gap = &m->gap[py * GROW_WIDTH + px];

			if (v > (float)*gap) {
				*gap = (uint8_t)v;
			}
		}
	}
}

/* Sweat pores sit on the crest of the ridges: start anywhere, climb, and stay. */
static void place_pores(struct synth_master *m)
{
	struct dice d;

	dice_init(&d, m->seed, STREAM_PORES);
	for (int cy = PORE_CELL; cy < GROW_HEIGHT - PORE_CELL; cy += PORE_CELL) {
		for (int cx = PORE_CELL; cx < GROW_WIDTH - PORE_CELL; cx += PORE_CELL) {
			int x = cx + (int)dice_below(&d, PORE_CELL - 2) - PORE_CELL / 2;
			int y = cy + (int)dice_below(&d, PORE_CELL - 2) - PORE_CELL / 2;
			float radius = dice_range(&d, 1.1F, 1.9F);
			float depth = dice_range(&d, 0.3F, 1.0F);

			for (int step = 0; step < 5; step++) {
				const int8_t *at = &m->ridge[y * GROW_WIDTH + x];
				int gx = at[1] - at[-1];
				int gy = at[GROW_WIDTH] - at[-GROW_WIDTH];

				x += (gx > 24) - (gx < -24);
				y += (gy > 24) - (gy < -24);
				x = x < 2 ? 2 : (x > GROW_WIDTH - 3 ? GROW_WIDTH - 3 : x);
				y = y < 2 ? 2 : (y > GROW_HEIGHT - 3 ? GROW_HEIGHT - 3 : y);
			}
			if (m->ridge[y * GROW_WIDTH + x] > 60) {
				dab(m, (float)x, (float)y, radius, depth);
			}
		}
	}
}

/* A few white lines across the ridges, in some fingers. */
static void place_creases(struct synth_master *m)
{
	struct dice d;

	dice_init(&d, m->seed, STREAM_CREASES);
	uint32_t n = dice_below(&d, 3) == 0 ? 1 + dice_below(&d, CREASES_MAX) : 0;

	for (uint32_t i = 0; i < n; i++) {
		float x = dice_range(&d, 60, GROW_WIDTH - 60);
		float y = dice_range(&d, 60, GROW_HEIGHT - 60);
		float along = dice_range(&d, 0, MATHS_PI);
		float bend = 0.004F * dice_normal(&d);
		float radius = dice_range(&d, 1.2F, 2.2F);
		int length = (int)dice_range(&d, 40, 130);

		for (int step = 0; step < length; step++) {
			float end = (float)(step < length / 2 ? step : length - step);

			dab(m, x, y, radius * maths_clamp(0.4F + end / 20, 0, 1), 1);
			x += maths_cos(along);
			y += maths_sin(along);
			along += bend;
		}
	}
}

int synth_master_new(uint64_t seed, struct synth_master **m)
{
	struct synth_master *made = calloc(1, sizeof *made);

	assert(m != NULL);
	if (made == NULL) {
		return ERR_NOMEM;
	}
	made->seed = seed;
	flow_init(&made->flow, seed);
	int r = grow_ridges(&made->flow, seed, made->ridge);

	if (r != ERR_OK) {
		free(made);
		return r;
	}
	place_pores(made);
	place_creases(made);
	*m = made;
	return ERR_OK;
}

void synth_master_free(struct synth_master *m)
{
	free(m);
}

const struct flow *synth_master_flow(const struct synth_master *m)
{
	return &m->flow;
}
