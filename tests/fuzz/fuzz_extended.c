/* Private data from anywhere: refused with a place, or written again as the same data.  The
 * first byte's lowest bit asks for the right checksum, so that what lies behind it is read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "finger/extended.h"
#include "finger/finger.h"

#define CHECK 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t record[] = "a record";
static const struct bytes iso = { record, sizeof(record) };

/* CRC-32, four bits at a time: not the way the code under test goes. */
static uint32_t crc(uint32_t c, const uint8_t *p, size_t n)
{
	static const uint32_t table[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
					    0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
					    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
					    0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };

	for (size_t i = 0; i < n; i++) {
		c ^= p[i];
		c = table[c & 15] ^ c >> 4;
		c = table[c & 15] ^ c >> 4;
	}
	return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct extended e;
	static struct extended again;
	static uint8_t copy[FINGER_EXTENDED_MAX + 1];
	struct fault fault = { 0 };
	struct buf out = { 0 };
	size_t len = size - 1;
	int rv;

	if (size < 1 || len > sizeof copy) {
		return 0;
	}
	memcpy(copy, data + 1, len);
	if (data[0] & 1 && len > CHECK) {
		uint32_t c = ~crc(crc(~0U, record, sizeof(record)), copy, len - CHECK);

		for (int i = 0; i < CHECK; i++) {
			copy[len - CHECK + (size_t)i] = (uint8_t)(c >> (24 - 8 * i));
		}
	}
	rv = extended_read((struct bytes){ copy, len }, iso, &e, &fault);
	if (rv != ERR_OK) {
		if (fault.code != rv || fault.what == NULL || fault.at > size) {
			abort();
		}
		return 0;
	}
	if (extended_write(&e, iso, &out) != ERR_OK || out.len > len ||
	    extended_read(buf_bytes(&out), iso, &again, NULL) != ERR_OK ||
	    memcmp(&e, &again, sizeof e) != 0) {
		abort();
	}
	buf_done(&out);
	return 0;
}
