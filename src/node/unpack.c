/* Chapter 6, the other end: a bundle that a courier has brought is read twice.  First all of it
 * is checked, and nothing believed before the sender's signature; then, if it is the same byte
 * for byte, each entry is taken as from a link.  Stopped halfway, it is simply imported again.
 * Before: carry.c  Next: report.c */
#include <stdlib.h>
#include <string.h>

#include "node/unpack.h"

#define FILE_BYTES_MAX                                                                             \
	(BUNDLE_FIXED_BYTES + BUNDLE_SLOTS_MAX * BUNDLE_SLOT_BYTES +                               \
	 (uint64_t)BUNDLE_CHUNKS_MAX * BUNDLE_CHUNK_BYTES)

void unpack_free(struct unpack *u)
{
	if (u != NULL) {
		bundle_reader_free(u->reader);
		buf_done(&u->hashes);
		buf_done(&u->passport);
		free(u);
	}
}

static void give_up(struct node *n)
{
	unpack_free(n->unpack);
	n->unpack = NULL;
}

uint64_t unpack_wake(const struct node *n)
{
	return n->unpack == NULL ? 0 : n->unpack->used_ms + CARRY_IDLE_MS;
}

void unpack_due(struct node *n)
{
	if (n->unpack != NULL &&
	    (n->now_ms >= unpack_wake(n) || n->now_ms + CARRY_IDLE_MS < n->unpack->used_ms)) {
		give_up(n);
	}
}

int unpack_refuse(struct unpacking *x, int rc, const char *what)
{
	x->what = what;
	return rc;
}

/* ---- second reading: take it ---- */

/* As a link would: only what both may have, then whatever exchange_take() checks. */
static int take(struct node *n, struct unpack *u, struct bytes encoded)
{
	struct entry e;
	int rc = entry_decode(encoded, &e, NULL);

	u->lane_at = inspect_lane(u, rc, &e);
	if (rc != ERR_OK) {
		return rc;
	}
	if (!exchange_shares(n, u->sender.node, e.header.class_id)) {
		return ERR_DENIED;
	}
	rc = exchange_take(n, encoded);
	/* A notice shows only once it is open that something newer stands in its place. */
	return rc == ERR_OK && book_held(n->book, e.id) == NULL ? ERR_STALE : rc;
}

static int take_entry(struct unpacking *x, const struct bundle_record *r)
{
	struct unpack *u = x->u;
	struct bytes copy = arena_copy(&x->n->arena, r->content);
	int rc = copy.data == NULL ? ERR_NOMEM : take(x->n, u, copy);

	if (rc == ERR_NOMEM || rc == ERR_STORE || rc == ERR_CORRUPT || rc == ERR_FULL) {
		return rc;
	}
	if (rc == ERR_OK) {
		u->lane[u->lane_at].taken++;
	} else if (rc == ERR_EXISTS || rc == ERR_STALE || rc == ERR_EXPIRED) {
		u->lane[u->lane_at].known++;
	} else {
		u->lane[u->lane_at].refused++;
		u->reason[-rc]++;
	}
	return ERR_OK;
}

/* Our mail is on its way once somebody has it for good. */
static void mark_carried(struct node *n, uint64_t to)
{
	size_t at = 0;
	struct kase *k;

	while ((k = map_next(&n->book->kases, &at)) != NULL) {
		const struct held *h = k->has_mail ? book_held(n->book, k->mail_id) : NULL;

		k->carried = k->carried || (h != NULL && h->number <= to);
	}
}

static int take_receipt(struct unpacking *x, const struct bundle_record *r)
{
	struct node *n = x->n;
	const uint8_t *node = x->u->sender.node;
	uint8_t hash[LEDGER_CLASS_BYTES];
	uint8_t(*ids)[ENTRY_CLASS_BYTES];
	size_t count;
	struct parcel_receipt receipt;
	bool news = false;
	int rc = schema_decode(&parcel_receipt_schema, r->content, &n->arena, &receipt, NULL);

	if (rc == ERR_OK && !x->has_ledger) {
		rc = ledger_load(n->store, n->keys, &n->arena, &x->ledger);
		x->has_ledger = rc == ERR_OK;
	}
	if (rc == ERR_OK) {
		rc = reach_classes(n, (const uint8_t(*)[ENTRY_NODE_BYTES])node, 1, &ids, &count,
				   hash);
	}
	if (rc == ERR_OK) {
		rc = ledger_heard(&x->ledger, &n->arena, node, hash, &receipt, &news);
	}
	if (rc == ERR_OK && news) {
		x->news = true;
		mark_carried(n, ledger_position(&x->ledger, node, hash, LANE_CASE));
	}
	return rc;
}

static int take_record(struct unpacking *x, const struct bundle_record *r)
{
	return r->type == BUNDLE_ENTRY     ? take_entry(x, r)
	       : r->type == BUNDLE_RECEIPT ? take_receipt(x, r)
					   : ERR_OK;
}

