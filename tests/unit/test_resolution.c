/* One finger at 250, 500 and 1000 pixels per inch: it is the same finger. */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "finger/finger.h"
#include "finger/plane.h"
#include "synth/print.h"

#define FINGERS 4

/* As a scanner with pixels half or twice as large sees it: the mean of what a pixel covers, or
 * what lies between. */
static void halve(const struct image *in, struct image *out)
{
	assert_int_equal(image_init(out, in->width / 2, in->height / 2, in->ppi / 2), ERR_OK);
	for (uint32_t y = 0; y < out->height; y++) {
		for (uint32_t x = 0; x < out->width; x++) {
			const uint8_t *p = in->pixels + (size_t)2 * y * in->width + 2 * x;

			out->pixels[y * out->width + x] =
			    (uint8_t)((p[0] + p[1] + p[in->width] + p[in->width + 1] + 2) / 4);
		}
	}
}

static void twice(const struct image *in, struct image *out)
{
	assert_int_equal(image_init(out, in->width * 2, in->height * 2, in->ppi * 2), ERR_OK);
	for (uint32_t y = 0; y < out->height; y++) {
		for (uint32_t x = 0; x < out->width; x++) {
			uint32_t x0 = x / 2;
			uint32_t y0 = y / 2;
			uint32_t x1 =
			    x % 2 ? (x0 + 1 < in->width ? x0 + 1 : x0) : (x0 ? x0 - 1 : 0);
			uint32_t y1 =
			    y % 2 ? (y0 + 1 < in->height ? y0 + 1 : y0) : (y0 ? y0 - 1 : 0);
			const uint8_t *a = in->pixels + (size_t)y0 * in->width;
			const uint8_t *b = in->pixels + (size_t)y1 * in->width;
			unsigned near = 3U * a[x0] + a[x1];
			unsigned far = 3U * b[x0] + b[x1];

			out->pixels[y * out->width + x] = (uint8_t)((3 * near + far + 8) / 16);
		}
	}
}

static struct finger_template *template_of(const struct image *image)
{
	struct buf iso = { 0 };
	struct buf extended = { 0 };
	struct finger_quality quality;
	struct finger_template *t = NULL;

	assert_int_equal(finger_extract(image, 1, &iso, &extended, &quality), ERR_OK);
	assert_int_equal(finger_template_load(buf_bytes(&iso), buf_bytes(&extended), &t, NULL),
			 ERR_OK);
	buf_done(&iso);
	buf_done(&extended);
	return t;
}

enum { COARSE, PLAIN, FINE, PPIS };

/* A touch of a finger at the three resolutions. */
static void touch(uint64_t finger, uint64_t seed, struct finger_template *out[PPIS])
{
	struct synth_master *m = NULL;
	struct synth_params p;
	struct image image;
	struct image coarse;
	struct image fine;

	synth_params_init(&p, 0.2f);
	assert_int_equal(synth_master_new(finger, &m), ERR_OK);
	assert_int_equal(synth_impression(m, seed, &p, &image), ERR_OK);
	halve(&image, &coarse);
	twice(&image, &fine);
	assert_int_equal(fine.ppi, 1000);
	out[COARSE] = template_of(&coarse);
	out[PLAIN] = template_of(&image);
	out[FINE] = template_of(&fine);
	image_done(&image);
	image_done(&coarse);
	image_done(&fine);
	synth_master_free(m);
}

static void a_finger_is_found_at_every_resolution_and_no_other(void **state)
{
	struct finger_template *first[FINGERS][PPIS];
	struct finger_template *second[FINGERS][PPIS];

	(void)state;
	for (unsigned i = 0; i < FINGERS; i++) {
		touch(60 + i, 1, first[i]);
		touch(60 + i, 2, second[i]);
	}
	for (unsigned i = 0; i < FINGERS * PPIS; i++) {
		for (unsigned j = 0; j < FINGERS * PPIS; j++) {
			int score =
			    finger_compare(first[i / PPIS][i % PPIS], second[j / PPIS][j % PPIS]);

			if (i / PPIS == j / PPIS) {
				assert_true(score > 300);
			} else {
				assert_true(score < 300);
			}
		}
	}
	for (unsigned i = 0; i < FINGERS * PPIS; i++) {
		finger_template_unref(first[i / PPIS][i % PPIS]);
		finger_template_unref(second[i / PPIS][i % PPIS]);
	}
}

static void check_scaled(uint32_t side, uint32_t ppi, uint8_t grey, int expected)
{
	struct arena arena;
	struct image image;
	struct plane p;

	arena_init(&arena, 0);
	assert_int_equal(image_init(&image, side, side, ppi), ERR_OK);
	memset(image.pixels, grey, (size_t)side * side);
	assert_int_equal(plane_scale(&image, &p, &arena), ERR_OK);
	assert_int_equal(p.width, expected);
	for (int i = 0; i < p.width * p.height; i++) {
		assert_int_equal(p.at[i / p.width * p.stride + i % p.width], grey);
	}
	image_done(&image);
	arena_done(&arena);
}

/* The cubic's weights are whole numbers that add up, at the edges too, and for lines that are
 * shorter than it. */
static void even_grey_stays_even_at_every_resolution(void **state)
{
	(void)state;
	for (uint32_t ppi = IMAGE_PPI_MIN; ppi <= IMAGE_PPI_MAX; ppi += 19) {
		check_scaled(64, ppi, 255, (int)((64 * 500 + ppi / 2) / ppi));
		check_scaled(64, ppi, 1, (int)((64 * 500 + ppi / 2) / ppi));
	}
	check_scaled(IMAGE_SIDE_MIN, IMAGE_PPI_MAX, 200, 4);
	check_scaled(IMAGE_SIDE_MIN, IMAGE_PPI_MIN, 200, 80);
}

/* Fine lines that 500 ppi cannot show become grey, not a wave that was never there. */
static void finer_lines_than_500_ppi_shows_become_grey(void **state)
{
	struct arena arena;
	struct image image;
	struct plane p;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(image_init(&image, 400, 400, 1000), ERR_OK);
	for (uint32_t i = 0; i < 400 * 400; i++) {
		image.pixels[i] = i % 400 % 3 == 0 ? 255 : 0;
	}
	assert_int_equal(plane_scale(&image, &p, &arena), ERR_OK);
	for (int y = 8; y < p.height - 8; y++) {
		for (int x = 8; x < p.width - 8; x++) {
			assert_in_range(p.at[y * p.stride + x], 85 - 40, 85 + 40);
		}
	}
	image_done(&image);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_finger_is_found_at_every_resolution_and_no_other),
		cmocka_unit_test(even_grey_stays_even_at_every_resolution),
		cmocka_unit_test(finer_lines_than_500_ppi_shows_become_grey),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
