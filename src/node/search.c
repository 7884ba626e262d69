/* Chapter 2: the post searches what it holds; a list of possible candidates is kept, and an
 * answer given that also says what was not searched.  The audit line is durable before it.
 * Before: capture.c  Next: review.c */
#include <string.h>

#include "node/chapter.h"
#include "policy/floor.h"

#define ADULT_YEARS 18U

/* Years between two dates yyyymmdd. */
static uint64_t years(uint64_t from, uint64_t to)
{
	return to < from ? 0 : (to - from) / 10000;
}

static uint64_t today_as_date(const struct node *n)
{
	char text[DAY_TEXT];
	uint64_t v = 0;

	day_format(n->today, text);
	for (const char *c = text; *c != '\0'; c++) {
		v = *c == '-' ? v : v * 10 + (uint64_t)(*c - '0');
	}
	return v;
}

static bool is_minor(const struct node *n, uint64_t birth)
{
	return birth != 0 && years(birth, today_as_date(n)) < ADULT_YEARS;
}

static void question(const struct node *n, const struct pending *p, struct policy_encounter *q)
{
	const struct ask_check *c = &p->check;

	*q = (struct policy_encounter){ .purpose = c->purpose,
					.operation = c->operation,
					.nationality = c->nationality,
					.protection = c->protection != 0,
					.minor = c->minor != 0 };
	q->minor = q->minor || is_minor(n, c->birth);
	for (size_t i = 0; i < p->sample_count; i++) {
		q->has_fingers = q->has_fingers || p->notes[i].usable != 0;
	}
}

/* The person of a search, here or at a post whose headquarters we are. */
static void asked_about(const struct node *n, const struct searching *s, struct policy_encounter *q)
{
	const struct encounter *e = &s->encounter;

	if (s->pending != NULL) {
		question(n, s->pending, q);
		return;
	}
	*q = (struct policy_encounter){ .purpose = e->purpose,
					.operation = e->operation,
					.nationality = e->claimed_nationality,
					.has_fingers = true,
					.minor = is_minor(n, e->claimed_birth) };
}

/* Their prints travel after them, and some have none: a search cannot find these people. */
static bool lacks_prints(const struct node *n)
{
	const struct person *p;
	size_t at = 0;

	while ((p = map_next(&n->book->people, &at)) != NULL) {
		if (p->has_notice && p->version.status == STATUS_ACTIVE &&
		    p->notice.valid_until >= n->today && p->fingers == 0) {
			return true;
		}
	}
	return false;
}

static uint64_t unsearched(const struct node *n, const struct pending *p,
			   const struct policy_encounter *q, const struct policy_match *rules)
{
	uint64_t bits = UNSEARCHED_FACE | UNSEARCHED_NAME | UNSEARCHED_DOCUMENT;
	const struct held *h;
	size_t at = 0;

	if (!q->has_fingers || !rules->search) {
		bits |= UNSEARCHED_FINGERS;
	}
	if (!rules->search && q->minor) {
		bits |= UNSEARCHED_MINOR;
	}
	if (!rules->search && q->protection) {
		bits |= UNSEARCHED_PROTECTION;
	}
	for (size_t i = 0; i < p->sample_count; i++) {
		bits |= p->notes[i].usable == 0 ? (uint64_t)UNSEARCHED_QUALITY : 0;
	}
	if (p->code != ERR_OK) {
		bits |= UNSEARCHED_QUALITY;
	}
	while ((h = map_next(&n->book->held, &at)) != NULL && (bits & UNSEARCHED_SEALED) == 0) {
		bits |= h->kind == KIND_TEMPLATE && !h->opened ? (uint64_t)UNSEARCHED_SEALED : 0;
	}
	bits |= lacks_prints(n) ? (uint64_t)UNSEARCHED_PRINTLESS : 0;
	return bits | UNSEARCHED_HQ;
}

struct searching *search_new(struct node *n)
{
	for (size_t i = 0; i < SEARCHES_MAX; i++) {
		if (n->searching[i].job == 0) {
			n->searching[i] = (struct searching){ .job = node_job(n) };
			arena_init(&n->searching[i].arena, 0);
			return &n->searching[i];
		}
	}
	return NULL;
}

void search_done(struct searching *s)
{
	if (s->pending != NULL) {
		capture_done(s->pending);
	}
	arena_done(&s->arena);
	memset(s, 0, sizeof *s);
}

