/* Thresholds: they rise with what is asked of them, and hold in a gallery that is small enough
 * to count. */
#include "tests/lib/unit.h"

#include <stdlib.h>

#include "base/err.h"
#include "cmd/made_up.h"
#include "match/chance.h"

#define PRINTS 240U

static struct finger_template *print[PRINTS];

static void stricter_means_higher(void **state)
{
	(void)state;
	for (unsigned fingers = 1; fingers <= CHANCE_FINGERS_MAX; fingers++) {
		int before = chance_threshold(fingers, 1.0);

		assert_int_equal(before, 0);
		for (double rate = 0.5; rate > 1e-16; rate /= 3) {
			int t = chance_threshold(fingers, rate);

			assert_true(t >= before);
			assert_true(before == 0 || t > before);
			before = t;
		}
		assert_in_range(before, 300, 2000);
	}
}

/* The tail of one comparison is what the measurement says: 85 in 10,000 at 0, a tenth for each 110.
 */
static void one_finger_follows_the_measured_tail(void **state)
{
	double rate = 85e-4;

	(void)state;
	for (int score = 0; score <= 1100; score += 110) {
		assert_in_range(chance_threshold(1, rate * 0.9999) + 1, score + 1, score + 3);
		rate /= 10;
	}
}

/* Two fingers that both fit by chance are rarer than one that does. */
static void a_second_finger_lowers_what_is_needed(void **state)
{
	(void)state;
	for (double rate = 1e-4; rate > 1e-9; rate /= 10) {
		assert_true(chance_threshold(2, rate) < chance_threshold(1, rate));
		assert_true(chance_threshold(2, rate) >= chance_threshold(1, rate) * 3 / 4);
		assert_int_equal(chance_threshold(10, rate), chance_threshold(1, rate) * 3 / 4);
	}
}

static int seed_people(void **state)
{
	for (unsigned i = 0; i < PRINTS; i++) {
		struct made_up up = { .finger = made_up_seed(77, i),
				      .touch = 1,
				      .difficulty = 0.4f };

		assert_int_equal(made_up_template(&up, true, &print[i]), ERR_OK);
	}
	*state = print;
	return 0;
}

static int free_people(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PRINTS; i++) {
		finger_template_unref(print[i]);
	}
	return 0;
}

/* All pairs of made-up fingers, and all pairs of people with two of them: as many reach the
 * threshold as it promises or fewer, but not so few that it would be of no use. */
static void thresholds_hold_among_made_up_people(void **state)
{
	static const double rate[] = { 1e-2, 2e-3 };
	unsigned one[2] = { 0 };
	unsigned two[2] = { 0 };
	double pairs = PRINTS * (PRINTS - 1) / 2.0;
	double people = (PRINTS / 2) * (PRINTS / 2 - 1) / 2.0;

	(void)state;
	for (unsigned i = 0; i < PRINTS; i++) {
		for (unsigned k = 0; k < i; k++) {
			int score = finger_compare(print[i], print[k]);
			bool same_hand = i % 2 == 1 && k % 2 == 1;
			int sum =
			    same_hand ? score + finger_compare(print[i - 1], print[k - 1]) : 0;

			for (int r = 0; r < 2; r++) {
				one[r] += score >= chance_threshold(1, rate[r]);
				two[r] += same_hand && sum >= chance_threshold(2, rate[r]);
			}
		}
	}
	for (int r = 0; r < 2; r++) {
		assert_true(one[r] <= pairs * rate[r]);
		assert_true(one[r] >= pairs * rate[r] / 20);
		assert_true(two[r] <= people * rate[r]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stricter_means_higher),
		cmocka_unit_test(one_finger_follows_the_measured_tail),
		cmocka_unit_test(a_second_finger_lowers_what_is_needed),
		cmocka_unit_test_setup_teardown(thresholds_hold_among_made_up_people, seed_people,
						free_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
