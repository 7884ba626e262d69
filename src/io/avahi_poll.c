#include "io/avahi_poll.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/err.h"

/* Avahi gives the structs their names; what is in them is ours. */
struct AvahiWatch {
	uv_poll_t handle;
	/* A descriptor of our own: D-Bus makes two watches for one, which libuv refuses. */
	int fd;
	int named; /* the one that the callback knows */
	AvahiWatchEvent wanted;
	AvahiWatchEvent happened; /* during the callback */
	AvahiWatchCallback callback;
	void *userdata;
};

struct AvahiTimeout {
	uv_timer_t handle;
	AvahiTimeoutCallback callback;
	void *userdata;
};

struct avahi_poll {
	AvahiPoll api;
	uv_loop_t *loop;
};

/* ---- watches ---- */

/* What has happened is asked once more: libuv tells less than poll(2). */
static void on_event(uv_poll_t *handle, int status, int events)
{
	AvahiWatch *w = handle->data;
	struct pollfd p = { .fd = w->fd, .events = (short)w->wanted };

	(void)events;
	if (poll(&p, 1, 0) <= 0 && status == 0) {
		return; /* somebody else has taken it */
	}
	w->happened = (AvahiWatchEvent)(p.revents & (POLLIN | POLLOUT | POLLERR | POLLHUP));
	if (status != 0) {
		w->happened = (AvahiWatchEvent)(w->happened | AVAHI_WATCH_ERR);
	}
	w->callback(w, w->named, w->happened, w->userdata);
	/* After watch_free() in the callback the memory is there until on_watch_closed(). */
	w->happened = (AvahiWatchEvent)0;
}

static void watch_update(AvahiWatch *w, AvahiWatchEvent wanted)
{
	int events = UV_DISCONNECT;

	w->wanted = wanted;
	if (wanted == 0) {
		(void)uv_poll_stop(&w->handle);
		return;
	}
	events |= (wanted & AVAHI_WATCH_IN) != 0 ? UV_READABLE : 0;
	events |= (wanted & AVAHI_WATCH_OUT) != 0 ? UV_WRITABLE : 0;
	(void)uv_poll_start(&w->handle, events, on_event);
}

static AvahiWatch *watch_new(const AvahiPoll *api, int fd, AvahiWatchEvent wanted,
			     AvahiWatchCallback callback, void *userdata)
{
	const struct avahi_poll *p = api->userdata;
	AvahiWatch *w = calloc(1, sizeof *w);

	if (w == NULL) {
		return NULL;
	}
	w->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (w->fd < 0 || uv_poll_init(p->loop, &w->handle, w->fd) != 0) {
		if (w->fd >= 0) {
			(void)close(w->fd);
		}
		free(w);
		return NULL;
	}
	w->named = fd;
	w->handle.data = w;
	w->callback = callback;
	w->userdata = userdata;
	watch_update(w, wanted);
	return w;
}

static AvahiWatchEvent watch_get_events(AvahiWatch *w)
{
	return w->happened;
}

static void on_watch_closed(uv_handle_t *handle)
{
	AvahiWatch *w = handle->data;

	(void)close(w->fd);
	free(w);
}

static void watch_free(AvahiWatch *w)
{
	uv_close((uv_handle_t *)&w->handle, on_watch_closed);
}

/* ---- timeouts ---- */

static void on_time(uv_timer_t *handle)
{
	AvahiTimeout *t = handle->data;

	t->callback(t, t->userdata);
}

/* The moment is on the wall clock; one that has passed comes at once. */
static void timeout_update(AvahiTimeout *t, const struct timeval *at)
{
	struct timeval now;
	int64_t us;

	if (at == NULL) {
		(void)uv_timer_stop(&t->handle);
		return;
	}
	(void)gettimeofday(&now, NULL);
	us = ((int64_t)at->tv_sec - now.tv_sec) * 1000000 + (at->tv_usec - now.tv_usec);
	uv_update_time(t->handle.loop);
	(void)uv_timer_start(&t->handle, on_time, us <= 0 ? 0 : (uint64_t)(us + 999) / 1000U, 0);
}

static AvahiTimeout *timeout_new(const AvahiPoll *api, const struct timeval *at,
				 AvahiTimeoutCallback callback, void *userdata)
{
	const struct avahi_poll *p = api->userdata;
	AvahiTimeout *t = calloc(1, sizeof *t);

	if (t == NULL) {
		return NULL;
	}
	(void)uv_timer_init(p->loop, &t->handle);
	t->handle.data = t;
	t->callback = callback;
	t->userdata = userdata;
	timeout_update(t, at);
	return t;
}

static void on_timeout_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void timeout_free(AvahiTimeout *t)
{
	uv_close((uv_handle_t *)&t->handle, on_timeout_closed);
}

/* ---- the whole ---- */

int avahi_poll_new(uv_loop_t *loop, struct avahi_poll **out)
{
	struct avahi_poll *p = calloc(1, sizeof *p);

	if (p == NULL) {
		return ERR_NOMEM;
	}
	p->loop = loop;
	p->api = (AvahiPoll){ .userdata = p,
			      .watch_new = watch_new,
			      .watch_update = watch_update,
			      .watch_get_events = watch_get_events,
			      .watch_free = watch_free,
			      .timeout_new = timeout_new,
			      .timeout_update = timeout_update,
			      .timeout_free = timeout_free };
	*out = p;
	return ERR_OK;
}

const AvahiPoll *avahi_poll_api(const struct avahi_poll *p)
{
	return &p->api;
}

void avahi_poll_free(struct avahi_poll *p)
{
	free(p);
}
