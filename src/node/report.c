/* Chapter 7: headquarters gets the checks of its posts, searches its own gallery, and answers;
 * the post puts both answers side by side.  Sending twice changes nothing.
 * Before: unpack.c  Next: forget.c */
#include <string.h>

#include "node/chapter.h"

#define QUEUE "headquarters"

const struct passport *report_headquarters(const struct node *n)
{
	for (size_t i = 0; n->members != NULL && i < members_count(n->members); i++) {
		const struct passport *p = members_at(n->members, i);

		if (p->role == ROLE_HQ && passport_valid(p, n->today)) {
			return p;
		}
	}
	return NULL;
}

int report_mail(struct node *n, uint64_t kind, const struct passport *to,
		const uint8_t encounter[KINDS_ENCOUNTER_BYTES], const struct schema *schema,
		const void *body, uint8_t id[ENTRY_ID_BYTES])
{
	uint8_t class_id[ENTRY_CLASS_BYTES];
	struct share_order order = { .kind = kind,
				     .class_id = class_id,
				     .recipient = to->seal_public,
				     .schema = schema,
				     .body = body,
				     .expiry_day = n->today + CASE_KEEP_DAYS,
				     .about = { .data = encounter, .len = KINDS_ENCOUNTER_BYTES } };
	int rc = share_group(n, GROUP_MAIL, class_id);

	return rc == ERR_OK ? share_write(n, &order, id) : rc;
}

/* ---- headquarters ---- */

/* The job is kept locked, with the prints, until it is answered. */
static int enqueue(struct node *n, const struct entry *e, const struct encounter *enc)
{
	struct buf plain;
	struct buf locked;
	int rc;

	buf_init(&plain, 0);
	buf_init(&locked, 0);
	buf_put(&plain, e->header.author, ENTRY_NODE_BYTES);
	rc = schema_encode(&kinds_encounter, enc, &plain);
	if (rc == ERR_OK) {
		rc = keys_lock(n->keys, QUEUE, buf_bytes(&plain), &locked);
	}
	if (rc == ERR_OK) {
		rc = store_enqueue(
		    n->store, QUEUE,
		    (struct bytes){ .data = enc->encounter, .len = KINDS_ENCOUNTER_BYTES },
		    buf_bytes(&locked));
	}
	if (plain.data != NULL) {
		explicit_bzero(plain.data, plain.room);
	}
	buf_done(&plain);
	buf_done(&locked);
	return rc;
}

int report_encounter(struct node *n, const struct entry *e, const struct encounter *enc)
{
	const struct passport *origin = members_find(n->members, e->header.author);
	struct receipt r = { .state = RECEIPT_DELIVERED, .expiry_day = e->header.expiry_day };
	uint8_t id[ENTRY_ID_BYTES];
	int rc;

	if (n->self.role != ROLE_HQ || origin == NULL) {
		return ERR_OK;
	}
	rc = enqueue(n, e, enc);
	if (rc != ERR_OK && rc != ERR_EXISTS) {
		return rc;
	}
	memcpy(r.encounter, enc->encounter, KINDS_ENCOUNTER_BYTES);
	memcpy(r.entry, e->id, ENTRY_ID_BYTES);
	if (rc == ERR_OK) {
		rc = node_audit(n, "encounter.received", enc->officer, enc->encounter,
				&(struct audit_line){ .purpose = enc->purpose,
						      .legal_basis = enc->legal_basis });
	} else {
		rc = ERR_OK; /* a second copy gets a second receipt and nothing else */
	}
	if (rc == ERR_OK) {
		rc = report_mail(n, KIND_RECEIPT, origin, enc->encounter, &kinds_receipt, &r, id);
	}
	return rc == ERR_OK ? report_search(n) : rc;
}

/* Read a job back: the origin, then the encounter. */
static int unlock(struct node *n, struct searching *s, const struct store_job *job)
{
	struct bytes plain;
	int rc = keys_unlock(n->keys, QUEUE, job->body, &s->arena, &plain);

	if (rc != ERR_OK || plain.len < ENTRY_NODE_BYTES) {
		return ERR_CORRUPT;
	}
	memcpy(s->origin, plain.data, ENTRY_NODE_BYTES);
	plain.data += ENTRY_NODE_BYTES;
	plain.len -= ENTRY_NODE_BYTES;
	s->store_job = job->number;
	return schema_decode(&kinds_encounter, plain, &s->arena, &s->encounter, NULL);
}

