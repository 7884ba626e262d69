#include "record/merge.h"

#include <assert.h>
#include <string.h>

static bool is_final(const struct version *v)
{
	return v->status == STATUS_WITHDRAWN;
}

bool merge_wins(const struct version *a, const struct version *b)
{
	if (is_final(a) != is_final(b)) {
		return is_final(a);
	}
	if (a->revision != b->revision) {
		return a->revision > b->revision;
	}
	if (a->status != b->status) {
		return a->status > b->status;
	}
	if (a->clock != b->clock) {
		return a->clock > b->clock;
	}
	return memcmp(a->id, b->id, sizeof a->id) > 0;
}

static bool names(const struct opinion *by, const uint8_t id[16])
{
	for (size_t at = 0; at + 16 <= by->saw.len; at += 16) {
		if (memcmp(by->saw.data + at, id, 16) == 0) {
			return true;
		}
	}
	return false;
}

/* saw[k] has bit i when k knows of i, itself or through others that it knows of. */
static void all_seen(const struct opinion *set, size_t n, uint64_t saw[MERGE_OPINIONS_MAX])
{
	assert(n <= MERGE_OPINIONS_MAX);
	for (size_t k = 0; k < n; k++) {
		saw[k] = 0;
		for (size_t i = 0; i < n; i++) {
			saw[k] |= (uint64_t)names(&set[k], set[i].id) << i;
		}
	}
	for (size_t via = 0; via < n; via++) {
		for (size_t k = 0; k < n; k++) {
			saw[k] |= (saw[k] >> via & 1) != 0 ? saw[via] : 0;
		}
	}
}

/* A ring cannot be honest (ids are hashes), so within one nobody supersedes anybody. */
static bool supersedes(const uint64_t *saw, size_t k, size_t i)
{
	return (saw[k] >> i & 1) != 0 && (saw[i] >> k & 1) == 0;
}

static bool is_head(const uint64_t *saw, size_t n, size_t i)
{
	for (size_t k = 0; k < n; k++) {
		if (supersedes(saw, k, i)) {
			return false;
		}
	}
	return true;
}

size_t merge_heads(const struct opinion *set, size_t n, bool *heads)
{
	uint64_t saw[MERGE_OPINIONS_MAX];
	size_t count = 0;

	if (n <= MERGE_OPINIONS_MAX) {
		all_seen(set, n, saw);
	}
	for (size_t i = 0; i < n; i++) {
		heads[i] = n > MERGE_OPINIONS_MAX || is_head(saw, n, i);
		count += heads[i];
	}
	return count;
}

static bool is_last_of_its_reviewer(const struct opinion *set, size_t n, const uint64_t *saw,
				    size_t i)
{
	for (size_t k = 0; k < n; k++) {
		if (supersedes(saw, k, i) && bytes_equal(set[k].reviewer, set[i].reviewer)) {
			return false;
		}
	}
	return true;
}

/* Does the reviewer of i say this, in all that he or she has not revised since? */
static bool stands_by(const struct opinion *set, size_t n, const uint64_t *saw, size_t i,
		      uint64_t outcome)
{
	for (size_t k = 0; k < n; k++) {
		if (set[k].outcome != outcome && bytes_equal(set[k].reviewer, set[i].reviewer) &&
		    is_last_of_its_reviewer(set, n, saw, k)) {
			return false;
		}
	}
	return set[i].outcome == outcome;
}

/* Different people who say it now; a person who says it twice counts once, and one who has
 * changed his or her mind does not count. */
static uint64_t people_saying(const struct opinion *set, size_t n, const uint64_t *saw,
			      uint64_t outcome)
{
	uint64_t people = 0;

	for (size_t i = 0; i < n; i++) {
		bool again = !stands_by(set, n, saw, i, outcome);

		for (size_t k = 0; k < i && !again; k++) {
			again = set[k].outcome == outcome &&
				bytes_equal(set[k].reviewer, set[i].reviewer);
		}
		people += !again;
	}
	return people;
}

enum review_state merge_review(const struct opinion *set, size_t n, uint64_t reviewers)
{
	uint64_t saw[MERGE_OPINIONS_MAX];
	uint64_t outcome = 0;
	bool some = false;
	bool differ = false;

