/* A bundle that is being taken; for unpack.c and inspect.c alone. */
#ifndef NODE_UNPACK_H
#define NODE_UNPACK_H

#include "channel/bundle_reader.h"
#include "node/chapter.h"

struct lane_count {
	uint64_t entries, left, taken, known, refused;
};

struct unpack {
	uint64_t handle;
	uint64_t used_ms;
	uint64_t bytes; /* of the file */
	uint64_t at;
	bool dry;
	bool second;                  /* it is checked: now it counts */
	struct bundle_reader *reader; /* owned */
	struct buf hashes;            /* of the pieces, KEYS_HASH_BYTES each */
	uint8_t id[BUNDLE_ID_BYTES];  /* zeroes as long as it is unknown */
	struct buf passport;          /* the sender's */
	struct passport sender;       /* texts borrowed from it; node is zeroes if unknown */
	struct parcel_head head;      /* without the passport */
	uint64_t receipts;
	bool ended;
	size_t lane_at; /* lanes ascend */
	struct lane_count lane[LANE_COUNT];
	uint64_t reason[ERR__COUNT]; /* refusals by minus their code */
};

/* What one step needs besides. */
struct unpacking {
	struct node *n;
	struct unpack *u;
	struct ledger ledger;
	bool has_ledger;
	bool news;
	const char *what; /* was refused */
};

/* Keep what was refused, for the answer; returns rc. */
int unpack_refuse(struct unpacking *x, int rc, const char *what);

/* The lane that an entry counts in; code: what entry_decode() said.  One of a later version,
 * whose lane we cannot know, counts where it stands. */
size_t inspect_lane(const struct unpack *u, int code, const struct entry *e);
/* Check one record at the first reading. */
int inspect_record(struct unpacking *x, const struct bundle_record *r);
/* What is known of the bundle, as people see it, in the step's arena. */
int inspect_describe(struct node *n, const struct unpack *u, struct answer_bundle *a);

#endif
