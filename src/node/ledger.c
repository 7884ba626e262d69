#include "node/ledger.h"

#include <string.h>

#define VALUE           "bundles"
#define ROWS(s)         static const struct field s##_rows[]
#define U(s, k, member) FIELD(struct s, k, false, FIELD_UINT, member, INT64_MAX, NULL)
#define NODE(s, k)      FIELD(struct s, k, true, FIELD_FIXED, node, ENTRY_NODE_BYTES, NULL)
#define CLASSES(s, k)   FIELD(struct s, k, true, FIELD_FIXED, classes, LEDGER_CLASS_BYTES, NULL)
#define SPANS(s, k)     FIELD(struct s, k, false, FIELD_LIST, spans, LANE_COUNT, &span_schema)

ROWS(span) = {
	FROM(struct ledger_span, 1, lane, 0, LANE_COUNT - 1),
	U(ledger_span, 2, from),
	U(ledger_span, 3, to),
};
static const struct schema span_schema = SCHEMA("ledger-span", struct ledger_span, span_rows);

ROWS(member) = { NODE(ledger_member, 1) };
static const struct schema member_schema =
    SCHEMA("ledger-member", struct ledger_member, member_rows);

ROWS(sent) = {
	FIELD(struct ledger_sent, 1, true, FIELD_FIXED, bundle, BUNDLE_ID_BYTES, NULL),
	CLASSES(ledger_sent, 2),
	SPANS(ledger_sent, 3),
	FIELD(struct ledger_sent, 4, false, FIELD_LIST, members, BUNDLE_SLOTS_MAX, &member_schema),
};
static const struct schema sent_schema = SCHEMA("ledger-sent", struct ledger_sent, sent_rows);

ROWS(peer) = { NODE(ledger_peer, 1), CLASSES(ledger_peer, 2), SPANS(ledger_peer, 3) };
static const struct schema peer_schema = SCHEMA("ledger-peer", struct ledger_peer, peer_rows);

ROWS(due) = {
	NODE(ledger_due, 1),
	FIELD(struct ledger_due, 2, true, FIELD_STRUCT, receipt, 0, &parcel_receipt_schema),
};
static const struct schema due_schema = SCHEMA("ledger-due", struct ledger_due, due_rows);

ROWS(ledger) = {
	FIELD(struct ledger, 1, false, FIELD_LIST, sent, LEDGER_SENT_MAX, &sent_schema),
	FIELD(struct ledger, 2, false, FIELD_LIST, peers, MEMBERS_MAX, &peer_schema),
	FIELD(struct ledger, 3, false, FIELD_LIST, due, LEDGER_DUE_MAX, &due_schema),
};
const struct schema ledger_schema = SCHEMA("ledger", struct ledger, ledger_rows);

int ledger_load(struct store *s, const struct keys *k, struct arena *arena, struct ledger *out)
{
	struct bytes locked;
	struct bytes plain;
	int rc = store_value(s, VALUE, arena, &locked);

	*out = (struct ledger){ .sent = { .count = 0 } };
	if (rc == ERR_NOTFOUND) {
		return ERR_OK;
	}
	if (rc == ERR_OK) {
		rc = keys_unlock(k, VALUE, locked, arena, &plain);
		rc = rc == ERR_FORGED ? ERR_CORRUPT : rc;
	}
	if (rc == ERR_OK) {
		rc = schema_decode(&ledger_schema, plain, arena, out, NULL);
		rc = rc == ERR_OK || rc == ERR_NOMEM ? rc : ERR_CORRUPT;
	}
	return rc;
}

int ledger_save(struct store *s, const struct keys *k, const struct ledger *l)
{
	struct buf plain;
	struct buf locked;
	int rc;

	buf_init(&plain, STORE_VALUE_MAX - KEYS_LOCK_OVERHEAD);
	buf_init(&locked, STORE_VALUE_MAX);
	rc = schema_encode(&ledger_schema, l, &plain);
	if (rc == ERR_OK) {
		rc = keys_lock(k, VALUE, buf_bytes(&plain), &locked);
	}
	if (rc == ERR_OK) {
		rc = store_set(s, VALUE, buf_bytes(&locked));
	}
	buf_done(&plain);
	buf_done(&locked);
	return rc;
}

