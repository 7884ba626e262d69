#include "io/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "io/log.h"

#define BACKLOG    32
#define READ_BYTES 16384U
#define SWEEP_MS   1000U

/* Little may wait in the kernel, or an alert would stand behind the pictures that were sent
 * before it: the rest waits in the sync session, which sends the urgent first. */
#define NOTSENT_BYTES 16384
#define BUFFER_BYTES  65536

/* A silent link is asked after 15 s and given up 15 s later; unanswered bytes likewise. */
#define KEEP_IDLE_S     15
#define KEEP_INTERVAL_S 5
#define KEEP_COUNT      3
#define UNACKED_MS      60000

struct tcp_link {
	uv_tcp_t handle;
	struct tcp *tcp;
	uint32_t number; /* 0: still dialling */
	bool dialled;
	bool paused;
	bool closing;
	size_t unread;
	size_t unsent;
	uint64_t since_ms; /* of the loop's clock */
	char address[ADDRESS_TEXT_MAX];
	struct sockaddr_storage source;
	uv_connect_t connect;
	uint8_t in[READ_BYTES];
};

/* A name that is being looked up; the link may be given up before the answer comes. */
struct lookup {
	uv_getaddrinfo_t request;
	struct tcp_link *link; /* NULL: nobody waits any more */
};

struct sending {
	uv_write_t request;
	struct tcp_link *link;
	size_t len;
	uint8_t data[];
};

struct tcp {
	uv_loop_t *loop;     /* borrowed */
	struct inbox *inbox; /* borrowed */
	uv_tcp_t server;
	uv_timer_t sweep;
	bool listening;
	bool stopped;
	struct tcp_link *links[TCP_LINKS_MAX];
	struct lookup *lookups[TCP_LINKS_MAX]; /* of the link in the same place */
	uint32_t next;
};

/* ---- the table ---- */

static struct tcp_link *find(const struct tcp *t, uint32_t number)
{
	for (size_t i = 0; number != 0 && i < TCP_LINKS_MAX; i++) {
		if (t->links[i] != NULL && t->links[i]->number == number) {
			return t->links[i];
		}
	}
	return NULL;
}

static uint32_t new_number(struct tcp *t)
{
	do {
		t->next++;
	} while (t->next == 0 || find(t, t->next) != NULL);
	return t->next;
}

size_t tcp_links(const struct tcp *t)
{
	size_t n = 0;

	for (size_t i = 0; i < TCP_LINKS_MAX; i++) {
		n += t->links[i] != NULL && t->links[i]->number != 0;
	}
	return n;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void drop(struct tcp_link *l)
{
	struct tcp *t = l->tcp;

	for (size_t i = 0; i < TCP_LINKS_MAX; i++) {
		if (t->links[i] == l) {
			t->links[i] = NULL;
			if (t->lookups[i] != NULL) {
				t->lookups[i]->link = NULL;
				t->lookups[i] = NULL;
			}
		}
	}
	l->closing = true;
	uv_close((uv_handle_t *)&l->handle, on_closed);
}

/* The one place where a link ends. */
static void down(struct tcp_link *l)
{
	struct event event = { .kind = EVENT_LINK_DOWN, .link = l->number };

	if (l->closing) {
		return;
	}
	if (l->number == 0) {
		event.address = bytes_of(l->address);
	}
	if (!l->tcp->stopped && (l->number != 0 || l->dialled)) {
		inbox_put(l->tcp->inbox, &event, NULL);
	}
	drop(l);
}

/* A place in the table and a handle in it; NULL when there is none. */
static struct tcp_link *new_link(struct tcp *t)
{
	struct tcp_link **place = NULL;
	struct tcp_link *l;

	for (size_t i = 0; i < TCP_LINKS_MAX && place == NULL; i++) {
		place = t->links[i] == NULL ? &t->links[i] : NULL;
	}
	l = place == NULL ? NULL : calloc(1, sizeof *l);
	if (l == NULL) {
		return NULL;
	}
	l->tcp = t;
	l->since_ms = uv_now(t->loop);
	if (uv_tcp_init(t->loop, &l->handle) != 0) {
		free(l);
		return NULL;
	}
	l->handle.data = l;
	*place = l;
	return l;
}

/* ---- bytes ---- */

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
		down(l);
		return;
	}
	if (len == 0) {
		return;
	}
	inbox_put(l->tcp->inbox,
		  &(struct event){ .kind = EVENT_LINK_BYTES,
				   .link = l->number,
				   .bytes = { l->in, (size_t)len } },
		  NULL);
	l->unread += (size_t)len;
	if (l->unread >= TCP_UNREAD_MAX) {
		l->paused = true;
		(void)uv_read_stop(stream);
	}
}

