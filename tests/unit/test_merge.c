#include "tests/lib/unit.h"

#include <string.h>

#include "record/merge.h"

static struct version version(unsigned i)
{
	struct version v = { .revision = i % 3, .status = 1 + i / 3 % 3, .clock = i / 9 % 2 };

	v.id[0] = (uint8_t)(i / 18);
	return v;
}

#define VERSIONS 54U

static void winning_is_a_strict_total_order(void **state)
{
	(void)state;
	for (unsigned i = 0; i < VERSIONS; i++) {
		for (unsigned k = 0; k < VERSIONS; k++) {
			struct version a = version(i);
			struct version b = version(k);

			assert_int_equal(merge_wins(&a, &b) + merge_wins(&b, &a), i != k);
			for (unsigned m = 0; m < VERSIONS; m++) {
				struct version c = version(m);

				if (merge_wins(&a, &b) && merge_wins(&b, &c)) {
					assert_true(merge_wins(&a, &c));
				}
			}
		}
	}
}

static uint64_t roll(uint64_t *dice)
{
	*dice = *dice * 6364136223846793005ULL + 1442695040888963407ULL;
	return *dice >> 33;
}

/* Few values of each field, so that ties happen, and any bits in the id. */
static struct version random_version(uint64_t *dice)
{
	struct version v = { .revision = roll(dice) % 4,
			     .status = roll(dice) % 4,
			     .clock = roll(dice) % 3 };

	for (size_t i = 0; i < 4; i++) {
		v.id[roll(dice) % sizeof v.id] = (uint8_t)roll(dice);
	}
	return v;
}

static void any_three_versions_are_in_order(void **state)
{
	uint64_t dice = 23;

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		struct version a = random_version(&dice);
		struct version b = random_version(&dice);
		struct version c = random_version(&dice);

		assert_false(merge_wins(&a, &a));
		assert_false(merge_wins(&a, &b) && merge_wins(&b, &a));
		assert_true(memcmp(a.id, b.id, sizeof a.id) == 0 || merge_wins(&a, &b) ||
			    merge_wins(&b, &a));
		assert_false(merge_wins(&a, &b) && merge_wins(&b, &c) && !merge_wins(&a, &c));
	}
}

/* What is left after taking in versions one by one does not depend on their order. */
static void any_order_of_arrival_leaves_the_same_version(void **state)
{
	enum { COUNT = 12 };
	uint64_t dice = 5;

	(void)state;
	for (unsigned round = 0; round < 5000; round++) {
		struct version set[COUNT];
		struct version kept[2];

		for (size_t i = 0; i < COUNT; i++) {
			set[i] = random_version(&dice);
			set[i].id[31] = (uint8_t)i;
		}
		for (size_t pass = 0; pass < 2; pass++) {
			kept[pass] = set[0];
			for (size_t i = 1; i < COUNT; i++) {
				if (merge_wins(&set[i], &kept[pass])) {
					kept[pass] = set[i];
				}
			}
			for (size_t i = COUNT - 1; i > 0; i--) { /* shuffle */
				size_t k = (size_t)roll(&dice) % (i + 1);
				struct version other = set[k];

				set[k] = set[i];
				set[i] = other;
			}
		}
		assert_memory_equal(kept[0].id, kept[1].id, sizeof kept[0].id);
	}
}

static void withdrawal_is_final_and_the_revision_beats_the_clock(void **state)
{
	struct version gone = { .revision = 1, .status = STATUS_WITHDRAWN };
	struct version later = { .revision = 9, .status = STATUS_ACTIVE, .clock = UINT64_MAX };
	struct version more = { .revision = 10, .status = STATUS_ACTIVE };

	(void)state;
	assert_true(merge_wins(&gone, &later));
	assert_true(merge_wins(&more, &later));
}

static void at_one_revision_blocked_then_the_clock_then_the_id_decide(void **state)
{
	struct version active = { .revision = 3, .status = STATUS_ACTIVE, .clock = 9 };
	struct version blocked = { .revision = 3, .status = STATUS_BLOCKED, .clock = 1 };
	struct version unblocked = { .revision = 4, .status = STATUS_ACTIVE };
	struct version later = { .revision = 3, .status = STATUS_ACTIVE, .clock = 10 };
	struct version greater = { .revision = 3, .status = STATUS_ACTIVE, .clock = 9 };

	(void)state;
	greater.id[31] = 1;
	later.id[0] = 0;
	assert_true(merge_wins(&blocked, &active) && !merge_wins(&active, &blocked));
	assert_true(merge_wins(&unblocked, &blocked)); /* a block can be lifted */
	assert_true(merge_wins(&later, &greater));
	assert_true(merge_wins(&greater, &active));
}

