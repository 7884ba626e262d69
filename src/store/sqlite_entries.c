#include <string.h>

#include "record/schema.h"
#include "store/sqlite.h"

/* Over the parts of an entry that its id does not cover. */
static uint64_t sum_of(uint64_t number, const struct entry *e)
{
	return sqlite_sum(sqlite_sum(number, e->wrap), e->signature);
}

int sqlite_entries_put(void *self, const struct entry *e, uint64_t *number)
{
	struct sqlite *s = self;
	struct sqlite_query q;
	uint64_t next = s->now.number + 1;
	uint64_t day;
	int rc = sqlite_erase_find(s, e->id, &day);

	if (rc != ERR_NOTFOUND) {
		return rc == ERR_OK ? ERR_STALE : rc;
	}
	sqlite_query_start(&q, s, SQLITE_TEXT_PUT_ENTRY);
	sqlite_query_bind_number(&q, next);
	sqlite_query_bind_id(&q, e->id);
	sqlite_query_bind_number(&q, e->header.expiry_day);
	sqlite_query_bind_bytes(&q, e->header_bytes);
	sqlite_query_bind_bytes(&q, e->sealed);
	sqlite_query_bind_bytes(&q, e->signature);
	rc = sqlite_query_run(&q);
	if (rc != ERR_OK) {
		return rc;
	}
	if (sqlite3_changes(s->db) == 0) {
		return ERR_EXISTS;
	}
	sqlite_query_start(&q, s, SQLITE_TEXT_PUT_WRAP);
	sqlite_query_bind_number(&q, next);
	sqlite_query_bind_bytes(&q, e->wrap);
	sqlite_query_bind_number(&q, sum_of(next, e));
	rc = sqlite_query_run(&q);
	if (rc == ERR_OK) {
		s->now.number = next;
		s->now.entries++;
		*number = next;
	}
	return rc;
}

int sqlite_entries_read(struct sqlite_query *q, struct store_entry *out)
{
	struct entry *e = &out->entry;
	struct bytes id = sqlite_query_bytes(q, 1);
	uint8_t computed[ENTRY_ID_BYTES];
	struct arena none;
	int rc;

	memset(out, 0, sizeof *out);
	out->number = sqlite_query_number(q, 0);
	e->header_bytes = sqlite_query_bytes(q, 2);
	e->sealed = sqlite_query_bytes(q, 3);
	e->wrap = sqlite_query_bytes(q, 4);
	e->signature = sqlite_query_bytes(q, 5);
	if (q->rc != SQLITE_OK) {
		return ERR_NOMEM; /* sqlite_query_end() says the same */
	}
	if (id.len != ENTRY_ID_BYTES) {
		return ERR_CORRUPT;
	}
	memcpy(e->id, id.data, sizeof e->id);
	entry_id(e->header_bytes, e->sealed, computed);
	if (memcmp(computed, e->id, sizeof computed) != 0 ||
	    (e->wrap.len != ENTRY_WRAP_CLASS && e->wrap.len != ENTRY_WRAP_RECIPIENT) ||
	    e->signature.len != ENTRY_SIGNATURE_BYTES ||
	    sqlite_query_number(q, 6) != sum_of(out->number, e)) {
		return ERR_CORRUPT;
	}
	arena_init(&none, 1); /* a header has no lists */
	rc = schema_decode(&entry_header_schema, e->header_bytes, &none, &e->header, NULL);
	arena_done(&none);
	return rc == ERR_OK ? ERR_OK : ERR_CORRUPT;
}

/* Copy a borrowed part; false when there is no memory. */
static bool keep(struct arena *arena, struct bytes *part)
{
	*part = arena_copy(arena, *part);
	return part->data != NULL;
}

int sqlite_entries_get(void *self, const uint8_t *id, struct arena *arena, struct store_entry *out)
{
	struct sqlite_query q;
	struct store_entry found;
	int rc = ERR_NOTFOUND;
	int end;

	sqlite_query_start(&q, self, SQLITE_TEXT_GET);
	sqlite_query_bind_id(&q, id);
	if (sqlite_query_row(&q)) {
		rc = sqlite_entries_read(&q, &found);
		if (rc == ERR_OK && memcmp(found.entry.id, id, ENTRY_ID_BYTES) != 0) {
			rc = ERR_CORRUPT;
		}
		if (rc == ERR_OK &&
		    !(keep(arena, &found.entry.header_bytes) && keep(arena, &found.entry.sealed) &&
		      keep(arena, &found.entry.wrap) && keep(arena, &found.entry.signature))) {
			rc = ERR_NOMEM;
		}
	}
	end = sqlite_query_end(&q);
	if (end != ERR_OK) {
		return end;
	}
	if (rc == ERR_OK) {
		*out = found;
	}
	return rc;
}

int sqlite_entries_has(void *self, const uint8_t *id)
{
	uint64_t number;
	int rc = sqlite_query_find(self, SQLITE_TEXT_NUMBER, id, &number);

	return rc == ERR_OK || rc == ERR_NOTFOUND ? rc : sqlite_broken(self, rc);
}

int sqlite_entries_remove(struct sqlite *s, uint64_t number)
{
	static const enum sqlite_text both[] = { SQLITE_TEXT_DROP_WRAP, SQLITE_TEXT_DROP_ENTRY };

	for (size_t i = 0; i < 2; i++) {
		struct sqlite_query q;
		int rc;

		sqlite_query_start(&q, s, both[i]);
		sqlite_query_bind_number(&q, number);
		rc = sqlite_query_run(&q);
		if (rc != ERR_OK) {
			return rc;
		}
		if (sqlite3_changes(s->db) != 1) {
			return sqlite_broken(s, ERR_CORRUPT);
		}
	}
	s->now.entries--;
	if (number < s->removed_from) {
		s->removed_from = number;
	}
	return ERR_OK;
}

int sqlite_entries_drop(void *self, const uint8_t *id)
{
	uint64_t number;
	int rc = sqlite_query_find(self, SQLITE_TEXT_NUMBER, id, &number);

	return rc == ERR_OK ? sqlite_entries_remove(self, number) : rc;
}
