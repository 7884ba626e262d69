#include <string.h>

#include "base/wire.h"
#include "store/sqlite.h"

/* A cursor: the number after which to go on, and the store it counts in. */
static uint64_t cursor_number(const struct sqlite *s, const uint8_t *cursor)
{
	struct wire w;
	uint64_t number;

	wire_init(&w, cursor, STORE_CURSOR_BYTES);
	number = wire_u64(&w);
	/* A number never given out means an older copy of this store has been put back. */
	if (memcmp(cursor + 8, s->identity, sizeof s->identity) != 0 ||
	    number > s->committed.number) {
		return 0;
	}
	return number;
}

static void cursor_set(const struct sqlite *s, uint8_t *cursor, uint64_t number)
{
	for (size_t i = 0; i < 8; i++) {
		cursor[i] = (uint8_t)(number >> (56 - 8 * i));
	}
	memcpy(cursor + 8, s->identity, sizeof s->identity);
}

/* The last number that the feed may show: committed, and before anything that the
 * transaction in progress removes and may yet take back. */
static uint64_t last_shown(const struct sqlite *s)
{
	uint64_t last = s->committed.number;

	return s->removed_from <= last ? s->removed_from - 1 : last;
}

int sqlite_feed_changes(void *self, uint8_t *cursor, size_t max, store_entry_fn *on_entry,
			void *context)
{
	struct sqlite *s = self;
	struct sqlite_query q;
	uint64_t after = cursor_number(s, cursor);
	int rc = ERR_OK;
	int end;

	sqlite_query_start(&q, s, SQLITE_TEXT_CHANGES);
	sqlite_query_bind_number(&q, after);
	sqlite_query_bind_number(&q, last_shown(s));
	sqlite_query_bind_number(&q, max);
	while (rc == ERR_OK && sqlite_query_row(&q)) {
		struct store_entry found;

		rc = sqlite_entries_read(&q, &found);
		if (rc == ERR_OK) {
			rc = on_entry(context, &found);
		}
		if (rc == ERR_OK) {
			cursor_set(s, cursor, found.number);
		}
	}
	end = sqlite_query_end(&q);
	return end == ERR_OK ? rc : end;
}

int sqlite_feed_verify(void *self, uint64_t *number, size_t max, store_damaged_fn *on_damaged,
		       void *context)
{
	struct sqlite *s = self;
	struct sqlite_query q;
	uint64_t after = *number;
	size_t seen = 0;
	int rc = ERR_OK;
	int end;

	sqlite_query_start(&q, s, SQLITE_TEXT_CHANGES);
	sqlite_query_bind_number(&q, after);
	sqlite_query_bind_number(&q, s->now.number);
	sqlite_query_bind_number(&q, max);
	while (rc == ERR_OK && sqlite_query_row(&q)) {
		struct store_entry found;

		rc = sqlite_entries_read(&q, &found);
		if (rc == ERR_CORRUPT) {
			struct bytes id = sqlite_query_bytes(&q, 1);

			/* Without an id the row itself is lost, and with it more than one entry. */
			rc = id.len == ENTRY_ID_BYTES ? on_damaged(context, id.data)
						      : sqlite_broken(s, ERR_CORRUPT);
		}
		after = found.number;
		seen++;
	}
	end = sqlite_query_end(&q);
	if (end == ERR_OK && rc == ERR_OK) {
		*number = seen < max ? 0 : after;
	}
	return end == ERR_OK ? rc : end;
}
