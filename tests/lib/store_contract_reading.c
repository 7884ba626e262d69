#include "tests/lib/unit.h"

#include <string.h>

#include "tests/lib/store_contract.h"
#include "tests/lib/store_crowd.h"
#include "tests/lib/store_fixture.h"
#include "tests/lib/store_sample.h"

/* What a feed showed: entries are told apart by their clock. */
struct feed {
	uint8_t cursor[STORE_CURSOR_BYTES];
	uint64_t shown[128];
	size_t count;
	size_t refuse_at; /* 0: never */
};

static int take(void *context, const struct store_entry *found)
{
	struct feed *feed = context;

	if (feed->refuse_at > 0 && feed->count + 1 == feed->refuse_at) {
		return ERR_SPACE;
	}
	assert_true(feed->count < 128);
	feed->shown[feed->count++] = found->entry.header.sequence - 1;
	return ERR_OK;
}

static void read_feed(struct fixture *f, struct feed *feed, size_t max)
{
	assert_int_equal(store_changes(f->s, feed->cursor, max, take, feed), ERR_OK);
}

static void the_feed_shows_everything_once_in_order(void **state)
{
	struct feed all = { .count = 0 };
	struct feed pieces = { .count = 0 };
	struct fixture f;
	size_t before;

	store_fixture_open_new(&f, state);
	store_fixture_put_committed(&f, 0, 20);
	store_fixture_begin(&f);
	assert_int_equal(store_fixture_erase(&f, 3, 30000), ERR_OK);
	assert_int_equal(store_fixture_drop(&f, 19), ERR_OK);
	store_fixture_commit(&f);
	do {
		before = pieces.count;
		read_feed(&f, &pieces, 7);
		if (before == 0) {
			store_fixture_put_committed(&f, 20, 30);
			store_fixture_begin(&f);
			assert_int_equal(store_fixture_drop(&f, 6),
					 ERR_OK); /* where the cursor stands */
			assert_int_equal(store_fixture_drop(&f, 29), ERR_OK);
			store_fixture_commit(&f);
			store_fixture_reopen(&f);
		}
	} while (pieces.count > before);
	assert_int_equal(pieces.count, 27); /* 0 to 28 without 3 and 19 */
	for (size_t i = 1; i < pieces.count; i++) {
		assert_true(pieces.shown[i] > pieces.shown[i - 1]);
	}
	read_feed(&f, &all, 100);
	assert_int_equal(all.count, store_fixture_count(&f).entries);
	store_fixture_put_committed(&f, 50, 51);
	read_feed(&f, &all, 100);
	assert_int_equal(all.shown[all.count - 1], 50);
	store_fixture_close_it(&f);
}

static void the_cursor_stays_where_the_reader_stopped(void **state)
{
	struct feed feed = { .refuse_at = 4 };
	struct fixture f;

	store_fixture_open_new(&f, state);
	store_fixture_put_committed(&f, 0, 10);
	assert_int_equal(store_changes(f.s, feed.cursor, 100, take, &feed), ERR_SPACE);
	assert_int_equal(feed.count, 3);
	feed.refuse_at = 0;
	read_feed(&f, &feed, 2);
	assert_int_equal(feed.shown[3], 3);
	assert_int_equal(feed.count, 5);
	store_fixture_close_it(&f);
}

static void a_cursor_of_another_store_starts_again(void **state)
{
	struct feed feed = { .count = 0 };
	struct fixture one;
	struct fixture two;

	store_fixture_open_new(&one, state);
	store_fixture_open_new(&two, state);
	store_fixture_put_committed(&one, 0, 10);
	store_fixture_put_committed(&two, 20, 30);
	read_feed(&one, &feed, 100);
	read_feed(&two, &feed, 100);
	assert_int_equal(feed.count, 20);
	store_fixture_close_it(&one);
	store_fixture_close_it(&two);
}

static void the_feed_does_not_run_ahead_of_a_transaction(void **state)
{
	struct feed feed = { .count = 0 };
	struct fixture f;

	store_fixture_open_new(&f, state);
	store_fixture_put_committed(&f, 0, 5);
	store_fixture_begin(&f);
	assert_int_equal(store_fixture_put(&f, 5), ERR_OK);
	assert_int_equal(store_fixture_drop(&f, 2), ERR_OK);
	read_feed(&f, &feed, 100);
	store_rollback(f.s);
	store_fixture_put_committed(&f, 6, 8);
	read_feed(&f, &feed, 100);
	assert_int_equal(feed.count, 7);
	for (size_t i = 0; i < 7; i++) {
		assert_int_equal(feed.shown[i], i < 5 ? i : i + 1);
	}
	store_fixture_close_it(&f);
}