/* ---- pieces ---- */

/* What is read for the second time must be what was checked the first time, whatever stick it
 * comes from. */
static int compare_piece(struct unpack *u, struct bytes content)
{
	uint8_t hash[KEYS_HASH_BYTES];
	size_t at = (size_t)(u->at / ASK_PIECE_BYTES) * sizeof hash;

	keys_hash(content, hash);
	if (!u->second) {
		buf_put(&u->hashes, hash, sizeof hash);
		return buf_error(&u->hashes);
	}
	return memcmp(u->hashes.data + at, hash, sizeof hash) == 0 ? ERR_OK : ERR_FORGED;
}

static int feed(struct unpacking *x, struct bytes content)
{
	struct unpack *u = x->u;
	struct bundle_record r;
	const struct bundle_clear *clear;
	int rc;

	do {
		rc = bundle_reader_take(u->reader, &content, &r);
		if (rc != ERR_OK) {
			unpack_refuse(x, rc, bundle_reader_fault(u->reader)->what);
		} else if (r.type != BUNDLE_MORE) {
			rc = u->second ? take_record(x, &r) : inspect_record(x, &r);
		}
	} while (rc == ERR_OK && r.type != BUNDLE_MORE);
	clear = bundle_reader_clear(u->reader);
	if (clear != NULL) {
		memcpy(u->id, clear->id, sizeof u->id);
		if (rc == ERR_OK && bundle_chunks(clear, u->bytes) == 0) {
			return unpack_refuse(x, ERR_SHORT, "file's length");
		}
	}
	return rc;
}

static int open_reader(struct node *n, struct bundle_reader **out)
{
	return bundle_reader_new(keys_dh_secret(n->keys), keys_dh_public(n->keys),
				 (struct bytes){ n->region_public, KEYS_PUBLIC_BYTES }, out);
}

/* ---- the end of a reading ---- */

static int owe(struct unpacking *x)
{
	const struct unpack *u = x->u;
	struct parcel_taken lanes[LANE_COUNT];
	struct ledger_due due = { .receipt = { .lanes = { .items = lanes } } };
	int rc = ERR_OK;

	memcpy(due.node, u->sender.node, sizeof due.node);
	memcpy(due.receipt.bundle, u->id, sizeof u->id);
	for (size_t k = 0; k < LANE_COUNT; k++) {
		if (u->lane[k].entries > 0) {
			lanes[due.receipt.lanes.count++] =
			    (struct parcel_taken){ .lane = k,
						   .ok = u->lane[k].taken + u->lane[k].known,
						   .refused = u->lane[k].refused };
		}
	}
	if (!x->has_ledger) {
		rc = ledger_load(x->n->store, x->n->keys, &x->n->arena, &x->ledger);
		x->has_ledger = rc == ERR_OK;
	}
	x->news = true;
	return rc == ERR_OK ? ledger_owe(&x->ledger, &x->n->arena, &due) : rc;
}

static int note(struct node *n, const struct unpack *u, const char *verb, int code,
		struct bytes detail)
{
	struct audit_line line = { .code = (uint64_t)-code, .detail = detail };
	char hex[9];
	char from[9];
	int rc = node_audit(n, verb, n->officer, u->id, &line);

	bytes_hex(u->id, 4, hex);
	bytes_hex(u->sender.node, 4, from);
	return rc == ERR_OK ? node_tell(n, "level=%s at=unpack bundle=%s peer=%s %s=\"%.*s\"",
					code == ERR_OK ? "info" : "warn", hex, from,
					code == ERR_OK ? "taken" : "err", (int)detail.len,
					(const char *)detail.data)
			    : rc;
}

/* From here on it counts; its sender may be new to us. */
static int begin_again(struct unpacking *x)
{
	struct unpack *u = x->u;
	struct bundle_reader *again;
	int rc = open_reader(x->n, &again);

	if (rc != ERR_OK) {
		return rc;
	}
	bundle_reader_free(u->reader);
	u->reader = again;
	u->second = true;
	u->at = 0;
	u->lane_at = 0;
	node_touch(x->n);
	rc = members_passport(x->n->members, buf_bytes(&u->passport), NULL);
	return rc == ERR_STALE ? ERR_OK : rc;
}

/* The file has come to its end.  Once checked, it is asked for again, or it was only looked at. */
static int turn(struct unpacking *x, struct answer_bundle *a)
{
	struct unpack *u = x->u;
	int rc = bundle_reader_end(u->reader);

	if (rc != ERR_OK || !u->ended) {
		return unpack_refuse(x, rc == ERR_OK ? ERR_SHORT : rc, "file");
	}
	if (!u->second && !u->dry) {
		a->again = 1;
		return begin_again(x);
	}
	a->done = 1;
	rc = inspect_describe(x->n, u, a);
	if (rc == ERR_OK && u->second) {
		node_touch(x->n);
		rc = owe(x);
	}
	return rc == ERR_OK && u->second ? note(x->n, u, "bundle.import", ERR_OK, a->sentence) : rc;
}

