/* Prints as they come from paper: a box on a ruled card, with letters and a pen's stroke, and
 * negatives.  All of it is drawn here. */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "finger/finger.h"
#include "record/fmr.h"
#include "synth/print.h"

#define WIDTH   800
#define HEIGHT  750
#define FINGERS 6

static struct fmr view;

static void touch(struct synth_master *m, uint64_t seed, uint32_t width, uint32_t height,
		  struct image *image)
{
	struct synth_params p;

	synth_params_init(&p, 0.2f);
	p.width = width;
	p.height = height;
	p.area = 1;
	assert_int_equal(synth_impression(m, seed, &p, image), ERR_OK);
}

/* 5 x 7 dots that look like letters, three pixels each. */
static int letter(int x, int y, uint32_t seed)
{
	uint32_t dice =
	    (seed + (uint32_t)(x / 21) * 7919U + (uint32_t)(y / 30) * 104729U) * 2654435761U;
	int column = x % 21 / 3;
	int row = y % 30 / 3;

	return column < 5 && row < 7 && (dice >> ((column * 5 + row * 3) % 29) & 1);
}

/* Lines at the box's sides and one through the lower third, two lines of letters above, a stroke
 * of a pen across the corner of the print. */
static void rule(struct image *image)
{
	for (int i = 0; i < WIDTH * HEIGHT; i++) {
		int x = i % WIDTH;
		int y = i / WIDTH;
		int on = abs(x - 20) < 2 || abs(x - 780) < 2 || abs(y - 20) < 2 ||
			 abs(y - 730) < 2 || abs(y - 500) < 2;

		on |= y > 30 && y < 90 && x > 60 && x < 500 && letter(x, y, 5);
		on |= abs(x - y / 2 - 120) < 2 && y > 150 && y < 520;
		if (on) {
			image->pixels[i] = 30;
		}
	}
}

static void make(const struct image *image, struct finger_template **out)
{
	struct buf iso = { 0 };
	struct buf extended = { 0 };
	struct finger_quality q;
	size_t n;

	assert_int_equal(finger_extract(image, 0, &iso, &extended, &q), ERR_OK);
	assert_int_equal(fmr_read(buf_bytes(&iso), &view, 1, &n, NULL), ERR_OK);
	assert_int_equal(finger_template_load(buf_bytes(&iso), buf_bytes(&extended), out, NULL),
			 ERR_OK);
	buf_done(&iso);
	buf_done(&extended);
}

/* Is there ink of the finger within two ridges of the place? */
static int on_finger(const struct image *clean, int cx, int cy)
{
	for (int y = cy - 18; y <= cy + 18; y++) {
		for (int x = cx - 18; x <= cx + 18; x++) {
			if (x >= 0 && y >= 0 && x < WIDTH && y < HEIGHT &&
			    clean->pixels[y * WIDTH + x] < 150) {
				return 1;
			}
		}
	}
	return 0;
}

static void a_print_on_a_ruled_card_finds_its_mate(void **state)
{
	int all = 0;
	int outside = 0;

	(void)state;
	for (uint64_t i = 1; i <= FINGERS; i++) {
		struct finger_template *card, *scan;
		struct synth_master *m;
		struct image clean, ruled, other;

		assert_int_equal(synth_master_new(i, &m), ERR_OK);
		touch(m, 1, WIDTH, HEIGHT, &clean);
		touch(m, 1, WIDTH, HEIGHT, &ruled);
		touch(m, 2, 320, 400, &other);
		rule(&ruled);
		make(&other, &scan);
		make(&ruled, &card);
		for (unsigned k = 0; k < view.count; k++) {
			all++;
			outside += !on_finger(&clean, view.minutia[k].x, view.minutia[k].y);
		}
		assert_true(finger_compare(card, scan) > 500);
		finger_template_unref(card);
		finger_template_unref(scan);
		image_done(&clean);
		image_done(&ruled);
		image_done(&other);
		synth_master_free(m);
	}
	print_message("%d minutiae, %d outside of the finger\n", all, outside);
	assert_true(outside * 10 <= all);
}

/* Where a ridge ends, in the negative a furrow forks: at the same place, the same way. */
static void a_negative_finds_its_mate(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= FINGERS; i++) {
		struct finger_template *a, *b;
		struct synth_master *m;
		struct image image;

		assert_int_equal(synth_master_new(i, &m), ERR_OK);
		touch(m, 1, 320, 400, &image);
		make(&image, &a);
		image_done(&image);
		touch(m, 2, 320, 400, &image);
		for (uint32_t k = 0; k < image.width * image.height; k++) {
			image.pixels[k] = (uint8_t)(255 - image.pixels[k]);
		}
		make(&image, &b);
		assert_true(finger_compare(a, b) > 500);
		finger_template_unref(a);
		finger_template_unref(b);
		image_done(&image);
		synth_master_free(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_print_on_a_ruled_card_finds_its_mate),
		cmocka_unit_test(a_negative_finds_its_mate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
