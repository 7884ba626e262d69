/* A small bundle of fixed keys, for tests and the fuzz target of bundles. */
#ifndef TESTS_BUNDLE_MAKE_H
#define TESTS_BUNDLE_MAKE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "channel/bundle_reader.h"
#include "channel/bundle_writer.h"

#define BUNDLE_MAKE_CONTEXT "CANARY region"

struct bundle_make {
	uint8_t secret[BUNDLE_SLOTS_MAX + 1][NOISE_KEY_BYTES]; /* the last one is the sender's */
	uint8_t public[BUNDLE_SLOTS_MAX + 1][NOISE_KEY_BYTES];
	struct bundle_writer_config config; /* for recipients 0 and 1; may be changed */
};

/* Always the same keys; sodium's randomness is what the caller has made of it. */
void bundle_make_init(struct bundle_make *m);
/* HEAD, `entries` ENTRYs of entry_bytes (each byte its number), END, and a "signature". */
int bundle_make_file(const struct bundle_make *m, size_t entries, size_t entry_bytes,
		     struct buf *file);
/* A reader for recipient i. */
int bundle_make_reader(const struct bundle_make *m, size_t i, struct bundle_reader **out);
/* Feed all of it in such pieces; counts records, and says whether the end was reached. */
struct bundle_seen {
	size_t records;
	size_t entries;
	bool ended;
	uint8_t hash[BUNDLE_HASH_BYTES];
	uint8_t signature[BUNDLE_SIGNATURE_BYTES];
	struct fault fault;
};
int bundle_make_read(const struct bundle_make *m, size_t i, struct bytes file, size_t piece,
		     struct bundle_seen *seen);
/* The file key, as a recipient finds it, by Noise alone. */
int bundle_make_key(const uint8_t *secret, const uint8_t *public, struct bytes context,
		    struct bytes file, uint8_t key[NOISE_KEY_BYTES]);
/* Open or seal chunk i of the file in place, as an insider with the file key can. */
int bundle_make_open(const uint8_t key[NOISE_KEY_BYTES], uint8_t *file, size_t i);
int bundle_make_seal(const uint8_t key[NOISE_KEY_BYTES], uint8_t *file, size_t i);

#endif
