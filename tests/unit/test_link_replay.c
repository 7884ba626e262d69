#include "tests/lib/unit.h"

#include <string.h>

#include "base/err.h"
#include "channel/link_replay.h"

static struct link_replay table;

static int add_number(uint32_t number)
{
	uint8_t tag[NOISE_TAG_BYTES] = { 0 };

	memcpy(tag + 12, &number, sizeof number);
	return link_replay_add(&table, tag);
}

static void knows_the_last_ones_again(void **state)
{
	(void)state;
	link_replay_init(&table);
	for (uint32_t i = 0; i < LINK_REPLAY_ROOM; i++) {
		assert_int_equal(add_number(i), ERR_OK);
	}
	for (uint32_t i = 0; i < LINK_REPLAY_ROOM; i++) {
		assert_int_equal(add_number(i), ERR_EXISTS);
	}
}

static void forgets_the_oldest_first(void **state)
{
	(void)state;
	link_replay_init(&table);
	for (uint32_t i = 0; i <= LINK_REPLAY_ROOM; i++) {
		assert_int_equal(add_number(i), ERR_OK);
	}
	assert_int_equal(add_number(1), ERR_EXISTS);
	assert_int_equal(add_number(LINK_REPLAY_ROOM), ERR_EXISTS);
	assert_int_equal(add_number(0), ERR_OK); /* takes the place of 1 */
	assert_int_equal(add_number(2), ERR_EXISTS);
	assert_int_equal(add_number(1), ERR_OK);
}

static void keeps_to_the_window_on_both_sides(void **state)
{
	/* made at 10,000 ms, counter 7 */
	const uint8_t stamp[LINK_STAMP_BYTES] = { 0, 0, 0, 0, 0, 0, 0x27, 0x10, 0, 0, 0, 7 };
	const uint8_t first[LINK_STAMP_BYTES] = { 0 };
	uint8_t last[LINK_STAMP_BYTES];

	(void)state;
	memset(last, 0xff, sizeof last);
	assert_int_equal(link_replay_stamp(stamp, 10000, 1), ERR_OK);
	assert_int_equal(link_replay_stamp(stamp, 15000, 5000), ERR_OK);
	assert_int_equal(link_replay_stamp(stamp, 15001, 5000), ERR_EXPIRED);
	assert_int_equal(link_replay_stamp(stamp, 5000, 5000), ERR_OK);
	assert_int_equal(link_replay_stamp(stamp, 4999, 5000), ERR_SKEW);
	assert_int_equal(link_replay_stamp(first, UINT64_MAX, UINT64_MAX), ERR_OK);
	assert_int_equal(link_replay_stamp(first, UINT64_MAX, UINT64_MAX - 1), ERR_EXPIRED);
	assert_int_equal(link_replay_stamp(last, 0, UINT64_MAX), ERR_OK);
	assert_int_equal(link_replay_stamp(last, 0, UINT64_MAX - 1), ERR_SKEW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_last_ones_again),
		cmocka_unit_test(forgets_the_oldest_first),
		cmocka_unit_test(keeps_to_the_window_on_both_sides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