static void the_feed_shows_what_comes_in_place_of_the_last(void **state)
{
	struct feed feed = { .count = 0 };
	struct fixture f;

	store_fixture_open_new(&f, state);
	store_fixture_put_committed(&f, 0, 3);
	read_feed(&f, &feed, 100);
	store_fixture_begin(&f);
	assert_int_equal(store_fixture_drop(&f, 2), ERR_OK);
	store_fixture_commit(&f);
	store_fixture_reopen(&f);
	store_fixture_put_committed(&f, 7, 8);
	read_feed(&f, &feed, 100);
	assert_int_equal(feed.count, 4);
	assert_int_equal(feed.shown[3], 7);
	store_fixture_close_it(&f);
}

static int ask_back(void *context, const struct store_entry *found)
{
	struct fixture *f = context;
	uint8_t cursor[STORE_CURSOR_BYTES] = { 0 };
	struct store_entry again;

	assert_true(store_has(f->s, found->entry.id));
	assert_int_equal(store_get(f->s, found->entry.id, &f->arena, &again), ERR_OK);
	assert_int_equal(again.number, found->number);
	assert_int_equal(store_fixture_put(f, 99), ERR_STATE);
	assert_int_equal(store_begin(f->s), ERR_STATE);
	assert_int_equal(store_commit(f->s), ERR_STATE);
	store_rollback(f->s);
	assert_int_equal(store_changes(f->s, cursor, 1, ask_back, f), ERR_STATE);
	return ERR_OK;
}

static void a_callback_may_only_ask(void **state)
{
	uint8_t cursor[STORE_CURSOR_BYTES] = { 0 };
	struct fixture f;

	store_fixture_open_new(&f, state);
	store_fixture_put_committed(&f, 0, 3);
	assert_int_equal(store_changes(f.s, cursor, 10, ask_back, &f), ERR_OK);
	store_fixture_begin(&f);
	memset(cursor, 0, sizeof cursor);
	assert_int_equal(store_changes(f.s, cursor, 10, ask_back, &f), ERR_OK);
	assert_int_equal(store_fixture_put(&f, 99), ERR_OK);
	store_fixture_commit(&f);
	store_fixture_close_it(&f);
}

static int no_damage(void *context, const uint8_t id[ENTRY_ID_BYTES])
{
	(void)context;
	(void)id;
	fail();
	return ERR_OK;
}

static void verifies_in_pieces_and_starts_again(void **state)
{
	uint64_t number = 0;
	unsigned pieces = 0;
	struct fixture f;

	store_fixture_open_new(&f, state);
	store_fixture_put_committed(&f, 0, 10);
	do {
		assert_int_equal(store_verify(f.s, &number, 4, no_damage, NULL), ERR_OK);
		pieces++;
	} while (number > 0);
	assert_int_equal(pieces, 3);
	store_fixture_close_it(&f);
}

static int check_line(void *context, uint64_t number, struct bytes line)
{
	uint64_t *next = context;

	assert_int_equal(number, *next);
	assert_int_equal(line.len, number);
	(*next)++;
	return ERR_OK;
}

static void audit_numbers_have_no_gaps(void **state)
{
	static const uint8_t text[64] = "x";
	struct fixture f;
	uint64_t next = 1;
	uint64_t number;

	store_fixture_open_new(&f, state);
	for (size_t i = 1; i <= 30; i++) {
		store_fixture_begin(&f);
		assert_int_equal(store_audit(f.s, (struct bytes){ text, i }, &number), ERR_OK);
		assert_int_equal(number, i);
		if (i % 3 == 0) { /* once in vain */
			store_rollback(f.s);
			store_fixture_begin(&f);
			assert_int_equal(store_audit(f.s, (struct bytes){ text, i }, &number),
					 ERR_OK);
		}
		store_fixture_commit(&f);
		if (i % 10 == 0) {
			store_fixture_reopen(&f);
		}
	}
	assert_int_equal(store_each_audit(f.s, 0, 12, check_line, &next), ERR_OK);
	assert_int_equal(next, 13);
	assert_int_equal(store_each_audit(f.s, next, 100, check_line, &next), ERR_OK);
	assert_int_equal(next, 31);
	assert_int_equal(store_each_audit(f.s, next, 100, check_line, &next), ERR_OK);
	assert_int_equal(store_fixture_count(&f).audit, 30);
	store_fixture_close_it(&f);
}

