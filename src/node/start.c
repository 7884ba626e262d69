/* Beside the chapters: at start the node learns from its store what it knew before. */
#include <string.h>

#include "node/chapter.h"

#define READ_BATCH 512U

static int load_grant(struct node *n)
{
	struct bytes locked;
	struct bytes file;
	int rc = store_value(n->store, "grant", &n->arena, &locked);

	if (rc == ERR_NOTFOUND) {
		return keys_region_public(n->keys) != NULL && n->config.founding.region != NULL
			   ? enrol_found(n)
			   : ERR_OK;
	}
	if (rc == ERR_OK) {
		rc = keys_unlock(n->keys, "grant", locked, &n->arena, &file);
	}
	return rc == ERR_OK ? enrol_become(n, file, NULL) : rc;
}

/* Entries read in one go; they are looked at when the walk is over, since that may write. */
struct reading {
	struct arena *arena;
	struct bytes entry[READ_BATCH];
	uint64_t number[READ_BATCH];
	size_t count;
};

static int collect(void *context, const struct store_entry *stored)
{
	struct reading *r = context;
	struct buf b;
	int rc;

	buf_init(&b, ENTRY_BYTES_MAX);
	rc = entry_encode(&stored->entry, &b);
	if (rc == ERR_OK) {
		r->number[r->count] = stored->number;
		r->entry[r->count] = arena_copy(r->arena, buf_bytes(&b));
		rc = r->entry[r->count++].data == NULL ? ERR_NOMEM : ERR_OK;
	}
	buf_done(&b);
	return rc;
}

static int take(struct node *n, struct bytes encoded, uint64_t number)
{
	struct entry e;
	int rc = entry_decode(encoded, &e, NULL);

	if (rc != ERR_OK) {
		return ERR_CORRUPT;
	}
	if (book_held(n->book, e.id) != NULL) {
		return ERR_OK; /* the feed may repeat */
	}
	rc = exchange_hold(n, &e, encoded.len, number);
	return rc == ERR_OK ? apply_entry(n, &e, false) : rc;
}

/* Everything the store holds, in the order in which it came. */
static int read_entries(struct node *n)
{
	uint8_t cursor[STORE_CURSOR_BYTES] = { 0 };
	struct reading *r;
	int rc = ERR_OK;

	do {
		r = arena_take(&n->arena, 1, sizeof *r);
		if (r == NULL) {
			return ERR_NOMEM;
		}
		r->arena = &n->arena;
		rc = store_changes(n->store, cursor, READ_BATCH, collect, r);
		for (size_t i = 0; rc == ERR_OK && i < r->count; i++) {
			rc = take(n, r->entry[i], r->number[i]);
		}
		if (rc != ERR_OK || r->count == 0) {
			break;
		}
		arena_done(&n->arena);
	} while (true);
	return rc;
}

static int take_erased(void *context, const uint8_t id[ENTRY_ID_BYTES], uint32_t expiry_day)
{
	struct node *n = context;

	(void)expiry_day;
	return sync_set_erase(n->set, id);
}

static int follow_audit(void *context, uint64_t number, struct bytes locked)
{
	struct node *n = context;
	struct audit_line line;
	struct arena scratch;
	struct bytes plain;
	int rc;

	(void)number;
	arena_init(&scratch, 0);
	rc = keys_unlock(n->keys, "audit", locked, &scratch, &plain);
	rc = rc == ERR_OK ? audit_follow(&n->audit, plain, &scratch, &line) : ERR_CORRUPT;
	if (rc == ERR_OK) {
		rules_heard(n, &line);
	}
	arena_done(&scratch);
	return rc;
}

static int load_author(struct node *n)
{
	struct bytes v;
	struct wire w;
	int rc = store_value(n->store, "author", &n->arena, &v);

	if (rc == ERR_NOTFOUND) {
		return ERR_OK;
	}
	if (rc != ERR_OK || v.len != 8 + ENTRY_PREVIOUS_BYTES + 8) {
		return rc == ERR_OK ? ERR_CORRUPT : rc;
	}
	wire_init(&w, v.data, v.len);
	n->sequence = wire_u64(&w);
	memcpy(n->previous, wire_bytes(&w, ENTRY_PREVIOUS_BYTES), ENTRY_PREVIOUS_BYTES);
	n->clock.stamp = wire_u64(&w);
	return ERR_OK;
}

static int load_synced(struct node *n)
{
	struct bytes v;
	struct wire w;
	int rc = store_value(n->store, "synced", &n->arena, &v);

	if (rc == ERR_OK) {
		wire_init(&w, v.data, v.len);
		n->synced_ms = wire_u64(&w);
	}
	return rc == ERR_NOTFOUND ? ERR_OK : rc;
}

int start_read(struct node *n)
{
	int rc = load_author(n);

	if (rc == ERR_OK) {
		rc = load_synced(n);
	}
	if (rc == ERR_OK) {
		rc = store_each_audit(n->store, 1, INT32_MAX, follow_audit, n);
	}
	if (rc == ERR_OK) {
		rc = rules_audit(n); /* before anything is asked of it */
	}
	if (rc == ERR_OK) {
		rc = store_each_erased(n->store, take_erased, n);
	}
	if (rc == ERR_OK) {
		rc = load_grant(n);
	}
	if (rc == ERR_OK && n->enrolled) {
		rc = read_entries(n);
	}
	if (rc == ERR_OK && n->enrolled) {
		rc = apply_unopened(n);
	}
	return rc == ERR_OK && n->enrolled ? report_search(n) : rc;
}
