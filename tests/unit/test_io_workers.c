#include "tests/lib/unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "base/buf.h"
#include "intake/worker.h"
#include "io/workers.h"

#define TIME_MS 300U

static uv_loop_t loop;
static struct inbox inbox;
static struct workers *workers;
static uint64_t next_job;

static const char *built(const char *name)
{
	static char path[512];
	const char *top = getenv("top_builddir");

	(void)snprintf(path, sizeof path, "%s/%s", top != NULL ? top : ".", name);
	if (path[0] != '/') {
		char *whole = realpath(path, NULL);

		if (whole != NULL) {
			(void)snprintf(path, sizeof path, "%s", whole);
		}
		free(whole);
	}
	return path;
}

static void start(const char *path, unsigned count, uint64_t time_ms)
{
	const struct workers_config config = { .path = path, .count = count, .time_ms = time_ms };

	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(uv_loop_init(&loop), 0);
	inbox_init(&inbox, NULL, NULL);
	assert_int_equal(workers_new(&loop, &inbox, &config, &workers), ERR_OK);
}

static int set_up(void **state)
{
	(void)state;
	start(built("tests/lib/fake_worker"), 1, TIME_MS);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	workers_stop(workers);
	while (uv_run(&loop, UV_RUN_DEFAULT) != 0) {
	}
	workers_free(workers);
	inbox_done(&inbox);
	return uv_loop_close(&loop);
}

static uint64_t ask(struct bytes content, enum worker_op op)
{
	struct worker_request r = { .id = ++next_job, .op = op, .bytes = content };
	struct effect e = { .kind = EFFECT_EXAMINE, .job = next_job };
	struct buf out;

	buf_init(&out, 0);
	assert_int_equal(worker_put_request(&r, &out), ERR_OK);
	e.owned = out.data;
	e.bytes = buf_bytes(&out);
	workers_examine(workers, &e);
	free(e.owned);
	return next_job;
}

static uint64_t say(const char *word)
{
	return ask(bytes_of(word), WORKER_PING);
}

/* The next answer: for which job, with what code. */
static int answered(uint64_t *job)
{
	struct inbox_item *item;
	int code;

	for (int i = 0; i < 20000 && inbox.count == 0; i++) {
		(void)uv_run(&loop, UV_RUN_NOWAIT);
		(void)usleep(500);
	}
	item = inbox_take(&inbox);
	assert_non_null(item);
	assert_int_equal(item->event.kind, EVENT_EXAMINED);
	*job = item->event.job;
	code = item->event.code;
	if (code == ERR_OK) {
		struct worker_answer a;
		struct arena arena;

		arena_init(&arena, WORKER_ARENA_BYTES);
		assert_int_equal(worker_read_answer(item->event.bytes, &arena, &a, NULL), ERR_OK);
		assert_int_equal(a.id, *job);
		arena_done(&arena);
	}
	inbox_item_free(item);
	return code;
}

static void expect(uint64_t job, int code)
{
	uint64_t got;

	assert_int_equal(answered(&got), code);
	assert_int_equal(got, job);
}

static void requests_are_answered_in_order(void **state)
{
	uint64_t a = say("one");
	uint64_t b = say("two");
	uint64_t c = say("three");

	(void)state;
	expect(a, ERR_OK);
	expect(b, ERR_OK);
	expect(c, ERR_OK);
	assert_int_equal(workers_failures(workers), 0);
}

/* The request that does it is lost, the next one is answered, and soon. */
static void loses_only(const char *word, int code, uint64_t soon_ms)
{
	uint64_t bad = say(word);
	uint64_t good = say("good");
	uint64_t failed_at;

	expect(bad, code);
	uv_update_time(&loop);
	failed_at = uv_now(&loop);
	expect(good, ERR_OK);
	uv_update_time(&loop);
	assert_true(uv_now(&loop) - failed_at <= soon_ms);
	assert_int_equal(inbox.count, 0);
}

static void a_crash_loses_one_request(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		loses_only("crash", ERR_WORKER, 200);
	}
	loses_only("exit", ERR_WORKER, 200);
	assert_int_equal(workers_failures(workers), 6);
}

static void a_hang_loses_one_request(void **state)
{
	(void)state;
	loses_only("hang", ERR_TIMEOUT, 200);
	loses_only("half", ERR_TIMEOUT, 200);
	assert_int_equal(workers_failures(workers), 2);
}

static void garbage_loses_one_request(void **state)
{
	(void)state;
	loses_only("garbage", ERR_WORKER, 200);
	loses_only("oversize", ERR_WORKER, 200);
	loses_only("other", ERR_WORKER, 200);
	loses_only("close", ERR_WORKER, 200);
	assert_int_equal(workers_failures(workers), 4);
}

