#include "io/tcp.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "io/tcp_inside.h"

#define BACKLOG  32
#define SWEEP_MS 1000U

/* A name that is being looked up; the link may be given up before the answer comes. */
struct lookup {
	uv_getaddrinfo_t request;
	struct tcp_link *link; /* NULL: nobody waits any more */
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

void tcp_down(struct tcp_link *l)
{
	struct event event = { .kind = EVENT_LINK_DOWN, .link = l->number };

	if (l->closing) {
		return;
	}
	if (l->number == 0) {
		event.address = bytes_of(l->address);
	}
	if (!l->tcp->stopped && (l->number != 0 || l->dialled)) {
		inbox_put(l->inbox, &event, NULL);
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
	l->inbox = t->inbox;
	l->since_ms = uv_now(t->loop);
	if (uv_tcp_init(t->loop, &l->handle) != 0) {
		free(l);
		return NULL;
	}
	l->handle.data = l;
	*place = l;
	return l;
}

/* ---- by its number ---- */

void tcp_send(struct tcp *t, uint32_t link, struct bytes bytes)
{
	struct tcp_link *l = find(t, link);

	if (l != NULL) {
		tcp_stream_send(l, bytes);
	}
}

void tcp_taken(struct tcp *t, uint32_t link, size_t bytes)
{
	struct tcp_link *l = find(t, link);

	if (l != NULL) {
		tcp_stream_taken(l, bytes);
	}
}

void tcp_resume(struct tcp *t)
{
	for (size_t i = 0; i < TCP_LINKS_MAX; i++) {
		if (t->links[i] != NULL) {
			tcp_stream_taken(t->links[i], 0);
		}
	}
}

void tcp_close(struct tcp *t, uint32_t link)
{
	struct tcp_link *l = find(t, link);

	if (l != NULL) {
		tcp_down(l);
	}
}

/* ---- up ---- */

static void up(struct tcp_link *l)
{
	l->number = new_number(l->tcp);
	l->since_ms = uv_now(l->tcp->loop);
	inbox_put(l->inbox,
		  &(struct event){ .kind = EVENT_LINK_UP,
				   .link = l->number,
				   .dialled = l->dialled,
				   .address = bytes_of(l->dialled ? l->address : NULL) },
		  NULL);
	tcp_stream_start(l);
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

/* No place in the table or the inbox: take the call and hang up, so that the queue does not
 * fill. */
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
	l = inbox_hears_peers(t->inbox) ? new_link(t) : NULL;
	if (l == NULL) {
		refuse(t, server);
		return;
	}
	if (uv_accept(server, (uv_stream_t *)&l->handle) != 0 ||
	    uv_tcp_getpeername(&l->handle, (struct sockaddr *)&l->source, &len) != 0 ||
	    !is_welcome(t, l)) {
		tcp_down(l);
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
		tcp_down(l);
		return;
	}
	up(l);
}

static void connect_to(struct tcp_link *l, const struct sockaddr *socket)
{
	l->connect.data = l;
	if (uv_tcp_connect(&l->connect, &l->handle, socket, on_connect) != 0) {
		tcp_down(l);
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
			tcp_down(l);
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
		tcp_down(l);
	}
}

/* ---- the whole ---- */

static void on_sweep(uv_timer_t *timer)
{
	struct tcp *t = timer->data;

	for (size_t i = 0; i < TCP_LINKS_MAX; i++) {
		struct tcp_link *l = t->links[i];

		if (l != NULL && l->number == 0 && l->since_ms + TCP_DIAL_MS < uv_now(t->loop)) {
			tcp_down(l);
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
			tcp_down(t->links[i]);
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
