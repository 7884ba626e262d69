/* Beside the chapters: a case in words, as an officer reads it.  The word "clear" is not among
 * them (DESIGN 1, rule 1), and no text tells to act before people have judged (rule 2). */
#include <string.h>

#include "node/chapter.h"

struct bytes tell_synced(struct node *n, uint64_t synced_ms)
{
	uint64_t minutes;

	if (n->self.role == ROLE_HQ) {
		return bytes_of("this is headquarters");
	}
	if (synced_ms == 0) {
		return bytes_of("never");
	}
	minutes = n->wall_ms > synced_ms ? (n->wall_ms - synced_ms) / 60000 : 0;
	if (minutes < 1) {
		return bytes_of("less than a minute ago");
	}
	if (minutes < 120) {
		return node_text(n, "%llu min ago", (unsigned long long)minutes);
	}
	if (minutes < 2880) {
		return node_text(n, "%llu h ago", (unsigned long long)(minutes / 60));
	}
	return node_text(n, "%llu days ago", (unsigned long long)(minutes / 1440));
}

struct bytes tell_gallery_name(struct node *n)
{
	return node_text(n, "%.*s, %.*s", (int)n->self.label.len, (const char *)n->self.label.data,
			 (int)n->self.region.len, (const char *)n->self.region.data);
}

const char *tell_notice_word(uint64_t type)
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

static struct list opinion_lines(struct node *n, const struct kase *k,
				 const uint8_t record[KINDS_RECORD_BYTES])
{
	static const char *const words[] = { "", "potential candidate", "no candidate",
					     "inconclusive" };
	struct line *lines = arena_take(&n->arena, k->opinions, sizeof *lines);
	size_t count = 0;

	for (size_t i = 0; lines != NULL && i < k->opinions; i++) {
		const struct kase_opinion *o = &k->opinion[i];

		if (kase_counts(n, k, o) && memcmp(o->candidate, record, KINDS_RECORD_BYTES) == 0 &&
		    o->outcome < 4) {
			lines[count++].text = node_text(
			    n, "%s, by %.*s%s%.*s", words[o->outcome], (int)o->reviewer.len,
			    (const char *)o->reviewer.data, o->reason.len > 0 ? ": " : "",
			    (int)o->reason.len, (const char *)o->reason.data);
		}
	}
	return (struct list){ .items = lines, .count = count };
}

void tell_identify(struct node *n, const struct person *p, struct answer_candidate *out)
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
		out->notice = bytes_of(tell_notice_word(s.type));
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
	enum review_state state = kase_review(n, k, i);
	enum disclosure d;

	bool open = state == REVIEW_CONFIRMED || kase_has_judged(n, k, c->record);

	*out = (struct answer_candidate){ .number = i + 1, .review = bytes_of(review_word(state)) };
	if (open) {
		out->opinions = opinion_lines(n, k, c->record);
	}
	if (p == NULL || !p->has_notice) {
		out->disclosed = bytes_of("gone");
		out->action = bytes_of("The notice is not here any more: no action.");
		return;
	}
	out->owner = p->notice.owner;
	out->reference = p->notice.reference;
	if (p->version.status != STATUS_ACTIVE) {
		out->disclosed = bytes_of("reference");
		out->action = bytes_of(p->version.status == STATUS_BLOCKED
					   ? "The notice is blocked: no action."
					   : "The notice has been withdrawn: no action.");
		return;
	}
	d = disclosed(n, k, p);
	out->disclosed = bytes_of(d == DISCLOSE_FULL ? "full" : "reference");
	if (!open) {
		return;
	}
	if (d == DISCLOSE_FULL) {
		out->notice = bytes_of(tell_notice_word(p->notice.type));
		out->caveats = p->notice.caveats;
		tell_identify(n, p, out);
	}
	if (state == REVIEW_CONFIRMED) {
		out->action =
		    bytes_of(action_text(d == DISCLOSE_FULL ? p->notice.type : NOTICE_UNDISCLOSED));
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
			lines[count++].text = bytes_of(words[i]);
		}
	}
	return (struct list){ .items = lines, .count = count };
}

/* What was not searched by now: headquarters may have looked since. */
static uint64_t unsearched_yet(const struct kase *k)
{
	uint64_t outcome = k->has_verdict ? k->verdict.outcome : 0;
	bool looked = outcome == VERDICT_NO_HIT || outcome == VERDICT_CANDIDATES ||
		      outcome == VERDICT_CONFIRMED;

	return looked ? k->search.not_searched & ~(uint64_t)UNSEARCHED_HQ : k->search.not_searched;
}

static struct bytes sentence(struct node *n, const struct kase *k, const struct answer_case *a,
			     const struct case_facts *f)
{
	const struct search_record *s = &k->search;
	struct bytes where = node_text(
	    n, "the local gallery (%.*s; %llu %s; last word from headquarters: %.*s)",
	    (int)a->gallery.len, (const char *)a->gallery.data, (unsigned long long)s->people,
	    s->people == 1 ? "person" : "people", (int)a->synced.len, (const char *)a->synced.data);
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
		return node_text(n, "headquarters found no one among %llu %s",
				 (unsigned long long)v->people,
				 v->people == 1 ? "person" : "people");
	case VERDICT_CANDIDATES:
		return node_text(n, "headquarters has candidates and is judging them");
	case VERDICT_CONFIRMED:
		return node_text(n, "headquarters confirms %.*s, reference %.*s", (int)v->owner.len,
				 (const char *)v->owner.data, (int)v->reference.len,
				 (const char *)v->reference.data);
	default:
		return bytes_of("headquarters could not search it: capture again");
	}
}

int tell_kase(struct node *n, struct kase *k, struct answer_case *out)
{
	struct case_facts f;
	uint32_t tasks = kase_tasks(n, k, &f);
	struct line *lines = arena_take(&n->arena, 8, sizeof *lines);
	struct answer_candidate *c = arena_take(&n->arena, k->search.candidates.count, sizeof *c);

	if (lines == NULL || c == NULL) {
		return ERR_NOMEM;
	}
	*out = (struct answer_case){
		.state = bytes_of(merge_case_state_name(merge_case_state(&f))),
		.result = bytes_of(merge_case_result_name(merge_case_result(&f))),
		.gallery = tell_gallery_name(n),
		.people = k->search.people,
		.synced = tell_synced(n, k->search.synced_ms),
		.captured_ms = k->search.captured_ms,
		.not_searched = unsearched_lines(n, unsearched_yet(k)),
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
			lines[out->tasks.count++].text = bytes_of(merge_case_task_name(t));
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
