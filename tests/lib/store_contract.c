#include "tests/lib/unit.h"

#include <string.h>

#include "tests/lib/store_contract.h"
#include "tests/lib/store_fixture.h"
#include "tests/lib/store_sample.h"

static void gives_back_what_was_put(void **state)
{
	struct fixture f;
	struct store_entry found;
	struct entry big;
	uint64_t number = 0;

	store_fixture_open_new(&f, state);
	big = store_sample_entry(&f.arena, 7, ENTRY_SIZE_CLASS_MAX);
	store_fixture_begin(&f);
	assert_int_equal(store_put(f.s, &big, &number), ERR_OK);
	assert_true(number > 0);
	assert_int_equal(store_fixture_put(&f, 5), ERR_OK); /* with the longer wrap */
	store_fixture_commit(&f);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(store_get(f.s, big.id, &f.arena, &found), ERR_OK);
		assert_true(store_sample_is(&found.entry, 7, ENTRY_SIZE_CLASS_MAX));
		assert_int_equal(found.number, number);
		assert_int_equal(store_get(f.s, store_fixture_sample(&f, 5).id, &f.arena, &found),
				 ERR_OK);
		assert_true(store_sample_is(&found.entry, 5, STORE_FIXTURE_SIZE));
		assert_true(found.number > number);
		assert_int_equal(store_get(f.s, store_fixture_sample(&f, 6).id, &f.arena, &found),
				 ERR_NOTFOUND);
		store_fixture_reopen(&f);
	}
	store_fixture_close_it(&f);
}

static void putting_twice_changes_nothing(void **state)
{
	struct fixture f;
	struct entry again;
	uint64_t number = 99;

	store_fixture_open_new(&f, state);
	store_fixture_put_committed(&f, 1, 3);
	store_fixture_begin(&f);
	again = store_fixture_sample(&f, 2);
	again.wrap = store_fixture_sample(&f, 10).wrap;
	assert_int_equal(store_put(f.s, &again, &number), ERR_EXISTS);
	assert_int_equal(number, 99);
	assert_int_equal(store_fixture_put(&f, 3), ERR_OK);
	assert_int_equal(store_fixture_put(&f, 3), ERR_EXISTS);
	store_fixture_commit(&f);
	assert_int_equal(store_fixture_count(&f).entries, 3);
	store_fixture_close_it(&f);
}

static void refuses_what_is_not_whole_or_beyond_the_limits(void **state)
{
	static uint8_t big[STORE_VALUE_MAX + 1];
	static const char key65[] =
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefX";
	struct bytes too_big = { big, sizeof big };
	struct bytes key = { big, STORE_KEY_MAX + 1 };
	struct store_job job;
	struct fixture f;
	struct entry e;

	store_fixture_open_new(&f, state);
	store_fixture_begin(&f);
	e = store_fixture_sample(&f, 1);
	e.wrap.len = 0;
	assert_int_equal(store_put(f.s, &e, NULL), ERR_RANGE);
	e = store_fixture_sample(&f, 1);
	e.signature.len--;
	assert_int_equal(store_put(f.s, &e, NULL), ERR_RANGE);
	e = store_fixture_sample(&f, 1);
	e.header_bytes = (struct bytes){ big, ENTRY_HEADER_MAX + 1 };
	assert_int_equal(store_put(f.s, &e, NULL), ERR_RANGE);
	assert_int_equal(store_fixture_erase(&f, 1, UINT32_MAX), ERR_RANGE);
	assert_int_equal(store_set(f.s, "", bytes_of("x")), ERR_RANGE);
	assert_int_equal(store_set(f.s, key65, bytes_of("x")), ERR_RANGE);
	assert_int_equal(store_set(f.s, "key", too_big), ERR_RANGE);
	assert_int_equal(store_set(f.s, "key", (struct bytes){ big, STORE_VALUE_MAX }), ERR_OK);
	assert_int_equal(store_audit(f.s, (struct bytes){ big, 0 }, NULL), ERR_RANGE);
	assert_int_equal(store_audit(f.s, (struct bytes){ big, STORE_AUDIT_MAX + 1 }, NULL),
			 ERR_RANGE);
	assert_int_equal(store_enqueue(f.s, "q", key, key), ERR_RANGE);
	assert_int_equal(store_enqueue(f.s, key65, bytes_of("k"), key), ERR_RANGE);
	assert_int_equal(store_enqueue(f.s, "q", bytes_of("k"), too_big), ERR_RANGE);
	assert_int_equal(store_lease(f.s, "q", UINT64_MAX, 1, &f.arena, &job), ERR_RANGE);
	assert_int_equal(store_settle(f.s, UINT64_MAX), ERR_NOTFOUND);
	store_fixture_commit(&f);
	assert_int_equal(store_fixture_count(&f).entries + store_fixture_count(&f).audit +
			     store_fixture_count(&f).jobs,
			 0);
	store_fixture_close_it(&f);
}

