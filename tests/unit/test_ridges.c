/* Plane, field, segmentation, period, filters: on waves whose answers are known. */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "finger/angle.h"
#include "finger/field.h"
#include "finger/filter.h"
#include "finger/period.h"
#include "finger/plane.h"
#include "finger/segment.h"

#define SIDE 240

struct work {
	struct arena arena;
	struct plane grey;
	struct plane even;
	struct plane_tone *tone;
	struct field field;
};

/* Dark ridges of the period, running along the angle (of 256), in a disc on white. */
static void draw(struct image *image, uint32_t ppi, float period, uint8_t angle, int radius)
{
	float c = angle_cos((uint16_t)(angle << 8));
	float s = angle_sin((uint16_t)(angle << 8));
	int half = (int)image->width / 2;

	(void)ppi;
	for (uint32_t i = 0; i < image->width * image->height; i++) {
		int x = (int)(i % image->width) - half;
		int y = (int)(i / image->width) - half;
		float across = (float)y * c - (float)x * s;
		float wave = angle_cos((uint16_t)(int32_t)(across * 65536.0f / period));

		image->pixels[i] = 250;
		if (x * x + y * y < radius * radius) {
			image->pixels[i] = (uint8_t)(128 - (int)(90.0f * wave));
		}
	}
}

static void setup(struct work *w, uint32_t side, uint32_t ppi, float period, uint8_t angle)
{
	struct image image;

	assert_int_equal(image_init(&image, side, side, ppi), ERR_OK);
	draw(&image, ppi, period, angle, (int)side * 2 / 5);
	memset(w, 0, sizeof(*w));
	arena_init(&w->arena, 0);
	assert_int_equal(plane_scale(&image, &w->grey, &w->arena), ERR_OK);
	assert_int_equal(plane_even(&w->grey, &w->even, &w->tone, &w->arena), ERR_OK);
	assert_int_equal(field_init(&w->field, w->grey.width, w->grey.height, &w->arena), ERR_OK);
	assert_int_equal(field_flow(&w->field, &w->even, 1.1f, 0.25f, &w->arena), ERR_OK);
	assert_int_equal(segment_contrast(&w->field, w->tone, &w->arena), ERR_OK);
	assert_int_equal(period_estimate(&w->field, &w->even, &w->arena), ERR_OK);
	image_done(&image);
}

static int middle(const struct work *w)
{
	return w->field.rows / 2 * w->field.columns + w->field.columns / 2;
}

static void reads_the_flow_of_waves_at_every_angle(void **state)
{
	(void)state;
	for (unsigned angle = 0; angle < 128; angle += 9) {
		struct work w;

		setup(&w, SIDE, 500, 9.0f, (uint8_t)angle);
		assert_true(angle_apart(w.field.theta[middle(&w)], (uint8_t)(2 * angle)) <= 3);
		assert_true(w.field.coherence[middle(&w)] > 200);
		arena_done(&w.arena);
	}
}

static void measures_the_period_within_a_tenth(void **state)
{
	(void)state;
	for (int tenths = 60; tenths <= 120; tenths += 15) {
		struct work w;
		int got;

		setup(&w, SIDE, 500, (float)tenths / 10.0f, 20);
		got = w.field.period[middle(&w)] * 10 / FIELD_PERIOD_UNIT;
		assert_true(abs(got - tenths) <= tenths / 10);
		arena_done(&w.arena);
	}
}

static void brings_other_resolutions_to_500_ppi(void **state)
{
	(void)state;
	for (uint32_t ppi = 250; ppi <= 1000; ppi *= 2) {
		struct work w;
		int got;

		setup(&w, SIDE * ppi / 500, ppi, 9.0f * (float)ppi / 500.0f, 33);
		assert_int_equal(w.grey.width, SIDE);
		assert_int_equal(w.grey.height, SIDE);
		got = w.field.period[middle(&w)];
		assert_true(abs(got - 9 * FIELD_PERIOD_UNIT) < FIELD_PERIOD_UNIT);
		arena_done(&w.arena);
	}
}

static void refuses_what_is_too_large_for_a_finger(void **state)
{
	struct image image;
	struct plane p;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(image_init(&image, 3000, 600, 500), ERR_OK);
	assert_int_equal(plane_scale(&image, &p, &arena), ERR_LIMIT);
	image_done(&image);
	assert_int_equal(image_init(&image, 600, 600, 100), ERR_OK);
	assert_int_equal(plane_scale(&image, &p, &arena), ERR_LIMIT);
	image_done(&image);
	arena_done(&arena);
}

static void masks_the_disc_and_not_the_white(void **state)
{
	struct work w;
	struct plane response;

	(void)state;
	setup(&w, SIDE, 500, 9.0f, 50);
	assert_int_equal(filter_ridges(FILTER_GABOR, &w.even, &w.field, &response, &w.arena),
			 ERR_OK);
	assert_int_equal(segment_ridges(&w.field, &w.even, &response, &w.arena), ERR_OK);
	assert_int_equal(w.field.mask[middle(&w)], 1);
	assert_int_equal(w.field.mask[0], 0);
	assert_int_equal(w.field.mask[w.field.columns * w.field.rows - 1], 0);
	/* The disc has 28,953 pixels: 452 blocks, give or take its rim. */
	assert_in_range(field_area(&w.field), 400, 560);
	arena_done(&w.arena);
}