static void keeps_named_values(void **state)
{
	struct fixture f;
	struct bytes value;

	store_fixture_open_new(&f, state);
	store_fixture_begin(&f);
	assert_int_equal(store_set(f.s, "a", bytes_of("one")), ERR_OK);
	assert_int_equal(store_set(f.s, "b", bytes_of("two")), ERR_OK);
	assert_int_equal(store_set(f.s, "a", bytes_of("three")), ERR_OK);
	assert_int_equal(store_value(f.s, "a", &f.arena, &value), ERR_OK);
	assert_true(bytes_is(value, "three"));
	assert_int_equal(store_set(f.s, "b", (struct bytes){ NULL, 0 }), ERR_OK);
	assert_int_equal(store_set(f.s, "none", (struct bytes){ NULL, 0 }), ERR_OK);
	store_fixture_commit(&f);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(store_value(f.s, "a", &f.arena, &value), ERR_OK);
		assert_true(bytes_is(value, "three"));
		store_fixture_reopen(&f);
	}
	assert_int_equal(store_value(f.s, "b", &f.arena, &value), ERR_NOTFOUND);
	assert_int_equal(store_value(f.s, "", &f.arena, &value), ERR_RANGE);
	store_fixture_close_it(&f);
}

static int lease(struct fixture *f, uint64_t now_ms, struct store_job *job)
{
	return store_lease(f->s, "q", now_ms, now_ms + 100, &f->arena, job);
}

static void a_job_is_done_once_however_often_it_is_queued(void **state)
{
	struct store_job job;
	struct store_job other;
	struct fixture f;

	store_fixture_open_new(&f, state);
	store_fixture_begin(&f);
	assert_int_equal(store_enqueue(f.s, "q", bytes_of("1"), bytes_of("first")), ERR_OK);
	assert_int_equal(store_enqueue(f.s, "q", bytes_of("2"), (struct bytes){ NULL, 0 }), ERR_OK);
	assert_int_equal(store_enqueue(f.s, "q", bytes_of("1"), bytes_of("again")), ERR_EXISTS);
	assert_int_equal(store_enqueue(f.s, "r", bytes_of("1"), bytes_of("other")), ERR_OK);
	assert_int_equal(lease(&f, 1000, &job), ERR_OK);
	assert_true(bytes_is(job.key, "1") && bytes_is(job.body, "first"));
	assert_int_equal(lease(&f, 1050, &other), ERR_OK);
	assert_true(bytes_is(other.key, "2") && other.body.len == 0);
	assert_int_equal(lease(&f, 1099, &other), ERR_NOTFOUND);
	store_fixture_commit(&f);
	store_fixture_reopen(&f);
	store_fixture_begin(&f);
	assert_int_equal(lease(&f, 1100, &other), ERR_OK); /* the lease has ended */
	assert_int_equal(other.number, job.number);
	assert_int_equal(store_settle(f.s, job.number), ERR_OK);
	assert_int_equal(store_settle(f.s, job.number), ERR_NOTFOUND);
	assert_int_equal(store_settle(f.s, 77), ERR_NOTFOUND);
	assert_int_equal(store_enqueue(f.s, "q", bytes_of("1"), bytes_of("late")), ERR_EXISTS);
	assert_int_equal(lease(&f, 2000, &other), ERR_OK);
	assert_true(bytes_is(other.key, "2"));
	assert_int_equal(lease(&f, 2000, &other), ERR_NOTFOUND);
	store_fixture_commit(&f);
	assert_int_equal(store_fixture_count(&f).jobs, 2);
	store_fixture_close_it(&f);
}

static void the_feed_misses_nothing_of_a_crowd_of_writers(void **state)
{
	const struct store_contract *backend = *state;
	char url[STORE_FIXTURE_URL];

	store_fixture_url(backend, url);
	store_crowd_run(url, backend->is_concurrent);
}

const struct CMUnitTest store_contract_reading[STORE_CONTRACT_READING] = {
	cmocka_unit_test(the_feed_shows_everything_once_in_order),
	cmocka_unit_test(the_cursor_stays_where_the_reader_stopped),
	cmocka_unit_test(a_cursor_of_another_store_starts_again),
	cmocka_unit_test(the_feed_does_not_run_ahead_of_a_transaction),
	cmocka_unit_test(the_feed_shows_what_comes_in_place_of_the_last),
	cmocka_unit_test(a_callback_may_only_ask),
	cmocka_unit_test(verifies_in_pieces_and_starts_again),
	cmocka_unit_test(audit_numbers_have_no_gaps),
	cmocka_unit_test(keeps_named_values),
	cmocka_unit_test(a_job_is_done_once_however_often_it_is_queued),
	cmocka_unit_test(the_feed_misses_nothing_of_a_crowd_of_writers),
};
