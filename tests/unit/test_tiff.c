#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

#include "intake/grey.h"
#include "tests/lib/image_check.h"
#include "tests/lib/image_make.h"

#define W    21U
#define H    17U
#define SEED 54321U /* of the noise that the pictures show */

#define PLAIN(...)                                                                                 \
	{                                                                                          \
		.width = W, .height = H, .bits = 8, .samples = 1,                                  \
		.photometric = PHOTOMETRIC_MINISBLACK, .compression = COMPRESSION_NONE,            \
		.extra = IMAGE_MAKE_NO_EXTRA, __VA_ARGS__                                          \
	}

static void reads_what_every_compression_keeps(void **state)
{
	static const uint16_t kept[] = { COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_PACKBITS,
					 COMPRESSION_ADOBE_DEFLATE, COMPRESSION_DEFLATE };
	uint8_t rows[W * H];
	struct buf b = { 0 };

	(void)state;
	image_make_noise(rows, sizeof rows, SEED);
	for (size_t i = 0; i < 2 * sizeof kept / sizeof kept[0]; i++) {
		struct image_make_tiff spec = PLAIN(.tile = i % 2 == 1 ? 16 : 0);

		spec.compression = kept[i / 2];
		buf_clear(&b);
		image_make_tiff(&b, &spec, rows);
		image_check_pixels(&b, IMAGE_TIFF, W, H, rows);
		image_check_cuts(&b, IMAGE_TIFF);
		(void)image_check_flips(&b, IMAGE_TIFF, 0xff);
		(void)image_check_flips(&b, IMAGE_TIFF, 0x08);
	}
	buf_done(&b);
}

static void reads_fax_pages(void **state)
{
	static const uint16_t faxes[] = { COMPRESSION_CCITTFAX3, COMPRESSION_CCITTFAX4,
					  COMPRESSION_CCITTRLE };
	size_t row_bytes = (W + 7) / 8;
	uint8_t rows[(W + 7) / 8 * H];
	uint8_t expected[W * H];
	struct buf b = { 0 };

	(void)state;
	image_make_noise(rows, sizeof rows, SEED);
	for (size_t p = 0; p < W * H; p++) {
		bool is_set = (rows[p / W * row_bytes + p % W / 8] >> (7 - p % W % 8) & 1) != 0;

		expected[p] = is_set ? 0 : 255;
	}
	for (size_t i = 0; i < sizeof faxes / sizeof faxes[0]; i++) {
		struct image_make_tiff spec = { .width = W,
						.height = H,
						.bits = 1,
						.samples = 1,
						.photometric = PHOTOMETRIC_MINISWHITE,
						.compression = faxes[i],
						.extra = IMAGE_MAKE_NO_EXTRA };

		buf_clear(&b);
		image_make_tiff(&b, &spec, rows);
		image_check_pixels(&b, IMAGE_TIFF, W, H, expected);
		image_check_cuts(&b, IMAGE_TIFF);
		(void)image_check_flips(&b, IMAGE_TIFF, 0x41);
	}
	buf_done(&b);
}

static void reads_grey_of_every_depth_and_direction(void **state)
{
	static const uint16_t depths[] = { 1, 2, 4, 8, 16 };
	uint8_t rows[W * H * 2];
	uint8_t expected[W * H];
	struct buf b = { 0 };

	(void)state;
	image_make_noise(rows, sizeof rows, SEED);
	for (size_t i = 0; i < 2 * sizeof depths / sizeof depths[0]; i++) {
		unsigned bits = depths[i / 2];
		size_t row_bytes = (W * bits + 7) / 8;
		struct image_make_tiff spec = { .width = W,
						.height = H,
						.bits = (uint16_t)bits,
						.samples = 1,
						.photometric = i % 2 == 0 ? PHOTOMETRIC_MINISBLACK
									  : PHOTOMETRIC_MINISWHITE,
						.compression = COMPRESSION_LZW,
						.extra = IMAGE_MAKE_NO_EXTRA };

		for (size_t p = 0; p < W * H; p++) {
			const uint8_t *row = rows + p / W * row_bytes;
			size_t bit = p % W * bits;
			uint32_t v;
			uint16_t wide;

			if (bits == 16) {
				memcpy(&wide, row + bit / 8, 2);
				v = wide;
			} else {
				v = (uint32_t)row[bit / 8] >> (8 - bits - bit % 8) &
				    ((1U << bits) - 1);
			}
			expected[p] = grey_of_depth(v, (1U << bits) - 1);
			if (i % 2 == 1) {
				expected[p] = (uint8_t)(255 - expected[p]);
			}
		}
		buf_clear(&b);
		image_make_tiff(&b, &spec, rows);
		image_check_pixels(&b, IMAGE_TIFF, W, H, expected);
	}
	buf_done(&b);
}