	if (n == 0) {
		return REVIEW_OPEN;
	}
	if (n > MERGE_OPINIONS_MAX) {
		return REVIEW_DISPUTED;
	}
	all_seen(set, n, saw);
	for (size_t i = 0; i < n; i++) {
		if (is_head(saw, n, i)) {
			differ = differ || (some && outcome != set[i].outcome);
			outcome = set[i].outcome;
			some = true;
		}
	}
	/* An outcome that nobody here knows is for a human too: it must never confirm. */
	if (differ || outcome < DECISION_POTENTIAL || outcome > DECISION_INCONCLUSIVE) {
		return REVIEW_DISPUTED;
	}
	if (outcome == DECISION_NONE) {
		return REVIEW_DISMISSED;
	}
	if (outcome == DECISION_INCONCLUSIVE) {
		return REVIEW_INCONCLUSIVE;
	}
	return people_saying(set, n, saw, DECISION_POTENTIAL) >= reviewers ? REVIEW_CONFIRMED
									   : REVIEW_NEEDED;
}

enum case_state merge_case_state(const struct case_facts *f)
{
	if (f->verdict == VERDICT_CONFIRMED) {
		return CASE_HQ_CONFIRMED;
	}
	if (f->verdict == VERDICT_NO_HIT) {
		return CASE_HQ_NO_HIT;
	}
	if (f->verdict == VERDICT_ERROR) {
		return CASE_HQ_ERROR;
	}
	if (f->expired) {
		return CASE_EXPIRED;
	}
	if (f->verdict == VERDICT_CANDIDATES) {
		return CASE_HQ_PENDING;
	}
	if (f->delivered) {
		return CASE_DELIVERED;
	}
	if (f->carried) {
		return CASE_CARRIED;
	}
	if (f->queued) {
		return CASE_QUEUED;
	}
	return f->searched ? CASE_LOCAL_DONE : CASE_CAPTURED;
}

enum case_result merge_case_result(const struct case_facts *f)
{
	if (f->verdict == VERDICT_NO_HIT) {
		return f->local_hit ? RESULT_REFUTED : RESULT_CLOSED;
	}
	if (f->verdict == VERDICT_CONFIRMED) {
		if (!f->local_hit) {
			return RESULT_MISSED_LOCALLY;
		}
		return f->same_person ? RESULT_CONFIRMED : RESULT_CONFLICT;
	}
	return RESULT_OPEN;
}

uint32_t merge_case_tasks(const struct case_facts *f)
{
	uint32_t tasks = 0;

	switch (merge_case_result(f)) {
	case RESULT_REFUTED:
		tasks |= 1U << TASK_CORRECT;
		break;
	case RESULT_MISSED_LOCALLY:
		tasks |= 1U << TASK_MISSED;
		break;
	case RESULT_CONFLICT:
		tasks |= 1U << TASK_ANALYST;
		break;
	case RESULT_OPEN:
	case RESULT_CLOSED:
	case RESULT_CONFIRMED:
		break;
	}
	if (f->local_hit && !f->reviewed && f->verdict != VERDICT_NO_HIT) {
		tasks |= 1U << TASK_REVIEW;
	}
	if (f->verdict == VERDICT_ERROR) {
		tasks |= 1U << TASK_RECAPTURE;
	}
	if (f->verdict == VERDICT_CONFIRMED && f->late) {
		tasks |= 1U << TASK_LOCATION;
	}
	if (f->withdrawn) {
		tasks |= 1U << TASK_WITHDRAWN;
	}
	return tasks;
}

bool merge_case_is_open(const struct case_facts *f, uint32_t tasks)
{
	bool asked = f->queued || f->delivered;

	return tasks != 0 || (asked && merge_case_state(f) < CASE_HQ_NO_HIT);
}

const char *merge_case_state_name(enum case_state s)
{
	static const char *const text[] = {
		"",           "CAPTURED",  "LOCAL_DONE",   "QUEUED",   "CARRIED", "DELIVERED",
		"HQ_PENDING", "HQ_NO_HIT", "HQ_CONFIRMED", "HQ_ERROR", "EXPIRED",
	};

	return s >= CASE_CAPTURED && s <= CASE_EXPIRED ? text[s] : "UNKNOWN";
}

const char *merge_case_result_name(enum case_result r)
{
	static const char *const text[] = {
		"open", "closed", "confirmed", "refuted", "missed locally", "conflict",
	};

	return r <= RESULT_CONFLICT ? text[r] : "unknown";
}

const char *merge_case_task_name(enum case_task t)
{
	static const char *const text[] = {
		"none",     "review",    "correct",  "missed locally",
		"conflict", "recapture", "location", "notice withdrawn",
	};

	return t <= TASK_WITHDRAWN ? text[t] : "unknown";
}
