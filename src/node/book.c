#include "node/book.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "record/kind.h"

#define KASE_BYTES_MAX (256U << 10)

int book_new(uint64_t seed, struct book **out)
{
	struct book *b = calloc(1, sizeof *b);

	if (b == NULL) {
		return ERR_NOMEM;
	}
	map_init(&b->people, seed);
	map_init(&b->held, seed + 1);
	map_init(&b->tags, seed + 2);
	map_init(&b->kases, seed + 3);
	map_init(&b->claims, seed + 4);
	*out = b;
	return ERR_OK;
}

static void person_free(struct person *p)
{
	buf_done(&p->notice_bytes);
	for (size_t i = 0; i < p->fingers; i++) {
		finger_card_unref(p->finger[i].card);
	}
	free(p);
}

static void kase_free(struct kase *k)
{
	arena_done(&k->arena);
	free(k);
}

void book_free(struct book *b)
{
	void *v;
	size_t at = 0;

	if (b == NULL) {
		return;
	}
	while ((v = map_next(&b->people, &at)) != NULL) {
		person_free(v);
	}
	at = 0;
	while ((v = map_next(&b->kases, &at)) != NULL) {
		kase_free(v);
	}
	at = 0;
	while ((v = map_next(&b->held, &at)) != NULL) {
		free(v);
	}
	at = 0;
	while ((v = map_next(&b->claims, &at)) != NULL) {
		free(v);
	}
	map_done(&b->people);
	map_done(&b->held);
	map_done(&b->tags);
	map_done(&b->kases);
	map_done(&b->claims);
	free(b);
}

struct person *book_person(struct book *b, const uint8_t record[KINDS_RECORD_BYTES])
{
	struct person *p = map_get(&b->people, record);

	if (p != NULL) {
		return p;
	}
	p = calloc(1, sizeof *p);
	if (p == NULL || map_put(&b->people, record, p) != ERR_OK) {
		free(p);
		return NULL;
	}
	memcpy(p->record, record, KINDS_RECORD_BYTES);
	return p;
}

struct kase *book_kase(struct book *b, const uint8_t encounter[KINDS_ENCOUNTER_BYTES])
{
	struct kase *k = map_get(&b->kases, encounter);

	if (k != NULL) {
		return k;
	}
	k = calloc(1, sizeof *k);
	if (k == NULL) {
		return NULL;
	}
	arena_init(&k->arena, KASE_BYTES_MAX);
	k->opinion = arena_take(&k->arena, KASE_OPINIONS_MAX, sizeof *k->opinion);
	k->action = arena_take(&k->arena, KASE_ACTIONS_MAX, sizeof *k->action);
	if (k->opinion == NULL || k->action == NULL || map_put(&b->kases, encounter, k) != ERR_OK) {
		kase_free(k);
		return NULL;
	}
	memcpy(k->encounter, encounter, KINDS_ENCOUNTER_BYTES);
	return k;
}

struct held *book_held(const struct book *b, const uint8_t id[ENTRY_ID_BYTES])
{
	struct held *h = map_get(&b->held, id);

	return h != NULL && memcmp(h->id, id, ENTRY_ID_BYTES) == 0 ? h : NULL;
}

static bool has_tag(const struct held *h)
{
	static const uint8_t none[ENTRY_TAG_BYTES];

	return memcmp(h->tag, none, sizeof none) != 0;
}

/* Slots stand in the order of insertion, which is that of the numbers; some are empty. */
size_t book_after(const struct book *b, uint64_t number)
{
	size_t low = 0;
	size_t high = b->held.used;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		size_t at = middle;
		const struct held *h = map_next(&b->held, &at);

		if (h == NULL || at > high || h->number > number) {
			high = middle;
		} else {
			low = at;
		}
	}
	return low;
}

int book_hold(struct book *b, const struct entry *e, size_t bytes, struct held **out)
{
	struct held *h = calloc(1, sizeof *h);
	const struct held *top;
	int rc;

	if (h == NULL) {
		return ERR_NOMEM;
	}
	memcpy(h->id, e->id, ENTRY_ID_BYTES);
	memcpy(h->class_id, e->header.class_id, ENTRY_CLASS_BYTES);
	memcpy(h->author, e->header.author, ENTRY_NODE_BYTES);
	memcpy(h->tag, e->header.tag, ENTRY_TAG_BYTES);
	h->kind = (uint8_t)e->header.kind;
	h->expiry_day = (uint32_t)e->header.expiry_day;
	h->bytes = (uint32_t)bytes;
	h->revision = e->header.revision;
	rc = map_put(&b->held, h->id, h);
	if (rc == ERR_OK && has_tag(h)) {
		top = map_get(&b->tags, h->tag);
		if (top == NULL || top->revision < h->revision) {
			rc = map_put(&b->tags, h->tag, h);
		}
	}
	if (rc != ERR_OK) {
		(void)map_remove(&b->held, h->id);
		free(h);
		return rc;
	}
	*out = h;
	return ERR_OK;
}

