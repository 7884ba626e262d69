/* Reads a bundle (bundle.h) however it is cut into pieces, in constant memory.
 *
 * Records come out as soon as their chunk is authentic: every bit of the file in front of them,
 * of the head and of other recipients' slots too, is as it was sealed.  But any recipient could
 * have sealed it: nothing may be believed before the signature at BUNDLE_END is the sender's,
 * and nothing may follow.  The first error is final. */
#ifndef CHANNEL_BUNDLE_READER_H
#define CHANNEL_BUNDLE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "channel/bundle.h"

struct bundle_reader;

struct bundle_record {
	enum bundle_type type;
	struct bytes content; /* borrowed until the next call */
	uint64_t at;          /* of the record among all content, for messages */
	/* BUNDLE_END only, borrowed likewise: */
	const uint8_t *hash; /* BUNDLE_HASH_BYTES: what was to be signed */
	const uint8_t *signature;
};

/* The recipient's static key, and what the writer named; borrowed during the call.
 * ERR_RANGE: the context is too long; ERR_NOMEM. */
int bundle_reader_new(const uint8_t *own_secret, const uint8_t *own_public, struct bytes context,
		      struct bundle_reader **out);
void bundle_reader_free(struct bundle_reader *r);
/* Take bytes off *in up to the end of the next record; BUNDLE_MORE when they do not reach.
 *
 * ERR_MALFORMED: it is no bundle, or not written as it must be; ERR_UNSUPPORTED: another version
 * or type; ERR_NOKEY: no slot is for us; ERR_FORGED; ERR_LIMIT: a record or the file is too long;
 * ERR_NOMEM. */
int bundle_reader_take(struct bundle_reader *r, struct bytes *in, struct bundle_record *out);
/* The file has ended: ERR_OK behind BUNDLE_END, else ERR_SHORT, or the error before. */
int bundle_reader_end(struct bundle_reader *r);
/* The clear part; NULL as long as it has not come. */
const struct bundle_clear *bundle_reader_clear(const struct bundle_reader *r);
/* The static key that sealed our slot; NULL as long as it is not open. */
const uint8_t *bundle_reader_sender(const struct bundle_reader *r);
/* Why and where it was refused, as an offset in the file; code ERR_OK while it lives. */
const struct fault *bundle_reader_fault(const struct bundle_reader *r);

#endif
