/* All readers in a process that may do nothing but take memory, read and write. */
#include "tests/lib/unit.h"

#include <dirent.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "intake/decode.h"

#define BYTES_MAX 65536U

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

/* In the child: from here on any other call of the system is the end of the process. */
static void lock_in(void)
{
	static const int calls[] = { SCMP_SYS(read),       SCMP_SYS(write), SCMP_SYS(exit),
				     SCMP_SYS(exit_group), SCMP_SYS(brk),   SCMP_SYS(mmap),
				     SCMP_SYS(munmap),     SCMP_SYS(mremap) };
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);

	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) != 0) {
			_exit(2);
		}
	}
	if (filter == NULL || seccomp_load(filter) != 0) {
		_exit(2);
	}
}

/* In the child: whole, then cut, since the way out of an error is another way. */
static int decode_both(const uint8_t *data, size_t len)
{
	struct image image = { 0 };

	decode_prepare();
	lock_in();
	if (decode_image((struct bytes){ data, len }, NULL, &image, NULL) == ERR_OK) {
		image_done(&image);
	}
	return decode_image((struct bytes){ data, len - len / 3 }, NULL, &image, NULL) != ERR_OK;
}

/* This process never decodes: whatever a library does only once, it does in the child. */
static void check_file(const char *path)
{
	static uint8_t data[BYTES_MAX];
	FILE *f = fopen(path, "rb");
	int status = 0;
	size_t len;
	pid_t child;

	assert_non_null(f);
	len = fread(data, 1, sizeof data, f);
	(void)fclose(f);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		_exit(decode_both(data, len) ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status)) {
		fail_msg("%s: killed by signal %d", path, WTERMSIG(status));
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void check_corpus(const char *name)
{
	const char *srcdir = getenv("srcdir");
	char path[1024];
	unsigned files = 0;
	struct dirent *e;
	DIR *d;

	(void)snprintf(path, sizeof path, "%s/tests/fuzz/corpus_%s", srcdir != NULL ? srcdir : ".",
		       name);
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] != '.') {
			(void)snprintf(path, sizeof path, "%s/tests/fuzz/corpus_%s/%s",
				       srcdir != NULL ? srcdir : ".", name, e->d_name);
			check_file(path);
			files++;
		}
	}
	(void)closedir(d);
	assert_true(files >= 4);
}

static void decoding_asks_the_system_for_memory_only(void **state)
{
	(void)state;
#ifdef __SANITIZE_ADDRESS__
	skip(); /* the sanitizer itself asks for more */
#endif
	check_corpus("png");
	check_corpus("jpeg");
	check_corpus("tiff");
	check_corpus("wsq");
	check_corpus("pgm");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decoding_asks_the_system_for_memory_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
