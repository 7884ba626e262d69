/* The entropy code of WSQ (CJIS IAFIS-IC-0110, annex on Huffman coding): tables and bits.
 *
 * A table is checked once, when it is read; decoding then cannot leave it. */
#ifndef INTAKE_WSQ_HUFFMAN_H
#define INTAKE_WSQ_HUFFMAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wire.h"

#define WSQ_HUFFMAN_BITS   16U
#define WSQ_HUFFMAN_VALUES 256U

struct wsq_huffman {
	bool is_present;
	uint16_t fast[256];                   /* by 8 bits: length << 8 | symbol; 0: longer */
	uint32_t limit[WSQ_HUFFMAN_BITS + 1]; /* end of the codes up to a length, in 16 bits */
	uint32_t first[WSQ_HUFFMAN_BITS + 1]; /* the first code of a length */
	uint16_t index[WSQ_HUFFMAN_BITS + 1]; /* where its value stands */
	uint8_t values[WSQ_HUFFMAN_VALUES];
};

/* The bits of one block: a zero that follows FF is stuffing, anything else ends them. */
struct wsq_bits {
	const uint8_t *data; /* borrowed */
	size_t len;
	size_t at; /* of the next byte, or of the marker that ended the bits */
	uint64_t window;
	unsigned have; /* bits in the window */
};

/* Counts and values from the cursor, which is left behind them.  ERR_SHORT, or ERR_MALFORMED
 * if there are no codes, or more than their lengths have room for.  A code of all ones is
 * taken, although the specification forbids it, since certified encoders write it. */
int wsq_huffman_read(struct wsq_huffman *h, struct wire *w);
void wsq_huffman_start(struct wsq_bits *b, const uint8_t *data, size_t len, size_t at);
/* ERR_SHORT if the bits end within a symbol, ERR_MALFORMED if no symbol has this code. */
int wsq_huffman_symbol(const struct wsq_huffman *h, struct wsq_bits *b, unsigned *symbol);
/* The next 1 to 16 bits; ERR_SHORT. */
int wsq_huffman_bits(struct wsq_bits *b, unsigned count, unsigned *value);
/* End the block: less than a byte of padding may be left.  ERR_MALFORMED if there is more. */
int wsq_huffman_finish(struct wsq_bits *b);

#endif
