#include "io/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/wire.h"
#include "io/log.h"
#include "node/ask.h"

#define LENGTH_BYTES 4U
#define ANSWER_ROOM  65536U /* for what stands around an answer's body */
#define BACKLOG      8
#define READ_BYTES   65536U
#define GROUPS_MAX   256

const struct control_patience control_patience = {
	.ask_ms = 30000,
	.answer_ms = 30000,
	.idle_ms = 600000,
};

struct client {
	uv_pipe_t handle;
	uv_timer_t timer;
	struct control *control;
	unsigned open; /* handles not closed yet */
	bool closing;
	bool last;      /* hang up when the answer is out */
	uint64_t ask;   /* the question under way; 0: none */
	struct buf in;  /* a frame so far */
	struct buf out; /* an answer under way */
	uv_write_t write;
	uint8_t piece[READ_BYTES];
};

struct control {
	uv_loop_t *loop;     /* borrowed */
	struct inbox *inbox; /* borrowed */
	struct control_patience patience;
	gid_t group;
	uv_pipe_t server;
	bool stopped;
	char path[sizeof((struct sockaddr_un *)NULL)->sun_path];
	struct client *clients[CONTROL_CLIENTS_MAX];
	uint64_t next;
};

/* ---- clients come and go ---- */

static void on_closed(uv_handle_t *handle)
{
	struct client *c = handle->data;

	if (--c->open > 0) {
		return;
	}
	if (c->in.data != NULL) {
		explicit_bzero(c->in.data, c->in.room);
	}
	if (c->out.data != NULL) {
		explicit_bzero(c->out.data, c->out.room);
	}
	explicit_bzero(c->piece, sizeof c->piece);
	buf_done(&c->in);
	buf_done(&c->out);
	free(c);
}

static void drop(struct client *c)
{
	if (c->closing) {
		return;
	}
	c->closing = true;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		if (c->control->clients[i] == c) {
			c->control->clients[i] = NULL;
		}
	}
	uv_close((uv_handle_t *)&c->handle, on_closed);
	uv_close((uv_handle_t *)&c->timer, on_closed);
}

static void on_late(uv_timer_t *timer)
{
	struct client *c = timer->data;

	log_write(LOG_LEVEL_INFO, "control", "state=dropped err=\"%s\"", err_text(ERR_TIMEOUT));
	drop(c);
}

static void patience(struct client *c, uint64_t ms)
{
	(void)uv_timer_start(&c->timer, on_late, ms, 0);
}

/* ---- answers ---- */

static void take_frame(struct client *c);
static void listen_to(struct client *c);

static void on_written(uv_write_t *request, int status)
{
	struct client *c = request->data;

	if (c->closing) {
		return;
	}
	if (status != 0 || c->last) {
		drop(c);
		return;
	}
	explicit_bzero(c->out.data, c->out.len);
	buf_clear(&c->out);
	c->ask = 0;
	patience(c, c->control->patience.idle_ms);
	take_frame(c); /* the next question may be here already */
	listen_to(c);
}

static void answer(struct client *c, struct bytes body)
{
	uv_buf_t buf;

	buf_clear(&c->out);
	buf_u32(&c->out, (uint32_t)body.len);
	buf_put(&c->out, body.data, body.len);
	if (buf_error(&c->out) != ERR_OK) {
		drop(c);
		return;
	}
	patience(c, c->control->patience.answer_ms);
	buf = uv_buf_init((char *)c->out.data, (unsigned)c->out.len);
	c->write.data = c;
	if (uv_write(&c->write, (uv_stream_t *)&c->handle, &buf, 1, on_written) != 0) {
		drop(c);
	}
}

static void refuse(struct client *c, int code)
{
	struct answer a = { .code = (uint64_t)-code,
			    .text = bytes_of(err_text(code)),
			    .place =
				bytes_of(code == ERR_LIMIT || code == ERR_SHORT ? "frame" : "") };
	struct buf out;

	buf_init(&out, 0);
	if (schema_encode(&answer_schema, &a, &out) == ERR_OK) {
		answer(c, buf_bytes(&out));
	} else {
		drop(c);
	}
	buf_done(&out);
}

