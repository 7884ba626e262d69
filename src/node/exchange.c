/* Chapter 6: neighbours exchange what each lacks; an entry that comes is checked, kept, and
 * taken into the book, in this order: form, known, erased, expiry, author, right, signature.
 * Before: meet.c  Next: carry.c */
#include <string.h>

#include "node/chapter.h"

/* ---- the session ---- */

bool exchange_shares(const struct node *n, const uint8_t peer[ENTRY_NODE_BYTES],
		     const uint8_t class_id[ENTRY_CLASS_BYTES])
{
	bool theirs = !RULE(send_entitled, members_right(n->members, peer, class_id) < RIGHT_RELAY);
	bool ours =
	    !RULE(take_entitled, members_right(n->members, n->self.node, class_id) < RIGHT_RELAY);

	return memcmp(class_id, n->membership.control_class, ENTRY_CLASS_BYTES) == 0 ||
	       (theirs && ours);
}

/* The classes that this node and the peer may both have. */
static size_t shared(const struct node *n, const struct wire_link *l, struct sync_class *out)
{
	size_t count = 1;

	out[0] = (struct sync_class){ .control = true, .send = true, .take = true };
	memcpy(out[0].class_id, n->membership.control_class, ENTRY_CLASS_BYTES);
	for (size_t i = 0; i < members_class_count(n->members); i++) {
		const uint8_t *id = members_class(n->members, i, NULL);

		if (memcmp(id, n->membership.control_class, ENTRY_CLASS_BYTES) != 0 &&
		    count < SYNC_CLASSES_MAX && exchange_shares(n, l->peer, id)) {
			out[count] = (struct sync_class){ .send = true, .take = true };
			memcpy(out[count++].class_id, id, ENTRY_CLASS_BYTES);
		}
	}
	return count;
}

int exchange_begin(struct node *n, struct wire_link *l, const uint8_t *salt)
{
	struct sync_config config = { .initiator = l->dialled };
	struct sync_class *classes = arena_take(&n->arena, SYNC_CLASSES_MAX, sizeof *classes);
	int rc;

	if (classes == NULL) {
		return ERR_NOMEM;
	}
	memcpy(config.salt, salt, SYNC_SALT_BYTES);
	rc = sync_session_new(n->set, &config, classes, shared(n, l, classes), n->now_ms, &l->sync);
	return rc == ERR_OK ? exchange_pump(n, l) : rc;
}

int exchange_classes(struct node *n, struct wire_link *l)
{
	struct sync_class *classes = arena_take(&n->arena, SYNC_CLASSES_MAX, sizeof *classes);

	if (classes == NULL) {
		return ERR_NOMEM;
	}
	return sync_classes(l->sync, classes, shared(n, l, classes), n->now_ms);
}

static int send_message(struct node *n, struct wire_link *l, struct bytes message)
{
	struct buf out;
	int rc;

	buf_init(&out, 0);
	rc = link_send(l->link, message, &out);
	if (rc == ERR_OK) {
		l->queued += out.len;
		l->sent += out.len;
		rc = effects_add(n->effects, &(struct effect){ .kind = EFFECT_SEND,
							       .link = l->number,
							       .bytes = buf_bytes(&out) });
	}
	buf_done(&out);
	return rc;
}

static int load(struct node *n, struct wire_link *l, const uint8_t id[ENTRY_ID_BYTES])
{
	struct store_entry e;
	struct buf out;
	int rc = store_get(n->store, id, &n->arena, &e);

	if (rc == ERR_NOTFOUND) {
		return sync_loaded(l->sync, id, (struct bytes){ NULL, 0 });
	}
	if (rc != ERR_OK) {
		return rc;
	}
	buf_init(&out, ENTRY_BYTES_MAX);
	rc = entry_encode(&e.entry, &out);
	if (rc == ERR_OK) {
		rc = sync_loaded(l->sync, id, buf_bytes(&out));
	}
	buf_done(&out);
	return rc;
}

static int keep(struct node *n, struct wire_link *l, const struct sync_out *out)
{
	struct bytes copy = arena_copy(&n->arena, out->bytes);
	uint8_t id[ENTRY_ID_BYTES];
	int code;

	if (copy.data == NULL) {
		return ERR_NOMEM;
	}
	memcpy(id, out->id, sizeof id);
	n->giver = l;
	code = exchange_take(n, copy);
	n->giver = NULL;
	if (code == ERR_NOMEM || code == ERR_STORE || code == ERR_CORRUPT || code == ERR_FULL) {
		return code;
	}
	if (code != ERR_OK && code != ERR_EXISTS && code != ERR_STALE) {
		char hex[9];

		bytes_hex(id, 4, hex);
		/* Whose author is unknown may have come before its author's passport. */
		if (code != ERR_NOTFOUND) {
			(void)node_tell(n, "level=warn at=exchange entry=%s err=\"%s\"", hex,
					err_text(code));
		}
		l->refused = true;
	}
	return sync_stored(l->sync, id, code);
}

