/* Beside the chapters: what an entry that has been kept means to this node. */
#include <string.h>

#include "node/chapter.h"

/* Open the body, if it is for us.  ERR_NOKEY when it is not (yet). */
static int open_entry(struct node *n, const struct entry *e, struct bytes *body)
{
	const uint8_t *key;

	if (e->wrap.len == ENTRY_WRAP_RECIPIENT) {
		return seal_open_mail(e, n->keys, &n->arena, body);
	}
	key = memcmp(e->header.class_id, n->own_class, ENTRY_CLASS_BYTES) == 0
		  ? keys_own(n->keys)
		  : members_epoch_key(n->members, e->header.class_id, e->header.epoch);
	return key == NULL ? ERR_NOKEY : seal_open_class(e, key, &n->arena, body);
}

static int decode(struct node *n, const struct entry *e, struct bytes body, void *out)
{
	return schema_decode(kinds_schema(e->header.kind), body, &n->arena, out, NULL);
}

bool apply_is_searchable(const struct node *n, const struct person *p)
{
	return p->has_notice && p->version.status == STATUS_ACTIVE &&
	       p->notice.valid_until >= n->today && p->fingers > 0;
}

/* The last day on which the person may match: the owner's, or that of the entry itself. */
static uint32_t last_day(const struct node *n, const struct person *p)
{
	const struct held *h = book_held(n->book, p->notice_id);
	uint64_t day = p->notice.valid_until < UINT32_MAX ? p->notice.valid_until : UINT32_MAX;

	return h != NULL && h->expiry_day < day ? h->expiry_day : (uint32_t)day;
}

void apply_leave(struct node *n, struct person *p)
{
	if (p->in_gallery) {
		(void)gallery_remove(n->gallery, p->record);
		permit_leave(n->permits, p->group);
		p->in_gallery = false;
	}
}

/* The gallery follows the book: removal is effective before this step ends. */
int apply_gallery(struct node *n, struct person *p)
{
	int rc;

	apply_leave(n, p);
	if (!apply_is_searchable(n, p)) {
		return ERR_OK;
	}
	rc = permit_join(n->permits, &p->notice, &p->group);
	if (rc != ERR_OK) {
		return rc;
	}
	p->in_gallery = true;
	for (size_t i = 0; i < p->fingers; i++) {
		if (gallery_put(n->gallery, p->record, p->finger[i].card) == ERR_NOMEM) {
			return ERR_NOMEM;
		}
	}
	/* Expiry is the search's to see: it must not wait for the next look at everybody. */
	rc =
	    gallery_set_label(n->gallery, p->record,
			      (struct gallery_label){ .until = last_day(n, p), .group = p->group });
	if (rc == ERR_NOTFOUND) { /* none of the fingers could be put in */
		apply_leave(n, p);
		return ERR_OK;
	}
	return rc;
}

static int drop_loser(struct node *n, const uint8_t loser[ENTRY_ID_BYTES])
{
	static const uint8_t none[ENTRY_ID_BYTES];

	return memcmp(loser, none, sizeof none) == 0 ? ERR_OK : forget_drop(n, loser);
}

/* A notice that people may have acted on has changed, is blocked or withdrawn: say so. */
static int tell_standing(struct node *n, const struct person *p)
{
	char hex[9];

	bytes_hex(p->record, 4, hex);
	return node_tell(n, "level=info at=exchange record=%s status=%s revision=%llu", hex,
			 p->version.status == STATUS_ACTIVE    ? "active"
			 : p->version.status == STATUS_BLOCKED ? "blocked"
							       : "withdrawn",
			 (unsigned long long)p->version.revision);
}