/* ---- questions ---- */

static const char *sentence(int code)
{
	switch (code) {
	case ERR_NOKEY:
		return "no slot of this bundle opens here: it is for others, or was changed";
	case ERR_FORGED:
		return "it was changed, or is not by whom it says; nothing was taken";
	case ERR_SHORT:
		return "it ends too early: copy it again; nothing was taken";
	case ERR_EXPIRED:
		return "its sender's passport is not valid any more; nothing was taken";
	case ERR_EXISTS:
		return "this node has made it itself";
	default:
		return NULL;
	}
}

/* It is bad: say why, write it down, and forget it. */
static int refused(struct unpacking *x, int code)
{
	struct node *n = x->n;
	const char *what = x->what != NULL && x->what[0] != '\0' ? x->what : "file";
	int rc =
	    note(n, x->u, "bundle.refused", code, node_text(n, "%s: %s", what, err_text(code)));

	give_up(n);
	return rc == ERR_OK ? node_reply(n, n->event->ask, code == ERR_NOKEY ? ERR_DENIED : code,
					 what, sentence(code), NULL, NULL)
			    : rc;
}

static bool is_ours(int rc)
{
	return rc == ERR_NOMEM || rc == ERR_STORE || rc == ERR_CORRUPT || rc == ERR_FULL;
}

static int piece(struct unpacking *x, struct bytes content, struct answer_bundle *a)
{
	struct unpack *u = x->u;
	uint64_t left = u->bytes - u->at;
	int rc;

	if (content.len != (left < ASK_PIECE_BYTES ? left : ASK_PIECE_BYTES)) {
		return unpack_refuse(x, ERR_RANGE, "piece");
	}
	rc = compare_piece(u, content);
	if (rc != ERR_OK) {
		return unpack_refuse(x, rc, "second reading");
	}
	u->at += content.len;
	rc = feed(x, content);
	if (rc == ERR_OK && u->at == u->bytes) {
		rc = turn(x, a);
	}
	return rc == ERR_OK && x->news ? ledger_save(x->n->store, x->n->keys, &x->ledger) : rc;
}

int unpack_piece(struct node *n, const struct ask *ask)
{
	struct ask_bundle_piece in;
	struct answer_bundle a = { .handle = 0 };
	struct unpacking x = { .n = n, .u = n->unpack };
	int rc = schema_decode(ask_find(ask->verb)->ask, ask->body, &n->arena, &in, NULL);

	if (rc != ERR_OK) {
		return rc;
	}
	if (x.u == NULL || x.u->handle != in.handle) {
		return node_reply(n, n->event->ask, ERR_STATE, "handle",
				  "this bundle is not being taken any more: begin again", NULL,
				  NULL);
	}
	x.u->used_ms = n->now_ms;
	rc = piece(&x, in.content, &a);
	if (rc != ERR_OK && !is_ours(rc)) {
		return refused(&x, rc);
	}
	if (rc == ERR_OK) {
		a.handle = x.u->handle;
		rc = node_reply(n, n->event->ask, ERR_OK, NULL, NULL, ask_find(ask->verb)->answer,
				&a);
	}
	if (rc != ERR_OK || a.done != 0) {
		give_up(n);
	}
	return rc;
}

int unpack_import(struct node *n, const struct ask *ask)
{
	struct ask_bundle_import in;
	struct answer_bundle a = { .handle = 0 };
	struct unpack *u;
	int rc = schema_decode(ask_find(ask->verb)->ask, ask->body, &n->arena, &in, NULL);

	if (rc != ERR_OK) {
		return rc;
	}
	unpack_due(n);
	if (n->unpack != NULL) {
		return node_reply(n, n->event->ask, ERR_BUSY, NULL,
				  "another bundle is being taken: try again in a minute", NULL,
				  NULL);
	}
	if (in.bytes == 0 || in.bytes > FILE_BYTES_MAX) {
		return node_reply(n, n->event->ask, in.bytes == 0 ? ERR_SHORT : ERR_LIMIT, "bytes",
				  "no bundle has this length", NULL, NULL);
	}
	u = calloc(1, sizeof *u);
	if (u == NULL) {
		return ERR_NOMEM;
	}
	*u = (struct unpack){
		.handle = node_job(n), .used_ms = n->now_ms, .bytes = in.bytes, .dry = in.dry != 0
	};
	buf_init(&u->hashes, 0);
	buf_init(&u->passport, PASSPORT_BYTES_MAX + 1024U);
	rc = open_reader(n, &u->reader);
	if (rc != ERR_OK) {
		unpack_free(u);
		return rc;
	}
	n->unpack = u;
	a.handle = u->handle;
	return node_reply(n, n->event->ask, ERR_OK, NULL, NULL, ask_find(ask->verb)->answer, &a);
}