static void reads_colour_and_lays_it_on_white(void **state)
{
	static const struct {
		uint16_t samples;
		uint16_t extra;
	} cases[] = { { 3, IMAGE_MAKE_NO_EXTRA },    { 4, EXTRASAMPLE_UNASSALPHA },
		      { 4, EXTRASAMPLE_ASSOCALPHA }, { 4, EXTRASAMPLE_UNSPECIFIED },
		      { 2, EXTRASAMPLE_UNASSALPHA }, { 2, EXTRASAMPLE_ASSOCALPHA } };
	uint8_t rows[W * H * 4];
	uint8_t expected[W * H];
	struct buf b = { 0 };

	(void)state;
	image_make_noise(rows, sizeof rows, SEED);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t n = cases[i].samples;
		struct image_make_tiff spec = PLAIN(.planar = PLANARCONFIG_CONTIG);

		spec.samples = cases[i].samples;
		spec.extra = cases[i].extra;
		spec.photometric = n >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
		for (size_t p = 0; p < W * H; p++) {
			const uint8_t *v = rows + p * n;
			uint8_t grey = n >= 3 ? grey_of_rgb(v[0], v[1], v[2]) : v[0];

			if (cases[i].extra == EXTRASAMPLE_UNASSALPHA) {
				grey = grey_on_white(grey, v[n - 1]);
			} else if (cases[i].extra == EXTRASAMPLE_ASSOCALPHA) {
				grey = grey_on_white_premultiplied(grey, v[n - 1]);
			}
			expected[p] = grey;
		}
		buf_clear(&b);
		image_make_tiff(&b, &spec, rows);
		image_check_pixels(&b, IMAGE_TIFF, W, H, expected);
	}
	buf_done(&b);
}

static void reads_a_palette_of_wide_and_narrow_values(void **state)
{
	static const uint16_t wide[] = { 65535, 0, 0, 2570, 0, 65535, 0, 5140, 0, 0, 65535, 7710 };
	static const uint16_t narrow[] = { 255, 0, 0, 10, 0, 255, 0, 20, 0, 0, 255, 30 };
	static const uint8_t grey[] = { 76, 150, 29, 18 };
	size_t row_bytes = (W * 2 + 7) / 8;
	uint8_t rows[(W * 2 + 7) / 8 * H];
	uint8_t expected[W * H];
	struct buf b = { 0 };

	(void)state;
	image_make_noise(rows, sizeof rows, SEED);
	for (size_t p = 0; p < W * H; p++) {
		size_t x = p % W;

		expected[p] = grey[rows[p / W * row_bytes + x / 4] >> (6 - x % 4 * 2) & 3];
	}
	for (int i = 0; i < 2; i++) {
		struct image_make_tiff spec = PLAIN(.colours = i == 0 ? wide : narrow);

		spec.bits = 2;
		spec.photometric = PHOTOMETRIC_PALETTE;
		buf_clear(&b);
		image_make_tiff(&b, &spec, rows);
		image_check_pixels(&b, IMAGE_TIFF, W, H, expected);
	}
	buf_done(&b);
}

