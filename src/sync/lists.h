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
#include "sync/stand.h"

struct lists {
	struct sync_class given[SYNC_CLASSES_MAX]; /* what the caller said last */
	size_t n_given;
	/* Our list of this round, sorted by tag: send and take are as things are now, said_send
	 * and said_take as we told the peer. */
	struct share mine[SYNC_CLASSES_MAX];
	size_t n_mine;
	uint64_t theirs[SYNC_CLASSES_MAX]; /* tags with flags, sorted */
	size_t n_theirs;
	bool have_theirs;
	bool one_way; /* some class goes from one side to the other only */
};

/* ERR_RANGE: too many, or not exactly one control class that both sides send and take. */
int lists_check(const struct sync_class *classes, size_t n, const struct sync_class **control);
/* The caller's list is this from now on.  What it has lost against our list of this round and
 * against what is shared goes at once; was anything lost? */
bool lists_given(struct lists *l, struct shares *shares, const struct sync_class *classes,
		 size_t n);
/* Make it our list of this round. */
void lists_set(struct lists *l, struct shares *shares);
/* What we hold of it. */
void lists_stand(struct lists *l, struct shares *shares, struct stand *st);
/* 48 bits that two lists have in common when they name the same classes and one gives what
 * the other takes, and both sides' sketches have one key; else by chance. */
uint64_t lists_digest(const struct lists *l, const struct shares *shares, bool initiator);
/* The CLASSES frame: round, what we hold of what is shared (the initiator) or what tells our
 * sketches' key (the responder), tags. */
void lists_put(const struct lists *l, const struct shares *shares, uint32_t round,
	       const struct stand *st, struct buf *out);
/* Reads the peer's.  As initiator *st says only whether both have one key (counted). */
int lists_get(struct lists *l, const struct frame *f, const struct shares *shares, uint32_t round,
	      bool initiator, struct stand *st, struct fault *fault);
/* The peer's list is the mirror image of ours. */
void lists_mirror(struct lists *l);
/* Share what both list; ERR_NOMEM. */
int lists_share(struct lists *l, struct shares *shares, bool initiator);

#endif
