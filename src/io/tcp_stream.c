/* What is read from a link and written to it, neither faster than the other side takes it. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "io/log.h"
#include "io/tcp_inside.h"

/* Little may wait in the kernel, or an alert would stand behind the pictures that were sent
 * before it: the rest waits in the sync session, which sends the urgent first. */
#define NOTSENT_BYTES 16384
#define BUFFER_BYTES  65536

/* A silent link is asked after 15 s and given up 15 s later; unanswered bytes likewise. */
#define KEEP_IDLE_S     15
#define KEEP_INTERVAL_S 5
#define KEEP_COUNT      3
#define UNACKED_MS      60000

struct sending {
	uv_write_t request;
	struct tcp_link *link;
	size_t len;
	uint8_t data[];
};

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	struct tcp_link *l = handle->data;

	(void)suggested;
	*out = uv_buf_init((char *)l->in, sizeof l->in);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
	struct tcp_link *l = stream->data;

	(void)buf;
	if (len < 0) {
		tcp_down(l);
		return;
	}
	if (len == 0) {
		return;
	}
	inbox_put(l->inbox,
		  &(struct event){ .kind = EVENT_LINK_BYTES,
				   .link = l->number,
				   .bytes = { l->in, (size_t)len } },
		  NULL);
	l->unread += (size_t)len;
	if (l->unread >= TCP_UNREAD_MAX || !inbox_hears_peers(l->inbox)) {
		l->paused = true;
		(void)uv_read_stop(stream);
	}
}

static void set(int fd, int level, int name, int value)
{
	/* An option that a kernel lacks makes a link slower, not wrong. */
	(void)setsockopt(fd, level, name, &value, sizeof value);
}

static void tune(struct tcp_link *l)
{
	uv_os_fd_t fd;

	if (uv_fileno((uv_handle_t *)&l->handle, &fd) != 0) {
		return;
	}
	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, NOTSENT_BYTES);
	set(fd, SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES);
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_S);
	set(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTERVAL_S);
	set(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEP_COUNT);
	set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, UNACKED_MS);
}

static void read_on(struct tcp_link *l)
{
	if (uv_read_start((uv_stream_t *)&l->handle, on_room, on_read) != 0) {
		tcp_down(l);
	}
}

void tcp_stream_start(struct tcp_link *l)
{
	tune(l);
	read_on(l);
}

void tcp_stream_taken(struct tcp_link *l, size_t bytes)
{
	l->unread -= bytes < l->unread ? bytes : l->unread;
	if (l->paused && l->unread < TCP_UNREAD_MAX / 2 && inbox_hears_peers(l->inbox)) {
		l->paused = false;
		read_on(l);
	}
}

static void on_written(uv_write_t *request, int status)
{
	struct sending *s = (struct sending *)request->data;
	struct tcp_link *l = s->link;

	l->unsent -= s->len;
	free(s);
	if (l->closing) {
		return;
	}
	if (status != 0) {
		tcp_down(l);
	} else if (l->unsent == 0) {
		inbox_put(l->inbox,
			  &(struct event){ .kind = EVENT_LINK_DRAINED, .link = l->number }, NULL);
	}
}

void tcp_stream_send(struct tcp_link *l, struct bytes bytes)
{
	struct sending *s;
	uv_buf_t buf;

	if (bytes.len == 0) {
		return;
	}
	s = bytes.len > TCP_SEND_MAX - l->unsent ? NULL : malloc(sizeof *s + bytes.len);
	if (s == NULL) {
		log_write(LOG_LEVEL_WARN, "tcp", "link=%u err=\"too much is waiting to be sent\"",
			  l->number);
		tcp_down(l);
		return;
	}
	s->request.data = s;
	s->link = l;
	s->len = bytes.len;
	memcpy(s->data, bytes.data, bytes.len);
	buf = uv_buf_init((char *)s->data, (unsigned)bytes.len);
	l->unsent += bytes.len;
	if (uv_write(&s->request, (uv_stream_t *)&l->handle, &buf, 1, on_written) != 0) {
		l->unsent -= bytes.len;
		free(s);
		tcp_down(l);
	}
}
