#include "tests/lib/unit.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "intake/decode.h"
#include "intake/grey.h"
#include "intake/png_out.h"
#include "tests/lib/image_check.h"
#include "tests/lib/image_make.h"

#define W    21U
#define H    17U
#define SEED 12345U /* of the noise that the pictures show */

static void reads_grey_of_every_depth(void **state)
{
	static const int depths[] = { 1, 2, 4, 8, 16 };
	uint8_t rows[W * H * 2];
	uint8_t expected[W * H];
	struct buf b = { 0 };

	(void)state;
	image_make_noise(rows, sizeof rows, SEED);
	for (size_t i = 0; i < 2 * sizeof depths / sizeof depths[0]; i++) {
		unsigned bits = (unsigned)depths[i / 2];
		size_t row_bytes = (W * bits + 7) / 8;
		struct image_make_png spec = { .width = W,
					       .height = H,
					       .depth = (int)bits,
					       .type = PNG_COLOR_TYPE_GRAY,
					       .is_interlaced = i % 2 == 1 };

		for (size_t p = 0; p < W * H; p++) {
			const uint8_t *row = rows + p / W * row_bytes;
			size_t bit = p % W * bits;
			uint32_t v = bits == 16 ? (uint32_t)row[bit / 8] << 8 | row[bit / 8 + 1]
						: (uint32_t)row[bit / 8] >> (8 - bits - bit % 8) &
						      ((1U << bits) - 1);

			expected[p] = grey_of_depth(v, (1U << bits) - 1);
		}
		buf_clear(&b);
		image_make_png(&b, &spec, rows);
		image_check_pixels(&b, IMAGE_PNG, W, H, expected);
	}
	buf_done(&b);
}

static void reads_colour_and_lays_it_on_white(void **state)
{
	static const int types[] = { PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA,
				     PNG_COLOR_TYPE_GRAY_ALPHA };
	static const size_t channels[] = { 3, 4, 2 };
	uint8_t rows[W * H * 4];
	uint8_t expected[W * H];
	struct buf b = { 0 };

	(void)state;
	image_make_noise(rows, sizeof rows, SEED);
	for (size_t i = 0; i < 6; i++) {
		size_t n = channels[i / 2];
		struct image_make_png spec = { .width = W,
					       .height = H,
					       .depth = 8,
					       .type = types[i / 2],
					       .is_interlaced = i % 2 == 1 };

		for (size_t p = 0; p < W * H; p++) {
			const uint8_t *v = rows + p * n;
			uint8_t grey = n > 2 ? grey_of_rgb(v[0], v[1], v[2]) : v[0];

			expected[p] = n % 2 == 0 ? grey_on_white(grey, v[n - 1]) : grey;
		}
		buf_clear(&b);
		image_make_png(&b, &spec, rows);
		image_check_pixels(&b, IMAGE_PNG, W, H, expected);
	}
	buf_done(&b);
}

static void reads_a_palette_with_holes(void **state)
{
	static const uint8_t colours[] = { 255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30 };
	static const uint8_t opacity[] = { 255, 128, 0 };
	static const uint8_t grey[] = { 76, 202, 255, 18 };
	struct image_make_png spec = { .width = W,
				       .height = H,
				       .depth = 2,
				       .type = PNG_COLOR_TYPE_PALETTE,
				       .colours = colours,
				       .colour_count = 4,
				       .opacity = opacity,
				       .opacity_count = 3 };
	size_t row_bytes = (W * 2 + 7) / 8;
	uint8_t rows[((W * 2 + 7) / 8) * H];
	uint8_t expected[W * H];
	struct buf b = { 0 };

	(void)state;
	image_make_noise(rows, sizeof rows, SEED);
	for (size_t p = 0; p < W * H; p++) {
		size_t x = p % W;

		expected[p] = grey[rows[p / W * row_bytes + x / 4] >> (6 - x % 4 * 2) & 3];
	}
	image_make_png(&b, &spec, rows);
	image_check_pixels(&b, IMAGE_PNG, W, H, expected);
	image_check_cuts(&b, IMAGE_PNG);
	buf_done(&b);
}

