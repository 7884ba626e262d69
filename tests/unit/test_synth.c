#include "tests/lib/unit.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "synth/dice.h"
#include "synth/flow.h"
#include "synth/master.h"
#include "synth/maths.h"
#include "synth/minutiae.h"
#include "synth/print.h"

#define HASH_START      0xcbf29ce484222325ULL
#define IMPRESSION_HASH 0x656c780de03ef873ULL
#define TEMPLATE_HASH   0x8841c200baf6d4bbULL

static uint64_t hash(uint64_t h, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++) {
		h = (h ^ p[i]) * 0x100000001b3ULL;
	}
	return h;
}

static uint64_t hash_impression(uint64_t finger, uint64_t touch, float difficulty)
{
	struct synth_master *m;
	struct synth_params p;
	struct image image;

	synth_params_init(&p, difficulty);
	assert_int_equal(synth_master_new(finger, &m), ERR_OK);
	assert_int_equal(synth_impression(m, touch, &p, &image), ERR_OK);
	assert_int_equal(image.ppi, 500);
	uint64_t h = hash(HASH_START, image.pixels, (size_t)image.width * image.height);

	image_done(&image);
	synth_master_free(m);
	return h;
}

/* Field by field: what lies between them is anybody's guess. */
static uint64_t hash_template(uint64_t finger, uint64_t touch, float difficulty)
{
	static struct synth_private more;
	struct fmr t;
	uint64_t h = HASH_START;

	synth_template(finger, touch, difficulty, &t, &more);
	h = hash(h, &t.quality, 1);
	h = hash(h, more.cell, sizeof more.cell);
	h = hash(h, &more.minutia[0].angle, 1);
	for (unsigned i = 0; i < t.count; i++) {
		const struct fmr_minutia *m = &t.minutia[i];
		const uint8_t fields[] = { (uint8_t)(m->x >> 8),
					   (uint8_t)m->x,
					   (uint8_t)(m->y >> 8),
					   (uint8_t)m->y,
					   m->angle,
					   m->type,
					   m->quality };

		h = hash(h, fields, sizeof fields);
	}
	return h;
}

static void dice_are_fair_and_repeat_themselves(void **state)
{
	struct dice a;
	struct dice b;
	struct dice c;
	unsigned count[6] = { 0 };
	double sum = 0;
	double squares = 0;
	unsigned same = 0;

	(void)state;
	dice_init(&a, 7, 1);
	dice_init(&b, 7, 1);
	dice_init(&c, 7, 2);
	for (int i = 0; i < 1000; i++) {
		uint32_t x = dice_u32(&a);

		assert_int_equal(x, dice_u32(&b));
		same += x == dice_u32(&c);
	}
	assert_int_equal(same, 0);
	for (int i = 0; i < 60000; i++) {
		count[dice_below(&a, 6)]++;
		double v = (double)dice_normal(&a);

		sum += v;
		squares += v * v;
	}
	for (int i = 0; i < 6; i++) {
		assert_in_range(count[i], 9600, 10400); /* four deviations */
	}
	assert_true(fabs(sum / 60000) < 0.02);
	assert_true(fabs(squares / 60000 - 1) < 0.03);
}

static void own_mathematics_agrees_with_the_library(void **state)
{
	(void)state;
	for (int i = -4000; i <= 4000; i++) {
		float x = (float)i * 0.01F;

		assert_true(fabsf(maths_sin(x) - sinf(x)) < 3e-5F);
		assert_true(fabsf(maths_cos(x) - cosf(x)) < 3e-5F);
		assert_true(fabsf(maths_angle(sinf(x), cosf(x)) - atan2f(sinf(x), cosf(x))) <
				3e-5F ||
			    cosf(x) < -0.9999F);
		assert_true(maths_floor(x) == floorf(x));
	}
}

static void classes_fall_as_often_as_in_people(void **state)
{
	unsigned count[FLOW_CLASSES] = { 0 };

	(void)state;
	for (uint64_t seed = 0; seed < 10000; seed++) {
		struct flow f;

		flow_init(&f, seed);
		count[f.class]++;
	}
	assert_in_range(count[FLOW_LEFT_LOOP], 3150, 3600);
	assert_in_range(count[FLOW_RIGHT_LOOP], 2950, 3400);
	assert_in_range(count[FLOW_WHORL], 2580, 3000);
	assert_in_range(count[FLOW_ARCH], 290, 450);
	assert_in_range(count[FLOW_TENTED_ARCH], 220, 360);
}

