#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/err.h"
#include "synth/dice.h"
#include "synth/lattice.h"
#include "synth/master.h"
#include "synth/maths.h"
#include "synth/print.h"

/* One touch: every pixel of the sensor asks which place of the finger lies on it
 * (displacement, turn, shift), whether that place touches (an ellipse with a soft, ragged
 * rim), how thick the ridges are there (wetness, pressure), and adds what the sensor adds. */

#define STREAM_TOUCH 0x746f7563U

enum { SKIN_X, SKIN_Y, PRESSURE, RAGGED, GRAIN, LIGHT, LATTICES };

/* Pixels between the lattice's points. */
static const float cell[LATTICES] = { 95, 95, 48, 17, 2.3F, 160 };

struct touch {
	const struct synth_master *master;
	const struct synth_params *params;
	struct dice dice;
	struct lattice lattice[LATTICES];
	float cosine;
	float sine;
	float place_x; /* where the finger's middle lies, from the image's middle */
	float place_y;
	float twist;  /* radians that the rim stays behind the middle */
	float drag_x; /* pixels that it does */
	float drag_y;
	float pad_x; /* middle of the contact, in the finger */
	float pad_y;
	float pad_width; /* its half axes */
	float pad_height;
	float thickness; /* threshold: higher is drier */
	float paper;     /* grey levels */
	float depth;
	uint8_t *scratch; /* owned: image-sized, 1 where a scratch lies */
};

static void touch_done(struct touch *t)
{
	for (int i = 0; i < LATTICES; i++) {
		lattice_done(&t->lattice[i]);
	}
	free(t->scratch);
}

static void draw_touch(struct touch *t)
{
	const struct synth_params *p = t->params;
	struct dice *d = &t->dice;
	float turn =
	    p->rotation_deg * (MATHS_PI / 180) * maths_clamp(0.45F * dice_normal(d), -1, 1);
	float area = dice_range(d, p->area, 1);
	float spread = 1 - area;

	t->cosine = maths_cos(turn);
	t->sine = maths_sin(turn);
	t->place_x = p->shift_px * dice_normal(d);
	t->place_y = p->shift_px * dice_normal(d);
	t->twist = 0.012F * p->distortion_px * dice_normal(d);
	t->drag_x = 0.6F * p->distortion_px * dice_normal(d);
	t->drag_y = 0.6F * p->distortion_px * dice_normal(d);
	/* A small contact can lie towards any side: the finger was rolled or tipped. */
	t->pad_x = 150 * spread * dice_range(d, -1, 1);
	t->pad_y = 190 * spread * dice_range(d, -1, 1);
	t->pad_width = 142 * t->master->flow.size * area;
	t->pad_height = 182 * t->master->flow.size * area * dice_range(d, 0.9F, 1.05F);
	t->thickness = maths_clamp(p->wetness * dice_normal(d), -0.75F, 0.75F);
	t->paper = dice_range(d, 215, 245);
	t->depth = (t->paper - 25) * (1 - dice_range(d, 0.4F, 1) * p->fade);
}

static void draw_scratches(struct touch *t)
{
	struct dice *d = &t->dice;
	int width = (int)t->params->width;
	int height = (int)t->params->height;
	uint32_t n = dice_below(d, t->params->scratches + 1);

	for (uint32_t i = 0; i < n; i++) {
		float x = dice_range(d, 0, (float)width);
		float y = dice_range(d, 0, (float)height);
		float along = dice_range(d, 0, 2 * MATHS_PI);
		float dx = maths_cos(along);
		float dy = maths_sin(along);
		int length = (int)dice_range(d, 25, 120);
		int thick = 1 + (int)dice_below(d, 2);

		for (int step = 0; step < length * thick; step++) {
			float off = (float)(step % thick);
			int px = (int)(x - off * dy);
			int py = (int)(y + off * dx);

			if (px >= 0 && py >= 0 && px < width && py < height) {
				t->scratch[py * width + px] = 1;
			}
			if (step % thick == thick - 1) {
				x += dx;
				y += dy;
			}
		}
	}
}