static void takes_the_resolution_from_the_file(void **state)
{
	static const struct {
		uint32_t x;
		uint32_t y;
		uint32_t ppi;
		bool is_assumed;
		int code;
	} cases[] = {
		{ 19685, 19685, 500, false, ERR_OK },        { 39370, 39370, 1000, false, ERR_OK },
		{ 19685, 19700, 500, false, ERR_OK },        { 2835, 2835, 500, true, ERR_OK },
		{ 99999, 99999, 500, true, ERR_OK },         { 0, 0, 500, true, ERR_OK },
		{ 19685, 39370, 0, false, ERR_UNSUPPORTED },
	};
	uint8_t rows[W * H];
	struct buf b = { 0 };

	(void)state;
	image_make_noise(rows, sizeof rows, SEED);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct image_make_png spec = { .width = W,
					       .height = H,
					       .depth = 8,
					       .type = PNG_COLOR_TYPE_GRAY,
					       .per_metre_x = cases[i].x,
					       .per_metre_y = cases[i].y };
		struct image image;

		buf_clear(&b);
		image_make_png(&b, &spec, rows);
		if (cases[i].code != ERR_OK) {
			(void)image_check_bad(&b, IMAGE_PNG, cases[i].code);
			continue;
		}
		image = image_check_good(&b, IMAGE_PNG);
		assert_int_equal(image.ppi, cases[i].ppi);
		assert_int_equal(image.ppi_assumed, cases[i].is_assumed);
		image_done(&image);
	}
	buf_done(&b);
}

static void the_hint_overrules_a_resolution(void **state)
{
	struct image_make_png spec = { .width = W,
				       .height = H,
				       .depth = 8,
				       .type = PNG_COLOR_TYPE_GRAY,
				       .per_metre_x = 19685,
				       .per_metre_y = 39370 };
	struct decode_hint hint = { .ppi = 600 };
	uint8_t rows[W * H] = { 0 };
	struct image image = { 0 };
	struct buf b = { 0 };

	(void)state;
	image_make_png(&b, &spec, rows);
	assert_int_equal(decode_image(buf_bytes(&b), &hint, &image, NULL), ERR_OK);
	assert_int_equal(image.ppi, 600);
	assert_false(image.ppi_assumed);
	image_done(&image);
	buf_done(&b);
}

static void refuses_a_cut_or_a_changed_byte_anywhere(void **state)
{
	struct image_make_png spec = { .width = W,
				       .height = H,
				       .depth = 8,
				       .type = PNG_COLOR_TYPE_GRAY,
				       .per_metre_x = 19685,
				       .per_metre_y = 19685 };
	uint8_t rows[W * H];
	struct buf b = { 0 };

	(void)state;
	image_make_noise(rows, sizeof rows, SEED);
	image_make_png(&b, &spec, rows);
	image_check_cuts(&b, IMAGE_PNG);
	assert_int_equal(image_check_flips(&b, IMAGE_PNG, 0x01), 0);
	assert_int_equal(image_check_flips(&b, IMAGE_PNG, 0xff), 0);
	spec.is_interlaced = true;
	buf_clear(&b);
	image_make_png(&b, &spec, rows);
	image_check_cuts(&b, IMAGE_PNG);
	assert_int_equal(image_check_flips(&b, IMAGE_PNG, 0x80), 0);
	buf_done(&b);
}

