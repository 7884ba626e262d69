#include "tests/lib/unit.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"

#define KEYS 300U

static uint64_t roll(uint64_t *dice)
{
	*dice = *dice * 6364136223846793005ULL + 1442695040888963407ULL;
	return *dice >> 33;
}

static void a_map_does_what_an_array_would(void **state)
{
	static int values[KEYS];
	bool there[KEYS] = { false };
	struct map m;
	uint64_t dice = 3;
	size_t count = 0;

	(void)state;
	map_init(&m, 99);
	for (unsigned i = 0; i < 100000; i++) {
		unsigned k = (unsigned)(roll(&dice) % KEYS);
		uint8_t key[MAP_KEY_BYTES] = { 0 };

		memcpy(key, &k, sizeof k);
		if (roll(&dice) % 2 == 0) {
			assert_int_equal(map_put(&m, key, &values[k]), ERR_OK);
			count += (size_t)!there[k];
			there[k] = true;
		} else {
			assert_ptr_equal(map_remove(&m, key), there[k] ? &values[k] : NULL);
			count -= (size_t)there[k];
			there[k] = false;
		}
		assert_ptr_equal(map_get(&m, key), there[k] ? &values[k] : NULL);
		assert_int_equal(m.count, count);
	}
	map_done(&m);
}

static void it_is_walked_in_the_order_of_insertion(void **state)
{
	static int values[KEYS];
	struct map m;
	size_t at = 0;

	(void)state;
	map_init(&m, 1);
	for (unsigned k = 0; k < KEYS; k++) {
		uint8_t key[MAP_KEY_BYTES] = { 0 };
		unsigned mixed = k * 2654435761U;

		memcpy(key, &mixed, sizeof mixed);
		assert_int_equal(map_put(&m, key, &values[k]), ERR_OK);
	}
	for (unsigned k = 0; k < KEYS; k++) {
		assert_ptr_equal(map_next(&m, &at), &values[k]);
	}
	assert_null(map_next(&m, &at));
	map_done(&m);
}

/* As an array that forgets and appends: content and order, through every rebuild. */
static void what_comes_back_stands_at_the_end(void **state)
{
	static int values[KEYS];
	unsigned order[KEYS];
	size_t n = 0;
	struct map m;
	uint64_t dice = 11;

	(void)state;
	map_init(&m, 5);
	for (unsigned i = 0; i < 20000; i++) {
		unsigned k = (unsigned)(roll(&dice) % (i / 500 % 2 == 0 ? 12 : KEYS));
		uint8_t key[MAP_KEY_BYTES] = { 0 };
		size_t at = 0;
		size_t walk = 0;

		memcpy(key, &k, sizeof k);
		while (at < n && order[at] != k) {
			at++;
		}
		if (roll(&dice) % 2 == 0) {
			assert_int_equal(map_put(&m, key, &values[k]), ERR_OK);
			if (at == n) {
				order[n++] = k;
			}
		} else {
			assert_ptr_equal(map_remove(&m, key), at < n ? &values[k] : NULL);
			if (at < n) {
				n--;
				memmove(order + at, order + at + 1, (n - at) * sizeof order[0]);
			}
		}
		for (size_t o = 0; o < n; o++) {
			assert_ptr_equal(map_next(&m, &walk), &values[order[o]]);
		}
		assert_null(map_next(&m, &walk));
	}
	map_done(&m);
}

static void a_map_may_be_emptied_while_it_is_walked(void **state)
{
	static int values[KEYS];
	struct map m;
	size_t at = 0;
	int *v;

	(void)state;
	map_init(&m, 1);
	assert_null(map_next(&m, &at));
	for (unsigned k = 0; k < KEYS; k++) {
		uint8_t key[MAP_KEY_BYTES] = { 0 };

		memcpy(key, &k, sizeof k);
		assert_int_equal(map_put(&m, key, &values[k]), ERR_OK);
	}
	while ((v = map_next(&m, &at)) != NULL) {
		uint8_t key[MAP_KEY_BYTES] = { 0 };
		unsigned k = (unsigned)(v - values);

		memcpy(key, &k, sizeof k);
		assert_ptr_equal(map_remove(&m, key), v);
		assert_null(map_remove(&m, key));
	}
	assert_int_equal(m.count, 0);
	map_done(&m);
	map_done(&m);
}

/* Keys made to collide under one hash must not collide under the seed's: the second half is
 * what a multiplication without a secret would turn into zero. */
static void chosen_keys_do_not_collide(void **state)
{
	static const uint64_t half = 0xd1b54a32d192ed03ULL;
	static int value;
	struct map m;
	size_t longest = 0;
	size_t row = 0;

	(void)state;
	map_init(&m, 12345);
	for (uint64_t k = 0; k < 20000; k++) {
		uint8_t key[MAP_KEY_BYTES];

		memcpy(key, &k, 8);
		memcpy(key + 8, &half, 8);
		assert_int_equal(map_put(&m, key, &value), ERR_OK);
	}
	for (size_t i = 0; i < m.room * 2; i++) {
		row = m.index[i] == 0 ? 0 : row + 1;
		longest = row > longest ? row : longest;
	}
	assert_in_range(longest, 2, 200);
	map_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_map_does_what_an_array_would),
		cmocka_unit_test(what_comes_back_stands_at_the_end),
		cmocka_unit_test(a_map_may_be_emptied_while_it_is_walked),
		cmocka_unit_test(chosen_keys_do_not_collide),
		cmocka_unit_test(it_is_walked_in_the_order_of_insertion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
