#include "tests/lib/image_check.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/unit.h"

struct image image_check_good(const struct buf *b, enum image_format format)
{
	struct decode_hint hint = { .format = format };
	struct image image = { 0 };
	struct fault fault = { 0 };
	int rc = decode_image(buf_bytes(b), &hint, &image, &fault);

	if (rc != ERR_OK) {
		print_error("%s at %zu: %s\n", err_name(rc), fault.at, fault.what);
	}
	assert_int_equal(rc, ERR_OK);
	assert_non_null(image.pixels);
	return image;
}

void image_check_pixels(const struct buf *b, enum image_format format, uint32_t width,
			uint32_t height, const uint8_t *expected)
{
	struct image image = image_check_good(b, format);

	assert_int_equal(image.width, width);
	assert_int_equal(image.height, height);
	assert_memory_equal(image.pixels, expected, (size_t)width * height);
	image_done(&image);
}

struct fault image_check_bad(const struct buf *b, enum image_format format, int code)
{
	struct decode_hint hint = { .format = format };
	struct image image = { 0 };
	struct fault fault = { 0 };
	int rc = decode_image(buf_bytes(b), &hint, &image, &fault);

	if (rc != code) {
		print_error("%s at %zu: %s\n", err_name(rc), fault.at,
			    fault.what != NULL ? fault.what : "-");
	}
	assert_int_equal(rc, code);
	assert_int_equal(fault.code, code);
	assert_non_null(fault.what);
	assert_true(fault.at <= b->len);
	assert_null(image.pixels);
	return fault;
}

/* The bytes get a block of exactly their length, so that a sanitizer sees reads past it. */
static int decode_exactly(const uint8_t *data, size_t len, enum image_format format)
{
	struct decode_hint hint = { .format = format };
	struct image image = { 0 };
	struct fault fault = { 0 };
	uint8_t *copy = malloc(len > 0 ? len : 1);
	int rc;

	assert_non_null(copy);
	memcpy(copy, data, len);
	rc = decode_image((struct bytes){ copy, len }, &hint, &image, &fault);
	if (rc == ERR_OK) {
		assert_non_null(image.pixels);
	} else {
		assert_int_equal(fault.code, rc);
		assert_non_null(fault.what);
		assert_null(image.pixels);
	}
	image_done(&image);
	free(copy);
	return rc;
}

void image_check_cuts(const struct buf *b, enum image_format format)
{
	assert_int_equal(buf_error(b), ERR_OK);
	assert_int_equal(decode_exactly(b->data, b->len, format), ERR_OK);
	for (size_t len = 0; len < b->len; len++) {
		int rc = decode_exactly(b->data, len, format);

		if (rc == ERR_OK) {
			print_error("taken when cut at %zu of %zu\n", len, b->len);
		}
		assert_int_not_equal(rc, ERR_OK);
	}
}

size_t image_check_flips(const struct buf *b, enum image_format format, uint8_t mask)
{
	uint8_t *copy = malloc(b->len);
	size_t taken = 0;

	assert_non_null(copy);
	memcpy(copy, b->data, b->len);
	for (size_t i = 0; i < b->len; i++) {
		copy[i] ^= mask;
		if (decode_exactly(copy, b->len, format) == ERR_OK) {
			taken++;
		}
		copy[i] ^= mask;
	}
	free(copy);
	return taken;
}

unsigned image_check_distance(const struct image *image, const uint8_t *pixels)
{
	unsigned most = 0;

	for (size_t i = 0; i < (size_t)image->width * image->height; i++) {
		unsigned d = (unsigned)abs(image->pixels[i] - pixels[i]);

		most = d > most ? d : most;
	}
	return most;
}
