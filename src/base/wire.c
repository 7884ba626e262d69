#include "base/wire.h"

#include "base/err.h"

void wire_init(struct wire *w, const void *data, size_t len)
{
	/* C does not even allow adding nothing to the NULL of an empty span. */
	*w = (struct wire){ .data = data != NULL ? data : "", .len = len };
}

const uint8_t *wire_bytes(struct wire *w, size_t len)
{
	const uint8_t *p;

	if (w->failed || w->len - w->at < len) {
		w->failed = true;
		return NULL;
	}
	p = w->data + w->at;
	w->at += len;
	return p;
}

static uint64_t big_endian(struct wire *w, size_t len)
{
	const uint8_t *p = wire_bytes(w, len);
	uint64_t v = 0;

	for (size_t i = 0; p != NULL && i < len; i++) {
		v = v << 8 | p[i];
	}
	return v;
}

uint8_t wire_u8(struct wire *w)
{
	return (uint8_t)big_endian(w, 1);
}

uint16_t wire_u16(struct wire *w)
{
	return (uint16_t)big_endian(w, 2);
}

uint32_t wire_u32(struct wire *w)
{
	return (uint32_t)big_endian(w, 4);
}

uint64_t wire_u64(struct wire *w)
{
	return big_endian(w, 8);
}

size_t wire_left(const struct wire *w)
{
	return w->failed ? 0 : w->len - w->at;
}

int wire_error(const struct wire *w)
{
	return w->failed ? ERR_SHORT : ERR_OK;
}