static int apply_owned(struct node *n, const struct entry *e, struct held *h, struct bytes body,
		       bool live)
{
	uint8_t loser[ENTRY_ID_BYTES] = { 0 };
	struct subject subject;
	struct finger_record finger;
	struct person *p;
	int rc;

	if (e->header.kind == KIND_NOTICE) {
		rc = book_notice(n->book, h, e->header.clock, body, loser);
	} else if (e->header.kind == KIND_SUBJECT) {
		rc = decode(n, e, body, &subject);
		if (rc == ERR_OK) {
			rc = book_subject(n->book, h, e->header.clock, &subject, loser);
		}
	} else {
		rc = decode(n, e, body, &finger);
		if (rc == ERR_OK) {
			rc = book_finger(n->book, h, &finger, loser);
		}
	}
	if (rc == ERR_STALE) {
		return forget_drop(n, e->id);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	p = map_get(&n->book->people, h->about);
	rc = drop_loser(n, loser);
	if (rc == ERR_OK && p != NULL) {
		rc = apply_gallery(n, p);
	}
	if (rc == ERR_OK && p != NULL && live && e->header.kind == KIND_NOTICE &&
	    (p->version.status != STATUS_ACTIVE || p->version.revision > 1)) {
		rc = tell_standing(n, p);
	}
	return rc;
}

static int apply_epoch(struct node *n, const struct entry *e, const struct epoch *epoch)
{
	const struct member_key *m = epoch->members.items;
	int known;

	/* What it says of its own key must fit; whether the key does is seen by who gets it. */
	if (memcmp(epoch->commit, epoch->epoch, sizeof epoch->epoch) != 0) {
		return ERR_FORGED;
	}
	known = members_epoch(n->members, epoch->class_id, epoch->epoch, e->header.clock);
	if (known != ERR_OK) {
		return known;
	}
	for (size_t i = 0; i < epoch->members.count; i++) {
		uint8_t commit[32];
		uint8_t mark[ENTRY_EPOCH_BYTES];
		struct bytes key;
		int rc;

		if (memcmp(m[i].member, n->self.node, ENTRY_NODE_BYTES) != 0) {
			continue;
		}
		rc = keys_unbox(n->keys, m[i].box, &n->arena, &key);
		if (rc != ERR_OK || key.len != SEAL_KEY_BYTES) {
			return ERR_FORGED;
		}
		seal_epoch(key.data, commit, mark);
		if (memcmp(commit, epoch->commit, sizeof commit) != 0) {
			return ERR_FORGED;
		}
		rc = members_key(n->members, epoch->class_id, key.data);
		n->keys_came = n->keys_came || rc == ERR_OK;
		return rc == ERR_EXISTS ? ERR_OK : rc;
	}
	return ERR_OK;
}

static int apply_control(struct node *n, const struct entry *e, struct bytes body)
{
	struct passport_entry passport;
	struct roster roster;
	struct epoch epoch;
	struct erasure erasure;
	int rc;

	switch (e->header.kind) {
	case KIND_PASSPORT:
		rc = decode(n, e, body, &passport);
		if (rc == ERR_OK) {
			rc = members_passport(n->members, passport.signed_passport, NULL);
		}
		if (rc == ERR_OK) { /* it may be ours: the texts of the one before are gone */
			n->self = *members_find(n->members, keys_node(n->keys));
			n->passport_came = true;
		}
		return rc == ERR_STALE ? ERR_OK : rc;
	case KIND_ROSTER:
		rc = decode(n, e, body, &roster);
		if (rc == ERR_OK) {
			rc = members_roster(n->members, &roster);
		}
		n->roster_came = n->roster_came || rc == ERR_OK;
		return rc == ERR_STALE ? ERR_OK : rc;
	case KIND_EPOCH:
		rc = decode(n, e, body, &epoch);
		return rc == ERR_OK ? apply_epoch(n, e, &epoch) : rc;
	case KIND_ERASURE:
		rc = decode(n, e, body, &erasure);
		return rc == ERR_OK ? forget_apply(n, e, &erasure) : rc;
	default:
		return ERR_OK; /* kinds of later versions are carried */
	}
}

static int apply_verdict(struct node *n, const struct entry *e, struct held *h, struct bytes body,
			 bool live)
{
	struct kase *k;
	char hex[9];
	int rc = book_verdict(n->book, h, e->header.clock, body);

	if (rc != ERR_OK || !live ||
	    memcmp(e->header.author, n->self.node, ENTRY_NODE_BYTES) == 0) {
		return rc;
	}
	k = map_get(&n->book->kases, h->about);
	bytes_hex(h->about, 4, hex);
	rc = node_audit(n, "verdict.received", (struct bytes){ NULL, 0 }, h->about, NULL);
	if (rc == ERR_OK && k != NULL) {
		struct case_facts f;

		kase_facts(n, k, &f);
		rc = node_tell(n, "level=notice at=report encounter=%s state=%s result=\"%s\"", hex,
			       merge_case_state_name(merge_case_state(&f)),
			       merge_case_result_name(merge_case_result(&f)));
	}
	return rc;
}

static int apply_case(struct node *n, const struct entry *e, struct held *h, struct bytes body,
		      bool live)
{
	struct encounter encounter;
	struct decision decision;
	struct action action;
	struct receipt receipt;
	int rc;

	switch (e->header.kind) {
	case KIND_SEARCH:
		return book_search(n->book, h, body);
	case KIND_ENCOUNTER:
		rc = decode(n, e, body, &encounter);
		h->opened = rc == ERR_OK;
		return rc == ERR_OK && live ? report_encounter(n, e, &encounter) : rc;
	case KIND_DECISION:
		rc = decode(n, e, body, &decision);
		return rc == ERR_OK ? book_decision(n->book, h, &decision) : rc;
	case KIND_ACTION:
		rc = decode(n, e, body, &action);
		return rc == ERR_OK ? book_action(n->book, h, &action) : rc;
	case KIND_VERDICT:
		return apply_verdict(n, e, h, body, live);
	case KIND_RECEIPT:
		rc = decode(n, e, body, &receipt);
		h->opened = rc == ERR_OK;
		return rc == ERR_OK ? report_receipt(n, &receipt, live) : rc;
	default:
		return ERR_OK;
	}
}

/* Our own mail is sealed to headquarters: we know it by its tag. */
static int note_mail(struct node *n, const struct entry *e)
{
	struct kase *k;

	if (e->header.kind != KIND_ENCOUNTER ||
	    memcmp(e->header.author, n->self.node, ENTRY_NODE_BYTES) != 0) {
		return ERR_OK;
	}
	k = book_kase(n->book, e->header.tag);
	if (k == NULL) {
		return ERR_NOMEM;
	}
	k->has_mail = true;
	memcpy(k->mail_id, e->id, ENTRY_ID_BYTES);
	k->mail_expiry = (uint32_t)e->header.expiry_day;
	return ERR_OK;
}

/* Headquarters' stamps are the time that everybody goes by; ours may only be later. */
static void hear_time(struct node *n, uint64_t ms)
{
	if (n->self.role == ROLE_HQ) {
		return;
	}
	n->synced_ms = ms > n->synced_ms ? ms : n->synced_ms;
	n->trusted_ms = ms > n->trusted_ms ? ms : n->trusted_ms;
	n->wall_ms = ms > n->wall_ms ? ms : n->wall_ms;
	n->today = day_of_ms(n->wall_ms);
}

int apply_entry(struct node *n, const struct entry *e, bool live)
{
	struct held *h = book_held(n->book, e->id);
	const struct passport *author = members_find(n->members, e->header.author);
	struct bytes body;
	int rc;

	if (h == NULL) {
		return ERR_OK;
	}
	if (author != NULL && author->role == ROLE_HQ) {
		hear_time(n, clock_ms(e->header.clock));
	}
	if (RULE(future_waits, !clock_believable(e->header.clock, n->wall_ms))) {
		return ERR_OK; /* kept, and looked at again later */
	}
	rc = open_entry(n, e, &body);
	if (rc == ERR_NOKEY) {
		return note_mail(n, e);
	}
	if (rc == ERR_OK && kind_lane(e->header.kind) == LANE_TRUST) {
		rc = apply_control(n, e, body);
		h = book_held(n->book, e->id);
		if (h != NULL) {
			h->opened = rc == ERR_OK;
		}
	} else if (rc == ERR_OK && kind_is_owned(e->header.kind)) {
		rc = apply_owned(n, e, h, body, live);
	} else if (rc == ERR_OK) {
		rc = apply_case(n, e, h, body, live);
	}
	/* What cannot be read by its members is damage or malice, but it is signed: it is kept
	 * for whoever examines it, and means nothing. */
	return rc == ERR_NOMEM || rc == ERR_STORE || rc == ERR_CORRUPT ? rc : ERR_OK;
}

/* Could we open it now? */
static bool has_key(const struct node *n, const struct held *h)
{
	return !h->opened && members_write_key(n->members, h->class_id) != NULL;
}

static int open_again(struct node *n, const uint8_t id[ENTRY_ID_BYTES])
{
	struct store_entry e;
	int rc = store_get(n->store, id, &n->arena, &e);

	if (rc == ERR_NOTFOUND) {
		return ERR_OK;
	}
	return rc == ERR_OK ? apply_entry(n, &e.entry, n->started) : rc;
}

int apply_unopened(struct node *n)
{
	int rc = ERR_OK;

	/* Opening one may bring keys for others, or write and drop entries: the list is made
	 * before anything is touched, and made again while keys come. */
	do {
		const struct held *h;
		uint8_t(*ids)[ENTRY_ID_BYTES];
		size_t count = 0;
		size_t at = 0;

		n->keys_came = false;
		ids = arena_take(&n->arena, n->book->held.count, sizeof *ids);
		if (ids == NULL) {
			return ERR_NOMEM;
		}
		while ((h = map_next(&n->book->held, &at)) != NULL) {
			if (has_key(n, h)) {
				memcpy(ids[count++], h->id, ENTRY_ID_BYTES);
			}
		}
		for (size_t i = 0; rc == ERR_OK && i < count; i++) {
			rc = open_again(n, ids[i]);
		}
	} while (rc == ERR_OK && n->keys_came);
	return rc;
}
