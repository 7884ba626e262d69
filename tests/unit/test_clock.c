#include "tests/lib/unit.h"

#include "record/clock.h"

#define NOW 1790000000000ULL

static void stamps_always_grow(void **state)
{
	struct clock c = { 0 };
	uint64_t last = 0;

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		/* the wall clock stands still, then goes back */
		uint64_t stamp = clock_tick(&c, i < 100000 ? NOW : NOW - i);

		assert_true(stamp > last);
		last = stamp;
	}
}

static void a_remote_stamp_moves_us_by_ten_minutes_at_most(void **state)
{
	struct clock c = { 0 };

	(void)state;
	clock_learn(&c, (NOW + 3600000) << 16, NOW);
	assert_int_equal(clock_ms(clock_tick(&c, NOW)), NOW + CLOCK_STEP_MAX_MS);
	clock_learn(&c, UINT64_MAX, NOW);
	assert_int_equal(clock_ms(clock_tick(&c, NOW)), NOW + CLOCK_STEP_MAX_MS);
}

static void what_came_after_is_stamped_after(void **state)
{
	struct clock c = { 0 };
	uint64_t remote = (NOW + 1000) << 16 | 7;

	(void)state;
	clock_learn(&c, remote, NOW);
	assert_true(clock_tick(&c, NOW) > remote);
}

static void a_day_ahead_is_believed_and_more_is_not(void **state)
{
	(void)state;
	assert_true(clock_believable((NOW + CLOCK_AHEAD_MAX_MS) << 16, NOW));
	assert_false(clock_believable((NOW + CLOCK_AHEAD_MAX_MS + 1) << 16, NOW));
	assert_true(clock_believable(1, NOW));
}

/* A reset wall clock: we go on from what we have, and learn in small steps only. */
static void a_clock_that_was_reset_does_not_run_backwards(void **state)
{
	struct clock c = { 0 };
	uint64_t before = clock_tick(&c, NOW);

	(void)state;
	assert_true(clock_tick(&c, 0) > before);
	clock_learn(&c, 1, 0);
	assert_true(clock_tick(&c, 0) > before);
	c.stamp = 0;
	clock_learn(&c, before, 0);
	assert_int_equal(clock_ms(c.stamp), CLOCK_STEP_MAX_MS);
}

static void an_older_stamp_teaches_nothing(void **state)
{
	struct clock c = { 0 };
	uint64_t now = clock_tick(&c, NOW);

	(void)state;
	clock_learn(&c, now - 1, NOW);
	assert_true(c.stamp == now);
	clock_learn(&c, now, NOW);
	assert_true(c.stamp == now);
}

/* Two clocks that hear of each other: each answer is stamped after its question. */
static void causes_come_before_effects(void **state)
{
	struct clock a = { 0 };
	struct clock b = { 0 };
	uint64_t last = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		/* b is nine minutes behind, within a step */
		uint64_t question = clock_tick(&a, NOW + i);
		uint64_t answer;

		assert_true(question > last);
		clock_learn(&b, question, NOW + i - 540000);
		answer = clock_tick(&b, NOW + i - 540000);
		assert_true(answer > question);
		clock_learn(&a, answer, NOW + i);
		last = answer;
	}
}

static void a_full_counter_carries(void **state)
{
	struct clock c = { .stamp = NOW << 16 | 0xffff };

	(void)state;
	assert_true(clock_tick(&c, NOW) == (NOW + 1) << 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stamps_always_grow),
		cmocka_unit_test(a_remote_stamp_moves_us_by_ten_minutes_at_most),
		cmocka_unit_test(what_came_after_is_stamped_after),
		cmocka_unit_test(a_clock_that_was_reset_does_not_run_backwards),
		cmocka_unit_test(an_older_stamp_teaches_nothing),
		cmocka_unit_test(causes_come_before_effects),
		cmocka_unit_test(a_full_counter_carries),
		cmocka_unit_test(a_day_ahead_is_believed_and_more_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
