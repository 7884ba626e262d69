/* What ids and classes are called within one session.
 *
 * A name has 8 bytes: the first 4 of the id, which place it in the order of a class and let
 * whoever holds it find it without an index for each session, and 4 of a hash of the whole
 * id keyed with the session's salt, so that no third party can make two ids with one name.
 * The full keyed hash is summed to compare ranges.
 *
 * What a sketch shows is the plain beginning of an id (sketch_name()).  Where names of the
 * session are kept it stands in the upper 48 bits; an entry may be known by both. */
#ifndef SYNC_NAME_H
#define SYNC_NAME_H

#include <stdint.h>

#include "base/siphash.h"
#include "sync/sync.h"

#define NAME_BYTES     8U
#define NAME_TAG_BYTES 6U

struct name_keys {
	uint8_t id[SIPHASH_KEY_BYTES];
	uint8_t tag[SIPHASH_KEY_BYTES];
};

void name_keys(struct name_keys *k, const uint8_t salt[SYNC_SALT_BYTES]);
/* The keyed hash of the whole id. */
uint64_t name_hash(const struct name_keys *k, const uint8_t id[ENTRY_ID_BYTES]);
uint64_t name_of(const struct name_keys *k, const uint8_t id[ENTRY_ID_BYTES]);
/* What is kept for the plain beginning of an id. */
uint64_t name_of_plain(uint64_t plain);
/* The first four bytes: of an id, of a name. */
uint32_t name_prefix(const uint8_t id[ENTRY_ID_BYTES]);
uint32_t name_place(uint64_t name);
/* A class in 46 bits; the two lowest of 48 are left for flags. */
uint64_t name_tag(const struct name_keys *k, const uint8_t class_id[ENTRY_CLASS_BYTES]);

#endif
