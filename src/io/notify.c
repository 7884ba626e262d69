#include "io/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"

#define STATUS_MAX 512

int notify_send(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len;
	ssize_t sent;
	int fd;

	if (path == NULL || (path[0] != '/' && path[0] != '@')) {
		return ERR_NOTFOUND;
	}
	len = strlen(path);
	if (len >= sizeof to.sun_path) {
		return ERR_IO;
	}
	memcpy(to.sun_path, path, len);
	if (path[0] == '@') {
		to.sun_path[0] = '\0'; /* the abstract namespace */
	}
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return ERR_IO;
	}
	sent = sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&to,
		      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	(void)close(fd);
	return sent == (ssize_t)strlen(text) ? ERR_OK : ERR_IO;
}

int notify_status(const char *format, ...)
{
	char text[STATUS_MAX] = "STATUS=";
	va_list ap;

	va_start(ap, format);
	/* clang-tidy loses va_start() when it looks at many files in one go. */
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
	(void)vsnprintf(text + 7, sizeof text - 7, format, ap);
	va_end(ap);
	return notify_send(text);
}

uint64_t notify_watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");

	if (usec == NULL || (pid != NULL && strtol(pid, NULL, 10) != (long)getpid())) {
		return 0;
	}
	return strtoull(usec, NULL, 10) / 2000U;
}
