/* Small files that claim to be large: refused before anyone takes memory for them. */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "intake/decode.h"
#include "tests/lib/alloc_watch.h"
#include "tests/lib/image_make.h"

/* What the libraries take to look at a header; the pixels claimed are 16 million and more. */
#define BYTES_MAX 100000U

static void check_refused(const struct buf *b, const struct decode_hint *hint, int code)
{
	struct image image = { 0 };
	struct fault fault = { 0 };
	size_t bytes;
	int rc;

	alloc_watch_start();
	rc = decode_image(buf_bytes(b), hint, &image, &fault);
	bytes = alloc_watch_bytes();
	assert_int_equal(rc, code);
	assert_null(image.pixels);
	assert_in_range(bytes, 0, BYTES_MAX);
}

static void the_watch_sees_what_a_good_image_takes(void **state)
{
	struct image_make_png spec = { .width = 512, .height = 512, .depth = 8, .type = 0 };
	uint8_t *rows;
	struct buf b = { 0 };
	struct image image = { 0 };

	(void)state;
	if (!alloc_watch_sees()) {
		skip(); /* not with this allocator */
	}
	rows = calloc(512, 512);
	image_make_png(&b, &spec, rows);
	alloc_watch_start();
	assert_int_equal(decode_image(buf_bytes(&b), NULL, &image, NULL), ERR_OK);
	assert_in_range(alloc_watch_bytes(), 512 * 512, 512 * 512 + BYTES_MAX);
	image_done(&image);
	free(rows);
	buf_done(&b);
}

static void put_png_header(struct buf *b, uint32_t width, uint32_t height)
{
	uint32_t crc = 0xffffffff;

	buf_clear(b);
	buf_put(b, "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", 16);
	buf_u32(b, width);
	buf_u32(b, height);
	buf_put(b, "\x08\0\0\0\0", 5);
	for (size_t i = 12; i < b->len; i++) {
		crc ^= b->data[i];
		for (int k = 0; k < 8; k++) {
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
		}
	}
	buf_u32(b, ~crc);
	buf_put(b, "\0\0\0\0IDAT\x35\xaf\x06\x1e", 12);
}

static void refuses_large_png(void **state)
{
	static const uint32_t sizes[][2] = { { 8192, 2049 },     { 8193, 16 },
					     { 16, 8193 },       { 0x7fffffff, 0x7fffffff },
					     { 0xffffffff, 16 }, { 1, 1 } };
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		put_png_header(&b, sizes[i][0], sizes[i][1]);
		check_refused(&b, NULL, ERR_LIMIT);
	}
	buf_done(&b);
}

/* A megabyte of text in a kilobyte of chunk: never unpacked. */
static void passes_over_packed_text_in_png(void **state)
{
	struct image_make_png spec = { .width = 16, .height = 16, .depth = 8, .type = 0 };
	uint8_t rows[16 * 16] = { 0 };
	struct buf b = { 0 };
	struct buf with_text = { 0 };
	struct image image = { 0 };
	uint32_t crc = 0xffffffff;
	size_t from;

	(void)state;
	image_make_png(&b, &spec, rows);
	buf_put(&with_text, b.data, 33);
	for (unsigned chunk = 0; chunk < 300; chunk++) {
		buf_u32(&with_text, 5 + 1000);
		from = with_text.len;
		buf_put(&with_text, "zTXtname\0", 9);
		for (unsigned i = 0; i < 1000; i++) {
			buf_u8(&with_text, i == 0 ? 0 : 0x78);
		}
		crc = 0xffffffff;
		for (size_t i = from; i < with_text.len; i++) {
			crc ^= with_text.data[i];
			for (int k = 0; k < 8; k++) {
				crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
			}
		}
		buf_u32(&with_text, ~crc);
	}
	buf_put(&with_text, b.data + 33, b.len - 33);
	alloc_watch_start();
	assert_int_equal(decode_image(buf_bytes(&with_text), NULL, &image, NULL), ERR_OK);
	assert_in_range(alloc_watch_bytes(), 0, BYTES_MAX);
	image_done(&image);
	buf_done(&with_text);
	buf_done(&b);
}

static void refuses_large_jpeg(void **state)
{
	struct image_make_jpeg spec = { .width = 16, .height = 16, .components = 1, .quality = 50 };
	uint8_t rows[16 * 16] = { 0 };
	struct buf b = { 0 };
	size_t at = 2;

	(void)state;
	image_make_jpeg(&b, &spec, rows);
	while (b.data[at + 1] != 0xc0) {
		at += 2 + ((size_t)b.data[at + 2] << 8 | b.data[at + 3]);
	}
	memcpy(b.data + at + 5, "\x20\x00\x20\x00", 4);
	check_refused(&b, NULL, ERR_LIMIT);
	memcpy(b.data + at + 5, "\xff\xdc\xff\xdc", 4);
	check_refused(&b, NULL, ERR_LIMIT);
	memcpy(b.data + at + 5, "\x00\x01\x00\x01", 4);
	check_refused(&b, NULL, ERR_LIMIT);
	buf_done(&b);
}

static void put_tiff(struct buf *b, const uint32_t (*entries)[3], uint16_t count)
{
	buf_clear(b);
	buf_put(b, "MM\0*\0\0\0\x08", 8);
	buf_u16(b, count);
	for (uint16_t i = 0; i < count; i++) {
		buf_u16(b, (uint16_t)entries[i][0]);
		buf_u16(b, 4); /* LONG */
		buf_u32(b, entries[i][1]);
		buf_u32(b, entries[i][2]);
	}
	buf_u32(b, 0);
}

