/* A growing buffer to write into: write all fields, then ask once whether it went well.
 *
 * The first write that finds no memory, or would pass the limit, marks the buffer as
 * failed; later writes do nothing.  Zero-initialised is an empty buffer without limit. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct buf {
	uint8_t *data; /* owned */
	size_t len;
	size_t room;
	size_t limit; /* 0: none */
	bool failed;
	bool no_memory; /* why it failed: else it was the limit */
};

void buf_init(struct buf *b, size_t limit);
void buf_done(struct buf *b);
/* Forget the content, keep the memory and the limit; clears an error. */
void buf_clear(struct buf *b);
void buf_put(struct buf *b, const void *data, size_t len);
void buf_u8(struct buf *b, uint8_t v);
/* Big-endian. */
void buf_u16(struct buf *b, uint16_t v);
void buf_u32(struct buf *b, uint32_t v);
void buf_u64(struct buf *b, uint64_t v);
/* Make room for len more bytes and count them as written; NULL on error.  The pointer
 * is good until the next write. */
uint8_t *buf_extend(struct buf *b, size_t len);
/* Drop the first len bytes, which must be there. */
void buf_drop(struct buf *b, size_t len);
/* What has been written, borrowed until the next write. */
struct bytes buf_bytes(const struct buf *b);
/* ERR_OK, ERR_NOMEM, or ERR_SPACE when the limit was passed. */
int buf_error(const struct buf *b);

#endif
