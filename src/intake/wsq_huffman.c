#include "intake/wsq_huffman.h"

#include <string.h>

#include "base/err.h"

#define STUFFED 0xffU

/* Codes are canonical: within a length they count up, and a longer one continues where the
 * shorter ones ended. */
static int assign_codes(struct wsq_huffman *h, const uint8_t counts[WSQ_HUFFMAN_BITS])
{
	uint32_t code = 0;
	uint16_t index = 0;

	for (unsigned len = 1; len <= WSQ_HUFFMAN_BITS; len++) {
		code <<= 1;
		h->first[len] = code;
		h->index[len] = index;
		code += counts[len - 1];
		index = (uint16_t)(index + counts[len - 1]);
		if (code > 1U << len) {
			return ERR_MALFORMED;
		}
		h->limit[len] = code << (WSQ_HUFFMAN_BITS - len);
	}
	return ERR_OK;
}

static void fill_fast(struct wsq_huffman *h, const uint8_t counts[WSQ_HUFFMAN_BITS])
{
	for (unsigned len = 1; len <= 8; len++) {
		for (unsigned i = 0; i < counts[len - 1]; i++) {
			uint32_t from = (h->first[len] + i) << (8 - len);
			uint16_t entry = (uint16_t)(len << 8 | h->values[h->index[len] + i]);

			for (uint32_t j = 0; j < 1U << (8 - len); j++) {
				h->fast[from + j] = entry;
			}
		}
	}
}

int wsq_huffman_read(struct wsq_huffman *h, struct wire *w)
{
	const uint8_t *counts = wire_bytes(w, WSQ_HUFFMAN_BITS);
	const uint8_t *values;
	size_t total = 0;
	int rc;

	for (unsigned i = 0; counts != NULL && i < WSQ_HUFFMAN_BITS; i++) {
		total += counts[i];
	}
	values = wire_bytes(w, total);
	if (counts == NULL || values == NULL) {
		return ERR_SHORT;
	}
	if (total == 0 || total > WSQ_HUFFMAN_VALUES) {
		return ERR_MALFORMED;
	}
	*h = (struct wsq_huffman){ 0 };
	memcpy(h->values, values, total);
	rc = assign_codes(h, counts);
	if (rc == ERR_OK) {
		fill_fast(h, counts);
		h->is_present = true;
	}
	return rc;
}

void wsq_huffman_start(struct wsq_bits *b, const uint8_t *data, size_t len, size_t at)
{
	*b = (struct wsq_bits){ .data = data, .len = len, .at = at };
}

static void refill(struct wsq_bits *b)
{
	while (b->have <= 48 && b->at < b->len) {
		size_t step = 1;

		if (b->data[b->at] == STUFFED) {
			if (b->at + 1 >= b->len || b->data[b->at + 1] != 0) {
				return;
			}
			step = 2;
		}
		b->window = b->window << 8 | b->data[b->at];
		b->have += 8;
		b->at += step;
	}
}

/* The next 16 bits, zeroes where there are none. */
static uint32_t peek(struct wsq_bits *b)
{
	if (b->have < 16) {
		refill(b);
	}
	return b->have >= 16 ? (uint32_t)(b->window >> (b->have - 16)) & 0xffff
			     : (uint32_t)(b->window << (16 - b->have)) & 0xffff;
}

int wsq_huffman_bits(struct wsq_bits *b, unsigned count, unsigned *value)
{
	uint32_t v = peek(b);

	if (count > b->have) {
		return ERR_SHORT;
	}
	b->have -= count;
	*value = v >> (16 - count);
	return ERR_OK;
}

int wsq_huffman_symbol(const struct wsq_huffman *h, struct wsq_bits *b, unsigned *symbol)
{
	uint32_t v = peek(b);
	unsigned len = h->fast[v >> 8] >> 8;
	unsigned found = h->fast[v >> 8] & 0xff;

	if (len == 0) {
		len = 9;
		while (len <= WSQ_HUFFMAN_BITS && v >= h->limit[len]) {
			len++;
		}
		if (len > WSQ_HUFFMAN_BITS) {
			return b->have < WSQ_HUFFMAN_BITS ? ERR_SHORT : ERR_MALFORMED;
		}
		found = h->values[h->index[len] + (v >> (16 - len)) - h->first[len]];
	}
	if (len > b->have) {
		return ERR_SHORT;
	}
	b->have -= len;
	*symbol = found;
	return ERR_OK;
}

int wsq_huffman_finish(struct wsq_bits *b)
{
	refill(b);
	return b->have < 8 ? ERR_OK : ERR_MALFORMED;
}
