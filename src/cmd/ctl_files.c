/* Files that outpostctl reads and writes, whole and with a limit. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/ctl.h"

int ctl_read_file(struct ctl *c, const char *path, size_t max, struct bytes *out)
{
	struct stat st;
	uint8_t *data;
	size_t done = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not hold us */

	if (fd < 0 || fstat(fd, &st) != 0) {
		int saved = errno;

		if (fd >= 0) {
			(void)close(fd);
		}
		return ctl_fail(CTL_USAGE, "%s: %s", path, strerror(saved));
	}
	if (!S_ISREG(st.st_mode) || st.st_size <= 0 || (size_t)st.st_size > max) {
		(void)close(fd);
		return ctl_fail(CTL_USAGE, "%s: %s", path,
				!S_ISREG(st.st_mode) ? "is no file"
				: st.st_size <= 0    ? "is empty"
						     : "is too large");
	}
	data = arena_take(&c->arena, (size_t)st.st_size, 1);
	while (data != NULL && done < (size_t)st.st_size) {
		ssize_t n = read(fd, data + done, (size_t)st.st_size - done);

		if (n <= 0) {
			break;
		}
		done += (size_t)n;
	}
	(void)close(fd);
	if (data == NULL || done < (size_t)st.st_size) {
		return ctl_fail(CTL_INTERNAL, "%s: cannot be read", path);
	}
	*out = (struct bytes){ .data = data, .len = done };
	return CTL_OK;
}

/* All of it and onto the disk; closes fd. */
static bool write_whole(int fd, struct bytes content)
{
	size_t done = 0;
	bool kept;

	while (done < content.len) {
		ssize_t n = write(fd, content.data + done, content.len - done);

		if (n <= 0) {
			break;
		}
		done += (size_t)n;
	}
	kept = fsync(fd) == 0;
	return close(fd) == 0 && kept && done == content.len;
}

int ctl_write_file(const char *path, struct bytes content, unsigned mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0) {
		return ctl_fail(CTL_USAGE, "%s: %s", path, strerror(errno));
	}
	if (!write_whole(fd, content)) {
		(void)unlink(path);
		return ctl_fail(CTL_INTERNAL, "%s: cannot be written", path);
	}
	return CTL_OK;
}

int ctl_replace_file(const char *path, struct bytes content)
{
	char aside[4096];
	int n = snprintf(aside, sizeof aside, "%s.XXXXXX", path);
	int fd = -1;

	if (n > 0 && (size_t)n < sizeof aside) {
		fd = mkostemp(aside, O_CLOEXEC);
	} else {
		errno = ENAMETOOLONG;
	}
	if (fd < 0) {
		return ctl_fail(CTL_USAGE, "%s: %s", path, strerror(errno));
	}
	if (!write_whole(fd, content)) {
		(void)unlink(aside);
		return ctl_fail(CTL_INTERNAL, "%s: cannot be written", path);
	}
	if (rename(aside, path) != 0) {
		int saved = errno;

		(void)unlink(aside);
		return ctl_fail(CTL_USAGE, "%s: %s", path, strerror(saved));
	}
	return CTL_OK;
}

/* A number behind the last such sign in the argument; the sign is cut off there. */
static uint64_t suffix(char *text, char sign, uint64_t max)
{
	char *at = strrchr(text, sign);
	char *end;
	unsigned long v;

	if (at == NULL || !isdigit((unsigned char)at[1])) {
		return 0;
	}
	v = strtoul(at + 1, &end, 10);
	if (*end != '\0' || v > max) {
		return 0;
	}
	*at = '\0';
	return v;
}

int ctl_files(struct ctl *c, int argc, char *argv[], struct list *out)
{
	struct ask_file *files;

	if (argc > (int)ASK_FILES_MAX) {
		return ctl_fail(CTL_USAGE, "at most %u files at a time", ASK_FILES_MAX);
	}
	files = arena_take(&c->arena, (size_t)argc, sizeof *files);
	for (int i = 0; files != NULL && i < argc; i++) {
		size_t len = strlen(argv[i]) + 1;
		char *path = arena_take(&c->arena, len, 1);
		int rc;

		if (path == NULL) {
			return ctl_fail(CTL_INTERNAL, "out of memory");
		}
		memcpy(path, argv[i], len);
		files[i].ppi = suffix(path, ':', 4000);
		files[i].position = suffix(path, '@', 10);
		rc = ctl_read_file(c, path, ASK_FILE_MAX, &files[i].content);
		if (rc != CTL_OK) {
			return rc;
		}
	}
	*out = (struct list){ .items = files, .count = (size_t)argc };
	return CTL_OK;
}
