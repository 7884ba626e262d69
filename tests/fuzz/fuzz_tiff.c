#include <stddef.h>
#include <stdint.h>

#include "tests/lib/image_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return image_fuzz(IMAGE_TIFF, data, size);
}
