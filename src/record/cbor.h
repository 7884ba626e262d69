/* The one encoding of everything that is signed, stored or sent: a strict, canonical
 * subset of CBOR (RFC 8949, 4.2.1).
 *
 * Unsigned integers, byte strings, text strings, arrays and maps with unsigned keys;
 * definite lengths, shortest heads, keys ascending; no floats, tags, negatives, simple
 * values.  What is not in this form is refused, so decode then encode gives the same bytes. */
#ifndef RECORD_CBOR_H
#define RECORD_CBOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"

enum cbor_type { CBOR_UINT = 0, CBOR_BYTES = 2, CBOR_TEXT = 3, CBOR_ARRAY = 4, CBOR_MAP = 5 };

/* Writing: call buf_error() once at the end. */
void cbor_put_uint(struct buf *b, uint64_t v);
void cbor_put_bytes(struct buf *b, struct bytes v);
void cbor_put_text(struct buf *b, struct bytes v);
/* Heads; the items (for a map: key, value, key, value ...) follow. */
void cbor_put_array(struct buf *b, size_t items);
void cbor_put_map(struct buf *b, size_t pairs);

/* Reading: a cursor with a sticky error, as in base/wire.h. */
struct cbor {
	const uint8_t *data;
	size_t len;
	size_t at;
	int error;
};

void cbor_init(struct cbor *c, struct bytes in);
uint64_t cbor_uint(struct cbor *c);
/* Borrowed from the input; at most max bytes, else ERR_LIMIT. */
struct bytes cbor_bytes(struct cbor *c, size_t max);
/* As cbor_bytes, and well-formed UTF-8. */
struct bytes cbor_text(struct cbor *c, size_t max);
/* The number of items or pairs, at most max. */
size_t cbor_array(struct cbor *c, size_t max);
size_t cbor_map(struct cbor *c, size_t max);
/* ERR_OK, or the first error.  Sets ERR_MALFORMED when input is left over. */
int cbor_end(struct cbor *c);

#endif
