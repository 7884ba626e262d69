#include "tests/lib/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uv.h>

#include "io/tcp.h"

static uv_loop_t loop;
static struct inbox inbox;
static struct tcp *tcp;
static uint16_t port;

static int set_up(void **state)
{
	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	inbox_init(&inbox, NULL, NULL);
	assert_int_equal(tcp_new(&loop, &inbox, &tcp), ERR_OK);
	return tcp_listen(tcp, "127.0.0.1:0", &port);
}

static int tear_down(void **state)
{
	(void)state;
	tcp_stop(tcp);
	while (uv_run(&loop, UV_RUN_DEFAULT) != 0) {
	}
	tcp_free(tcp);
	inbox_done(&inbox);
	return uv_loop_close(&loop);
}

static void turn(size_t items)
{
	for (int i = 0; i < 500 && inbox.count < items; i++) {
		(void)uv_run(&loop, UV_RUN_NOWAIT);
		(void)usleep(1000);
	}
}

static int dial(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct timeval patience = { .tv_sec = 5 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	return fd;
}

static int listen_at(char *address, size_t size)
{
	struct sockaddr_in own = { .sin_family = AF_INET };
	socklen_t len = sizeof own;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (const struct sockaddr *)&own, sizeof own), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &len), 0);
	(void)snprintf(address, size, "127.0.0.1:%u", ntohs(own.sin_port));
	return fd;
}

/* The next item, which must be of this kind. */
static struct event expect(enum event_kind kind)
{
	struct inbox_item *item;
	struct event event;

	turn(1);
	item = inbox_take(&inbox);
	assert_non_null(item);
	assert_int_equal(item->event.kind, kind);
	event = item->event;
	inbox_item_free(item);
	return event;
}

static void a_caller_s_link_goes_up_talks_and_goes_down_once(void **state)
{
	int fd = dial();
	struct event up = expect(EVENT_LINK_UP);
	struct inbox_item *item;
	char in[16];

	(void)state;
	assert_true(up.link != 0);
	assert_false(up.dialled);
	assert_int_equal(up.address.len, 0);
	assert_int_equal(tcp_links(tcp), 1);
	assert_int_equal(send(fd, "hello", 5, 0), 5);
	turn(1);
	item = inbox_take(&inbox);
	assert_int_equal(item->event.kind, EVENT_LINK_BYTES);
	assert_int_equal(item->event.link, up.link);
	assert_true(bytes_is(item->event.bytes, "hello"));
	inbox_item_free(item);
	tcp_taken(tcp, up.link, 5);
	tcp_send(tcp, up.link, bytes_of("good day"));
	assert_int_equal(expect(EVENT_LINK_DRAINED).link, up.link);
	assert_int_equal(recv(fd, in, sizeof in, 0), 8);
	(void)close(fd);
	assert_int_equal(expect(EVENT_LINK_DOWN).link, up.link);
	tcp_send(tcp, up.link, bytes_of("still there?"));
	tcp_close(tcp, up.link);
	(void)usleep(20000);
	(void)uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(inbox.count, 0);
	assert_int_equal(tcp_links(tcp), 0);
}

static void a_call_goes_up_with_its_address(void **state)
{
	char address[64];
	int server = listen_at(address, sizeof address);
	struct inbox_item *item;
	uint32_t link;
	int fd;
	char c;

	(void)state;
	tcp_dial(tcp, bytes_of(address));
	turn(1);
	item = inbox_take(&inbox);
	assert_int_equal(item->event.kind, EVENT_LINK_UP);
	assert_true(item->event.dialled);
	assert_true(bytes_is(item->event.address, address));
	link = item->event.link;
	inbox_item_free(item);
	fd = accept(server, NULL, NULL);
	tcp_close(tcp, link);
	assert_int_equal(expect(EVENT_LINK_DOWN).link, link);
	(void)uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(recv(fd, &c, 1, 0), 0);
	assert_int_equal(inbox.count, 0);
	(void)close(fd);
	(void)close(server);
}

static void a_name_is_looked_up(void **state)
{
	char address[64];
	char named[64];
	struct addrinfo *found = NULL;
	int server;

	(void)state;
	if (getaddrinfo("localhost", NULL, NULL, &found) != 0) {
		print_message("# this machine does not know its own name: no /etc/hosts\n");
		skip();
	}
	freeaddrinfo(found);
	server = listen_at(address, sizeof address);
	(void)snprintf(named, sizeof named, "localhost:%s", strrchr(address, ':') + 1);
	tcp_dial(tcp, bytes_of(named));
	assert_true(expect(EVENT_LINK_UP).dialled);
	(void)close(server);
}

