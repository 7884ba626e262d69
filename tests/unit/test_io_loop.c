#include "tests/lib/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "tests/lib/posts.h"
#include "tests/lib/prints.h"

/* ---- between the loop and the node ---- */

static int commit_gives = ERR_OK;
static int ask_gives = ERR_OK;
static int search_gives = ERR_OK;
static unsigned begins;
static unsigned commits;
static unsigned steps;
static unsigned most_steps; /* in one transaction */
static unsigned wakes;
static unsigned ups;
static unsigned since_begin;

int __real_node_begin(struct node *n);
int __wrap_node_begin(struct node *n);
int __wrap_node_begin(struct node *n)
{
	begins++;
	since_begin = 0;
	return __real_node_begin(n);
}

int __real_node_step(struct node *n, const struct event *event, struct effects *effects);
int __wrap_node_step(struct node *n, const struct event *event, struct effects *effects);
int __wrap_node_step(struct node *n, const struct event *event, struct effects *effects)
{
	steps++;
	since_begin++;
	most_steps = since_begin > most_steps ? since_begin : most_steps;
	wakes += event->kind == EVENT_WAKE;
	ups += event->kind == EVENT_LINK_UP;
	if (event->kind == EVENT_ASK && ask_gives != ERR_OK) {
		return ask_gives;
	}
	if (event->kind == EVENT_FOUND && search_gives != ERR_OK) {
		struct event failed = *event;

		failed.code = search_gives;
		failed.found = NULL;
		return __real_node_step(n, &failed, effects);
	}
	return __real_node_step(n, event, effects);
}

int __real_node_commit(struct node *n);
int __wrap_node_commit(struct node *n);
int __wrap_node_commit(struct node *n)
{
	int rc = __real_node_commit(n);

	commits++;
	return commit_gives != ERR_OK ? commit_gives : rc;
}

/* ---- the nodes ---- */

static struct posts p;

static int set_up(void **state)
{
	(void)state;
	memset(&p, 0, sizeof p);
	commit_gives = ERR_OK;
	ask_gives = ERR_OK;
	search_gives = ERR_OK;
	begins = 0;
	commits = 0;
	steps = 0;
	most_steps = 0;
	wakes = 0;
	ups = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	commit_gives = ERR_OK;
	posts_close(&p);
	return 0;
}

static const char *address_of(size_t i, char *out, size_t size)
{
	(void)snprintf(out, size, "127.0.0.1:%u", loop_port(p.post[i].loop));
	return out;
}

static void a_node_answers_at_its_socket(void **state)
{
	struct answer_status status;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(posts_add(&p, true, NULL, NULL, NULL), ERR_OK);
	assert_int_equal(posts_ask(&p, 0, "status", NULL, &arena, &status), ERR_OK);
	assert_true(bytes_is(status.region, "UTO-NORTH"));
	assert_true(bytes_is(status.role, "hq"));
	assert_int_equal(posts_ask(&p, 0, "nonsense", NULL, &arena, NULL), ERR_NOTFOUND);
	assert_int_equal(posts_ask(&p, 0, "status", NULL, &arena, &status), ERR_OK);
	arena_done(&arena);
}

static void two_nodes_meet_over_tcp(void **state)
{
	struct answer_peers peers;
	const struct answer_peer *peer;
	struct arena arena;
	char address[64];

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(posts_add(&p, true, "127.0.0.1:0", NULL, NULL), ERR_OK);
	assert_int_equal(
	    posts_add(&p, false, "127.0.0.1:0", address_of(0, address, sizeof address), NULL),
	    ERR_OK);
	posts_run(&p, 100);
	assert_int_equal(loop_links(p.post[1].loop), 0); /* not a member yet: it does not call */
	assert_int_equal(posts_enrol(&p, 1, "Post B"), ERR_OK);
	for (int i = 0; i < 50 && loop_links(p.post[0].loop) == 0; i++) {
		posts_run(&p, 100);
	}
	posts_run(&p, 300);
	assert_int_equal(loop_links(p.post[0].loop), 1);
	assert_int_equal(loop_links(p.post[1].loop), 1);
	assert_int_equal(posts_ask(&p, 0, "peers", NULL, &arena, &peers), ERR_OK);
	assert_int_equal(peers.peers.count, 1);
	peer = peers.peers.items;
	assert_true(bytes_is(peer->label, "Post B"));
	assert_true(bytes_is(peer->state, "up"));
	loop_stop(p.post[1].loop);
	loop_free(p.post[1].loop);
	p.post[1].loop = NULL;
	p.count = 1; /* the other one does not run any more */
	posts_run(&p, 100);
	assert_int_equal(loop_links(p.post[0].loop), 0);
	assert_int_equal(posts_ask(&p, 0, "peers", NULL, &arena, &peers), ERR_OK);
	peer = peers.peers.items;
	assert_true(peers.peers.count == 0 || !bytes_is(peer->state, "up"));
	p.count = 2;
	arena_done(&arena);
}

