#include "io/workers.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "intake/worker.h"
#include "io/log.h"
#include "io/requests.h"

#define READ_BYTES 65536U
#define LINGER_MS  1000U /* for the end of a dead child's answers */

/* A child ends in this order: its process is gone and its answers are read to the end (or it
 * was killed), its handles are closed, another one is started. */
struct child {
	struct workers *workers;
	bool running;  /* the process is there */
	bool ended;    /* its answers are */
	bool failing;  /* it was killed */
	bool leaving;  /* it gave its last answer */
	bool tried;    /* it was asked something */
	bool closing;  /* its handles are */
	unsigned open; /* handles to be closed before the next one may start */
	uv_process_t process;
	uv_pipe_t to;
	uv_pipe_t from;
	uv_timer_t timer;      /* the request's limit, or the rest before a start */
	unsigned early_deaths; /* in a row, before being asked anything */
	struct request *asked; /* owned */
	struct buf in;         /* the answer so far */
	uint8_t piece[READ_BYTES];
};

struct workers {
	uv_loop_t *loop;     /* borrowed */
	struct inbox *inbox; /* borrowed */
	char *path;          /* owned */
	uint64_t time_ms;
	unsigned count;
	bool stopped;
	uint64_t failures;
	struct requests requests;
	struct child child[WORKERS_MAX];
};

static void give_work(struct workers *w);
static void start(struct child *c);
static void on_closed(uv_handle_t *handle);
static void on_late(uv_timer_t *timer);

/* ---- requests ---- */

/* The child has nothing to do with its request any more. */
static void settle(struct child *c)
{
	struct request *r = c->asked;

	c->asked = NULL;
	if (r != NULL && r->writing) {
		r->over = true;
	} else {
		requests_free(r);
	}
}

static void tell(struct workers *w, uint64_t job, int code, struct bytes body)
{
	if (!w->stopped) {
		inbox_put(w->inbox,
			  &(struct event){
			      .kind = EVENT_EXAMINED, .job = job, .code = code, .bytes = body },
			  NULL);
	}
}

void workers_examine(struct workers *w, struct effect *effect)
{
	if (requests_put(&w->requests, effect) != ERR_OK) {
		tell(w, effect->job, ERR_BUSY, (struct bytes){ NULL, 0 });
		return;
	}
	give_work(w);
}

/* ---- the end of a child ---- */

static void lose(struct child *c, int code)
{
	if (c->asked != NULL) {
		tell(c->workers, c->asked->job, code, (struct bytes){ NULL, 0 });
		settle(c);
	}
}

static void close_child(struct child *c)
{
	if (c->closing) {
		return;
	}
	c->closing = true;
	lose(c, ERR_WORKER);
	(void)uv_timer_stop(&c->timer);
	uv_close((uv_handle_t *)&c->process, on_closed);
	uv_close((uv_handle_t *)&c->to, on_closed);
	uv_close((uv_handle_t *)&c->from, on_closed);
}

static void kill_child(struct child *c, int code)
{
	if (c->failing) {
		return;
	}
	c->failing = true;
	lose(c, code);
	(void)uv_timer_stop(&c->timer);
	if (c->running) {
		(void)uv_process_kill(&c->process, SIGKILL);
	} else {
		close_child(c);
	}
}

static void on_rested(uv_timer_t *timer)
{
	start(timer->data);
}

/* Again at once after one that had work; later and later after some that died of nothing. */
static void on_closed(uv_handle_t *handle)
{
	struct child *c = handle->data;
	uint64_t rest = 0;

	if (--c->open > 0 || c->workers->stopped) {
		return;
	}
	if (!c->tried) {
		rest = (uint64_t)WORKERS_RESTART_MS << (c->early_deaths < 6 ? c->early_deaths : 6);
		rest = rest > WORKERS_RESTART_MAX ? WORKERS_RESTART_MAX : rest;
		c->early_deaths++;
	}
	(void)uv_timer_start(&c->timer, on_rested, rest, 0);
}

