#include "io/ask_client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/wire.h"

#define LENGTH_BYTES 4U
#define ANSWER_ROOM  65536U /* for what stands around an answer's body */
#define PIECE_BYTES  65536U

static uint64_t now_ms(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000U + (uint64_t)t.tv_nsec / 1000000U;
}

static int wait_for(int fd, short what, uint64_t until_ms)
{
	for (;;) {
		uint64_t now = now_ms();
		struct pollfd p = { .fd = fd, .events = what };
		int n;

		if (now >= until_ms) {
			return ERR_TIMEOUT;
		}
		n = poll(&p, 1, until_ms - now > 60000 ? 60000 : (int)(until_ms - now));
		if (n > 0) {
			return ERR_OK;
		}
		if (n < 0 && errno != EINTR) {
			return ERR_IO;
		}
	}
}

static int dial(const char *path, int *out)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	if (bytes_text(bytes_of(path), to.sun_path, sizeof to.sun_path) != ERR_OK) {
		return ERR_IO;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return ERR_IO;
	}
	if (connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
		int rc = errno == EACCES || errno == EPERM ? ERR_DENIED
			 : errno == EAGAIN                 ? ERR_BUSY
							   : ERR_IO;

		(void)close(fd);
		return rc;
	}
	*out = fd;
	return ERR_OK;
}

static int write_all(int fd, struct bytes b, uint64_t until_ms)
{
	int rc = ERR_OK;

	while (rc == ERR_OK && b.len > 0) {
		ssize_t n = send(fd, b.data, b.len, MSG_NOSIGNAL);

		if (n > 0) {
			b.data += n;
			b.len -= (size_t)n;
		} else if (errno == EPIPE || errno == ECONNRESET) {
			return ERR_OK; /* it has stopped listening: its answer says why */
		} else if (errno == EAGAIN) {
			rc = wait_for(fd, POLLOUT, until_ms);
		} else if (errno != EINTR) {
			rc = ERR_IO;
		}
	}
	return rc;
}

/* Read until the buffer holds len bytes. */
static int read_to(int fd, struct buf *in, size_t len, uint64_t until_ms)
{
	int rc = ERR_OK;

	while (rc == ERR_OK && in->len < len) {
		uint8_t piece[PIECE_BYTES];
		size_t want = len - in->len < sizeof piece ? len - in->len : sizeof piece;
		ssize_t n = recv(fd, piece, want, 0);

		if (n > 0) {
			buf_put(in, piece, (size_t)n);
			rc = buf_error(in);
		} else if (n == 0 || errno == ECONNRESET) {
			rc = ERR_SHORT;
		} else if (errno == EAGAIN) {
			rc = wait_for(fd, POLLIN, until_ms);
		} else if (errno != EINTR) {
			rc = ERR_IO;
		}
	}
	return rc;
}

static int read_answer(int fd, struct arena *arena, uint64_t until_ms, struct answer *out)
{
	struct buf in;
	struct wire w;
	size_t len = 0;
	int rc;

	buf_init(&in, LENGTH_BYTES + ANSWER_BYTES_MAX + ANSWER_ROOM);
	rc = read_to(fd, &in, LENGTH_BYTES, until_ms);
	if (rc == ERR_OK) {
		wire_init(&w, in.data, in.len);
		len = wire_u32(&w);
		rc = len > ANSWER_BYTES_MAX + ANSWER_ROOM
			 ? ERR_LIMIT
			 : read_to(fd, &in, LENGTH_BYTES + len, until_ms);
	}
	if (rc == ERR_OK) {
		struct bytes body =
		    arena_copy(arena, (struct bytes){ in.data + LENGTH_BYTES, len });

		rc = body.data == NULL ? ERR_NOMEM
				       : schema_decode(&answer_schema, body, arena, out, NULL);
	}
	buf_done(&in);
	return rc;
}

int ask_client_ask(const char *path, const struct ask *ask, uint64_t timeout_ms,
		   struct arena *arena, struct answer *out)
{
	uint64_t until = now_ms() + timeout_ms;
	uint8_t head[LENGTH_BYTES];
	struct buf body;
	int fd = -1;
	int rc;

	buf_init(&body, ASK_BYTES_MAX);
	rc = schema_encode(&ask_schema, ask, &body);
	if (rc == ERR_OK) {
		rc = dial(path, &fd);
	}
	if (rc == ERR_OK) {
		for (size_t i = 0; i < LENGTH_BYTES; i++) {
			head[i] = (uint8_t)(body.len >> (8 * (LENGTH_BYTES - 1 - i)));
		}
		rc = write_all(fd, (struct bytes){ head, sizeof head }, until);
	}
	if (rc == ERR_OK) {
		rc = write_all(fd, buf_bytes(&body), until);
	}
	if (rc == ERR_OK) {
		rc = read_answer(fd, arena, until, out);
	}
	if (fd >= 0) {
		(void)close(fd);
	}
	if (body.data != NULL) {
		explicit_bzero(body.data, body.len);
	}
	buf_done(&body);
	return rc;
}
