#include <stdlib.h>
#include <string.h>

#include "store/sqlite.h"

/* In this order: the lock before anything is read, the page size before anything is written.
 *
 * A locked file is the only way to be the one writer; the log with synchronous=FULL makes a
 * commit durable; secure_delete overwrites what is removed; the rest is defence against a
 * database file that somebody has prepared. */
static const char *const settings[] = {
	"locking_mode = EXCLUSIVE", "page_size = 16384",    "max_page_count = 16777215",
	"cache_size = -16384",      "temp_store = MEMORY",  "mmap_size = 0",
	"trusted_schema = OFF",     "cell_size_check = ON", "foreign_keys = ON",
	"secure_delete = ON",       "synchronous = FULL",
};

_Static_assert(SQLITE_PAGE_BYTES == 16384 && SQLITE_PAGES_MAX == 16777215, "as above");

/* Longer than any row of ours may be. */
#define ROW_MAX (2 * 1024 * 1024)

static int log_grew(void *context, sqlite3 *db, const char *name, int pages)
{
	struct sqlite *s = context;

	(void)db;
	(void)name;
	s->log_pages = pages;
	return SQLITE_OK;
}

/* A number that a statement gives, once. */
static int ask(struct sqlite *s, const char *text, sqlite3_int64 *answer)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(s->db, text, -1, &statement, NULL);

	if (rc == SQLITE_OK) {
		rc = sqlite3_step(statement);
		if (rc == SQLITE_ROW) {
			*answer = sqlite3_column_int64(statement, 0);
			rc = SQLITE_OK;
		} else if (rc == SQLITE_DONE) {
			rc = SQLITE_CORRUPT; /* each of our questions has an answer */
		}
	}
	(void)sqlite3_finalize(statement);
	return rc == SQLITE_OK ? ERR_OK : sqlite_error(s, rc);
}

static int tell(struct sqlite *s, const char *text)
{
	int rc = sqlite3_exec(s->db, text, NULL, NULL, NULL);

	return rc == SQLITE_OK ? ERR_OK : sqlite_error(s, rc);
}

static int defend(struct sqlite *s)
{
	static const struct {
		int option;
		int value;
	} options[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
		{ SQLITE_DBCONFIG_DQS_DDL, 0 },
		{ SQLITE_DBCONFIG_DQS_DML, 0 },
	};

	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
		int rc = sqlite3_db_config(s->db, options[i].option, options[i].value, NULL);

		if (rc != SQLITE_OK) {
			return sqlite_error(s, rc);
		}
	}
	(void)sqlite3_limit(s->db, SQLITE_LIMIT_LENGTH, ROW_MAX);
	(void)sqlite3_limit(s->db, SQLITE_LIMIT_ATTACHED, 0);
	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
		char pragma[64];
		int rc;

		(void)sqlite3_snprintf(sizeof pragma, pragma, "PRAGMA %s", settings[i]);
		rc = tell(s, pragma);
		if (rc != ERR_OK) {
			return rc;
		}
	}
	return ERR_OK;
}

/* Is it ours, or new?  Asking takes the lock. */
static int identify(struct sqlite *s, sqlite3_int64 *version, struct fault *fault)
{
	sqlite3_int64 application = 0;
	sqlite3_int64 objects = 0;
	int rc = ask(s, "PRAGMA application_id", &application);

	if (rc == ERR_OK) {
		rc = ask(s, "PRAGMA user_version", version);
	}
	if (rc == ERR_OK) {
		rc = ask(s, "SELECT count(*) FROM sqlite_schema", &objects);
	}
	if (rc != ERR_OK) {
		return err_at(fault, rc, 0, "file");
	}
	if (application != SQLITE_APPLICATION &&
	    (application != 0 || *version != 0 || objects != 0)) {
		return err_at(fault, ERR_UNSUPPORTED, 0, "application");
	}
	if (*version < 0 || *version > sqlite_steps_count) {
		return err_at(fault, ERR_UNSUPPORTED, 0, "version");
	}
	return ERR_OK;
}

/* Copy what the log holds into the database before going on.  After a sync that failed, pages
 * of the log may be in the system's cache but not on the disk; what is acknowledged from now
 * on must not stand behind them.  (In memory there is no log, and this does nothing.) */
