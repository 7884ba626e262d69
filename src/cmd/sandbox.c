#include "config.h" /* for _GNU_SOURCE: close_range */

#include "cmd/sandbox.h"

#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* The address sanitizer reserves terabytes of address space and reports on standard error;
 * builds with it are for tests. */
#if defined(__SANITIZE_ADDRESS__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#endif
#ifndef WATCHED
#define WATCHED 0
#endif

#define WARM_UP_BYTES 4096U

static int limit(__rlimit_resource_t what, rlim_t max)
{
	const struct rlimit r = { .rlim_cur = max, .rlim_max = max };

	return setrlimit(what, &r) == 0 ? ERR_OK : ERR_STATE;
}

static int set_limits(void)
{
	int rv = limit(RLIMIT_CORE, 0);

	if (rv == ERR_OK && !WATCHED) {
		rv = limit(RLIMIT_AS, SANDBOX_MEMORY_BYTES);
	}
	if (rv == ERR_OK) {
		rv = limit(RLIMIT_CPU, SANDBOX_CPU_MAX_S);
	}
	if (rv == ERR_OK) {
		rv = limit(RLIMIT_FSIZE, 0);
	}
	/* What is open stays open; nothing else can be. */
	if (rv == ERR_OK) {
		rv = limit(RLIMIT_NOFILE, 0);
	}
	return rv == ERR_OK ? limit(RLIMIT_NPROC, 0) : rv;
}

/* Only with such arguments: reading 0, writing 1, memory that is not code. */
static int allow_with_arguments(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp input = { .op = SCMP_CMP_EQ, .datum_a = STDIN_FILENO };
	const struct scmp_arg_cmp output = { .op = SCMP_CMP_EQ, .datum_a = STDOUT_FILENO };
	const struct scmp_arg_cmp error = { .op = SCMP_CMP_EQ, .datum_a = STDERR_FILENO };
	const struct scmp_arg_cmp data = { .arg = 2,
					   .op = SCMP_CMP_MASKED_EQ,
					   .datum_a = PROT_EXEC };
	int rv = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(read), 1, &input);

	if (rv == 0) {
		rv = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, &output);
	}
	if (rv == 0 && WATCHED) {
		rv = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, &error);
	}
	if (rv == 0) {
		rv = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, &data);
	}
	return rv;
}

static int allow(scmp_filter_ctx filter)
{
	static const int calls[] = {
		SCMP_SYS(exit_group),  SCMP_SYS(exit),         SCMP_SYS(brk),
		SCMP_SYS(munmap),      SCMP_SYS(mremap),       SCMP_SYS(madvise),
		SCMP_SYS(futex),       SCMP_SYS(rt_sigreturn), SCMP_SYS(clock_gettime),
		SCMP_SYS(sigaltstack),
	};
	int rv = allow_with_arguments(filter);

	for (size_t i = 0; rv == 0 && i < sizeof calls / sizeof calls[0]; i++) {
		rv = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, calls[i], 0, NULL);
	}
	return rv;
}

static int compare_bytes(const void *a, const void *b)
{
	return memcmp(a, b, 1);
}

/* The C library asks the kernel how much memory there is when it sorts more than a kilobyte
 * for the first time, and remembers it. */
static void warm_up(void)
{
	uint8_t bytes[WARM_UP_BYTES] = { 2, 1 };

	qsort(bytes, sizeof bytes, 1, compare_bytes);
}

int sandbox_enter(void)
{
	scmp_filter_ctx filter = NULL;
	int rv = set_limits();

	if (rv != ERR_OK) {
		return rv;
	}
	warm_up();
	/* Standard error goes too: what a parser that was taken over has to say is no log. */
	if (close_range(WATCHED ? 3 : 2, ~0U, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		return ERR_STATE;
	}
	filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (filter == NULL) {
		return ERR_STATE;
	}
	rv = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (rv == 0) {
		rv = allow(filter);
	}
	if (rv == 0) {
		rv = seccomp_load(filter);
	}
	seccomp_release(filter);
	return rv == 0 ? ERR_OK : ERR_STATE;
}
