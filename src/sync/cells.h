/* Inside src/sync: the side that serves cells of the sketch of what is shared both ways.
 *
 * They are the XOR of the shared classes' sketches as they were when the first was said; the
 * row is made longer from the ids, as long as nothing has changed since.  The peer says how
 * many it is ready to take. */
#ifndef SYNC_CELLS_H
#define SYNC_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "sync/frame.h"
#include "sync/share.h"
#include "sync/sketch.h"

#define CELL_BYTES 8U

/* A row of our own cells; both sides have one. */
struct row {
	uint64_t *cells; /* owned */
	size_t n;
	uint64_t version; /* of the classes in it */
};

/* How long a row is made at once: enough for n cells, a power of two. */
size_t cells_room(size_t n);
/* Our cells up to n, which is at most SKETCH_MAX; those that are there stay as they are, though
 * the caller may have changed them.  ERR_STALE: the classes have changed, or a list has closed
 * one; ERR_NOMEM. */
int cells_extend(struct row *row, struct shares *shares, size_t n);
void cells_drop(struct row *row);

struct cells {
	struct shares *shares; /* borrowed */
	struct row row;
	size_t said, allowed;
	bool on, ended, told; /* ended: no more can be had; told: the peer has heard */
};

void cells_init(struct cells *c, struct shares *shares);
/* Serve this many without being asked for more. */
int cells_start(struct cells *c, size_t n);
void cells_stop(struct cells *c);
/* GROW. */
int cells_grow(struct cells *c, const struct frame *f, struct fault *fault);
/* What is shared is less than before: the row is not to be told any more. */
void cells_close(struct cells *c);
/* CELLS frames. */
void cells_fill(struct cells *c, struct buf *out, size_t max);

#endif
