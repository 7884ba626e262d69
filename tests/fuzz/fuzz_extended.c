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

/* CRC-32 bit by bit: not the way the code under test goes. */
static uint32_t crc(uint32_t c, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		c ^= p[i];
		for (int k = 0; k < 8; k++) {
			c = (c >> 1) ^ (0xedb88320U & (0U - (c & 1)));
		}
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