static void who_is_no_member_yet_sleeps(void **state)
{
	(void)state;
	assert_int_equal(posts_add(&p, false, NULL, "127.0.0.1:1", NULL), ERR_OK);
	posts_run(&p, 500);
	assert_true(steps < 10);
}

static void who_is_no_member_yet_can_be_called(void **state)
{
	char address[64];
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(posts_add(&p, false, "127.0.0.1:0", NULL, NULL), ERR_OK);
	assert_int_equal(posts_add(&p, true, NULL, address_of(0, address, sizeof address), NULL),
			 ERR_OK);
	posts_run(&p, 300);
	assert_int_equal(ups, 2);
	assert_int_equal(loop_links(p.post[0].loop), 0);
	assert_int_equal(posts_ask(&p, 0, "status", NULL, &arena, NULL), ERR_OK);
	arena_done(&arena);
}

static uint16_t free_port(void)
{
	struct sockaddr_in own = { .sin_family = AF_INET };
	socklen_t len = sizeof own;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (const struct sockaddr *)&own, sizeof own), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &len), 0);
	(void)close(fd);
	return ntohs(own.sin_port);
}

/* As after a discovery: each knows where the other is. */
static void two_that_know_each_other_call_once(void **state)
{
	char hq[64];
	char post[64];

	(void)state;
	(void)snprintf(post, sizeof post, "127.0.0.1:%u", free_port());
	assert_int_equal(posts_add(&p, true, "127.0.0.1:0", post, NULL), ERR_OK);
	assert_int_equal(posts_add(&p, false, post, address_of(0, hq, sizeof hq), NULL), ERR_OK);
	assert_int_equal(posts_enrol(&p, 1, "Post B"), ERR_OK);
	posts_run(&p, 2500);
	assert_int_equal(loop_links(p.post[0].loop), 1);
	assert_int_equal(loop_links(p.post[1].loop), 1);
	ups = 0;
	posts_run(&p, 4000);
	assert_int_equal(ups, 0);
	/* When the link breaks they meet again soon. */
	loop_free(p.post[1].loop);
	p.post[1].loop = NULL;
	p.count = 1;
	posts_run(&p, 1000);
	assert_int_equal(loop_links(p.post[0].loop), 0);
	p.count = 2;
}

static struct bytes print(struct arena *arena, uint64_t touch)
{
	struct buf iso;
	struct bytes out;

	buf_init(&iso, 0);
	prints_record(41, touch, 0.2F, 2, &iso);
	out = arena_copy(arena, buf_bytes(&iso));
	buf_done(&iso);
	return out;
}

/* Worker, policy, search in the pool, store and socket: all that a check needs. */
static void a_check_finds_who_was_enrolled(void **state)
{
	struct ask_file file = { .name = bytes_of("x.fmr"), .position = 2 };
	struct ask_notice notice = { .reference = bytes_of("R-1"),
				     .type = 1,
				     .purposes = 1,
				     .valid_until = 25000,
				     .family = bytes_of("CANARY"),
				     .files = { &file, 1 } };
	struct ask_check check = { .purpose = 1,
				   .legal_basis = bytes_of("Article 1"),
				   .files = { &file, 1 } };
	struct answer_notice added;
	struct answer_case found;
	struct arena arena;
	const char *top = getenv("top_builddir");
	char relative[512];
	char *path;

	(void)state;
#if defined(__SANITIZE_THREAD__)
	print_message("the thread sanitizer does not run in outpost-worker's cell\n");
	skip();
#endif
	(void)snprintf(relative, sizeof relative, "%s/outpost-worker", top != NULL ? top : ".");
	path = realpath(relative, NULL);
	if (path == NULL) {
		print_message("outpost-worker is not built here\n");
		skip();
	}
	arena_init(&arena, 0);
	assert_int_equal(posts_add(&p, true, NULL, NULL, path), ERR_OK);
	free(path);
	file.content = print(&arena, 0);
	assert_int_equal(posts_ask(&p, 0, "notice.add", &notice, &arena, &added), ERR_OK);
	file.content = print(&arena, 1);
	assert_int_equal(posts_ask(&p, 0, "check", &check, &arena, &found), ERR_OK);
	assert_int_equal(found.people, 1);
	assert_int_equal(found.candidates.count, 1);
	/* A search that was not finished finds nobody, and must not say so. */
	search_gives = ERR_NOMEM;
	assert_int_equal(posts_ask(&p, 0, "check", &check, &arena, &found), ERR_NOMEM);
	search_gives = ERR_OK;
	assert_int_equal(posts_ask(&p, 0, "check", &check, &arena, &found), ERR_OK);
	assert_int_equal(found.candidates.count, 1);
	arena_done(&arena);
}

