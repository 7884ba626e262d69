/* Extraction of small images from anywhere: what it writes can be loaded again.  The first
 * bytes are width, height and resolution; a stamp of the rest tiles the image. */
#include <stdint.h>
#include <stdlib.h>

#include "finger/finger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image image;
	struct buf iso = { 0 };
	struct buf extended = { 0 };
	struct finger_quality quality;
	struct finger_template *t = NULL;
	int rv;

	if (size < 4 || image_init(&image, 16U + data[0] % 64, 16U + data[1] % 64,
				   300U + 4U * data[2]) != ERR_OK) {
		return 0;
	}
	for (uint32_t i = 0; i < image.width * image.height; i++) {
		image.pixels[i] = data[3 + i % (size - 3)];
	}
	rv = finger_extract(&image, data[0] % 11, &iso, &extended, &quality);
	if (quality.score > 100) {
		abort();
	}
	if (rv == ERR_OK) {
		if (finger_template_load(buf_bytes(&iso), buf_bytes(&extended), &t, NULL) !=
			ERR_OK ||
		    finger_compare(t, t) > 2000) {
			abort();
		}
	} else if ((rv != ERR_RANGE && rv != ERR_LIMIT && rv != ERR_NOMEM) || iso.len != 0) {
		abort();
	}
	finger_template_unref(t);
	buf_done(&iso);
	buf_done(&extended);
	image_done(&image);
	return 0;
}
