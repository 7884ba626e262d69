#include "tests/lib/unit.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <uv.h>

#include "io/avahi_poll.h"

static uv_loop_t loop;
static struct avahi_poll *poll_of;
static const AvahiPoll *api;

/* What a callback saw. */
struct seen {
	int calls;
	int fd;
	int events;
	int events_asked;
	bool free_it;
	bool read_it;
	AvahiWatch *other; /* freed in the callback, too */
};

static int set_up(void **state)
{
	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(avahi_poll_new(&loop, &poll_of), 0);
	api = avahi_poll_api(poll_of);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	while (uv_run(&loop, UV_RUN_DEFAULT) != 0) {
	}
	avahi_poll_free(poll_of);
	return uv_loop_close(&loop);
}

static void on_watch(AvahiWatch *w, int fd, AvahiWatchEvent events, void *userdata)
{
	struct seen *s = userdata;
	char c;

	s->calls++;
	s->fd = fd;
	s->events = (int)events;
	s->events_asked = (int)api->watch_get_events(w);
	if (s->read_it) {
		(void)!read(fd, &c, 1);
	}
	if (s->other != NULL) {
		api->watch_free(s->other);
		s->other = NULL;
	}
	if (s->free_it) {
		api->watch_free(w);
	}
}

static void on_timeout(AvahiTimeout *t, void *userdata)
{
	struct seen *s = userdata;

	s->calls++;
	if (s->free_it) {
		api->timeout_free(t);
	}
}

static void turn(void)
{
	for (int i = 0; i < 5; i++) {
		(void)uv_run(&loop, UV_RUN_NOWAIT);
	}
}

static void a_watch_tells_what_can_be_read(void **state)
{
	struct seen s = { .read_it = true };
	int fd[2];
	AvahiWatch *w;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	w = api->watch_new(api, fd[0], AVAHI_WATCH_IN, on_watch, &s);
	assert_non_null(w);
	turn();
	assert_int_equal(s.calls, 0);
	assert_int_equal(write(fd[1], "a", 1), 1);
	turn();
	assert_int_equal(s.calls, 1);
	assert_int_equal(s.fd, fd[0]);
	assert_int_equal(s.events, AVAHI_WATCH_IN);
	assert_int_equal(s.events_asked, AVAHI_WATCH_IN);
	assert_int_equal(api->watch_get_events(w), 0);
	api->watch_free(w);
	turn();
	(void)close(fd[0]);
	(void)close(fd[1]);
}

static void a_watch_is_told_what_to_wait_for(void **state)
{
	struct seen s = { .calls = 0 };
	int fd[2];
	AvahiWatch *w;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	w = api->watch_new(api, fd[0], (AvahiWatchEvent)0, on_watch, &s);
	assert_int_equal(write(fd[1], "a", 1), 1);
	turn();
	assert_int_equal(s.calls, 0);
	api->watch_update(w, AVAHI_WATCH_OUT);
	(void)uv_run(&loop, UV_RUN_NOWAIT);
	assert_true(s.calls > 0);
	assert_int_equal(s.events, AVAHI_WATCH_OUT);
	api->watch_update(w, (AvahiWatchEvent)(AVAHI_WATCH_IN | AVAHI_WATCH_OUT));
	(void)uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(s.events, AVAHI_WATCH_IN | AVAHI_WATCH_OUT);
	api->watch_update(w, (AvahiWatchEvent)0);
	s.calls = 0;
	turn();
	assert_int_equal(s.calls, 0);
	api->watch_free(w);
	turn();
	(void)close(fd[0]);
	(void)close(fd[1]);
}

static void the_end_of_a_peer_is_told(void **state)
{
	struct seen s = { .free_it = true };
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_non_null(api->watch_new(api, fd[0], AVAHI_WATCH_IN, on_watch, &s));
	(void)close(fd[1]);
	turn();
	assert_int_equal(s.calls, 1);
	assert_true((s.events & AVAHI_WATCH_HUP) != 0);
	(void)close(fd[0]);
	s = (struct seen){ .free_it = true };
	assert_int_equal(pipe(fd), 0);
	assert_non_null(api->watch_new(api, fd[1], AVAHI_WATCH_OUT, on_watch, &s));
	(void)close(fd[0]);
	turn();
	assert_int_equal(s.calls, 1);
	assert_true((s.events & AVAHI_WATCH_ERR) != 0);
	(void)close(fd[1]);
}