/* ---- transactions ---- */

static int question(const char *control)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct ask ask = { .verb = bytes_of("status"), .officer = bytes_of("admin") };
	uint8_t head[4] = { 0 };
	struct buf out;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(to.sun_path, sizeof to.sun_path, "%s", control);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
	buf_init(&out, 0);
	assert_int_equal(schema_encode(&ask_schema, &ask, &out), ERR_OK);
	head[3] = (uint8_t)out.len;
	assert_int_equal(send(fd, head, 4, 0), 4);
	assert_int_equal(send(fd, out.data, out.len, 0), out.len);
	buf_done(&out);
	return fd;
}

static void nothing_leaves_that_is_not_durable(void **state)
{
	char c;
	int fd;
	int rc = ERR_OK;

	(void)state;
	assert_int_equal(posts_add(&p, true, NULL, NULL, NULL), ERR_OK);
	posts_run(&p, 20);
	commit_gives = ERR_STORE;
	fd = question(p.post[0].control);
	for (int i = 0; i < 1000 && rc == ERR_OK; i++) {
		rc = loop_turn(p.post[0].loop, false);
		(void)usleep(1000);
	}
	assert_int_equal(rc, ERR_STORE);
	assert_int_equal(loop_run(p.post[0].loop), ERR_STORE);
	assert_true(recv(fd, &c, 1, MSG_DONTWAIT) < 0);
	loop_free(p.post[0].loop);
	p.post[0].loop = NULL;
	assert_int_equal(recv(fd, &c, 1, 0), 0);
	(void)close(fd);
}

static void a_step_without_memory_is_answered_and_the_node_goes_on(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(posts_add(&p, true, NULL, NULL, NULL), ERR_OK);
	ask_gives = ERR_NOMEM;
	assert_int_equal(posts_ask(&p, 0, "status", NULL, &arena, NULL), ERR_NOMEM);
	ask_gives = ERR_OK;
	assert_int_equal(posts_ask(&p, 0, "status", NULL, &arena, NULL), ERR_OK);
	arena_done(&arena);
}

static void a_damaged_store_ends_the_loop(void **state)
{
	int rc = ERR_OK;
	int fd;

	(void)state;
	assert_int_equal(posts_add(&p, true, NULL, NULL, NULL), ERR_OK);
	ask_gives = ERR_CORRUPT;
	fd = question(p.post[0].control);
	for (int i = 0; i < 1000 && rc == ERR_OK; i++) {
		rc = loop_turn(p.post[0].loop, false);
		(void)usleep(1000);
	}
	assert_int_equal(rc, ERR_CORRUPT);
	(void)close(fd);
}

/* The policy that it was told of counts, and stands in the audit log, before it answers again;
 * and if that cannot be made durable, it does not go on with it. */
static void what_it_is_told_counts_at_once_or_ends_it(void **state)
{
	const struct node_policy policy = { .label = "told", .digest = { 1 } };
	const struct event told = { .kind = EVENT_POLICY, .policy = &policy };
	struct answer_status before;
	struct answer_status after;
	struct arena arena;
	unsigned had;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(posts_add(&p, true, NULL, NULL, NULL), ERR_OK);
	assert_int_equal(posts_ask(&p, 0, "status", NULL, &arena, &before), ERR_OK);
	had = commits;
	assert_int_equal(loop_tell(p.post[0].loop, &told), ERR_OK);
	assert_int_equal(commits, had + 1);
	assert_int_equal(posts_ask(&p, 0, "status", NULL, &arena, &after), ERR_OK);
	assert_true(bytes_is(after.policy, "told"));
	assert_int_equal(after.audit, before.audit + 1);
	commit_gives = ERR_STORE;
	assert_int_equal(loop_tell(p.post[0].loop, &told), ERR_STORE);
	assert_int_equal(loop_turn(p.post[0].loop, false), ERR_STORE);
	arena_done(&arena);
}

