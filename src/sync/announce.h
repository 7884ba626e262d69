/* Inside src/sync: telling the peer what we have and it lacks, at most a window of names
 * ahead of what it has settled.
 *
 * Two sources: new entries (offers), and stretches of a class that the comparison found to be
 * missing there, less the names that it does have. */
#ifndef SYNC_ANNOUNCE_H
#define SYNC_ANNOUNCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "sync/frame.h"
#include "sync/share.h"

#define ANNOUNCE_WINDOW     4096U /* names; INCOMING_ANNOUNCED_MAX of the other side */
#define ANNOUNCE_OFFERS_MAX 1024U
#define ANNOUNCE_BYTES_MAX  ((size_t)256 << 10) /* of stretches; above, the comparison waits */

struct stretch;

struct announce {
	struct shares *shares;        /* borrowed */
	struct stretch *first, *last; /* owned */
	size_t bytes;                 /* of stretches */
	struct named *offers;         /* owned; a ring of ANNOUNCE_OFFERS_MAX */
	size_t offer_first, n_offers;
	size_t out; /* names announced and not settled */
};

int announce_init(struct announce *a, struct shares *shares);
void announce_done(struct announce *a);
/* ERR_FULL: leave it to the next comparison. */
int announce_offer(struct announce *a, struct named named);
/* Entries of the shared class with prefixes from lo to before end, except the n names in
 * skip, which are sorted and copied.  ERR_NOMEM. */
int announce_stretch(struct announce *a, size_t share, uint64_t lo, uint64_t end,
		     const uint64_t *skip, size_t n);
/* RETURN frame: names that the peer has settled. */
int announce_returned(struct announce *a, const struct frame *f, struct fault *fault);
/* HAVE frames; ERR_NOMEM. */
int announce_fill(struct announce *a, struct buf *out, size_t max);
bool announce_idle(const struct announce *a);

#endif