/* As D-Bus does it: one watch to read and one to write. */
static void one_descriptor_may_have_two_watches(void **state)
{
	struct seen in = { .read_it = true };
	struct seen out = { .calls = 0 };
	AvahiWatch *r;
	AvahiWatch *w;
	int fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	r = api->watch_new(api, fd[0], AVAHI_WATCH_IN, on_watch, &in);
	w = api->watch_new(api, fd[0], AVAHI_WATCH_OUT, on_watch, &out);
	assert_non_null(r);
	assert_non_null(w);
	turn();
	assert_int_equal(in.calls, 0);
	assert_true(out.calls > 0);
	api->watch_free(w);
	assert_int_equal(write(fd[1], "a", 1), 1);
	turn();
	assert_int_equal(in.calls, 1);
	api->watch_free(r);
	turn();
	(void)close(fd[0]);
	(void)close(fd[1]);
}

static void watches_can_be_freed_in_a_callback(void **state)
{
	struct seen a = { .free_it = true };
	struct seen b = { .calls = 0 };
	int fd[2];
	int other[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(pipe(other), 0);
	assert_non_null(api->watch_new(api, fd[0], AVAHI_WATCH_IN, on_watch, &a));
	a.other = api->watch_new(api, other[0], AVAHI_WATCH_IN, on_watch, &b);
	assert_int_equal(write(fd[1], "a", 1), 1);
	turn();
	assert_int_equal(write(other[1], "a", 1), 1);
	turn();
	assert_int_equal(a.calls, 1);
	assert_int_equal(b.calls, 0);
	(void)close(fd[0]);
	(void)close(fd[1]);
	(void)close(other[0]);
	(void)close(other[1]);
}

static struct timeval in_ms(int ms)
{
	struct timeval t;

	(void)gettimeofday(&t, NULL);
	t.tv_usec += ms * 1000;
	t.tv_sec += t.tv_usec / 1000000;
	t.tv_usec %= 1000000;
	return t;
}

static void wait_ms(unsigned ms)
{
	for (unsigned i = 0; i < ms; i++) {
		(void)uv_run(&loop, UV_RUN_NOWAIT);
		(void)usleep(1000);
	}
}

static void a_timeout_comes_once_at_its_time(void **state)
{
	struct timeval at = in_ms(40);
	struct seen s = { .calls = 0 };
	AvahiTimeout *t = api->timeout_new(api, &at, on_timeout, &s);

	(void)state;
	assert_non_null(t);
	wait_ms(10);
	assert_int_equal(s.calls, 0);
	wait_ms(100);
	assert_int_equal(s.calls, 1);
	at = in_ms(-5000);
	api->timeout_update(t, &at);
	wait_ms(5);
	assert_int_equal(s.calls, 2);
	api->timeout_free(t);
}

static void a_timeout_can_be_put_off(void **state)
{
	struct timeval at = in_ms(5);
	struct seen s = { .free_it = true };
	AvahiTimeout *t = api->timeout_new(api, NULL, on_timeout, &s);

	(void)state;
	wait_ms(10);
	assert_int_equal(s.calls, 0);
	api->timeout_update(t, &at);
	api->timeout_update(t, NULL);
	wait_ms(10);
	assert_int_equal(s.calls, 0);
	at = in_ms(5);
	api->timeout_update(t, &at);
	wait_ms(30);
	assert_int_equal(s.calls, 1); /* and freed in its callback */
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH(a_watch_tells_what_can_be_read),     WITH(a_watch_is_told_what_to_wait_for),
		WITH(the_end_of_a_peer_is_told),          WITH(one_descriptor_may_have_two_watches),
		WITH(watches_can_be_freed_in_a_callback), WITH(a_timeout_comes_once_at_its_time),
		WITH(a_timeout_can_be_put_off),
	};

	return cmocka_run_group_tests_name("avahi", tests, NULL, NULL);
}
