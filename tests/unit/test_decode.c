#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "intake/decode.h"
#include "intake/grey.h"
#include "tests/lib/image_check.h"
#include "tests/lib/image_make.h"

#define SIDE 16U

/* A header, then count bytes that count up by seven. */
static void make_pgm(struct buf *b, const char *header, size_t count)
{
	buf_clear(b);
	buf_put(b, header, strlen(header));
	for (size_t i = 0; i < count; i++) {
		buf_u8(b, (uint8_t)(i * 7));
	}
}

static void the_first_bytes_tell_the_format(void **state)
{
	(void)state;
	assert_int_equal(decode_sniff((struct bytes){ 0 }), IMAGE_ANY);
	assert_int_equal(decode_sniff(bytes_of("\x89PNG\r\n\x1a\n")), IMAGE_PNG);
	assert_int_equal(decode_sniff(bytes_of("\x89PNG\r\n\x1a")), IMAGE_ANY);
	assert_int_equal(decode_sniff(bytes_of("\xff\xd8\xff\xe0")), IMAGE_JPEG);
	assert_int_equal(decode_sniff(bytes_of("\xff\xa0\xff\xa8")), IMAGE_WSQ);
	assert_int_equal(decode_sniff((struct bytes){ (const uint8_t *)"II*\0", 4 }), IMAGE_TIFF);
	assert_int_equal(decode_sniff((struct bytes){ (const uint8_t *)"MM\0*", 4 }), IMAGE_TIFF);
	assert_int_equal(decode_sniff(bytes_of("P5\n")), IMAGE_PGM);
	assert_int_equal(decode_sniff(bytes_of("P6\n")), IMAGE_ANY);
}

static void refuses_what_it_does_not_know(void **state)
{
	struct image image = { 0 };
	struct fault fault = { 0 };

	(void)state;
	assert_int_equal(decode_image(bytes_of("GIF89a"), NULL, &image, &fault), ERR_UNSUPPORTED);
	assert_string_equal(fault.what, "image format");
	assert_int_equal(decode_image(bytes_of("\xff\x4f\xff\x51"), NULL, &image, &fault),
			 ERR_UNSUPPORTED);
	assert_string_equal(fault.what, "JPEG 2000");
	assert_int_equal(decode_image((struct bytes){ 0 }, NULL, &image, &fault), ERR_SHORT);
	assert_int_equal(decode_image((struct bytes){ (const uint8_t *)"P5", DECODE_BYTES_MAX + 1 },
				      NULL, &image, NULL),
			 ERR_LIMIT);
	assert_null(image.pixels);
}

static void refuses_bytes_that_are_not_of_the_hinted_format(void **state)
{
	struct buf b = { 0 };
	struct fault fault;

	(void)state;
	make_pgm(&b, "P5 16 16 255\n", SIDE * SIDE);
	fault = image_check_bad(&b, IMAGE_WSQ, ERR_MALFORMED);
	assert_int_equal(fault.at, 0);
	buf_done(&b);
}

static void refuses_a_size_that_the_hint_contradicts(void **state)
{
	struct decode_hint hint = { .width = SIDE, .height = SIDE };
	struct buf b = { 0 };
	struct image image = { 0 };
	struct fault fault = { 0 };

	(void)state;
	make_pgm(&b, "P5 16 16 255\n", SIDE * SIDE);
	assert_int_equal(decode_image(buf_bytes(&b), &hint, &image, &fault), ERR_OK);
	image_done(&image);
	hint.width = SIDE + 1;
	assert_int_equal(decode_image(buf_bytes(&b), &hint, &image, &fault), ERR_RANGE);
	hint.width = 0;
	hint.height = SIDE - 1;
	assert_int_equal(decode_image(buf_bytes(&b), &hint, &image, &fault), ERR_RANGE);
	hint.height = 0;
	hint.pixels_max = SIDE * SIDE - 1;
	assert_int_equal(decode_image(buf_bytes(&b), &hint, &image, &fault), ERR_LIMIT);
	hint.pixels_max = SIDE * SIDE;
	assert_int_equal(decode_image(buf_bytes(&b), &hint, &image, &fault), ERR_OK);
	image_done(&image);
	buf_done(&b);
}

