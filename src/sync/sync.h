/* What do you lack: reconciliation of two nodes' sets of entries, as a state machine without
 * I/O (DESIGN 6).
 *
 * It knows ids, classes, lanes, sizes and opaque bytes; never SQL, Lua, keys or what an entry
 * says.  The caller brings time and randomness, carries messages over an authenticated,
 * ordered channel, loads entries to be sent and stores entries that came.  Rules:
 * 1. the control class (roster, epochs, erasures) is settled before any other is mentioned;
 * 2. only classes that both sides may have are compared; ids of other classes never travel,
 *    and shared ones are named by hashes salted for the session;
 * 3. an entry is acknowledged only after the caller says that it is durable;
 * 4. an erased id is never sent nor asked for;
 * 5. alerts overtake bulk; each side says how many bytes it is ready to take;
 * 6. a session that breaks off loses nothing: the next one compares again. */
#ifndef SYNC_SYNC_H
#define SYNC_SYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "record/entry.h"
#include "record/kind.h"

#define SYNC_MESSAGE_MAX  8192U /* bytes of one message */
#define SYNC_CLASSES_MAX  256U
#define SYNC_VERSION      1U
#define SYNC_SALT_BYTES   32U
#define SYNC_SEED_BYTES   16U
#define SYNC_SECRET_BYTES 32U
#define SYNC_CHUNK_MIN    512U
#define SYNC_CHUNK_BYTES  4096U
#define SYNC_CREDIT_MIN   ((size_t)2 * ENTRY_BYTES_MAX)
#define SYNC_CREDIT_MAX   ((size_t)2 << 20)

/* ---- the set of what a node holds; shared by all its sessions ---- */

struct sync_item {
	uint8_t id[ENTRY_ID_BYTES];
	uint8_t class_id[ENTRY_CLASS_BYTES];
	uint32_t bytes; /* of the encoded entry */
	uint8_t lane;   /* enum lane */
};

struct sync_set;
/* The seed is random and stays here: it keeps writers of entries from filling the table. */
int sync_set_new(const uint8_t seed[SYNC_SEED_BYTES], struct sync_set **out);
void sync_set_free(struct sync_set *s);
/* What the members of a region know and others do not, the same at all of them and for as long
 * as may be: differences are then found by sketches, else by ranges.  Sketches kept under
 * another secret are made anew. */
void sync_set_key(struct sync_set *s, const uint8_t secret[SYNC_SECRET_BYTES]);
/* ERR_EXISTS; ERR_STALE when erased.  Sessions learn of additions through sync_offer(). */
int sync_set_add(struct sync_set *s, const struct sync_item *item);
/* Gone without trace (superseded, expired); ERR_NOTFOUND. */
int sync_set_remove(struct sync_set *s, const uint8_t id[ENTRY_ID_BYTES]);
/* Gone for good: never offered, wanted or added again. */
int sync_set_erase(struct sync_set *s, const uint8_t id[ENTRY_ID_BYTES]);
/* The tombstone may go: whatever bears this id has expired by now; ERR_NOTFOUND. */
int sync_set_forget(struct sync_set *s, const uint8_t id[ENTRY_ID_BYTES]);
bool sync_set_has(const struct sync_set *s, const uint8_t id[ENTRY_ID_BYTES]);
size_t sync_set_count(const struct sync_set *s);
size_t sync_set_bytes(const struct sync_set *s); /* memory taken */

/* ---- one session with one peer ---- */

/* A class shared with the peer, as our roster says.  What both sides may have is compared in
 * both directions by the initiator.  What only goes from one side to the other is asked for
 * by the side that takes, which tells nothing of what it holds. */
struct sync_class {
	uint8_t class_id[ENTRY_CLASS_BYTES];
	bool control; /* settled first; exactly one, which both sides send and take */
	bool send;    /* the peer may have it */
	bool take;    /* we may have it */
};

struct sync_config {
	bool initiator;
	/* The same on both sides, fresh: the channel's handshake hash. */
	uint8_t salt[SYNC_SALT_BYTES];
	/* What we are ready to take ahead of acknowledgement, brought into SYNC_CREDIT_MIN to
	 * SYNC_CREDIT_MAX; 0: 1 MiB. */
	uint64_t credit_bytes;
	uint64_t repeat_ms; /* compare again while up; 0: 60,000 */
	/* Messages are no longer than this without need, and an alert waits for one of them:
	 * SYNC_CHUNK_MIN to SYNC_CHUNK_BYTES; 0: the latter.  1,024 suits 64 kbit/s. */
	size_t chunk_bytes;
	bool ranges_only; /* find differences by ranges, without sketches */
};