/* The peer has it for good: if it is our mail, it is on its way. */
static void carried(struct node *n, const uint8_t id[ENTRY_ID_BYTES])
{
	size_t at = 0;
	struct kase *k;

	while ((k = map_next(&n->book->kases, &at)) != NULL) {
		if (k->has_mail && memcmp(k->mail_id, id, ENTRY_ID_BYTES) == 0) {
			k->carried = true;
		}
	}
}

static int settled(struct node *n, struct wire_link *l)
{
	const struct passport *p = members_find(n->members, l->peer);

	if (p != NULL && p->role == ROLE_HQ && n->self.role != ROLE_HQ) {
		struct buf b;
		int rc;

		n->synced_ms = n->wall_ms;
		buf_init(&b, 8);
		buf_u64(&b, n->synced_ms);
		rc = store_set(n->store, "synced", buf_bytes(&b));
		buf_done(&b);
		if (rc != ERR_OK) {
			return rc;
		}
	}
	/* What its author's passport came after was refused. */
	if (l->again) {
		return meet_close(n, l, "again", ERR_OK);
	}
	if (!l->settled) {
		char hex[9];

		l->settled = true;
		bytes_hex(l->peer, 4, hex);
		return node_tell(n, "level=info at=exchange peer=%s state=settled", hex);
	}
	return ERR_OK;
}

static int carry_out(struct node *n, struct wire_link *l, const struct sync_out *out)
{
	switch (out->kind) {
	case SYNC_SEND:
		return send_message(n, l, out->bytes);
	case SYNC_LOAD:
		return load(n, l, out->id);
	case SYNC_STORE:
		return keep(n, l, out);
	case SYNC_CLASSES:
		return exchange_classes(n, l);
	case SYNC_SETTLED:
		return settled(n, l);
	case SYNC_KEPT:
		carried(n, out->id);
		return ERR_OK;
	case SYNC_WAKE:
		l->wake_ms = out->at_ms;
		return ERR_OK;
	case SYNC_NOTHING:
		break;
	}
	return ERR_INTERNAL;
}

int exchange_pump(struct node *n, struct wire_link *l)
{
	struct sync_out out;

	node_touch(n);
	while (l->sync != NULL && l->queued < QUEUED_MAX) {
		int rc;

		sync_poll(l->sync, &out);
		if (out.kind == SYNC_NOTHING) {
			break;
		}
		rc = carry_out(n, l, &out);
		if (rc != ERR_OK) {
			return rc;
		}
	}
	return ERR_OK;
}

int exchange_message(struct node *n, struct wire_link *l, struct bytes message)
{
	int rc = sync_message(l->sync, message, n->now_ms);

	if (rc != ERR_OK) {
		return meet_close(n, l, "sync", rc);
	}
	return exchange_pump(n, l);
}

/* ---- one entry ---- */

/* May this author write such an entry in this class? */
static int may_write(const struct node *n, const struct passport *author, const struct entry *e)
{
	struct labels labels;
	bool issuer = author->role == ROLE_HQ || author->role == ROLE_REGION;
	bool control =
	    memcmp(e->header.class_id, n->membership.control_class, ENTRY_CLASS_BYTES) == 0;

	if (control) {
		return issuer || e->header.kind == KIND_ERASURE ? ERR_OK : ERR_DENIED;
	}
	if (kind_lane(e->header.kind) == LANE_TRUST) {
		return ERR_DENIED;
	}
	if (members_labels(n->members, e->header.class_id, &labels) != ERR_OK) {
		return ERR_DENIED;
	}
	if (kind_is_owned(e->header.kind)) {
		return author->owner.len > 0 && bytes_equal(author->owner, labels.owner) &&
			       (labels.group == GROUP_MATCH || labels.group == GROUP_IDENTITY)
			   ? ERR_OK
			   : ERR_DENIED;
	}
	switch (e->header.kind) {
	case KIND_DECISION:
	case KIND_ACTION:
		return labels.group == GROUP_CASE && author->role != ROLE_RELAY ? ERR_OK
										: ERR_DENIED;
	case KIND_ENCOUNTER:
		return labels.group == GROUP_MAIL && author->role != ROLE_RELAY ? ERR_OK
										: ERR_DENIED;
	case KIND_VERDICT:
	case KIND_RECEIPT:
		return labels.group == GROUP_MAIL && author->role == ROLE_HQ ? ERR_OK : ERR_DENIED;
	default:
		return ERR_DENIED;
	}
}

