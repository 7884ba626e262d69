/* Angles: whole numbers that wrap, and functions that need no library. */
#include "tests/lib/unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "finger/angle.h"

#define TURN 65536.0

static void follows_sine_and_cosine_all_around(void **state)
{
	(void)state;
	for (unsigned a = 0; a < 65536; a += 7) {
		double x = (double)a / TURN * 2 * 3.14159265358979;

		assert_true(fabs((double)angle_sin((uint16_t)a) - sin(x)) < 1e-5);
		assert_true(fabs((double)angle_cos((uint16_t)a) - cos(x)) < 1e-5);
	}
}

static void finds_the_direction_that_it_was_made_from(void **state)
{
	(void)state;
	for (unsigned a = 0; a < 65536; a += 13) {
		uint16_t back =
		    angle_of(37.0f * angle_cos((uint16_t)a), 37.0f * angle_sin((uint16_t)a));

		assert_true(abs((int16_t)(uint16_t)(back - a)) <= 2);
	}
	assert_int_equal(angle_of(0, 0), 0);
	assert_int_equal(angle_byte(-1, 0), 128);
	assert_int_equal(angle_byte(0, 1), 64);
	assert_int_equal(angle_byte(1, -0.001f), 0);
}

/* Several at once are the same as one by one, zeroes and all. */
static void many_are_as_one(void **state)
{
	enum { MANY = 1003 };
	float x[MANY], y[MANY];
	uint8_t out[MANY];
	uint32_t dice = 3;

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		dice = dice * 1664525U + 1013904223U;
		x[i] = (float)((int)(dice >> 20) - 2048) / 37.0f;
		y[i] = (float)((int)(dice >> 8 & 0xfff) - 2048) / 37.0f;
		x[i] = i % 11 == 0 ? 0.0f : x[i];
		y[i] = i % 13 == 0 ? -0.0f : i % 17 == 0 ? -x[i] : y[i];
	}
	for (size_t n = MANY - 5; n <= MANY; n++) {
		memset(out, 0xee, sizeof(out));
		angle_bytes(x, y, out, n);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(out[i], angle_byte(x[i], y[i]));
		}
		for (size_t i = n; i < MANY; i++) {
			assert_int_equal(out[i], 0xee);
		}
	}
}

static void measures_the_shorter_way_around(void **state)
{
	(void)state;
	assert_int_equal(angle_apart(250, 6), 12);
	assert_int_equal(angle_apart(6, 250), 12);
	assert_int_equal(angle_apart(0, 128), 128);
	assert_int_equal(angle_apart(9, 9), 0);
}

static void decays_like_the_exponential(void **state)
{
	(void)state;
	for (int i = 0; i < 160; i++) {
		double x = i * 0.1;

		assert_true(fabs((double)angle_decay((float)x) - exp(-x)) < 1e-4);
	}
	assert_true(angle_decay(17.0f) <= 0.0f);
}

static void rounds_away_from_the_half(void **state)
{
	(void)state;
	assert_int_equal(angle_round(2.5f), 3);
	assert_int_equal(angle_round(-2.5f), -3);
	assert_int_equal(angle_round(0.4f), 0);
	assert_int_equal(angle_round(-0.4f), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_sine_and_cosine_all_around),
		cmocka_unit_test(finds_the_direction_that_it_was_made_from),
		cmocka_unit_test(many_are_as_one),
		cmocka_unit_test(measures_the_shorter_way_around),
		cmocka_unit_test(decays_like_the_exponential),
		cmocka_unit_test(rounds_away_from_the_half),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
