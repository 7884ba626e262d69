/* Chapter 6, where there is no wire: what some members lack goes into a bundle that a courier
 * carries: receipts first, then entries in the order of their lanes, oldest first, until it is
 * full.  Each member's position (ledger.h) says where to begin.
 * Before: exchange.c  Next: unpack.c */
#include <stdlib.h>
#include <string.h>

#include "channel/bundle_writer.h"
#include "node/chapter.h"

#define END_RESERVE (BUNDLE_RECORD_HEAD + 256U)

struct carry {
	uint64_t handle;
	uint64_t used_ms;
	struct bundle_writer *writer; /* owned */
	uint64_t roster;
	bool whole;
	uint8_t members[BUNDLE_SLOTS_MAX][ENTRY_NODE_BYTES];
	size_t member_count;
	uint8_t (*classes)[ENTRY_CLASS_BYTES]; /* owned, sorted */
	size_t class_count;
	uint8_t class_hash[LEDGER_CLASS_BYTES];
	struct {
		uint64_t from, to, entries, left;
	} lane[LANE_COUNT];
	size_t at; /* the lane under way */
	bool full;
	uint64_t receipts;
	uint64_t file_bytes;
};

void carry_free(struct carry *c)
{
	if (c != NULL) {
		bundle_writer_free(c->writer);
		free(c->classes);
		free(c);
	}
}

static void give_up(struct node *n)
{
	carry_free(n->carry);
	n->carry = NULL;
}

uint64_t carry_wake(const struct node *n)
{
	return n->carry == NULL ? 0 : n->carry->used_ms + CARRY_IDLE_MS;
}

void carry_due(struct node *n)
{
	/* A clock that was set back must not keep it for years. */
	if (n->carry != NULL &&
	    (n->now_ms >= carry_wake(n) || n->now_ms + CARRY_IDLE_MS < n->carry->used_ms)) {
		give_up(n);
	}
}

/* ---- for whom, and what ---- */

static int set_classes(struct node *n, struct carry *c)
{
	uint8_t(*ids)[ENTRY_CLASS_BYTES];
	int rc = reach_classes(n, (const uint8_t(*)[ENTRY_NODE_BYTES])c->members, c->member_count,
			       &ids, &c->class_count, c->class_hash);

	if (rc == ERR_OK) {
		c->classes = malloc(c->class_count * sizeof *ids);
		rc = c->classes == NULL ? ERR_NOMEM : ERR_OK;
	}
	if (rc == ERR_OK) {
		memcpy(c->classes, ids, c->class_count * sizeof *ids);
	}
	return rc;
}

/* Where to begin in each lane: with several members, at what the least of them has.  Each
 * one's position holds for what is shared with it alone. */
static int set_positions(struct node *n, struct carry *c, const struct ledger *l)
{
	uint8_t(*ids)[ENTRY_CLASS_BYTES];
	uint8_t hash[LEDGER_CLASS_BYTES];
	size_t count;

	for (size_t i = 0; !c->whole && i < c->member_count; i++) {
		int rc = reach_classes(n, (const uint8_t(*)[ENTRY_NODE_BYTES]) & c->members[i], 1,
				       &ids, &count, hash);

		if (rc != ERR_OK) {
			return rc;
		}
		for (size_t k = 0; k < LANE_COUNT; k++) {
			uint64_t at = ledger_position(l, c->members[i], hash, k);

			c->lane[k].from = i == 0 || at < c->lane[k].from ? at : c->lane[k].from;
		}
	}
	for (size_t k = 0; k < LANE_COUNT; k++) {
		c->lane[k].to = c->lane[k].from;
	}
	return ERR_OK;
}

/* ---- writing ---- */

static bool fits(const struct carry *c, size_t bytes)
{
	return BUNDLE_RECORD_HEAD + bytes + END_RESERVE <= bundle_writer_room(c->writer);
}

static int put(struct carry *c, enum bundle_type type, const struct schema *schema,
	       const void *record, struct buf *file)
{
	struct buf b;
	int rc;

	buf_init(&b, BUNDLE_RECORD_MAX);
	rc = schema_encode(schema, record, &b);
	if (rc == ERR_OK) {
		rc = bundle_writer_put(c->writer, type, buf_bytes(&b), file);
	}
	buf_done(&b);
	return rc;
}

static int put_head(struct node *n, struct carry *c, struct buf *file)
{
	struct parcel_head head = { .passport = members_signed(n->members, n->self.node),
				    .made_ms = n->wall_ms,
				    .roster = c->roster,
				    .recipients = c->member_count };

	return put(c, BUNDLE_HEAD, &parcel_head_schema, &head, file);
}