static struct client *asker(struct control *k, uint64_t ask)
{
	for (size_t i = 0; k != NULL && ask != 0 && i < CONTROL_CLIENTS_MAX; i++) {
		if (k->clients[i] != NULL && k->clients[i]->ask == ask) {
			return k->clients[i];
		}
	}
	return NULL;
}

void control_reply(struct control *k, uint64_t ask, struct bytes body)
{
	struct client *c = asker(k, ask);

	if (c != NULL && c->out.len == 0) {
		answer(c, body);
	}
}

void control_refuse(struct control *k, uint64_t ask, int code)
{
	struct client *c = asker(k, ask);

	if (c != NULL && c->out.len == 0) {
		refuse(c, code);
	}
}

/* ---- questions ---- */

/* The frame's length once its head is here; 0: not yet, or nothing to read now. */
static size_t frame_bytes(const struct client *c)
{
	struct wire w;

	wire_init(&w, c->in.data, c->in.len);
	return c->in.len < LENGTH_BYTES ? 0 : LENGTH_BYTES + (size_t)wire_u32(&w);
}

/* A frame that is whole leaves the buffer. */
static void drop_frame(struct client *c, size_t whole)
{
	explicit_bzero(c->in.data, whole);
	buf_drop(&c->in, whole);
	if (c->in.len == 0) {
		buf_done(&c->in); /* forty megabytes are not kept for the next one */
		buf_init(&c->in, LENGTH_BYTES + ASK_BYTES_MAX + READ_BYTES);
	}
	c->ask = ++c->control->next;
	(void)uv_timer_stop(&c->timer);
	(void)uv_read_stop((uv_stream_t *)&c->handle);
}

/* Give a whole frame to the node, or refuse one that will never be whole. */
static void take_frame(struct client *c)
{
	size_t whole = frame_bytes(c);
	uint8_t *rest;

	if (c->ask != 0 || whole == 0) {
		return;
	}
	if (whole > LENGTH_BYTES + ASK_BYTES_MAX || whole == LENGTH_BYTES) {
		c->ask = ++c->control->next;
		c->last = true;
		(void)uv_read_stop((uv_stream_t *)&c->handle);
		refuse(c, whole == LENGTH_BYTES ? ERR_SHORT : ERR_LIMIT);
		return;
	}
	if (c->in.len < whole) {
		return;
	}
	if (!inbox_hears_people(c->control->inbox, whole)) {
		drop_frame(c, whole);
		refuse(c, ERR_BUSY);
		return;
	}
	rest = malloc(whole);
	if (rest == NULL) {
		drop(c);
		return;
	}
	memcpy(rest, c->in.data, whole);
	drop_frame(c, whole);
	inbox_put(c->control->inbox,
		  &(struct event){ .kind = EVENT_ASK,
				   .ask = c->ask,
				   .bytes = { rest + LENGTH_BYTES, whole - LENGTH_BYTES } },
		  rest);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	struct client *c = handle->data;

	(void)suggested;
	*out = uv_buf_init((char *)c->piece, sizeof c->piece);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
	struct client *c = stream->data;
	bool begins = c->in.len == 0;

	(void)buf;
	if (len < 0) {
		drop(c);
		return;
	}
	if (len == 0) {
		return;
	}
	buf_put(&c->in, c->piece, (size_t)len);
	if (buf_error(&c->in) != ERR_OK) {
		drop(c);
		return;
	}
	if (begins) {
		patience(c, c->control->patience.ask_ms);
	}
	take_frame(c);
}

static void listen_to(struct client *c)
{
	if (c->ask == 0 && !c->closing &&
	    uv_read_start((uv_stream_t *)&c->handle, on_room, on_read) != 0) {
		drop(c);
	}
}

/* ---- who may ask ---- */

static bool is_member(int fd, gid_t first, gid_t group)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof groups;

	if (first == group) {
		return true;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) != 0) {
		return false;
	}
	for (size_t i = 0; i < len / sizeof groups[0]; i++) {
		if (groups[i] == group) {
			return true;
		}
	}
	return false;
}

