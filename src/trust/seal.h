/* Making and opening entries (record/entry.h): seal, sign, check, open. */
#ifndef TRUST_SEAL_H
#define TRUST_SEAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "record/entry.h"
#include "trust/keys.h"

#define SEAL_KEY_BYTES 32U

/* What the author decides; format, size class, commit and id follow. */
struct seal_order {
	uint64_t kind;
	uint8_t class_id[ENTRY_CLASS_BYTES];
	const uint8_t *class_key; /* 32 bytes; NULL when sealed to a recipient */
	const uint8_t *recipient; /* seal public key; NULL when sealed to the class */
	uint64_t sequence;
	uint8_t previous[ENTRY_PREVIOUS_BYTES];
	uint64_t clock;
	uint64_t expiry_day;
	uint8_t tag[ENTRY_TAG_BYTES];
	uint64_t revision;
};

/* Append the encoded entry and give its id.  ERR_LIMIT when the body is too large, ERR_RANGE
 * for what no header may hold (sequence 0, a day beyond DAY_MAX). */
int seal_entry(const struct keys *author, const struct seal_order *order, struct bytes body,
	       struct buf *out, uint8_t id[ENTRY_ID_BYTES]);
/* Is the signature the author's?  ERR_FORGED. */
int seal_verify(const struct entry *e, const uint8_t sign_public[KEYS_PUBLIC_BYTES]);
/* Open with the class key: ERR_NOKEY when the entry is for another epoch or a recipient, or
 * was erased; ERR_FORGED; the body comes from the arena. */
int seal_open_class(const struct entry *e, const uint8_t class_key[SEAL_KEY_BYTES],
		    struct arena *arena, struct bytes *body);
/* Open mail sealed to us: ERR_NOKEY when it is for somebody else. */
int seal_open_mail(const struct entry *e, const struct keys *k, struct arena *arena,
		   struct bytes *body);
/* The epoch that belongs to a class key, and the recipient mark of a seal key. */
void seal_epoch(const uint8_t class_key[SEAL_KEY_BYTES], uint8_t commit[32],
		uint8_t epoch[ENTRY_EPOCH_BYTES]);
void seal_recipient(const uint8_t seal_public[KEYS_PUBLIC_BYTES], uint8_t epoch[ENTRY_EPOCH_BYTES]);
/* Blind tag of something about a record: keyed by the class key, so that only members can
 * tell which entries belong together by computing it, and carriers by comparing it. */
void seal_tag(const uint8_t class_key[SEAL_KEY_BYTES], struct bytes subject,
	      uint8_t tag[ENTRY_TAG_BYTES]);

#endif