/* What we have taken of theirs; a receipt takes a hundred bytes at most. */
static int put_receipts(struct carry *c, const struct ledger *l, struct buf *file)
{
	const struct ledger_due *due = l->due.items;
	int rc = ERR_OK;

	for (size_t i = 0; rc == ERR_OK && i < l->due.count && fits(c, 256); i++) {
		for (size_t k = 0; k < c->member_count; k++) {
			if (memcmp(due[i].node, c->members[k], ENTRY_NODE_BYTES) == 0) {
				rc = put(c, BUNDLE_RECEIPT, &parcel_receipt_schema, &due[i].receipt,
					 file);
				c->receipts++;
			}
		}
	}
	return rc;
}

static int open_writer(struct node *n, struct carry *c, uint64_t limit, struct buf *file)
{
	uint8_t keys[BUNDLE_SLOTS_MAX][NOISE_KEY_BYTES];
	struct bundle_writer_config config = { .own_secret = keys_dh_secret(n->keys),
					       .own_public = keys_dh_public(n->keys),
					       .context = { n->region_public, KEYS_PUBLIC_BYTES },
					       .recipients =
						   (const uint8_t(*)[NOISE_KEY_BYTES])keys,
					       .recipient_count = c->member_count,
					       .chunks_max = bundle_fit(c->member_count, limit) };

	for (size_t i = 0; i < c->member_count; i++) {
		memcpy(keys[i], members_find(n->members, c->members[i])->dh_public, sizeof keys[i]);
	}
	return bundle_writer_new(&config, &c->writer, file);
}

/* What the only recipient has written itself, it has; unless it has lost it. */
static bool is_its_own(const struct carry *c, const struct held *h)
{
	return c->member_count == 1 && !c->whole &&
	       memcmp(h->author, c->members[0], ENTRY_NODE_BYTES) == 0;
}

static bool is_due(const struct node *n, const struct carry *c, const struct held *h)
{
	return kind_lane(h->kind) == c->at && h->number > c->lane[c->at].to &&
	       h->expiry_day >= n->today && !is_its_own(c, h) &&
	       reach_has((const uint8_t(*)[ENTRY_CLASS_BYTES])c->classes, c->class_count,
			 h->class_id);
}

static int put_entry(struct node *n, struct carry *c, const struct held *h, struct buf *file)
{
	struct store_entry e;
	struct buf b;
	int rc = store_get(n->store, h->id, &n->arena, &e);

	if (rc != ERR_OK) {
		return rc == ERR_NOTFOUND ? ERR_CORRUPT : rc;
	}
	buf_init(&b, ENTRY_BYTES_MAX);
	rc = entry_encode(&e.entry, &b);
	if (rc == ERR_OK) {
		rc = bundle_writer_put(c->writer, BUNDLE_ENTRY, buf_bytes(&b), file);
	}
	buf_done(&b);
	return rc;
}

/* The lane from where it stands, oldest first, as the book keeps them; *done at its end.  What
 * does not fit ends the bundle: nothing lesser takes its place. */
static int fill_lane(struct node *n, struct carry *c, struct buf *file, bool *done)
{
	const struct held *h;
	uint64_t last = c->lane[c->at].to;
	size_t at = book_after(n->book, last);

	*done = false;
	while ((h = map_next(&n->book->held, &at)) != NULL) {
		int rc;

		last = h->number > last ? h->number : last;
		if (!is_due(n, c, h)) {
			continue;
		}
		if (file->len >= ASK_PIECE_BYTES) {
			return ERR_OK;
		}
		if (!fits(c, h->bytes)) {
			c->full = true;
			return ERR_OK;
		}
		rc = put_entry(n, c, h, file);
		if (rc != ERR_OK) {
			return rc;
		}
		c->lane[c->at].to = h->number;
		c->lane[c->at].entries++;
	}
	c->lane[c->at].to = last;
	*done = true;
	return ERR_OK;
}

/* ---- the end ---- */

static void count_left(const struct node *n, struct carry *c)
{
	const struct held *h;

	for (c->at = 0; c->at < LANE_COUNT; c->at++) {
		size_t at = book_after(n->book, c->lane[c->at].to);

		while ((h = map_next(&n->book->held, &at)) != NULL) {
			c->lane[c->at].left += is_due(n, c, h);
		}
	}
}