static void reads_jpeg_inside(void **state)
{
	uint8_t rows[W * H * 3];
	uint8_t expected[W * H];
	struct buf b = { 0 };

	(void)state;
	for (uint32_t p = 0; p < W * H; p++) {
		expected[p] = image_make_ridge(p % W / 4, p / W / 4);
		memset(rows + 3 * (size_t)p, expected[p], 3);
	}
	for (int i = 0; i < 3; i++) {
		struct image_make_tiff spec = PLAIN(.tile = i == 2 ? 32 : 0);
		struct image image;

		spec.compression = COMPRESSION_JPEG;
		if (i > 0) {
			spec.photometric = PHOTOMETRIC_YCBCR;
			spec.samples = 3;
		}
		buf_clear(&b);
		image_make_tiff(&b, &spec, i > 0 ? rows : expected);
		image = image_check_good(&b, IMAGE_TIFF);
		assert_in_range(image_check_distance(&image, expected), 0, 30);
		image_done(&image);
		image_check_cuts(&b, IMAGE_TIFF);
		(void)image_check_flips(&b, IMAGE_TIFF, 0x55);
	}
	buf_done(&b);
}

static void takes_the_resolution_from_the_file(void **state)
{
	static const struct {
		uint16_t unit;
		float x;
		float y;
		uint32_t ppi;
		bool is_assumed;
		int code;
	} cases[] = {
		{ RESUNIT_INCH, 500, 500, 500, false, ERR_OK },
		{ RESUNIT_CENTIMETER, 196.85F, 196.85F, 500, false, ERR_OK },
		{ RESUNIT_INCH, 1000, 1000, 1000, false, ERR_OK },
		{ RESUNIT_NONE, 500, 500, 500, true, ERR_OK },
		{ RESUNIT_INCH, 0, 0, 500, true, ERR_OK },
		{ RESUNIT_INCH, 204, 102, 0, false, ERR_UNSUPPORTED },
		{ 0, 0, 0, 500, true, ERR_OK },
	};
	uint8_t rows[W * H];
	struct buf b = { 0 };

	(void)state;
	image_make_noise(rows, sizeof rows, SEED);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct image_make_tiff spec = PLAIN(.unit = cases[i].unit);
		struct image image;

		spec.per_unit_x = cases[i].x;
		spec.per_unit_y = cases[i].y;
		buf_clear(&b);
		image_make_tiff(&b, &spec, rows);
		if (cases[i].code != ERR_OK) {
			(void)image_check_bad(&b, IMAGE_TIFF, cases[i].code);
			continue;
		}
		image = image_check_good(&b, IMAGE_TIFF);
		assert_int_equal(image.ppi, cases[i].ppi);
		assert_int_equal(image.ppi_assumed, cases[i].is_assumed);
		image_done(&image);
	}
	buf_done(&b);
}

static void turns_upright_what_a_tag_says_lies_on_its_side(void **state)
{
	uint8_t rows[W * H];
	struct buf b = { 0 };

	(void)state;
	image_make_noise(rows, sizeof rows, SEED);
	for (uint16_t orientation = 1; orientation <= 8; orientation++) {
		struct image_make_tiff spec = PLAIN(.orientation = orientation);
		struct image image;

		buf_clear(&b);
		image_make_tiff(&b, &spec, rows);
		if (orientation == ORIENTATION_TOPRIGHT || orientation == ORIENTATION_BOTLEFT ||
		    orientation == ORIENTATION_LEFTTOP || orientation == ORIENTATION_RIGHTBOT) {
			(void)image_check_bad(&b, IMAGE_TIFF, ERR_UNSUPPORTED);
			continue;
		}
		image = image_check_good(&b, IMAGE_TIFF);
		assert_int_equal(image.width, orientation >= 5 ? H : W);
		assert_int_equal(image.height, orientation >= 5 ? W : H);
		for (uint32_t i = 0; i < W * H; i++) {
			uint32_t x = i % W;
			uint32_t y = i / W;
			/* where TIFF 6.0 says that a stored pixel is to be seen */
			uint32_t seen = orientation == 1   ? i
					: orientation == 3 ? (H - 1 - y) * W + W - 1 - x
					: orientation == 6 ? x * H + H - 1 - y
							   : (W - 1 - x) * H + y;

			assert_int_equal(image.pixels[seen], rows[i]);
		}
		image_done(&image);
	}
	buf_done(&b);
}

