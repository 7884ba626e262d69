/* What a hostile member hoards, and the entries that it makes up. */
#ifndef SIM_HOSTILE_FORGE_H
#define SIM_HOSTILE_FORGE_H

#include "base/buf.h"
#include "base/map.h"
#include "record/entry.h"
#include "trust/keys.h"
#include "trust/passport.h"

struct hoarded {
	uint8_t id[ENTRY_ID_BYTES];
	uint8_t class_id[ENTRY_CLASS_BYTES];
	uint8_t author[ENTRY_NODE_BYTES];
	uint8_t lane;
	uint8_t kind;
	uint64_t expiry_day;
	struct buf bytes; /* encoded */
};

#define HOSTILE_FORGED_MAX 2048U

struct hostile_hoard {
	struct map all; /* struct hoarded, owned */
	const struct keys *keys;
	struct keys *stranger; /* owned: of nobody */
	struct membership membership;
	struct buf *forged; /* owned */
	size_t forged_count, forged_room;
	uint64_t dice;
	uint64_t sequence;
};

void hostile_forge_init(struct hostile_hoard *h, const struct keys *keys, uint64_t dice);
void hostile_forge_done(struct hostile_hoard *h);
/* NULL when it is there already. */
const struct hoarded *hostile_forge_keep(struct hostile_hoard *h, const struct entry *e);
/* Make up entries that resemble this one, in the ways given (enum hostile_way). */
void hostile_forge_from(struct hostile_hoard *h, const struct hoarded *x, unsigned ways,
			uint64_t now_ms);
void hostile_forge_flood(struct hostile_hoard *h, struct bytes classes, size_t count,
			 uint64_t now_ms);

#endif