static int recover(struct sqlite *s, struct fault *fault)
{
	static const char mode[] =
	    "SELECT CASE journal_mode WHEN 'wal' THEN 2 WHEN 'memory' THEN 1 "
	    "ELSE 0 END FROM pragma_journal_mode";
	sqlite3_int64 is_on = 0;
	int rc = ask(s, mode, &is_on);

	if (rc == ERR_OK && is_on == 2) {
		rc = sqlite_wal_check(s, fault);
		if (rc != ERR_OK) {
			return rc;
		}
	}
	if (rc == ERR_OK) {
		rc = tell(s, "PRAGMA journal_mode = WAL");
	}
	if (rc == ERR_OK) {
		rc = ask(s, mode, &is_on);
	}
	if (rc == ERR_OK && is_on == 0) {
		rc = ERR_STORE;
	}
	if (rc == ERR_OK) {
		rc = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
		rc = rc == SQLITE_OK ? ERR_OK : sqlite_error(s, rc);
	}
	return rc == ERR_OK ? ERR_OK : err_at(fault, rc, 0, "log");
}

/* One step and its number, or neither. */
static int migrate_once(struct sqlite *s, int step)
{
	char version[96];
	int rc = tell(s, "BEGIN IMMEDIATE");

	if (rc != ERR_OK) {
		return rc;
	}
	(void)sqlite3_snprintf(sizeof version, version,
			       "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
			       SQLITE_APPLICATION, step + 1);
	rc = tell(s, sqlite_steps[step]);
	return rc == ERR_OK ? tell(s, version) : rc;
}

static int migrate(struct sqlite *s, sqlite3_int64 version, struct fault *fault)
{
	for (int step = (int)version; step < sqlite_steps_count; step++) {
		int rc = migrate_once(s, step);

		if (rc != ERR_OK) {
			return err_at(fault, rc, (size_t)step + 1, "migration");
		}
	}
	return ERR_OK;
}

static int load_mark(struct sqlite *s)
{
	static const char text[] = "SELECT store, number, entries, erased, erased_sum, audit, job, "
				   "jobs FROM mark WHERE only = 1";
	struct sqlite_query q = { .s = s };
	int rc;

	q.rc = sqlite3_prepare_v2(s->db, text, -1, &q.statement, NULL);
	if (sqlite_query_row(&q)) {
		struct bytes identity = sqlite_query_bytes(&q, 0);

		s->committed = (struct sqlite_mark){
			.number = sqlite_query_number(&q, 1),
			.entries = sqlite_query_number(&q, 2),
			.erased = sqlite_query_number(&q, 3),
			.erased_sum = sqlite_query_number(&q, 4),
			.audit = sqlite_query_number(&q, 5),
			.job = sqlite_query_number(&q, 6),
			.jobs = sqlite_query_number(&q, 7),
		};
		if (identity.len == sizeof s->identity) {
			memcpy(s->identity, identity.data, sizeof s->identity);
		} else {
			sqlite_query_corrupt(&q);
		}
	} else {
		sqlite_query_corrupt(&q);
	}
	s->now = s->committed;
	rc = sqlite_query_end(&q);
	(void)sqlite3_finalize(q.statement);
	return rc;
}

struct tombstones {
	uint64_t count;
	uint64_t sum;
};

static int add_up(void *context, const uint8_t id[ENTRY_ID_BYTES], uint32_t expiry_day)
{
	struct tombstones *t = context;

	t->count++;
	t->sum += sqlite_erase_sum(id, expiry_day);
	return ERR_OK;
}

/* Are all rows there that the mark speaks of?  Rows that rot away leave no trace otherwise.
 * The entries themselves are compared with the wraps when they are read (SQLITE_TEXT_CHANGES),
 * the audit lines with their numbers.  An index that has rotted would hide an entry from whoever
 * asks for its id, an erasure among them, so the indexes are compared with their tables: about
 * 2 us an entry. */