static void finds_no_ridges_in_noise(void **state)
{
	struct image image;
	struct work w = { 0 };
	struct plane response;
	uint32_t dice = 1;

	(void)state;
	assert_int_equal(image_init(&image, SIDE, SIDE, 500), ERR_OK);
	for (int i = 0; i < SIDE * SIDE; i++) {
		dice = dice * 1664525U + 1013904223U;
		image.pixels[i] = (uint8_t)(dice >> 24);
	}
	arena_init(&w.arena, 0);
	assert_int_equal(plane_scale(&image, &w.grey, &w.arena), ERR_OK);
	assert_int_equal(plane_even(&w.grey, &w.even, &w.tone, &w.arena), ERR_OK);
	assert_int_equal(field_init(&w.field, SIDE, SIDE, &w.arena), ERR_OK);
	assert_int_equal(field_flow(&w.field, &w.even, 1.1f, 0.25f, &w.arena), ERR_OK);
	assert_int_equal(segment_contrast(&w.field, w.tone, &w.arena), ERR_OK);
	assert_int_equal(period_estimate(&w.field, &w.even, &w.arena), ERR_OK);
	assert_int_equal(filter_ridges(FILTER_GABOR, &w.even, &w.field, &response, &w.arena),
			 ERR_OK);
	assert_int_equal(segment_ridges(&w.field, &w.even, &response, &w.arena), ERR_OK);
	/* of 900 blocks: less than a print needs */
	assert_in_range(field_area(&w.field), 0, 59);
	image_done(&image);
	arena_done(&w.arena);
}

/* The mask and the ridges' share of what is there. */
static int area_of(struct image *image)
{
	struct work w = { 0 };
	struct plane response;
	int area;

	arena_init(&w.arena, 0);
	assert_int_equal(plane_scale(image, &w.grey, &w.arena), ERR_OK);
	assert_int_equal(plane_even(&w.grey, &w.even, &w.tone, &w.arena), ERR_OK);
	assert_int_equal(field_init(&w.field, SIDE, SIDE, &w.arena), ERR_OK);
	assert_int_equal(field_flow(&w.field, &w.even, 1.1f, 0.25f, &w.arena), ERR_OK);
	assert_int_equal(segment_contrast(&w.field, w.tone, &w.arena), ERR_OK);
	assert_int_equal(period_estimate(&w.field, &w.even, &w.arena), ERR_OK);
	assert_int_equal(filter_ridges(FILTER_GABOR, &w.even, &w.field, &response, &w.arena),
			 ERR_OK);
	assert_int_equal(segment_ridges(&w.field, &w.even, &response, &w.arena), ERR_OK);
	area = field_area(&w.field);
	arena_done(&w.arena);
	return area;
}

/* Noise with twice the deviation of the ridges. */
static void finds_the_disc_in_a_noisy_image(void **state)
{
	struct image image;
	uint32_t dice = 1;

	(void)state;
	assert_int_equal(image_init(&image, SIDE, SIDE, 500), ERR_OK);
	draw(&image, 500, 9.0f, 50, SIDE * 2 / 5);
	for (int i = 0; i < SIDE * SIDE; i++) {
		int v = image.pixels[i] > 245 ? 220 : (image.pixels[i] - 128) / 2 + 128;

		dice = dice * 1664525U + 1013904223U;
		v += (int)(dice >> 24) * 260 / 255 - 130;
		image.pixels[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
	}
	assert_in_range(area_of(&image), 380, 560);
	image_done(&image);
}

/* A tenth of the contrast that it might have, and quite without noise. */
static void finds_the_disc_in_a_pale_image(void **state)
{
	struct image image;

	(void)state;
	assert_int_equal(image_init(&image, SIDE, SIDE, 500), ERR_OK);
	draw(&image, 500, 9.0f, 50, SIDE * 2 / 5);
	for (int i = 0; i < SIDE * SIDE; i++) {
		image.pixels[i] = (uint8_t)(150 + ((int)image.pixels[i] - 128) / 20);
	}
	assert_in_range(area_of(&image), 380, 560);
	image_done(&image);
}

/* Both channels keep the wave: their response has the image's sign nearly everywhere. */
static void both_channels_keep_the_ridges(void **state)
{
	(void)state;
	for (int kind = FILTER_LINE; kind <= FILTER_GABOR; kind++) {
		struct work w;
		struct plane r;
		int same = 0;
		int all = 0;

		setup(&w, SIDE, 500, 9.0f, 70);
		assert_int_equal(
		    filter_ridges((enum filter_kind)kind, &w.even, &w.field, &r, &w.arena), ERR_OK);
		for (int y = SIDE / 2 - 40; y < SIDE / 2 + 40; y++) {
			for (int x = SIDE / 2 - 40; x < SIDE / 2 + 40; x++) {
				int v = w.even.at[y * w.even.stride + x];

				if (abs(v) > 20) {
					all++;
					same += (v > 0) == (r.at[y * r.stride + x] > 0);
				}
			}
		}
		assert_true(same * 100 > all * 98);
		assert_int_equal(r.at[0], 0);
		arena_done(&w.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_flow_of_waves_at_every_angle),
		cmocka_unit_test(measures_the_period_within_a_tenth),
		cmocka_unit_test(brings_other_resolutions_to_500_ppi),
		cmocka_unit_test(refuses_what_is_too_large_for_a_finger),
		cmocka_unit_test(masks_the_disc_and_not_the_white),
		cmocka_unit_test(finds_no_ridges_in_noise),
		cmocka_unit_test(finds_the_disc_in_a_noisy_image),
		cmocka_unit_test(finds_the_disc_in_a_pale_image),
		cmocka_unit_test(both_channels_keep_the_ridges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
