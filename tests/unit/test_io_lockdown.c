#include "tests/lib/unit.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "io/lockdown.h"

/* What cannot be taken back is done in a child; its exit code says which check failed. */
static int in_child(int (*what)(void))
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		_exit(what());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 200;
}

static int lock_down(void)
{
	struct rlimit core;

	if (lockdown_process() != ERR_OK) {
		return 1;
	}
	if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_cur != 0 || core.rlim_max != 0) {
		return 2;
	}
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) {
		return 3;
	}
#if !defined(__SANITIZE_ADDRESS__)
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) {
		return 4;
	}
#endif
	return umask(0) == 0077 ? 0 : 5;
}

static int become_nobody(void)
{
	if (lockdown_user("nobody", false) != ERR_OK) {
		return 1;
	}
	if (geteuid() == 0 || getuid() == 0 || getegid() == 0) {
		return 2;
	}
	return setuid(0) != 0 && seteuid(0) != 0 && setgid(0) != 0 ? 0 : 3;
}

static void the_process_gives_up_what_it_does_not_need(void **state)
{
	(void)state;
	assert_int_equal(in_child(lock_down), 0);
}

static void root_is_refused_unless_it_is_asked_for(void **state)
{
	(void)state;
	assert_int_equal(lockdown_user(NULL, true), ERR_OK);
	assert_int_equal(lockdown_user(NULL, false), geteuid() == 0 ? ERR_DENIED : ERR_OK);
	assert_int_equal(lockdown_user("root", true), ERR_DENIED);
	assert_int_equal(lockdown_user("no-such-user", true), ERR_NOTFOUND);
}

static void root_can_become_somebody_for_good(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("only root can become somebody else\n");
		skip();
	}
	assert_int_equal(in_child(become_nobody), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_process_gives_up_what_it_does_not_need),
		cmocka_unit_test(root_is_refused_unless_it_is_asked_for),
		cmocka_unit_test(root_can_become_somebody_for_good),
	};

	return cmocka_run_group_tests_name("lockdown", tests, NULL, NULL);
}