static void refuses_large_tiff(void **state)
{
	static const uint32_t large[][3] = { { 256, 1, 8192 }, { 257, 1, 8192 }, { 258, 1, 8 },
					     { 259, 1, 1 },    { 262, 1, 1 },    { 273, 1, 8 },
					     { 278, 1, 8192 }, { 279, 1, 9 } };
	static const uint32_t tiled[][3] = { { 256, 1, 64 },   { 257, 1, 64 }, { 258, 1, 8 },
					     { 259, 1, 1 },    { 262, 1, 1 },  { 322, 1, 8192 },
					     { 323, 1, 8192 }, { 324, 1, 8 },  { 325, 1, 8 } };
	static const uint32_t arrays[][3] = { { 256, 1, 64 },
					      { 257, 1, 64 },
					      { 273, 0x10000000, 8 } };
	struct buf b = { 0 };

	(void)state;
	put_tiff(&b, large, 8);
	check_refused(&b, NULL, ERR_LIMIT);
	put_tiff(&b, tiled, 9);
	check_refused(&b, NULL, ERR_LIMIT);
	put_tiff(&b, arrays, 3);
	check_refused(&b, NULL, ERR_LIMIT);
	buf_done(&b);
}

static void refuses_large_wsq(void **state)
{
	static const char frame[] =
	    "\xff\xa0\xff\xa2\0\x11\0\xff\x20\x00\x20\x00\0\0\x80\0\0\x01\0\0\0";
	struct buf b = { 0 };

	(void)state;
	buf_put(&b, frame, sizeof frame - 1);
	check_refused(&b, NULL, ERR_LIMIT);
	b.data[8] = b.data[10] = 0xff;
	check_refused(&b, NULL, ERR_LIMIT);
	memcpy(b.data + 8, "\0\x01\0\x01", 4);
	check_refused(&b, NULL, ERR_LIMIT);
	buf_done(&b);
}

static void refuses_large_maps_and_raw(void **state)
{
	struct decode_hint hint = {
		.format = IMAGE_RAW, .width = 8192, .height = 8192, .ppi = 500
	};
	struct buf b = { 0 };

	(void)state;
	buf_put(&b, "P5 8192 8192 255\n....", 21);
	check_refused(&b, NULL, ERR_LIMIT);
	check_refused(&b, &hint, ERR_LIMIT);
	hint.width = UINT32_MAX;
	check_refused(&b, &hint, ERR_LIMIT);
	buf_done(&b);
}

/* Every single request for memory fails once; libtiff does not say why it gives up. */
static void check_shortages(const struct buf *b, bool is_tiff)
{
	struct image good = { 0 };
	bool has_failed;
	size_t n = 0;

	assert_int_equal(decode_image(buf_bytes(b), NULL, &good, NULL), ERR_OK);
	do {
		struct image image = { 0 };
		struct fault fault = { 0 };
		int rc;

		alloc_watch_fail(++n);
		rc = decode_image(buf_bytes(b), NULL, &image, &fault);
		has_failed = alloc_watch_has_failed();
		alloc_watch_fail(0);
		if (rc != ERR_OK) {
			assert_int_equal(fault.code, rc);
			assert_true(rc == ERR_NOMEM || (is_tiff && rc == ERR_MALFORMED));
			assert_null(image.pixels);
			continue;
		}
		/* libjpeg asks again for less: then the picture must be whole */
		assert_memory_equal(image.pixels, good.pixels, 16 * 16);
		image_done(&image);
	} while (has_failed && n < 10000);
	assert_in_range(n, 2, 9999);
	image_done(&good);
}

static void any_shortage_of_memory_is_an_error(void **state)
{
	struct image_make_png png = {
		.width = 16, .height = 16, .depth = 8, .type = 0, .is_interlaced = true
	};
	struct image_make_jpeg jpeg = {
		.width = 16, .height = 16, .components = 3, .quality = 50, .is_progressive = true
	};
	struct image_make_tiff tiff = { .width = 16,
					.height = 16,
					.bits = 8,
					.samples = 1,
					.photometric = 1,
					.compression = 7,
					.extra = IMAGE_MAKE_NO_EXTRA };
	struct image_make_wsq wsq = { .width = 16, .height = 16, .bin = 8.0 };
	uint8_t rows[16 * 16 * 3] = { 0 };
	struct buf b = { 0 };

	(void)state;
	if (!alloc_watch_can_fail()) {
		skip(); /* not with this allocator */
	}
	image_make_png(&b, &png, rows);
	check_shortages(&b, false);
	buf_clear(&b);
	image_make_jpeg(&b, &jpeg, rows);
	check_shortages(&b, false);
	buf_clear(&b);
	image_make_wsq(&b, &wsq, rows);
	check_shortages(&b, false);
	buf_clear(&b);
	image_make_tiff(&b, &tiff, rows);
	check_shortages(&b, true);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_watch_sees_what_a_good_image_takes),
		cmocka_unit_test(refuses_large_png),
		cmocka_unit_test(passes_over_packed_text_in_png),
		cmocka_unit_test(refuses_large_jpeg),
		cmocka_unit_test(refuses_large_tiff),
		cmocka_unit_test(refuses_large_wsq),
		cmocka_unit_test(refuses_large_maps_and_raw),
		cmocka_unit_test(any_shortage_of_memory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
