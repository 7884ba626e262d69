/* Beside the chapters: the node's answers in words.  The word "clear" is not among them
 * (DESIGN 1, rule 1), and no text tells to act before people have judged (rule 2). */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/chapter.h"
#include "policy/floor.h"

static struct bytes text(const char *s)
{
	return bytes_of(s);
}

struct bytes tell_synced(struct node *n, uint64_t synced_ms)
{
	uint64_t minutes;

	if (n->self.role == ROLE_HQ) {
		return text("this is headquarters");
	}
	if (synced_ms == 0) {
		return text("never");
	}
	minutes = n->wall_ms > synced_ms ? (n->wall_ms - synced_ms) / 60000 : 0;
	if (minutes < 1) {
		return text("less than a minute ago");
	}
	if (minutes < 120) {
		return node_text(n, "%llu min ago", (unsigned long long)minutes);
	}
	if (minutes < 2880) {
		return node_text(n, "%llu h ago", (unsigned long long)(minutes / 60));
	}
	return node_text(n, "%llu days ago", (unsigned long long)(minutes / 1440));
}

static struct bytes gallery_name(struct node *n)
{
	return node_text(n, "%.*s, %.*s", (int)n->self.label.len, (const char *)n->self.label.data,
			 (int)n->self.region.len, (const char *)n->self.region.data);
}

static const char *notice_word(uint64_t type)
{
	static const char *const words[] = { "",          "red",     "blue",   "green",
					     "yellow",    "black",   "orange", "un special",
					     "diffusion", "national" };

	return type < sizeof words / sizeof words[0] ? words[type] : "";
}

/* What may be done, by notice type; the national law table goes over it. */
static const char *action_text(uint64_t type)
{
	switch (type) {
	case NOTICE_RED:
		return "Locate and detain under national law; call headquarters before any "
		       "coercion.";
	case NOTICE_BLUE:
		return "Collect information only: where, with whom, which documents. The person "
		       "may "
		       "go on.";
	case NOTICE_GREEN:
		return "Be warned; pass on what you saw. The person may go on.";
	case NOTICE_YELLOW:
		return "A missing person may be at risk: speak in private, call headquarters.";
	case NOTICE_UN_SPECIAL:
		return "Sanctions apply: refuse what the listing names, call headquarters.";
	case NOTICE_BLACK:
	case NOTICE_ORANGE:
	case NOTICE_DIFFUSION:
	case NOTICE_NATIONAL:
		return "Follow the issuer's text; call headquarters.";
	default:
		return "The owner holds information: ask headquarters with this reference. No "
		       "other "
		       "action.";
	}
}

static const char *review_word(enum review_state s)
{
	static const char *const words[] = {
		"not judged yet",
		"potential candidate: another person must look",
		"potential candidate, agreed",
		"no candidate",
		"opinions differ",
		"inconclusive",
	};

	return s <= REVIEW_INCONCLUSIVE ? words[s] : "";
}

/* ---- one case ---- */

/* Two verdicts are two verdicts: what posts think neither counts at headquarters nor is shown
 * there, and headquarters' examiners speak to posts through its verdict alone. */
static bool counts(const struct node *n, const struct kase *k, const struct kase_opinion *o)
{
	const struct passport *author = members_find(n->members, o->author);

	if (k->at_hq || n->self.role == ROLE_HQ) {
		return memcmp(o->author, n->self.node, ENTRY_NODE_BYTES) == 0;
	}
	return author != NULL && author->role != ROLE_HQ;
}

static size_t opinions_of(const struct node *n, const struct kase *k, size_t candidate,
			  struct opinion *out)
{
	const struct candidate *c = k->search.candidates.items;
	size_t count = 0;

	for (size_t i = 0; i < k->opinions; i++) {
		const struct kase_opinion *o = &k->opinion[i];

		if (counts(n, k, o) &&
		    memcmp(o->candidate, c[candidate].record, KINDS_RECORD_BYTES) == 0) {
			out[count] = (struct opinion){ .outcome = o->outcome,
						       .reviewer = o->reviewer,
						       .saw = o->saw };
			memcpy(out[count++].id, o->id, 16);
		}
	}
	return count;
}

