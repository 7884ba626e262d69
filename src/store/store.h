/* The store: one contract, several back ends (URL "sqlite:PATH", "sqlite::memory:").
 *
 * It keeps sealed entries, tombstones, the audit log, small named values and a job queue,
 * and knows nothing of what is inside.  What store_commit() has returned for is durable.
 * It never keeps a body in clear, never skips a committed entry in the change feed, and
 * never takes back an erased id before its tombstone may go.
 *
 * One writer: every change stands between store_begin() and store_commit().  After ERR_STORE
 * or ERR_CORRUPT from any call the process must stop and recover from disk; nothing is
 * retried, and every later call gives ERR_STORE.  (One exception: an entry that does not fit
 * its id gives ERR_CORRUPT without harm to the rest: store_verify() names it, drop it and get
 * it again from a peer.)  ERR_FULL and ERR_NOMEM, except for want of room in the caller's
 * arena, take the whole transaction back: nothing of it has changed, and the store goes on.
 *
 * Any call may give ERR_STATE: a change outside of a transaction, a transaction within one, a
 * mark within a mark, or, from a callback, anything but a question (get, has, is_erased,
 * value, count).  Arguments beyond the limits below give ERR_RANGE.  A store is used by one
 * thread at a time. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "record/entry.h"

#define STORE_CURSOR_BYTES 16U
#define STORE_KEY_MAX      64U
#define STORE_VALUE_MAX    ((size_t)1024 * 1024)
#define STORE_AUDIT_MAX    4096U

struct store;

/* Open or create; migrates an older form, refuses a newer one (or somebody else's file) with
 * ERR_UNSUPPORTED.  ERR_BUSY when another process has it open; ERR_CORRUPT when it is damaged
 * or when rows that were committed are no longer there; ERR_STORE, ERR_FULL, ERR_NOMEM;
 * ERR_MALFORMED and ERR_UNSUPPORTED for the URL.  fault may be NULL. */
int store_open(const char *url, struct store **out, struct fault *fault);
/* Takes back an open transaction. */
void store_close(struct store *s);

int store_begin(struct store *s);
/* After ERR_STORE the transaction may be there or not, but whole, when the store is next
 * opened. */
int store_commit(struct store *s);
void store_rollback(struct store *s);
/* Inside a transaction: a mark to which the changes of one event can be undone. */
int store_mark(struct store *s);
int store_release(struct store *s); /* keep what came after the mark */
int store_undo(struct store *s);    /* take back what came after the mark */

/* An entry as the store sees it.  The four parts are kept as they are, the wrap apart from
 * them so that dropping it erases the entry; the header is decoded from its bytes. */
struct store_entry {
	uint64_t number; /* local, ascending in order of arrival; set by the store */
	struct entry entry;
};

/* Keep an entry (all four parts, as entry_decode() gave them; number may be NULL).
 * ERR_EXISTS when the id is there, ERR_STALE when it was erased; neither changes anything. */
int store_put(struct store *s, const struct entry *e, uint64_t *number);
/* ERR_NOTFOUND, ERR_CORRUPT; the parts are copied into the arena. */
int store_get(struct store *s, const uint8_t id[ENTRY_ID_BYTES], struct arena *arena,
	      struct store_entry *out);
/* These two answer false and true when the store cannot tell; every later call then gives
 * ERR_STORE, so that nothing is built on the answer. */
bool store_has(struct store *s, const uint8_t id[ENTRY_ID_BYTES]);
bool store_is_erased(struct store *s, const uint8_t id[ENTRY_ID_BYTES]);
/* Drop an entry and its key and remember until expiry_day that the id must not come back.
 * Works before the entry has ever been seen; idempotent; the latest expiry_day counts. */
int store_erase(struct store *s, const uint8_t id[ENTRY_ID_BYTES], uint32_t expiry_day);
/* Drop an entry that something newer has replaced; no tombstone; ERR_NOTFOUND. */
int store_drop(struct store *s, const uint8_t id[ENTRY_ID_BYTES]);
/* Drop up to max entries and tombstones whose expiry day is before `day`; *dropped counts. */
int store_purge(struct store *s, uint32_t day, size_t max, size_t *dropped);
/* Outside a transaction, after erasing: make sure nothing of it is left in the files. */
int store_scrub(struct store *s);
/* Called with the id under which a damaged entry is kept. */
typedef int store_damaged_fn(void *context, const uint8_t id[ENTRY_ID_BYTES]);
/* Read up to max entries with numbers above *number and check each against its id, and its
 * wrap and signature against what was put.  Moves
 * *number; 0 (where to start) again after the last one. */
int store_verify(struct store *s, uint64_t *number, size_t max, store_damaged_fn *on_damaged,
		 void *context);

/* Called for each; the entry is borrowed for the call.  Not ERR_OK stops the walk and is
 * returned. */
typedef int store_entry_fn(void *context, const struct store_entry *entry);
/* Entries committed after the cursor, oldest first, at most max; moves the cursor past what
 * on_entry took.  All zero starts from the beginning, and so does the cursor of another store.
 * May repeat, never skips: within a transaction it shows nothing that is not yet committed, and
 * stops before the first entry that the transaction removes. */
int store_changes(struct store *s, uint8_t cursor[STORE_CURSOR_BYTES], size_t max,
		  store_entry_fn *on_entry, void *context);
typedef int store_erased_fn(void *context, const uint8_t id[ENTRY_ID_BYTES], uint32_t expiry_day);
int store_each_erased(struct store *s, store_erased_fn *on_erased, void *context);

/* Small named values; the caller seals what is private.  An empty value removes the key.
 * Keys and queues are 1 to STORE_KEY_MAX bytes, values up to STORE_VALUE_MAX. */
int store_set(struct store *s, const char *key, struct bytes value);
/* ERR_NOTFOUND; the value is copied into the arena. */
int store_value(struct store *s, const char *key, struct arena *arena, struct bytes *out);

/* The audit log: append only.  Numbers run from 1 without gaps; number may be NULL. */
int store_audit(struct store *s, struct bytes line, uint64_t *number);
typedef int store_audit_fn(void *context, uint64_t number, struct bytes line);
/* From the number on, at most max.  ERR_CORRUPT when a line is missing. */
int store_each_audit(struct store *s, uint64_t from, size_t max, store_audit_fn *on_line,
		     void *context);

/* Jobs: at most one for each (queue, key).  A leased job comes back when its lease ends. */
struct store_job {
	uint64_t number;
	struct bytes key;
	struct bytes body; /* in the arena */
};
/* ERR_EXISTS when the key is queued already or was settled; nothing changes.  Bodies as
 * values; moments up to INT64_MAX. */
int store_enqueue(struct store *s, const char *queue, struct bytes key, struct bytes body);
/* The oldest job that is free at now_ms, leased until until_ms; ERR_NOTFOUND. */
int store_lease(struct store *s, const char *queue, uint64_t now_ms, uint64_t until_ms,
		struct arena *arena, struct store_job *out);
/* Done: the body goes, the key stays so that it is never queued again.  ERR_NOTFOUND, also
 * when it was settled before. */
int store_settle(struct store *s, uint64_t number);

struct store_counts {
	uint64_t entries;
	uint64_t erased;
	uint64_t audit;
	uint64_t jobs;  /* not settled */
	uint64_t bytes; /* of the files */
};
int store_count(struct store *s, struct store_counts *out);

#endif
