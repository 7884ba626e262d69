#include "tests/lib/image_fuzz.h"

#include <stdlib.h>

#include "base/err.h"

/* Larger ones only take longer: they would be most of what the fuzzer does. */
#define PIXELS_MAX 65536U

static void require(bool is_true)
{
	if (!is_true) {
		abort();
	}
}

int image_fuzz(enum image_format format, const uint8_t *data, size_t size)
{
	struct decode_hint hint = { .format = format, .pixels_max = PIXELS_MAX };
	struct image image = { 0 };
	struct fault fault = { 0 };
	volatile uint8_t sum = 0;
	int rc = decode_image((struct bytes){ data, size }, &hint, &image, &fault);

	if (rc != ERR_OK) {
		require(rc < 0 && fault.code == rc && fault.what != NULL);
		require(fault.at <= size && image.pixels == NULL);
		require(rc != ERR_NOMEM && rc != ERR_INTERNAL);
		return 0;
	}
	require(image.width >= IMAGE_SIDE_MIN && image.width <= IMAGE_SIDE_MAX);
	require(image.height >= IMAGE_SIDE_MIN && image.height <= IMAGE_SIDE_MAX);
	require(image.ppi >= IMAGE_PPI_MIN && image.ppi <= IMAGE_PPI_MAX);
	for (size_t i = 0; i < (size_t)image.width * image.height; i++) {
		sum = (uint8_t)(sum + image.pixels[i]);
	}
	image_done(&image);
	return 0;
}
