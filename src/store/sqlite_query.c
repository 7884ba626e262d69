#include <assert.h>
#include <string.h>

#include "store/sqlite.h"

static const char *const texts[SQLITE_TEXT_COUNT] = {
	[SQLITE_TEXT_BEGIN] = "BEGIN IMMEDIATE",
	[SQLITE_TEXT_COMMIT] = "COMMIT",
	[SQLITE_TEXT_ROLLBACK] = "ROLLBACK",
	[SQLITE_TEXT_MARK] = "SAVEPOINT event",
	[SQLITE_TEXT_RELEASE] = "RELEASE event",
	[SQLITE_TEXT_UNDO] = "ROLLBACK TO event",
	[SQLITE_TEXT_KEEP_MARK] = "UPDATE mark SET number = ?, entries = ?, erased = ?, "
				  "erased_sum = ?, audit = ?, job = ?, jobs = ? WHERE only = 1",
	[SQLITE_TEXT_PUT_ENTRY] = "INSERT INTO entry (number, id, expiry_day, header, sealed, "
				  "signature) VALUES (?, ?, ?, ?, ?, ?) "
				  "ON CONFLICT (id) DO NOTHING",
	[SQLITE_TEXT_PUT_WRAP] = "INSERT INTO wrap (number, wrap, sum) VALUES (?, ?, ?)",
	[SQLITE_TEXT_GET] = "SELECT e.number, e.id, e.header, e.sealed, w.wrap, e.signature, w.sum "
			    "FROM entry e LEFT JOIN wrap w ON w.number = e.number WHERE e.id = ?",
	[SQLITE_TEXT_NUMBER] = "SELECT number FROM entry WHERE id = ?",
	/* From the wraps, which are counted at opening: so a lost entry shows as a row of NULLs. */
	[SQLITE_TEXT_CHANGES] =
	    "SELECT w.number, e.id, e.header, e.sealed, w.wrap, e.signature, w.sum "
	    "FROM wrap w LEFT JOIN entry e ON e.number = w.number "
	    "WHERE w.number > ? AND w.number <= ? ORDER BY w.number LIMIT ?",
	[SQLITE_TEXT_DROP_ENTRY] = "DELETE FROM entry WHERE number = ?",
	[SQLITE_TEXT_DROP_WRAP] = "DELETE FROM wrap WHERE number = ?",
	[SQLITE_TEXT_EXPIRED_ENTRIES] = "SELECT number FROM entry WHERE expiry_day < ? LIMIT 1",
	[SQLITE_TEXT_EXPIRED_ERASED] = "SELECT id, expiry_day FROM erased WHERE expiry_day < ? "
				       "LIMIT 1",
	[SQLITE_TEXT_ERASED] = "SELECT expiry_day FROM erased WHERE id = ?",
	[SQLITE_TEXT_ERASE] = "INSERT INTO erased (id, expiry_day) VALUES (?, ?)",
	[SQLITE_TEXT_ERASE_LATER] = "UPDATE erased SET expiry_day = ? WHERE id = ?",
	[SQLITE_TEXT_FORGET_ERASED] = "DELETE FROM erased WHERE id = ?",
	[SQLITE_TEXT_EACH_ERASED] = "SELECT id, expiry_day FROM erased ORDER BY id",
	[SQLITE_TEXT_SET] = "INSERT INTO value (key, value) VALUES (?, ?) "
			    "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
	[SQLITE_TEXT_UNSET] = "DELETE FROM value WHERE key = ?",
	[SQLITE_TEXT_VALUE] = "SELECT value FROM value WHERE key = ?",
	[SQLITE_TEXT_AUDIT] = "INSERT INTO audit (number, line) VALUES (?, ?)",
	[SQLITE_TEXT_EACH_AUDIT] = "SELECT number, line FROM audit WHERE number >= ? "
				   "ORDER BY number LIMIT ?",
	[SQLITE_TEXT_ENQUEUE] = "INSERT INTO job (number, queue, key, leased_until, body) "
				"VALUES (?, ?, ?, 0, ?) ON CONFLICT (queue, key) DO NOTHING",
	[SQLITE_TEXT_FREE_JOB] = "SELECT number, key, body FROM job INDEXED BY job_waiting "
				 "WHERE queue = ? AND body IS NOT NULL AND leased_until <= ? "
				 "ORDER BY number LIMIT 1",
	[SQLITE_TEXT_LEASE] = "UPDATE job SET leased_until = ? WHERE number = ?",
	[SQLITE_TEXT_SETTLE] = "UPDATE job SET body = NULL WHERE number = ? AND body IS NOT NULL",
	[SQLITE_TEXT_PAGES] = "SELECT page_count * page_size FROM pragma_page_count, "
			      "pragma_page_size",
};