/* Numbers that this program gave once: they hold on every machine and compiler. */
static void the_same_seeds_give_the_same_bytes(void **state)
{
	uint64_t h = hash_impression(11, 3, 0.5F);

	(void)state;
	assert_true(h == hash_impression(11, 3, 0.5F));
	assert_true(h != hash_impression(11, 4, 0.5F));
	assert_true(h != hash_impression(12, 3, 0.5F));
	assert_int_equal(h, IMPRESSION_HASH);
	h = hash_template(11, 3, 0.5F);
	assert_int_equal(h, hash_template(11, 3, 0.5F));
	assert_true(h != hash_template(11, 4, 0.5F));
	assert_true(h != hash_template(12, 3, 0.5F));
	assert_int_equal(h, TEMPLATE_HASH);
}

/* Count furrow-ridge changes along the ridges' normal, 60 pixels about (x, y). */
static unsigned crossings(const struct synth_master *m, float x, float y)
{
	float a = flow_angle(&m->flow, x, y);
	unsigned n = 0;
	bool before = false;

	for (int i = 0; i <= 240; i++) {
		float t = (float)(i - 120) * 0.25F;
		float px = x - t * maths_sin(a) + GROW_WIDTH / 2;
		float py = GROW_HEIGHT / 2 - y - t * maths_cos(a);
		bool ridge = m->ridge[(int)py * GROW_WIDTH + (int)px] > 0;

		n += i > 0 && ridge != before;
		before = ridge;
	}
	return n;
}

static void ridges_lie_as_far_apart_as_the_flow_says(void **state)
{
	double measured = 0;
	double said = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 12; seed++) {
		struct synth_master *m;

		assert_int_equal(synth_master_new(seed, &m), ERR_OK);
		for (int i = 0; i < 40; i++) {
			/* Above the core, where the direction hardly turns in 60 pixels. */
			float x = (float)(i % 8 * 8 - 28);
			float y = (float)(95 + i / 8 * 8);

			measured += 120.0 / crossings(m, x, y);
			said += (double)flow_period(&m->flow, x, y);
		}
		synth_master_free(m);
	}
	measured /= 12 * 40;
	said /= 12 * 40;
	assert_true(measured > 7.5 && measured < 11);
	assert_true(fabs(measured / said - 1) < 0.08);
}

/* The gradient of a grown ridge stands across the flow. */
static void ridges_run_where_the_flow_says(void **state)
{
	(void)state;
	for (uint64_t seed = 20; seed < 26; seed++) {
		struct synth_master *m;
		double along = 0;
		double across = 0;

		assert_int_equal(synth_master_new(seed, &m), ERR_OK);
		for (int y = 60; y < GROW_HEIGHT - 60; y++) {
			for (int x = 60; x < GROW_WIDTH - 60; x++) {
				const int8_t *r = &m->ridge[y * GROW_WIDTH + x];
				double gx = r[1] - r[-1];
				double gy = r[-GROW_WIDTH] - r[GROW_WIDTH];
				float a = flow_angle(&m->flow, (float)x - GROW_WIDTH / 2 + 0.5F,
						     GROW_HEIGHT / 2 - (float)y - 0.5F);
				double c = (double)maths_cos(a);
				double s = (double)maths_sin(a);

				along += (gx * c + gy * s) * (gx * c + gy * s);
				across += (gy * c - gx * s) * (gy * c - gx * s);
			}
		}
		assert_true(along < 0.05 * across);
		synth_master_free(m);
	}
}

