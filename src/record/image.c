#include "record/image.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

int image_init(struct image *image, uint32_t width, uint32_t height, uint32_t ppi)
{
	uint8_t *pixels;

	if (width < IMAGE_SIDE_MIN || width > IMAGE_SIDE_MAX || height < IMAGE_SIDE_MIN ||
	    height > IMAGE_SIDE_MAX || (uint64_t)width * height > IMAGE_PIXELS_MAX ||
	    ppi < IMAGE_PPI_MIN || ppi > IMAGE_PPI_MAX) {
		return ERR_LIMIT;
	}
	pixels = calloc(width, height);
	if (pixels == NULL) {
		return ERR_NOMEM;
	}
	*image = (struct image){ .width = width, .height = height, .ppi = ppi, .pixels = pixels };
	return ERR_OK;
}

void image_done(struct image *image)
{
	if (image != NULL && image->pixels != NULL) {
		explicit_bzero(image->pixels, (size_t)image->width * image->height);
		free(image->pixels);
		*image = (struct image){ 0 };
	}
}
