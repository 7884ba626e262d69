/* The SQLite back end, within itself: what its files share.
 *
 * sqlite.c        transactions, errors, the table of functions
 * sqlite_open.c   opening, migrating, the check that nothing is missing
 * sqlite_wal.c    is the write-ahead log as it was written?
 * sqlite_clean.c  nothing of what was removed goes into the file
 * sqlite_query.c  one prepared statement, used once
 * sqlite_entries.c, sqlite_erase.c, sqlite_feed.c, sqlite_values.c, sqlite_jobs.c  the calls
 *
 * One process holds the file: locking_mode=EXCLUSIVE keeps the operating system's lock on it
 * from opening to closing, and the log's index in memory instead of a -shm file. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include <sqlite3.h>

#include "store/backend.h"

/* Marks the file as ours (PRAGMA application_id). */
#define SQLITE_APPLICATION 0x4f757470 /* "Outp" */
/* Pages in the log after which a commit also copies it into the database. */
#define SQLITE_CHECKPOINT_PAGES 2000
#define SQLITE_PAGE_BYTES       16384
/* 256 GB; sqlite_clean.c relies on it. */
#define SQLITE_PAGES_MAX      0xffffff
#define SQLITE_IDENTITY_BYTES 8U

/* Every statement that is used more than once; texts in sqlite_query.c. */
enum sqlite_text {
	SQLITE_TEXT_BEGIN,
	SQLITE_TEXT_COMMIT,
	SQLITE_TEXT_ROLLBACK,
	SQLITE_TEXT_MARK,
	SQLITE_TEXT_RELEASE,
	SQLITE_TEXT_UNDO,
	SQLITE_TEXT_KEEP_MARK,
	SQLITE_TEXT_PUT_ENTRY,
	SQLITE_TEXT_PUT_WRAP,
	SQLITE_TEXT_GET,
	SQLITE_TEXT_NUMBER,
	SQLITE_TEXT_CHANGES,
	SQLITE_TEXT_DROP_ENTRY,
	SQLITE_TEXT_DROP_WRAP,
	SQLITE_TEXT_EXPIRED_ENTRIES,
	SQLITE_TEXT_EXPIRED_ERASED,
	SQLITE_TEXT_ERASED,
	SQLITE_TEXT_ERASE,
	SQLITE_TEXT_ERASE_LATER,
	SQLITE_TEXT_FORGET_ERASED,
	SQLITE_TEXT_EACH_ERASED,
	SQLITE_TEXT_SET,
	SQLITE_TEXT_UNSET,
	SQLITE_TEXT_VALUE,
	SQLITE_TEXT_AUDIT,
	SQLITE_TEXT_EACH_AUDIT,
	SQLITE_TEXT_ENQUEUE,
	SQLITE_TEXT_FREE_JOB,
	SQLITE_TEXT_LEASE,
	SQLITE_TEXT_SETTLE,
	SQLITE_TEXT_PAGES,
	SQLITE_TEXT_COUNT
};

/* What must be there; kept as one row, written with each transaction that changes it, and
 * compared with the rows at opening. */
struct sqlite_mark {
	uint64_t number; /* the last one that an entry has had */
	uint64_t entries;
	uint64_t erased;
	uint64_t erased_sum; /* over the tombstones: see sqlite_erase_sum() */
	uint64_t audit;
	uint64_t job; /* the last number */
	uint64_t jobs;
};

struct sqlite {
	sqlite3 *db;                                 /* owned */
	sqlite3_stmt *statements[SQLITE_TEXT_COUNT]; /* owned; NULL until first used */
	struct sqlite_mark now;                      /* with the changes of this transaction */
	struct sqlite_mark committed;                /* what a rollback goes back to */
	struct sqlite_mark at_mark;                  /* what an undo goes back to */
	uint64_t removed_from; /* lowest number removed in this transaction, or UINT64_MAX */
	uint8_t identity[SQLITE_IDENTITY_BYTES]; /* random, made with the file */
	int log_pages;
	int checkpoint_pages;
	sqlite3_io_methods methods; /* of the database file: real_methods but for xWrite */
	const sqlite3_io_methods *real_methods;
	uint8_t *page; /* owned; a cleaned one */
	bool committing;
	bool broken;
};

/* Turn a result of SQLite into one of ours; takes the transaction back or marks the store as
 * broken where backend.h asks for it. */
int sqlite_error(struct sqlite *s, int rc);
int sqlite_broken(struct sqlite *s, int rc);
/* A sum over data, going on from another.  It guards against rot, not against a forger. */
uint64_t sqlite_sum(uint64_t from, struct bytes data);

