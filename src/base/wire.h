/* A cursor over received bytes: read all fields, then ask once whether it went well.
 *
 * The first read past the end marks the cursor as failed; later reads give zeroes. */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire {
	const uint8_t *data;
	size_t len;
	size_t at;
	bool failed;
};

/* Read len borrowed bytes from their start. */
void wire_init(struct wire *w, const void *data, size_t len);
uint8_t wire_u8(struct wire *w);
/* Big-endian, as in network protocols, ISO 19794 and WSQ. */
uint16_t wire_u16(struct wire *w);
uint32_t wire_u32(struct wire *w);
uint64_t wire_u64(struct wire *w);
/* Borrow len bytes of the input; NULL on error. */
const uint8_t *wire_bytes(struct wire *w, size_t len);
/* How many bytes are left; 0 after an error. */
size_t wire_left(const struct wire *w);
/* ERR_OK, or ERR_SHORT once a read has gone past the end. */
int wire_error(const struct wire *w);

#endif