#define MANY 200U

static void many_events_share_a_transaction(void **state)
{
	static char text[MANY][32];
	const char *peers[MANY];
	struct post *x = &p.post[0];
	struct loop_config config = { .peers = peers, .peer_count = MANY };
	struct node_config again;

	(void)state;
	assert_int_equal(posts_add(&p, false, NULL, NULL, NULL), ERR_OK);
	loop_free(x->loop);
	x->loop = NULL;
	node_free(x->node);
	x->node = NULL;
	again = (struct node_config){ .store = x->store, .keys = x->keys };
	assert_int_equal(node_new(&again, &x->node), ERR_OK);
	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(text[i], sizeof text[i], "127.0.0.1:%zu", i + 1);
		peers[i] = text[i];
	}
	config.node = x->node;
	steps = 0;
	commits = 0;
	wakes = 0;
	assert_int_equal(loop_new(&config, &x->loop, NULL), ERR_OK);
	for (int i = 0; i < 20; i++) {
		(void)loop_turn(x->loop, false);
	}
	assert_int_equal(steps - wakes, 1 + MANY);
	assert_int_equal(most_steps, LOOP_STEPS_MAX);
	assert_true(commits >= 1 + (MANY + LOOP_STEPS_MAX - 1) / LOOP_STEPS_MAX);
	assert_true(commits <= 1 + (MANY + LOOP_STEPS_MAX - 1) / LOOP_STEPS_MAX + wakes);
}

static void the_node_is_woken_in_time_and_not_all_the_time(void **state)
{
	(void)state;
	/* Nobody is there to be called: it is tried again after a second, and two. */
	assert_int_equal(posts_add(&p, true, NULL, "127.0.0.1:1", NULL), ERR_OK);
	posts_run(&p, 1600);
	assert_true(wakes >= 1);
	assert_true(steps < 40);
	assert_int_equal(begins, commits);
}

static void the_signal_to_stop_is_heard_after_the_last_event(void **state)
{
	(void)state;
	assert_int_equal(posts_add(&p, true, "127.0.0.1:0", NULL, NULL), ERR_OK);
	loop_stop(p.post[0].loop);
	assert_int_equal(loop_turn(p.post[0].loop, true), ERR_STATE);
	assert_int_equal(loop_run(p.post[0].loop), ERR_OK);
}

static void what_cannot_be_opened_is_named(void **state)
{
	struct loop_config config = { .listen = "192.0.2.1:1" };
	struct fault fault = { .what = NULL };
	struct loop *loop = NULL;

	(void)state;
	assert_int_equal(posts_add(&p, false, NULL, NULL, NULL), ERR_OK);
	config.node = p.post[0].node;
	assert_int_equal(loop_new(&config, &loop, &fault), ERR_IO);
	assert_string_equal(fault.what, "listen");
	config.listen = NULL;
	config.control = "/nowhere/control";
	assert_int_equal(loop_new(&config, &loop, &fault), ERR_IO);
	assert_string_equal(fault.what, "control");
	assert_null(loop);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH(a_node_answers_at_its_socket),
		WITH(two_nodes_meet_over_tcp),
		WITH(who_is_no_member_yet_sleeps),
		WITH(who_is_no_member_yet_can_be_called),
		WITH(two_that_know_each_other_call_once),
		WITH(a_check_finds_who_was_enrolled),
		WITH(nothing_leaves_that_is_not_durable),
		WITH(a_step_without_memory_is_answered_and_the_node_goes_on),
		WITH(a_damaged_store_ends_the_loop),
		WITH(what_it_is_told_counts_at_once_or_ends_it),
		WITH(many_events_share_a_transaction),
		WITH(the_node_is_woken_in_time_and_not_all_the_time),
		WITH(the_signal_to_stop_is_heard_after_the_last_event),
		WITH(what_cannot_be_opened_is_named),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
