/* Every place where the disk or the memory can fail, one after the other. */
#include "tests/lib/unit.h"

#include <stdio.h>

#include "store/sqlite.h"
#include "tests/lib/fault_heap.h"
#include "tests/lib/fault_vfs.h"
#include "tests/lib/store_work.h"

#define URL   "sqlite:node.db"
#define STEPS 9U
/* There are thousands of allocations; every third takes a few seconds. */
#define HEAP_STRIDE 3U

/* So small that one commit in a few checkpoints, and that a transaction spills into the log
 * before its commit. */
static int open_small(struct store **out)
{
	struct fault fault = { ERR_OK, 0, "" };
	int rc = store_open(URL, out, &fault);

	if (rc == ERR_CORRUPT) {
		print_message("# damaged: %s\n", fault.what);
	}
	if (rc == ERR_OK) {
		struct sqlite *s = (*out)->self;

		s->checkpoint_pages = 60;
		if (sqlite3_exec(s->db, "PRAGMA cache_size = 10", NULL, NULL, NULL) != SQLITE_OK) {
			store_close(*out);
			*out = NULL;
			return ERR_NOMEM;
		}
	}
	return rc;
}

/* Work on from *acknowledged, which counts the commits that returned, to STEPS or a fault. */
static int work(struct store *s, unsigned *acknowledged)
{
	int rc = ERR_OK;

	for (unsigned n = *acknowledged + 1; rc == ERR_OK && n <= STEPS; n++) {
		rc = store_work_do(s, n);
		if (rc == ERR_OK) {
			*acknowledged = n;
		}
		if (rc == ERR_OK && n % 4 == 0) {
			rc = store_scrub(s);
		}
	}
	return rc;
}

/* What is there is whole, has all that was acknowledged, and at most the one commit that
 * was under way; and the work can go on. */
static void recover_and_finish(unsigned acknowledged)
{
	struct store *s;
	unsigned done;

	assert_int_equal(open_small(&s), ERR_OK);
	done = store_work_done(s);
	assert_in_range(done, acknowledged, acknowledged + 1);
	store_work_check(s, done);
	assert_int_equal(work(s, &done), ERR_OK);
	store_work_check(s, STEPS);
	store_close(s);
	assert_int_equal(open_small(&s), ERR_OK);
	store_work_check(s, STEPS);
	store_close(s);
}

/* After a broken disk nothing more may be done with an open store. */
static void check_that_it_is_broken(struct store *s)
{
	struct store_counts counts;

	assert_int_equal(store_begin(s), ERR_STORE);
	assert_int_equal(store_scrub(s), ERR_STORE);
	assert_int_equal(store_count(s, &counts), ERR_STORE);
}

/* One run in which the process stops at the fault.  False when the fault never struck. */
static bool run_until_fault(enum fault_vfs_kind kind, unsigned long n, uint64_t seed)
{
	struct store *s = NULL;
	unsigned acknowledged = 0;
	bool struck;
	int rc;

	fault_vfs_clear(seed);
	fault_vfs_fail(kind, n);
	rc = open_small(&s);
	if (rc == ERR_OK) {
		rc = work(s, &acknowledged);
		if (rc == ERR_STORE) {
			check_that_it_is_broken(s);
		}
	}
	struck = fault_vfs_struck();
	assert_int_equal(rc, struck ? ERR_STORE : ERR_OK);
	store_close(s);
	struck = fault_vfs_struck(); /* in closing nothing is reported */
	fault_vfs_power_cycle();
	recover_and_finish(acknowledged);
	return struck;
}

static void run_all(enum fault_vfs_kind kind, unsigned seeds, unsigned at_least)
{
	unsigned runs = 0;

	for (uint64_t seed = 1; seed <= seeds; seed++) {
		unsigned long n = 1;

		while (run_until_fault(kind, n, seed)) {
			n++;
			runs++;
		}
	}
	print_message("# %u faults\n", runs);
	assert_true(runs >= at_least);
}

static void survives_a_power_cut_at_every_change(void **state)
{
	(void)state;
	run_all(FAULT_VFS_POWER, 2, 400);
}

static void stops_at_every_sync_that_fails_and_loses(void **state)
{
	(void)state;
	run_all(FAULT_VFS_SYNC_LOST, 3, 60);
}

static void stops_at_every_sync_that_fails_unseen(void **state)
{
	(void)state;
	run_all(FAULT_VFS_SYNC_SEEN, 3, 60);
}

static void stops_at_every_write_that_fails(void **state)
{
	(void)state;
	run_all(FAULT_VFS_WRITE, 1, 150);
}

static void stops_at_every_read_that_fails(void **state)
{
	(void)state;
	run_all(FAULT_VFS_READ, 1, 10);
}

/* After a sync that failed unseen, the power goes after the recovery: what was recovered, and
 * what was acknowledged since, must not depend on the cache. */
