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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stamps_always_grow),
		cmocka_unit_test(a_remote_stamp_moves_us_by_ten_minutes_at_most),
		cmocka_unit_test(what_came_after_is_stamped_after),
		cmocka_unit_test(a_day_ahead_is_believed_and_more_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