static void on_exit_of(uv_process_t *process, int64_t status, int signal)
{
	struct child *c = process->data;
	struct workers *w = c->workers;

	c->running = false;
	if (!c->leaving && !w->stopped) {
		w->failures++;
		log_write(LOG_LEVEL_WARN, "worker", "state=died status=%lld signal=%d",
			  (long long)status, signal);
	}
	if (c->ended || c->failing) {
		close_child(c);
	} else {
		/* Its last answer may still stand in the pipe. */
		(void)uv_timer_start(&c->timer, on_late, LINGER_MS, 0);
	}
}

static void on_late(uv_timer_t *timer)
{
	struct child *c = timer->data;

	log_write(LOG_LEVEL_WARN, "worker", "state=killed err=\"%s\"", err_text(ERR_TIMEOUT));
	kill_child(c, ERR_TIMEOUT);
}

/* ---- questions and answers ---- */

/* Is it an answer to what was asked?  What is in it is judged by the node. */
static int check(struct child *c, struct bytes body, bool *last)
{
	struct worker_answer a = { 0 };
	struct arena arena;
	int rc;

	arena_init(&arena, WORKER_ARENA_BYTES);
	rc = worker_read_answer(body, &arena, &a, NULL);
	if (rc == ERR_OK && a.id != c->asked->id) {
		rc = ERR_MALFORMED;
	}
	*last = a.last != 0;
	arena_done(&arena);
	return rc;
}

static void take_answer(struct child *c)
{
	struct bytes body;
	size_t need = 0;
	bool last = false;
	int rc = c->asked == NULL
		     ? ERR_STATE
		     : worker_frame(buf_bytes(&c->in), WORKER_ANSWER_MAX, &body, &need);

	if (rc == ERR_SHORT) {
		return;
	}
	if (rc == ERR_OK && c->asked->writing) {
		rc = ERR_MALFORMED; /* it answers before it has heard the question */
	}
	if (rc == ERR_OK && c->in.len != WORKER_LENGTH_BYTES + body.len) {
		rc = ERR_MALFORMED; /* it says more than it was asked */
	}
	if (rc == ERR_OK) {
		rc = check(c, body, &last);
	}
	if (rc != ERR_OK) {
		log_write(LOG_LEVEL_WARN, "worker", "state=killed err=\"%s\"", err_text(rc));
		kill_child(c, ERR_WORKER);
		return;
	}
	tell(c->workers, c->asked->job, ERR_OK, body);
	settle(c);
	explicit_bzero(c->in.data, c->in.len);
	buf_done(&c->in);
	buf_init(&c->in, WORKER_LENGTH_BYTES + WORKER_ANSWER_MAX + READ_BYTES);
	(void)uv_timer_stop(&c->timer);
	if (last) {
		c->leaving = true;
		(void)uv_timer_start(&c->timer, on_late, c->workers->time_ms, 0);
	}
	give_work(c->workers);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	struct child *c = handle->data;

	(void)suggested;
	*out = uv_buf_init((char *)c->piece, sizeof c->piece);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
	struct child *c = stream->data;

	(void)buf;
	if (c->failing || len == 0) {
		return;
	}
	if (len < 0) {
		(void)uv_read_stop(stream);
		c->ended = true;
		if (!c->running) {
			close_child(c);
		} else if (!c->leaving) {
			kill_child(c, ERR_WORKER);
		}
		return;
	}
	buf_put(&c->in, c->piece, (size_t)len);
	if (buf_error(&c->in) != ERR_OK) {
		kill_child(c, ERR_WORKER);
		return;
	}
	take_answer(c);
}

static void on_written(uv_write_t *request, int status)
{
	struct request *r = request->data;

	r->writing = false;
	if (r->over) {
		requests_free(r);
	} else if (status != 0) {
		kill_child(request->handle->data, ERR_WORKER);
	}
}

static void ask(struct child *c, struct request *r)
{
	uv_buf_t buf = uv_buf_init((char *)r->frame, (unsigned)r->frame_bytes);

	c->asked = r;
	c->tried = true;
	c->early_deaths = 0;
	r->write.data = r;
	(void)uv_timer_start(&c->timer, on_late, c->workers->time_ms, 0);
	r->writing = uv_write(&r->write, (uv_stream_t *)&c->to, &buf, 1, on_written) == 0;
	if (!r->writing) {
		kill_child(c, ERR_WORKER);
	}
}

