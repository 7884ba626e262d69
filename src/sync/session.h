/* Inside src/sync: the session's state, its phases, and who gets which frame; sync.c is what
 * callers see of it. */
#ifndef SYNC_SESSION_H
#define SYNC_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sync/announce.h"
#include "sync/answer.h"
#include "sync/cells.h"
#include "sync/compare.h"
#include "sync/incoming.h"
#include "sync/lists.h"
#include "sync/orders.h"
#include "sync/outgoing.h"
#include "sync/replies.h"
#include "sync/seek.h"
#include "sync/share.h"
#include "sync/sync.h"

#define SESSION_ROUND_BURST 16U /* rounds that the peer may begin at once */

enum phase {
	PHASE_GREET = 1,
	PHASE_OPEN = 2,
	PHASE_CONTROL = 4,
	PHASE_ASK = 8,
	PHASE_CLASSES = 16,
	PHASE_SHARED = 32,
	PHASE_SETTLED = 64,
	PHASE_COMPARE = PHASE_CONTROL | PHASE_SHARED,
	PHASE_GREETED = 127 & ~PHASE_GREET,
};

struct sync_session {
	bool initiator;
	enum phase phase;
	uint32_t round;
	bool done_here, done_there; /* of this phase's comparison */
	bool again;                 /* compare again as soon as may be */
	bool ask_classes, tell_settled;
	uint64_t now_ms, repeat_ms, round_ms, wake_ms, woken_ms;
	uint64_t tokens_ms; /* when the peer's allowance of rounds was last reckoned */
	unsigned tokens;
	size_t chunk_bytes;
	int error;
	struct fault fault;
	struct shares shares;
	struct summary control_sum; /* what our ROUND said */
	struct stand theirs;        /* what the peer said of what it holds */
	uint64_t digest;            /* of the initiator's list; 0: it does not count */
	uint32_t said_count;        /* the initiator: ids that it holds in both-way classes */
	uint64_t declared;          /* ids of the peer in all that is shared */
	bool by_cells;              /* the initiator: what goes both ways is found by cells */
	bool differs;               /* they came to nothing, as the sums say */
	bool ranges_only;           /* our caller wants no cells */
	unsigned failures;          /* of cells, so far */
	struct lists lists;
	struct incoming incoming;
	struct outgoing outgoing;
	struct announce announce;
	struct compare compare;
	struct answer answer;
	struct seek seek;
	struct cells cells;
	struct buf control; /* frames of the phases, to be sent first */
	struct buf message; /* lent to the caller */
	uint64_t sent_bytes, received_bytes, round_trips, refused;
	bool spoke; /* since the peer did */
};

/* Say HELLO, and as initiator begin the first round. */
void session_open(struct sync_session *s);
/* Take all frames of a message; the fault says what was wrong. */
int session_message(struct sync_session *s, struct bytes message);
/* Is there nothing that has been begun? */
bool session_idle(const struct sync_session *s);
/* Move on where nothing is left to do in this phase. */
int session_advance(struct sync_session *s);
void session_enter(struct sync_session *s, enum phase phase);
/* The frame is a breach: note where and what, and return the code. */
int session_refuse(struct sync_session *s, const struct frame *f, int code, const char *what);

#endif