enum review_state tell_review(const struct node *n, const struct kase *k, size_t candidate)
{
	const struct candidate *c = k->search.candidates.items;
	const struct person *p = map_get(&n->book->people, c[candidate].record);
	struct opinion set[KASE_OPINIONS_MAX];
	size_t count = opinions_of(n, k, candidate, set);
	uint64_t reviewers = k->search.reviewers > 0 ? k->search.reviewers : 2;

	if (p != NULL && p->has_notice) {
		reviewers = floor_reviewers(&p->notice, reviewers);
	}
	return merge_review(set, count, reviewers);
}

void tell_case_facts(struct node *n, struct kase *k, struct case_facts *f)
{
	const struct candidate *c = k->search.candidates.items;

	*f = (struct case_facts){ .searched = k->has_search,
				  .reviewed = true,
				  .queued = k->search.hq_queued != 0,
				  .carried = k->carried,
				  .delivered = k->delivered };
	for (size_t i = 0; i < k->search.candidates.count; i++) {
		enum review_state s = tell_review(n, k, i);
		const struct person *p = map_get(&n->book->people, c[i].record);

		if (s == REVIEW_DISMISSED) {
			continue;
		}
		f->local_hit = true;
		f->reviewed = f->reviewed && s == REVIEW_CONFIRMED;
		f->withdrawn = f->withdrawn || p == NULL || !p->has_notice ||
			       p->version.status != STATUS_ACTIVE;
		f->same_person = f->same_person ||
				 (k->has_verdict &&
				  memcmp(k->verdict.record, c[i].record, KINDS_RECORD_BYTES) == 0);
	}
	if (k->has_verdict) {
		f->verdict = k->verdict.outcome;
		f->late = k->verdict.decided_ms > k->search.captured_ms + LATE_MS;
	}
	if (k->at_hq) { /* nothing is open between us and ourselves */
		f->delivered = true;
		f->verdict = f->verdict == 0 ? VERDICT_CANDIDATES : f->verdict;
		f->late = false;
	}
	f->expired = f->queued && !f->delivered && !k->has_mail && !k->at_hq;
}

/* The tasks that are still to be dealt with. */
static uint32_t open_tasks(struct node *n, struct kase *k, struct case_facts *f)
{
	uint32_t tasks;

	tell_case_facts(n, k, f);
	tasks = merge_case_tasks(f);
	for (size_t i = 0; i < k->actions; i++) {
		if (k->action[i].closes < 32) {
			tasks &= ~(1U << k->action[i].closes);
		}
	}
	return tasks;
}

/* Has the asker given an opinion on this candidate?  Before that, others' opinions and the
 * identity are kept from him, so that his is his own. */
bool tell_has_judged(const struct node *n, const struct kase *k,
		     const uint8_t record[KINDS_RECORD_BYTES])
{
	for (size_t i = 0; i < k->opinions; i++) {
		if (memcmp(k->opinion[i].candidate, record, KINDS_RECORD_BYTES) == 0 &&
		    bytes_equal(k->opinion[i].reviewer, n->officer)) {
			return true;
		}
	}
	return false;
}

static struct list opinion_lines(struct node *n, const struct kase *k,
				 const uint8_t record[KINDS_RECORD_BYTES])
{
	static const char *const words[] = { "", "potential candidate", "no candidate",
					     "inconclusive" };
	struct line *lines = arena_take(&n->arena, k->opinions, sizeof *lines);
	size_t count = 0;

	for (size_t i = 0; lines != NULL && i < k->opinions; i++) {
		const struct kase_opinion *o = &k->opinion[i];

		if (counts(n, k, o) && memcmp(o->candidate, record, KINDS_RECORD_BYTES) == 0 &&
		    o->outcome < 4) {
			lines[count++].text = node_text(
			    n, "%s, by %.*s%s%.*s", words[o->outcome], (int)o->reviewer.len,
			    (const char *)o->reviewer.data, o->reason.len > 0 ? ": " : "",
			    (int)o->reason.len, (const char *)o->reason.data);
		}
	}
	return (struct list){ .items = lines, .count = count };
}