static int put_end(struct node *n, struct carry *c, struct buf *file)
{
	struct parcel_lane lanes[LANE_COUNT];
	struct parcel_end end = { .receipts = c->receipts, .lanes = { .items = lanes } };
	uint8_t hash[BUNDLE_HASH_BYTES];
	uint8_t signature[KEYS_SIGNATURE_BYTES];
	int rc;

	for (size_t k = 0; k < LANE_COUNT; k++) {
		if (c->lane[k].entries > 0 || c->lane[k].left > 0) {
			lanes[end.lanes.count++] = (struct parcel_lane){
				.lane = k, .entries = c->lane[k].entries, .left = c->lane[k].left
			};
		}
	}
	rc = put(c, BUNDLE_END, &parcel_end_schema, &end, file);
	if (rc == ERR_OK) {
		rc = bundle_writer_hash(c->writer, hash);
	}
	if (rc == ERR_OK) {
		keys_sign(n->keys, PARCEL_CONTEXT, (struct bytes){ hash, sizeof hash }, signature);
		rc = bundle_writer_close(c->writer, signature, file);
	}
	return rc;
}

static int remember(struct node *n, const struct carry *c)
{
	struct ledger_span spans[LANE_COUNT];
	struct ledger_member members[BUNDLE_SLOTS_MAX];
	struct ledger_sent sent = { .spans = { .items = spans, .count = LANE_COUNT },
				    .members = { .items = members, .count = c->member_count } };
	struct ledger l;
	int rc = ledger_load(n->store, n->keys, &n->arena, &l);

	memcpy(sent.bundle, bundle_writer_id(c->writer), BUNDLE_ID_BYTES);
	memcpy(sent.classes, c->class_hash, LEDGER_CLASS_BYTES);
	for (size_t k = 0; k < LANE_COUNT; k++) {
		spans[k] =
		    (struct ledger_span){ .lane = k, .from = c->lane[k].from, .to = c->lane[k].to };
	}
	for (size_t i = 0; rc == ERR_OK && i < c->member_count; i++) {
		memcpy(members[i].node, c->members[i], ENTRY_NODE_BYTES);
		if (c->whole) {
			ledger_forget(&l, c->members[i]);
		}
	}
	if (rc == ERR_OK) {
		rc = ledger_sent(&l, &n->arena, &sent);
	}
	return rc == ERR_OK ? ledger_save(n->store, n->keys, &l) : rc;
}

/* ---- answers ---- */

static int refuse(struct node *n, int code, const char *place, const char *text)
{
	return node_reply(n, n->event->ask, code, place, text, NULL, NULL);
}

static int describe(struct node *n, const struct carry *c, struct answer_bundle *a)
{
	struct answer_bundle_lane *lanes = arena_take(&n->arena, LANE_COUNT, sizeof *lanes);
	char hex[2 * BUNDLE_ID_BYTES + 1];
	uint64_t entries = 0;
	uint64_t left = 0;

	if (lanes == NULL) {
		return ERR_NOMEM;
	}
	for (size_t k = 0; k < LANE_COUNT; k++) {
		entries += c->lane[k].entries;
		left += c->lane[k].left;
		if (c->lane[k].entries > 0 || c->lane[k].left > 0) {
			lanes[a->lanes.count++] =
			    (struct answer_bundle_lane){ .lane = bytes_of(parcel_lane_name(k)),
							 .entries = c->lane[k].entries,
							 .left = c->lane[k].left };
		}
	}
	a->lanes.items = lanes;
	bytes_hex(bundle_writer_id(c->writer), BUNDLE_ID_BYTES, hex);
	a->id = node_text(n, "%s", hex);
	a->recipients = c->member_count;
	a->roster = c->roster;
	a->bytes = c->file_bytes;
	a->receipts = c->receipts;
	a->sentence =
	    node_text(n, "%llu entries and %llu receipts for %zu member%s; %llu did not fit",
		      (unsigned long long)entries, (unsigned long long)c->receipts, c->member_count,
		      c->member_count == 1 ? "" : "s", (unsigned long long)left);
	return ERR_OK;
}