/* From the sensor (pixels from the image's middle, y down) to the finger. */
static struct flow_point locate(const struct touch *t, float x, float y)
{
	float ix = x + (float)t->params->width / 2;
	float iy = y + (float)t->params->height / 2;
	float far = maths_smooth((x * x + y * y) / (190.0F * 190.0F));
	float twist = t->twist * far;
	float bend = t->params->distortion_px;

	x -= t->place_x;
	y -= t->place_y;
	float sx = x - twist * y + t->drag_x * far + bend * lattice_at(&t->lattice[SKIN_X], ix, iy);
	float sy = y + twist * x + t->drag_y * far + bend * lattice_at(&t->lattice[SKIN_Y], ix, iy);

	return (struct flow_point){ t->cosine * sx + t->sine * sy, t->cosine * sy - t->sine * sx };
}

/* The ridge (-1..1) and the gap (0..1) at a place of the finger, between four pixels. */
static float look(const struct synth_master *m, struct flow_point p, float *gap)
{
	float x = p.x + GROW_WIDTH * 0.5F - 0.5F;
	float y = p.y + GROW_HEIGHT * 0.5F - 0.5F;
	int ix = (int)maths_clamp(x, 0, GROW_WIDTH - 2);
	int iy = (int)maths_clamp(y, 0, GROW_HEIGHT - 2);
	float fx = maths_clamp(x - (float)ix, 0, 1);
	float fy = maths_clamp(y - (float)iy, 0, 1);
	const int8_t *r = &m->ridge[iy * GROW_WIDTH + ix];
	const uint8_t *g = &m->gap[iy * GROW_WIDTH + ix];
	float up = (float)r[0] + fx * (float)(r[1] - r[0]);
	float low = (float)r[GROW_WIDTH] + fx * (float)(r[GROW_WIDTH + 1] - r[GROW_WIDTH]);
	float gap_up = (float)g[0] + fx * (float)(g[1] - g[0]);
	float gap_low = (float)g[GROW_WIDTH] + fx * (float)(g[GROW_WIDTH + 1] - g[GROW_WIDTH]);

	*gap = (gap_up + fy * (gap_low - gap_up)) * (1.0F / 255);
	return (up + fy * (low - up)) * (1.0F / 127);
}

/* How much skin lies on this pixel, 0..1. */
static float ink_at(const struct touch *t, int x, int y)
{
	float px = (float)x;
	float py = (float)y;
	struct flow_point p = locate(t, px - (float)t->params->width / 2 + 0.5F,
				     py - (float)t->params->height / 2 + 0.5F);
	float a = (p.x - t->pad_x) / t->pad_width;
	float b = (p.y - t->pad_y) / t->pad_height;
	float inside = 1 - a * a - b * b;
	float skin = flow_inside(&t->master->flow, p.x, -p.y);

	inside = inside < skin ? inside : skin;
	if (inside < -0.3F) {
		return 0;
	}
	inside += 0.09F * lattice_at(&t->lattice[RAGGED], px, py);
	if (inside <= 0) {
		return 0;
	}
	float gap;
	float ridge = look(t->master, p, &gap);
	float grain = t->params->grain * lattice_at(&t->lattice[GRAIN], px, py);
	float pressure =
	    lattice_at(&t->lattice[PRESSURE], px, py) * (0.15F + 0.6F * t->params->wetness);
	float dry = t->thickness + pressure + 0.5F * (1 - maths_smooth(inside * 5));

	/* Dry skin touches in spots; wet skin fills its pores. */
	grain *= 0.55F + 0.55F * maths_clamp(dry, -0.5F, 1);
	ridge -= gap * maths_clamp(1.1F + dry, 0, 2);
	float ink = maths_smooth(0.5F + (ridge + grain - maths_clamp(dry, -0.9F, 0.9F)) * 0.75F);

	return ink * maths_smooth(inside * 12);
}