/* ---- lists ---- */

static void remove_at(struct list *list, size_t size, size_t i)
{
	uint8_t *items = list->items;

	memmove(items + i * size, items + (i + 1) * size, (list->count - i - 1) * size);
	list->count--;
}

/* Append a copy of the item; with the most there are, the oldest goes. */
static int append(struct list *list, struct arena *arena, const void *item, size_t size, size_t max)
{
	uint8_t *items;

	if (list->count == max) {
		remove_at(list, size, 0);
	}
	items = arena_take(arena, list->count + 1, size);
	if (items == NULL) {
		return ERR_NOMEM;
	}
	if (list->count > 0) {
		memcpy(items, list->items, list->count * size);
	}
	memcpy(items + list->count * size, item, size);
	*list = (struct list){ .items = items, .count = list->count + 1 };
	return ERR_OK;
}

static int copy_list(struct list *list, struct arena *arena, size_t size)
{
	void *items = arena_take(arena, list->count, size);

	if (items == NULL) {
		return ERR_NOMEM;
	}
	if (list->count > 0) {
		memcpy(items, list->items, list->count * size);
	}
	list->items = items;
	return ERR_OK;
}

static struct ledger_peer *find_peer(const struct ledger *l, const uint8_t *node)
{
	struct ledger_peer *p = l->peers.items;

	for (size_t i = 0; i < l->peers.count; i++) {
		if (memcmp(p[i].node, node, ENTRY_NODE_BYTES) == 0) {
			return &p[i];
		}
	}
	return NULL;
}

static const struct ledger_sent *find_sent(const struct ledger *l, const uint8_t *bundle)
{
	const struct ledger_sent *s = l->sent.items;

	for (size_t i = 0; i < l->sent.count; i++) {
		if (memcmp(s[i].bundle, bundle, BUNDLE_ID_BYTES) == 0) {
			return &s[i];
		}
	}
	return NULL;
}

static bool is_for(const struct ledger_sent *s, const uint8_t *node)
{
	const struct ledger_member *m = s->members.items;

	for (size_t i = 0; i < s->members.count; i++) {
		if (memcmp(m[i].node, node, ENTRY_NODE_BYTES) == 0) {
			return true;
		}
	}
	return false;
}

static struct ledger_span *find_span(const struct list *spans, uint64_t lane)
{
	struct ledger_span *s = spans->items;

	for (size_t i = 0; i < spans->count; i++) {
		if (s[i].lane == lane) {
			return &s[i];
		}
	}
	return NULL;
}

/* ---- what happens ---- */

uint64_t ledger_position(const struct ledger *l, const uint8_t node[ENTRY_NODE_BYTES],
			 const uint8_t classes[LEDGER_CLASS_BYTES], uint64_t lane)
{
	const struct ledger_peer *p = find_peer(l, node);
	const struct ledger_span *s;

	if (p == NULL || memcmp(p->classes, classes, LEDGER_CLASS_BYTES) != 0) {
		return 0;
	}
	s = find_span(&p->spans, lane);
	return s == NULL ? 0 : s->to;
}

int ledger_sent(struct ledger *l, struct arena *arena, const struct ledger_sent *sent)
{
	struct ledger_sent copy = *sent;
	int rc = copy_list(&copy.spans, arena, sizeof(struct ledger_span));

	if (rc == ERR_OK) {
		rc = copy_list(&copy.members, arena, sizeof(struct ledger_member));
	}
	return rc == ERR_OK ? append(&l->sent, arena, &copy, sizeof copy, LEDGER_SENT_MAX) : rc;
}

/* The member's line, with these classes; one for other classes begins anew. */
static int take_peer(struct ledger *l, struct arena *arena, const uint8_t *node,
		     const uint8_t *classes, struct ledger_peer **out)
{
	struct ledger_peer *p = find_peer(l, node);
	struct ledger_peer fresh = { .spans = { .count = 0 } };
	int rc = ERR_OK;

	if (p == NULL) {
		memcpy(fresh.node, node, ENTRY_NODE_BYTES);
		memcpy(fresh.classes, classes, LEDGER_CLASS_BYTES);
		rc = append(&l->peers, arena, &fresh, sizeof fresh, MEMBERS_MAX);
		p = find_peer(l, node);
	} else if (memcmp(p->classes, classes, LEDGER_CLASS_BYTES) != 0) {
		memcpy(p->classes, classes, LEDGER_CLASS_BYTES);
		p->spans.count = 0;
	}
	*out = p;
	return rc;
}