static int finish(struct node *n, struct carry *c, struct buf *file, struct answer_bundle *a)
{
	struct audit_line line = { .object = { 0 } };
	char hex[9];
	int rc;

	count_left(n, c);
	rc = put_end(n, c, file);
	c->file_bytes += file->len;
	if (rc == ERR_OK) {
		rc = describe(n, c, a);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	node_touch(n);
	line.detail = a->sentence;
	rc = remember(n, c);
	if (rc == ERR_OK) {
		rc = node_audit(n, "bundle.export", n->officer, bundle_writer_id(c->writer), &line);
	}
	bytes_hex(bundle_writer_id(c->writer), 4, hex);
	if (rc == ERR_OK) {
		rc = node_tell(n, "level=info at=carry bundle=%s made=\"%.*s\"", hex,
			       (int)a->sentence.len, (const char *)a->sentence.data);
	}
	a->done = 1;
	return rc;
}

int carry_next(struct node *n, const struct ask *ask)
{
	struct ask_bundle_next next;
	struct answer_bundle a = { .handle = 0 };
	struct carry *c = n->carry;
	struct buf file;
	int rc = schema_decode(ask_find(ask->verb)->ask, ask->body, &n->arena, &next, NULL);

	if (rc != ERR_OK) {
		return rc;
	}
	if (c == NULL || next.handle != c->handle) {
		return refuse(n, ERR_STATE, "handle", "this bundle is not being made any more");
	}
	if (c->roster != members_version(n->members)) {
		give_up(n);
		return refuse(n, ERR_BUSY, NULL, "the roster has changed meanwhile: begin again");
	}
	buf_init(&file, 0);
	c->used_ms = n->now_ms;
	while (rc == ERR_OK && !c->full && c->at < LANE_COUNT && file.len < ASK_PIECE_BYTES) {
		bool done;

		rc = fill_lane(n, c, &file, &done);
		c->at += done;
	}
	if (rc == ERR_OK && (c->full || c->at == LANE_COUNT)) {
		rc = finish(n, c, &file, &a);
	} else if (rc == ERR_OK) {
		c->file_bytes += file.len;
		a.bytes = c->file_bytes;
	}
	if (rc == ERR_OK) {
		a.handle = c->handle;
		a.content = buf_bytes(&file);
		rc = node_reply(n, n->event->ask, ERR_OK, NULL, NULL, ask_find(ask->verb)->answer,
				&a);
	}
	if (rc != ERR_OK || a.done != 0) {
		give_up(n);
	}
	buf_done(&file);
	return rc;
}

/* ---- the beginning ---- */

static int begin(struct node *n, const struct ask_bundle_export *ask, struct carry *c,
		 struct buf *file)
{
	struct ledger l = { .due = { .count = 0 } };
	int rc = set_classes(n, c);

	if (rc == ERR_OK) {
		rc = ledger_load(n->store, n->keys, &n->arena, &l);
	}
	if (rc == ERR_OK) {
		rc = set_positions(n, c, &l);
	}
	if (rc == ERR_OK) {
		rc = open_writer(n, c, ask->limit_bytes, file);
	}
	if (rc == ERR_OK) {
		rc = put_head(n, c, file);
	}
	return rc == ERR_OK ? put_receipts(c, &l, file) : rc;
}

int carry_export(struct node *n, const struct ask *ask)
{
	struct ask_bundle_export export;
	struct answer_bundle a;
	struct bytes wrong = bytes_of("anybody");
	struct carry *c;
	struct buf file;
	int rc = schema_decode(ask_find(ask->verb)->ask, ask->body, &n->arena, &export, NULL);

	if (rc != ERR_OK) {
		return rc;
	}
	carry_due(n);
	if (n->carry != NULL) {
		return refuse(n, ERR_BUSY, NULL, "another one is made: try again in a minute");
	}
	if (!passport_valid(&n->self, n->today)) {
		return refuse(n, ERR_EXPIRED, NULL,
			      "nobody would take it: this node's own passport is not valid");
	}
	c = calloc(1, sizeof *c);
	if (c == NULL) {
		return ERR_NOMEM;
	}
	c->handle = node_job(n);
	c->used_ms = n->now_ms;
	c->roster = members_version(n->members);
	c->whole = export.whole != 0;
	rc = reach_choose(n, &export.to, c->members, &c->member_count, &wrong);
	if (rc != ERR_OK) {
		carry_free(c);
		return reach_refuse(n, rc, wrong);
	}
	if (bundle_fit(c->member_count, export.limit_bytes) == 0) {
		carry_free(c);
		return refuse(n, ERR_RANGE, "limit_bytes",
			      "a bundle has 66,106 bytes at least, more for many members");
	}
	buf_init(&file, 0);
	rc = begin(n, &export, c, &file);
	if (rc == ERR_OK) {
		n->carry = c;
		c->file_bytes = file.len;
		a = (struct answer_bundle){ c->handle, buf_bytes(&file), .bytes = file.len };
		rc = node_reply(n, n->event->ask, ERR_OK, NULL, NULL, ask_find(ask->verb)->answer,
				&a);
	} else {
		carry_free(c);
	}
	buf_done(&file);
	return rc;
}
