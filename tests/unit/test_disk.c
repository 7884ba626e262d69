/* The simulator's disk: the store's contract, and each of its faults. */
#include "tests/lib/unit.h"

#include <stdio.h>
#include <string.h>

#include "sim/disk.h"
#include "tests/lib/store_contract.h"
#include "tests/lib/store_fixture.h"

static void url(unsigned number, char *out, size_t size)
{
	(void)snprintf(out, size, "sim:contract-%u", number);
}

static const struct store_contract on_disk = { .url = url, .is_durable = true };

static const char *name_of(const struct fixture *f)
{
	return f->url + strlen("sim:");
}

static void a_full_disk_takes_the_whole_transaction_back(void **state)
{
	struct fixture f;

	(void)state;
	*state = (void *)(uintptr_t)&on_disk;
	store_fixture_open_new(&f, state);
	store_fixture_put_committed(&f, 1, 3);
	store_fixture_begin(&f);
	assert_int_equal(store_fixture_drop(&f, 1), ERR_OK);
	assert_true(disk_break(name_of(&f), DISK_FULL, 2));
	assert_int_equal(store_fixture_put(&f, 3), ERR_OK);
	assert_int_equal(store_fixture_put(&f, 4), ERR_FULL);
	assert_true(store_fixture_has(&f, 1) && !store_fixture_has(&f, 3));
	store_fixture_put_committed(&f, 5, 6);
	assert_int_equal(store_fixture_count(&f).entries, 3);
	store_fixture_close_it(&f);
}

/* A commit that fails leaves all or nothing, and no call works until the next opening. */
static void fail_commit(void **state, enum disk_fault fault, bool kept)
{
	struct fixture f;

	*state = (void *)(uintptr_t)&on_disk;
	store_fixture_open_new(&f, state);
	store_fixture_put_committed(&f, 1, 2);
	store_fixture_begin(&f);
	assert_int_equal(store_fixture_put(&f, 2), ERR_OK);
	assert_int_equal(store_fixture_erase(&f, 1, 30000), ERR_OK);
	assert_true(disk_break(name_of(&f), fault, 1));
	assert_int_equal(store_commit(f.s), ERR_STORE);
	assert_int_equal(store_begin(f.s), ERR_STORE);
	store_fixture_reopen(&f);
	assert_int_equal(store_fixture_has(&f, 2), kept);
	assert_int_equal(store_fixture_has(&f, 1), !kept);
	store_fixture_close_it(&f);
}

static void a_failed_commit_is_there_as_a_whole_or_not_at_all(void **state)
{
	fail_commit(state, DISK_COMMIT_LOST, false);
	fail_commit(state, DISK_COMMIT_KEPT, true);
}

static void what_cannot_be_read_stops_the_store(void **state)
{
	struct store_entry found;
	struct fixture f;

	*state = (void *)(uintptr_t)&on_disk;
	store_fixture_open_new(&f, state);
	store_fixture_put_committed(&f, 1, 2);
	assert_true(disk_break(name_of(&f), DISK_READ, 1));
	assert_int_equal(store_get(f.s, store_fixture_sample(&f, 1).id, &f.arena, &found),
			 ERR_STORE);
	assert_int_equal(store_begin(f.s), ERR_STORE);
	store_fixture_reopen(&f);
	assert_int_equal(store_get(f.s, store_fixture_sample(&f, 1).id, &f.arena, &found), ERR_OK);
	store_fixture_close_it(&f);
}

static int note_damage(void *context, const uint8_t id[ENTRY_ID_BYTES])
{
	memcpy(context, id, ENTRY_ID_BYTES);
	return ERR_OK;
}

/* A bit anywhere: header, sealed body, wrap or signature. */
static void a_turned_bit_is_found_wherever_it_is(void **state)
{
	struct fixture f;

	*state = (void *)(uintptr_t)&on_disk;
	store_fixture_open_new(&f, state);
	store_fixture_put_committed(&f, 0, 20);
	for (unsigned i = 0; i < 20; i++) {
		uint8_t turned[ENTRY_ID_BYTES];
		uint8_t found[ENTRY_ID_BYTES] = { 0 };
		struct store_entry e;
		uint64_t number = 0;

		assert_true(disk_flip(name_of(&f), 0, i * 397, turned));
		assert_int_equal(store_get(f.s, turned, &f.arena, &e), ERR_CORRUPT);
		assert_int_equal(store_verify(f.s, &number, 100, note_damage, found), ERR_OK);
		assert_memory_equal(found, turned, sizeof found);
		store_fixture_begin(&f);
		assert_int_equal(store_drop(f.s, turned), ERR_OK);
		store_fixture_commit(&f);
	}
	assert_int_equal(store_fixture_count(&f).entries, 0);
	store_fixture_close_it(&f);
}

static void missing_rows_are_noticed_at_opening(void **state)
{
	struct store *s = NULL;
	struct fixture f;

	*state = (void *)(uintptr_t)&on_disk;
	store_fixture_open_new(&f, state);
	store_fixture_put_committed(&f, 1, 2);
	assert_true(disk_tear(name_of(&f)));
	assert_int_equal(store_open(f.url, &s, NULL), ERR_BUSY);
	store_close(f.s);
	assert_int_equal(store_open(f.url, &s, NULL), ERR_CORRUPT);
	arena_done(&f.arena);
}

struct seen {
	unsigned put, erased, ended;
};

static void count_changes(void *context, const struct disk_change *change)
{
	struct seen *seen = context;

	seen->put += change->kind == DISK_PUT;
	seen->erased += change->kind == DISK_ERASED;
	seen->ended += change->kind == DISK_ENDED;
}

static void onlookers_see_what_was_committed_and_no_more(void **state)
{
	struct seen seen = { 0 };
	struct fixture f;

	*state = (void *)(uintptr_t)&on_disk;
	store_fixture_open_new(&f, state);
	assert_int_equal(disk_watch(name_of(&f), count_changes, &seen), ERR_OK);
	store_fixture_put_committed(&f, 1, 4);
	store_fixture_begin(&f);
	assert_int_equal(store_fixture_put(&f, 5), ERR_OK);
	store_rollback(f.s);
	store_fixture_begin(&f);
	assert_int_equal(store_fixture_erase(&f, 1, 30000), ERR_OK);
	assert_int_equal(store_fixture_drop(&f, 2), ERR_OK);
	store_fixture_commit(&f);
	assert_int_equal(seen.put, 3);
	assert_int_equal(seen.erased, 1);
	assert_int_equal(seen.ended, 2);
	store_fixture_close_it(&f);
}

static int forget(void **state)
{
	(void)state;
	disk_forget_all();
	return 0;
}

int main(void)
{
	static const struct CMUnitTest own[] = {
		cmocka_unit_test(a_full_disk_takes_the_whole_transaction_back),
		cmocka_unit_test(a_failed_commit_is_there_as_a_whole_or_not_at_all),
		cmocka_unit_test(what_cannot_be_read_stops_the_store),
		cmocka_unit_test(a_turned_bit_is_found_wherever_it_is),
		cmocka_unit_test(missing_rows_are_noticed_at_opening),
		cmocka_unit_test(onlookers_see_what_was_committed_and_no_more),
	};
	struct CMUnitTest tests[STORE_CONTRACT_TESTS + sizeof own / sizeof own[0]];

	if (store_register(&disk_backend) != ERR_OK) {
		return 1;
	}
	store_contract_tests(&on_disk, tests);
	memcpy(tests + STORE_CONTRACT_TESTS, own, sizeof own);
	return cmocka_run_group_tests(tests, NULL, forget);
}
