/* What the system tells a service while it runs: stop, read the settings again; and the pulse
 * that the service manager wants to feel. */
#ifndef IO_SIGNALS_H
#define IO_SIGNALS_H

#include <uv.h>

/* All on the loop's thread, with the context. */
struct signals_calls {
	void (*on_stop)(void *context, int number); /* SIGTERM, SIGINT */
	void (*on_reload)(void *context);           /* SIGHUP */
	void (*on_pulse)(void *context);            /* as often as the manager asks, or never */
	void *context;
};

struct signals;

/* Listen from now on.  ERR_NOMEM. */
int signals_new(uv_loop_t *uv, const struct signals_calls *calls, struct signals **out);
/* Close the handles; the loop must run until they are closed, before signals_free().  NULL is
 * allowed in both. */
void signals_stop(struct signals *s);
void signals_free(struct signals *s);

#endif