/* Whole, with right checksums, but the pixels stop early: the picture may not be half grey. */
static void refuses_too_few_rows_in_a_sound_file(void **state)
{
	struct image_make_png spec = {
		.width = W, .height = H, .depth = 8, .type = PNG_COLOR_TYPE_GRAY
	};
	uint8_t rows[W * H];
	struct buf b = { 0 };
	uint32_t crc;

	(void)state;
	image_make_noise(rows, sizeof rows, SEED);
	image_make_png(&b, &spec, rows);
	b.data[16 + 7] = H + 3; /* the height in the header, and the checksum behind it */
	crc = 0xffffffff;
	for (size_t i = 12; i < 29; i++) {
		crc ^= b.data[i];
		for (int k = 0; k < 8; k++) {
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
		}
	}
	crc = ~crc;
	for (size_t i = 0; i < 4; i++) {
		b.data[29 + i] = (uint8_t)(crc >> (24 - 8 * i));
	}
	(void)image_check_bad(&b, IMAGE_PNG, ERR_MALFORMED);
	buf_done(&b);
}

/* Written and read again; step 17 takes four bits a pixel, odd widths end in half a byte. */
static void what_is_written_can_be_read(void **state)
{
	static uint8_t pixels[3 * 37 * 21];

	(void)state;
	for (unsigned step = 1; step <= 17; step += 16) {
		for (unsigned channels = 1; channels <= 3; channels += 2) {
			size_t len = (size_t)37 * 21 * channels;
			struct buf file = { 0 };
			struct image image = { 0 };

			for (size_t i = 0; i < len; i++) {
				pixels[i] = (uint8_t)(i * 7 % (256 / step) * step);
			}
			assert_int_equal(
			    intake_write_png((struct bytes){ pixels, len }, 37, channels, &file),
			    ERR_OK);
			assert_int_equal(file.data[24], step == 17 && channels == 1 ? 4 : 8);
			assert_int_equal(decode_image(buf_bytes(&file), NULL, &image, NULL),
					 ERR_OK);
			assert_int_equal(image.width, 37);
			assert_int_equal(image.height, 21);
			for (size_t i = 0; i < (size_t)37 * 21; i++) {
				const uint8_t *p = pixels + i * channels;

				assert_int_equal(image.pixels[i],
						 channels == 1 ? p[0]
							       : grey_of_rgb(p[0], p[1], p[2]));
			}
			image_done(&image);
			buf_done(&file);
		}
	}
}

static void refuses_to_write_what_is_no_image(void **state)
{
	static const uint8_t pixels[8194];
	struct buf file = { 0 };
	struct buf small = { .limit = 40 };

	(void)state;
	assert_int_equal(intake_write_png((struct bytes){ pixels, 10 }, 3, 1, &file), ERR_RANGE);
	assert_int_equal(intake_write_png((struct bytes){ pixels, 0 }, 3, 1, &file), ERR_RANGE);
	assert_int_equal(intake_write_png((struct bytes){ pixels, 9 }, 0, 1, &file), ERR_RANGE);
	assert_int_equal(intake_write_png((struct bytes){ pixels, 8 }, 2, 2, &file), ERR_RANGE);
	assert_int_equal(intake_write_png((struct bytes){ pixels, 8193 }, 8193, 1, &file),
			 ERR_LIMIT);
	assert_int_equal(intake_write_png((struct bytes){ pixels, 8193 }, 1, 1, &file), ERR_LIMIT);
	assert_int_equal(file.len, 0);
	assert_int_equal(intake_write_png((struct bytes){ pixels, 100 }, 10, 1, &small), ERR_SPACE);
	buf_done(&file);
	buf_done(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_grey_of_every_depth),
		cmocka_unit_test(reads_colour_and_lays_it_on_white),
		cmocka_unit_test(reads_a_palette_with_holes),
		cmocka_unit_test(takes_the_resolution_from_the_file),
		cmocka_unit_test(the_hint_overrules_a_resolution),
		cmocka_unit_test(refuses_a_cut_or_a_changed_byte_anywhere),
		cmocka_unit_test(refuses_too_few_rows_in_a_sound_file),
		cmocka_unit_test(what_is_written_can_be_read),
		cmocka_unit_test(refuses_to_write_what_is_no_image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