static void refuses_what_it_would_get_wrong(void **state)
{
	uint8_t rows[W * H * 4 * 2];
	struct buf b = { 0 };

	(void)state;
	image_make_noise(rows, sizeof rows, SEED);
	for (int i = 0; i < 3; i++) {
		struct image_make_tiff spec = PLAIN(.unit = 0);

		if (i == 0) {
			spec.samples = 3;
			spec.photometric = PHOTOMETRIC_RGB;
			spec.planar = PLANARCONFIG_SEPARATE;
		} else if (i == 1) {
			spec.samples = 4;
			spec.photometric = PHOTOMETRIC_SEPARATED;
		} else {
			spec.bits = 32;
		}
		buf_clear(&b);
		image_make_tiff(&b, &spec, rows);
		(void)image_check_bad(&b, IMAGE_TIFF, ERR_UNSUPPORTED);
	}
	buf_done(&b);
}

/* The place of a tag's entry in a little-endian file. */
static uint8_t *find_entry(struct buf *b, uint16_t tag)
{
	size_t at = b->data[4] | (size_t)b->data[5] << 8 | (size_t)b->data[6] << 16;
	unsigned entries = b->data[at] | (unsigned)b->data[at + 1] << 8;

	for (unsigned i = 0; i < entries; i++) {
		uint8_t *entry = b->data + at + 2 + 12 * (size_t)i;

		if ((entry[0] | entry[1] << 8) == tag) {
			return entry;
		}
	}
	fail_msg("no tag %u", tag);
	return NULL;
}

static void set_value(struct buf *b, uint16_t tag, uint32_t value)
{
	uint8_t *entry = find_entry(b, tag);

	entry[2] = 4; /* LONG */
	for (unsigned i = 0; i < 4; i++) {
		entry[8 + i] = (uint8_t)(value >> 8 * i);
	}
}

static void refuses_directories_that_ask_for_too_much(void **state)
{
	static const struct {
		uint16_t tag;
		uint32_t value;
		int code;
	} cases[] = {
		{ TIFFTAG_IMAGEWIDTH, 8193, ERR_LIMIT },
		{ TIFFTAG_IMAGEWIDTH, 15, ERR_LIMIT },
		{ TIFFTAG_IMAGELENGTH, 0x7fffffff, ERR_LIMIT },
		{ TIFFTAG_IMAGELENGTH, 1, ERR_LIMIT },
		{ TIFFTAG_TILEWIDTH, 8192 * 4, ERR_LIMIT },
		{ TIFFTAG_TILELENGTH, 0x7ffffff0, ERR_LIMIT },
		{ TIFFTAG_COMPRESSION, COMPRESSION_JBIG, ERR_UNSUPPORTED },
		{ TIFFTAG_COMPRESSION, COMPRESSION_OJPEG, ERR_UNSUPPORTED },
	};
	const struct image_make_tiff plain = PLAIN(.tile = 16);
	uint8_t rows[W * H];
	struct buf b = { 0 };
	size_t at;

	(void)state;
	image_make_noise(rows, sizeof rows, SEED);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		buf_clear(&b);
		image_make_tiff(&b, &plain, rows);
		set_value(&b, cases[i].tag, cases[i].value);
		(void)image_check_bad(&b, IMAGE_TIFF, cases[i].code);
	}
	buf_clear(&b);
	image_make_tiff(&b, &plain, rows);
	find_entry(&b, TIFFTAG_TILEOFFSETS)[7] = 0x10; /* the count */
	assert_string_equal(image_check_bad(&b, IMAGE_TIFF, ERR_LIMIT).what, "TIFF values");
	at = b.data[4] | (size_t)b.data[5] << 8;
	b.data[at + 1] = 2; /* 512 entries and more */
	assert_string_equal(image_check_bad(&b, IMAGE_TIFF, ERR_LIMIT).what, "TIFF directory");
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_every_compression_keeps),
		cmocka_unit_test(reads_fax_pages),
		cmocka_unit_test(reads_grey_of_every_depth_and_direction),
		cmocka_unit_test(reads_colour_and_lays_it_on_white),
		cmocka_unit_test(reads_a_palette_of_wide_and_narrow_values),
		cmocka_unit_test(reads_jpeg_inside),
		cmocka_unit_test(takes_the_resolution_from_the_file),
		cmocka_unit_test(turns_upright_what_a_tag_says_lies_on_its_side),
		cmocka_unit_test(refuses_what_it_would_get_wrong),
		cmocka_unit_test(refuses_directories_that_ask_for_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