static struct opinion opinion(uint8_t id, uint64_t outcome, const char *who, const uint8_t *saw,
			      size_t n)
{
	struct opinion o = { .outcome = outcome,
			     .reviewer = bytes_of(who),
			     .saw = { .data = saw, .len = n * 16 } };

	memset(o.id, id, sizeof o.id);
	return o;
}

static void opinions_that_nobody_has_seen_stand(void **state)
{
	uint8_t one[16];
	uint8_t two[32];
	bool heads[3];
	struct opinion set[3] = { 0 };

	(void)state;
	memset(one, 1, 16);
	memset(two, 1, 16);
	memset(two + 16, 2, 16);
	set[0] = opinion(1, DECISION_POTENTIAL, "K", NULL, 0);
	set[1] = opinion(2, DECISION_NONE, "L", NULL, 0);
	assert_int_equal(merge_heads(set, 2, heads), 2);
	assert_int_equal(merge_review(set, 2, 2), REVIEW_DISPUTED);
	set[2] = opinion(3, DECISION_NONE, "K", two, 2);
	assert_int_equal(merge_heads(set, 3, heads), 1);
	assert_true(heads[2]);
	assert_int_equal(merge_review(set, 3, 2), REVIEW_DISMISSED);
	/* a ring supersedes nobody */
	set[0] = opinion(1, DECISION_POTENTIAL, "K", two + 16, 1);
	set[1] = opinion(2, DECISION_NONE, "L", one, 1);
	assert_int_equal(merge_heads(set, 2, heads), 2);
}

static void different_people_must_agree(void **state)
{
	struct opinion set[3] = { 0 };

	(void)state;
	assert_int_equal(merge_review(set, 0, 1), REVIEW_OPEN);
	set[0] = opinion(1, DECISION_POTENTIAL, "K", NULL, 0);
	set[1] = opinion(2, DECISION_POTENTIAL, "K", NULL, 0);
	assert_int_equal(merge_review(set, 1, 1), REVIEW_CONFIRMED);
	assert_int_equal(merge_review(set, 2, 2), REVIEW_NEEDED);
	set[2] = opinion(3, DECISION_POTENTIAL, "L", NULL, 0);
	assert_int_equal(merge_review(set, 3, 2), REVIEW_CONFIRMED);
	assert_int_equal(merge_review(set, 3, 3), REVIEW_NEEDED);
	set[0] = opinion(1, DECISION_INCONCLUSIVE, "K", NULL, 0);
	assert_int_equal(merge_review(set, 1, 1), REVIEW_INCONCLUSIVE);
}

static void a_ring_of_three_supersedes_nobody(void **state)
{
	uint8_t ids[4][16];
	bool heads[4];
	struct opinion set[4];

	(void)state;
	for (uint8_t i = 0; i < 4; i++) {
		memset(ids[i], i + 1, 16);
	}
	set[0] = opinion(1, DECISION_NONE, "K", ids[1], 1);
	set[1] = opinion(2, DECISION_NONE, "L", ids[2], 1);
	set[2] = opinion(3, DECISION_NONE, "M", ids[0], 1);
	set[3] = opinion(4, DECISION_NONE, "N", ids[3], 1); /* itself */
	assert_int_equal(merge_heads(set, 3, heads), 3);
	assert_int_equal(merge_review(set, 3, 1), REVIEW_DISMISSED);
	assert_int_equal(merge_heads(set, 4, heads), 4);
	/* somebody from outside who has seen one of them has seen all */
	set[3] = opinion(4, DECISION_POTENTIAL, "N", ids[1], 1);
	assert_int_equal(merge_heads(set, 4, heads), 1);
	assert_true(heads[3]);
}

/* The second person of rule 2 must still be of that opinion. */
static void who_has_changed_his_mind_does_not_count(void **state)
{
	uint8_t one[16];
	uint8_t two[32];
	struct opinion set[4];

	(void)state;
	memset(one, 1, 16);
	memset(two, 1, 16);
	memset(two + 16, 2, 16);
	set[0] = opinion(1, DECISION_POTENTIAL, "K", NULL, 0);
	set[1] = opinion(2, DECISION_NONE, "K", one, 1);
	set[2] = opinion(3, DECISION_POTENTIAL, "L", two, 2);
	assert_int_equal(merge_review(set, 2, 2), REVIEW_DISMISSED);
	assert_int_equal(merge_review(set, 3, 1), REVIEW_CONFIRMED);
	assert_int_equal(merge_review(set, 3, 2), REVIEW_NEEDED);
	/* the other way round, seen only through another's opinion */
	set[0] = opinion(1, DECISION_NONE, "K", NULL, 0);
	set[1] = opinion(2, DECISION_POTENTIAL, "L", one, 1);
	set[2] = opinion(3, DECISION_POTENTIAL, "K", two + 16, 1);
	assert_int_equal(merge_review(set, 3, 2), REVIEW_CONFIRMED);
}

