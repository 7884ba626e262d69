/* Each input is decoded as it is, and once more with its chunks' checksums put right, since
 * otherwise hardly a changed byte would get past them. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/image_fuzz.h"

#define SIGNATURE_BYTES 8U
#define CHUNK_BYTES     12U /* length, name and checksum around the data */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t big_endian(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The checksum of PNG's annex D, bit by bit. */
static uint32_t checksum(const uint8_t *p, size_t len)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (int k = 0; k < 8; k++) {
			crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
		}
	}
	return ~crc;
}

static void put_right(uint8_t *p, size_t size)
{
	size_t at = SIGNATURE_BYTES;

	while (size - at >= CHUNK_BYTES && big_endian(p + at) <= size - at - CHUNK_BYTES) {
		size_t len = big_endian(p + at);
		uint32_t crc = checksum(p + at + 4, len + 4);

		for (unsigned i = 0; i < 4; i++) {
			p[at + 8 + len + i] = (uint8_t)(crc >> (24 - 8 * i));
		}
		at += CHUNK_BYTES + len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	(void)image_fuzz(IMAGE_PNG, data, size);
	if (size < SIGNATURE_BYTES) {
		return 0;
	}
	copy = malloc(size);
	if (copy == NULL) {
		abort();
	}
	memcpy(copy, data, size);
	put_right(copy, size);
	(void)image_fuzz(IMAGE_PNG, copy, size);
	free(copy);
	return 0;
}
