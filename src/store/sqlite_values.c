#include "store/sqlite.h"

int sqlite_values_set(void *self, const char *key, struct bytes value)
{
	struct sqlite_query q;

	if (value.len == 0) {
		sqlite_query_start(&q, self, SQLITE_TEXT_UNSET);
		sqlite_query_bind_text(&q, key);
	} else {
		sqlite_query_start(&q, self, SQLITE_TEXT_SET);
		sqlite_query_bind_text(&q, key);
		sqlite_query_bind_bytes(&q, value);
	}
	return sqlite_query_run(&q);
}

int sqlite_values_value(void *self, const char *key, struct arena *arena, struct bytes *out)
{
	struct sqlite_query q;
	struct bytes copy = { NULL, 0 };
	int rc = ERR_NOTFOUND;
	int end;

	sqlite_query_start(&q, self, SQLITE_TEXT_VALUE);
	sqlite_query_bind_text(&q, key);
	if (sqlite_query_row(&q)) {
		copy = arena_copy(arena, sqlite_query_bytes(&q, 0));
		rc = copy.data != NULL ? ERR_OK : ERR_NOMEM;
	}
	end = sqlite_query_end(&q);
	if (end != ERR_OK) {
		return end;
	}
	if (rc == ERR_OK) {
		*out = copy;
	}
	return rc;
}

int sqlite_values_audit(void *self, struct bytes line, uint64_t *number)
{
	struct sqlite *s = self;
	struct sqlite_query q;
	int rc;

	sqlite_query_start(&q, s, SQLITE_TEXT_AUDIT);
	sqlite_query_bind_number(&q, s->now.audit + 1);
	sqlite_query_bind_bytes(&q, line);
	rc = sqlite_query_run(&q);
	if (rc == ERR_OK) {
		*number = ++s->now.audit;
	}
	return rc;
}

int sqlite_values_each_audit(void *self, uint64_t from, size_t max, store_audit_fn *on_line,
			     void *context)
{
	struct sqlite *s = self;
	struct sqlite_query q;
	uint64_t next = from > 0 ? from : 1;
	size_t left = max;
	int rc = ERR_OK;
	int end;

	sqlite_query_start(&q, s, SQLITE_TEXT_EACH_AUDIT);
	sqlite_query_bind_number(&q, next);
	sqlite_query_bind_number(&q, max);
	while (rc == ERR_OK && left > 0 && sqlite_query_row(&q)) {
		struct bytes line = sqlite_query_bytes(&q, 1);

		if (sqlite_query_number(&q, 0) == next && line.len > 0) {
			rc = on_line(context, next, line);
		} else {
			sqlite_query_corrupt(&q);
		}
		next++;
		left--;
	}
	end = sqlite_query_end(&q);
	if (end == ERR_OK && rc == ERR_OK && left > 0 && next <= s->now.audit) {
		rc = sqlite_broken(s, ERR_CORRUPT);
	}
	return end == ERR_OK ? rc : end;
}