static bool run_sync_then_power(unsigned long n)
{
	struct store *s = NULL;
	unsigned acknowledged = 0;
	bool struck;
	int rc;

	fault_vfs_clear(n);
	fault_vfs_fail(FAULT_VFS_SYNC_SEEN, n);
	rc = open_small(&s);
	if (rc == ERR_OK) {
		(void)work(s, &acknowledged);
		store_close(s);
	}
	struck = fault_vfs_struck();
	fault_vfs_fail(FAULT_VFS_NONE, 0);
	assert_int_equal(open_small(&s), ERR_OK);
	acknowledged = store_work_done(s);
	if (acknowledged < STEPS) {
		assert_int_equal(store_work_do(s, acknowledged + 1), ERR_OK);
		acknowledged++;
	}
	fault_vfs_fail(FAULT_VFS_POWER, 1);
	store_close(s);
	fault_vfs_power_cycle();
	recover_and_finish(acknowledged);
	return struck;
}

static void recovers_what_was_only_in_the_cache(void **state)
{
	unsigned long n = 1;

	(void)state;
	while (run_sync_then_power(n)) {
		n++;
	}
	assert_true(n > 20);
}

/* Full at the n-th growth; after the error is seen there is room again.  The store stays
 * open throughout. */
static bool run_full(unsigned long n)
{
	struct store *s = NULL;
	unsigned acknowledged = 0;
	bool struck = false;
	int rc;

	fault_vfs_clear(n);
	fault_vfs_fail(FAULT_VFS_FULL, n);
	rc = open_small(&s);
	if (rc != ERR_OK) {
		assert_int_equal(rc, ERR_FULL);
		fault_vfs_fail(FAULT_VFS_NONE, 0);
		recover_and_finish(0);
		return true;
	}
	rc = work(s, &acknowledged);
	if (rc != ERR_OK) {
		assert_int_equal(rc, ERR_FULL);
		assert_int_equal(store_commit(s), ERR_STATE);
		store_work_check(s, acknowledged);
	}
	struck = fault_vfs_struck();
	fault_vfs_fail(FAULT_VFS_NONE, 0);
	assert_int_equal(work(s, &acknowledged), ERR_OK);
	store_work_check(s, STEPS);
	store_close(s);
	recover_and_finish(STEPS);
	return struck;
}

static void goes_on_after_the_disk_was_full(void **state)
{
	unsigned long n = 1;

	(void)state;
	while (run_full(n)) {
		n++;
	}
	print_message("# %lu faults\n", n);
	assert_true(n > 50);
}

/* What was taken back must not be there either after the power has gone. */
static void die_after_no_memory(struct store *s, unsigned acknowledged)
{
	fault_vfs_fail(FAULT_VFS_POWER, 1);
	(void)store_scrub(s);
	store_close(s);
	fault_vfs_power_cycle();
	assert_int_equal(open_small(&s), ERR_OK);
	assert_int_equal(store_work_done(s), acknowledged);
	store_close(s);
}

/* The n-th allocation fails, once: the transaction fails or SQLite does without. */
static bool run_out_of_memory(unsigned long n)
{
	struct store *s = NULL;
	unsigned acknowledged = 0;
	bool struck;
	bool dies = n % 2 == 0;
	int rc;

	fault_vfs_clear(n);
	fault_heap_fail(n);
	rc = open_small(&s);
	if (rc == ERR_OK) {
		rc = work(s, &acknowledged);
		if (rc == ERR_NOMEM) {
			assert_int_equal(store_commit(s), ERR_STATE);
			store_work_check(s, acknowledged);
			if (dies) {
				die_after_no_memory(s, acknowledged);
				s = NULL;
			}
			rc = dies ? ERR_OK : work(s, &acknowledged);
		}
		assert_true(rc == ERR_OK || rc == ERR_STORE);
		store_close(s);
	} else {
		assert_int_equal(rc, ERR_NOMEM);
	}
	struck = fault_heap_struck();
	fault_heap_fail(0);
	recover_and_finish(acknowledged);
	return struck;
}

static void goes_on_after_memory_ran_out(void **state)
{
	unsigned long n = 1;

	(void)state;
	while (run_out_of_memory(n)) {
		n += HEAP_STRIDE;
	}
	print_message("# %lu faults\n", n / HEAP_STRIDE);
	assert_true(n > 1000);
}

static int set_up(void **state)
{
	(void)state;
	fault_vfs_install();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fault_vfs_remove();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_a_power_cut_at_every_change),
		cmocka_unit_test(stops_at_every_sync_that_fails_and_loses),
		cmocka_unit_test(stops_at_every_sync_that_fails_unseen),
		cmocka_unit_test(stops_at_every_write_that_fails),
		cmocka_unit_test(stops_at_every_read_that_fails),
		cmocka_unit_test(recovers_what_was_only_in_the_cache),
		cmocka_unit_test(goes_on_after_the_disk_was_full),
		cmocka_unit_test(goes_on_after_memory_ran_out),
	};

	fault_heap_install();
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