/* Name and birth from the sealed record, if this node may read it. */
static void identify(struct node *n, const struct person *p, struct answer_candidate *out)
{
	struct store_entry e;
	struct subject s;
	struct bytes body;
	const uint8_t *key;

	if (!p->has_subject || store_get(n->store, p->subject_id, &n->arena, &e) != ERR_OK) {
		return;
	}
	key = members_epoch_key(n->members, e.entry.header.class_id, e.entry.header.epoch);
	if (key == NULL || seal_open_class(&e.entry, key, &n->arena, &body) != ERR_OK ||
	    schema_decode(&kinds_subject, body, &n->arena, &s, NULL) != ERR_OK) {
		return;
	}
	if (s.names.count > 0) {
		const struct person_name *name = s.names.items;

		out->name = node_text(n, "%.*s, %.*s", (int)name->family.len,
				      (const char *)name->family.data, (int)name->given.len,
				      (const char *)name->given.data);
	}
	if (s.born_from != 0) {
		out->born =
		    node_text(n, "%04llu-%02llu-%02llu", (unsigned long long)(s.born_from / 10000),
			      (unsigned long long)(s.born_from / 100 % 100),
			      (unsigned long long)(s.born_from % 100));
	}
	if (s.type != 0) {
		out->notice = text(notice_word(s.type));
	}
}

static enum disclosure disclosed(struct node *n, const struct kase *k, const struct person *p)
{
	struct policy_encounter q = { .purpose = k->search.purpose,
				      .has_fingers = true,
				      .operation = k->search.operation };
	struct policy_peer self;
	struct policy_reason why;

	share_peer(&n->self, &self);
	return policy_disclose(n->config.policy, &p->notice, &q, &self, &why);
}

/* A candidate as its judge may see it: the identity only after an opinion, so that it does not
 * sway it, and what to do only after all who must agree have agreed. */
static void tell_candidate(struct node *n, const struct kase *k, size_t i,
			   struct answer_candidate *out)
{
	const struct candidate *c = (const struct candidate *)k->search.candidates.items + i;
	const struct person *p = map_get(&n->book->people, c->record);
	enum review_state state = tell_review(n, k, i);
	enum disclosure d;

	bool open = state == REVIEW_CONFIRMED || tell_has_judged(n, k, c->record);

	*out = (struct answer_candidate){ .number = i + 1, .review = text(review_word(state)) };
	if (open) {
		out->opinions = opinion_lines(n, k, c->record);
	}
	if (p == NULL || !p->has_notice) {
		out->disclosed = text("gone");
		out->action = text("The notice is not here any more: no action.");
		return;
	}
	out->owner = p->notice.owner;
	out->reference = p->notice.reference;
	if (p->version.status != STATUS_ACTIVE) {
		out->disclosed = text("reference");
		out->action = text(p->version.status == STATUS_BLOCKED
				       ? "The notice is blocked: no action."
				       : "The notice has been withdrawn: no action.");
		return;
	}
	d = disclosed(n, k, p);
	out->disclosed = text(d == DISCLOSE_FULL ? "full" : "reference");
	if (!open) {
		return;
	}
	if (d == DISCLOSE_FULL) {
		out->notice = text(notice_word(p->notice.type));
		out->caveats = p->notice.caveats;
		identify(n, p, out);
	}
	if (state == REVIEW_CONFIRMED) {
		out->action =
		    text(action_text(d == DISCLOSE_FULL ? p->notice.type : NOTICE_UNDISCLOSED));
	}
}

static struct list unsearched_lines(struct node *n, uint64_t bits)
{
	static const char *const words[] = {
		"faces: this node has no face search yet",
		"names: this node has no name search yet",
		"documents: this node has no document search yet",
		"fingerprints",
		"the person is, or may be, under 18: no automatic search",
		"the person claims protection: no automatic search",
		"one or more captures: quality too poor",
		"headquarters' gallery",
		"records held here that this node may not open",
		"records past their lease",
		"notices whose fingerprints are not here, or not here yet",
	};
	const size_t n_words = sizeof words / sizeof words[0];
	struct line *lines = arena_take(&n->arena, n_words, sizeof *lines);
	size_t count = 0;

	for (size_t i = 0; lines != NULL && i < n_words; i++) {
		if ((bits >> i & 1) != 0) {
			lines[count++].text = text(words[i]);
		}
	}
	return (struct list){ .items = lines, .count = count };
}