static void a_resolution_that_nobody_states_is_flagged(void **state)
{
	struct decode_hint hint = { 0 };
	struct buf b = { 0 };
	struct image image = { 0 };

	(void)state;
	make_pgm(&b, "P5 16 16 255\n", SIDE * SIDE);
	assert_int_equal(decode_image(buf_bytes(&b), NULL, &image, NULL), ERR_OK);
	assert_int_equal(image.ppi, DECODE_PPI_DEFAULT);
	assert_true(image.ppi_assumed);
	image_done(&image);
	hint.ppi = 1000;
	assert_int_equal(decode_image(buf_bytes(&b), &hint, &image, NULL), ERR_OK);
	assert_int_equal(image.ppi, 1000);
	assert_false(image.ppi_assumed);
	image_done(&image);
	hint.ppi = IMAGE_PPI_MAX + 1;
	assert_int_equal(decode_image(buf_bytes(&b), &hint, &image, NULL), ERR_RANGE);
	hint.ppi = IMAGE_PPI_MIN - 1;
	assert_int_equal(decode_image(buf_bytes(&b), &hint, &image, NULL), ERR_RANGE);
	buf_done(&b);
}

static void reads_raw_pixels_of_exactly_the_stated_size(void **state)
{
	struct decode_hint hint = { .format = IMAGE_RAW, .width = 20, .height = 16, .ppi = 500 };
	uint8_t pixels[20 * 16 + 1];
	struct image image = { 0 };
	struct fault fault = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof pixels; i++) {
		pixels[i] = (uint8_t)i;
	}
	assert_int_equal(decode_image((struct bytes){ pixels, 320 }, &hint, &image, &fault),
			 ERR_OK);
	assert_int_equal(image.width, 20);
	assert_memory_equal(image.pixels, pixels, 320);
	assert_false(image.ppi_assumed);
	image_done(&image);
	assert_int_equal(decode_image((struct bytes){ pixels, 319 }, &hint, &image, &fault),
			 ERR_SHORT);
	assert_int_equal(fault.at, 319);
	assert_int_equal(decode_image((struct bytes){ pixels, 321 }, &hint, &image, &fault),
			 ERR_MALFORMED);
	assert_int_equal(fault.at, 320);
	hint.ppi = 0;
	assert_int_equal(decode_image((struct bytes){ pixels, 320 }, &hint, &image, &fault),
			 ERR_RANGE);
}

static void reads_a_grey_map(void **state)
{
	struct buf b = { 0 };
	struct image image;

	(void)state;
	make_pgm(&b, "P5\n# made\n16\t18 # rows\n255\n", SIDE * 18);
	image = image_check_good(&b, IMAGE_PGM);
	assert_int_equal(image.width, 16);
	assert_int_equal(image.height, 18);
	for (size_t i = 0; i < 16 * 18U; i++) {
		assert_int_equal(image.pixels[i], (uint8_t)(i * 7));
	}
	image_done(&image);
	image_check_cuts(&b, IMAGE_PGM);
	(void)image_check_flips(&b, IMAGE_PGM, 0xff);
	buf_u8(&b, 0);
	(void)image_check_bad(&b, IMAGE_PGM, ERR_MALFORMED);
	buf_done(&b);
}

