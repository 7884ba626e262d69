#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/image_check.h"
#include "tests/lib/image_make.h"

/* Where the segments of a file without comment lie. */
#define DTT_AT 2U
#define DQT_AT (DTT_AT + 60)
#define SOF_AT (DQT_AT + 391)
#define DHT_AT (SOF_AT + 19)
#define SOB_AT (DHT_AT + 275)

static uint8_t *make_ridges(uint32_t width, uint32_t height)
{
	uint8_t *pixels = malloc((size_t)width * height);

	assert_non_null(pixels);
	for (size_t i = 0; i < (size_t)width * height; i++) {
		pixels[i] = image_make_ridge((uint32_t)i % width, (uint32_t)i / width);
	}
	return pixels;
}

static void make_small(struct buf *b)
{
	struct image_make_wsq spec = { .width = 19, .height = 16, .bin = 8.0 };
	uint8_t *pixels = make_ridges(19, 16);

	buf_clear(b);
	image_make_wsq(b, &spec, pixels);
	free(pixels);
}

/* The encoder splits by its own code: only right joining gives the picture back. */
static void joins_what_was_split_for_sizes_of_all_kinds(void **state)
{
	static const uint32_t sizes[][2] = { { 16, 16 },  { 17, 16 },  { 31, 47 },  { 33, 130 },
					     { 96, 103 }, { 101, 97 }, { 129, 64 }, { 255, 18 } };
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++) {
		struct image_make_wsq spec = { .width = sizes[i / 2][0],
					       .height = sizes[i / 2][1],
					       .bin = 0.05,
					       .has_long_codes = i % 2 == 1 };
		uint8_t *pixels = make_ridges(spec.width, spec.height);
		struct image image;

		/* The last four bands are never sent: leave them nothing to say. */
		for (size_t p = 0; p < (size_t)spec.width * spec.height; p++) {
			pixels[p] = (uint8_t)(64 + pixels[p] / 2);
		}
		buf_clear(&b);
		image_make_wsq(&b, &spec, pixels);
		image = image_check_good(&b, IMAGE_WSQ);
		assert_int_equal(image.width, spec.width);
		assert_int_equal(image.height, spec.height);
		assert_in_range(image_check_distance(&image, pixels), 0, 6);
		image_done(&image);
		free(pixels);
	}
	buf_done(&b);
}

static void coarse_bins_lose_little(void **state)
{
	struct image_make_wsq spec = { .width = 160, .height = 144, .bin = 12.0 };
	uint8_t *pixels = make_ridges(spec.width, spec.height);
	struct buf b = { 0 };
	struct image image;

	(void)state;
	image_make_wsq(&b, &spec, pixels);
	assert_in_range(b.len, 1000, 160 * 144 / 2);
	image = image_check_good(&b, IMAGE_WSQ);
	assert_in_range(image_check_distance(&image, pixels), 1, 40);
	image_done(&image);
	free(pixels);
	buf_done(&b);
}

static void takes_the_resolution_from_the_comment(void **state)
{
	static const struct {
		const char *comment;
		uint32_t ppi;
		bool is_assumed;
	} cases[] = {
		{ "NIST_COM 2\nPIX_WIDTH 9999\nPPI 1000\nLOSSY 1", 1000, false },
		{ "NIST_COM 1\nPPI 500", 500, false },
		{ "NIST_COM 1\nPPI -1\n", 500, true },
		{ "NIST_COM 1\nPPI 99999999999\n", 500, true },
		{ "NIST_COM 1\nPPI ", 500, true },
		{ "NIST_COM 1\nMYPPI 1000\n", 500, true },
		{ "another\nPPI 1000\n", 500, true },
		{ "", 500, true },
	};
	uint8_t *pixels = make_ridges(32, 32);
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct image_make_wsq spec = {
			.width = 32, .height = 32, .bin = 8.0, .comment = cases[i].comment
		};
		struct image image;

		buf_clear(&b);
		image_make_wsq(&b, &spec, pixels);
		image = image_check_good(&b, IMAGE_WSQ);
		assert_int_equal(image.ppi, cases[i].ppi);
		assert_int_equal(image.ppi_assumed, cases[i].is_assumed);
		image_done(&image);
	}
	free(pixels);
	buf_done(&b);
}

static void refuses_a_cut_anywhere(void **state)
{
	struct buf b = { 0 };

	(void)state;
	make_small(&b);
	image_check_cuts(&b, IMAGE_WSQ);
	(void)image_check_flips(&b, IMAGE_WSQ, 0xff);
	(void)image_check_flips(&b, IMAGE_WSQ, 0x10);
	buf_done(&b);
}

