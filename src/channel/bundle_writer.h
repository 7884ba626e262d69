/* Makes a bundle (bundle.h), chunk by chunk, in constant memory.
 *
 * Each call appends what is ready of the file to out: the head at once, then whole chunks.
 * After an error the bundle is dead: free it and throw the file away.  Secrets are wiped. */
#ifndef CHANNEL_BUNDLE_WRITER_H
#define CHANNEL_BUNDLE_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "channel/bundle.h"

struct bundle_writer;

/* All borrowed during bundle_writer_new. */
struct bundle_writer_config {
	const uint8_t *own_secret; /* the sender's static key, NOISE_KEY_BYTES each */
	const uint8_t *own_public;
	struct bytes context; /* both sides must name the same: the region; BUNDLE_CONTEXT_MAX */
	const uint8_t (*recipients)[NOISE_KEY_BYTES]; /* their static keys, all different */
	size_t recipient_count;
	uint64_t chunks_max; /* the file may have so many; 1 to BUNDLE_CHUNKS_MAX */
};

/* ERR_RANGE: no recipient, or too many, or a limit out of range; ERR_MALFORMED: a recipient's
 * key is none; ERR_NOMEM, ERR_SPACE. */
int bundle_writer_new(const struct bundle_writer_config *config, struct bundle_writer **out,
		      struct buf *file);
void bundle_writer_free(struct bundle_writer *w);
/* BUNDLE_ID_BYTES, borrowed. */
const uint8_t *bundle_writer_id(const struct bundle_writer *w);
/* How many bytes of records, heads included, still fit before the signature. */
uint64_t bundle_writer_room(const struct bundle_writer *w);
/* Append one record.  ERR_RANGE beyond BUNDLE_RECORD_MAX, ERR_FULL when it does not fit: these
 * two change nothing.  ERR_STATE after END. */
int bundle_writer_put(struct bundle_writer *w, enum bundle_type type, struct bytes content,
		      struct buf *file);
/* After END: what has to be signed, over head and all records. */
int bundle_writer_hash(const struct bundle_writer *w, uint8_t hash[BUNDLE_HASH_BYTES]);
/* Signature, zeroes, and the last chunk.  ERR_STATE before END. */
int bundle_writer_close(struct bundle_writer *w, const uint8_t signature[BUNDLE_SIGNATURE_BYTES],
			struct buf *file);

#endif
