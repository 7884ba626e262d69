/* Inside src/sync: entries on their way to the peer, in six lanes.
 *
 * Lanes 0 and 1 go first, in this order; the others share what is left by weights.  Each lane
 * is a stream of its own in which one entry follows the other, so that an alert goes between
 * two pieces of an image.  The peer's window bounds the bytes that are not acknowledged; a
 * part of it is kept free for lanes 0 and 1. */
#ifndef SYNC_OUTGOING_H
#define SYNC_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "record/kind.h"
#include "sync/frame.h"
#include "sync/share.h"
#include "sync/table.h"

#define OUTGOING_ASKED_MAX    2048U /* what the peer may ask for before it has got it */
#define OUTGOING_PUSHED_MAX   256U
#define OUTGOING_FOUND_MAX    192U /* of those: what the comparison found, the rest for alerts */
#define OUTGOING_UNWANTED_MAX 8192U
#define OUTGOING_GONE_MAX     (OUTGOING_ASKED_MAX + OUTGOING_PUSHED_MAX)
#define OUTGOING_THERE_MAX    8192U
#define OUTGOING_FLIGHT_MAX   4096U /* entries sent and not acknowledged */
#define OUTGOING_WINDOW_MIN   ((size_t)2 * ENTRY_BYTES_MAX)
#define OUTGOING_WINDOW_MAX   ((size_t)2 << 20)

struct parcel {
	struct parcel *next;
	uint8_t id[ENTRY_ID_BYTES];
	uint64_t name;
	uint8_t *data; /* owned; NULL until loaded */
	size_t len, sent;
	uint8_t lane;
	uint8_t state;
	bool pushed;    /* sent without being asked for */
	uint64_t asked; /* the name by which the peer waits for it; 0: it does not */
};

struct parcels {
	struct parcel *first, *last; /* owned */
	size_t loaded;               /* bytes in memory, not sent */
	int64_t turn;                /* bytes it may still send before the next lane */
	bool loading;
};

struct flight {
	uint8_t id[ENTRY_ID_BYTES];
	uint64_t name;
	uint32_t len;
	uint8_t state;
	bool pushed;
};

struct outgoing {
	struct shares *shares; /* borrowed */
	struct parcels lanes[LANE_COUNT];
	size_t lane; /* whose turn it is, among the weighted */
	size_t ahead;
	struct table busy;     /* names queued or in flight, with their lanes */
	struct table unwanted; /* names that were refused: not to be pushed again */
	struct table there;    /* names that the peer is known to have since we began to note */
	bool noting;
	struct flight *flight; /* owned; a ring of OUTGOING_FLIGHT_MAX */
	uint32_t first, next;  /* serials: the oldest that the caller has not heard of, the next */
	uint64_t window, used; /* bytes */
	size_t queued, pushed;
	uint64_t *gone; /* owned, OUTGOING_GONE_MAX */
	size_t n_gone;
	uint64_t kept; /* acknowledged as durable */
};

int outgoing_init(struct outgoing *o, struct shares *shares, size_t ahead);
void outgoing_done(struct outgoing *o);

/* From now on, or no more, remember what the peer is known to have: what a sketch shows to be
 * missing there may have come since the sketch was made. */
void outgoing_note(struct outgoing *o, bool on);
/* The peer has it. */
void outgoing_noted(struct outgoing *o, uint64_t name);
/* What is to be sent is put in by orders.h.  The peer has stored or refused: ACK. */
int outgoing_acked(struct outgoing *o, const struct frame *f, struct fault *fault);
/* The next entry that the peer has made durable; false if there is none. */
bool outgoing_kept(struct outgoing *o, uint8_t id[ENTRY_ID_BYTES]);
/* The next entry whose bytes are needed; false if there is none. */
bool outgoing_load(struct outgoing *o, uint8_t id[ENTRY_ID_BYTES]);
/* Empty bytes: it is gone.  ERR_NOTFOUND, ERR_LIMIT, ERR_NOMEM. */
int outgoing_loaded(struct outgoing *o, const uint8_t id[ENTRY_ID_BYTES], struct bytes entry);
/* GONE frames and the urgent lanes; then the weighted ones. */
void outgoing_fill_urgent(struct outgoing *o, struct buf *out, size_t max);
void outgoing_fill(struct outgoing *o, struct buf *out, size_t max);
bool outgoing_idle(const struct outgoing *o);
size_t outgoing_bytes(const struct outgoing *o);

#endif