static void ridges_and_furrows_balance_on_light_ground(void **state)
{
	struct synth_params p;

	(void)state;
	synth_params_init(&p, 0);
	p.wetness = 0;
	for (uint64_t seed = 0; seed < 8; seed++) {
		struct synth_master *m;
		struct image image;
		unsigned dark = 0;
		unsigned ground = 0;

		assert_int_equal(synth_master_new(seed, &m), ERR_OK);
		assert_int_equal(synth_impression(m, 1, &p, &image), ERR_OK);
		for (uint32_t y = 130; y < 270; y++) {
			for (uint32_t x = 100; x < 220; x++) {
				dark += image.pixels[y * image.width + x] < 128;
			}
		}
		for (uint32_t x = 0; x < 10; x++) {
			ground += image.pixels[x] > 190;
		}
		assert_in_range(dark, 140 * 120 * 35 / 100, 140 * 120 * 65 / 100);
		assert_int_equal(ground, 10);
		image_done(&image);
		synth_master_free(m);
	}
}

static void parameters_out_of_range_are_refused(void **state)
{
	struct synth_master *m;
	struct synth_params p;
	struct image image;

	(void)state;
	assert_int_equal(synth_master_new(1, &m), ERR_OK);
	synth_params_init(&p, 0.5F);
	p.width = SYNTH_SIDE_MAX + 1;
	assert_int_equal(synth_impression(m, 1, &p, &image), ERR_RANGE);
	synth_params_init(&p, 0.5F);
	p.wetness = NAN;
	assert_int_equal(synth_impression(m, 1, &p, &image), ERR_RANGE);
	synth_params_init(&p, 0.5F);
	p.area = 0;
	assert_int_equal(synth_impression(m, 1, &p, &image), ERR_RANGE);
	/* The extremes that are allowed do no harm. */
	p = (struct synth_params){ .width = SYNTH_SIDE_MIN,
				   .height = SYNTH_SIDE_MAX,
				   .rotation_deg = 180,
				   .shift_px = 500,
				   .distortion_px = 30,
				   .area = 0.3F,
				   .wetness = 1,
				   .grain = 1,
				   .noise = 64,
				   .fade = 0.8F,
				   .scratches = 100 };
	for (uint64_t touch = 0; touch < 20; touch++) {
		assert_int_equal(synth_impression(m, touch, &p, &image), ERR_OK);
		image_done(&image);
	}
	synth_master_free(m);
	synth_master_free(NULL);
}

static void templates_are_what_an_extractor_would_give(void **state)
{
	double total = 0;
	unsigned few = 0;
	struct fmr a;

	(void)state;
	for (uint64_t seed = 0; seed < 2000; seed++) {
		synth_template(seed, seed % 7, 0.4F, &a, NULL);
		total += a.count;
		few += a.count < 25 || a.count > 77;
		for (unsigned i = 0; i < a.count; i++) {
			assert_true(a.minutia[i].x < a.width && a.minutia[i].y < a.height);
			assert_true(a.minutia[i].type == FMR_ENDING ||
				    a.minutia[i].type == FMR_BIFURCATION);
			assert_in_range(a.minutia[i].quality, 1, 100);
		}
	}
	/* A twentieth of the real ones has fewer, and as many have more. */
	assert_true(total / 2000 > 42 && total / 2000 < 56);
	assert_in_range(few, 120, 280); /* 6 % to 14 % */
}

/* Distributions, within bounds of what was counted on real prints (docs/FINGERPRINT.md). */
static void made_up_prints_are_spread_like_real_ones(void **state)
{
	static struct synth_private p;
	unsigned long near = 0; /* minutiae nearer than 14 pixels to another: a quarter */
	unsigned long all = 0;
	unsigned long shared = 0; /* seen by both channels: three quarters and more */
	unsigned long cells = 0;
	struct fmr a;

	(void)state;
	for (uint64_t seed = 0; seed < 500; seed++) {
		synth_template(seed, 0, 0.4F, &a, &p);
		assert_int_equal(p.columns * p.rows, SYNTH_CELLS);
		for (unsigned i = 0; i < a.count; i++) {
			int nearest = 1 << 20;
			int other = 1 << 20;

			for (unsigned k = 0; k < a.count; k++) {
				int dx = a.minutia[i].x - a.minutia[k].x;
				int dy = a.minutia[i].y - a.minutia[k].y;
				int d = dx * dx + dy * dy;

				nearest = k != i && d < nearest ? d : nearest;
			}
			for (unsigned k = 0; k < p.count; k++) {
				int dx = a.minutia[i].x - p.minutia[k].x;
				int dy = a.minutia[i].y - p.minutia[k].y;
				int d = dx * dx + dy * dy;

				other = d < other ? d : other;
			}
			near += nearest < 14 * 14;
			shared += other < 8 * 8;
			all++;
		}
		for (unsigned i = 0; i < SYNTH_CELLS; i++) {
			cells += p.cell[i] != 0;
		}
	}
	assert_in_range(near * 100 / all, 17, 30);
	assert_in_range(shared * 100 / all, 75, 86);
	assert_in_range(cells / 500, 280, 360);
}