static struct bytes sentence(struct node *n, const struct kase *k, const struct answer_case *a,
			     const struct case_facts *f)
{
	const struct search_record *s = &k->search;
	struct bytes where = node_text(
	    n, "the local gallery (%.*s; %llu people; last word from headquarters: %.*s)",
	    (int)a->gallery.len, (const char *)a->gallery.data, (unsigned long long)s->people,
	    (int)a->synced.len, (const char *)a->synced.data);
	const char *hq = k->at_hq || f->verdict != 0 ? ""
			 : f->delivered              ? " Headquarters has it."
			 : f->queued                 ? " Headquarters' check is queued."
						     : " No check at headquarters was asked for.";

	if ((s->not_searched & UNSEARCHED_FINGERS) != 0) {
		return node_text(n, "Not searched: see below.%s", hq);
	}
	if (s->candidates.count == 0) {
		return node_text(n, "No candidate in %.*s.%s", (int)where.len,
				 (const char *)where.data, hq);
	}
	return node_text(n, "%llu possible candidate%s in %.*s: to be judged by people.%s",
			 (unsigned long long)s->candidates.count,
			 s->candidates.count == 1 ? "" : "s", (int)where.len,
			 (const char *)where.data, hq);
}

static struct bytes verdict_words(struct node *n, const struct kase *k)
{
	const struct verdict *v = &k->verdict;

	if (!k->has_verdict) {
		return (struct bytes){ NULL, 0 };
	}
	switch (v->outcome) {
	case VERDICT_NO_HIT:
		return node_text(n, "headquarters found no one among %llu people",
				 (unsigned long long)v->people);
	case VERDICT_CANDIDATES:
		return node_text(n, "headquarters has candidates and is judging them");
	case VERDICT_CONFIRMED:
		return node_text(n, "headquarters confirms %.*s, reference %.*s", (int)v->owner.len,
				 (const char *)v->owner.data, (int)v->reference.len,
				 (const char *)v->reference.data);
	default:
		return text("headquarters could not search it: capture again");
	}
}

int tell_kase(struct node *n, struct kase *k, struct answer_case *out)
{
	struct case_facts f;
	uint32_t tasks = open_tasks(n, k, &f);
	struct line *lines = arena_take(&n->arena, 8, sizeof *lines);
	struct answer_candidate *c = arena_take(&n->arena, k->search.candidates.count, sizeof *c);

	if (lines == NULL || c == NULL) {
		return ERR_NOMEM;
	}
	*out = (struct answer_case){
		.state = text(merge_case_state_name(merge_case_state(&f))),
		.result = text(merge_case_result_name(merge_case_result(&f))),
		.gallery = gallery_name(n),
		.people = k->search.people,
		.synced = tell_synced(n, k->search.synced_ms),
		.captured_ms = k->search.captured_ms,
		.not_searched = unsearched_lines(n, k->search.not_searched),
		.candidates = { .items = c, .count = k->search.candidates.count },
		.tasks = { .items = lines },
		.samples = issue_samples(n, k->search.samples.items, k->search.samples.count),
		.headquarters = verdict_words(n, k),
	};
	memcpy(out->encounter, k->encounter, KINDS_ENCOUNTER_BYTES);
	for (size_t i = 0; i < k->search.candidates.count; i++) {
		tell_candidate(n, k, i, &c[i]);
	}
	for (unsigned t = TASK_REVIEW; t <= TASK_WITHDRAWN; t++) {
		if ((tasks >> t & 1) != 0) {
			lines[out->tasks.count++].text = text(merge_case_task_name(t));
		}
	}
	out->sentence = sentence(n, k, out, &f);
	return ERR_OK;
}

int tell_case(struct node *n, const struct ask *ask)
{
	struct ask_case a;
	struct answer_case out;
	struct kase *k;
	int rc = schema_decode(ask_find(ask->verb)->ask, ask->body, &n->arena, &a, NULL);

	if (rc != ERR_OK) {
		return rc;
	}
	k = map_get(&n->book->kases, a.encounter);
	if (k == NULL || !k->has_search) {
		return node_reply(n, n->event->ask, ERR_NOTFOUND, "encounter",
				  "there is no such case here", NULL, NULL);
	}
	rc = tell_kase(n, k, &out);
	return rc == ERR_OK ? node_reply(n, n->event->ask, ERR_OK, NULL, NULL,
					 ask_find(ask->verb)->answer, &out)
			    : rc;
}

