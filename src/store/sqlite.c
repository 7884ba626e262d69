#include "store/sqlite.h"

#include <string.h>

int sqlite_broken(struct sqlite *s, int rc)
{
	s->broken = true;
	return rc;
}

uint64_t sqlite_sum(uint64_t from, struct bytes data)
{
	uint64_t sum = from + 1;

	for (size_t i = 0; i < data.len; i++) {
		sum = (sum ^ data.data[i]) * 0x9e3779b97f4a7c15U;
		sum ^= sum >> 29;
	}
	return sum;
}

/* The transaction is gone, whoever took it back. */
static void forget_changes(struct sqlite *s)
{
	s->now = s->committed;
	s->removed_from = UINT64_MAX;
}

static void take_back(struct sqlite *s)
{
	/* SQLite may have taken it back itself. */
	if (sqlite3_get_autocommit(s->db) == 0) {
		sqlite3_stmt *rollback = s->statements[SQLITE_TEXT_ROLLBACK];

		(void)sqlite3_step(rollback);
		(void)sqlite3_reset(rollback);
		if (sqlite3_get_autocommit(s->db) == 0) {
			s->broken = true;
		}
	}
	forget_changes(s);
}

int sqlite_error(struct sqlite *s, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_BUSY;
	case SQLITE_TOOBIG:
		return ERR_RANGE;
	case SQLITE_FULL:
		take_back(s);
		return ERR_FULL;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_CONSTRAINT: /* the rows are not what the mark says */
		return sqlite_broken(s, ERR_CORRUPT);
	case SQLITE_NOMEM:
		break;
	default:
		if (rc != SQLITE_IOERR_NOMEM) {
			return sqlite_broken(s, ERR_STORE);
		}
		break;
	}
	if (s->committing) {
		/* It may stand in the log already, where the next opening would find it. */
		return sqlite_broken(s, ERR_STORE);
	}
	take_back(s);
	return ERR_NOMEM;
}

static enum store_state state(const void *self)
{
	const struct sqlite *s = self;

	if (s->broken) {
		return STORE_BROKEN;
	}
	return sqlite3_get_autocommit(s->db) == 0 ? STORE_CHANGING : STORE_IDLE;
}

static int run(struct sqlite *s, enum sqlite_text text)
{
	struct sqlite_query q;

	sqlite_query_start(&q, s, text);
	return sqlite_query_run(&q);
}

static int begin(void *self)
{
	struct sqlite *s = self;

	forget_changes(s);
	return run(s, SQLITE_TEXT_BEGIN);
}

static int keep_mark(struct sqlite *s)
{
	struct sqlite_query q;

	if (memcmp(&s->now, &s->committed, sizeof s->now) == 0) {
		return ERR_OK;
	}
	sqlite_query_start(&q, s, SQLITE_TEXT_KEEP_MARK);
	sqlite_query_bind_number(&q, s->now.number);
	sqlite_query_bind_number(&q, s->now.entries);
	sqlite_query_bind_number(&q, s->now.erased);
	sqlite_query_bind_number(&q, s->now.erased_sum);
	sqlite_query_bind_number(&q, s->now.audit);
	sqlite_query_bind_number(&q, s->now.job);
	sqlite_query_bind_number(&q, s->now.jobs);
	return sqlite_query_run(&q);
}

/* SQLite's own automatic checkpoint swallows errors; this one does not.  Want of room or of
 * memory is no harm: the log has everything and the next commit tries again. */
static int checkpoint_if_due(struct sqlite *s)
{
	int rc;

	if (s->log_pages < s->checkpoint_pages) {
		return ERR_OK;
	}
	rc = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	if (rc == SQLITE_OK || rc == SQLITE_FULL || rc == SQLITE_NOMEM ||
	    rc == SQLITE_IOERR_NOMEM) {
		return ERR_OK;
	}
	return sqlite_error(s, rc);
}

static int commit(void *self)
{
	struct sqlite *s = self;
	int rc = keep_mark(s);

	if (rc == ERR_OK) {
		s->committing = true;
		rc = run(s, SQLITE_TEXT_COMMIT);
		s->committing = false;
	}
	if (rc != ERR_OK) {
		if (!s->broken) {
			take_back(s);
		}
		return rc;
	}
	s->committed = s->now;
	s->removed_from = UINT64_MAX;
	return checkpoint_if_due(s);
}

static void rollback(void *self)
{
	take_back(self);
}

static int set_mark(void *self)
{
	struct sqlite *s = self;

	s->at_mark = s->now;
	return run(s, SQLITE_TEXT_MARK);
}

static int release(void *self)
{
	return run(self, SQLITE_TEXT_RELEASE);
}

static int undo(void *self)
{
	struct sqlite *s = self;
	int rc = run(s, SQLITE_TEXT_UNDO);

	if (rc == ERR_OK) {
		rc = run(s, SQLITE_TEXT_RELEASE);
	}
	if (rc == ERR_OK) {
		s->now = s->at_mark;
	}
	return rc;
}

/* Bytes of the file behind one of SQLite's handles; 0 when it has none. */
static uint64_t file_bytes(struct sqlite *s, int which)
{
	sqlite3_file *file = NULL;
	sqlite3_int64 bytes = 0;

	if (sqlite3_file_control(s->db, NULL, which, (void *)&file) != SQLITE_OK || file == NULL ||
	    file->pMethods == NULL || file->pMethods->xFileSize(file, &bytes) != SQLITE_OK) {
		return 0;
	}
	return (uint64_t)bytes;
}

static int count(void *self, struct store_counts *out)
{
	struct sqlite *s = self;
	uint64_t bytes = file_bytes(s, SQLITE_FCNTL_FILE_POINTER);

	if (bytes == 0) { /* in memory */
		struct sqlite_query q;
		int rc;

		sqlite_query_start(&q, s, SQLITE_TEXT_PAGES);
		bytes = sqlite_query_row(&q) ? sqlite_query_number(&q, 0) : 0;
		rc = sqlite_query_end(&q);
		if (rc != ERR_OK) {
			return rc;
		}
	}
	*out = (struct store_counts){
		.entries = s->now.entries,
		.erased = s->now.erased,
		.audit = s->now.audit,
		.jobs = s->now.jobs,
		.bytes = bytes + file_bytes(s, SQLITE_FCNTL_JOURNAL_POINTER),
	};
	return ERR_OK;
}

const struct store_backend store_sqlite = {
	.abi = STORE_ABI,
	.scheme = "sqlite",
	.open = sqlite_open_store,
	.close = sqlite_open_close,
	.state = state,
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.mark = set_mark,
	.release = release,
	.undo = undo,
	.put = sqlite_entries_put,
	.get = sqlite_entries_get,
	.has = sqlite_entries_has,
	.erase = sqlite_erase_erase,
	.is_erased = sqlite_erase_is_erased,
	.drop = sqlite_entries_drop,
	.purge = sqlite_erase_purge,
	.scrub = sqlite_erase_scrub,
	.verify = sqlite_feed_verify,
	.changes = sqlite_feed_changes,
	.each_erased = sqlite_erase_each,
	.set = sqlite_values_set,
	.value = sqlite_values_value,
	.audit = sqlite_values_audit,
	.each_audit = sqlite_values_each_audit,
	.enqueue = sqlite_jobs_enqueue,
	.lease = sqlite_jobs_lease,
	.settle = sqlite_jobs_settle,
	.count = count,
};
