/* Extraction of prints that nobody has: synthetic ones, and what is no print. */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "finger/finger.h"
#include "record/fmr.h"
#include "synth/print.h"

static struct fmr view[FMR_VIEWS_MAX];

struct taken {
	struct buf iso;
	struct buf extended;
	struct finger_quality quality;
	struct finger_template *template;
};

static int take(const struct image *image, struct taken *t)
{
	memset(t, 0, sizeof(*t));
	return finger_extract(image, 7, &t->iso, &t->extended, &t->quality);
}

static void drop(struct taken *t)
{
	buf_done(&t->iso);
	buf_done(&t->extended);
	finger_template_unref(t->template);
}

static void touch(uint64_t finger, uint64_t seed, float difficulty, struct taken *t)
{
	struct synth_master *m;
	struct synth_params p;
	struct image image;

	synth_params_init(&p, difficulty);
	assert_int_equal(synth_master_new(finger, &m), ERR_OK);
	assert_int_equal(synth_impression(m, seed, &p, &image), ERR_OK);
	assert_int_equal(take(&image, t), ERR_OK);
	assert_int_equal(
	    finger_template_load(buf_bytes(&t->iso), buf_bytes(&t->extended), &t->template, NULL),
	    ERR_OK);
	image_done(&image);
	synth_master_free(m);
}

static void the_same_image_gives_the_same_bytes(void **state)
{
	struct taken a, b;

	(void)state;
	touch(3, 1, 0.3f, &a);
	touch(3, 1, 0.3f, &b);
	assert_true(bytes_equal(buf_bytes(&a.iso), buf_bytes(&b.iso)));
	assert_true(bytes_equal(buf_bytes(&a.extended), buf_bytes(&b.extended)));
	assert_in_range(a.extended.len, 100, FINGER_EXTENDED_MAX);
	drop(&a);
	drop(&b);
}

static void writes_a_record_that_anybody_can_read(void **state)
{
	struct taken a;
	size_t n;

	(void)state;
	touch(4, 1, 0.2f, &a);
	assert_int_equal(fmr_read(buf_bytes(&a.iso), view, FMR_VIEWS_MAX, &n, NULL), ERR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(view[0].position, 7);
	assert_int_equal(view[0].ppcm_x, 197);
	assert_int_equal(view[0].quality, a.quality.score);
	assert_in_range(view[0].count, 12, 128);
	assert_int_equal(finger_template_position(a.template), 7);
	drop(&a);
}

/* Five fingers, two touches each: every mate beats every stranger, with and without the
 * private data. */
static void mates_score_above_strangers(void **state)
{
	enum { FINGERS = 5 };
	static struct taken t[FINGERS][2];

	(void)state;
	for (unsigned i = 0; i < FINGERS; i++) {
		touch(100 + i, 1, 0.2f, &t[i][0]);
		touch(100 + i, 2, 0.4f, &t[i][1]);
	}
	for (int bare = 0; bare < 2; bare++) {
		int least = 2000;
		int most = -1000;

		for (unsigned i = 0; i < FINGERS; i++) {
			for (unsigned j = 0; j < FINGERS; j++) {
				struct finger_template *a = t[i][0].template;
				struct finger_template *b = finger_template_ref(t[j][1].template);
				int score;

				if (bare) {
					finger_template_unref(b);
					assert_int_equal(finger_template_load(
							     buf_bytes(&t[j][1].iso),
							     (struct bytes){ NULL, 0 }, &b, NULL),
							 ERR_OK);
				}
				score = finger_compare(a, b);
				assert_int_equal(score, finger_compare(b, a));
				if (i == j) {
					least = score < least ? score : least;
				} else {
					most = score > most ? score : most;
				}
				finger_template_unref(b);
			}
		}
		assert_true(least > most + 200);
		assert_true(most < 250);
	}
	for (unsigned i = 0; i < FINGERS; i++) {
		drop(&t[i][0]);
		drop(&t[i][1]);
	}
}

static void refuses_paper_and_noise_and_says_why(void **state)
{
	struct image image;
	struct taken t;
	uint32_t dice = 5;

	(void)state;
	assert_int_equal(image_init(&image, 300, 300, 500), ERR_OK);
	assert_int_equal(take(&image, &t), ERR_RANGE);
	assert_int_equal(t.quality.score, 0);
	assert_true(t.quality.faults & FINGER_TOO_SMALL);
	assert_true(t.quality.faults & FINGER_FEW_MINUTIAE);
	assert_int_equal(t.iso.len, 0);
	drop(&t);
	for (int i = 0; i < 300 * 300; i++) {
		dice = dice * 1664525U + 1013904223U;
		image.pixels[i] = (uint8_t)(dice >> 24);
	}
	assert_int_equal(take(&image, &t), ERR_RANGE);
	assert_true(t.quality.score < 20);
	drop(&t);
	image_done(&image);
}

/* Thin pale ridges, as of a dry finger: advice only where the print is poor for it. */
static void a_good_print_is_not_called_dry(void **state)
{
	struct synth_master *m;
	struct synth_params p;
	struct image image;
	struct taken t;

	(void)state;
	synth_params_init(&p, 0.0f);
	assert_int_equal(synth_master_new(50, &m), ERR_OK);
	assert_int_equal(synth_impression(m, 1, &p, &image), ERR_OK);
	for (uint32_t i = 0; i < image.width * image.height; i++) {
		unsigned dark = 255U - image.pixels[i];

		image.pixels[i] = (uint8_t)(255U - dark * dark / 255U * dark / 255U);
	}
	(void)take(&image, &t);
	assert_in_range(t.quality.score, 60, 100);
	assert_int_equal(t.quality.faults, 0);
	drop(&t);
	/* and a quarter of it */
	image.height /= 4;
	(void)take(&image, &t);
	assert_in_range(t.quality.score, 0, 59);
	assert_true(t.quality.faults & FINGER_TOO_DRY);
	drop(&t);
	image.height *= 4;
	image_done(&image);
	synth_master_free(m);
}

static void takes_the_smallest_image_and_refuses_one_too_large(void **state)
{
	struct image image;
	struct taken t;

	(void)state;
	assert_int_equal(image_init(&image, IMAGE_SIDE_MIN, IMAGE_SIDE_MIN, IMAGE_PPI_MAX), ERR_OK);
	assert_int_equal(take(&image, &t), ERR_RANGE);
	drop(&t);
	image_done(&image);
	assert_int_equal(image_init(&image, IMAGE_SIDE_MAX, IMAGE_SIDE_MIN, 500), ERR_OK);
	assert_int_equal(take(&image, &t), ERR_LIMIT);
	drop(&t);
	image_done(&image);
}

static void a_good_touch_has_more_quality_than_a_bad_one(void **state)
{
	int good = 0;
	int bad = 0;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct taken t;

		touch(50 + i, 1, 0.0f, &t);
		good += t.quality.score;
		drop(&t);
		touch(50 + i, 1, 0.9f, &t);
		bad += t.quality.score;
		drop(&t);
	}
	assert_true(good > bad);
}