int report_search(struct node *n)
{
	while (n->self.role == ROLE_HQ) {
		struct searching *s = search_new(n);
		struct store_job job;
		int rc;

		if (s == NULL) {
			return ERR_OK; /* the next search that ends looks again */
		}
		node_touch(n);
		rc = store_lease(n->store, QUEUE, n->now_ms, n->now_ms + LEASE_MS, &s->arena, &job);
		if (rc == ERR_OK) {
			rc = unlock(n, s, &job);
		}
		if (rc == ERR_OK) {
			s->rules = (struct policy_match){ .search = true,
							  .fpir_ppm = 1000,
							  .reviewers = 2 };
			rc = search_ask(n, s, s->encounter.samples.items,
					s->encounter.samples.count);
		}
		if (rc != ERR_OK) {
			search_done(s);
			return rc == ERR_NOTFOUND ? ERR_OK : rc;
		}
	}
	return ERR_OK;
}

static int send_verdict(struct node *n, const struct kase *k, struct verdict *v)
{
	const struct passport *origin = members_find(n->members, k->origin);
	uint8_t id[ENTRY_ID_BYTES];
	char hex[9];
	int rc;

	if (origin == NULL) {
		return ERR_OK; /* nobody to tell; the case stays in our queue */
	}
	memcpy(v->encounter, k->encounter, KINDS_ENCOUNTER_BYTES);
	v->people = k->search.people;
	v->decided_ms = n->wall_ms;
	if (k->has_verdict && k->verdict.outcome == v->outcome &&
	    memcmp(k->verdict.record, v->record, KINDS_RECORD_BYTES) == 0) {
		return ERR_OK; /* it has been said */
	}
	rc = report_mail(n, KIND_VERDICT, origin, k->encounter, &kinds_verdict, v, id);
	if (rc == ERR_OK) {
		/* The mail is sealed to the post: a copy for ourselves. */
		struct share_order own = { .kind = KIND_VERDICT,
					   .class_id = n->own_class,
					   .schema = &kinds_verdict,
					   .body = v,
					   .expiry_day = n->today + CASE_KEEP_DAYS };

		rc = share_write(n, &own, id);
	}
	if (rc == ERR_OK) {
		rc = node_audit(n, "verdict.sent", v->examiner, k->encounter, NULL);
	}
	bytes_hex(k->encounter, 4, hex);
	return rc == ERR_OK ? node_tell(n, "level=notice at=report encounter=%s verdict=%llu", hex,
					(unsigned long long)v->outcome)
			    : rc;
}

int report_found(struct node *n, struct searching *s, const struct search_result *found)
{
	struct candidate candidates[SEARCH_CANDIDATES_MAX];
	const struct encounter *e = &s->encounter;
	struct search_record r = {
		.captured_ms = e->captured_ms,
		.officer = e->officer,
		.purpose = e->purpose,
		.legal_basis = e->legal_basis,
		.operation = e->operation,
		.people = s->people,
		.synced_ms = n->wall_ms,
		.threshold = (uint64_t)s->threshold + SEARCH_SCORE_OFFSET,
		.fpir_ppm = s->rules.fpir_ppm,
		.reviewers = s->rules.reviewers,
		.not_searched = UNSEARCHED_FACE | UNSEARCHED_NAME | UNSEARCHED_DOCUMENT,
	};
	struct verdict v = { 0 };
	const struct kase *k;
	int rc;

	memcpy(r.encounter, e->encounter, KINDS_ENCOUNTER_BYTES);
	memcpy(r.origin, s->origin, ENTRY_NODE_BYTES);
	r.candidates = (struct list){ .items = candidates,
				      .count = search_candidates(n, s, found, candidates) };
	rc = node_audit(n, "check.headquarters", r.officer, r.encounter,
			&(struct audit_line){ .purpose = r.purpose,
					      .legal_basis = r.legal_basis,
					      .candidates = r.candidates.count });
	if (rc == ERR_OK) {
		rc = search_keep(n, &r);
	}
	if (rc == ERR_OK) {
		rc = store_settle(n->store, s->store_job);
	}
	k = map_get(&n->book->kases, r.encounter);
	if (rc == ERR_OK && k != NULL) {
		v.outcome = e->samples.count == 0    ? VERDICT_ERROR
			    : r.candidates.count > 0 ? VERDICT_CANDIDATES
						     : VERDICT_NO_HIT;
		rc = send_verdict(n, k, &v);
	}
	search_done(s);
	return rc == ERR_OK ? report_search(n) : rc;
}