static void press(struct touch *t, float *ink)
{
	int width = (int)t->params->width;
	int height = (int)t->params->height;

	for (int y = 0; y < height; y++) {
		for (int x = 0; x < width; x++) {
			float v = ink_at(t, x, y);

			ink[y * width + x] = t->scratch[y * width + x] ? 0.15F * v : v;
		}
	}
}

/* The sensor: a little blur, uneven light, noise. */
static void sense(struct touch *t, const float *ink, uint8_t *grey)
{
	int width = (int)t->params->width;
	int height = (int)t->params->height;

	for (int y = 0; y < height; y++) {
		const float *up = ink + (ptrdiff_t)(y > 0 ? y - 1 : y) * width;
		const float *at = ink + (ptrdiff_t)y * width;
		const float *low = ink + (ptrdiff_t)(y < height - 1 ? y + 1 : y) * width;

		for (int x = 0; x < width; x++) {
			int l = x > 0 ? x - 1 : x;
			int r = x < width - 1 ? x + 1 : x;
			float v = 4 * at[x] + 2 * (at[l] + at[r] + up[x] + low[x]) + up[l] + up[r] +
				  low[l] + low[r];
			float light = lattice_at(&t->lattice[LIGHT], (float)x, (float)y);
			float g = t->paper - t->depth * v * (1.0F / 16) +
				  (2 + t->params->noise) * light +
				  t->params->noise * dice_normal(&t->dice);

			grey[y * width + x] = (uint8_t)maths_clamp(g + 0.5F, 0, 255);
		}
	}
}

static int params_check(const struct synth_params *p)
{
	if (p->width < SYNTH_SIDE_MIN || p->width > SYNTH_SIDE_MAX || p->height < SYNTH_SIDE_MIN ||
	    p->height > SYNTH_SIDE_MAX) {
		return ERR_RANGE;
	}
	/* Written so that what is not a number is out of range too. */
	bool fine = p->rotation_deg >= 0 && p->rotation_deg <= 180 && p->shift_px >= 0 &&
		    p->shift_px <= 500 && p->distortion_px >= 0 && p->distortion_px <= 30 &&
		    p->area >= 0.3F && p->area <= 1 && p->wetness >= 0 && p->wetness <= 1 &&
		    p->grain >= 0 && p->grain <= 1 && p->noise >= 0 && p->noise <= 64 &&
		    p->fade >= 0 && p->fade <= 0.8F && p->scratches <= 100;

	return fine ? ERR_OK : ERR_RANGE;
}

int synth_impression(const struct synth_master *m, uint64_t seed, const struct synth_params *p,
		     struct image *out)
{
	struct touch t = { .master = m, .params = p };
	struct image made = { 0 };
	float *ink = NULL;

	assert(m != NULL && out != NULL);
	int r = params_check(p);

	if (r != ERR_OK) {
		goto out;
	}
	dice_init(&t.dice, m->seed ^ dice_mix(seed), STREAM_TOUCH);
	draw_touch(&t);
	for (int i = 0; r == ERR_OK && i < LATTICES; i++) {
		r = lattice_init(&t.lattice[i], &t.dice, (int)p->width, (int)p->height, cell[i]);
	}
	t.scratch = calloc(p->width, p->height);
	ink = calloc((size_t)p->width * p->height, sizeof *ink);
	if (r != ERR_OK || t.scratch == NULL || ink == NULL) {
		r = ERR_NOMEM;
		goto out;
	}
	r = image_init(&made, p->width, p->height, 500);
	if (r != ERR_OK) {
		goto out;
	}
	draw_scratches(&t);
	press(&t, ink);
	sense(&t, ink, made.pixels);
	*out = made;
out:
	free(ink);
	touch_done(&t);
	return r;
}
