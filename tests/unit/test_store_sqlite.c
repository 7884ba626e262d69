/* The contract on files and in memory, and what is SQLite's own: locks, versions, damage,
 * what is left in the files, and dying at any moment. */
#include "config.h"

#include "tests/lib/unit.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/store_contract.h"
#include "tests/lib/store_files.h"
#include "tests/lib/store_sample.h"
#include "tests/lib/store_work.h"

#define URL_MAX (STORE_FILES_PATH + 8U)

static void file_url(unsigned number, char *url, size_t size)
{
	char name[32];
	char path[STORE_FILES_PATH];

	(void)snprintf(name, sizeof name, "contract-%u.db", number);
	store_files_path(name, path);
	(void)snprintf(url, size, "sqlite:%s", path);
}

static void memory_url(unsigned number, char *url, size_t size)
{
	(void)number;
	(void)snprintf(url, size, "sqlite::memory:");
}

static const struct store_contract on_file = { .url = file_url, .is_durable = true };
static const struct store_contract in_memory = { .url = memory_url };

/* A new path for a database; the path of the one before is forgotten. */
static char *new_path(void)
{
	static char path[STORE_FILES_PATH];
	static unsigned number;
	char name[32];

	(void)snprintf(name, sizeof name, "own-%u.db", number++);
	store_files_path(name, path);
	return path;
}

static int open_path(const char *path, struct store **out, struct fault *fault)
{
	char url[URL_MAX];

	(void)snprintf(url, sizeof url, "sqlite:%s", path);
	return store_open(url, out, fault);
}

static struct store *must_open(const char *path)
{
	struct fault fault = { ERR_OK, 0, "" };
	struct store *s = NULL;

	if (open_path(path, &s, &fault) != ERR_OK) {
		fail_msg("%s: %s at %s", path, err_name(fault.code), fault.what);
	}
	return s;
}

/* A closed database that holds the first n transactions of the work. */
static void make_closed(const char *path, unsigned n)
{
	struct store *s = must_open(path);

	for (unsigned i = 1; i <= n; i++) {
		assert_int_equal(store_work_do(s, i), ERR_OK);
	}
	store_close(s);
}

static void what_was_erased_is_in_no_file(void **state)
{
	const char *path = new_path();
	struct store *s = must_open(path);
	struct arena arena;
	struct entry e;
	uint8_t planted[32];
	uint64_t random = 1;

	(void)state;
	arena_init(&arena, 0);
	for (size_t i = 0; i < sizeof planted; i++) {
		planted[i] = (uint8_t)store_sample_random(&random);
	}
	e = store_sample_entry(&arena, 1, 18); /* over several pages */
	memcpy((uint8_t *)(uintptr_t)e.sealed.data + 20000, planted, sizeof planted);
	entry_id(e.header_bytes, e.sealed, e.id);
	assert_int_equal(store_begin(s), ERR_OK);
	assert_int_equal(store_put(s, &e, NULL), ERR_OK);
	assert_int_equal(store_enqueue(s, "q", bytes_of("k"), (struct bytes){ planted, 32 }),
			 ERR_OK);
	assert_int_equal(store_set(s, "v", (struct bytes){ planted, 32 }), ERR_OK);
	assert_int_equal(store_commit(s), ERR_OK);
	assert_true(store_files_hold(path, planted, sizeof planted));
	assert_true(store_files_hold(path, e.wrap.data, e.wrap.len));
	assert_int_equal(store_begin(s), ERR_OK);
	assert_int_equal(store_erase(s, e.id, 30000), ERR_OK);
	assert_int_equal(store_settle(s, 1), ERR_OK);
	assert_int_equal(store_set(s, "v", (struct bytes){ NULL, 0 }), ERR_OK);
	assert_int_equal(store_commit(s), ERR_OK);
	assert_int_equal(store_scrub(s), ERR_OK);
	assert_false(store_files_hold(path, planted, sizeof planted));
	assert_false(store_files_hold(path, e.wrap.data, e.wrap.len));
	assert_false(store_files_hold(path, e.signature.data, e.signature.len));
	assert_true(store_files_hold(path, e.id, sizeof e.id)); /* the tombstone */
	store_close(s);
	arena_done(&arena);
}

