#include "tests/lib/unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <uv.h>

#include "io/ask_client.h"
#include "io/control.h"

/* A control socket without a node: the test is the node. */
struct desk {
	uv_loop_t loop;
	struct inbox inbox;
	struct control *control;
	char dir[64];
	char path[80];
};

static struct desk d;
static const struct control_patience short_patience = { 100, 100, 200 };

static int set_up_with(const struct control_patience *patience)
{
	(void)signal(SIGPIPE, SIG_IGN); /* as the loop does */
	memset(&d, 0, sizeof d);
	(void)snprintf(d.dir, sizeof d.dir, "/tmp/outpost-control-XXXXXX");
	assert_non_null(mkdtemp(d.dir));
	(void)snprintf(d.path, sizeof d.path, "%s/control", d.dir);
	assert_int_equal(uv_loop_init(&d.loop), 0);
	inbox_init(&d.inbox, NULL, NULL);
	return control_new(&d.loop, &d.inbox, d.path, CONTROL_NO_GROUP, patience, &d.control);
}

static int set_up(void **state)
{
	(void)state;
	return set_up_with(&control_patience);
}

static int tear_down(void **state)
{
	(void)state;
	control_stop(d.control);
	while (uv_run(&d.loop, UV_RUN_DEFAULT) != 0) {
	}
	control_free(d.control);
	inbox_done(&d.inbox);
	assert_int_equal(uv_loop_close(&d.loop), 0);
	(void)unlink(d.path);
	assert_int_equal(rmdir(d.dir), 0);
	return 0;
}

static int dial(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = 5 };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(to.sun_path, sizeof to.sun_path, "%s", d.path);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	return fd;
}

/* Let the loop run until the inbox has so many items, or nothing more comes. */
static void turn(size_t items)
{
	for (int i = 0; i < 200 && d.inbox.count < items; i++) {
		(void)uv_run(&d.loop, UV_RUN_NOWAIT);
		(void)usleep(1000);
	}
	(void)uv_run(&d.loop, UV_RUN_NOWAIT);
}

static void put(int fd, const void *data, size_t len)
{
	assert_int_equal(send(fd, data, len, MSG_NOSIGNAL), len);
}

/* How the peer hung up, waiting for it at most a second. */
static bool is_closed(int fd)
{
	char c;

	for (int i = 0; i < 1000; i++) {
		ssize_t n = recv(fd, &c, 1, MSG_DONTWAIT);

		if (n == 0) {
			return true;
		}
		(void)uv_run(&d.loop, UV_RUN_NOWAIT);
		(void)usleep(1000);
	}
	return false;
}

static uint64_t read_refusal(int fd, struct arena *arena)
{
	uint8_t in[512];
	struct answer a;
	ssize_t n;

	(void)usleep(1000);
	turn(99);
	n = recv(fd, in, sizeof in, 0);
	assert_true(n > 4);
	assert_int_equal(in[3], n - 4);
	assert_int_equal(
	    schema_decode(&answer_schema, (struct bytes){ in + 4, (size_t)n - 4 }, arena, &a, NULL),
	    ERR_OK);
	return a.code;
}

