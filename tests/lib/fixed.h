/* Two nodes and a class whose secrets everybody knows, and entries that come out the same each
 * time: for test vectors and fuzzing. */
#ifndef TESTS_FIXED_H
#define TESTS_FIXED_H

#include <stdbool.h>
#include <stdint.h>

#include "trust/keys.h"
#include "trust/seal.h"

/* The 32 bytes that begin with this one and count up: how each secret below is made. */
#define FIXED_AUTHOR_SEED    0x00
#define FIXED_READER_SEED    0x20
#define FIXED_READER_SEAL    0x40
#define FIXED_CLASS_KEY      0x60
#define FIXED_ENTRY_KEY      0x80
#define FIXED_EPHEMERAL_SEAL 0xa0

struct fixed {
	struct keys *author; /* owned */
	struct keys *reader; /* owned */
	uint8_t class_key[SEAL_KEY_BYTES];
};

/* Takes over the process's randomness, see tests/lib/seeded.h. */
void fixed_start(struct fixed *f);
void fixed_done(struct fixed *f);
void fixed_secret(uint8_t first, uint8_t out[32]);
/* Seal with the fixed entry key (and, to a recipient, the fixed ephemeral key). */
int fixed_seal(const struct fixed *f, const struct seal_order *order, struct bytes body,
	       struct buf *out, uint8_t id[ENTRY_ID_BYTES]);

#endif