struct sync_session;
/* The set outlives the session.  The classes are what is shared as far as is known now; of those
 * besides control nothing but a digest is told before control is settled.  ERR_RANGE: not exactly
 * one control class, too many classes. */
int sync_session_new(struct sync_set *set, const struct sync_config *config,
		     const struct sync_class *classes, size_t n, uint64_t now_ms,
		     struct sync_session **out);
void sync_session_free(struct sync_session *s);

/* Inputs.  An error ends the session, if it is not said otherwise: the peer broke the protocol
 * (ERR_MALFORMED, ERR_SHORT, ERR_LIMIT, ERR_STATE, ERR_UNSUPPORTED, and what entry_decode()
 * says), or memory ran out.  Later inputs return the same code. */
int sync_message(struct sync_session *s, struct bytes message, uint64_t now_ms);
/* Our answer to SYNC_STORE: the entry is durable (ERR_OK, ERR_EXISTS) or not needed any more
 * (ERR_STALE), or was refused for good (other codes); in the last two cases it is not asked
 * for again before it ends.  The caller adds it to the set before.  ERR_NOTFOUND, which ends
 * nothing: no such entry waits. */
int sync_stored(struct sync_session *s, const uint8_t id[ENTRY_ID_BYTES], int code);
/* Our answer to SYNC_LOAD; empty bytes when it is gone meanwhile.  The bytes are copied.
 * ERR_NOTFOUND, ERR_LIMIT (too long for an entry) end nothing. */
int sync_loaded(struct sync_session *s, const uint8_t id[ENTRY_ID_BYTES], struct bytes entry);
/* A new entry is in the set (from an officer or another peer): push or offer it.  Not for the
 * session that it came through.  An entry of a class that is not shared is passed over. */
int sync_offer(struct sync_session *s, const struct sync_item *item);
/* The roster changed, or SYNC_CLASSES asked: the classes shared with this peer now.  What is
 * no longer shared stops at once; what is new is compared in the next round, which begins
 * soon.  ERR_RANGE as above, which ends nothing. */
int sync_classes(struct sync_session *s, const struct sync_class *classes, size_t n,
		 uint64_t now_ms);
/* The moment named by SYNC_WAKE has come. */
int sync_wake(struct sync_session *s, uint64_t now_ms);

enum sync_out_kind {
	SYNC_NOTHING = 0,
	SYNC_SEND,    /* send message to the peer */
	SYNC_LOAD,    /* give the entry with this id through sync_loaded() */
	SYNC_STORE,   /* keep this entry, then say so through sync_stored() */
	SYNC_CLASSES, /* control is settled: give the classes now shared through sync_classes() */
	SYNC_KEPT,    /* the peer says that it has made the entry with this id durable */
	SYNC_SETTLED, /* both sides are equal in all shared classes, for now */
	SYNC_WAKE,    /* call sync_wake() at at_ms */
};
struct sync_out {
	enum sync_out_kind kind;
	uint8_t id[ENTRY_ID_BYTES];
	struct bytes bytes; /* message or entry, borrowed until the next call on the session */
	uint64_t at_ms;
};
/* The next thing to do; SYNC_NOTHING when idle.  Never blocks, never fails. */
void sync_poll(struct sync_session *s, struct sync_out *out);

/* For people: what is still to come. */
struct sync_progress {
	bool settled;
	uint64_t sent, received;             /* entries */
	uint64_t sent_bytes, received_bytes; /* of messages, both ways */
	uint64_t to_send, to_receive;        /* entries known to be missing */
	uint64_t round_trips;
	uint64_t refused;    /* entries that we refused */
	size_t memory_bytes; /* held by the session now */
};
void sync_session_progress(const struct sync_session *s, struct sync_progress *out);
/* Where and why the peer's message was refused; code 0 while all is well. */
void sync_session_fault(const struct sync_session *s, struct fault *out);

#endif