static void allows_changes_only_in_a_transaction(void **state)
{
	struct store_job job;
	struct fixture f;
	size_t dropped;

	store_fixture_open_new(&f, state);
	assert_int_equal(store_fixture_put(&f, 1), ERR_STATE);
	assert_int_equal(store_fixture_erase(&f, 1, 1), ERR_STATE);
	assert_int_equal(store_fixture_drop(&f, 1), ERR_STATE);
	assert_int_equal(store_purge(f.s, 1, 1, &dropped), ERR_STATE);
	assert_int_equal(store_set(f.s, "k", bytes_of("v")), ERR_STATE);
	assert_int_equal(store_audit(f.s, bytes_of("v"), NULL), ERR_STATE);
	assert_int_equal(store_enqueue(f.s, "q", bytes_of("k"), bytes_of("v")), ERR_STATE);
	assert_int_equal(store_lease(f.s, "q", 1, 2, &f.arena, &job), ERR_STATE);
	assert_int_equal(store_settle(f.s, 1), ERR_STATE);
	assert_int_equal(store_commit(f.s), ERR_STATE);
	assert_int_equal(store_mark(f.s), ERR_STATE);
	assert_int_equal(store_undo(f.s), ERR_STATE);
	store_rollback(f.s);
	store_fixture_begin(&f);
	assert_int_equal(store_begin(f.s), ERR_STATE);
	assert_int_equal(store_scrub(f.s), ERR_STATE);
	assert_int_equal(store_release(f.s), ERR_STATE);
	assert_int_equal(store_mark(f.s), ERR_OK);
	assert_int_equal(store_mark(f.s), ERR_STATE);
	assert_int_equal(store_commit(f.s), ERR_STATE);
	assert_int_equal(store_release(f.s), ERR_OK);
	store_fixture_commit(&f);
	assert_int_equal(store_scrub(f.s), ERR_OK);
	store_fixture_close_it(&f);
}

static void takes_back_a_whole_transaction(void **state)
{
	struct bytes value;
	struct fixture f;

	store_fixture_open_new(&f, state);
	store_fixture_put_committed(&f, 1, 4);
	store_fixture_begin(&f);
	assert_int_equal(store_fixture_put(&f, 4), ERR_OK);
	assert_int_equal(store_fixture_erase(&f, 1, 30000), ERR_OK);
	assert_int_equal(store_fixture_drop(&f, 2), ERR_OK);
	assert_int_equal(store_set(f.s, "k", bytes_of("v")), ERR_OK);
	assert_int_equal(store_audit(f.s, bytes_of("line"), NULL), ERR_OK);
	assert_int_equal(store_enqueue(f.s, "q", bytes_of("k"), bytes_of("b")), ERR_OK);
	store_rollback(f.s);
	for (int round = 0; round < 2; round++) {
		assert_true(store_fixture_has(&f, 1) && store_fixture_has(&f, 2) &&
			    !store_fixture_has(&f, 4));
		assert_false(store_is_erased(f.s, store_fixture_sample(&f, 1).id));
		assert_int_equal(store_value(f.s, "k", &f.arena, &value), ERR_NOTFOUND);
		assert_int_equal(store_fixture_count(&f).entries, 3);
		assert_int_equal(store_fixture_count(&f).audit + store_fixture_count(&f).jobs +
				     store_fixture_count(&f).erased,
				 0);
		store_fixture_reopen(&f);
	}
	store_fixture_begin(&f);
	store_close(f.s); /* in the middle: as a rollback */
	arena_done(&f.arena);
}