/* Many small rows, so that SQLite moves them between pages before they go. */
static void no_copy_of_a_moved_row_stays_behind(void **state)
{
	enum { COUNT = 3000 };
	const char *path = new_path();
	struct store *s = must_open(path);
	uint64_t random = 3;
	struct arena arena;
	size_t len;
	uint8_t *data;

	(void)state;
	arena_init(&arena, 0);
	for (uint64_t n = 0; n < COUNT; n++) {
		struct entry e = store_sample_entry(&arena, n, 0);

		assert_int_equal(n % 64 == 0 ? store_begin(s) : ERR_OK, ERR_OK);
		assert_int_equal(store_put(s, &e, NULL), ERR_OK);
		assert_int_equal(n % 64 == 63 || n + 1 == COUNT ? store_commit(s) : ERR_OK, ERR_OK);
	}
	for (unsigned i = 0; i < 4500; i++) {
		uint64_t n = store_sample_random(&random) % COUNT;

		assert_int_equal(i % 50 == 0 ? store_begin(s) : ERR_OK, ERR_OK);
		(void)store_drop(s, store_sample_entry(&arena, n, 0).id);
		assert_int_equal(i % 50 == 49 ? store_commit(s) : ERR_OK, ERR_OK);
	}
	assert_int_equal(store_scrub(s), ERR_OK);
	data = store_files_read(path, &len);
	assert_non_null(data);
	for (uint64_t n = 0; n < COUNT; n++) {
		struct entry e = store_sample_entry(&arena, n, 0);
		bool is_there = store_has(s, e.id);

		assert_int_equal(memmem(data, len, e.id, 32) != NULL, is_there);
		assert_int_equal(memmem(data, len, e.wrap.data, 32) != NULL, is_there);
		assert_int_equal(memmem(data, len, e.sealed.data, 32) != NULL, is_there);
	}
	free(data);
	store_close(s);
	arena_done(&arena);
}