void tcp_taken(struct tcp *t, uint32_t link, size_t bytes)
{
	struct tcp_link *l = find(t, link);

	if (l == NULL) {
		return;
	}
	l->unread -= bytes < l->unread ? bytes : l->unread;
	if (l->paused && l->unread < TCP_UNREAD_MAX / 2) {
		l->paused = false;
		if (uv_read_start((uv_stream_t *)&l->handle, on_room, on_read) != 0) {
			down(l);
		}
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
		down(l);
	} else if (l->unsent == 0) {
		inbox_put(l->tcp->inbox,
			  &(struct event){ .kind = EVENT_LINK_DRAINED, .link = l->number }, NULL);
	}
}

void tcp_send(struct tcp *t, uint32_t link, struct bytes bytes)
{
	struct tcp_link *l = find(t, link);
	struct sending *s;
	uv_buf_t buf;

	if (l == NULL || bytes.len == 0) {
		return;
	}
	s = bytes.len > TCP_SEND_MAX - l->unsent ? NULL : malloc(sizeof *s + bytes.len);
	if (s == NULL) {
		log_write(LOG_LEVEL_WARN, "tcp", "link=%u err=\"too much is waiting to be sent\"",
			  link);
		down(l);
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
		down(l);
	}
}

void tcp_close(struct tcp *t, uint32_t link)
{
	struct tcp_link *l = find(t, link);

	if (l != NULL) {
		down(l);
	}
}

/* ---- up ---- */

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

static void up(struct tcp_link *l)
{
	tune(l);
	l->number = new_number(l->tcp);
	l->since_ms = uv_now(l->tcp->loop);
	inbox_put(l->tcp->inbox,
		  &(struct event){ .kind = EVENT_LINK_UP,
				   .link = l->number,
				   .dialled = l->dialled,
				   .address = bytes_of(l->dialled ? l->address : NULL) },
		  NULL);
	if (uv_read_start((uv_stream_t *)&l->handle, on_room, on_read) != 0) {
		down(l);
	}
}

/* ---- being called ---- */

/* Who connects and says nothing must not take the places of the others: a link that lives
 * longer than a greeting may take has greeted, since the node closes those that have not. */
static bool is_welcome(const struct tcp *t, const struct tcp_link *l)
{
	uint64_t now = uv_now(t->loop);
	size_t inbound = 0;
	size_t young = 0;

	for (size_t i = 0; i < TCP_LINKS_MAX; i++) {
		const struct tcp_link *other = t->links[i];

		if (other == NULL || other->dialled) {
			continue;
		}
		inbound++;
		young += other->since_ms + TCP_YOUNG_MS > now &&
			 address_same_host((const struct sockaddr *)&other->source,
					   (const struct sockaddr *)&l->source);
	}
	return inbound <= TCP_INBOUND_MAX && young <= TCP_YOUNG_MAX;
}

/* No place in the table: take the call and hang up, so that the queue does not fill. */
static void refuse(struct tcp *t, uv_stream_t *server)
{
	uv_tcp_t *handle = malloc(sizeof *handle);

	if (handle == NULL || uv_tcp_init(t->loop, handle) != 0) {
		free(handle);
		return;
	}
	handle->data = handle;
	(void)uv_accept(server, (uv_stream_t *)handle);
	uv_close((uv_handle_t *)handle, on_closed);
}

static void on_connection(uv_stream_t *server, int status)
{
	struct tcp *t = server->data;
	struct tcp_link *l;
	int len = sizeof l->source;

	if (status != 0) {
		return;
	}
	l = new_link(t);
	if (l == NULL) {
		refuse(t, server);
		return;
	}
	if (uv_accept(server, (uv_stream_t *)&l->handle) != 0 ||
	    uv_tcp_getpeername(&l->handle, (struct sockaddr *)&l->source, &len) != 0 ||
	    !is_welcome(t, l)) {
		down(l);
		return;
	}
	up(l);
}

static int from_uv(int rc)
{
	switch (rc) {
	case 0:
		return ERR_OK;
	case UV_EADDRINUSE:
		return ERR_EXISTS;
	case UV_EACCES:
	case UV_EPERM:
		return ERR_DENIED;
	case UV_ENOMEM:
		return ERR_NOMEM;
	default:
		return ERR_IO;
	}
}