static int check_mark(struct sqlite *s, struct fault *fault)
{
	const struct sqlite_mark *m = &s->committed;
	const struct {
		const char *what;
		const char *text;
		uint64_t wanted;
	} checks[] = {
		{ "entries", "SELECT count(*) FROM entry INDEXED BY entry_id WHERE id >= x''",
		  m->entries },
		{ "wraps", "SELECT count(*) FROM wrap", m->entries },
		{ "audit", "SELECT coalesce(max(number), 0) FROM audit", m->audit },
		{ "jobs", "SELECT coalesce(max(number), 0) FROM job", m->job },
		{ "waiting jobs",
		  "SELECT count(*) FROM job INDEXED BY job_waiting WHERE body IS NOT NULL",
		  m->jobs },
		{ "index",
		  "SELECT count(*) FROM pragma_integrity_check(1) WHERE integrity_check <> 'ok'",
		  0 },
	};
	struct tombstones t = { 0, 0 };
	sqlite3_int64 last = 0;
	int rc = ask(s, "SELECT coalesce(max(number), 0) FROM wrap", &last);

	if (rc == ERR_OK && (uint64_t)last > m->number) {
		rc = ERR_CORRUPT;
	}
	if (rc != ERR_OK) {
		return err_at(fault, rc, 0, "number");
	}
	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
		sqlite3_int64 found = 0;

		rc = ask(s, checks[i].text, &found);
		if (rc == ERR_OK && (uint64_t)found != checks[i].wanted) {
			rc = ERR_CORRUPT;
		}
		if (rc != ERR_OK) {
			return err_at(fault, rc, 0, checks[i].what);
		}
	}
	rc = sqlite_erase_each(s, add_up, &t);
	if (rc == ERR_OK && (t.count != m->erased || t.sum != m->erased_sum)) {
		rc = ERR_CORRUPT;
	}
	return rc == ERR_OK ? ERR_OK : err_at(fault, rc, 0, "erased");
}

/* Rolling back must not fail for want of memory, so these are made ready now. */
static int prepare_transactions(struct sqlite *s)
{
	static const enum sqlite_text ready[] = { SQLITE_TEXT_BEGIN, SQLITE_TEXT_COMMIT,
						  SQLITE_TEXT_ROLLBACK };
	struct sqlite_query q;
	int rc = ERR_OK;

	for (size_t i = 0; rc == ERR_OK && i < sizeof ready / sizeof ready[0]; i++) {
		sqlite_query_start(&q, s, ready[i]);
		rc = sqlite_query_end(&q);
	}
	return rc;
}

static int open_file(struct sqlite *s, const char *path, struct fault *fault)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
			  SQLITE_OPEN_EXRESCODE;
	int rc;

	if (strncmp(path, "file:", 5) == 0) {
		return err_at(fault, ERR_MALFORMED, 0, "url"); /* options are not for callers */
	}
	rc = sqlite3_open_v2(path, &s->db, flags, NULL);
	if (s->db == NULL) {
		return err_at(fault, ERR_NOMEM, 0, "file");
	}
	if (rc != SQLITE_OK) {
		return err_at(fault, sqlite_error(s, rc), 0, "file");
	}
	(void)sqlite3_wal_hook(s->db, log_grew, s);
	rc = defend(s);
	if (rc == ERR_OK) {
		rc = sqlite_clean_install(s);
	}
	if (rc == ERR_OK) {
		rc = prepare_transactions(s);
	}
	return rc == ERR_OK ? ERR_OK : err_at(fault, rc, 0, "file");
}

int sqlite_open_store(const char *where, void **self, struct fault *fault)
{
	struct sqlite *s = calloc(1, sizeof *s);
	sqlite3_int64 version = 0;
	int rc;

	if (s == NULL) {
		return err_at(fault, ERR_NOMEM, 0, "store");
	}
	s->checkpoint_pages = SQLITE_CHECKPOINT_PAGES;
	s->removed_from = UINT64_MAX;
	s->page = malloc(SQLITE_PAGE_BYTES);
	rc = s->page == NULL ? err_at(fault, ERR_NOMEM, 0, "store") : open_file(s, where, fault);
	if (rc == ERR_OK) {
		rc = identify(s, &version, fault);
	}
	if (rc == ERR_OK) {
		rc = recover(s, fault);
	}
	if (rc == ERR_OK) {
		rc = migrate(s, version, fault);
	}
	if (rc == ERR_OK) {
		rc = load_mark(s);
		if (rc != ERR_OK) {
			(void)err_at(fault, rc, 0, "mark");
		}
	}
	if (rc == ERR_OK) {
		rc = check_mark(s, fault);
	}
	if (rc != ERR_OK) {
		sqlite_open_close(s);
		return rc;
	}
	*self = s;
	return ERR_OK;
}

void sqlite_open_close(void *self)
{
	struct sqlite *s = self;

	if (s == NULL) {
		return;
	}
	if (s->broken && s->db != NULL) {
		/* Not another write to a disk that has failed. */
		(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	}
	sqlite_query_close_all(s);
	(void)sqlite3_close(s->db);
	free(s->page);
	free(s);
}