int search_ask(struct node *n, struct searching *s, const struct sample *samples, size_t count)
{
	struct effect effect = { .kind = EFFECT_SEARCH, .job = s->job };
	struct policy_encounter q;
	struct policy_peer self;
	int rc = ERR_OK;

	for (size_t i = 0; i < count && effect.probes < SEARCH_PROBES_MAX; i++) {
		struct finger_template *t;

		if (samples[i].iso.len > 0 &&
		    finger_template_load(samples[i].iso, samples[i].extended, &t, NULL) == ERR_OK) {
			effect.probe[effect.probes++] = t;
		}
	}
	rc = gallery_snapshot(n->gallery, &effect.snapshot);
	if (rc == ERR_OK) {
		asked_about(n, s, &q);
		share_peer(&n->self, &self);
		permit_filter(n->permits, n->config.policy, &q, &self, &effect.filter);
		effect.filter.today = n->today;
		s->probes = effect.probes;
		rc = effects_add(n->effects, &effect);
		if (rc == ERR_OK) {
			return ERR_OK;
		}
		gallery_snapshot_unref(effect.snapshot);
	}
	for (size_t i = 0; i < effect.probes; i++) {
		finger_template_unref(effect.probe[i]);
	}
	return rc;
}

static int finish(struct node *n, struct searching *s, const struct search_result *found);

/* A file that could not be examined ends the check before anything is searched: the officer can
 * mend that, and an answer without that finger would look like one with it. */
static int refuse(struct node *n, struct pending *p)
{
	bool ours = p->code == ERR_WORKER || p->code == ERR_TIMEOUT || p->code == ERR_BUSY;
	int rc = node_reply(n, p->ask, p->code, p->place,
			    ours ? "a capture was not examined, nothing was searched; try again"
				 : "it cannot be used, nothing was searched",
			    NULL, NULL);

	capture_done(p);
	return rc;
}

int search_begin(struct node *n, struct pending *p)
{
	struct policy_encounter q;
	struct policy_peer self;
	struct policy_reason why;
	struct searching *s;

	if (p->unread > 0 || (p->files > 0 && p->sample_count == 0)) {
		return refuse(n, p);
	}
	s = search_new(n);
	if (s == NULL) {
		int rc = node_reply(n, p->ask, ERR_BUSY, NULL, "too many searches are under way",
				    NULL, NULL);

		capture_done(p);
		return rc;
	}
	node_touch(n);
	s->pending = p;
	question(n, p, &q);
	share_peer(&n->self, &self);
	policy_match(n->config.policy, &q, &self, &s->rules, &why);
	s->not_searched = unsearched(n, p, &q, &s->rules);
	s->people = gallery_people(n->gallery);
	if ((s->not_searched & UNSEARCHED_FINGERS) != 0) {
		return finish(n, s, NULL);
	}
	return search_ask(n, s, p->samples, p->sample_count);
}

/* May this candidate be shown for this check at all? */
static bool may_show(struct node *n, const struct searching *s, const struct person *person)
{
	struct policy_encounter q;
	struct policy_peer self;
	struct policy_reason why;

	asked_about(n, s, &q);
	share_peer(&n->self, &self);
	return policy_disclose(n->config.policy, &person->notice, &q, &self, &why) !=
	       DISCLOSE_NOTHING;
}

size_t search_candidates(struct node *n, const struct searching *s,
			 const struct search_result *found, struct candidate *out)
{
	size_t count = 0;

	for (size_t i = 0; found != NULL && i < found->count; i++) {
		const struct search_candidate *c = &found->candidate[i];
		const struct person *person = map_get(&n->book->people, c->person);

		/* Whoever was withdrawn while the search ran is not in the gallery any more. */
		if (!search_reaches(c, s->people, (double)s->rules.fpir_ppm / 1e6) ||
		    person == NULL || !person->in_gallery || !apply_is_searchable(n, person) ||
		    !gallery_live(n->gallery, c->person) || !may_show(n, s, person)) {
			continue;
		}
		memcpy(out[count].record, c->person, KINDS_RECORD_BYTES);
		out[count].score = (uint64_t)c->score + SEARCH_SCORE_OFFSET;
		out[count].fingers = c->fingers;
		count++;
	}
	return count;
}

/* The search as it is kept: what was asked, of what, with what outcome. */
static void describe(const struct node *n, const struct searching *s, struct search_record *r)
{
	const struct pending *p = s->pending;

	r->captured_ms = n->wall_ms;
	r->officer = p->head.officer;
	r->purpose = p->check.purpose;
	r->legal_basis = p->check.legal_basis;
	r->operation = p->check.operation;
	r->people = s->people;
	r->synced_ms = n->synced_ms;
	r->threshold = (uint64_t)s->threshold + SEARCH_SCORE_OFFSET;
	r->fpir_ppm = s->rules.fpir_ppm;
	r->reviewers = s->rules.reviewers;
	r->not_searched = s->not_searched;
	r->samples = (struct list){ .items = p->notes,
				    .count = p->sample_count < 20 ? p->sample_count : 20 };
}

static void mail_of(const struct node *n, const struct searching *s, const struct search_record *r,
		    struct encounter *e)
{
	const struct ask_check *c = &s->pending->check;
	const struct candidate *best = r->candidates.items;

