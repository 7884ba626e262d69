#include "tests/lib/fixed.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/seeded.h"

void fixed_secret(uint8_t first, uint8_t out[32])
{
	for (unsigned i = 0; i < 32; i++) {
		out[i] = (uint8_t)(first + i);
	}
}

/* keys_new() draws sign seed, dh, seal, own and lock, in this order. */
static struct keys *new_keys(uint8_t sign, uint8_t seal)
{
	uint8_t random[5 * 32];
	struct keys *k = NULL;

	fixed_secret(sign, random);
	fixed_secret((uint8_t)(sign + 1), random + 32);
	fixed_secret(seal, random + 64);
	fixed_secret((uint8_t)(sign + 2), random + 96);
	fixed_secret((uint8_t)(sign + 3), random + 128);
	seeded_give(random, sizeof random);
	if (keys_new(false, &k) != ERR_OK) {
		abort();
	}
	return k;
}

void fixed_start(struct fixed *f)
{
	seeded_start(1);
	f->author = new_keys(FIXED_AUTHOR_SEED, FIXED_AUTHOR_SEED + 4);
	f->reader = new_keys(FIXED_READER_SEED, FIXED_READER_SEAL);
	fixed_secret(FIXED_CLASS_KEY, f->class_key);
}

void fixed_done(struct fixed *f)
{
	keys_free(f->author);
	keys_free(f->reader);
	*f = (struct fixed){ 0 };
}

int fixed_seal(const struct fixed *f, const struct seal_order *order, struct bytes body,
	       struct buf *out, uint8_t id[ENTRY_ID_BYTES])
{
	uint8_t random[64];
	int rc;

	fixed_secret(FIXED_ENTRY_KEY, random);
	fixed_secret(FIXED_EPHEMERAL_SEAL, random + 32);
	seeded_give(random, order->recipient == NULL ? 32 : 64);
	rc = seal_entry(f->author, order, body, out, id);
	seeded_start(1); /* whatever was not used is gone */
	return rc;
}
