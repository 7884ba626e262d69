#include "record/cbor.h"

#include "base/err.h"

/* Head: three bits of type, five bits of value or of its length (RFC 8949, 3). */
static void put_head(struct buf *b, enum cbor_type type, uint64_t v)
{
	uint8_t major = (uint8_t)((unsigned)type << 5);

	if (v < 24) {
		buf_u8(b, (uint8_t)(major | v));
	} else if (v <= UINT8_MAX) {
		buf_u8(b, major | 24);
		buf_u8(b, (uint8_t)v);
	} else if (v <= UINT16_MAX) {
		buf_u8(b, major | 25);
		buf_u16(b, (uint16_t)v);
	} else if (v <= UINT32_MAX) {
		buf_u8(b, major | 26);
		buf_u32(b, (uint32_t)v);
	} else {
		buf_u8(b, major | 27);
		buf_u64(b, v);
	}
}

void cbor_put_uint(struct buf *b, uint64_t v)
{
	put_head(b, CBOR_UINT, v);
}

void cbor_put_bytes(struct buf *b, struct bytes v)
{
	put_head(b, CBOR_BYTES, v.len);
	buf_put(b, v.data, v.len);
}

void cbor_put_text(struct buf *b, struct bytes v)
{
	put_head(b, CBOR_TEXT, v.len);
	buf_put(b, v.data, v.len);
}

void cbor_put_array(struct buf *b, size_t items)
{
	put_head(b, CBOR_ARRAY, items);
}

void cbor_put_map(struct buf *b, size_t pairs)
{
	put_head(b, CBOR_MAP, pairs);
}

void cbor_init(struct cbor *c, struct bytes in)
{
	*c = (struct cbor){ .data = in.data, .len = in.len };
}

static void fail(struct cbor *c, int error)
{
	if (c->error == ERR_OK) {
		c->error = error;
	}
}

static uint64_t head(struct cbor *c, enum cbor_type type)
{
	uint8_t first;
	uint64_t v = 0;
	size_t more;

	if (c->error != ERR_OK) {
		return 0;
	}
	if (c->at == c->len) {
		fail(c, ERR_SHORT);
		return 0;
	}
	first = c->data[c->at];
	if (first >> 5 != (uint8_t)type || (first & 31) > 27) {
		fail(c, ERR_MALFORMED);
		return 0;
	}
	if ((first & 31) < 24) {
		c->at++;
		return first & 31U;
	}
	more = (size_t)1 << ((first & 31) - 24);
	if (c->len - c->at - 1 < more) {
		fail(c, ERR_SHORT);
		return 0;
	}
	for (size_t i = 0; i < more; i++) {
		v = v << 8 | c->data[c->at + 1 + i];
	}
	/* "Shortest head": the value must not have fitted the next smaller form. */
	if (v < 24 || (more > 1 && v >> (4 * more) == 0)) {
		fail(c, ERR_MALFORMED);
		return 0;
	}
	c->at += 1 + more;
	return v;
}

uint64_t cbor_uint(struct cbor *c)
{
	return head(c, CBOR_UINT);
}

static struct bytes string(struct cbor *c, enum cbor_type type, size_t max)
{
	uint64_t len = head(c, type);
	struct bytes out = { NULL, 0 };

	if (c->error != ERR_OK) {
		return out;
	}
	if (len > max) {
		fail(c, ERR_LIMIT);
		return out;
	}
	if (c->len - c->at < len) {
		fail(c, ERR_SHORT);
		return out;
	}
	out = (struct bytes){ .data = c->data + c->at, .len = (size_t)len };
	c->at += (size_t)len;
	return out;
}

struct bytes cbor_bytes(struct cbor *c, size_t max)
{
	return string(c, CBOR_BYTES, max);
}

struct bytes cbor_text(struct cbor *c, size_t max)
{
	struct bytes out = string(c, CBOR_TEXT, max);

	if (c->error == ERR_OK && !bytes_utf8(out)) {
		fail(c, ERR_MALFORMED);
		out = (struct bytes){ NULL, 0 };
	}
	return out;
}

static size_t count(struct cbor *c, enum cbor_type type, size_t max)
{
	uint64_t n = head(c, type);

	if (c->error != ERR_OK) {
		return 0;
	}
	if (n > max) {
		fail(c, ERR_LIMIT);
		return 0;
	}
	return (size_t)n;
}

size_t cbor_array(struct cbor *c, size_t max)
{
	return count(c, CBOR_ARRAY, max);
}

size_t cbor_map(struct cbor *c, size_t max)
{
	return count(c, CBOR_MAP, max);
}

int cbor_end(struct cbor *c)
{
	if (c->error == ERR_OK && c->at != c->len) {
		fail(c, ERR_MALFORMED);
	}
	return c->error;
}