static void only_its_user_can_open_it(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(d.path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_question_and_its_answer_go_through(void **state)
{
	static const uint8_t pieces[] = { 0, 0, 0, 3, 'a', 'b', 'c' };
	int fd = dial();
	struct inbox_item *item;
	uint8_t in[16];

	(void)state;
	/* Byte by byte, as a slow line would bring it. */
	for (size_t i = 0; i < sizeof pieces; i++) {
		turn(0);
		assert_int_equal(d.inbox.count, 0);
		put(fd, pieces + i, 1);
	}
	turn(1);
	item = inbox_take(&d.inbox);
	assert_non_null(item);
	assert_int_equal(item->event.kind, EVENT_ASK);
	assert_true(bytes_is(item->event.bytes, "abc"));
	control_reply(d.control, item->event.ask + 1, bytes_of("not for you"));
	control_reply(d.control, item->event.ask, bytes_of("answer"));
	control_reply(d.control, item->event.ask, bytes_of("twice"));
	turn(99);
	assert_int_equal(recv(fd, in, sizeof in, 0), 10);
	assert_memory_equal(in, "\0\0\0\6answer", 10);
	inbox_item_free(item);
	(void)close(fd);
}

static void one_question_at_a_time(void **state)
{
	int fd = dial();
	struct inbox_item *first;
	struct inbox_item *second;

	(void)state;
	put(fd, "\0\0\0\1a\0\0\0\1b", 10);
	turn(1);
	turn(2);
	assert_int_equal(d.inbox.count, 1);
	first = inbox_take(&d.inbox);
	control_reply(d.control, first->event.ask, bytes_of("x"));
	turn(1);
	second = inbox_take(&d.inbox);
	assert_non_null(second);
	assert_true(bytes_is(second->event.bytes, "b"));
	assert_true(second->event.ask != first->event.ask);
	inbox_item_free(first);
	inbox_item_free(second);
	(void)close(fd);
}

static void an_oversized_frame_is_refused_by_its_head(void **state)
{
	int fd = dial();
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	put(fd, "\xff\xff\xff\xff", 4);
	assert_int_equal(read_refusal(fd, &arena), -ERR_LIMIT);
	assert_true(is_closed(fd));
	assert_int_equal(d.inbox.count, 0);
	arena_done(&arena);
	(void)close(fd);
}

static void the_limit_of_a_frame_is_exact(void **state)
{
	uint32_t max = ASK_BYTES_MAX + 1;
	uint8_t head[4] = { (uint8_t)(max >> 24), (uint8_t)(max >> 16), (uint8_t)(max >> 8),
			    (uint8_t)max };
	struct arena arena;
	int fd = dial();

	(void)state;
	arena_init(&arena, 0);
	put(fd, head, sizeof head);
	assert_int_equal(read_refusal(fd, &arena), -ERR_LIMIT);
	(void)close(fd);
	fd = dial();
	head[3]--;
	put(fd, head, sizeof head);
	turn(99);
	assert_false(recv(fd, head, 1, MSG_DONTWAIT) >= 0);
	arena_done(&arena);
	(void)close(fd);
}

/* The officer's program can ask again, on the same connection, and is heard when there is room. */
static void a_question_too_many_may_be_asked_again(void **state)
{
	struct arena arena;
	struct inbox_item *item;
	int fd = dial();

	(void)state;
	arena_init(&arena, 0);
	while (inbox_hears_people(&d.inbox, 1)) {
		inbox_put(&d.inbox, &(struct event){ .kind = EVENT_WAKE }, NULL);
	}
	put(fd, "\0\0\0\3abc", 7);
	for (int i = 0; i < 20; i++) {
		(void)uv_run(&d.loop, UV_RUN_NOWAIT);
		(void)usleep(1000);
	}
	assert_int_equal(read_refusal(fd, &arena), -ERR_BUSY);
	assert_int_equal(d.inbox.count, INBOX_ITEMS_MAX);
	while ((item = inbox_take(&d.inbox)) != NULL) {
		inbox_item_free(item);
	}
	put(fd, "\0\0\0\3abc", 7);
	turn(1);
	item = inbox_take(&d.inbox);
	assert_non_null(item);
	assert_true(bytes_is(item->event.bytes, "abc"));
	inbox_item_free(item);
	arena_done(&arena);
	(void)close(fd);
}

static void an_empty_frame_is_refused(void **state)
{
	int fd = dial();
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	put(fd, "\0\0\0\0", 4);
	assert_int_equal(read_refusal(fd, &arena), -ERR_SHORT);
	assert_true(is_closed(fd));
	arena_done(&arena);
	(void)close(fd);
}

static void who_is_slow_is_dropped(void **state)
{
	int silent;
	int slow;
	int waiting;
	struct inbox_item *item;

	(void)state;
	(void)tear_down(NULL);
	assert_int_equal(set_up_with(&short_patience), ERR_OK);
	silent = dial();
	slow = dial();
	waiting = dial();
	put(slow, "\0\0\0\2a", 5);
	put(waiting, "\0\0\0\2ab", 6);
	turn(1);
	assert_true(is_closed(slow));
	assert_true(is_closed(silent));
	/* Whoever waits for an answer may wait as long as it takes. */
	assert_false(is_closed(waiting));
	item = inbox_take(&d.inbox);
	assert_non_null(item);
	inbox_item_free(item);
	(void)close(silent);
	(void)close(slow);
	(void)close(waiting);
}

static void who_does_not_fetch_an_answer_is_dropped(void **state)
{
	static uint8_t big[4 * 1024 * 1024];
	struct inbox_item *item;
	int fd;

	(void)state;
	(void)tear_down(NULL);
	assert_int_equal(set_up_with(&short_patience), ERR_OK);
	fd = dial();
	put(fd, "\0\0\0\1a", 5);
	turn(1);
	item = inbox_take(&d.inbox);
	control_reply(d.control, item->event.ask, (struct bytes){ big, sizeof big });
	for (int i = 0; i < 300; i++) {
		(void)uv_run(&d.loop, UV_RUN_NOWAIT);
		(void)usleep(1000);
	}
	while (recv(fd, big, sizeof big, 0) > 0) {
	}
	assert_int_equal(recv(fd, big, 1, 0), 0);
	inbox_item_free(item);
	(void)close(fd);
}

static void an_answer_for_somebody_who_left_is_dropped(void **state)
{
	int fd = dial();
	struct inbox_item *item;

	(void)state;
	put(fd, "\0\0\0\1a", 5);
	turn(1);
	item = inbox_take(&d.inbox);
	assert_non_null(item);
	(void)close(fd);
	turn(99);
	control_reply(d.control, item->event.ask, bytes_of("answer"));
	control_refuse(d.control, item->event.ask, ERR_NOMEM);
	turn(99);
	inbox_item_free(item);
}

static void the_node_s_failure_reaches_the_asker(void **state)
{
	int fd = dial();
	struct inbox_item *item;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	put(fd, "\0\0\0\1a", 5);
	turn(1);
	item = inbox_take(&d.inbox);
	control_refuse(d.control, item->event.ask, ERR_NOMEM);
	assert_int_equal(read_refusal(fd, &arena), -ERR_NOMEM);
	inbox_item_free(item);
	arena_done(&arena);
	(void)close(fd);
}

static void there_is_room_for_so_many(void **state)
{
	int fd[CONTROL_CLIENTS_MAX + 1];

	(void)state;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		fd[i] = dial();
		turn(0);
	}
	fd[CONTROL_CLIENTS_MAX] = dial();
	assert_true(is_closed(fd[CONTROL_CLIENTS_MAX]));
	put(fd[0], "\0\0\0\1a", 5);
	turn(1);
	assert_int_equal(d.inbox.count, 1);
	for (size_t i = 0; i <= CONTROL_CLIENTS_MAX; i++) {
		(void)close(fd[i]);
	}
	turn(2);
	fd[0] = dial();
	put(fd[0], "\0\0\0\1b", 5);
	turn(2);
	assert_int_equal(d.inbox.count, 2);
	(void)close(fd[0]);
}

static void a_socket_left_behind_is_replaced(void **state)
{
	struct control *again = NULL;

	(void)state;
	/* The one of before still stands there, as after a crash. */
	assert_int_equal(
	    control_new(&d.loop, &d.inbox, d.path, CONTROL_NO_GROUP, &control_patience, &again),
	    ERR_OK);
	control_stop(d.control);
	(void)uv_run(&d.loop, UV_RUN_NOWAIT);
	control_free(d.control);
	d.control = again;
}

static void a_file_that_is_no_socket_stays(void **state)
{
	struct control *again = NULL;
	char path[128];
	FILE *f;

	(void)state;
	(void)snprintf(path, sizeof path, "%s/file", d.dir);
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fclose(f);
	assert_int_equal(
	    control_new(&d.loop, &d.inbox, path, CONTROL_NO_GROUP, &control_patience, &again),
	    ERR_EXISTS);
	control_stop(again);
	(void)uv_run(&d.loop, UV_RUN_NOWAIT);
	control_free(again);
	assert_int_equal(unlink(path), 0);
	memset(path, 'a', sizeof path);
	path[127] = '\0';
	again = NULL;
	assert_int_equal(
	    control_new(&d.loop, &d.inbox, path, CONTROL_NO_GROUP, &control_patience, &again),
	    ERR_SPACE);
	assert_null(again);
}

/* ---- the client, against this ---- */

static struct answer got;
static struct arena memory;

static void *client(void *context)
{
	struct ask ask = { .verb = bytes_of("status"), .officer = bytes_of("K. Officer") };
	int *rc = context;

	*rc = ask_client_ask(d.path, &ask, (uint64_t)*rc, &memory, &got);
	return NULL;
}

static void the_client_asks_and_reads_the_answer(void **state)
{
	struct answer a = { .code = 7, .text = bytes_of("a sentence"), .body = bytes_of("body") };
	struct inbox_item *item;
	struct arena arena;
	struct ask ask;
	struct buf out;
	pthread_t thread;
	int rc = 5000;

	(void)state;
	arena_init(&memory, 0);
	arena_init(&arena, 0);
	buf_init(&out, 0);
	assert_int_equal(pthread_create(&thread, NULL, client, &rc), 0);
	turn(1);
	item = inbox_take(&d.inbox);
	assert_non_null(item);
	assert_int_equal(schema_decode(&ask_schema, item->event.bytes, &arena, &ask, NULL), ERR_OK);
	assert_true(bytes_is(ask.verb, "status"));
	assert_true(bytes_is(ask.officer, "K. Officer"));
	assert_int_equal(schema_encode(&answer_schema, &a, &out), ERR_OK);
	control_reply(d.control, item->event.ask, buf_bytes(&out));
	turn(99);
	(void)pthread_join(thread, NULL);
	assert_int_equal(rc, ERR_OK);
	assert_int_equal(got.code, 7);
	assert_true(bytes_is(got.text, "a sentence"));
	assert_true(bytes_is(got.body, "body"));
	inbox_item_free(item);
	buf_done(&out);
	arena_done(&arena);
	arena_done(&memory);
}

static void the_client_says_why_there_is_no_answer(void **state)
{
	struct ask ask = { .verb = bytes_of("status") };
	struct inbox_item *item;
	pthread_t thread;
	int rc = 50;

	(void)state;
	arena_init(&memory, 0);
	assert_int_equal(ask_client_ask("/nowhere/control", &ask, 100, &memory, &got), ERR_IO);
	assert_int_equal(pthread_create(&thread, NULL, client, &rc), 0);
	turn(1);
	(void)pthread_join(thread, NULL);
	assert_int_equal(rc, ERR_TIMEOUT);
	item = inbox_take(&d.inbox);
	inbox_item_free(item);
	rc = 5000;
	assert_int_equal(pthread_create(&thread, NULL, client, &rc), 0);
	turn(1);
	item = inbox_take(&d.inbox);
	control_reply(d.control, item->event.ask, bytes_of("garbage"));
	turn(99);
	(void)pthread_join(thread, NULL);
	assert_int_equal(rc, ERR_MALFORMED);
	inbox_item_free(item);
	arena_done(&memory);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH(only_its_user_can_open_it),
		WITH(a_question_and_its_answer_go_through),
		WITH(one_question_at_a_time),
		WITH(an_oversized_frame_is_refused_by_its_head),
		WITH(the_limit_of_a_frame_is_exact),
		WITH(a_question_too_many_may_be_asked_again),
		WITH(an_empty_frame_is_refused),
		WITH(who_is_slow_is_dropped),
		WITH(who_does_not_fetch_an_answer_is_dropped),
		WITH(an_answer_for_somebody_who_left_is_dropped),
		WITH(the_node_s_failure_reaches_the_asker),
		WITH(there_is_room_for_so_many),
		WITH(a_socket_left_behind_is_replaced),
		WITH(a_file_that_is_no_socket_stays),
		WITH(the_client_asks_and_reads_the_answer),
		WITH(the_client_says_why_there_is_no_answer),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
