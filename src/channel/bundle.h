/* A bundle: what one node has for some others, sealed in a file that anybody may carry.
 *
 *     head   magic, version, number of slots, bundle id, commitment to the file key, slots
 *     chunks of BUNDLE_CHUNK_BYTES: a flag, content or zeroes, a tag
 *
 * A slot is a Noise_X message that gives the file key to one recipient and proves to it whose
 * static key sealed it; it names nobody, and slots that fit nobody fill the number up.  The
 * content is a sequence of records; the last one is BUNDLE_END, and a signature over head and
 * content follows it, since every recipient knows the file key.  docs/FORMATS.md, "Bundle", has
 * every byte; bundle_writer.h and bundle_reader.h make and read them.
 *
 * Neither knows what a record says, opens a file, or judges who the sender is. */
#ifndef CHANNEL_BUNDLE_H
#define CHANNEL_BUNDLE_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "channel/noise_cipher.h"

#define BUNDLE_MAGIC           "OPBUNDLE"
#define BUNDLE_MAGIC_BYTES     8U
#define BUNDLE_VERSION         1U
#define BUNDLE_ID_BYTES        16U
#define BUNDLE_HASH_BYTES      32U
#define BUNDLE_SIGNATURE_BYTES 64U
#define BUNDLE_SLOT_BYTES      128U /* ephemeral key 32, static key 48, file key 48 */
#define BUNDLE_SLOTS_MIN       4U
#define BUNDLE_SLOTS_MAX       64U
#define BUNDLE_FIXED_BYTES     58U /* of the head, before the slots */
#define BUNDLE_CHUNK_BYTES     65536U
#define BUNDLE_CONTENT_BYTES   (BUNDLE_CHUNK_BYTES - 1U - NOISE_TAG_BYTES) /* in one chunk */
#define BUNDLE_CHUNKS_MAX      65536U                                      /* 4 GiB */
#define BUNDLE_RECORD_HEAD     5U                                          /* type, length */
#define BUNDLE_RECORD_MAX      (192U << 10) /* content of one record */

/* Types of records.  The first is HEAD and stands there alone; END is the last. */
enum bundle_type {
	BUNDLE_MORE = 0, /* none: the reader wants more bytes */
	BUNDLE_HEAD = 1,
	BUNDLE_RECEIPT = 2,
	BUNDLE_ENTRY = 3,
	BUNDLE_END = 4,
};

/* What everybody can read of a bundle. */
struct bundle_clear {
	unsigned version;
	unsigned slots;
	uint8_t id[BUNDLE_ID_BYTES];
	uint8_t commit[BUNDLE_HASH_BYTES];
	size_t head_bytes; /* with the slots */
};

/* Read the first BUNDLE_FIXED_BYTES of a file.  ERR_SHORT; ERR_MALFORMED: it is no bundle;
 * ERR_UNSUPPORTED: another version. */
int bundle_clear(struct bytes in, struct bundle_clear *out, struct fault *fault);
/* Whole chunks in a file of this length; 0 when it is not the head and whole chunks. */
uint64_t bundle_chunks(const struct bundle_clear *clear, uint64_t file_bytes);
/* Slots for so many recipients: 4, 8, 16, 32 or 64; 0 beyond the most. */
unsigned bundle_slots(size_t recipients);
/* The most chunks of a file of at most this length; 0 when not even one fits. */
uint64_t bundle_fit(size_t recipients, uint64_t file_bytes);

/* For writer and reader: what a slot's Noise session begins with, and the commitment. */
#define BUNDLE_CONTEXT_MAX  64U
#define BUNDLE_PROLOGUE_MAX (10U + BUNDLE_CONTEXT_MAX + BUNDLE_FIXED_BYTES)
/* Returns its length. */
size_t bundle_prologue(struct bytes context, const uint8_t fixed[BUNDLE_FIXED_BYTES],
		       uint8_t out[BUNDLE_PROLOGUE_MAX]);
void bundle_commit(const uint8_t key[NOISE_KEY_BYTES], uint8_t commit[BUNDLE_HASH_BYTES]);

#endif
