#include "base/buf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define ROOM_MIN 64

void buf_init(struct buf *b, size_t limit)
{
	*b = (struct buf){ .limit = limit };
}

void buf_done(struct buf *b)
{
	if (b != NULL) {
		free(b->data);
		*b = (struct buf){ 0 };
	}
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	b->no_memory = false;
}

uint8_t *buf_extend(struct buf *b, size_t len)
{
	uint8_t *p;

	if (b->failed) {
		return NULL;
	}
	if (len > SIZE_MAX / 4 - b->len || (b->limit > 0 && b->len + len > b->limit)) {
		b->failed = true;
		b->no_memory = b->limit == 0;
		return NULL;
	}
	if (b->len + len > b->room || b->data == NULL) {
		size_t room = b->room < ROOM_MIN ? ROOM_MIN : b->room * 2;

		if (room < b->len + len) {
			room = b->len + len;
		}
		p = realloc(b->data, room);
		if (p == NULL) {
			b->failed = true;
			b->no_memory = true;
			return NULL;
		}
		b->data = p;
		b->room = room;
	}
	p = b->data + b->len;
	b->len += len;
	return p;
}

void buf_put(struct buf *b, const void *data, size_t len)
{
	uint8_t *p = buf_extend(b, len);

	if (p != NULL && len > 0) {
		memcpy(p, data, len);
	}
}

static void big_endian(struct buf *b, uint64_t v, size_t len)
{
	uint8_t *p = buf_extend(b, len);

	for (size_t i = 0; p != NULL && i < len; i++) {
		p[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
	}
}

void buf_u8(struct buf *b, uint8_t v)
{
	big_endian(b, v, 1);
}

void buf_u16(struct buf *b, uint16_t v)
{
	big_endian(b, v, 2);
}

void buf_u32(struct buf *b, uint32_t v)
{
	big_endian(b, v, 4);
}

void buf_u64(struct buf *b, uint64_t v)
{
	big_endian(b, v, 8);
}

void buf_drop(struct buf *b, size_t len)
{
	assert(len <= b->len);
	if (len > 0) {
		memmove(b->data, b->data + len, b->len - len);
		b->len -= len;
	}
}

struct bytes buf_bytes(const struct buf *b)
{
	return (struct bytes){ .data = b->data, .len = b->len };
}

int buf_error(const struct buf *b)
{
	if (!b->failed) {
		return ERR_OK;
	}
	return b->no_memory ? ERR_NOMEM : ERR_SPACE;
}