static void refuses_wrong_tables(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		int code;
		const char *what;
	} cases[] = {
		{ DTT_AT + 1, 0xa7, ERR_UNSUPPORTED, "WSQ restart interval" },
		{ DTT_AT + 1, 0xa9, ERR_MALFORMED, "WSQ marker" },
		{ DTT_AT + 3, 1, ERR_MALFORMED, "WSQ segment length" },
		{ DTT_AT + 4, 8, ERR_UNSUPPORTED, "WSQ filter length" },
		{ DTT_AT + 4, 33, ERR_UNSUPPORTED, "WSQ filter length" },
		{ DTT_AT + 4, 11, ERR_MALFORMED, "WSQ transform table" },
		{ DTT_AT + 7, 13, ERR_RANGE, "WSQ transform table" },
		{ DTT_AT + 7, 5, ERR_RANGE, "WSQ transform table" },
		{ DQT_AT + 3, 0x84, ERR_MALFORMED, "WSQ quantisation table" },
		{ DQT_AT + 4, 13, ERR_RANGE, "WSQ bin centre" },
		{ DQT_AT + 7, 200, ERR_RANGE, "WSQ bin" },
		{ SOF_AT + 3, 18, ERR_MALFORMED, "WSQ frame" },
		{ SOF_AT + 7, 15, ERR_LIMIT, "height" },
		{ SOF_AT + 8, 0x21, ERR_LIMIT, "width" },
		{ SOF_AT + 10, 13, ERR_RANGE, "WSQ shift" },
		{ DHT_AT + 4, 8, ERR_RANGE, "WSQ Huffman table number" },
		{ DHT_AT + 4, 1, ERR_MALFORMED, "WSQ block's Huffman table" },
		{ DHT_AT + 5, 3, ERR_MALFORMED, "WSQ Huffman table" },
		{ SOB_AT + 4, 1, ERR_MALFORMED, "WSQ block's Huffman table" },
		{ SOB_AT + 1, 0xa1, ERR_SHORT, "WSQ blocks" },
		{ SOB_AT + 1, 0xa5, ERR_MALFORMED, "WSQ quantisation table" },
	};
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		make_small(&b);
		b.data[cases[i].at] = cases[i].value;
		assert_string_equal(image_check_bad(&b, IMAGE_WSQ, cases[i].code).what,
				    cases[i].what);
	}
	buf_done(&b);
}

/* A file of constant blocks, written by hand: the bits of each block are given. */
static void make_by_hand(struct buf *b, const char *first, const char *second, const char *third)
{
	const char *blocks[3] = { first, second, third };
	struct buf whole = { 0 };

	make_small(&whole);
	buf_clear(b);
	buf_put(b, whole.data, SOB_AT);
	for (unsigned i = 0; i < 3; i++) {
		buf_put(b, "\xff\xa3\0\x03\0", 5);
		buf_put(b, blocks[i], strlen(blocks[i]));
	}
	buf_u16(b, 0xffa1);
	buf_done(&whole);
}

/* 19 x 16 has 20 coefficients in the first block, 60 in the second, 152 in the third: the
 * code of a symbol is the symbol less one. */
static void reads_a_file_that_is_all_zeroes(void **state)
{
	struct buf b = { 0 };
	struct image image;

	(void)state;
	make_by_hand(&b, "\x13", "\x3b", "\x68\x98");
	image = image_check_good(&b, IMAGE_WSQ);
	for (size_t i = 0; i < 19 * 16; i++) {
		assert_int_equal(image.pixels[i], 128);
	}
	image_done(&image);
	buf_done(&b);
}

static void refuses_blocks_of_the_wrong_length(void **state)
{
	struct buf b = { 0 };

	(void)state;
	make_by_hand(&b, "\x12", "\x3b", "\x68\x98");
	(void)image_check_bad(&b, IMAGE_WSQ, ERR_SHORT);
	make_by_hand(&b, "\x14", "\x3b", "\x68\x98");
	(void)image_check_bad(&b, IMAGE_WSQ, ERR_MALFORMED);
	make_by_hand(&b, "\x13\x01", "\x3b", "\x68\x98");
	(void)image_check_bad(&b, IMAGE_WSQ, ERR_MALFORMED);
	make_by_hand(&b, "\x13", "\xfe\x3b", "\x68\x98");
	(void)image_check_bad(&b, IMAGE_WSQ, ERR_MALFORMED);
	make_by_hand(&b, "\x13", "\x3b", "\x68");
	(void)image_check_bad(&b, IMAGE_WSQ, ERR_SHORT);
	make_by_hand(&b, "\x13", "\x3b", "\x68\x98");
	b.len -= 2;
	buf_put(&b, "\xff\xa3\0\x03\0\x13\xff\xa1", 8); /* a fourth block */
	(void)image_check_bad(&b, IMAGE_WSQ, ERR_MALFORMED);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joins_what_was_split_for_sizes_of_all_kinds),
		cmocka_unit_test(coarse_bins_lose_little),
		cmocka_unit_test(takes_the_resolution_from_the_comment),
		cmocka_unit_test(refuses_a_cut_anywhere),
		cmocka_unit_test(refuses_wrong_tables),
		cmocka_unit_test(reads_a_file_that_is_all_zeroes),
		cmocka_unit_test(refuses_blocks_of_the_wrong_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