/* One use of a prepared statement: start, bind in order, step, end.  Errors stick: bind and
 * step all you want and ask sqlite_query_end().  Only one use of a text at a time. */
struct sqlite_query {
	struct sqlite *s;
	sqlite3_stmt *statement; /* borrowed from s */
	int rc;                  /* SQLite's */
	int bound;
};

void sqlite_query_start(struct sqlite_query *q, struct sqlite *s, enum sqlite_text text);
void sqlite_query_bind_number(struct sqlite_query *q, uint64_t v);
/* Bound without a copy: it must live until sqlite_query_end(). */
void sqlite_query_bind_bytes(struct sqlite_query *q, struct bytes v);
void sqlite_query_bind_id(struct sqlite_query *q, const uint8_t *id);
void sqlite_query_bind_text(struct sqlite_query *q, const char *v);
/* Is there a (next) row? */
bool sqlite_query_row(struct sqlite_query *q);
uint64_t sqlite_query_number(struct sqlite_query *q, int column);
/* Borrowed until the next step. */
struct bytes sqlite_query_bytes(struct sqlite_query *q, int column);
/* Copy an id out; false, and the query has failed, when the column holds none. */
bool sqlite_query_id(struct sqlite_query *q, int column, uint8_t id[ENTRY_ID_BYTES]);
/* The row cannot be what was written: the query has failed, unless it had before. */
void sqlite_query_corrupt(struct sqlite_query *q);
/* ERR_OK, or what sqlite_error() made of the first error; closes the use. */
int sqlite_query_end(struct sqlite_query *q);
/* Step through to the end and close. */
int sqlite_query_run(struct sqlite_query *q);
/* The number in the only column of the id's row: ERR_OK, ERR_NOTFOUND or what went wrong. */
int sqlite_query_find(struct sqlite *s, enum sqlite_text text, const uint8_t *id, uint64_t *out);
void sqlite_query_close_all(struct sqlite *s);

int sqlite_open_store(const char *where, void **self, struct fault *fault);
void sqlite_open_close(void *self);
int sqlite_clean_install(struct sqlite *s);
/* ERR_CORRUPT when committed pages in the log have been damaged. */
int sqlite_wal_check(struct sqlite *s, struct fault *fault);

int sqlite_entries_put(void *self, const struct entry *e, uint64_t *number);
int sqlite_entries_get(void *self, const uint8_t *id, struct arena *arena, struct store_entry *out);
int sqlite_entries_has(void *self, const uint8_t *id);
int sqlite_entries_drop(void *self, const uint8_t *id);
/* Remove the rows of an entry that is there. */
int sqlite_entries_remove(struct sqlite *s, uint64_t number);
/* From a row of SQLITE_TEXT_GET or _CHANGES, all borrowed.  ERR_CORRUPT when it does not fit
 * its id. */
int sqlite_entries_read(struct sqlite_query *q, struct store_entry *out);

int sqlite_erase_erase(void *self, const uint8_t *id, uint32_t expiry_day);
int sqlite_erase_is_erased(void *self, const uint8_t *id);
/* ERR_OK and the day of the tombstone, ERR_NOTFOUND, or what went wrong. */
int sqlite_erase_find(struct sqlite *s, const uint8_t *id, uint64_t *expiry_day);
int sqlite_erase_each(void *self, store_erased_fn *on_erased, void *context);
int sqlite_erase_purge(void *self, uint32_t day, size_t max, size_t *dropped);
int sqlite_erase_scrub(void *self);
/* What a tombstone adds to sqlite_mark.erased_sum. */
uint64_t sqlite_erase_sum(const uint8_t *id, uint64_t expiry_day);

int sqlite_feed_changes(void *self, uint8_t *cursor, size_t max, store_entry_fn *on_entry,
			void *context);
int sqlite_feed_verify(void *self, uint64_t *number, size_t max, store_damaged_fn *on_damaged,
		       void *context);

int sqlite_values_set(void *self, const char *key, struct bytes value);
int sqlite_values_value(void *self, const char *key, struct arena *arena, struct bytes *out);
int sqlite_values_audit(void *self, struct bytes line, uint64_t *number);
int sqlite_values_each_audit(void *self, uint64_t from, size_t max, store_audit_fn *on_line,
			     void *context);

int sqlite_jobs_enqueue(void *self, const char *queue, struct bytes key, struct bytes body);
int sqlite_jobs_lease(void *self, const char *queue, uint64_t now_ms, uint64_t until_ms,
		      struct arena *arena, struct store_job *out);
int sqlite_jobs_settle(void *self, uint64_t number);

/* The steps of the schema, made from src/store/schema/ by the build; step i leads to
 * user_version i + 1. */
extern const char *const sqlite_steps[];
extern const int sqlite_steps_count;

#endif
