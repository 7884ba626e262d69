#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "io/address.h"
#include "io/discover.h"
#include "io/log.h"

#define REPORTS_MAX 64U /* of a source at once; what does not fit is reported again */
#define END_NS      2000000000ULL

struct report {
	char address[ADDRESS_TEXT_MAX];
	bool fixed;
};

/* The source and its loop belong to the thread from start to its end; reports and the two
 * flags below the lock to both sides. */
struct aside {
	struct discover base;
	uv_async_t reported; /* on the caller's loop */
	uv_async_t stop;     /* on the thread's */
	uv_loop_t loop;      /* the thread's */
	uv_thread_t thread;
	struct discover *source; /* owned */
	bool started;

	uv_mutex_t lock;
	uv_cond_t changed;
	bool stopping;
	bool ended;
	size_t count;
	struct report report[REPORTS_MAX];
};

/* ---- in the thread ---- */

static void on_source(void *context, struct bytes address, bool fixed)
{
	struct aside *a = context;
	struct report r = { .fixed = fixed };
	bool known = bytes_text(address, r.address, sizeof r.address) != ERR_OK;

	uv_mutex_lock(&a->lock);
	for (size_t i = 0; i < a->count && !known; i++) {
		known = strcmp(a->report[i].address, r.address) == 0;
	}
	if (!known && !a->stopping && a->count < REPORTS_MAX) {
		a->report[a->count++] = r;
		(void)uv_async_send(&a->reported);
	}
	uv_mutex_unlock(&a->lock);
}

static void on_stop(uv_async_t *async)
{
	struct aside *a = async->data;

	a->source->stop(a->source);
	uv_close((uv_handle_t *)async, NULL);
}

static void run(void *context)
{
	struct aside *a = context;
	sigset_t all;

	/* Signals are for the main loop. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, NULL);
	if (a->source->start(a->source) != ERR_OK) {
		log_write(LOG_LEVEL_WARN, "discover", "state=off what=start");
	}
	while (uv_run(&a->loop, UV_RUN_DEFAULT) != 0) {
		continue;
	}
	uv_mutex_lock(&a->lock);
	a->ended = true;
	uv_cond_signal(&a->changed);
	uv_mutex_unlock(&a->lock);
}

/* ---- on the caller's loop ---- */

static void on_reported(uv_async_t *async)
{
	struct aside *a = async->data;
	struct report report[REPORTS_MAX];
	size_t count;

	uv_mutex_lock(&a->lock);
	count = a->count;
	memcpy(report, a->report, count * sizeof report[0]);
	a->count = 0;
	uv_mutex_unlock(&a->lock);
	for (size_t i = 0; i < count; i++) {
		a->base.on_peer(a->base.context, bytes_of(report[i].address), report[i].fixed);
	}
}

static int start(struct discover *d)
{
	struct aside *a = (struct aside *)d;

	if (uv_thread_create(&a->thread, run, a) != 0) {
		return ERR_NOMEM;
	}
	a->started = true;
	return ERR_OK;
}

static void stop(struct discover *d)
{
	struct aside *a = (struct aside *)d;

	uv_mutex_lock(&a->lock);
	a->stopping = true;
	uv_mutex_unlock(&a->lock);
	uv_close((uv_handle_t *)&a->reported, NULL);
	(void)uv_async_send(&a->stop);
}

/* Has the thread come to its end within END_NS? */
static bool has_ended(struct aside *a)
{
	bool ended;

	if (!a->started) {
		while (uv_run(&a->loop, UV_RUN_DEFAULT) != 0) {
			continue;
		}
		return true;
	}
	uv_mutex_lock(&a->lock);
	while (!a->ended && uv_cond_timedwait(&a->changed, &a->lock, END_NS) == 0) {
		continue;
	}
	ended = a->ended;
	uv_mutex_unlock(&a->lock);
	return ended && uv_thread_join(&a->thread) == 0;
}

static void give_back(struct discover *d)
{
	struct aside *a = (struct aside *)d;

	if (!has_ended(a)) {
		/* It still waits for somebody else.  The process ends, and it with it. */
		log_write(LOG_LEVEL_WARN, "discover", "state=stuck");
		return;
	}
	a->source->free(a->source);
	(void)uv_loop_close(&a->loop);
	uv_cond_destroy(&a->changed);
	uv_mutex_destroy(&a->lock);
	free(a);
}

/* The thread's loop, and what is shared. */
static int open_inside(struct aside *a)
{
	if (uv_mutex_init(&a->lock) != 0) {
		return ERR_NOMEM;
	}
	if (uv_cond_init(&a->changed) != 0) {
		uv_mutex_destroy(&a->lock);
		return ERR_NOMEM;
	}
	if (uv_loop_init(&a->loop) != 0) {
		uv_cond_destroy(&a->changed);
		uv_mutex_destroy(&a->lock);
		return ERR_NOMEM;
	}
	return ERR_OK;
}

int discover_aside_new(uv_loop_t *loop, discover_make_fn *make, const void *settings,
		       discover_peer_fn *on_peer, void *context, struct discover **out)
{
	struct aside *a = calloc(1, sizeof *a);
	int rc = a == NULL ? ERR_NOMEM : open_inside(a);

	if (rc != ERR_OK) {
		free(a);
		return rc;
	}
	rc = make(&a->loop, settings, on_source, a, &a->source);
	if (rc == ERR_OK && uv_async_init(&a->loop, &a->stop, on_stop) != 0) {
		a->source->free(a->source);
		rc = ERR_NOMEM;
	}
	if (rc == ERR_OK && uv_async_init(loop, &a->reported, on_reported) != 0) {
		uv_close((uv_handle_t *)&a->stop, NULL);
		(void)uv_run(&a->loop, UV_RUN_DEFAULT);
		a->source->free(a->source);
		rc = ERR_NOMEM;
	}
	if (rc != ERR_OK) {
		(void)uv_loop_close(&a->loop);
		uv_cond_destroy(&a->changed);
		uv_mutex_destroy(&a->lock);
		free(a);
		return rc;
	}
	a->base = (struct discover){ .start = start,
				     .stop = stop,
				     .free = give_back,
				     .on_peer = on_peer,
				     .context = context };
	a->stop.data = a;
	a->reported.data = a;
	*out = &a->base;
	return ERR_OK;
}