void sqlite_query_start(struct sqlite_query *q, struct sqlite *s, enum sqlite_text text)
{
	*q = (struct sqlite_query){ .s = s, .statement = s->statements[text], .rc = SQLITE_OK };
	if (q->statement == NULL) {
		q->rc = sqlite3_prepare_v3(s->db, texts[text], -1, SQLITE_PREPARE_PERSISTENT,
					   &s->statements[text], NULL);
		q->statement = s->statements[text];
	}
	assert(q->statement == NULL || !sqlite3_stmt_busy(q->statement));
}

/* Binding goes on only as long as all is well; the next parameter's index. */
static bool may_bind(struct sqlite_query *q)
{
	q->bound++;
	return q->rc == SQLITE_OK;
}

void sqlite_query_bind_number(struct sqlite_query *q, uint64_t v)
{
	if (may_bind(q)) {
		q->rc = sqlite3_bind_int64(q->statement, q->bound, (sqlite3_int64)v);
	}
}

void sqlite_query_bind_bytes(struct sqlite_query *q, struct bytes v)
{
	if (may_bind(q)) {
		/* NULL as the pointer would bind NULL instead of no bytes. */
		const void *data = v.len > 0 ? (const void *)v.data : "";

		q->rc = sqlite3_bind_blob64(q->statement, q->bound, data, v.len, SQLITE_STATIC);
	}
}

void sqlite_query_bind_id(struct sqlite_query *q, const uint8_t *id)
{
	sqlite_query_bind_bytes(q, (struct bytes){ id, ENTRY_ID_BYTES });
}

void sqlite_query_bind_text(struct sqlite_query *q, const char *v)
{
	if (may_bind(q)) {
		q->rc = sqlite3_bind_text(q->statement, q->bound, v, -1, SQLITE_STATIC);
	}
}

bool sqlite_query_row(struct sqlite_query *q)
{
	int rc;

	if (q->rc != SQLITE_OK) {
		return false;
	}
	rc = sqlite3_step(q->statement);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
		q->rc = rc;
	}
	return rc == SQLITE_ROW;
}

uint64_t sqlite_query_number(struct sqlite_query *q, int column)
{
	return (uint64_t)sqlite3_column_int64(q->statement, column);
}

struct bytes sqlite_query_bytes(struct sqlite_query *q, int column)
{
	const void *data = sqlite3_column_blob(q->statement, column);
	int len = sqlite3_column_bytes(q->statement, column);

	if (data == NULL && sqlite3_errcode(q->s->db) == SQLITE_NOMEM) {
		q->rc = SQLITE_NOMEM;
	}
	return (struct bytes){ data, data == NULL ? 0 : (size_t)len };
}

void sqlite_query_corrupt(struct sqlite_query *q)
{
	if (q->rc == SQLITE_OK) {
		q->rc = SQLITE_CORRUPT;
	}
}

bool sqlite_query_id(struct sqlite_query *q, int column, uint8_t id[ENTRY_ID_BYTES])
{
	struct bytes found = sqlite_query_bytes(q, column);

	if (found.len != ENTRY_ID_BYTES) {
		sqlite_query_corrupt(q);
		return false;
	}
	memcpy(id, found.data, ENTRY_ID_BYTES);
	return true;
}

int sqlite_query_end(struct sqlite_query *q)
{
	int rc = q->rc;

	if (q->statement != NULL) {
		/* It repeats the error of the step, which is in rc already. */
		(void)sqlite3_reset(q->statement);
		(void)sqlite3_clear_bindings(q->statement);
	}
	return rc == SQLITE_OK ? ERR_OK : sqlite_error(q->s, rc);
}

int sqlite_query_run(struct sqlite_query *q)
{
	while (sqlite_query_row(q)) {
	}
	return sqlite_query_end(q);
}

int sqlite_query_find(struct sqlite *s, enum sqlite_text text, const uint8_t *id, uint64_t *out)
{
	struct sqlite_query q;
	bool found;
	int rc;

	sqlite_query_start(&q, s, text);
	sqlite_query_bind_id(&q, id);
	found = sqlite_query_row(&q);
	*out = found ? sqlite_query_number(&q, 0) : 0;
	rc = sqlite_query_end(&q);
	if (rc == ERR_OK && !found) {
		rc = ERR_NOTFOUND;
	}
	return rc;
}

void sqlite_query_close_all(struct sqlite *s)
{
	for (size_t i = 0; i < SQLITE_TEXT_COUNT; i++) {
		(void)sqlite3_finalize(s->statements[i]);
		s->statements[i] = NULL;
	}
}