static int by_age(const void *a, const void *b)
{
	const struct kase *x = *(const struct kase *const *)a;
	const struct kase *y = *(const struct kase *const *)b;

	if (x->search.captured_ms != y->search.captured_ms) {
		return x->search.captured_ms < y->search.captured_ms ? 1 : -1;
	}
	return memcmp(x->encounter, y->encounter, KINDS_ENCOUNTER_BYTES);
}

/* All cases that are shown, newest first. */
static struct kase **sorted(struct node *n, size_t *count)
{
	struct kase **all = arena_take(&n->arena, n->book->kases.count, sizeof(struct kase *));
	struct kase *k;
	size_t at = 0;

	*count = 0;
	while (all != NULL && (k = map_next(&n->book->kases, &at)) != NULL) {
		if (k->has_search) {
			all[(*count)++] = k;
		}
	}
	if (all != NULL) {
		qsort(all, *count, sizeof(struct kase *), by_age);
	}
	return all;
}

int tell_queue(struct node *n, const struct ask *ask)
{
	struct answer_queue out = { .cases = { .count = 0 } };
	struct answer_case *cases;
	struct kase **all;
	struct ask_range range;
	size_t count;
	int rc = schema_decode(ask_find(ask->verb)->ask, ask->body, &n->arena, &range, NULL);

	if (rc != ERR_OK) {
		return rc;
	}
	range.max = range.max == 0 ? 100 : range.max > ASK_CASES_MAX ? ASK_CASES_MAX : range.max;
	all = sorted(n, &count);
	cases = arena_take(&n->arena, (size_t)range.max, sizeof *cases);
	if (all == NULL || cases == NULL) {
		return ERR_NOMEM;
	}
	out.cases.items = cases;
	for (size_t i = (size_t)range.from;
	     rc == ERR_OK && i < count && out.cases.count < range.max; i++) {
		rc = tell_kase(n, all[i], &cases[out.cases.count++]);
	}
	return rc == ERR_OK ? node_reply(n, n->event->ask, ERR_OK, NULL, NULL,
					 ask_find(ask->verb)->answer, &out)
			    : rc;
}

/* ---- the rest of the node ---- */

static void count_cases(struct node *n, uint64_t *open, uint64_t *tasks)
{
	struct kase *k;
	size_t at = 0;

	*open = 0;
	*tasks = 0;
	while ((k = map_next(&n->book->kases, &at)) != NULL) {
		struct case_facts f;
		uint32_t t = k->has_search ? open_tasks(n, k, &f) : 0;

		*open += k->has_search && (t != 0 || merge_case_state(&f) < CASE_HQ_NO_HIT);
		for (; t != 0; t &= t - 1) {
			(*tasks)++;
		}
	}
}

static void tell_row(struct node *n, const struct person *p, struct answer_row *out)
{
	static const char *const status[] = { "", "active", "blocked", "withdrawn" };
	struct answer_candidate c = { .number = 0 };
	char day[DAY_TEXT];

	memcpy(out->record, p->record, KINDS_RECORD_BYTES);
	out->fingers = p->fingers;
	if (!p->has_notice) {
		return;
	}
	identify(n, p, &c);
	day_format((uint32_t)p->notice.valid_until, day);
	out->owner = p->notice.owner;
	out->reference = p->notice.reference;
	out->notice = c.notice.len > 0 ? c.notice : text(notice_word(p->notice.type));
	out->status = text(p->version.status <= STATUS_WITHDRAWN ? status[p->version.status] : "");
	out->revision = p->version.revision;
	out->valid_until = node_text(n, "%s", day);
	out->name = c.name;
}

