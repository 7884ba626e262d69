/* Proof that the cell holds: each attempt runs in a child that has entered it. */
#include "cmd/sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SURVIVED 3
#define BLOCK    (4UL * 1024 * 1024)
/* Beyond the memory limit. */
#define TOO_MUCH ((size_t)SANDBOX_MEMORY_BYTES + BLOCK)

static void try_open(void)
{
	(void)open("/etc/passwd", O_RDONLY);
}

static void try_create(void)
{
	(void)open("/tmp/outpost-worker-selftest", O_WRONLY | O_CREAT, 0600);
}

static void try_socket(void)
{
	(void)socket(AF_INET, SOCK_STREAM, 0);
}

static void try_socketpair(void)
{
	int fds[2];

	(void)socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
}

static void try_fork(void)
{
	if (fork() == 0) {
		_exit(0);
	}
}

static void try_exec(void)
{
	char *const argv[] = { (char *)"/bin/true", NULL };

	(void)execv(argv[0], argv);
}

static void try_kill(void)
{
	(void)kill(getppid(), 0);
}

static void try_trace(void)
{
	(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void try_code(void)
{
	(void)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void try_protect(void)
{
	static char page[8192];

	(void)mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static void try_read_elsewhere(void)
{
	char c;

	(void)!read(STDOUT_FILENO, &c, 1);
}

static void try_write_elsewhere(void)
{
	(void)!write(STDIN_FILENO, "x", 1);
}

static void try_prctl(void)
{
	(void)syscall(SYS_prctl, 1, 0, 0, 0, 0);
}

static int compare_bytes(const void *a, const void *b)
{
	return memcmp(a, b, 1);
}

/* What must still be possible: sorting (the C library looks at the machine for it), memory within
 * the limit, and none beyond it. */
static void compute(void)
{
	char *p = malloc(BLOCK);

	if (p == NULL) {
		_exit(1);
	}
	for (size_t i = 0; i < BLOCK; i++) {
		p[i] = (char)(i * 31 % 101);
	}
	qsort(p, BLOCK, 1, compare_bytes);
	free(p);
#if !defined(__SANITIZE_ADDRESS__)
	p = mmap(NULL, TOO_MUCH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p != MAP_FAILED) {
		_exit(1);
	}
#endif
	_exit(0);
}

static const struct attempt {
	const char *name;
	void (*run)(void);
	bool stopped; /* by SIGSYS, else it ends well */
} attempts[] = {
	{ "opening a file is impossible", try_open, true },
	{ "creating a file is impossible", try_create, true },
	{ "a socket is impossible", try_socket, true },
	{ "a pair of sockets is impossible", try_socketpair, true },
	{ "another process is impossible", try_fork, true },
	{ "another program is impossible", try_exec, true },
	{ "a signal to another process is impossible", try_kill, true },
	{ "tracing is impossible", try_trace, true },
	{ "new code is impossible", try_code, true },
	{ "changing memory into code is impossible", try_protect, true },
	{ "reading anything but standard input is impossible", try_read_elsewhere, true },
	{ "writing anything but standard output is impossible", try_write_elsewhere, true },
	{ "changing the cell is impossible", try_prctl, true },
	{ "computing within the limit is possible, beyond it not", compute, false },
};

static bool run(const struct attempt *a)
{
	int status = 0;
	pid_t child;

	(void)fflush(stdout);
	child = fork();
	if (child == 0) {
		if (sandbox_enter() != ERR_OK) {
			_exit(1);
		}
		a->run();
		_exit(SURVIVED);
	}
	if (child < 0 || waitpid(child, &status, 0) != child) {
		return false;
	}
	return a->stopped ? WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS
			  : WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

unsigned sandbox_selftest(void)
{
	const unsigned n = sizeof attempts / sizeof attempts[0];
	unsigned failed = 0;

	printf("1..%u\n", n);
	for (unsigned i = 0; i < n; i++) {
		bool good = run(&attempts[i]);

		printf("%sok %u - %s\n", good ? "" : "not ", i + 1, attempts[i].name);
		failed += !good;
	}
	return failed;
}