static void undoes_to_the_mark_and_no_further(void **state)
{
	uint64_t number;
	struct fixture f;

	store_fixture_open_new(&f, state);
	store_fixture_begin(&f);
	assert_int_equal(store_fixture_put(&f, 1), ERR_OK);
	assert_int_equal(store_mark(f.s), ERR_OK);
	assert_int_equal(store_fixture_put(&f, 2), ERR_OK);
	assert_int_equal(store_fixture_erase(&f, 1, 30000), ERR_OK);
	assert_int_equal(store_audit(f.s, bytes_of("undone"), NULL), ERR_OK);
	assert_int_equal(store_undo(f.s), ERR_OK);
	assert_true(store_fixture_has(&f, 1) && !store_fixture_has(&f, 2));
	assert_int_equal(store_mark(f.s), ERR_OK);
	assert_int_equal(store_fixture_put(&f, 3), ERR_OK);
	assert_int_equal(store_audit(f.s, bytes_of("kept"), &number), ERR_OK);
	assert_int_equal(number, 1);
	assert_int_equal(store_release(f.s), ERR_OK);
	store_fixture_commit(&f);
	store_fixture_reopen(&f);
	assert_true(store_fixture_has(&f, 1) && !store_fixture_has(&f, 2) &&
		    store_fixture_has(&f, 3));
	assert_int_equal(store_fixture_count(&f).entries, 2);
	assert_int_equal(store_fixture_count(&f).erased, 0);
	assert_int_equal(store_fixture_count(&f).audit, 1);
	store_fixture_close_it(&f);
}

static void an_erased_id_does_not_come_back(void **state)
{
	struct store_entry found;
	struct fixture f;

	store_fixture_open_new(&f, state);
	store_fixture_put_committed(&f, 1, 3);
	store_fixture_begin(&f);
	assert_int_equal(store_fixture_erase(&f, 1, 21000), ERR_OK);
	assert_int_equal(store_fixture_erase(&f, 1, 21000), ERR_OK);
	assert_int_equal(store_fixture_put(&f, 1), ERR_STALE);
	store_fixture_commit(&f);
	store_fixture_reopen(&f);
	assert_int_equal(store_get(f.s, store_fixture_sample(&f, 1).id, &f.arena, &found),
			 ERR_NOTFOUND);
	assert_true(store_is_erased(f.s, store_fixture_sample(&f, 1).id));
	assert_false(store_is_erased(f.s, store_fixture_sample(&f, 2).id));
	store_fixture_begin(&f);
	assert_int_equal(store_fixture_put(&f, 1), ERR_STALE);
	store_fixture_commit(&f);
	assert_int_equal(store_fixture_count(&f).entries, 1);
	assert_int_equal(store_fixture_count(&f).erased, 1);
	store_fixture_close_it(&f);
}

static void erases_what_it_has_never_seen(void **state)
{
	struct fixture f;

	store_fixture_open_new(&f, state);
	store_fixture_begin(&f);
	assert_int_equal(store_fixture_erase(&f, 1, 21000), ERR_OK);
	assert_int_equal(store_fixture_put(&f, 1), ERR_STALE);
	store_fixture_commit(&f);
	assert_false(store_fixture_has(&f, 1));
	assert_int_equal(store_fixture_count(&f).entries, 0);
	store_fixture_close_it(&f);
}

static int day_of_erased(void *context, const uint8_t id[ENTRY_ID_BYTES], uint32_t expiry_day)
{
	(void)id;
	*(uint32_t *)context += expiry_day;
	return ERR_OK;
}

static int stop_at_once(void *context, const uint8_t id[ENTRY_ID_BYTES], uint32_t expiry_day)
{
	(void)id;
	(void)expiry_day;
	*(uint32_t *)context += 1;
	return ERR_DENIED;
}