static void scales_other_depths_to_eight_bits(void **state)
{
	struct buf b = { 0 };
	struct image image;

	(void)state;
	buf_put(&b, "P5 16 16 65535\n", 15);
	for (uint32_t i = 0; i < SIDE * SIDE; i++) {
		buf_u16(&b, (uint16_t)(i * 257 + i % 100));
	}
	image = image_check_good(&b, IMAGE_PGM);
	for (uint32_t i = 0; i < SIDE * SIDE; i++) {
		uint32_t wide = (uint16_t)(i * 257 + i % 100);

		assert_int_equal(image.pixels[i], (wide * 2 + 257) / 514);
	}
	image_done(&image);
	image_check_cuts(&b, IMAGE_PGM);
	buf_clear(&b);
	buf_put(&b, "P5 16 16 3\n", 11);
	for (uint32_t i = 0; i < SIDE * SIDE; i++) {
		buf_u8(&b, (uint8_t)(i & 3));
	}
	image = image_check_good(&b, IMAGE_PGM);
	assert_int_equal(image.pixels[1], 85);
	assert_int_equal(image.pixels[3], 255);
	image_done(&image);
	b.data[b.len - 1] = 4;
	assert_int_equal(image_check_bad(&b, IMAGE_PGM, ERR_RANGE).at, b.len - 1);
	buf_done(&b);
}

static void refuses_headers_that_make_no_sense(void **state)
{
	static const struct {
		const char *header;
		int code;
	} cases[] = {
		{ "P5 15 16 255\n", ERR_LIMIT },      { "P5 16 15 255\n", ERR_LIMIT },
		{ "P5 1 1 255\n", ERR_LIMIT },        { "P5 0 16 255\n", ERR_LIMIT },
		{ "P5 8193 16 255\n", ERR_LIMIT },    { "P5 16 8193 255\n", ERR_LIMIT },
		{ "P5 8192 2049 255\n", ERR_LIMIT },  { "P5 4294967312 16 255\n", ERR_LIMIT },
		{ "P5 16 16 0\n", ERR_RANGE },        { "P5 16 16 65536\n", ERR_RANGE },
		{ "P5 -16 16 255\n", ERR_MALFORMED }, { "P516 16 255\n", ERR_MALFORMED },
		{ "P5 16 16 255", ERR_MALFORMED },    { "P5 16 16 #", ERR_SHORT },
		{ "P5 16 16 25x\n", ERR_MALFORMED },
	};
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		make_pgm(&b, cases[i].header, cases[i].code == ERR_SHORT ? 0 : SIDE * SIDE);
		(void)image_check_bad(&b, IMAGE_PGM, cases[i].code);
	}
	buf_done(&b);
}

static void greys_are_rounded_and_laid_on_white(void **state)
{
	(void)state;
	assert_int_equal(grey_of_rgb(255, 255, 255), 255);
	assert_int_equal(grey_of_rgb(255, 0, 0), 76);
	assert_int_equal(grey_of_rgb(0, 255, 0), 150);
	assert_int_equal(grey_of_rgb(0, 0, 255), 29);
	assert_int_equal(grey_of_depth(1, 1), 255);
	assert_int_equal(grey_of_depth(32767, 65535), 127);
	assert_int_equal(grey_of_depth(32768, 65535), 128);
	assert_int_equal(grey_on_white(0, 255), 0);
	assert_int_equal(grey_on_white(0, 0), 255);
	assert_int_equal(grey_on_white(100, 128), 177);
	assert_int_equal(grey_on_white_premultiplied(50, 128), 177);
	assert_int_equal(grey_on_white_premultiplied(200, 128), 255);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_bytes_tell_the_format),
		cmocka_unit_test(refuses_what_it_does_not_know),
		cmocka_unit_test(refuses_bytes_that_are_not_of_the_hinted_format),
		cmocka_unit_test(refuses_a_size_that_the_hint_contradicts),
		cmocka_unit_test(a_resolution_that_nobody_states_is_flagged),
		cmocka_unit_test(reads_raw_pixels_of_exactly_the_stated_size),
		cmocka_unit_test(reads_a_grey_map),
		cmocka_unit_test(scales_other_depths_to_eight_bits),
		cmocka_unit_test(refuses_headers_that_make_no_sense),
		cmocka_unit_test(greys_are_rounded_and_laid_on_white),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
