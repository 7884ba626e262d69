/* Faults: made-up prints spoilt in known ways, and what is said about them. */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "finger/finger.h"
#include "synth/print.h"

#define FINGERS 12
#define FAULTS  7

enum { DRY, WET, SMALL, LOW_CONTRAST, FEW, SMEARED, REGION }; /* bits of enum finger_fault */

struct counts {
	int poor; /* score below 60 */
	int fault[FAULTS];
	int score; /* sum */
};

typedef void (*spoil)(struct image *image);

/* A whole finger, straight, in the middle of 400 x 500 pixels. */
static void whole(uint64_t finger, struct image *image)
{
	struct synth_master *m;
	struct synth_params p;

	synth_params_init(&p, 0.3f);
	p.width = 400;
	p.height = 500;
	p.rotation_deg = 0;
	p.shift_px = 0;
	p.area = 1;
	assert_int_equal(synth_master_new(finger, &m), ERR_OK);
	assert_int_equal(synth_impression(m, finger, &p, image), ERR_OK);
	synth_master_free(m);
}

static void count(const struct image *image, struct counts *c)
{
	struct buf iso = { 0 };
	struct buf extended = { 0 };
	struct finger_quality q;

	(void)finger_extract(image, 0, &iso, &extended, &q);
	c->score += q.score;
	c->poor += q.score < 60;
	for (unsigned i = 0; i < FAULTS; i++) {
		c->fault[i] += (q.faults >> i & 1) != 0;
	}
	assert_true(q.score < 60 ? q.faults != 0 : q.faults == 0);
	buf_done(&iso);
	buf_done(&extended);
}

static struct counts spoilt(spoil how)
{
	struct counts c = { 0 };

	for (uint64_t i = 1; i <= FINGERS; i++) {
		struct image image;

		whole(i, &image);
		how(&image);
		count(&image, &c);
		image_done(&image);
	}
	return c;
}

static void not_at_all(struct image *image)
{
	(void)image;
}

/* Every pixel becomes the darkest (sign 1) or brightest (sign -1) within the radius. */
static void spread(struct image *image, int radius, int sign)
{
	int w = (int)image->width;
	int h = (int)image->height;
	uint8_t *out = malloc((size_t)w * (size_t)h);

	assert_non_null(out);
	for (int i = 0; i < w * h; i++) {
		out[i] = image->pixels[i];
		for (int y = -radius; y <= radius; y++) {
			for (int x = -radius; x <= radius; x++) {
				int u = i % w + x;
				int v = i / w + y;

				if (x * x + y * y <= radius * radius && u >= 0 && v >= 0 && u < w &&
				    v < h && (image->pixels[v * w + u] - out[i]) * sign < 0) {
					out[i] = image->pixels[v * w + u];
				}
			}
		}
	}
	memcpy(image->pixels, out, (size_t)w * (size_t)h);
	free(out);
}

/* Ink or water fills the furrows. */
static void drown(struct image *image)
{
	spread(image, 4, 1);
}

/* Thin ridges that touch in spots only. */
static void dry_out(struct image *image)
{
	int w = (int)image->width;
	int h = (int)image->height;
	uint32_t dice = 7;

	spread(image, 2, -1);
	for (int k = 0; k < w * h / 14; k++) {
		int at;

		dice = dice * 1664525U + 1013904223U;
		at = (int)(dice >> 8) % (w * h - 4 * w - 4);
		for (int i = 0; i < 16; i++) {
			image->pixels[at + i / 4 * w + i % 4] = 235;
		}
	}
}

static void cut(struct image *image, int cx, int cy, int width, int height)
{
	for (int i = 0; i < (int)(image->width * image->height); i++) {
		int x = i % (int)image->width - cx;
		int y = i / (int)image->width - cy;

		if (abs(x) > width / 2 || abs(y) > height / 2) {
			image->pixels[i] = 240;
		}
	}
}

