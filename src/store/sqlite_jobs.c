#include "store/sqlite.h"

int sqlite_jobs_enqueue(void *self, const char *queue, struct bytes key, struct bytes body)
{
	struct sqlite *s = self;
	struct sqlite_query q;
	int rc;

	sqlite_query_start(&q, s, SQLITE_TEXT_ENQUEUE);
	sqlite_query_bind_number(&q, s->now.job + 1);
	sqlite_query_bind_text(&q, queue);
	sqlite_query_bind_bytes(&q, key);
	sqlite_query_bind_bytes(&q, body);
	rc = sqlite_query_run(&q);
	if (rc != ERR_OK) {
		return rc;
	}
	if (sqlite3_changes(s->db) == 0) {
		return ERR_EXISTS;
	}
	s->now.job++;
	s->now.jobs++;
	return ERR_OK;
}

int sqlite_jobs_lease(void *self, const char *queue, uint64_t now_ms, uint64_t until_ms,
		      struct arena *arena, struct store_job *out)
{
	struct sqlite_query q;
	struct store_job job = { 0 };
	int rc = ERR_NOTFOUND;
	int end;

	sqlite_query_start(&q, self, SQLITE_TEXT_FREE_JOB);
	sqlite_query_bind_text(&q, queue);
	sqlite_query_bind_number(&q, now_ms);
	if (sqlite_query_row(&q)) {
		job.number = sqlite_query_number(&q, 0);
		job.key = arena_copy(arena, sqlite_query_bytes(&q, 1));
		job.body = arena_copy(arena, sqlite_query_bytes(&q, 2));
		rc = job.key.data != NULL && job.body.data != NULL ? ERR_OK : ERR_NOMEM;
	}
	end = sqlite_query_end(&q);
	if (end != ERR_OK || rc != ERR_OK) {
		return end != ERR_OK ? end : rc;
	}
	sqlite_query_start(&q, self, SQLITE_TEXT_LEASE);
	sqlite_query_bind_number(&q, until_ms);
	sqlite_query_bind_number(&q, job.number);
	rc = sqlite_query_run(&q);
	if (rc == ERR_OK) {
		*out = job;
	}
	return rc;
}

int sqlite_jobs_settle(void *self, uint64_t number)
{
	struct sqlite *s = self;
	struct sqlite_query q;
	int rc;

	sqlite_query_start(&q, s, SQLITE_TEXT_SETTLE);
	sqlite_query_bind_number(&q, number);
	rc = sqlite_query_run(&q);
	if (rc != ERR_OK) {
		return rc;
	}
	if (sqlite3_changes(s->db) == 0) {
		return ERR_NOTFOUND;
	}
	s->now.jobs--;
	return ERR_OK;
}