static void too_many_opinions_are_a_dispute(void **state)
{
	static struct opinion set[MERGE_OPINIONS_MAX + 1];
	static bool heads[MERGE_OPINIONS_MAX + 1];

	(void)state;
	for (size_t i = 0; i <= MERGE_OPINIONS_MAX; i++) {
		set[i] = opinion((uint8_t)(i + 1), DECISION_POTENTIAL, "K", NULL, 0);
	}
	assert_int_equal(merge_review(set, MERGE_OPINIONS_MAX, 1), REVIEW_CONFIRMED);
	assert_int_equal(merge_review(set, MERGE_OPINIONS_MAX + 1, 1), REVIEW_DISPUTED);
	assert_int_equal(merge_heads(set, MERGE_OPINIONS_MAX + 1, heads), MERGE_OPINIONS_MAX + 1);
}

/* An outcome that this version does not know, or that is none, confirms nothing. */
static void an_unknown_outcome_is_for_a_human(void **state)
{
	static const uint64_t outcomes[] = { 0, 4, UINT64_MAX };
	uint8_t one[16];
	struct opinion set[2];

	(void)state;
	memset(one, 1, 16);
	for (size_t i = 0; i < 3; i++) {
		set[0] = opinion(1, DECISION_POTENTIAL, "K", NULL, 0);
		set[1] = opinion(2, outcomes[i], "L", one, 1);
		assert_int_equal(merge_review(set, 2, 1), REVIEW_DISPUTED);
		assert_int_equal(merge_review(set + 1, 1, 1), REVIEW_DISPUTED);
		set[1] = opinion(2, outcomes[i], "L", NULL, 0);
		assert_int_equal(merge_review(set, 2, 1), REVIEW_DISPUTED);
	}
}

/* Whatever order they come in, the review is the same. */
static void the_order_of_arrival_does_not_matter(void **state)
{
	static const size_t orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					    { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	uint8_t ids[48];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		memset(ids + 16 * i, (int)i + 1, 16);
	}
	/* all outcomes, all reviewers out of two, all that can have been seen before */
	for (unsigned m = 0; m < 27U * 8 * 8; m++) {
		struct opinion set[3];
		unsigned outcomes = m % 27;
		unsigned seen = m / 27 % 8;

		set[0] = opinion(1, 1 + outcomes % 3, m / 216 & 1 ? "K" : "L", NULL, 0);
		set[1] = opinion(2, 1 + outcomes / 3 % 3, m / 216 & 2 ? "K" : "L", ids, seen & 1);
		set[2] = opinion(3, 1 + outcomes / 9, m / 216 & 4 ? "K" : "L", ids, seen >> 1);
		if (seen >> 1 == 3) {
			continue; /* would name itself */
		}
		for (uint64_t reviewers = 1; reviewers <= 3; reviewers++) {
			enum review_state want = merge_review(set, 3, reviewers);

			for (size_t o = 1; o < 6; o++) {
				struct opinion moved[3];

				for (size_t i = 0; i < 3; i++) {
					moved[i] = set[orders[o][i]];
				}
				assert_int_equal(merge_review(moved, 3, reviewers), want);
			}
			assert_true(reviewers < 3 || want != REVIEW_CONFIRMED);
		}
	}
}

/* A check of a minor, of which headquarters is not asked, would otherwise be open until it is
 * purged, since nobody could do anything about it. */
static void a_case_is_open_while_something_is_to_be_done_or_to_come(void **state)
{
	struct case_facts f = { .searched = true, .reviewed = true };

	(void)state;
	assert_false(merge_case_is_open(&f, merge_case_tasks(&f)));
	f.local_hit = true;
	f.reviewed = false;
	assert_true(merge_case_is_open(&f, merge_case_tasks(&f)));
	assert_false(merge_case_is_open(&f, 0)); /* dealt with */
	f.reviewed = true;
	assert_false(merge_case_is_open(&f, merge_case_tasks(&f)));
	f.queued = true;
	assert_true(merge_case_is_open(&f, 0));
	f.delivered = true;
	assert_true(merge_case_is_open(&f, 0));
	f.verdict = VERDICT_CANDIDATES;
	assert_true(merge_case_is_open(&f, 0));
	f.verdict = VERDICT_NO_HIT;
	assert_false(merge_case_is_open(&f, 0));
	assert_true(merge_case_is_open(&f, merge_case_tasks(&f))); /* refuted: tell the officers */
	f = (struct case_facts){ .searched = true, .queued = true, .expired = true };
	assert_false(merge_case_is_open(&f, 0));
}