static void a_call_that_fails_says_whom_it_was_for(void **state)
{
	static const char *const nobody[] = { "127.0.0.1:1", "no-such-name.invalid:4700",
					      "not an address" };

	(void)state;
	for (size_t i = 0; i < sizeof nobody / sizeof nobody[0]; i++) {
		struct inbox_item *item;

		tcp_dial(tcp, bytes_of(nobody[i]));
		for (int k = 0; k < 20 && inbox.count == 0; k++) {
			turn(1);
		}
		item = inbox_take(&inbox);
		assert_non_null(item);
		assert_int_equal(item->event.kind, EVENT_LINK_DOWN);
		assert_int_equal(item->event.link, 0);
		assert_true(bytes_is(item->event.address, nobody[i]));
		inbox_item_free(item);
		assert_int_equal(inbox.count, 0);
	}
}

static void a_call_can_be_given_up_while_its_name_is_looked_up(void **state)
{
	(void)state;
	tcp_dial(tcp, bytes_of("no-such-name.invalid:4700"));
	/* tear_down() stops everything with the question still open. */
}

static void a_reader_that_is_too_slow_is_not_read_for(void **state)
{
	static uint8_t piece[65536];
	int fd = dial();
	struct event up = expect(EVENT_LINK_UP);
	size_t sent = 0;
	size_t unread = 0;
	struct inbox_item *item;

	(void)state;
	for (int i = 0; i < 200; i++) {
		ssize_t n = send(fd, piece, sizeof piece, MSG_DONTWAIT);

		sent += n > 0 ? (size_t)n : 0;
		(void)uv_run(&loop, UV_RUN_NOWAIT);
	}
	for (item = inbox.first; item != NULL; item = item->next) {
		unread += item->event.bytes.len;
	}
	assert_true(sent > unread);
	assert_true(unread >= TCP_UNREAD_MAX);
	assert_true(unread < TCP_UNREAD_MAX + 65536);
	/* When the node has taken it, the rest comes. */
	for (size_t got = 0; got < sent;) {
		turn(1);
		item = inbox_take(&inbox);
		assert_non_null(item);
		assert_int_equal(item->event.kind, EVENT_LINK_BYTES);
		got += item->event.bytes.len;
		tcp_taken(tcp, up.link, item->event.bytes.len);
		inbox_item_free(item);
	}
	(void)close(fd);
}

