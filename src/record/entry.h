/* The entry: what is kept and exchanged (DESIGN 4, docs/FORMATS.md).
 *
 * Immutable and content-addressed.  Four byte strings in a CBOR array:
 *
 *     [ header, sealed, wrap, signature ]
 *
 * header     canonical CBOR of struct entry_header, in clear, authenticated
 * sealed     XChaCha20-Poly1305 of the padded body under a key made for this entry
 * wrap       that key, sealed under the class's epoch key or to one recipient; outside of
 *            the id, so that dropping it erases the entry and re-wrapping does not rename it
 * signature  Ed25519 by the author over the id
 *
 * Here is the shape only; trust/seal.h makes and opens entries. */
#ifndef RECORD_ENTRY_H
#define RECORD_ENTRY_H

#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "record/schema.h"

#define ENTRY_ID_BYTES        32U
#define ENTRY_NODE_BYTES      16U
#define ENTRY_CLASS_BYTES     16U
#define ENTRY_EPOCH_BYTES     8U
#define ENTRY_TAG_BYTES       16U
#define ENTRY_PREVIOUS_BYTES  16U
#define ENTRY_COMMIT_BYTES    16U
#define ENTRY_SEAL_BYTES      16U /* of the AEAD, behind the padded body */
#define ENTRY_WRAP_CLASS      48U /* an entry key under an epoch key */
#define ENTRY_WRAP_RECIPIENT  80U /* an entry key in a sealed box */
#define ENTRY_SIGNATURE_BYTES 64U
#define ENTRY_HEADER_MAX      256U
#define ENTRY_BODY_MAX        (128U << 10) /* padded */
#define ENTRY_SIZE_CLASS_MAX  22U          /* see entry_padded() */
#define ENTRY_BYTES_MAX       (ENTRY_BODY_MAX + 1024U)
#define ENTRY_FORMAT          1U

struct entry_header {
	uint64_t format;
	uint64_t kind;                       /* enum kind */
	uint8_t class_id[ENTRY_CLASS_BYTES]; /* record/labels.h */
	uint8_t epoch[ENTRY_EPOCH_BYTES]; /* which epoch key, or which recipient, opens the wrap */
	uint8_t author[ENTRY_NODE_BYTES];
	uint64_t sequence;                      /* of the author, from 1 */
	uint8_t previous[ENTRY_PREVIOUS_BYTES]; /* of the id of the author's entry before; zeroes
						   first */
	uint64_t clock;                         /* record/clock.h */
	uint64_t expiry_day;                    /* base/day.h; the entry is refused after it */
	uint64_t size_class;
	uint8_t tag[ENTRY_TAG_BYTES];       /* blind subject tag; zeroes if about no one */
	uint64_t revision;                  /* of the owner's record; 0 where there is no owner */
	uint8_t commit[ENTRY_COMMIT_BYTES]; /* to the entry key: one ciphertext, one meaning */
};

extern const struct schema entry_header_schema;

struct entry {
	uint8_t id[ENTRY_ID_BYTES];
	struct entry_header header;
	struct bytes header_bytes; /* the four parts, borrowed */
	struct bytes sealed;
	struct bytes wrap; /* empty once erased */
	struct bytes signature;
};

/* Decode all of in, which must outlive e; checks form, limits and that the sealed length fits
 * the size class.  No signature is checked.  ERR_SHORT, ERR_MALFORMED, ERR_LIMIT, ERR_RANGE,
 * ERR_UNSUPPORTED (a format of the future). */
int entry_decode(struct bytes in, struct entry *e, struct fault *fault);
/* Append the encoding of the four parts; ERR_RANGE, ERR_NOMEM. */
int entry_encode(const struct entry *e, struct buf *out);
/* Bytes of the encoding. */
size_t entry_bytes(const struct entry *e);
/* id = BLAKE2b-256(header || sealed). */
void entry_id(struct bytes header, struct bytes sealed, uint8_t id[ENTRY_ID_BYTES]);
/* Bytes of a padded body: 64, 96, 128, 192, 256 ... up to ENTRY_BODY_MAX. */
uint32_t entry_padded(uint64_t size_class);
/* The smallest size class whose padded body has room for body bytes and at least one byte of
 * padding; ERR_LIMIT when there is none. */
int entry_size_class(size_t body, uint64_t *size_class);

#endif