static void tasks_come_one_by_one(void **state)
{
	struct case_facts f = { .searched = true, .local_hit = true };

	(void)state;
	assert_int_equal(merge_case_result(&f), RESULT_OPEN);
	assert_int_equal(merge_case_tasks(&f), 1U << TASK_REVIEW);
	f.verdict = VERDICT_CANDIDATES;
	assert_int_equal(merge_case_result(&f), RESULT_OPEN);
	assert_int_equal(merge_case_tasks(&f), 1U << TASK_REVIEW);
	f.verdict = VERDICT_NO_HIT; /* nothing is left to judge */
	assert_int_equal(merge_case_tasks(&f), 1U << TASK_CORRECT);
	f.withdrawn = true;
	f.reviewed = true;
	f.verdict = 0;
	assert_int_equal(merge_case_tasks(&f), 1U << TASK_WITHDRAWN);
}

static void both_answers_side_by_side(void **state)
{
	static const struct {
		bool local, same;
		uint64_t verdict;
		enum case_result result;
		enum case_task task;
	} rows[] = {
		{ false, false, VERDICT_NO_HIT, RESULT_CLOSED, TASK_NONE },
		{ false, false, VERDICT_CONFIRMED, RESULT_MISSED_LOCALLY, TASK_MISSED },
		{ true, true, VERDICT_CONFIRMED, RESULT_CONFIRMED, TASK_NONE },
		{ true, false, VERDICT_CONFIRMED, RESULT_CONFLICT, TASK_ANALYST },
		{ true, false, VERDICT_NO_HIT, RESULT_REFUTED, TASK_CORRECT },
		{ true, false, VERDICT_ERROR, RESULT_OPEN, TASK_RECAPTURE },
		{ false, false, VERDICT_ERROR, RESULT_OPEN, TASK_RECAPTURE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct case_facts f = { .searched = true,
					.reviewed = true,
					.local_hit = rows[i].local,
					.same_person = rows[i].same,
					.verdict = rows[i].verdict };

		assert_int_equal(merge_case_result(&f), rows[i].result);
		assert_int_equal(merge_case_tasks(&f),
				 rows[i].task == TASK_NONE ? 0 : 1U << rows[i].task);
		f.late = true;
		assert_int_equal((merge_case_tasks(&f) >> TASK_LOCATION) & 1,
				 rows[i].verdict == VERDICT_CONFIRMED);
	}
}

static void a_case_moves_on_with_what_is_known(void **state)
{
	struct case_facts f = { .searched = false };

	(void)state;
	assert_int_equal(merge_case_state(&f), CASE_CAPTURED);
	f.searched = true;
	assert_int_equal(merge_case_state(&f), CASE_LOCAL_DONE);
	f.queued = true;
	assert_int_equal(merge_case_state(&f), CASE_QUEUED);
	f.carried = true;
	assert_int_equal(merge_case_state(&f), CASE_CARRIED);
	f.delivered = true;
	assert_int_equal(merge_case_state(&f), CASE_DELIVERED);
	f.verdict = VERDICT_CANDIDATES;
	assert_int_equal(merge_case_state(&f), CASE_HQ_PENDING);
	f.expired = true;
	assert_int_equal(merge_case_state(&f), CASE_EXPIRED);
	f.verdict = VERDICT_NO_HIT;
	assert_int_equal(merge_case_state(&f), CASE_HQ_NO_HIT);
	f.verdict = VERDICT_CONFIRMED;
	assert_int_equal(merge_case_state(&f), CASE_HQ_CONFIRMED);
	assert_string_equal(merge_case_state_name(CASE_HQ_CONFIRMED), "HQ_CONFIRMED");
	assert_string_equal(merge_case_result_name(RESULT_REFUTED), "refuted");
	assert_string_equal(merge_case_task_name(TASK_MISSED), "missed locally");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(winning_is_a_strict_total_order),
		cmocka_unit_test(any_three_versions_are_in_order),
		cmocka_unit_test(any_order_of_arrival_leaves_the_same_version),
		cmocka_unit_test(withdrawal_is_final_and_the_revision_beats_the_clock),
		cmocka_unit_test(at_one_revision_blocked_then_the_clock_then_the_id_decide),
		cmocka_unit_test(opinions_that_nobody_has_seen_stand),
		cmocka_unit_test(different_people_must_agree),
		cmocka_unit_test(a_ring_of_three_supersedes_nobody),
		cmocka_unit_test(who_has_changed_his_mind_does_not_count),
		cmocka_unit_test(an_unknown_outcome_is_for_a_human),
		cmocka_unit_test(too_many_opinions_are_a_dispute),
		cmocka_unit_test(the_order_of_arrival_does_not_matter),
		cmocka_unit_test(a_case_is_open_while_something_is_to_be_done_or_to_come),
		cmocka_unit_test(tasks_come_one_by_one),
		cmocka_unit_test(both_answers_side_by_side),
		cmocka_unit_test(a_case_moves_on_with_what_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
