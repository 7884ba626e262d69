/* Beside the chapters: where a case stands.  Nothing of this is kept: it follows from the
 * search, the opinions, the verdict and the actions, in whatever order they came. */
#include <string.h>

#include "node/chapter.h"
#include "policy/floor.h"

/* Two verdicts are two verdicts: what posts think neither counts at headquarters nor is shown
 * there, and headquarters' examiners speak to posts through its verdict alone. */
bool kase_counts(const struct node *n, const struct kase *k, const struct kase_opinion *o)
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

		if (kase_counts(n, k, o) &&
		    memcmp(o->candidate, c[candidate].record, KINDS_RECORD_BYTES) == 0) {
			out[count] = (struct opinion){ .outcome = o->outcome,
						       .reviewer = o->reviewer,
						       .saw = o->saw };
			memcpy(out[count++].id, o->id, 16);
		}
	}
	return count;
}

enum review_state kase_review(const struct node *n, const struct kase *k, size_t candidate)
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

void kase_facts(struct node *n, struct kase *k, struct case_facts *f)
{
	const struct candidate *c = k->search.candidates.items;

	*f = (struct case_facts){ .searched = k->has_search,
				  .reviewed = true,
				  .queued = k->search.hq_queued != 0,
				  .carried = k->carried,
				  .delivered = k->delivered };
	for (size_t i = 0; i < k->search.candidates.count; i++) {
		enum review_state s = kase_review(n, k, i);
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

uint32_t kase_tasks(struct node *n, struct kase *k, struct case_facts *f)
{
	uint32_t tasks;

	kase_facts(n, k, f);
	tasks = merge_case_tasks(f);
	for (size_t i = 0; i < k->actions; i++) {
		if (k->action[i].closes < 32) {
			tasks &= ~(1U << k->action[i].closes);
		}
	}
	return tasks;
}

bool kase_has_judged(const struct node *n, const struct kase *k,
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