static void one_process_holds_the_file(void **state)
{
	const char *path = new_path();
	struct store *s = must_open(path);
	struct store *again = NULL;
	int status = -1;
	pid_t child;

	(void)state;
	assert_int_equal(open_path(path, &again, NULL), ERR_BUSY);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		_exit(open_path(path, &again, NULL) == ERR_BUSY ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	store_close(s);
	store_close(must_open(path));
}

static void refuses_files_of_others_and_of_the_future(void **state)
{
	struct fault fault;
	struct store *s = NULL;
	const char *path = new_path();

	(void)state;
	make_closed(path, 1);
	store_files_tamper(path, "PRAGMA user_version = 2");
	assert_int_equal(open_path(path, &s, &fault), ERR_UNSUPPORTED);
	assert_string_equal(fault.what, "version");
	store_files_tamper(path, "PRAGMA user_version = 1; PRAGMA application_id = 7");
	assert_int_equal(open_path(path, &s, &fault), ERR_UNSUPPORTED);
	assert_string_equal(fault.what, "application");
	path = new_path();
	store_files_tamper(path, "CREATE TABLE entry (x)");
	assert_int_equal(open_path(path, &s, &fault), ERR_UNSUPPORTED);
}

static void notices_at_opening_that_rows_are_missing(void **state)
{
	static const struct {
		const char *sql;
		const char *what;
	} losses[] = {
		{ "DELETE FROM entry WHERE number = 18", "entries" },
		{ "DELETE FROM wrap WHERE number = 18", "wraps" },
		{ "UPDATE wrap SET number = 99 WHERE number = 18", "number" },
		{ "DELETE FROM erased", "erased" },
		{ "UPDATE erased SET expiry_day = expiry_day - 1", "erased" },
		{ "DROP TRIGGER audit_is_not_deleted; DELETE FROM audit WHERE number = 6",
		  "audit" },
		{ "DELETE FROM job WHERE body IS NOT NULL", "jobs" },
		{ "UPDATE job SET body = NULL", "waiting jobs" },
		{ "DELETE FROM mark", "mark" },
		{ "UPDATE mark SET entries = 3", "entries" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++) {
		const char *path = new_path();
		struct fault fault = { ERR_OK, 0, "" };
		struct store *s = NULL;

		make_closed(path, 6);
		store_files_tamper(path, losses[i].sql);
		if (open_path(path, &s, &fault) != ERR_CORRUPT) {
			fail_msg("not noticed: %s", losses[i].sql);
		}
		assert_string_equal(fault.what, losses[i].what);
	}
}

static int count_line(void *context, uint64_t number, struct bytes line)
{
	(void)number;
	(void)line;
	*(unsigned *)context += 1;
	return ERR_OK;
}

static void notices_a_gap_in_the_audit_log(void **state)
{
	const char *path = new_path();
	unsigned lines = 0;
	struct store *s;

	(void)state;
	make_closed(path, 6);
	store_files_tamper(path, "DROP TRIGGER audit_is_not_deleted; "
				 "DELETE FROM audit WHERE number = 4");
	s = must_open(path);
	assert_int_equal(store_each_audit(s, 1, 100, count_line, &lines), ERR_CORRUPT);
	assert_int_equal(lines, 3);
	assert_int_equal(store_begin(s), ERR_STORE);
	store_close(s);
}

struct damage {
	uint8_t id[ENTRY_ID_BYTES];
	unsigned count;
};

static int on_damage(void *context, const uint8_t id[ENTRY_ID_BYTES])
{
	struct damage *d = context;

	memcpy(d->id, id, ENTRY_ID_BYTES);
	d->count++;
	return ERR_OK;
}

static void a_damaged_entry_is_named_and_can_be_replaced(void **state)
{
	const char *path = new_path();
	struct damage damage = { .count = 0 };
	struct store_entry found;
	uint64_t number = 0;
	struct arena arena;
	struct entry e;
	struct store *s;

	(void)state;
	arena_init(&arena, 0);
	make_closed(path, 1);
	store_files_tamper(path, "UPDATE entry SET sealed = zeroblob(length(sealed)) "
				 "WHERE number = 2");
	s = must_open(path);
	e = store_sample_entry(&arena, 4, 4);
	assert_int_equal(store_get(s, e.id, &arena, &found), ERR_CORRUPT);
	assert_int_equal(store_verify(s, &number, 100, on_damage, &damage), ERR_OK);
	assert_int_equal(damage.count, 1);
	assert_memory_equal(damage.id, e.id, ENTRY_ID_BYTES);
	assert_int_equal(store_begin(s), ERR_OK);
	assert_int_equal(store_drop(s, e.id), ERR_OK);
	assert_int_equal(store_put(s, &e, NULL), ERR_OK);
	assert_int_equal(store_commit(s), ERR_OK);
	assert_int_equal(store_get(s, e.id, &arena, &found), ERR_OK);
	assert_true(store_sample_is(&found.entry, 4, 4));
	store_close(s);
	arena_done(&arena);
}

static void refuses_garbage_and_what_was_cut_off(void **state)
{
	const char *path = new_path();
	uint64_t random = 9;
	size_t len;
	uint8_t *whole;
	uint8_t *garbage;

	(void)state;
	make_closed(path, 6);
	whole = store_files_read(path, &len);
	garbage = malloc(len);
	assert_true(whole != NULL && garbage != NULL);
	for (unsigned i = 0; i < 60; i++) {
		struct store *s = NULL;
		size_t n = 1 + store_sample_random(&random) % (len - 1);
		int rc;

		for (size_t k = 0; k < n; k++) {
			garbage[k] = (uint8_t)store_sample_random(&random);
		}
		/* Nothing but noise; noise behind a true header; a true file cut off. */
		memcpy(garbage, whole, i % 3 == 1 && n > 100 ? 100 : 0);
		store_files_write(path, i % 3 == 2 ? whole : garbage, n);
		rc = open_path(path, &s, NULL);
		assert_true(rc == ERR_CORRUPT || rc == ERR_UNSUPPORTED);
	}
	free(whole);
	free(garbage);
}

static int true_entry(void *context, const struct store_entry *found)
{
	uint64_t n = found->entry.header.sequence - 1;
	struct arena arena;
	struct entry e;

	(void)context;
	arena_init(&arena, 0);
	e = store_sample_entry(&arena, n, (unsigned)found->entry.header.size_class);
	assert_true(bytes_equal(e.header_bytes, found->entry.header_bytes));
	assert_true(bytes_equal(e.sealed, found->entry.sealed));
	assert_true(bytes_equal(e.wrap, found->entry.wrap));
	assert_true(bytes_equal(e.signature, found->entry.signature));
	arena_done(&arena);
	return ERR_OK;
}

/* What is shown is true, whatever has been flipped; and nothing crashes. */
static void never_shows_a_damaged_entry(void **state)
{
	const char *path = new_path();
	uint64_t random = 11;
	unsigned seen = 0;
	size_t len;
	uint8_t *whole;

	(void)state;
	make_closed(path, 6);
	whole = store_files_read(path, &len);
	assert_non_null(whole);
	for (unsigned i = 0; i < 300; i++) {
		uint8_t cursor[STORE_CURSOR_BYTES] = { 0 };
		size_t at = store_sample_random(&random) % len;
		uint8_t bit = (uint8_t)(1U << store_sample_random(&random) % 8);
		struct damage damage = { .count = 0 };
		struct store *s = NULL;
		uint64_t number = 0;

		whole[at] ^= bit;
		store_files_write(path, whole, len);
		whole[at] ^= bit;
		if (open_path(path, &s, NULL) != ERR_OK) {
			seen++;
			continue;
		}
		seen += store_changes(s, cursor, 1000, true_entry, NULL) != ERR_OK;
		(void)store_verify(s, &number, 1000, on_damage, &damage);
		store_close(s);
	}
	print_message("# %u of 300 flips noticed\n", seen);
	assert_true(seen > 60);
	free(whole);
}

/* The files as a power cut would leave them while the store is open: the log holds all n. */
static void make_open(const char *path, unsigned n)
{
	static const char *const ends[] = { "", "-wal" };
	char from[STORE_FILES_PATH];
	struct store *s;

	store_files_path("live.db", from);
	s = must_open(from);
	for (unsigned i = store_work_done(s) + 1; i <= n; i++) {
		assert_int_equal(store_work_do(s, i), ERR_OK);
	}
	for (size_t i = 0; i < 2; i++) {
		char a[STORE_FILES_PATH + 8];
		char b[STORE_FILES_PATH + 8];
		size_t len;
		uint8_t *data;

		(void)snprintf(a, sizeof a, "%s%s", from, ends[i]);
		(void)snprintf(b, sizeof b, "%s%s", path, ends[i]);
		data = store_files_read(a, &len);
		assert_non_null(data);
		store_files_write(b, data, len);
		free(data);
		if (i == 1) {
			assert_true(len > 100000);
		}
	}
	store_close(s);
	(void)unlink(from);
}

static void a_flipped_bit_in_the_log_does_not_lose_commits_silently(void **state)
{
	const unsigned n = 8;
	const char *path = new_path();
	char log[STORE_FILES_PATH + 8];
	uint64_t random = 21;
	unsigned noticed = 0;
	size_t len;
	size_t db_len;
	uint8_t *data;
	uint8_t *db;

	(void)state;
	make_open(path, n);
	(void)snprintf(log, sizeof log, "%s-wal", path);
	data = store_files_read(log, &len);
	db = store_files_read(path, &db_len);
	assert_true(data != NULL && db != NULL);
	for (unsigned i = 0; i < 60; i++) {
		size_t at = i < 10 ? i * 3 : store_sample_random(&random) % len;
		struct store *s = NULL;
		int rc;

		data[at] ^= 4;
		store_files_write(log, data, len);
		store_files_write(path, db, db_len);
		data[at] ^= 4;
		rc = open_path(path, &s, NULL);
		assert_true(rc == ERR_OK || rc == ERR_CORRUPT);
		noticed += rc == ERR_CORRUPT;
		if (rc == ERR_OK) { /* in the last transaction: as if it had been torn */
			store_work_check(s, n - 1);
			store_close(s);
		}
	}
	assert_in_range(noticed, 45, 60);
	free(data);
	free(db);
}

static void a_torn_log_gives_the_commits_before(void **state)
{
	const unsigned n = 8;
	const char *path = new_path();
	char log[STORE_FILES_PATH + 8];
	unsigned done = n;
	size_t len;
	size_t db_len;
	uint8_t *data;
	uint8_t *db;

	(void)state;
	make_open(path, n);
	(void)snprintf(log, sizeof log, "%s-wal", path);
	data = store_files_read(log, &len);
	db = store_files_read(path, &db_len);
	assert_true(data != NULL && db != NULL);
	for (size_t left = len; left > 0; left -= left > 9000 ? 9000 : left) {
		struct store *s;
		unsigned now;

		store_files_write(log, data, left);
		store_files_write(path, db, db_len);
		s = must_open(path);
		now = store_work_done(s);
		assert_true(now <= done);
		done = now;
		store_work_check(s, done);
		store_close(s);
	}
	assert_int_equal(done, 0);
	free(data);
	free(db);
}

/* Work for ever and report each commit. */
static void work_until_killed(const char *path, int report)
{
	struct store *s = NULL;
	unsigned n;

	if (open_path(path, &s, NULL) != ERR_OK) {
		_exit(1);
	}
	for (n = store_work_done(s) + 1;; n++) {
		if (store_work_do(s, n) != ERR_OK || write(report, &n, sizeof n) != sizeof n) {
			_exit(1);
		}
		if (n % 7 == 0 && store_scrub(s) != ERR_OK) {
			_exit(1);
		}
	}
}

/* Kill a child at a random moment; the number of the last commit it had reported. */
static unsigned kill_one(const char *path, int after_ms, unsigned before)
{
	unsigned reported = before;
	int ends[2];
	int status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)close(ends[0]);
		work_until_killed(path, ends[1]);
	}
	(void)close(ends[1]);
	(void)poll(NULL, 0, after_ms);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	while (read(ends[0], &reported, sizeof reported) == sizeof reported) {
	}
	(void)close(ends[0]);
	return reported;
}

