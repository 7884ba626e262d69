#include "synth/minutiae.h"

#include <assert.h>
#include <stdbool.h>

#include "synth/dice.h"
#include "synth/flow.h"
#include "synth/maths.h"

#define STREAM_MARKS 0x6d61726bU
#define STREAM_TOUCH 0x746d706cU

#define MARKS_MAX 110 /* of a whole finger; a touch and its false ones stay below 255 */
#define FALSE_MAX 16
#define TRIES     12 /* places tried for each minutia */
#define WIDTH     320
#define HEIGHT    400
#define EDGE      4 /* no minutia this near to the image's edge */

struct mark {
	float x; /* as in flow.h: from the middle, y up */
	float y;
	float angle;
	float clarity; /* 0..1: how seldom it is missed */
	bool fork;
};

struct finger {
	struct flow flow;
	unsigned count;
	struct mark mark[MARKS_MAX];
};

struct touch {
	struct dice dice;
	float difficulty;
	float turn;
	float shift_x;
	float shift_y;
	float pad_x;
	float pad_y;
	float pad_width;
	float pad_height;
	struct flow_wave skin[2];
};

static bool has_room(const struct finger *f, float x, float y, float distance)
{
	for (unsigned i = 0; i < f->count; i++) {
		float dx = f->mark[i].x - x;
		float dy = f->mark[i].y - y;

		if (dx * dx + dy * dy < distance * distance) {
			return false;
		}
	}
	return true;
}

/* Anywhere, or with some preference near a core or a delta. */
static struct flow_point draw_place(const struct flow *f, struct dice *d)
{
	if (f->points > 0 && dice_below(d, 100) < 18) {
		uint32_t i = dice_below(d, 2 * f->points);
		const struct flow_point *p = i < f->points ? &f->loop[i] : &f->delta[i - f->points];

		return (struct flow_point){ p->x + 38 * dice_normal(d),
					    p->y + 38 * dice_normal(d) };
	}
	return (struct flow_point){ FLOW_HALF_WIDTH * dice_range(d, -1, 1),
				    FLOW_HALF_HEIGHT * dice_range(d, -1, 1) };
}

static void make_finger(struct finger *f, uint64_t seed)
{
	struct dice d;

	flow_init(&f->flow, seed);
	dice_init(&d, seed, STREAM_MARKS);
	float size = f->flow.size * 9.0F / f->flow.period;
	unsigned wanted =
	    (unsigned)maths_clamp((77 + 9 * dice_normal(&d)) * size * size, 44, MARKS_MAX);

	f->count = 0;
	for (unsigned i = 0; i < wanted * TRIES && f->count < wanted; i++) {
		struct flow_point p = draw_place(&f->flow, &d);
		const struct flow_wave *w = &f->flow.wave[0];

		if (flow_inside(&f->flow, p.x, p.y) < 0.02F ||
		    !has_room(f, p.x, p.y, dice_range(&d, 9, 17))) {
			continue;
		}
		/* Where ridges spread, new ones begin all in the same sense: neighbours agree
		 * more often than not. */
		float sense = maths_sin(1.7F * (w->kx * p.x + w->ky * p.y) + w->phase);
		float angle = flow_angle(&f->flow, p.x, p.y) + 0.05F * dice_normal(&d);

		f->mark[f->count++] = (struct mark){
			.x = p.x,
			.y = p.y,
			.angle = sense + 0.8F * dice_normal(&d) > 0 ? angle : angle + MATHS_PI,
			.clarity = 0.35F + 0.65F * dice_unit(&d),
			.fork = dice_below(&d, 100) < 42,
		};
	}
}

static void draw_touch(struct touch *t, const struct finger *f, uint64_t seed, float difficulty)
{
	struct dice *d = &t->dice;

	dice_init(d, seed, STREAM_TOUCH);
	t->difficulty = difficulty;
	t->turn =
	    (6 + 14 * difficulty) * (MATHS_PI / 180) * maths_clamp(0.45F * dice_normal(d), -1, 1);
	t->shift_x = (6 + 16 * difficulty) * dice_normal(d);
	t->shift_y = (6 + 16 * difficulty) * dice_normal(d);
	float area = dice_range(d, 0.95F - 0.33F * difficulty, 1.03F);
	float spread = maths_clamp(1 - area, 0, 1);

	t->pad_x = 150 * spread * dice_range(d, -1, 1);
	t->pad_y = 190 * spread * dice_range(d, -1, 1);
	t->pad_width = 142 * f->flow.size * area;
	t->pad_height = 182 * f->flow.size * area;
	for (int i = 0; i < 2; i++) {
		float k = 2 * MATHS_PI / dice_range(d, 220, 480);
		float along = dice_range(d, 0, 2 * MATHS_PI);

		t->skin[i].kx = k * maths_cos(along);
		t->skin[i].ky = k * maths_sin(along);
		t->skin[i].phase = dice_range(d, 0, 2 * MATHS_PI);
		t->skin[i].stretch = (1 + 4 * difficulty) * dice_normal(d);
		t->skin[i].turn = dice_range(d, 0, 2 * MATHS_PI); /* where it pushes to */
	}
}