static void a_shifted_image_still_matches(void **state)
{
	struct synth_master *m;
	struct synth_params p;
	struct image image;
	struct image moved;
	struct taken a, b;

	(void)state;
	synth_params_init(&p, 0.1f);
	assert_int_equal(synth_master_new(9, &m), ERR_OK);
	assert_int_equal(synth_impression(m, 1, &p, &image), ERR_OK);
	assert_int_equal(image_init(&moved, image.width + 37, image.height + 21, 500), ERR_OK);
	memset(moved.pixels, 255, (size_t)moved.width * moved.height);
	for (uint32_t y = 0; y < image.height; y++) {
		memcpy(moved.pixels + (size_t)(y + 21) * moved.width + 37,
		       image.pixels + (size_t)y * image.width, image.width);
	}
	assert_int_equal(take(&image, &a), ERR_OK);
	assert_int_equal(take(&moved, &b), ERR_OK);
	assert_int_equal(
	    finger_template_load(buf_bytes(&a.iso), buf_bytes(&a.extended), &a.template, NULL),
	    ERR_OK);
	assert_int_equal(
	    finger_template_load(buf_bytes(&b.iso), buf_bytes(&b.extended), &b.template, NULL),
	    ERR_OK);
	assert_true(finger_compare(a.template, b.template) > 500);
	drop(&a);
	drop(&b);
	image_done(&image);
	image_done(&moved);
	synth_master_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_image_gives_the_same_bytes),
		cmocka_unit_test(writes_a_record_that_anybody_can_read),
		cmocka_unit_test(mates_score_above_strangers),
		cmocka_unit_test(refuses_paper_and_noise_and_says_why),
		cmocka_unit_test(a_good_print_is_not_called_dry),
		cmocka_unit_test(takes_the_smallest_image_and_refuses_one_too_large),
		cmocka_unit_test(a_good_touch_has_more_quality_than_a_bad_one),
		cmocka_unit_test(a_shifted_image_still_matches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
