#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/image_check.h"
#include "tests/lib/image_make.h"

#define W 40U
#define H 33U

/* Slow waves, which JPEG keeps well; colours that all have this as their luma if components
 * is 3 are not needed: grey written as RGB is grey. */
static void fill(uint8_t *rows, unsigned components)
{
	for (uint32_t i = 0; i < W * H; i++) {
		uint8_t v = image_make_ridge(i % W / 4, i / W / 4);

		for (unsigned c = 0; c < components; c++) {
			rows[i * components + c] = v;
		}
	}
}

static void make(struct buf *b, const struct image_make_jpeg *spec)
{
	uint8_t rows[W * H * 4];

	fill(rows, (unsigned)spec->components);
	buf_clear(b);
	image_make_jpeg(b, spec, rows);
}

/* The first marker segment with this code from the offset on; its length with the marker. */
static size_t find_segment(const struct buf *b, size_t from, uint8_t code, size_t *len)
{
	for (size_t i = from; i + 4 < b->len; i++) {
		if (b->data[i] == 0xff && b->data[i + 1] == code) {
			*len = 2 + ((size_t)b->data[i + 2] << 8 | b->data[i + 3]);
			return i;
		}
	}
	fail_msg("no marker %02x", code);
	return 0;
}

static void reads_luma_of_every_kind(void **state)
{
	static const struct image_make_jpeg specs[] = {
		{ .width = W, .height = H, .components = 1, .quality = 95 },
		{ .width = W, .height = H, .components = 3, .quality = 95 },
		{ .width = W, .height = H, .components = 1, .quality = 95, .is_progressive = true },
		{ .width = W, .height = H, .components = 3, .quality = 95, .is_progressive = true },
		{ .width = W,
		  .height = H,
		  .components = 3,
		  .quality = 95,
		  .has_split_scans = true },
	};
	uint8_t expected[W * H];
	struct buf b = { 0 };

	(void)state;
	fill(expected, 1);
	for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
		struct image image;

		make(&b, &specs[i]);
		image = image_check_good(&b, IMAGE_JPEG);
		assert_int_equal(image.width, W);
		assert_int_equal(image.height, H);
		assert_in_range(image_check_distance(&image, expected), 0, 12);
		image_done(&image);
		image_check_cuts(&b, IMAGE_JPEG);
		(void)image_check_flips(&b, IMAGE_JPEG, 0x55);
	}
	buf_done(&b);
}

static void red_green_and_blue_weigh_as_they_should(void **state)
{
	static const uint8_t grey[3] = { 76, 150, 29 };
	struct image_make_jpeg spec = { .width = W, .height = H, .components = 3, .quality = 100 };
	uint8_t rows[W * H * 3];
	struct buf b = { 0 };

	(void)state;
	for (size_t c = 0; c < 3; c++) {
		struct image image;

		memset(rows, 0, sizeof rows);
		for (size_t i = 0; i < W * H; i++) {
			rows[3 * i + c] = 255;
		}
		buf_clear(&b);
		image_make_jpeg(&b, &spec, rows);
		image = image_check_good(&b, IMAGE_JPEG);
		assert_in_range(image.pixels[W + 1], grey[c] - 1U, grey[c] + 1U);
		image_done(&image);
	}
	buf_done(&b);
}