/* Only what joins on to what is there: with a gap between, the entries in it would be lost. */
static int advance(struct ledger_peer *p, struct arena *arena, const struct ledger_span *sent,
		   bool *news)
{
	struct ledger_span *s = find_span(&p->spans, sent->lane);
	struct ledger_span fresh = { .lane = sent->lane, .to = sent->to };
	uint64_t now = s == NULL ? 0 : s->to;

	if (sent->from > now || sent->to <= now) {
		return ERR_OK;
	}
	*news = true;
	if (s != NULL) {
		s->to = sent->to;
		return ERR_OK;
	}
	return append(&p->spans, arena, &fresh, sizeof fresh, LANE_COUNT);
}

static bool is_refused(const struct parcel_receipt *r, uint64_t lane)
{
	const struct parcel_taken *t = r->lanes.items;

	for (size_t i = 0; i < r->lanes.count; i++) {
		if (t[i].lane == lane && t[i].refused > 0) {
			return true;
		}
	}
	return false;
}

int ledger_heard(struct ledger *l, struct arena *arena, const uint8_t node[ENTRY_NODE_BYTES],
		 const uint8_t classes[LEDGER_CLASS_BYTES], const struct parcel_receipt *receipt,
		 bool *news)
{
	const struct ledger_sent *sent = find_sent(l, receipt->bundle);
	const struct ledger_span *spans;
	struct ledger_peer *p;
	int rc;

	*news = false;
	/* A bundle that held less than this member may have says nothing of the rest. */
	if (sent == NULL || !is_for(sent, node) ||
	    memcmp(sent->classes, classes, LEDGER_CLASS_BYTES) != 0) {
		return ERR_OK;
	}
	rc = take_peer(l, arena, node, classes, &p);
	spans = sent->spans.items;
	for (size_t i = 0; rc == ERR_OK && i < sent->spans.count; i++) {
		if (!is_refused(receipt, spans[i].lane)) {
			rc = advance(p, arena, &spans[i], news);
		}
	}
	return rc;
}

int ledger_owe(struct ledger *l, struct arena *arena, const struct ledger_due *due)
{
	struct ledger_due copy = *due;
	struct ledger_due *all = l->due.items;
	size_t same = 0;
	int rc = copy_list(&copy.receipt.lanes, arena, sizeof(struct parcel_taken));

	/* From the newest back: of this sender's the last few stay, of this bundle's none. */
	for (size_t i = l->due.count; rc == ERR_OK && i > 0; i--) {
		const struct ledger_due *d = &all[i - 1];

		if (memcmp(d->node, due->node, ENTRY_NODE_BYTES) == 0 &&
		    (memcmp(d->receipt.bundle, due->receipt.bundle, BUNDLE_ID_BYTES) == 0 ||
		     ++same >= LEDGER_DUE_EACH)) {
			remove_at(&l->due, sizeof *all, i - 1);
		}
	}
	return rc == ERR_OK ? append(&l->due, arena, &copy, sizeof copy, LEDGER_DUE_MAX) : rc;
}

void ledger_forget(struct ledger *l, const uint8_t node[ENTRY_NODE_BYTES])
{
	struct ledger_peer *peers = l->peers.items;
	struct ledger_sent *sent = l->sent.items;

	for (size_t i = l->peers.count; i > 0; i--) {
		if (memcmp(peers[i - 1].node, node, ENTRY_NODE_BYTES) == 0) {
			remove_at(&l->peers, sizeof *peers, i - 1);
		}
	}
	for (size_t i = l->sent.count; i > 0; i--) {
		if (is_for(&sent[i - 1], node)) {
			remove_at(&l->sent, sizeof *sent, i - 1);
		}
	}
}