static void the_latest_expiry_of_an_erasure_counts(void **state)
{
	uint32_t day = 0;
	uint32_t calls = 0;
	size_t dropped = 0;
	struct fixture f;

	store_fixture_open_new(&f, state);
	store_fixture_begin(&f);
	assert_int_equal(store_fixture_erase(&f, 1, 21000), ERR_OK);
	assert_int_equal(store_fixture_erase(&f, 1, 22000), ERR_OK);
	assert_int_equal(store_fixture_erase(&f, 1, 20000), ERR_OK);
	store_fixture_commit(&f);
	store_fixture_reopen(&f);
	assert_int_equal(store_fixture_count(&f).erased, 1);
	assert_int_equal(store_each_erased(f.s, day_of_erased, &day), ERR_OK);
	assert_int_equal(day, 22000);
	store_fixture_begin(&f);
	assert_int_equal(store_purge(f.s, 22000, 10, &dropped), ERR_OK);
	assert_int_equal(dropped, 0);
	assert_int_equal(store_fixture_erase(&f, 2, 22000), ERR_OK);
	store_fixture_commit(&f);
	assert_int_equal(store_each_erased(f.s, stop_at_once, &calls), ERR_DENIED);
	assert_int_equal(calls, 1);
	store_fixture_begin(&f);
	assert_int_equal(store_purge(f.s, 22001, 10, &dropped), ERR_OK);
	assert_int_equal(dropped, 2);
	store_fixture_commit(&f);
	assert_false(store_is_erased(f.s, store_fixture_sample(&f, 1).id));
	store_fixture_close_it(&f);
}

static void purges_in_batches_of_a_given_size(void **state)
{
	size_t dropped = 0;
	struct fixture f;
	unsigned rounds = 0;

	store_fixture_open_new(&f, state);
	store_fixture_put_committed(&f, 0, 100); /* one for each day */
	store_fixture_begin(&f);
	for (uint64_t n = 200; n < 210; n++) {
		assert_int_equal(store_fixture_erase(&f, n, STORE_SAMPLE_DAY + 5), ERR_OK);
	}
	store_fixture_commit(&f);
	do {
		store_fixture_begin(&f);
		assert_int_equal(store_purge(f.s, STORE_SAMPLE_DAY + 50, 7, &dropped), ERR_OK);
		assert_true(dropped <= 7);
		store_fixture_commit(&f);
		rounds++;
	} while (dropped == 7);
	assert_int_equal(rounds, 60 / 7 + 1);
	assert_int_equal(store_fixture_count(&f).entries, 50);
	assert_int_equal(store_fixture_count(&f).erased, 0);
	assert_true(!store_fixture_has(&f, 49) && store_fixture_has(&f, 50));
	store_fixture_close_it(&f);
}

static void drops_without_a_tombstone(void **state)
{
	struct fixture f;

	store_fixture_open_new(&f, state);
	store_fixture_put_committed(&f, 1, 3);
	store_fixture_begin(&f);
	assert_int_equal(store_fixture_drop(&f, 1), ERR_OK);
	assert_int_equal(store_fixture_drop(&f, 1), ERR_NOTFOUND);
	assert_false(store_fixture_has(&f, 1));
	assert_int_equal(store_fixture_put(&f, 1), ERR_OK);
	store_fixture_commit(&f);
	assert_true(store_fixture_has(&f, 1));
	assert_int_equal(store_fixture_count(&f).entries, 2);
	store_fixture_close_it(&f);
}

static const struct CMUnitTest changing[] = {
	cmocka_unit_test(gives_back_what_was_put),
	cmocka_unit_test(putting_twice_changes_nothing),
	cmocka_unit_test(refuses_what_is_not_whole_or_beyond_the_limits),
	cmocka_unit_test(allows_changes_only_in_a_transaction),
	cmocka_unit_test(takes_back_a_whole_transaction),
	cmocka_unit_test(undoes_to_the_mark_and_no_further),
	cmocka_unit_test(an_erased_id_does_not_come_back),
	cmocka_unit_test(erases_what_it_has_never_seen),
	cmocka_unit_test(the_latest_expiry_of_an_erasure_counts),
	cmocka_unit_test(purges_in_batches_of_a_given_size),
	cmocka_unit_test(drops_without_a_tombstone),
};

void store_contract_tests(const struct store_contract *backend,
			  struct CMUnitTest tests[STORE_CONTRACT_TESTS])
{
	_Static_assert(sizeof changing / sizeof changing[0] + STORE_CONTRACT_READING ==
			   STORE_CONTRACT_TESTS,
		       "as the header says");
	memcpy(tests, changing, sizeof changing);
	memcpy(tests + sizeof changing / sizeof changing[0], store_contract_reading,
	       sizeof store_contract_reading);
	for (size_t i = 0; i < STORE_CONTRACT_TESTS; i++) {
		tests[i].initial_state = (void *)(uintptr_t)backend;
	}
}