static bool may_ask(const struct client *c)
{
	struct ucred peer;
	socklen_t len = sizeof peer;
	uv_os_fd_t fd;

	if (uv_fileno((const uv_handle_t *)&c->handle, &fd) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0) {
		return false;
	}
	return peer.uid == geteuid() || peer.uid == 0 ||
	       (c->control->group != CONTROL_NO_GROUP &&
		is_member(fd, peer.gid, c->control->group));
}

static struct client *new_client(struct control *k)
{
	struct client *c = calloc(1, sizeof *c);

	if (c == NULL) {
		return NULL;
	}
	c->control = k;
	buf_init(&c->in, LENGTH_BYTES + ASK_BYTES_MAX + READ_BYTES);
	buf_init(&c->out, LENGTH_BYTES + ANSWER_BYTES_MAX + ANSWER_ROOM);
	(void)uv_pipe_init(k->loop, &c->handle, 0);
	(void)uv_timer_init(k->loop, &c->timer);
	c->handle.data = c;
	c->timer.data = c;
	c->open = 2;
	return c;
}

static void on_connection(uv_stream_t *server, int status)
{
	struct control *k = server->data;
	struct client **place = NULL;
	struct client *c;

	for (size_t i = 0; i < CONTROL_CLIENTS_MAX && place == NULL; i++) {
		place = k->clients[i] == NULL ? &k->clients[i] : NULL;
	}
	c = status == 0 ? new_client(k) : NULL;
	if (c == NULL) {
		return;
	}
	if (uv_accept(server, (uv_stream_t *)&c->handle) != 0) {
		drop(c);
		return;
	}
	if (place == NULL || !may_ask(c)) {
		int code = place == NULL ? ERR_BUSY : ERR_DENIED;

		log_write(LOG_LEVEL_WARN, "control", "state=refused err=\"%s\"", err_text(code));
		c->last = true;
		refuse(c, code); /* before it is listened to */
		return;
	}
	*place = c;
	patience(c, k->patience.idle_ms);
	listen_to(c);
}

/* ---- the whole ---- */

static int bind_at(struct control *k)
{
	struct stat st;
	mode_t mode = k->group == CONTROL_NO_GROUP ? 0600 : 0660;

	/* What a process that died has left; whoever is alive holds the store, not this. */
	if (lstat(k->path, &st) == 0 && (!S_ISSOCK(st.st_mode) || unlink(k->path) != 0)) {
		return ERR_EXISTS;
	}
	if (uv_pipe_bind(&k->server, k->path) != 0 || chmod(k->path, mode) != 0 ||
	    (k->group != CONTROL_NO_GROUP && chown(k->path, (uid_t)-1, k->group) != 0)) {
		return ERR_IO;
	}
	/* Nobody can connect before this, whatever the mode was. */
	return uv_listen((uv_stream_t *)&k->server, BACKLOG, on_connection) == 0 ? ERR_OK : ERR_IO;
}

int control_new(uv_loop_t *loop, struct inbox *inbox, const char *path, gid_t group,
		const struct control_patience *patience_of, struct control **out)
{
	struct control *k = calloc(1, sizeof *k);
	int rc;

	if (k == NULL) {
		return ERR_NOMEM;
	}
	k->loop = loop;
	k->inbox = inbox;
	k->group = group;
	k->patience = *patience_of;
	rc = bytes_text(bytes_of(path), k->path, sizeof k->path);
	if (rc != ERR_OK) {
		free(k);
		return rc;
	}
	(void)uv_pipe_init(loop, &k->server, 0);
	k->server.data = k;
	/* From here on the handle is the loop's: the caller gets the object in any case. */
	*out = k;
	return bind_at(k);
}

void control_stop(struct control *k)
{
	if (k == NULL || k->stopped) {
		return;
	}
	k->stopped = true;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		if (k->clients[i] != NULL) {
			drop(k->clients[i]);
		}
	}
	uv_close((uv_handle_t *)&k->server, NULL);
}

void control_free(struct control *k)
{
	free(k);
}
