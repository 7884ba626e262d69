/* A checked grey image: what intake/ makes of foreign bytes and finger/ reads.
 *
 * 8 bits a pixel, row after row from the top left without padding, 0 = black.
 * Ridges are dark.  Sizes and resolution have been checked against the limits here. */
#ifndef RECORD_IMAGE_H
#define RECORD_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_SIDE_MIN   16U
#define IMAGE_SIDE_MAX   8192U
#define IMAGE_PIXELS_MAX (UINT64_C(16) << 20) /* a ten-print card is 800 x 750 x 14 */
#define IMAGE_PPI_MIN    100U
#define IMAGE_PPI_MAX    2000U

struct image {
	uint32_t width;   /* pixels */
	uint32_t height;  /* pixels */
	uint32_t ppi;     /* pixels per inch, both ways */
	uint8_t *pixels;  /* owned */
	bool ppi_assumed; /* nobody stated a resolution: ppi is what most scanners have */
};

/* A black image; ERR_LIMIT beyond the limits above, ERR_NOMEM. */
int image_init(struct image *image, uint32_t width, uint32_t height, uint32_t ppi);
/* Wipe and free the pixels; NULL and zeroed images are fine. */
void image_done(struct image *image);

#endif