/* Who may have written it, cheapest check first. */
static int check_author(const struct node *n, const struct entry *e)
{
	const struct passport *author = members_find(n->members, e->header.author);
	int rc;

	if (memcmp(e->header.class_id, n->own_class, ENTRY_CLASS_BYTES) == 0) {
		return memcmp(e->header.author, n->self.node, ENTRY_NODE_BYTES) == 0 ? ERR_OK
										     : ERR_DENIED;
	}
	if (author == NULL) {
		return RULE(author_known, true) ? ERR_NOTFOUND : ERR_OK;
	}
	if (RULE(author_current, !passport_valid(author, day_of_ms(clock_ms(e->header.clock))))) {
		return ERR_DENIED;
	}
	rc = may_write(n, author, e);
	if (RULE(author_may, rc != ERR_OK)) {
		return rc;
	}
	rc = seal_verify(e, author->sign_public);
	return RULE(signed_by_author, rc != ERR_OK) ? rc : ERR_OK;
}

/* Has its author erased it before it came? */
static bool claimed(const struct node *n, const struct entry *e)
{
	const uint8_t *by = map_get(&n->book->claims, e->id);

	return by != NULL && memcmp(by, e->header.author, ENTRY_NODE_BYTES) == 0;
}

/* May a revision take the place of another one unread?  Who can read notices keeps the old one
 * until the new one counts (apply.c); who carries them sealed goes by the tag. */
static bool replaces_unread(const struct node *n, const struct entry *e)
{
	switch (e->header.kind) {
	case KIND_TEMPLATE:
	case KIND_SUBJECT:
	case KIND_BEACON:
		return true;
	case KIND_NOTICE:
		return members_write_key(n->members, e->header.class_id) == NULL;
	default:
		return false;
	}
}

/* A later revision of the same thing is here already. */
static const struct held *newer(const struct node *n, const struct entry *e)
{
	const struct held *top = map_get(&n->book->tags, e->header.tag);

	if (!replaces_unread(n, e) || top == NULL || top->kind != e->header.kind ||
	    memcmp(top->class_id, e->header.class_id, ENTRY_CLASS_BYTES) != 0) {
		return NULL;
	}
	return top;
}

static int check(struct node *n, const struct entry *e)
{
	const struct held *top;

	if (book_held(n->book, e->id) != NULL) {
		return ERR_EXISTS;
	}
	if (store_is_erased(n->store, e->id) || RULE(erased_before, claimed(n, e))) {
		return ERR_STALE;
	}
	if (RULE(expired_refused, e->header.expiry_day < n->today)) {
		return ERR_EXPIRED;
	}
	top = newer(n, e);
	if (RULE(older_refused, top != NULL && top->revision > e->header.revision)) {
		return ERR_STALE;
	}
	return check_author(n, e);
}

int exchange_hold(struct node *n, const struct entry *e, size_t bytes, uint64_t number)
{
	struct sync_item item = { .bytes = (uint32_t)bytes,
				  .lane = (uint8_t)kind_lane(e->header.kind) };
	struct held *h;
	int rc = book_hold(n->book, e, bytes, &h);

	if (rc != ERR_OK) {
		return rc;
	}
	h->number = number;
	if (memcmp(e->header.class_id, n->own_class, ENTRY_CLASS_BYTES) == 0) {
		return ERR_OK;
	}
	memcpy(item.id, e->id, ENTRY_ID_BYTES);
	memcpy(item.class_id, e->header.class_id, ENTRY_CLASS_BYTES);
	rc = sync_set_add(n->set, &item);
	return rc == ERR_OK ? share_offer(n, &item) : rc;
}

int exchange_take(struct node *n, struct bytes encoded)
{
	struct entry e;
	const struct held *older;
	uint8_t drop[ENTRY_ID_BYTES];
	uint64_t number;
	int rc = entry_decode(encoded, &e, NULL);

	if (rc == ERR_OK) {
		rc = check(n, &e);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	node_touch(n);
	older = newer(n, &e);
	if (RULE(newer_replaces, older != NULL && older->revision < e.header.revision)) {
		memcpy(drop, older->id, sizeof drop);
	} else {
		older = NULL;
	}
	rc = store_put(n->store, &e, &number);
	if (rc == ERR_OK) {
		rc = exchange_hold(n, &e, encoded.len, number);
	}
	if (rc == ERR_OK && older != NULL) {
		rc = forget_drop(n, drop);
	}
	if (rc == ERR_OK && memcmp(e.header.author, n->self.node, ENTRY_NODE_BYTES) != 0) {
		clock_learn(&n->clock, e.header.clock, n->wall_ms);
	}
	return rc == ERR_OK ? apply_entry(n, &e, true) : rc;
}
