#include <string.h>

#include "store/sqlite.h"

uint64_t sqlite_erase_sum(const uint8_t *id, uint64_t expiry_day)
{
	return sqlite_sum(expiry_day, (struct bytes){ id, ENTRY_ID_BYTES });
}

int sqlite_erase_find(struct sqlite *s, const uint8_t *id, uint64_t *expiry_day)
{
	return sqlite_query_find(s, SQLITE_TEXT_ERASED, id, expiry_day);
}

int sqlite_erase_is_erased(void *self, const uint8_t *id)
{
	uint64_t day;
	int rc = sqlite_erase_find(self, id, &day);

	return rc == ERR_OK || rc == ERR_NOTFOUND ? rc : sqlite_broken(self, rc);
}

static int add(struct sqlite *s, const uint8_t *id, uint64_t expiry_day)
{
	struct sqlite_query q;
	int rc;

	sqlite_query_start(&q, s, SQLITE_TEXT_ERASE);
	sqlite_query_bind_id(&q, id);
	sqlite_query_bind_number(&q, expiry_day);
	rc = sqlite_query_run(&q);
	if (rc == ERR_OK) {
		s->now.erased++;
		s->now.erased_sum += sqlite_erase_sum(id, expiry_day);
	}
	return rc;
}

static int postpone(struct sqlite *s, const uint8_t *id, uint64_t from_day, uint64_t to_day)
{
	struct sqlite_query q;
	int rc;

	sqlite_query_start(&q, s, SQLITE_TEXT_ERASE_LATER);
	sqlite_query_bind_number(&q, to_day);
	sqlite_query_bind_id(&q, id);
	rc = sqlite_query_run(&q);
	if (rc == ERR_OK) {
		s->now.erased_sum += sqlite_erase_sum(id, to_day) - sqlite_erase_sum(id, from_day);
	}
	return rc;
}

int sqlite_erase_erase(void *self, const uint8_t *id, uint32_t expiry_day)
{
	struct sqlite *s = self;
	uint64_t day;
	int rc = sqlite_entries_drop(s, id);

	if (rc != ERR_OK && rc != ERR_NOTFOUND) {
		return rc;
	}
	rc = sqlite_erase_find(s, id, &day);
	if (rc == ERR_NOTFOUND) {
		return add(s, id, expiry_day);
	}
	if (rc == ERR_OK && day < expiry_day) {
		rc = postpone(s, id, day, expiry_day);
	}
	return rc;
}

int sqlite_erase_each(void *self, store_erased_fn *on_erased, void *context)
{
	struct sqlite_query q;
	int rc = ERR_OK;
	int end;

	sqlite_query_start(&q, self, SQLITE_TEXT_EACH_ERASED);
	while (rc == ERR_OK && sqlite_query_row(&q)) {
		uint8_t id[ENTRY_ID_BYTES];

		if (sqlite_query_id(&q, 0, id)) {
			rc = on_erased(context, id, (uint32_t)sqlite_query_number(&q, 1));
		}
	}
	end = sqlite_query_end(&q);
	return end == ERR_OK ? rc : end;
}

/* Remove one entry that has expired; ERR_NOTFOUND when there is none. */
static int purge_entry(struct sqlite *s, uint32_t day)
{
	struct sqlite_query q;
	uint64_t number;
	bool found;
	int rc;

	sqlite_query_start(&q, s, SQLITE_TEXT_EXPIRED_ENTRIES);
	sqlite_query_bind_number(&q, day);
	found = sqlite_query_row(&q);
	number = found ? sqlite_query_number(&q, 0) : 0;
	rc = sqlite_query_end(&q);
	if (rc == ERR_OK) {
		rc = found ? sqlite_entries_remove(s, number) : ERR_NOTFOUND;
	}
	return rc;
}

/* Remove one tombstone that may go; ERR_NOTFOUND when there is none. */
static int purge_erased(struct sqlite *s, uint32_t day)
{
	struct sqlite_query q;
	uint8_t id[ENTRY_ID_BYTES];
	uint64_t expiry_day = 0;
	bool found = false;
	int rc;

	sqlite_query_start(&q, s, SQLITE_TEXT_EXPIRED_ERASED);
	sqlite_query_bind_number(&q, day);
	if (sqlite_query_row(&q)) {
		found = sqlite_query_id(&q, 0, id);
		expiry_day = sqlite_query_number(&q, 1);
	}
	rc = sqlite_query_end(&q);
	if (rc != ERR_OK || !found) {
		return rc != ERR_OK ? rc : ERR_NOTFOUND;
	}
	sqlite_query_start(&q, s, SQLITE_TEXT_FORGET_ERASED);
	sqlite_query_bind_id(&q, id);
	rc = sqlite_query_run(&q);
	if (rc == ERR_OK) {
		s->now.erased--;
		s->now.erased_sum -= sqlite_erase_sum(id, expiry_day);
	}
	return rc;
}

int sqlite_erase_purge(void *self, uint32_t day, size_t max, size_t *dropped)
{
	size_t n = 0;
	int rc = ERR_OK;

	while (rc == ERR_OK && n < max) {
		rc = purge_entry(self, day);
		n += rc == ERR_OK;
	}
	if (rc == ERR_NOTFOUND) {
		rc = ERR_OK;
	}
	while (rc == ERR_OK && n < max) {
		rc = purge_erased(self, day);
		n += rc == ERR_OK;
	}
	if (rc != ERR_OK && rc != ERR_NOTFOUND) {
		return rc;
	}
	*dropped = n;
	return ERR_OK;
}

/* secure_delete has overwritten what was in the database's pages; what is left are earlier
 * forms of these pages in the log. */
int sqlite_erase_scrub(void *self)
{
	struct sqlite *s = self;
	int rc = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

	if (rc != SQLITE_OK) {
		return sqlite_error(s, rc);
	}
	s->log_pages = 0;
	return ERR_OK;
}