static void release_finger(struct person *p, const uint8_t id[ENTRY_ID_BYTES])
{
	for (size_t i = 0; i < p->fingers; i++) {
		if (memcmp(p->finger[i].id, id, ENTRY_ID_BYTES) == 0) {
			finger_card_unref(p->finger[i].card);
			p->finger[i] = p->finger[--p->fingers];
			return;
		}
	}
}

static void release_person(struct book *b, const struct held *h)
{
	struct person *p = map_get(&b->people, h->about);

	if (p == NULL) {
		return;
	}
	if (h->kind == KIND_NOTICE && p->has_notice &&
	    memcmp(p->notice_id, h->id, ENTRY_ID_BYTES) == 0) {
		p->has_notice = false;
		buf_done(&p->notice_bytes);
		memset(&p->notice, 0, sizeof p->notice);
	}
	if (h->kind == KIND_SUBJECT && p->has_subject &&
	    memcmp(p->subject_id, h->id, ENTRY_ID_BYTES) == 0) {
		p->has_subject = false;
	}
	if (h->kind == KIND_TEMPLATE) {
		release_finger(p, h->id);
	}
	if (!p->has_notice && !p->has_subject && p->fingers == 0 && !p->in_gallery) {
		(void)map_remove(&b->people, p->record);
		person_free(p);
	}
}

static void release_kase(struct book *b, const struct held *h)
{
	struct kase *k = map_get(&b->kases, h->about);

	if (k == NULL) {
		return;
	}
	if (h->kind == KIND_SEARCH) { /* what the case hangs on */
		(void)map_remove(&b->kases, k->encounter);
		kase_free(k);
	} else if (h->kind == KIND_ENCOUNTER && k->has_mail &&
		   memcmp(k->mail_id, h->id, ENTRY_ID_BYTES) == 0) {
		k->has_mail = false;
	}
}

void book_release(struct book *b, const uint8_t id[ENTRY_ID_BYTES])
{
	struct held *h = book_held(b, id);

	if (h == NULL) {
		return;
	}
	if (h->opened && kind_is_owned(h->kind)) {
		release_person(b, h);
	} else if (h->opened) {
		release_kase(b, h);
	}
	if (has_tag(h) && map_get(&b->tags, h->tag) == h) {
		(void)map_remove(&b->tags, h->tag);
	}
	(void)map_remove(&b->held, h->id);
	free(h);
}

static void opened(struct held *h, const uint8_t about[16])
{
	h->opened = true;
	memcpy(h->about, about, sizeof h->about);
}

int book_notice(struct book *b, struct held *h, uint64_t clock, struct bytes body,
		uint8_t loser[ENTRY_ID_BYTES])
{
	struct version v = { .revision = h->revision, .clock = clock };
	struct notice n;
	struct person *p;
	struct arena none;
	struct buf copy;
	int rc;

	arena_init(&none, 1);
	memset(loser, 0, ENTRY_ID_BYTES);
	memcpy(v.id, h->id, ENTRY_ID_BYTES);
	rc = schema_decode(&kinds_notice, body, &none, &n, NULL);
	if (rc != ERR_OK || n.revision != h->revision) {
		return ERR_MALFORMED;
	}
	v.status = n.status;
	p = book_person(b, n.record);
	if (p == NULL) {
		return ERR_NOMEM;
	}
	if (p->has_notice && !merge_wins(&v, &p->version)) {
		/* A withdrawal is kept even when it loses to nothing but another withdrawal. */
		opened(h, n.record);
		return n.status == STATUS_WITHDRAWN ? ERR_OK : ERR_STALE;
	}
	buf_init(&copy, 0);
	buf_put(&copy, body.data, body.len);
	if (buf_error(&copy) != ERR_OK) {
		buf_done(&copy);
		return ERR_NOMEM;
	}
	if (p->has_notice && p->version.status != STATUS_WITHDRAWN) {
		memcpy(loser, p->notice_id, ENTRY_ID_BYTES);
	}
	buf_done(&p->notice_bytes);
	p->notice_bytes = copy;
	(void)schema_decode(&kinds_notice, buf_bytes(&p->notice_bytes), &none, &p->notice, NULL);
	p->has_notice = true;
	p->version = v;
	memcpy(p->notice_id, h->id, ENTRY_ID_BYTES);
	opened(h, n.record);
	return ERR_OK;
}

int book_subject(struct book *b, struct held *h, uint64_t clock, const struct subject *s,
		 uint8_t loser[ENTRY_ID_BYTES])
{
	struct version v = { .revision = h->revision, .status = STATUS_ACTIVE, .clock = clock };
	struct person *p = book_person(b, s->record);

	memset(loser, 0, ENTRY_ID_BYTES);
	if (p == NULL) {
		return ERR_NOMEM;
	}
	memcpy(v.id, h->id, ENTRY_ID_BYTES);
	opened(h, s->record);
	if (p->has_subject && !merge_wins(&v, &p->subject_version)) {
		return ERR_STALE;
	}
	if (p->has_subject) {
		memcpy(loser, p->subject_id, ENTRY_ID_BYTES);
	}
	p->has_subject = true;
	p->subject_version = v;
	memcpy(p->subject_id, h->id, ENTRY_ID_BYTES);
	return ERR_OK;
}

