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

static void withdrawal_is_final_and_the_revision_beats_the_clock(void **state)
{
	struct version gone = { .revision = 1, .status = STATUS_WITHDRAWN };
	struct version later = { .revision = 9, .status = STATUS_ACTIVE, .clock = UINT64_MAX };
	struct version more = { .revision = 10, .status = STATUS_ACTIVE };

	(void)state;
	assert_true(merge_wins(&gone, &later));
	assert_true(merge_wins(&more, &later));
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
		cmocka_unit_test(withdrawal_is_final_and_the_revision_beats_the_clock),
		cmocka_unit_test(opinions_that_nobody_has_seen_stand),
		cmocka_unit_test(different_people_must_agree),
		cmocka_unit_test(both_answers_side_by_side),
		cmocka_unit_test(a_case_moves_on_with_what_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