static void saying_more_than_was_asked_ends_a_worker(void **state)
{
	uint64_t job = say("twice");
	uint64_t got;
	int code = answered(&got);

	(void)state;
	/* Both frames came at once, or the second alone: the answer counts or not, once. */
	assert_int_equal(got, job);
	assert_true(code == ERR_WORKER || code == ERR_OK);
	expect(say("good"), ERR_OK);
	assert_int_equal(inbox.count, 0);
	assert_int_equal(workers_failures(workers), 1);
}

static void the_last_answer_counts_and_another_worker_follows(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		uint64_t last = say("last");
		uint64_t next = say("good");

		expect(last, ERR_OK);
		expect(next, ERR_OK);
	}
	assert_int_equal(workers_failures(workers), 0);
}

static void who_does_not_go_after_the_last_answer_is_killed(void **state)
{
	uint64_t last = say("last and stay");
	uint64_t next = say("good");

	(void)state;
	expect(last, ERR_OK);
	expect(next, ERR_OK);
}

static void a_large_request_goes_through(void **state)
{
	uint8_t *big = calloc(1, WORKER_BYTES_MAX);
	uint64_t job;

	(void)state;
	(void)tear_down(NULL);
	start(built("tests/lib/fake_worker"), 1, 10000);
	assert_non_null(big);
	job = ask((struct bytes){ big, WORKER_BYTES_MAX }, WORKER_PING);
	expect(job, ERR_OK);
	free(big);
}

static void a_large_request_to_a_dying_worker_is_given_back(void **state)
{
	uint8_t *big = calloc(1, WORKER_BYTES_MAX);
	uint64_t bad = say("crash");
	uint64_t job;

	(void)state;
	assert_non_null(big);
	job = ask((struct bytes){ big, WORKER_BYTES_MAX }, WORKER_PING);
	expect(bad, ERR_WORKER);
	workers_stop(workers); /* in the middle of writing it */
	(void)job;
	free(big);
}

static void two_workers_share_the_work(void **state)
{
	uint64_t slow;
	uint64_t quick;

	(void)state;
	(void)tear_down(NULL);
	start(built("tests/lib/fake_worker"), 2, TIME_MS);
	slow = say("hang");
	quick = say("good");
	expect(quick, ERR_OK);
	expect(slow, ERR_TIMEOUT);
}

static void the_queue_has_an_end(void **state)
{
	uint64_t job;
	uint64_t first = say("hang");
	size_t busy = 0;

	(void)state;
	for (size_t i = 0; i < WORKERS_QUEUE_MAX + 3; i++) {
		(void)say("good");
	}
	while (inbox.count > 0) {
		assert_int_equal(answered(&job), ERR_BUSY);
		busy++;
	}
	assert_int_equal(busy, 3);
	expect(first, ERR_TIMEOUT);
	for (size_t i = 0; i < WORKERS_QUEUE_MAX; i++) {
		assert_int_equal(answered(&job), ERR_OK);
	}
}

static void without_a_program_every_request_fails(void **state)
{
	uint64_t job;

	(void)state;
	(void)tear_down(NULL);
	start("/nowhere/outpost-worker", 2, TIME_MS);
	job = say("good");
	expect(job, ERR_WORKER);
	(void)tear_down(NULL);
	start("/bin/false", 1, TIME_MS);
	job = say("good");
	expect(job, ERR_WORKER);
}

static void the_real_worker_answers(void **state)
{
	const char *path = built("outpost-worker");
	struct inbox_item *item;

	(void)state;
#if defined(__SANITIZE_THREAD__)
	print_message("the thread sanitizer does not run in outpost-worker's cell\n");
	skip();
#endif
	if (access(path, X_OK) != 0) {
		print_message("outpost-worker is not built here\n");
		skip();
	}
	(void)tear_down(NULL);
	start(path, 1, 0);
	expect(say("ping"), ERR_OK);
	/* What is no image is its answer, not its end. */
	(void)ask(bytes_of("not an image"), WORKER_EXAMINE);
	for (int i = 0; i < 20000 && inbox.count == 0; i++) {
		(void)uv_run(&loop, UV_RUN_NOWAIT);
		(void)usleep(500);
	}
	item = inbox_take(&inbox);
	assert_non_null(item);
	assert_int_equal(item->event.code, ERR_OK);
	inbox_item_free(item);
	assert_int_equal(workers_failures(workers), 0);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH(requests_are_answered_in_order),
		WITH(a_crash_loses_one_request),
		WITH(a_hang_loses_one_request),
		WITH(garbage_loses_one_request),
		WITH(saying_more_than_was_asked_ends_a_worker),
		WITH(the_last_answer_counts_and_another_worker_follows),
		WITH(who_does_not_go_after_the_last_answer_is_killed),
		WITH(a_large_request_goes_through),
		WITH(a_large_request_to_a_dying_worker_is_given_back),
		WITH(two_workers_share_the_work),
		WITH(the_queue_has_an_end),
		WITH(without_a_program_every_request_fails),
		WITH(the_real_worker_answers),
	};

	return cmocka_run_group_tests_name("workers", tests, NULL, NULL);
}