int book_finger(struct book *b, struct held *h, const struct finger_record *r,
		uint8_t loser[ENTRY_ID_BYTES])
{
	struct person *p = book_person(b, r->record);
	struct finger_card *card;
	int rc;

	memset(loser, 0, ENTRY_ID_BYTES);
	if (p == NULL) {
		return ERR_NOMEM;
	}
	if (p->fingers == GALLERY_FINGERS_MAX) {
		return ERR_FULL;
	}
	rc = finger_card_load(r->iso, r->extended, &card, NULL);
	if (rc != ERR_OK) {
		return rc;
	}
	opened(h, r->record);
	p->finger[p->fingers].card = card;
	p->finger[p->fingers].revision = r->revision;
	memcpy(p->finger[p->fingers].id, h->id, ENTRY_ID_BYTES);
	p->fingers++;
	return ERR_OK;
}

int book_search(struct book *b, struct held *h, struct bytes body)
{
	struct search_record s;
	struct arena scratch;
	struct kase *k;
	struct bytes copy;
	int rc;

	arena_init(&scratch, KASE_BYTES_MAX);
	rc = schema_decode(&kinds_search, body, &scratch, &s, NULL);
	k = rc == ERR_OK ? book_kase(b, s.encounter) : NULL;
	arena_done(&scratch);
	if (k == NULL) {
		return rc == ERR_OK ? ERR_NOMEM : rc;
	}
	copy = arena_copy(&k->arena, body);
	if (copy.data == NULL) {
		return ERR_NOMEM;
	}
	rc = schema_decode(&kinds_search, copy, &k->arena, &k->search, NULL);
	if (rc == ERR_OK) {
		static const uint8_t here[ENTRY_NODE_BYTES];

		k->has_search = true;
		k->at_hq = memcmp(k->search.origin, here, sizeof here) != 0;
		memcpy(k->origin, k->search.origin, ENTRY_NODE_BYTES);
		opened(h, k->encounter);
	}
	return rc;
}

static int keep(struct kase *k, struct bytes *text)
{
	struct bytes copy = arena_copy(&k->arena, *text);

	if (text->len > 0 && copy.data == NULL) {
		return ERR_FULL;
	}
	*text = copy;
	return ERR_OK;
}

int book_decision(struct book *b, struct held *h, const struct decision *d)
{
	struct kase *k = book_kase(b, d->encounter);
	struct kase_opinion o = {
		.outcome = d->outcome, .reviewer = d->reviewer, .reason = d->reason, .saw = d->saw
	};

	if (k == NULL) {
		return ERR_NOMEM;
	}
	if (k->opinions == KASE_OPINIONS_MAX || keep(k, &o.reviewer) != ERR_OK ||
	    keep(k, &o.reason) != ERR_OK || keep(k, &o.saw) != ERR_OK) {
		return ERR_FULL;
	}
	memcpy(o.id, h->id, sizeof o.id);
	memcpy(o.author, h->author, sizeof o.author);
	memcpy(o.candidate, d->candidate, sizeof o.candidate);
	k->opinion[k->opinions++] = o;
	opened(h, d->encounter);
	return ERR_OK;
}

int book_action(struct book *b, struct held *h, const struct action *a)
{
	struct kase *k = book_kase(b, a->encounter);
	struct kase_action x = { .closes = a->closes, .officer = a->officer, .text = a->text };

	if (k == NULL) {
		return ERR_NOMEM;
	}
	if (k->actions == KASE_ACTIONS_MAX || keep(k, &x.officer) != ERR_OK ||
	    keep(k, &x.text) != ERR_OK) {
		return ERR_FULL;
	}
	k->action[k->actions++] = x;
	opened(h, a->encounter);
	return ERR_OK;
}

int book_verdict(struct book *b, struct held *h, uint64_t clock, struct bytes body)
{
	struct verdict v;
	struct arena none;
	struct kase *k;
	struct bytes copy;
	int rc;

	arena_init(&none, 1);
	rc = schema_decode(&kinds_verdict, body, &none, &v, NULL);
	k = rc == ERR_OK ? book_kase(b, v.encounter) : NULL;
	if (k == NULL) {
		return rc == ERR_OK ? ERR_NOMEM : rc;
	}
	opened(h, v.encounter);
	if (k->has_verdict && k->verdict_clock >= clock) {
		return ERR_OK; /* kept as a statement; the later one is shown */
	}
	copy = arena_copy(&k->arena, body);
	if (copy.data == NULL) {
		return ERR_FULL;
	}
	k->has_verdict = true;
	k->verdict_clock = clock;
	return schema_decode(&kinds_verdict, copy, &none, &k->verdict, NULL);
}
