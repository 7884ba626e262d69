#include "synth/flow.h"

#include "synth/dice.h"
#include "synth/maths.h"

#define STREAM_FLOW 0x666c6f77U

/* Natural frequencies, in thousandths (the usual figures of the trade). */
static const uint16_t share[FLOW_CLASSES] = { 338, 317, 279, 37, 29 };

static enum flow_class draw_class(struct dice *d)
{
	uint32_t roll = dice_below(d, 1000);
	unsigned c = 0;

	while (c + 1 < FLOW_CLASSES && roll >= share[c]) {
		roll -= share[c++];
	}
	return (enum flow_class)c;
}

static struct flow_point near_to(struct dice *d, float x, float y, float spread)
{
	return (struct flow_point){ x + spread * dice_normal(d), y + spread * dice_normal(d) };
}

static void place_points(struct flow *f, struct dice *d)
{
	struct flow_point core = near_to(d, 0, 28, 9);

	f->points = f->class == FLOW_ARCH ? 0 : 1;
	f->loop[0] = core;
	switch (f->class) {
	case FLOW_LEFT_LOOP:
		f->delta[0] = near_to(d, core.x + 102, core.y - 128, 13);
		break;
	case FLOW_RIGHT_LOOP:
		f->delta[0] = near_to(d, core.x - 102, core.y - 128, 13);
		break;
	case FLOW_TENTED_ARCH:
		f->delta[0] = near_to(d, core.x, core.y - 110, 9);
		break;
	case FLOW_WHORL:
		f->points = 2;
		/* Two cores, close together in a plain whorl, apart in a double loop. */
		f->loop[1] = near_to(d, core.x, core.y - dice_range(d, 16, 62), 7);
		f->delta[0] = near_to(d, core.x + 112, core.y - 138, 14);
		f->delta[1] = near_to(d, core.x - 112, core.y - 138, 14);
		break;
	case FLOW_ARCH:
	case FLOW_CLASSES:
		break;
	}
}

/* A delta's argument, bent so that flow far from it lies flatter than the bare pole's. */
static float delta_angle(const struct flow *f, unsigned i, float x, float y)
{
	float a = maths_angle(y - f->delta[i].y, x - f->delta[i].x);

	return a + f->bend * maths_sin(2 * a);
}

/* A loop's argument, bent about its axis: a bare zero's ridges fan out from the core, a
 * finger's run side by side for a while. */
static float loop_angle(const struct flow *f, unsigned i, float x, float y)
{
	float a = maths_angle(y - f->loop[i].y, x - f->loop[i].x);

	return a + f->narrow * maths_sin(a - f->axis[i] - MATHS_PI);
}

/* Where a loop opens to: there the ridges run straight away from the core, so that the
 * direction (half the sum of all arguments) equals the loop's own argument. */
static void find_axes(struct flow *f)
{
	for (unsigned i = 0; i < f->points; i++) {
		for (unsigned j = 0; j < f->points; j++) {
			f->axis[i] -= delta_angle(f, j, f->loop[i].x, f->loop[i].y);
			if (j != i) {
				f->axis[i] += maths_angle(f->loop[i].y - f->loop[j].y,
							  f->loop[i].x - f->loop[j].x);
			}
		}
	}
}

void flow_init(struct flow *f, uint64_t seed)
{
	struct dice d;

	dice_init(&d, seed, STREAM_FLOW);
	*f = (struct flow){ .class = draw_class(&d) };
	place_points(f, &d);
	f->arch = dice_range(&d, 0.45F, 0.95F);
	f->bend = dice_range(&d, 0.10F, 0.30F);
	f->narrow = dice_range(&d, 0.30F, 0.60F);
	find_axes(f);
	f->period = maths_clamp(9.0F + 0.55F * dice_normal(&d), 7.6F, 10.6F);
	f->size = maths_clamp(0.97F + 0.05F * dice_normal(&d), 0.85F, 1.04F);
	for (int i = 0; i < FLOW_WAVES; i++) {
		struct flow_wave *w = &f->wave[i];
		float along = dice_range(&d, 0, 2 * MATHS_PI);
		float k = 2 * MATHS_PI / dice_range(&d, 130, 300);

		w->kx = k * maths_cos(along);
		w->ky = k * maths_sin(along);
		w->phase = dice_range(&d, 0, 2 * MATHS_PI);
		w->turn = 0.055F * dice_normal(&d);
		w->stretch = 0.045F * dice_normal(&d);
	}
}

/* An arch: ridges bow upward, most in the middle, flat at the joint below. */
static float arch_angle(const struct flow *f, float x, float y)
{
	float rise = maths_smooth((y + 200) / 190) * (1.0F - 0.45F * maths_smooth((y - 20) / 160));

	return maths_angle(-f->arch * rise * maths_sin(x * (MATHS_PI / 190)), 1);
}

float flow_angle(const struct flow *f, float x, float y)
{
	float sum = 0;

	for (unsigned i = 0; i < f->points; i++) {
		sum += loop_angle(f, i, x, y) - delta_angle(f, i, x, y);
	}
	sum *= 0.5F;
	if (f->points == 0) {
		sum = arch_angle(f, x, y);
	}
	for (int i = 0; i < FLOW_WAVES; i++) {
		const struct flow_wave *w = &f->wave[i];

		sum += w->turn * maths_sin(w->kx * x + w->ky * y + w->phase);
	}
	return sum - MATHS_PI * maths_floor(sum * (1 / MATHS_PI) + 0.5F);
}

float flow_period(const struct flow *f, float x, float y)
{
	/* Ridges are wider towards the joint and a little finer at the tip. */
	float part = 1.0F - 0.10F * maths_clamp((y + 60) / 200, -0.9F, 0.7F);

	for (int i = 0; i < FLOW_WAVES; i++) {
		const struct flow_wave *w = &f->wave[i];

		part += w->stretch * maths_sin(w->ky * x - w->kx * y + 2 * w->phase);
	}
	return maths_clamp(f->period * part, 5, 14);
}

float flow_inside(const struct flow *f, float x, float y)
{
	float a = x / (FLOW_HALF_WIDTH * f->size);
	float b = y / (FLOW_HALF_HEIGHT * f->size);

	/* Fuller than an ellipse: fingers have sides. */
	return 1.0F - a * a * (0.6F + 0.4F * a * a) - b * b * (0.6F + 0.4F * b * b);
}