static void takes_the_resolution_from_the_file(void **state)
{
	static const struct {
		int unit;
		uint16_t x;
		uint16_t y;
		uint32_t ppi;
		bool is_assumed;
		int code;
	} cases[] = {
		{ 1, 500, 500, 500, false, ERR_OK },
		{ 1, 1000, 1000, 1000, false, ERR_OK },
		{ 2, 197, 197, 500, false, ERR_OK },
		{ 0, 500, 500, 500, true, ERR_OK },
		{ 0, 1, 2, 500, true, ERR_OK },
		{ 1, 72, 72, 500, true, ERR_OK },
		{ 1, 500, 250, 0, false, ERR_UNSUPPORTED },
	};
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct image_make_jpeg spec = { .width = W,
						.height = H,
						.components = 1,
						.quality = 80,
						.density_unit = cases[i].unit,
						.density_x = cases[i].x,
						.density_y = cases[i].y };
		struct image image;

		make(&b, &spec);
		if (cases[i].code != ERR_OK) {
			(void)image_check_bad(&b, IMAGE_JPEG, cases[i].code);
			continue;
		}
		image = image_check_good(&b, IMAGE_JPEG);
		assert_int_equal(image.ppi, cases[i].ppi);
		assert_int_equal(image.ppi_assumed, cases[i].is_assumed);
		image_done(&image);
	}
	buf_done(&b);
}

static void refuses_four_inks(void **state)
{
	struct image_make_jpeg spec = { .width = W, .height = H, .components = 4, .quality = 80 };
	struct buf b = { 0 };

	(void)state;
	make(&b, &spec);
	(void)image_check_bad(&b, IMAGE_JPEG, ERR_UNSUPPORTED);
	buf_done(&b);
}

/* An APP1 segment with one tag, as the first of the file. */
static void put_orientation(struct buf *b, bool big_endian, uint8_t orientation)
{
	static const char big[] = "\xff\xe1\0\x22"
				  "Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0";
	static const char little[] =
	    "\xff\xe1\0\x22"
	    "Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0";
	size_t len = sizeof big - 1;

	assert_int_equal(len, 2 + 0x22);
	(void)buf_extend(b, len);
	memmove(b->data + 2 + len, b->data + 2, b->len - 2 - len);
	memcpy(b->data + 2, big_endian ? big : little, len);
	b->data[2 + 28 + (big_endian ? 1 : 0)] = orientation;
}

static void turns_upright_what_a_camera_took_on_its_side(void **state)
{
	struct image_make_jpeg spec = { .width = W, .height = H, .components = 1, .quality = 95 };
	struct buf b = { 0 };
	struct image plain;

	(void)state;
	make(&b, &spec);
	plain = image_check_good(&b, IMAGE_JPEG);
	for (uint8_t orientation = 0; orientation <= 9; orientation++) {
		bool is_turned = orientation == 6 || orientation == 8;
		struct image image;
		size_t last;

		make(&b, &spec);
		put_orientation(&b, orientation % 2 == 0 || orientation == 3, orientation);
		if (orientation == 2 || orientation == 4 || orientation == 5 || orientation == 7) {
			(void)image_check_bad(&b, IMAGE_JPEG, ERR_UNSUPPORTED);
			continue;
		}
		image = image_check_good(&b, IMAGE_JPEG);
		assert_int_equal(image.width, is_turned ? H : W);
		/* where the first pixel of the stored first row has gone */
		last = (size_t)W * H - 1;
		assert_int_equal(plain.pixels[0], image.pixels[orientation == 3   ? last
							       : orientation == 6 ? H - 1
							       : orientation == 8 ? last + 1 - H
										  : 0]);
		assert_int_equal(plain.pixels[W - 1], image.pixels[orientation == 3   ? last + 1 - W
								   : orientation == 6 ? last
								   : orientation == 8 ? 0
										      : W - 1]);
		image_done(&image);
		image_check_cuts(&b, IMAGE_JPEG);
		(void)image_check_flips(&b, IMAGE_JPEG, 0xff);
	}
	image_done(&plain);
	buf_done(&b);
}

/* Whole as a file, but the finer scans never come. */
static void refuses_a_progressive_file_that_ends_early(void **state)
{
	struct image_make_jpeg spec = {
		.width = W, .height = H, .components = 1, .quality = 90, .is_progressive = true
	};
	struct buf b = { 0 };
	unsigned scans = 0;
	size_t len;

	(void)state;
	make(&b, &spec);
	for (size_t at = 2; scans < 3; scans++) {
		at = find_segment(&b, at, 0xda, &len) + 2;
		if (scans == 2) {
			b.len = at - 2;
		}
	}
	buf_u16(&b, 0xffd9);
	(void)image_check_bad(&b, IMAGE_JPEG, ERR_SHORT);
	buf_done(&b);
}

