#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "sync/set.h"
#include "sync/table.h"

#define MANY 1000000U

static const uint8_t seed[SYNC_SEED_BYTES] = { 1, 2, 3 };

/* A well spread id for each number, as hashes are. */
static struct sync_item item(uint32_t number, unsigned class_number)
{
	struct sync_item i = { .bytes = 100, .lane = LANE_CASE };

	for (size_t at = 0; at < ENTRY_ID_BYTES; at += 8) {
		uint64_t h = siphash_24(seed, &number, sizeof number) + at * 0x9e3779b97f4a7c15U;

		memcpy(i.id + at, &h, sizeof h);
	}
	memset(i.class_id, (int)class_number, sizeof i.class_id);
	return i;
}

static struct sync_set *set_of(uint32_t n, unsigned classes)
{
	struct sync_set *s;

	assert_int_equal(sync_set_new(seed, &s), ERR_OK);
	for (uint32_t i = 0; i < n; i++) {
		struct sync_item it = item(i, 1 + i % classes);

		assert_int_equal(sync_set_add(s, &it), ERR_OK);
	}
	return s;
}

static void an_entry_is_added_once(void **state)
{
	struct sync_set *s = set_of(10, 2);
	struct sync_item it = item(3, 2);

	(void)state;
	assert_int_equal(sync_set_add(s, &it), ERR_EXISTS);
	assert_true(sync_set_has(s, it.id));
	assert_int_equal(sync_set_count(s), 10);
	assert_int_equal(sync_set_remove(s, it.id), ERR_OK);
	assert_int_equal(sync_set_remove(s, it.id), ERR_NOTFOUND);
	assert_false(sync_set_has(s, it.id));
	assert_int_equal(sync_set_add(s, &it), ERR_OK);
	assert_int_equal(sync_set_count(s), 10);
	sync_set_free(s);
}

static void what_is_erased_never_comes_back(void **state)
{
	struct sync_set *s = set_of(10, 2);
	struct sync_item here = item(3, 2), unknown = item(77, 2);

	(void)state;
	assert_int_equal(sync_set_erase(s, here.id), ERR_OK);
	assert_int_equal(sync_set_erase(s, here.id), ERR_OK);
	assert_int_equal(sync_set_erase(s, unknown.id), ERR_OK);
	assert_int_equal(sync_set_add(s, &here), ERR_STALE);
	assert_int_equal(sync_set_add(s, &unknown), ERR_STALE);
	assert_int_equal(sync_set_remove(s, here.id), ERR_NOTFOUND);
	assert_int_equal(sync_set_count(s), 9);
	assert_int_equal(sync_set_forget(s, here.id), ERR_OK);
	assert_int_equal(sync_set_forget(s, unknown.id), ERR_OK);
	assert_int_equal(sync_set_forget(s, unknown.id), ERR_NOTFOUND);
	assert_int_equal(sync_set_add(s, &here), ERR_OK);
	sync_set_free(s);
}

static void check_order(struct sync_set *s, unsigned class_number)
{
	uint8_t class_id[ENTRY_CLASS_BYTES];
	uint16_t c;
	size_t n;

	memset(class_id, (int)class_number, sizeof class_id);
	c = set_class(s, class_id);
	assert_int_equal(set_order(s, c), ERR_OK);
	n = set_count(s, c);
	for (size_t i = 1; i < n; i++) {
		assert_true(memcmp(set_at(s, c, i - 1)->id, set_at(s, c, i)->id, ENTRY_ID_BYTES) <
			    0);
	}
	for (size_t i = 0; i < n; i += 1 + n / 50) {
		uint32_t prefix = name_prefix(set_at(s, c, i)->id);

		assert_true(set_lower(s, c, prefix) <= i);
		assert_true(set_lower(s, c, (uint64_t)prefix + 1) > i);
	}
	assert_int_equal(set_lower(s, c, 1ULL << 32), n);
}

static void a_class_stays_in_order_while_entries_come_and_go(void **state)
{
	struct sync_set *s = set_of(2000, 3);
	uint64_t random = 5;
	size_t count = 2000;
	static bool here[6000];

	(void)state;
	memset(here, 1, 2000);
	for (int round = 0; round < 200; round++) {
		for (int i = 0; i < 100; i++) {
			uint32_t n;
			struct sync_item it;

			random = random * 6364136223846793005U + 1442695040888963407U;
			n = (uint32_t)(random >> 33) % 6000;
			it = item(n, 1 + n % 3);
			if (here[n]) {
				assert_int_equal(sync_set_remove(s, it.id), ERR_OK);
			} else {
				assert_int_equal(sync_set_add(s, &it), ERR_OK);
			}
			here[n] = !here[n];
			count += here[n] ? 1 : (size_t)-1;
		}
		check_order(s, 1 + (unsigned)round % 3);
		assert_int_equal(sync_set_count(s), count);
	}
	for (uint32_t n = 0; n < 6000; n++) {
		assert_int_equal(sync_set_has(s, item(n, 1).id), here[n]);
	}
	sync_set_free(s);
}

static void a_name_finds_its_entry(void **state)
{
	const uint8_t salt[SYNC_SALT_BYTES] = { 9 };
	struct sync_set *s = set_of(5000, 7);
	struct name_keys k;

	(void)state;
	name_keys(&k, salt);
	for (uint32_t i = 0; i < 5000; i++) {
		struct sync_item it = item(i, 1);
		const struct set_held *h = set_find_name(s, &k, name_of(&k, it.id));

		assert_non_null(h);
		assert_memory_equal(h->id, it.id, ENTRY_ID_BYTES);
		assert_null(set_find_name(s, &k, name_of(&k, it.id) ^ 1));
	}
	sync_set_free(s);
}

static void a_million_entries_take_at_most_120_bytes_each(void **state)
{
	struct sync_set *s = set_of(MANY, 64);

	(void)state;
	for (unsigned c = 1; c <= 64; c++) {
		check_order(s, c);
	}
	print_message("# %d bytes for each of %d entries\n", (int)(sync_set_bytes(s) / MANY),
		      (int)MANY);
	assert_in_range(sync_set_bytes(s), 40U * MANY, 120U * MANY);
	sync_set_free(s);
}

static void a_table_forgets_what_is_removed_and_nothing_else(void **state)
{
	struct table t;
	uint32_t value;

	(void)state;
	table_init(&t, 500);
	for (uint32_t i = 0; i < 500; i++) {
		assert_int_equal(table_add(&t, (uint64_t)i * 64, i), ERR_OK);
	}
	assert_int_equal(table_add(&t, 0, 1), ERR_EXISTS);
	assert_int_equal(table_add(&t, 1, 1), ERR_FULL);
	for (uint32_t i = 0; i < 500; i += 2) {
		table_remove(&t, (uint64_t)i * 64);
		table_remove(&t, (uint64_t)i * 64);
	}
	for (uint32_t i = 0; i < 500; i++) {
		assert_int_equal(table_find(&t, (uint64_t)i * 64, &value), i % 2);
		assert_true(i % 2 == 0 || value == i);
	}
	assert_int_equal(t.count, 250);
	table_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_is_added_once),
		cmocka_unit_test(what_is_erased_never_comes_back),
		cmocka_unit_test(a_class_stays_in_order_while_entries_come_and_go),
		cmocka_unit_test(a_name_finds_its_entry),
		cmocka_unit_test(a_million_entries_take_at_most_120_bytes_each),
		cmocka_unit_test(a_table_forgets_what_is_removed_and_nothing_else),
	};

	return cmocka_run_group_tests_name("sync set", tests, NULL, NULL);
}
