/* Who has what by bundle: how far each member has taken our entries, which bundles we have made
 * and wait to hear of, and which receipts we owe.
 *
 * Positions are numbers of the store, per member and lane, and move only when a receipt says
 * that a lane was taken without refusals.  They hold for one set of shared classes: when that
 * changes they begin at 0 again.  To know too little costs a larger bundle, never an entry.
 * Kept as one value of the store, locked under the node's own key; everything is bounded, and
 * the oldest goes first. */
#ifndef NODE_LEDGER_H
#define NODE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "node/parcel.h"
#include "store/store.h"
#include "trust/keys.h"
#include "trust/members.h"

#define LEDGER_SENT_MAX    64U /* bundles that may still be confirmed */
#define LEDGER_DUE_MAX     PARCEL_RECEIPTS_MAX
#define LEDGER_DUE_EACH    8U /* receipts kept for one sender */
#define LEDGER_CLASS_BYTES 16U

struct ledger_span {
	uint64_t lane;
	uint64_t from; /* everything up to it was taken before */
	uint64_t to;   /* everything up to it is in this bundle, or taken before */
};
struct ledger_member {
	uint8_t node[ENTRY_NODE_BYTES];
};
/* One bundle that we have made. */
struct ledger_sent {
	uint8_t bundle[BUNDLE_ID_BYTES];
	uint8_t classes[LEDGER_CLASS_BYTES]; /* what was shared: hash of the class ids */
	struct list spans;                   /* struct ledger_span */
	struct list members;                 /* struct ledger_member: for whom */
};
/* How far a member has got: spans' "to". */
struct ledger_peer {
	uint8_t node[ENTRY_NODE_BYTES];
	uint8_t classes[LEDGER_CLASS_BYTES];
	struct list spans;
};
/* A receipt that we owe. */
struct ledger_due {
	uint8_t node[ENTRY_NODE_BYTES]; /* whose bundle it was */
	struct parcel_receipt receipt;
};

/* All lists come from the arena that it was loaded into, or are set by the caller. */
struct ledger {
	struct list sent;  /* oldest first, as are the others */
	struct list peers; /* struct ledger_peer */
	struct list due;   /* struct ledger_due */
};

extern const struct schema ledger_schema;

/* An empty one when there is none.  ERR_CORRUPT, ERR_STORE, ERR_NOMEM. */
int ledger_load(struct store *s, const struct keys *k, struct arena *arena, struct ledger *out);
int ledger_save(struct store *s, const struct keys *k, const struct ledger *l);

/* Position of a member in a lane; 0 when nothing is known for these classes. */
uint64_t ledger_position(const struct ledger *l, const uint8_t node[ENTRY_NODE_BYTES],
			 const uint8_t classes[LEDGER_CLASS_BYTES], uint64_t lane);
/* A bundle has been made.  Copied into the arena; ERR_NOMEM. */
int ledger_sent(struct ledger *l, struct arena *arena, const struct ledger_sent *sent);
/* A member says what it has taken of one of our bundles; classes: those that we share with it
 * now.  *news tells whether anything has moved.  A receipt for a bundle that we do not know, or
 * that was not for this member, means nothing. */
int ledger_heard(struct ledger *l, struct arena *arena, const uint8_t node[ENTRY_NODE_BYTES],
		 const uint8_t classes[LEDGER_CLASS_BYTES], const struct parcel_receipt *receipt,
		 bool *news);
/* We have taken a bundle of this member: the receipt is due from now on. */
int ledger_owe(struct ledger *l, struct arena *arena, const struct ledger_due *due);
/* A member has lost what it had: nothing that it has confirmed counts any more. */
void ledger_forget(struct ledger *l, const uint8_t node[ENTRY_NODE_BYTES]);

#endif