static void refuses_a_file_without_its_luma(void **state)
{
	struct image_make_jpeg spec = {
		.width = W, .height = H, .components = 3, .quality = 90, .has_split_scans = true
	};
	struct buf b = { 0 };
	size_t len;
	size_t first;
	size_t second;

	(void)state;
	make(&b, &spec);
	first = find_segment(&b, 2, 0xda, &len);
	second = find_segment(&b, first + 2, 0xda, &len);
	memmove(b.data + first, b.data + second, b.len - second);
	b.len -= second - first;
	(void)image_check_bad(&b, IMAGE_JPEG, ERR_SHORT);
	buf_done(&b);
}

/* The same scan over and over costs the sender a few bytes and us all the blocks. */
static void refuses_a_hundred_scans(void **state)
{
	struct image_make_jpeg spec = {
		.width = W, .height = H, .components = 3, .quality = 90, .has_split_scans = true
	};
	struct buf b = { 0 };
	struct buf bomb = { 0 };
	size_t len;
	size_t first;
	size_t second;

	(void)state;
	make(&b, &spec);
	first = find_segment(&b, 2, 0xda, &len);
	second = find_segment(&b, first + 2, 0xda, &len);
	buf_put(&bomb, b.data, first);
	for (unsigned i = 0; i < 40; i++) {
		buf_put(&bomb, b.data + first, second - first);
	}
	buf_put(&bomb, b.data + second, b.len - second);
	assert_int_equal(buf_error(&bomb), ERR_OK);
	{
		struct image image = image_check_good(&bomb, IMAGE_JPEG);

		image_done(&image);
	}
	bomb.len -= b.len - second;
	for (unsigned i = 0; i < 60; i++) {
		buf_put(&bomb, b.data + first, second - first);
	}
	buf_put(&bomb, b.data + second, b.len - second);
	(void)image_check_bad(&bomb, IMAGE_JPEG, ERR_LIMIT);
	buf_done(&bomb);
	buf_done(&b);
}

static void refuses_sizes_beyond_the_limits(void **state)
{
	static const struct {
		uint16_t width;
		uint16_t height;
		int code;
	} cases[] = { { 65535, 65535, ERR_LIMIT }, { 8193, 16, ERR_LIMIT },
		      { 8192, 8192, ERR_LIMIT },   { 15, 40, ERR_LIMIT },
		      { 1, 1, ERR_LIMIT },         { 0, 40, ERR_MALFORMED } };
	struct image_make_jpeg spec = { .width = W, .height = H, .components = 1, .quality = 90 };
	struct buf b = { 0 };
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t at;

		make(&b, &spec);
		at = find_segment(&b, 2, 0xc0, &len);
		b.data[at + 5] = (uint8_t)(cases[i].height >> 8);
		b.data[at + 6] = (uint8_t)cases[i].height;
		b.data[at + 7] = (uint8_t)(cases[i].width >> 8);
		b.data[at + 8] = (uint8_t)cases[i].width;
		(void)image_check_bad(&b, IMAGE_JPEG, cases[i].code);
	}
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_luma_of_every_kind),
		cmocka_unit_test(red_green_and_blue_weigh_as_they_should),
		cmocka_unit_test(takes_the_resolution_from_the_file),
		cmocka_unit_test(turns_upright_what_a_camera_took_on_its_side),
		cmocka_unit_test(refuses_four_inks),
		cmocka_unit_test(refuses_a_progressive_file_that_ends_early),
		cmocka_unit_test(refuses_a_file_without_its_luma),
		cmocka_unit_test(refuses_a_hundred_scans),
		cmocka_unit_test(refuses_sizes_beyond_the_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
