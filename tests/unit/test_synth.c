#include "tests/lib/unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "synth/dice.h"
#include "synth/flow.h"
#include "synth/maths.h"
#include "synth/minutiae.h"
#include "synth/print.h"

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
	uint64_t h = hash(0xcbf29ce484222325ULL, image.pixels, (size_t)image.width * image.height);

	image_done(&image);
	synth_master_free(m);
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

static void the_same_seeds_give_the_same_bytes(void **state)
{
	(void)state;
	uint64_t h = hash_impression(11, 3, 0.5F);

	assert_true(h == hash_impression(11, 3, 0.5F));
	assert_true(h != hash_impression(11, 4, 0.5F));
	assert_true(h != hash_impression(12, 3, 0.5F));
}

static void templates_are_what_an_extractor_would_give(void **state)
{
	double total = 0;
	unsigned few = 0;
	struct fmr a;
	struct fmr b;

	(void)state;
	for (uint64_t seed = 0; seed < 2000; seed++) {
		synth_template(seed, seed % 7, 0.4F, &a);
		total += a.count;
		few += a.count < 20 || a.count > 65;
		for (unsigned i = 0; i < a.count; i++) {
			assert_true(a.minutia[i].x < a.width && a.minutia[i].y < a.height);
			assert_true(a.minutia[i].type == FMR_ENDING ||
				    a.minutia[i].type == FMR_BIFURCATION);
			assert_in_range(a.minutia[i].quality, 1, 100);
		}
		synth_template(seed, seed % 7, 0.4F, &b);
		assert_memory_equal(&a, &b, sizeof a);
	}
	assert_true(total / 2000 > 30 && total / 2000 < 55);
	assert_true(few < 160); /* 8 % */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dice_are_fair_and_repeat_themselves),
		cmocka_unit_test(own_mathematics_agrees_with_the_library),
		cmocka_unit_test(classes_fall_as_often_as_in_people),
		cmocka_unit_test(the_same_seeds_give_the_same_bytes),
		cmocka_unit_test(templates_are_what_an_extractor_would_give),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