int tcp_listen(struct tcp *t, const char *address, uint16_t *port)
{
	struct address_parts parts;
	struct sockaddr_storage own;
	int len = sizeof own;
	int rc = address_parse(bytes_of(address), &parts);

	if (rc != ERR_OK || !parts.numeric) {
		return rc != ERR_OK ? rc : ERR_MALFORMED;
	}
	rc = uv_tcp_init(t->loop, &t->server);
	if (rc != 0) {
		return from_uv(rc);
	}
	t->server.data = t;
	t->listening = true;
	/* "[::]" also takes IPv4, which is what its users expect. */
	rc = uv_tcp_bind(&t->server, (const struct sockaddr *)&parts.socket, 0);
	if (rc == 0) {
		rc = uv_listen((uv_stream_t *)&t->server, BACKLOG, on_connection);
	}
	if (rc == 0) {
		rc = uv_tcp_getsockname(&t->server, (struct sockaddr *)&own, &len);
	}
	if (rc == 0) {
		*port = ntohs(own.ss_family == AF_INET ? ((struct sockaddr_in *)&own)->sin_port
						       : ((struct sockaddr_in6 *)&own)->sin6_port);
	}
	return from_uv(rc);
}

/* ---- calling ---- */

static void on_connect(uv_connect_t *request, int status)
{
	struct tcp_link *l = request->data;

	if (l->closing) {
		return;
	}
	if (status != 0) {
		down(l);
		return;
	}
	up(l);
}

static void connect_to(struct tcp_link *l, const struct sockaddr *socket)
{
	l->connect.data = l;
	if (uv_tcp_connect(&l->connect, &l->handle, socket, on_connect) != 0) {
		down(l);
	}
}

static void on_looked_up(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
	struct lookup *k = request->data;
	struct tcp_link *l = k->link;

	if (l != NULL) {
		for (size_t i = 0; i < TCP_LINKS_MAX; i++) {
			l->tcp->lookups[i] = l->tcp->lookups[i] == k ? NULL : l->tcp->lookups[i];
		}
		if (status == 0 && found != NULL) {
			connect_to(l, found->ai_addr);
		} else {
			down(l);
		}
	}
	uv_freeaddrinfo(found);
	free(k);
}

static int look_up(struct tcp_link *l, const struct address_parts *parts)
{
	struct lookup *k = calloc(1, sizeof *k);
	struct tcp *t = l->tcp;
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	char port[8];
	int rc;

	if (k == NULL) {
		return UV_ENOMEM;
	}
	k->request.data = k;
	k->link = l;
	(void)snprintf(port, sizeof port, "%u", parts->port);
	rc = uv_getaddrinfo(t->loop, &k->request, on_looked_up, parts->host, port, &hints);
	if (rc != 0) {
		free(k);
		return rc;
	}
	for (size_t i = 0; i < TCP_LINKS_MAX; i++) {
		t->lookups[i] = t->links[i] == l ? k : t->lookups[i];
	}
	return 0;
}

void tcp_dial(struct tcp *t, struct bytes address)
{
	struct address_parts parts;
	struct tcp_link *l = NULL;

	if (address_parse(address, &parts) == ERR_OK) {
		l = new_link(t);
	}
	if (l == NULL) {
		inbox_put(t->inbox, &(struct event){ .kind = EVENT_LINK_DOWN, .address = address },
			  NULL);
		return;
	}
	l->dialled = true;
	(void)bytes_text(address, l->address, sizeof l->address);
	if (parts.numeric) {
		connect_to(l, (const struct sockaddr *)&parts.socket);
	} else if (look_up(l, &parts) != 0) {
		down(l);
	}
}

/* ---- the whole ---- */

static void on_sweep(uv_timer_t *timer)
{
	struct tcp *t = timer->data;

	for (size_t i = 0; i < TCP_LINKS_MAX; i++) {
		struct tcp_link *l = t->links[i];

		if (l != NULL && l->number == 0 && l->since_ms + TCP_DIAL_MS < uv_now(t->loop)) {
			down(l);
		}
	}
}

int tcp_new(uv_loop_t *loop, struct inbox *inbox, struct tcp **out)
{
	struct tcp *t = calloc(1, sizeof *t);

	if (t == NULL) {
		return ERR_NOMEM;
	}
	t->loop = loop;
	t->inbox = inbox;
	(void)uv_timer_init(loop, &t->sweep);
	t->sweep.data = t;
	(void)uv_timer_start(&t->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
	*out = t;
	return ERR_OK;
}

void tcp_stop(struct tcp *t)
{
	if (t == NULL || t->stopped) {
		return;
	}
	t->stopped = true;
	for (size_t i = 0; i < TCP_LINKS_MAX; i++) {
		if (t->links[i] != NULL) {
			down(t->links[i]);
		}
	}
	if (t->listening) {
		uv_close((uv_handle_t *)&t->server, NULL);
	}
	uv_close((uv_handle_t *)&t->sweep, NULL);
}

void tcp_free(struct tcp *t)
{
	free(t);
}