static bool touches(const struct touch *t, const struct finger *f, float x, float y)
{
	float a = (x - t->pad_x) / t->pad_width;
	float b = (y - t->pad_y) / t->pad_height;

	return a * a + b * b < 0.96F && flow_inside(&f->flow, x, y) > 0.03F;
}

/* Set m down in the image; nothing if it falls off the edge. */
static void set_down(struct touch *t, const struct mark *m, struct fmr *out)
{
	struct dice *d = &t->dice;
	float off = 0.7F + 1.0F * t->difficulty;
	float x = m->x + off * dice_normal(d);
	float y = m->y + off * dice_normal(d);

	for (int i = 0; i < 2; i++) {
		const struct flow_wave *w = &t->skin[i];
		float push = w->stretch * maths_sin(w->kx * m->x + w->ky * m->y + w->phase);

		x += push * maths_cos(w->turn);
		y += push * maths_sin(w->turn);
	}
	float c = maths_cos(t->turn);
	float s = maths_sin(t->turn);
	float ix = WIDTH * 0.5F + t->shift_x + c * x - s * y;
	float iy = HEIGHT * 0.5F - t->shift_y - s * x - c * y;

	if (ix < EDGE || iy < EDGE || ix >= WIDTH - EDGE || iy >= HEIGHT - EDGE) {
		return;
	}
	float angle = m->angle + t->turn + (0.04F + 0.09F * t->difficulty) * dice_normal(d);
	float steps = (angle / (2 * MATHS_PI) + 4) * 256 + 0.5F;
	bool flip = dice_unit(d) < 0.05F + 0.17F * t->difficulty;
	float quality = 25 + 70 * m->clarity - 30 * t->difficulty * dice_unit(d);

	out->minutia[out->count++] = (struct fmr_minutia){
		.x = (uint16_t)ix,
		.y = (uint16_t)iy,
		.angle = (uint8_t)((unsigned)steps & 255),
		.type = m->fork != flip ? FMR_BIFURCATION : FMR_ENDING,
		.quality = (uint8_t)maths_clamp(quality, 1, 100),
	};
}

static void add_false_ones(struct touch *t, const struct finger *f, struct fmr *out)
{
	struct dice *d = &t->dice;
	uint32_t n = dice_below(d, 2 + (uint32_t)((FALSE_MAX - 2) * t->difficulty));

	for (uint32_t i = 0; i < n; i++) {
		struct mark m = {
			.x = t->pad_x + t->pad_width * dice_range(d, -1, 1),
			.y = t->pad_y + t->pad_height * dice_range(d, -1, 1),
			.clarity = 0.4F * dice_unit(d),
			.fork = (dice_u32(d) & 1) != 0,
		};

		m.angle = flow_angle(&f->flow, m.x, m.y) + 0.15F * dice_normal(d) +
			  (dice_u32(d) & 1 ? MATHS_PI : 0);
		if (touches(t, f, m.x, m.y)) {
			set_down(t, &m, out);
		}
	}
}

static bool comes_before(const struct fmr_minutia *a, const struct fmr_minutia *b)
{
	return a->y != b->y ? a->y < b->y : a->x < b->x;
}

/* From the top, as extractors write them: the order must not tell which is which. */
static void sort(struct fmr *out)
{
	for (unsigned i = 1; i < out->count; i++) {
		struct fmr_minutia m = out->minutia[i];
		unsigned at = i;

		while (at > 0 && comes_before(&m, &out->minutia[at - 1])) {
			out->minutia[at] = out->minutia[at - 1];
			at--;
		}
		out->minutia[at] = m;
	}
}

void synth_template(uint64_t finger, uint64_t touch, float difficulty, struct fmr *out)
{
	struct finger f;
	struct touch t;

	assert(out != NULL);
	difficulty = maths_clamp(difficulty, 0, 1);
	make_finger(&f, finger);
	draw_touch(&t, &f, finger ^ dice_mix(touch), difficulty);
	*out = (struct fmr){
		.width = WIDTH,
		.height = HEIGHT,
		.ppcm_x = 197,
		.ppcm_y = 197,
		.quality = (uint8_t)(90 - 55 * difficulty - (float)dice_below(&t.dice, 10)),
	};
	for (unsigned i = 0; i < f.count; i++) {
		float miss = (0.05F + 0.33F * difficulty) * (1.35F - f.mark[i].clarity);

		if (dice_unit(&t.dice) >= miss && touches(&t, &f, f.mark[i].x, f.mark[i].y)) {
			set_down(&t, &f.mark[i], out);
		}
	}
	add_false_ones(&t, &f, out);
	sort(out);
}