int report_reviewed(struct node *n, struct kase *k)
{
	const struct candidate *c = k->search.candidates.items;
	struct verdict v = { .outcome = VERDICT_NO_HIT };

	for (size_t i = 0; i < k->search.candidates.count; i++) {
		enum review_state state = kase_review(n, k, i);
		const struct person *p = map_get(&n->book->people, c[i].record);

		if (state == REVIEW_CONFIRMED && p != NULL && p->has_notice) {
			v.outcome = VERDICT_CONFIRMED;
			memcpy(v.record, c[i].record, KINDS_RECORD_BYTES);
			v.owner = p->notice.owner;
			v.reference = p->notice.reference;
			break;
		}
		if (state != REVIEW_DISMISSED) {
			return ERR_OK; /* people are not done with it */
		}
	}
	if (k->opinions > 0) {
		v.examiner = k->opinion[k->opinions - 1].reviewer;
	}
	return send_verdict(n, k, &v);
}

/* The time that our last beacon said. */
static uint64_t said_ms(const struct node *n)
{
	const struct held *h;
	uint64_t said = 0;
	size_t at = 0;

	while ((h = map_next(&n->book->held, &at)) != NULL) {
		if (h->kind == KIND_BEACON && h->revision > said &&
		    memcmp(h->author, n->self.node, ENTRY_NODE_BYTES) == 0) {
			said = h->revision;
		}
	}
	return said;
}

int report_beacon(struct node *n)
{
	struct beacon b = { .at_ms = n->wall_ms };
	uint8_t about[8 + ENTRY_NODE_BYTES] = "beacon";
	uint8_t id[ENTRY_ID_BYTES];
	struct share_order order = {
		.kind = KIND_BEACON,
		.class_id = n->membership.control_class,
		.schema = &kinds_beacon,
		.body = &b,
		.expiry_day = n->today + CASE_KEEP_DAYS,
		.about = { .data = about, .len = sizeof about },
	};
	uint64_t said;

	if (!n->enrolled || n->self.role != ROLE_HQ || n->now_ms < n->beacon_ms) {
		return ERR_OK;
	}
	/* When our clock has been set back: an older word would be refused, here too. */
	said = said_ms(n);
	b.at_ms = b.at_ms > said ? b.at_ms : said + 1;
	order.revision = b.at_ms;
	memcpy(about + 8, n->self.node, ENTRY_NODE_BYTES);
	n->beacon_ms = n->now_ms + BEACON_EVERY_MS;
	return share_write(n, &order, id);
}

/* ---- the post ---- */

int report_receipt(struct node *n, const struct receipt *r, bool live)
{
	struct kase *k = book_kase(n->book, r->encounter);
	struct erased erased = { .expiry_day = r->expiry_day };
	const struct held *h = book_held(n->book, r->entry);

	if (k == NULL) {
		return ERR_NOMEM;
	}
	k->delivered = true;
	if (!live || h == NULL || memcmp(h->author, n->self.node, ENTRY_NODE_BYTES) != 0) {
		return ERR_OK;
	}
	/* It has arrived: the prints need not be anywhere else any more (DESIGN 1, rule 4). */
	memcpy(erased.id, r->entry, ENTRY_ID_BYTES);
	return RULE(delivered_erased, true) ? forget_erase(n, &erased, 1) : ERR_OK;
}
