/* Inside src/sync: what we lack, what is on its way, what came and is not yet durable.
 *
 * A name goes: announced -> asked -> arrived -> given to the caller -> acknowledged.  Names
 * that were refused or are stale are not asked again before the session ends.
 *
 *                 announce            WANT               entry came        sync_stored
 *     (unknown) ----------> FRESH ----------> ASKED ----------------> GIVEN ---------> ACK
 *                             |                 |  GONE, CUT            ^
 *                             +--- held, erased-+---> (unknown)         |
 *     (unknown) ------- pushed: an alert that we did not ask for -------+
 */
#ifndef SYNC_INCOMING_H
#define SYNC_INCOMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "record/kind.h"
#include "sync/frame.h"
#include "sync/share.h"
#include "sync/table.h"
#include "sync/wants.h"

#define INCOMING_ASKED_MAX   1024U
#define INCOMING_REFUSED_MAX 16384U /* beyond this nothing more is asked until it ends */
#define INCOMING_OPEN_MAX    4096U  /* entries that came and are not acknowledged */

struct arrival {
	struct arrival *next;
	uint8_t id[ENTRY_ID_BYTES];
	uint8_t lane;
	size_t len;
	uint8_t data[];
};

struct incoming_ack {
	uint32_t serial;
	bool refused;
};

struct incoming {
	struct shares *shares; /* borrowed */
	struct wants wants;
	size_t reserved; /* names that answers to our comparison may bring */
	struct table refused;
	uint32_t to_return;                  /* places of the peer's window for names */
	struct arrival *streams[LANE_COUNT]; /* owned; partly here */
	size_t stream_got[LANE_COUNT];
	bool stream_pushed[LANE_COUNT];
	struct arrival *ready_first[2], *ready_last[2]; /* owned; urgent, others */
	struct arrival *given;                          /* owned; lent to the caller */
	uint64_t window, held;                          /* bytes */
	uint32_t serial;
	struct incoming_ack *acks; /* owned, INCOMING_OPEN_MAX */
	size_t n_acks;
	size_t open; /* arrived, acknowledgement not yet on its way */
	uint64_t stored;
};

int incoming_init(struct incoming *in, struct shares *shares, uint64_t window);
void incoming_done(struct incoming *in);

/* Room for names that our comparison may still find. */
size_t incoming_room(const struct incoming *in);
/* The peer has this.  From HAVE (announced) or from our comparison.  ERR_LIMIT, ERR_NOMEM. */
int incoming_name(struct incoming *in, struct named named, bool announced);
/* The peer has this, by the beginning of its id, as a sketch showed; the same errors. */
int incoming_pick(struct incoming *in, uint64_t plain);
int incoming_have(struct incoming *in, const struct frame *f, struct fault *fault);
/* WHOLE, BEGIN, MORE, CUT. */
int incoming_entry(struct incoming *in, const struct frame *f, struct fault *fault);
int incoming_gone(struct incoming *in, const struct frame *f, struct fault *fault);
/* The next entry for the caller, lent until incoming_release(); false if there is none. */
bool incoming_give(struct incoming *in, const struct arrival **out);
void incoming_release(struct incoming *in);
/* ERR_NOTFOUND when no such entry waits. */
int incoming_stored(struct incoming *in, const uint8_t id[ENTRY_ID_BYTES], int code);
/* The name is settled, one way or another. */
void incoming_settle(struct incoming *in, struct want *w);
/* Is the name known here as wanted or on its way? */
bool incoming_knows(const struct incoming *in, uint64_t name);
bool incoming_idle(const struct incoming *in);
size_t incoming_bytes(const struct incoming *in);

#endif
