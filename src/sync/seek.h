/* Inside src/sync: the side that finds the difference from the peer's cells and its own, and
 * sees to it: what we lack is asked for, what the peer lacks is sent.
 *
 *              START          CELLS ...                    all is asked for and sent
 *     (idle) --------> seeking ---------> decoded: names ---------------------------> (idle)
 *                        |  ^ |
 *                        |  +-+ GROW: more cells, a share of what it seems to take
 *                        +----> given up: the caller compares by ranges
 *
 * It is given up when the cells make no sense: more than 1.6 times what the difference seems to
 * be and 96, more than so many as there are ids, or SKETCH_MAX. */
#ifndef SYNC_SEEK_H
#define SYNC_SEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "sync/cells.h"
#include "sync/frame.h"
#include "sync/incoming.h"
#include "sync/orders.h"
#include "sync/share.h"
#include "sync/stand.h"

struct seek {
	struct shares *shares; /* these three are borrowed */
	struct incoming *incoming;
	struct outgoing *outgoing;
	struct row row; /* ours; as far as `got`, the difference */
	size_t got, allowed, tried;
	unsigned grown;  /* how often more was asked for */
	size_t guess;    /* how large the difference is, by the counts; 0: unknown */
	size_t all;      /* ids of both sides: no difference is larger */
	size_t grow;     /* to be said, 0: nothing */
	bool on;         /* cells are being waited for */
	bool stop;       /* to be said */
	bool failed;     /* given up, and the caller has not seen it */
	uint64_t *names; /* owned; found, each shifted up by one; the lowest bit: it is ours */
	size_t n_names, fed;
	uint64_t cells, decodes; /* so far; for tests */
};

void seek_init(struct seek *s, struct shares *shares, struct incoming *incoming,
	       struct outgoing *outgoing);
void seek_done(struct seek *s);
/* The peer serves n cells to begin with; when it has counted, from SKETCH_FEW on, the counts
 * tell how many more it may take. */
int seek_start(struct seek *s, size_t n, const struct stand *ours, const struct stand *theirs);
/* What is shared is less than before: give up. */
void seek_close(struct seek *s);
/* CELLS. */
int seek_cells(struct seek *s, const struct frame *f, struct fault *fault);
/* Has it just been given up? */
bool seek_failed(struct seek *s);
/* GROW frames. */
void seek_fill(struct seek *s, struct buf *out, size_t max);
/* Hand names on as long as there is room for them; ERR_NOMEM. */
int seek_feed(struct seek *s);
bool seek_idle(const struct seek *s);
size_t seek_bytes(const struct seek *s);

#endif
