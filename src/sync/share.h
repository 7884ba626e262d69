/* Inside src/sync: the classes that a session shares, and how ranges of them are summed.
 *
 * A range is what a class holds whose ids begin with `depth` hex digits of lo; depth 0 is the
 * whole class.  Its summary is the number of its ids and the sum of their keyed hashes. */
#ifndef SYNC_SHARE_H
#define SYNC_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sync/name.h"
#include "sync/set.h"

#define SHARE_DEPTH_MAX 8U
#define SHARE_MAX       ((size_t)2 * SYNC_CLASSES_MAX) /* with those that were shared before */

struct summary {
	uint64_t sum;
	uint32_t count;
};

struct share {
	uint8_t class_id[ENTRY_CLASS_BYTES];
	uint64_t tag;   /* without flags */
	bool send;      /* the peer may have it, both say */
	bool take;      /* we may have it, both say */
	bool drive;     /* we compare it, the peer answers */
	bool said_send; /* send and take as the round began: our list may close them meanwhile */
	bool said_take;
	uint64_t seen; /* version of the class that known belongs to */
	struct summary known;
};

struct shares {
	struct sync_set *set; /* borrowed */
	struct name_keys keys;
	struct share list[SHARE_MAX]; /* [0] is the control class */
	size_t n;
	uint64_t work; /* ids hashed so far */
};

/* NULL when there is none. */
struct share *share_by_class(struct shares *s, const uint8_t class_id[ENTRY_CLASS_BYTES]);
struct share *share_by_tag(struct shares *s, uint64_t tag);
/* Is the entry held, and may the peer have it? */
bool share_may_send(struct shares *s, const struct set_held *h);
/* What stands at positions from (inclusive) to (exclusive) of an ordered class. */
struct summary share_sum(struct shares *s, uint16_t class_number, size_t from, size_t to);
/* The whole class; summed again only when it has changed. */
struct summary share_whole(struct shares *s, struct share *h);
/* How many entries all classes hold that are compared in both directions or in one. */
uint64_t share_total(const struct shares *s);
/* The first prefix behind the range, up to 1 << 32. */
uint64_t share_end(uint32_t lo, unsigned depth);

#endif
