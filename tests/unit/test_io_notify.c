#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "io/notify.h"

static int manager;
static char path[64];

static void listen_as(const char *name)
{
	struct sockaddr_un own = { .sun_family = AF_UNIX };
	size_t len = strlen(name);

	memcpy(own.sun_path, name, len);
	if (name[0] == '@') {
		own.sun_path[0] = '\0';
	}
	manager = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_int_equal(bind(manager, (const struct sockaddr *)&own,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
			 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
}

static void expect(const char *want)
{
	char in[600];
	ssize_t n = recv(manager, in, sizeof in - 1, MSG_DONTWAIT);

	assert_true(n > 0);
	in[n] = '\0';
	assert_string_equal(in, want);
}

static void the_manager_hears_it_by_its_socket(void **state)
{
	(void)state;
	(void)snprintf(path, sizeof path, "/tmp/outpost-notify-%d", (int)getpid());
	(void)unlink(path);
	listen_as(path);
	assert_int_equal(notify_send("READY=1"), ERR_OK);
	expect("READY=1");
	assert_int_equal(notify_status("port %u, %u links", 4700U, 3U), ERR_OK);
	expect("STATUS=port 4700, 3 links");
	(void)close(manager);
	assert_int_equal(notify_send("READY=1"), ERR_IO);
	(void)unlink(path);
}

static void the_socket_may_have_no_file(void **state)
{
	(void)state;
	(void)snprintf(path, sizeof path, "@outpost-notify-%d", (int)getpid());
	listen_as(path);
	assert_int_equal(notify_send("WATCHDOG=1"), ERR_OK);
	expect("WATCHDOG=1");
	(void)close(manager);
}

static void without_a_manager_nothing_is_sent(void **state)
{
	(void)state;
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	assert_int_equal(notify_send("READY=1"), ERR_NOTFOUND);
	assert_int_equal(setenv("NOTIFY_SOCKET", "relative", 1), 0);
	assert_int_equal(notify_send("READY=1"), ERR_NOTFOUND);
}

static void the_watchdog_is_fed_at_half_its_time(void **state)
{
	char pid[16];

	(void)state;
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	assert_int_equal(notify_watchdog_ms(), 0);
	assert_int_equal(setenv("WATCHDOG_USEC", "30000000", 1), 0);
	assert_int_equal(notify_watchdog_ms(), 15000);
	(void)snprintf(pid, sizeof pid, "%d", (int)getpid());
	assert_int_equal(setenv("WATCHDOG_PID", pid, 1), 0);
	assert_int_equal(notify_watchdog_ms(), 15000);
	assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0);
	assert_int_equal(notify_watchdog_ms(), 0); /* meant for another process */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manager_hears_it_by_its_socket),
		cmocka_unit_test(the_socket_may_have_no_file),
		cmocka_unit_test(without_a_manager_nothing_is_sent),
		cmocka_unit_test(the_watchdog_is_fed_at_half_its_time),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
