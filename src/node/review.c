/* Chapter 3: people judge the candidates; nothing is a hit before they do.  Every opinion
 * names those it knew; opinions that did not know of each other stand side by side.
 * Before: search.c  Next: share.c */
#include <string.h>

#include "node/chapter.h"

static struct kase *find(struct node *n, const uint8_t encounter[KINDS_ENCOUNTER_BYTES])
{
	struct kase *k = map_get(&n->book->kases, encounter);

	return k != NULL && k->has_search ? k : NULL;
}

/* The opinions about this candidate that the reviewer has been shown, as `saw`: none before
 * his own first one, all after it.  So two first opinions never supersede each other, and one
 * that resolves them names both. */
static struct bytes seen(struct node *n, const struct kase *k,
			 const uint8_t candidate[KINDS_RECORD_BYTES])
{
	uint8_t *saw = arena_take(&n->arena, KINDS_SAW_MAX, 16);
	size_t count = 0;

	if (!kase_has_judged(n, k, candidate)) {
		return (struct bytes){ NULL, 0 };
	}
	for (size_t i = k->opinions; saw != NULL && i > 0 && count < KINDS_SAW_MAX; i--) {
		const struct kase_opinion *o = &k->opinion[i - 1];

		if (memcmp(o->candidate, candidate, KINDS_RECORD_BYTES) == 0) {
			memcpy(saw + 16 * count++, o->id, 16);
		}
	}
	return (struct bytes){ .data = saw, .len = 16 * count };
}

static int write_case(struct node *n, uint64_t kind, const struct schema *schema, const void *body)
{
	uint8_t class_id[ENTRY_CLASS_BYTES];
	uint8_t id[ENTRY_ID_BYTES];
	struct share_order order = { .kind = kind,
				     .class_id = class_id,
				     .schema = schema,
				     .body = body,
				     .expiry_day = n->today + CASE_KEEP_DAYS };
	int rc = share_group(n, GROUP_CASE, class_id);

	return rc == ERR_OK ? share_write(n, &order, id) : rc;
}

static int answer(struct node *n, struct kase *k)
{
	struct answer_case out;
	int rc = tell_kase(n, k, &out);

	return rc == ERR_OK ? node_reply(n, n->event->ask, ERR_OK, NULL, NULL,
					 ask_find(bytes_of("case"))->answer, &out)
			    : rc;
}

int review_ask(struct node *n, const struct ask *ask)
{
	struct ask_review r;
	struct decision d = { .reviewer = ask->officer };
	const struct candidate *c;
	struct kase *k;
	int rc = schema_decode(ask_find(ask->verb)->ask, ask->body, &n->arena, &r, NULL);

	if (rc != ERR_OK) {
		return rc;
	}
	k = find(n, r.encounter);
	if (k == NULL || r.candidate == 0 || r.candidate > k->search.candidates.count) {
		return node_reply(n, n->event->ask, ERR_NOTFOUND,
				  k == NULL ? "encounter" : "candidate",
				  "there is no such candidate here", NULL, NULL);
	}
	if (ask->officer.len == 0 || r.outcome == 0 || k->opinions == KASE_OPINIONS_MAX) {
		return node_reply(n, n->event->ask, ERR_MALFORMED,
				  ask->officer.len == 0 ? "officer" : "outcome",
				  "an opinion needs a reviewer and an outcome", NULL, NULL);
	}
	c = (const struct candidate *)k->search.candidates.items + (r.candidate - 1);
	memcpy(d.encounter, k->encounter, KINDS_ENCOUNTER_BYTES);
	memcpy(d.candidate, c->record, KINDS_RECORD_BYTES);
	d.outcome = r.outcome;
	d.reason = r.reason;
	d.saw = seen(n, k, c->record);
	rc = node_audit(n, "review", ask->officer, k->encounter,
			&(struct audit_line){ .candidates = 1, .purpose = k->search.purpose });
	if (rc == ERR_OK) {
		rc = write_case(n, KIND_DECISION, &kinds_decision, &d);
	}
	if (rc == ERR_OK && k->at_hq) {
		rc = report_reviewed(n, k);
	}
	return rc == ERR_OK ? answer(n, k) : rc;
}

int review_action(struct node *n, const struct ask *ask)
{
	struct ask_action r;
	struct action a = { .officer = ask->officer };
	struct kase *k;
	int rc = schema_decode(ask_find(ask->verb)->ask, ask->body, &n->arena, &r, NULL);

	if (rc != ERR_OK) {
		return rc;
	}
	k = find(n, r.encounter);
	if (k == NULL) {
		return node_reply(n, n->event->ask, ERR_NOTFOUND, "encounter",
				  "there is no such case here", NULL, NULL);
	}
	if (ask->officer.len == 0 || k->actions == KASE_ACTIONS_MAX) {
		return node_reply(n, n->event->ask, ERR_MALFORMED, "officer",
				  "a report needs an officer", NULL, NULL);
	}
	memcpy(a.encounter, k->encounter, KINDS_ENCOUNTER_BYTES);
	a.closes = r.closes;
	a.text = r.text;
	rc = node_audit(n, "action", ask->officer, k->encounter, NULL);
	if (rc == ERR_OK) {
		rc = write_case(n, KIND_ACTION, &kinds_action, &a);
	}
	return rc == ERR_OK ? answer(n, k) : rc;
}