/* How many minutiae of a lie on minutiae of b when one pair is laid on the other. */
static unsigned agree(const struct fmr *a, const struct fmr *b, unsigned i, unsigned j)
{
	int turn = (int8_t)(b->minutia[j].angle - a->minutia[i].angle);
	double t = turn * acos(-1) / 128;
	unsigned n = 0;

	for (unsigned k = 0; k < a->count; k++) {
		double x = a->minutia[k].x - a->minutia[i].x;
		double y = a->minutia[k].y - a->minutia[i].y;
		double bx = b->minutia[j].x + x * cos(t) + y * sin(t);
		double by = b->minutia[j].y - x * sin(t) + y * cos(t);

		for (unsigned l = 0; l < b->count; l++) {
			double dx = b->minutia[l].x - bx;
			double dy = b->minutia[l].y - by;
			int8_t da = (int8_t)(b->minutia[l].angle - a->minutia[k].angle - turn);

			if (dx * dx + dy * dy < 100 && abs(da) < 20) {
				n++;
				break;
			}
		}
	}
	return n;
}

static unsigned best_agreement(const struct fmr *a, const struct fmr *b)
{
	unsigned best = 0;

	for (unsigned i = 0; i < a->count; i++) {
		for (unsigned j = 0; j < b->count; j++) {
			unsigned n = abs((int8_t)(a->minutia[i].angle - b->minutia[j].angle)) < 32
					 ? agree(a, b, i, j)
					 : 0;

			best = n > best ? n : best;
		}
	}
	return best;
}

static void mates_agree_and_others_do_not(void **state)
{
	unsigned least = 255;
	unsigned most = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 12; seed++) {
		struct fmr a;
		struct fmr b;
		struct fmr c;

		synth_template(seed, 1, 0.2F, &a, NULL);
		synth_template(seed, 2, 0.2F, &b, NULL);
		synth_template(seed + 100, 1, 0.2F, &c, NULL);
		unsigned mate = best_agreement(&a, &b);
		unsigned other = best_agreement(&a, &c);

		least = mate < least ? mate : least;
		most = other > most ? other : most;
	}
	assert_true(least > most);
}

static void minutiae_keep_their_distance(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 200; seed++) {
		struct fmr a;
		unsigned near = 0;

		synth_template(seed, 0, 0, &a, NULL);
		for (unsigned i = 0; i < a.count; i++) {
			for (unsigned j = 0; j < i; j++) {
				int dx = a.minutia[i].x - a.minutia[j].x;
				int dy = a.minutia[i].y - a.minutia[j].y;

				near += dx * dx + dy * dy < 36;
			}
		}
		assert_true(near <= 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dice_are_fair_and_repeat_themselves),
		cmocka_unit_test(own_mathematics_agrees_with_the_library),
		cmocka_unit_test(classes_fall_as_often_as_in_people),
		cmocka_unit_test(the_same_seeds_give_the_same_bytes),
		cmocka_unit_test(ridges_lie_as_far_apart_as_the_flow_says),
		cmocka_unit_test(ridges_run_where_the_flow_says),
		cmocka_unit_test(ridges_and_furrows_balance_on_light_ground),
		cmocka_unit_test(parameters_out_of_range_are_refused),
		cmocka_unit_test(templates_are_what_an_extractor_would_give),
		cmocka_unit_test(made_up_prints_are_spread_like_real_ones),
		cmocka_unit_test(mates_agree_and_others_do_not),
		cmocka_unit_test(minutiae_keep_their_distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