static void keep_the_middle(struct image *image)
{
	cut(image, 200, 225, 130, 130);
}

static void keep_the_tip(struct image *image)
{
	cut(image, 200, 100, 200, 120);
}

static void keep_the_left_side(struct image *image)
{
	cut(image, 85, 250, 120, 190);
}

static void keep_what_is_below(struct image *image)
{
	cut(image, 200, 390, 180, 130);
}

/* Two touches in one image, a ridge and a half apart, as of a finger that slipped. */
static void slip(struct image *image)
{
	int w = (int)image->width;
	int h = (int)image->height;
	uint8_t *out = malloc((size_t)w * (size_t)h);

	assert_non_null(out);
	for (int i = 0; i < w * h; i++) {
		int sum = 0;

		for (int k = 0; k < 16; k++) {
			int x = i % w - k / 2;
			int y = i / w - k;

			sum += x >= 0 && y >= 0 ? image->pixels[y * w + x] : 240;
		}
		out[i] = (uint8_t)(sum / 16);
	}
	memcpy(image->pixels, out, (size_t)w * (size_t)h);
	free(out);
}

static void a_good_print_has_no_fault(void **state)
{
	struct counts c = spoilt(not_at_all);

	(void)state;
	assert_int_equal(c.poor, 0);
	assert_true(c.score > 80 * FINGERS);
}

static void a_print_too_wet_is_called_so(void **state)
{
	struct counts c = spoilt(drown);

	(void)state;
	print_message("wet: poor %d wet %d dry %d\n", c.poor, c.fault[WET], c.fault[DRY]);
	assert_true(c.poor >= FINGERS / 2);
	assert_true(c.fault[WET] * 10 >= c.poor * 9);
	assert_int_equal(c.fault[DRY], 0);
}

static void a_print_too_dry_is_called_so(void **state)
{
	struct counts c = spoilt(dry_out);

	(void)state;
	print_message("dry: poor %d dry %d wet %d\n", c.poor, c.fault[DRY], c.fault[WET]);
	assert_true(c.poor >= FINGERS / 4);
	assert_true(c.fault[DRY] * 10 >= c.poor * 7);
	assert_int_equal(c.fault[WET], 0);
}

static void a_small_piece_of_the_middle_is_small_but_the_right_place(void **state)
{
	struct counts c = spoilt(keep_the_middle);

	(void)state;
	print_message("middle: poor %d small %d region %d\n", c.poor, c.fault[SMALL],
		      c.fault[REGION]);
	assert_true(c.poor >= FINGERS / 3);
	assert_int_equal(c.fault[SMALL], c.poor);
	assert_true(c.fault[REGION] * 6 <= c.poor);
}

static void other_parts_of_the_finger_are_the_wrong_place(void **state)
{
	static const spoil part[] = { keep_the_tip, keep_the_left_side, keep_what_is_below };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct counts c = spoilt(part[i]);

		print_message("part %d: poor %d region %d\n", i, c.poor, c.fault[REGION]);
		assert_true(c.poor >= FINGERS / 2);
		assert_true(c.fault[REGION] * 10 >= c.poor * 6);
	}
}

static void a_slip_lowers_the_score(void **state)
{
	struct counts c = spoilt(slip);

	(void)state;
	print_message("slip: poor %d smeared %d score %d\n", c.poor, c.fault[SMEARED],
		      c.score / FINGERS);
	assert_true(c.score < 80 * FINGERS);
	assert_true(c.fault[SMEARED] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_print_has_no_fault),
		cmocka_unit_test(a_print_too_wet_is_called_so),
		cmocka_unit_test(a_print_too_dry_is_called_so),
		cmocka_unit_test(a_small_piece_of_the_middle_is_small_but_the_right_place),
		cmocka_unit_test(other_parts_of_the_finger_are_the_wrong_place),
		cmocka_unit_test(a_slip_lowers_the_score),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
