#include "io/signals.h"

#include <signal.h>
#include <stdlib.h>

#include "base/err.h"
#include "io/notify.h"

#define SIGNALS 3U

struct signals {
	struct signals_calls calls;
	uv_signal_t handle[SIGNALS];
	uv_timer_t pulse;
};

static void on_signal(uv_signal_t *handle, int number)
{
	const struct signals *s = handle->data;

	if (number == SIGHUP) {
		s->calls.on_reload(s->calls.context);
	} else {
		s->calls.on_stop(s->calls.context, number);
	}
}

static void on_pulse(uv_timer_t *timer)
{
	const struct signals *s = timer->data;

	s->calls.on_pulse(s->calls.context);
}

int signals_new(uv_loop_t *uv, const struct signals_calls *calls, struct signals **out)
{
	static const int numbers[SIGNALS] = { SIGTERM, SIGINT, SIGHUP };
	struct signals *s = calloc(1, sizeof *s);
	uint64_t ms = notify_watchdog_ms();

	if (s == NULL) {
		return ERR_NOMEM;
	}
	s->calls = *calls;
	for (size_t i = 0; i < SIGNALS; i++) {
		(void)uv_signal_init(uv, &s->handle[i]);
		s->handle[i].data = s;
		(void)uv_signal_start(&s->handle[i], on_signal, numbers[i]);
	}
	(void)uv_timer_init(uv, &s->pulse);
	s->pulse.data = s;
	if (ms > 0) {
		(void)uv_timer_start(&s->pulse, on_pulse, ms, ms);
	}
	*out = s;
	return ERR_OK;
}

void signals_stop(struct signals *s)
{
	if (s == NULL) {
		return;
	}
	for (size_t i = 0; i < SIGNALS; i++) {
		uv_close((uv_handle_t *)&s->handle[i], NULL);
	}
	uv_close((uv_handle_t *)&s->pulse, NULL);
}

void signals_free(struct signals *s)
{
	free(s);
}