	*e = (struct encounter){ .captured_ms = r->captured_ms,
				 .officer = r->officer,
				 .purpose = r->purpose,
				 .legal_basis = r->legal_basis,
				 .operation = r->operation,
				 .claimed_family = c->family,
				 .claimed_given = c->given,
				 .claimed_birth = c->birth,
				 .claimed_nationality = c->nationality,
				 .claimed_document = c->document,
				 .probe_delete_day = n->today + CASE_KEEP_DAYS };
	memcpy(e->encounter, r->encounter, KINDS_ENCOUNTER_BYTES);
	e->local = (s->not_searched & UNSEARCHED_FINGERS) != 0 ? LOCAL_NOT_SEARCHED
		   : r->candidates.count > 0                   ? LOCAL_CANDIDATES
							       : LOCAL_NONE;
	if (r->candidates.count > 0) {
		memcpy(e->candidate, best->record, KINDS_RECORD_BYTES);
	}
}

/* Mail to headquarters, with the usable prints. */
static int mail(struct node *n, const struct searching *s, const struct search_record *r)
{
	const struct passport *hq = report_headquarters(n);
	struct encounter e;
	struct sample *usable = arena_take(&n->arena, KINDS_SAMPLES_MAX, sizeof *usable);
	uint8_t id[ENTRY_ID_BYTES];
	size_t count = 0;

	if (usable == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < s->pending->sample_count && count < KINDS_SAMPLES_MAX; i++) {
		if (s->pending->samples[i].iso.len > 0) {
			usable[count++] = s->pending->samples[i];
		}
	}
	mail_of(n, s, r, &e);
	e.samples = (struct list){ .items = usable, .count = count };
	return report_mail(n, KIND_ENCOUNTER, hq, r->encounter, &kinds_encounter, &e, id);
}

int search_keep(struct node *n, const struct search_record *r)
{
	uint8_t id[ENTRY_ID_BYTES];
	struct share_order order = { .kind = KIND_SEARCH,
				     .class_id = n->own_class,
				     .schema = &kinds_search,
				     .body = r,
				     .expiry_day = n->today + CASE_KEEP_DAYS };

	return share_write(n, &order, id);
}

static int reply(struct node *n, const struct searching *s, const struct search_record *r)
{
	struct answer_case answer;
	struct kase *k = map_get(&n->book->kases, r->encounter);
	int rc = k == NULL ? ERR_INTERNAL : tell_kase(n, k, &answer);

	return rc == ERR_OK ? node_reply(n, s->pending->ask, ERR_OK, NULL, NULL,
					 ask_find(bytes_of("check"))->answer, &answer)
			    : rc;
}

static int finish(struct node *n, struct searching *s, const struct search_result *found)
{
	struct candidate candidates[SEARCH_CANDIDATES_MAX];
	struct search_record r = { 0 };
	struct audit_line line = { 0 };
	int rc;

	describe(n, s, &r);
	keys_random(r.encounter, sizeof r.encounter);
	r.candidates = (struct list){ .items = candidates,
				      .count = search_candidates(n, s, found, candidates) };
	r.hq_queued = s->rules.headquarters && n->self.role != ROLE_HQ &&
		      report_headquarters(n) != NULL && s->pending->sample_count > 0;
	line.purpose = r.purpose;
	line.legal_basis = r.legal_basis;
	line.candidates = r.candidates.count;
	rc = node_audit(n, "check", r.officer, r.encounter, &line);
	if (rc == ERR_OK) {
		rc = search_keep(n, &r);
	}
	if (rc == ERR_OK && r.hq_queued) {
		rc = mail(n, s, &r);
	}
	if (rc == ERR_OK) {
		rc = reply(n, s, &r);
	}
	search_done(s);
	return rc;
}

/* The work pool has not searched all: nothing must look like "nobody".  Headquarters' job comes
 * back when its lease ends. */
static int unfinished(struct node *n, struct searching *s)
{
	int code = n->event->code != ERR_OK ? n->event->code : ERR_INTERNAL;
	int rc = node_tell(n, "level=error at=search err=\"%s\"", err_text(code));

	if (rc == ERR_OK && s->pending != NULL) {
		rc = node_reply(n, s->pending->ask, code, NULL,
				"the search was not finished; try again", NULL, NULL);
	}
	search_done(s);
	return rc;
}

int search_found(struct node *n)
{
	struct searching *s = NULL;

	for (size_t i = 0; i < SEARCHES_MAX && s == NULL; i++) {
		s = n->searching[i].job == n->event->job && n->event->job != 0 ? &n->searching[i]
									       : NULL;
	}
	if (s == NULL) {
		return ERR_OK;
	}
	node_touch(n);
	if (n->event->code != ERR_OK || n->event->found == NULL) {
		return unfinished(n, s);
	}
	/* A false answer may come from those who were searched, from nobody else. */
	s->people = n->event->found->people;
	s->threshold =
	    search_threshold(s->people, (unsigned)s->probes, (double)s->rules.fpir_ppm / 1e6);
	return s->pending != NULL ? finish(n, s, n->event->found)
				  : report_found(n, s, n->event->found);
}