/* Many links together: the inbox has a limit of its own, and nobody is called then either. */
static void nobody_is_read_for_when_the_inbox_is_full(void **state)
{
	int fd = dial();
	struct timeval patience = { .tv_sec = 5 };
	size_t got = 0;
	int late;
	char c;

	(void)state;
	(void)expect(EVENT_LINK_UP);
	while (inbox_hears_peers(&inbox)) {
		inbox_put(&inbox, &(struct event){ .kind = EVENT_WAKE }, NULL);
	}
	for (int i = 0; i < 20; i++) {
		assert_int_equal(send(fd, "more", 4, 0), 4);
		(void)usleep(1000);
		(void)uv_run(&loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(inbox.count, INBOX_ITEMS_MAX / 2 + 1); /* one, and then it is paused */
	late = dial();
	(void)setsockopt(late, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	for (int i = 0; i < 20; i++) {
		(void)uv_run(&loop, UV_RUN_NOWAIT);
		(void)usleep(1000);
	}
	assert_int_equal(recv(late, &c, 1, 0), 0);
	assert_int_equal(inbox.count, INBOX_ITEMS_MAX / 2 + 1);
	tcp_resume(tcp); /* there is no room yet */
	(void)uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(inbox.count, INBOX_ITEMS_MAX / 2 + 1);
	/* With room the rest comes, also when this link's own bytes went before there was any. */
	for (struct inbox_item *item; (item = inbox_take(&inbox)) != NULL;) {
		got += item->event.bytes.len;
		inbox_item_free(item);
	}
	assert_int_equal(got, 4);
	tcp_resume(tcp);
	while (got < 80) {
		struct inbox_item *item;

		turn(1);
		item = inbox_take(&inbox);
		assert_non_null(item);
		got += item->event.bytes.len;
		inbox_item_free(item);
	}
	(void)close(fd);
	(void)close(late);
}

static void drained_comes_when_all_has_left(void **state)
{
	static uint8_t piece[1024 * 1024];
	int fd = dial();
	struct event up = expect(EVENT_LINK_UP);
	size_t got = 0;

	(void)state;
	tcp_send(tcp, up.link, (struct bytes){ piece, sizeof piece });
	tcp_send(tcp, up.link, (struct bytes){ piece, sizeof piece });
	(void)uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(inbox.count, 0);
	while (got < 2 * sizeof piece) {
		ssize_t n = recv(fd, piece, sizeof piece, MSG_DONTWAIT);

		got += n > 0 ? (size_t)n : 0;
		(void)uv_run(&loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(expect(EVENT_LINK_DRAINED).link, up.link);
	assert_int_equal(inbox.count, 0);
	(void)close(fd);
}

static void little_waits_in_the_kernel(void **state)
{
	static uint8_t piece[4 * 1024 * 1024];
	int fd = dial();
	struct event up = expect(EVENT_LINK_UP);
	int small = 4096;
	size_t got = 0;

	(void)state;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	tcp_send(tcp, up.link, (struct bytes){ piece, sizeof piece });
	for (int i = 0; i < 50; i++) {
		(void)uv_run(&loop, UV_RUN_NOWAIT);
		(void)usleep(1000);
	}
	tcp_close(tcp, up.link);
	(void)uv_run(&loop, UV_RUN_NOWAIT);
	for (;;) {
		ssize_t n = recv(fd, piece, sizeof piece, 0);

		if (n <= 0) {
			break;
		}
		got += (size_t)n;
	}
	/* What the two kernels held: far from all. */
	assert_true(got < 1024 * 1024);
	(void)close(fd);
}

static void a_peer_that_never_reads_is_hung_up(void **state)
{
	static uint8_t piece[1024 * 1024];
	int fd = dial();
	struct event up = expect(EVENT_LINK_UP);

	(void)state;
	for (size_t i = 0; i < TCP_SEND_MAX / sizeof piece; i++) {
		tcp_send(tcp, up.link, (struct bytes){ piece, sizeof piece });
	}
	assert_int_equal(tcp_links(tcp), 1);
	tcp_send(tcp, up.link, (struct bytes){ piece, sizeof piece });
	tcp_send(tcp, up.link, (struct bytes){ piece, sizeof piece });
	assert_int_equal(tcp_links(tcp), 0);
	assert_int_equal(expect(EVENT_LINK_DOWN).link, up.link);
	(void)close(fd);
}

static void one_host_cannot_take_all_places(void **state)
{
	int fd[TCP_YOUNG_MAX + 4];
	size_t up = 0;
	struct inbox_item *item;

	(void)state;
	for (size_t i = 0; i < TCP_YOUNG_MAX + 4; i++) {
		fd[i] = dial();
		(void)uv_run(&loop, UV_RUN_NOWAIT);
	}
	turn(TCP_YOUNG_MAX);
	for (int i = 0; i < 20; i++) {
		(void)uv_run(&loop, UV_RUN_NOWAIT);
	}
	while ((item = inbox_take(&inbox)) != NULL) {
		up += item->event.kind == EVENT_LINK_UP;
		inbox_item_free(item);
	}
	assert_int_equal(up, TCP_YOUNG_MAX);
	assert_int_equal(tcp_links(tcp), TCP_YOUNG_MAX);
	for (size_t i = 0; i < TCP_YOUNG_MAX + 4; i++) {
		(void)close(fd[i]);
	}
}

static void calls_beyond_the_last_place_fail_at_once(void **state)
{
	char address[64];
	int server = listen_at(address, sizeof address);
	size_t down = 0;
	struct inbox_item *item;

	(void)state;
	for (size_t i = 0; i < TCP_LINKS_MAX + 1; i++) {
		tcp_dial(tcp, bytes_of(address));
	}
	while ((item = inbox_take(&inbox)) != NULL) {
		down += item->event.kind == EVENT_LINK_DOWN && item->event.link == 0;
		inbox_item_free(item);
	}
	assert_int_equal(down, 1);
	(void)close(server);
}

static void a_port_that_is_taken_is_named_so(void **state)
{
	struct tcp *other = NULL;
	char address[64];
	uint16_t got = 0;

	(void)state;
	(void)snprintf(address, sizeof address, "127.0.0.1:%u", port);
	assert_int_equal(tcp_new(&loop, &inbox, &other), ERR_OK);
	assert_int_equal(tcp_listen(other, address, &got), ERR_EXISTS);
	tcp_stop(other);
	(void)uv_run(&loop, UV_RUN_NOWAIT);
	tcp_free(other);
	other = NULL;
	assert_int_equal(tcp_new(&loop, &inbox, &other), ERR_OK);
	assert_int_equal(tcp_listen(other, "hq.example.org:1", &got), ERR_MALFORMED);
	assert_int_equal(tcp_listen(other, "192.0.2.1:0", &got), ERR_IO);
	tcp_stop(other);
	(void)uv_run(&loop, UV_RUN_NOWAIT);
	tcp_free(other);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH(a_caller_s_link_goes_up_talks_and_goes_down_once),
		WITH(a_call_goes_up_with_its_address),
		WITH(a_name_is_looked_up),
		WITH(a_call_that_fails_says_whom_it_was_for),
		WITH(a_call_can_be_given_up_while_its_name_is_looked_up),
		WITH(a_reader_that_is_too_slow_is_not_read_for),
		WITH(nobody_is_read_for_when_the_inbox_is_full),
		WITH(drained_comes_when_all_has_left),
		WITH(little_waits_in_the_kernel),
		WITH(a_peer_that_never_reads_is_hung_up),
		WITH(one_host_cannot_take_all_places),
		WITH(calls_beyond_the_last_place_fail_at_once),
		WITH(a_port_that_is_taken_is_named_so),
	};

	return cmocka_run_group_tests_name("tcp", tests, NULL, NULL);
}