int tell_gallery(struct node *n, const struct ask *ask)
{
	struct answer_gallery out = { .gallery = gallery_name(n),
				      .people = gallery_people(n->gallery),
				      .fingers = gallery_fingers(n->gallery),
				      .synced = tell_synced(n, n->synced_ms) };
	struct ask_range range;
	struct answer_row *rows;
	struct person *p;
	size_t at = 0;
	uint64_t skip;
	int rc = schema_decode(ask_find(ask->verb)->ask, ask->body, &n->arena, &range, NULL);

	if (rc != ERR_OK) {
		return rc;
	}
	skip = range.from;
	range.max = range.max == 0 ? 100 : range.max > ASK_ROWS_MAX ? ASK_ROWS_MAX : range.max;
	rows = arena_take(&n->arena, (size_t)range.max, sizeof *rows);
	if (rows == NULL) {
		return ERR_NOMEM;
	}
	while (out.rows.count < range.max && (p = map_next(&n->book->people, &at)) != NULL) {
		if (skip > 0) {
			skip--;
			continue;
		}
		tell_row(n, p, &rows[out.rows.count++]);
	}
	out.rows.items = rows;
	return node_reply(n, n->event->ask, ERR_OK, NULL, NULL, ask_find(ask->verb)->answer, &out);
}

static void tell_peer(struct node *n, const struct wire_link *l, struct answer_peer *out)
{
	const struct passport *p = l->ready ? members_find(n->members, l->peer) : NULL;
	struct sync_progress progress = { .settled = false };
	char hex[9] = "";

	if (l->sync != NULL) {
		sync_session_progress(l->sync, &progress);
	}
	if (l->ready) {
		bytes_hex(l->peer, 4, hex);
	}
	*out = (struct answer_peer){ .node = node_text(n, "%s", hex),
				     .address = text(l->address),
				     .state = text(l->ready ? "up" : "greeting"),
				     .to_send = progress.to_send,
				     .to_receive = progress.to_receive,
				     .sent_bytes = l->sent,
				     .received_bytes = l->received };
	if (p != NULL) {
		out->label = p->label;
		out->role = text(passport_role_name(p->role));
	}
	if (!l->ready) {
		out->sentence = text("proving who we are to each other");
	} else if (progress.settled) {
		out->sentence = text("nothing is missing on either side; new entries go at once");
	} else {
		out->sentence = node_text(n, "%llu to send, %llu to receive; going on now",
					  (unsigned long long)progress.to_send,
					  (unsigned long long)progress.to_receive);
	}
}

static bool is_linked(const struct node *n, const char *address)
{
	for (size_t i = 0; i < NODE_LINKS_MAX; i++) {
		if (n->links[i].number != 0 && strcmp(n->links[i].address, address) == 0) {
			return true;
		}
	}
	return false;
}

int tell_peers(struct node *n)
{
	struct answer_peers out = { .peers = { .count = 0 } };
	struct answer_peer *peers =
	    arena_take(&n->arena, NODE_LINKS_MAX + ADDRESSES_MAX, sizeof *peers);

	if (peers == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < NODE_LINKS_MAX; i++) {
		if (n->links[i].number != 0) {
			tell_peer(n, &n->links[i], &peers[out.peers.count++]);
		}
	}
	for (size_t i = 0; i < ADDRESSES_MAX; i++) {
		const struct address *a = &n->addresses[i];
		uint64_t wait = a->next_ms > n->now_ms ? (a->next_ms - n->now_ms + 999) / 1000 : 0;

		if (a->text[0] != '\0' && !is_linked(n, a->text)) {
			peers[out.peers.count++] = (struct answer_peer){
				.address = text(a->text),
				.state = text("down"),
				.sentence = a->busy
						? text("calling")
						: node_text(n, "not in reach; next call in %llu s",
							    (unsigned long long)wait),
			};
		}
	}
	out.peers.items = peers;
	return node_reply(n, n->event->ask, ERR_OK, NULL, NULL, ask_find(bytes_of("peers"))->answer,
			  &out);
}