static void keeps_what_was_committed_when_it_is_killed(void **state)
{
	const char *path = new_path();
	uint64_t random = 5;
	unsigned done = 0;

	(void)state;
	for (unsigned round = 0; round < 50; round++) {
		int after_ms = 1 + (int)(store_sample_random(&random) % 40);
		unsigned reported = kill_one(path, after_ms, done);
		struct store *s = must_open(path);

		done = store_work_done(s);
		assert_in_range(done, reported, reported + 1);
		store_work_check(s, done);
		store_close(s);
	}
	print_message("# %u commits\n", done);
	assert_true(done > 20);
}

static int set_up(void **state)
{
	(void)state;
	store_files_make();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	store_files_remove();
	return 0;
}

int main(void)
{
	const struct CMUnitTest own[] = {
		cmocka_unit_test(what_was_erased_is_in_no_file),
		cmocka_unit_test(no_copy_of_a_moved_row_stays_behind),
		cmocka_unit_test(one_process_holds_the_file),
		cmocka_unit_test(refuses_files_of_others_and_of_the_future),
		cmocka_unit_test(notices_at_opening_that_rows_are_missing),
		cmocka_unit_test(notices_a_gap_in_the_audit_log),
		cmocka_unit_test(a_damaged_entry_is_named_and_can_be_replaced),
		cmocka_unit_test(refuses_garbage_and_what_was_cut_off),
		cmocka_unit_test(never_shows_a_damaged_entry),
		cmocka_unit_test(a_flipped_bit_in_the_log_does_not_lose_commits_silently),
		cmocka_unit_test(a_torn_log_gives_the_commits_before),
		cmocka_unit_test(keeps_what_was_committed_when_it_is_killed),
	};
	struct CMUnitTest tests[2 * STORE_CONTRACT_TESTS + sizeof own / sizeof own[0]];

	store_contract_tests(&on_file, tests);
	store_contract_tests(&in_memory, tests + STORE_CONTRACT_TESTS);
	memcpy(tests + 2U * STORE_CONTRACT_TESTS, own, sizeof own);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
