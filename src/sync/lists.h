/* Inside src/sync: both sides' lists of classes, and what follows from the two.
 *
 * What is shared is what both lists name.  Who compares a class follows from what was said,
 * so that both sides come to the same; what our own list has lost since then stops at once. */
#ifndef SYNC_LISTS_H
#define SYNC_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "sync/frame.h"
#include "sync/share.h"

/* A class on our list, by its tag. */
struct mine {
	uint64_t tag;
	uint8_t class_id[ENTRY_CLASS_BYTES];
	bool send, take;           /* as things are now */
	bool said_send, said_take; /* as we told the peer */
};

struct lists {
	struct mine mine[SYNC_CLASSES_MAX]; /* sorted by tag */
	size_t n_mine;
	struct summary mine_sum;           /* over all of our list */
	uint64_t theirs[SYNC_CLASSES_MAX]; /* tags with flags, sorted */
	size_t n_theirs;
	struct summary their_sum;
	bool have_theirs;
};

/* ERR_RANGE: too many, or not exactly one control class that both sides send and take. */
int lists_check(const struct sync_class *classes, size_t n, const struct sync_class **control);
/* Our list of this round. */
void lists_set(struct lists *l, struct shares *shares, const struct sync_class *classes, size_t n);
/* The CLASSES frame: ours, theirs. */
void lists_put(const struct lists *l, uint32_t round, struct buf *out);
int lists_get(struct lists *l, const struct frame *f, uint32_t round, struct fault *fault);
/* Do both sides list the same, all in both directions, and hold the same? */
bool lists_equal(const struct lists *l);
/* Share what both list; ERR_NOMEM. */
int lists_share(struct lists *l, struct shares *shares, bool initiator);
/* Our list has changed in the middle of a round: it can only take away. */
void lists_narrow(struct lists *l, struct shares *shares, const struct sync_class *classes,
		  size_t n);

#endif