int tell_status(struct node *n)
{
	struct answer_status out = { .people = gallery_people(n->gallery),
				     .fingers = gallery_fingers(n->gallery),
				     .audit = n->audit.number };
	struct store_counts counts;
	char print[PASSPORT_PRINT_BYTES + 8];
	char hex[17];
	char day[DAY_TEXT];
	int rc = store_count(n->store, &counts);

	if (rc != ERR_OK) {
		return rc;
	}
	passport_fingerprint(keys_sign_public(n->keys), print);
	bytes_hex(keys_node(n->keys), 4, hex);
	out.node = node_text(n, "%s", hex);
	out.fingerprint = text(print);
	bytes_hex(n->audit.head, 8, hex);
	out.audit_head = text(hex);
	out.entries = counts.entries;
	out.erased = counts.erased;
	out.store_bytes = counts.bytes;
	out.policy = text(n->config.policy_label != NULL ? n->config.policy_label
							 : "none: every answer is the default");
	out.enrolled = text("no");
	for (size_t i = 0; i < NODE_LINKS_MAX; i++) {
		out.links += n->links[i].number != 0 && n->links[i].ready;
	}
	if (n->enrolled) {
		day_format((uint32_t)n->self.not_after, day);
		out.role = text(passport_role_name(n->self.role));
		out.region = n->self.region;
		out.label = n->self.label;
		out.enrolled = node_text(n, "yes, until %s", day);
		out.members = members_count(n->members);
		out.classes = members_class_count(n->members);
		out.synced = tell_synced(n, n->synced_ms);
		count_cases(n, &out.open_cases, &out.tasks);
	}
	return node_reply(n, n->event->ask, ERR_OK, NULL, NULL,
			  ask_find(bytes_of("status"))->answer, &out);
}

struct audit_reading {
	struct node *node;
	struct audit chain;
	uint64_t from;
	uint64_t max;
	struct line *lines;
	size_t count;
	uint64_t broken; /* number of the first line that does not follow */
};

static int read_line(void *context, uint64_t number, struct bytes locked)
{
	struct audit_reading *r = context;
	struct node *n = r->node;
	struct audit_line line;
	struct bytes plain;
	char when[DAY_MOMENT];
	char hex[9];

	if (keys_unlock(n->keys, "audit", locked, &n->arena, &plain) != ERR_OK ||
	    audit_follow(&r->chain, plain, &n->arena, &line) != ERR_OK) {
		r->broken = r->broken == 0 ? number : r->broken;
		return ERR_OK;
	}
	if (number < r->from || r->count == r->max) {
		return ERR_OK;
	}
	day_format_ms(line.at_ms, when);
	bytes_hex(line.object, 4, hex);
	r->lines[r->count++].text =
	    node_text(n,
		      "n=%llu at=%s verb=%.*s officer=\"%.*s\" object=%s candidates=%llu "
		      "basis=\"%.*s\"",
		      (unsigned long long)number, when, (int)line.verb.len,
		      (const char *)line.verb.data, (int)line.officer.len,
		      (const char *)line.officer.data, hex, (unsigned long long)line.candidates,
		      (int)line.legal_basis.len, (const char *)line.legal_basis.data);
	return ERR_OK;
}

int tell_audit(struct node *n, const struct ask *ask)
{
	struct audit_reading r = { .node = n };
	struct answer_audit out = { .lines = { .count = 0 } };
	struct ask_range range;
	int rc = schema_decode(ask_find(ask->verb)->ask, ask->body, &n->arena, &range, NULL);

	if (rc != ERR_OK) {
		return rc;
	}
	r.max = range.max == 0 ? 100 : range.max > ASK_ROWS_MAX ? ASK_ROWS_MAX : range.max;
	r.from = range.from != 0 ? range.from
				 : (n->audit.number > r.max ? n->audit.number - r.max + 1 : 1);
	r.lines = arena_take(&n->arena, (size_t)r.max, sizeof *r.lines);
	if (r.lines == NULL) {
		return ERR_NOMEM;
	}
	rc = store_each_audit(n->store, 1, INT32_MAX, read_line, &r);
	if (rc != ERR_OK) {
		return rc;
	}
	out.lines = (struct list){ .items = r.lines, .count = r.count };
	out.chain = r.broken == 0
			? node_text(n, "whole, %llu lines", (unsigned long long)r.chain.number)
			: node_text(n, "broken at line %llu", (unsigned long long)r.broken);
	return node_reply(n, n->event->ask, ERR_OK, NULL, NULL, ask_find(ask->verb)->answer, &out);
}
