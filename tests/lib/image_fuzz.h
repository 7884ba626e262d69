/* The body of all image fuzz targets: decode as this format, then look at every pixel. */
#ifndef TESTS_IMAGE_FUZZ_H
#define TESTS_IMAGE_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "intake/decode.h"

/* Always 0.  Aborts if the answer breaks what decode.h promises. */
int image_fuzz(enum image_format format, const uint8_t *data, size_t size);

#endif
