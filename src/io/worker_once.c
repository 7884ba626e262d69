#include "io/worker_once.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef OUTPOST_LIBEXECDIR
#define OUTPOST_LIBEXECDIR "/usr/local/libexec"
#endif

const char *worker_once_find(const char *path, char *room, size_t size)
{
	ssize_t len;
	char *slash;

	if (path == NULL) {
		path = getenv("OUTPOST_WORKER");
	}
	if (path != NULL && path[0] != '\0') {
		return path;
	}
	len = readlink("/proc/self/exe", room, size - 1);
	if (len > 0) {
		room[len] = '\0';
		slash = strrchr(room, '/');
		if (slash != NULL && (size_t)(slash - room) + sizeof "/outpost-worker" < size) {
			memcpy(slash, "/outpost-worker", sizeof "/outpost-worker");
			if (access(room, X_OK) == 0) {
				return room;
			}
		}
	}
	return OUTPOST_LIBEXECDIR "/outpost-worker";
}

static pid_t start(const char *path, int *fd)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		return -1;
	}
	pid = fork();
	if (pid == 0) {
		if (dup2(pair[1], STDIN_FILENO) >= 0 && dup2(pair[1], STDOUT_FILENO) >= 0) {
			(void)execl(path, path, (char *)NULL);
		}
		_exit(127);
	}
	(void)close(pair[1]);
	if (pid < 0) {
		(void)close(pair[0]);
	}
	*fd = pair[0];
	return pid;
}

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int send_all(int fd, struct bytes b)
{
	size_t done = 0;

	while (done < b.len) {
		ssize_t n = send(fd, b.data + done, b.len - done, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR) {
			return ERR_WORKER;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	return ERR_OK;
}

/* Read until a whole frame is there. */
static int receive(int fd, struct buf *in, struct bytes *body)
{
	int64_t end = now_ms() + WORKER_ONCE_MS;
	size_t need = WORKER_LENGTH_BYTES;

	for (;;) {
		int rc = worker_frame(buf_bytes(in), WORKER_ANSWER_MAX, body, &need);
		int64_t left = end - now_ms();
		struct pollfd p = { .fd = fd, .events = POLLIN };
		uint8_t piece[65536];
		ssize_t n;

		if (rc != ERR_SHORT) {
			return rc;
		}
		if (left <= 0 || poll(&p, 1, (int)left) == 0) {
			return ERR_TIMEOUT;
		}
		n = read(fd, piece, sizeof piece);
		if (n == 0 || (n < 0 && errno != EINTR)) {
			return ERR_WORKER;
		}
		if (n > 0) {
			buf_put(in, piece, (size_t)n);
		}
	}
}

int worker_once_ask(const char *path, const struct worker_request *request, struct arena *arena,
		    struct worker_answer *out)
{
	char room[4096];
	struct bytes body;
	struct buf frame;
	struct buf in;
	int fd = -1;
	int status = 0;
	pid_t pid;
	int rc;

	buf_init(&frame, 0);
	buf_init(&in, WORKER_ANSWER_MAX + WORKER_LENGTH_BYTES);
	rc = worker_put_request(request, &frame);
	pid = rc == ERR_OK ? start(worker_once_find(path, room, sizeof room), &fd) : -1;
	if (pid < 0) {
		buf_done(&frame);
		return rc == ERR_OK ? ERR_IO : rc;
	}
	rc = send_all(fd, buf_bytes(&frame));
	if (rc == ERR_OK) {
		rc = receive(fd, &in, &body);
	}
	if (rc == ERR_OK) {
		body = arena_copy(arena, body);
		rc = body.data == NULL ? ERR_NOMEM : worker_read_answer(body, arena, out, NULL);
	}
	(void)close(fd);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
	if (rc == ERR_WORKER && WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		rc = ERR_IO;
	}
	buf_done(&frame);
	buf_done(&in);
	return rc;
}

int worker_once_ping(const char *path)
{
	const struct worker_request ping = { .id = 1, .op = WORKER_PING };
	struct worker_answer answer;
	struct arena arena;
	int rc;

	arena_init(&arena, 0);
	rc = worker_once_ask(path, &ping, &arena, &answer);
	rc = rc == ERR_OK && (answer.id != 1 || answer.code != 0) ? ERR_WORKER : rc;
	arena_done(&arena);
	return rc;
}