static void give_work(struct workers *w)
{
	for (unsigned i = 0; i < w->count && w->requests.first != NULL; i++) {
		struct child *c = &w->child[i];

		if (c->running && !c->failing && !c->leaving && c->asked == NULL) {
			ask(c, requests_take(&w->requests));
		}
	}
}

/* ---- the beginning of a child ---- */

/* It cannot be started at all: whoever waits is told, and it is tried again later. */
static void start_failed(struct child *c, int rc)
{
	struct workers *w = c->workers;
	struct request *r;
	bool any = false;

	log_write(LOG_LEVEL_ERROR, "worker", "state=missing path=\"%s\" err=\"%s\"", w->path,
		  uv_strerror(rc));
	for (unsigned i = 0; i < w->count; i++) {
		any = any || w->child[i].running;
	}
	while (!any && (r = requests_take(&w->requests)) != NULL) {
		tell(w, r->job, ERR_WORKER, (struct bytes){ NULL, 0 });
		requests_free(r);
	}
	close_child(c);
}

static void start(struct child *c)
{
	struct workers *w = c->workers;
	char *arguments[] = { w->path, NULL };
	char *nothing[] = { NULL };
	uv_stdio_container_t stdio[] = {
		{ .flags = UV_CREATE_PIPE | UV_READABLE_PIPE,
		  .data.stream = (uv_stream_t *)&c->to },
		{ .flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
		  .data.stream = (uv_stream_t *)&c->from },
		{ .flags = UV_IGNORE }, /* its words are as foreign as its answers */
	};
	uv_process_options_t options = { .exit_cb = on_exit_of,
					 .file = w->path,
					 .args = arguments,
					 .env = nothing,
					 .cwd = "/",
					 .stdio = stdio,
					 .stdio_count = 3 };
	int rc;

	c->failing = false;
	c->leaving = false;
	c->ended = false;
	c->tried = false;
	c->closing = false;
	c->open = 3;
	buf_done(&c->in);
	buf_init(&c->in, WORKER_LENGTH_BYTES + WORKER_ANSWER_MAX + READ_BYTES);
	(void)uv_pipe_init(w->loop, &c->to, 0);
	(void)uv_pipe_init(w->loop, &c->from, 0);
	c->to.data = c;
	c->from.data = c;
	rc = uv_spawn(w->loop, &c->process, &options);
	c->process.data = c;
	if (rc != 0) {
		start_failed(c, rc);
		return;
	}
	c->running = true;
	rc = uv_read_start((uv_stream_t *)&c->from, on_room, on_read);
	if (rc != 0) {
		kill_child(c, ERR_WORKER);
	}
	give_work(w);
}

int workers_new(uv_loop_t *loop, struct inbox *inbox, const struct workers_config *config,
		struct workers **out)
{
	struct workers *w = calloc(1, sizeof *w);

	if (w == NULL) {
		return ERR_NOMEM;
	}
	w->path = strdup(config->path);
	if (w->path == NULL) {
		free(w);
		return ERR_NOMEM;
	}
	w->loop = loop;
	w->inbox = inbox;
	w->time_ms = config->time_ms == 0 ? WORKERS_TIME_MS : config->time_ms;
	w->count = config->count > WORKERS_MAX ? WORKERS_MAX : config->count;
	w->count = w->count == 0 ? 1 : w->count;
	for (unsigned i = 0; i < w->count; i++) {
		w->child[i].workers = w;
		w->child[i].timer.data = &w->child[i];
		(void)uv_timer_init(loop, &w->child[i].timer);
		start(&w->child[i]);
	}
	*out = w;
	return ERR_OK;
}

uint64_t workers_failures(const struct workers *w)
{
	return w->failures;
}

void workers_stop(struct workers *w)
{
	if (w == NULL || w->stopped) {
		return;
	}
	w->stopped = true;
	for (unsigned i = 0; i < w->count; i++) {
		struct child *c = &w->child[i];

		if (c->open > 0) {
			kill_child(c, ERR_WORKER);
		}
		uv_close((uv_handle_t *)&c->timer, NULL);
	}
}

void workers_free(struct workers *w)
{
	if (w == NULL) {
		return;
	}
	requests_done(&w->requests);
	for (unsigned i = 0; i < w->count; i++) {
		requests_free(w->child[i].asked);
		buf_done(&w->child[i].in);
	}
	free(w->path);
	free(w);
}
