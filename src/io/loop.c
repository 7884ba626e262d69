#include "io/loop.h"

#include <signal.h>
#include <stdlib.h>

#include <uv.h>

#include "io/control.h"
#include "io/discover.h"
#include "io/inbox.h"
#include "io/log.h"
#include "io/notify.h"
#include "io/signals.h"
#include "io/tcp.h"
#include "io/wall.h"
#include "io/work.h"
#include "io/workers.h"

#define SOURCES_MAX 2U

/* The wall clock may jump, the loop's does not: a far wake-up is looked at again this often. */
#define WAKE_SLICE_MS 60000U

struct loop {
	struct loop_config config;
	uv_loop_t uv;
	bool uv_open;
	uv_check_t check; /* after each poll: the node's turn */
	uv_idle_t idle;   /* runs while the inbox is not empty, so that nobody waits */
	uv_timer_t wake;
	bool handles_open;
	uint64_t wake_at_ms; /* wall time; 0: none */
	uint64_t wake_by_ms; /* the same on the loop's clock, as it was then */
	struct inbox inbox;
	struct effects effects;
	struct tcp *tcp;
	struct control *control;
	struct work *work;
	struct workers *workers;
	struct signals *signals;
	struct discover *source[SOURCES_MAX];
	size_t sources;
	uint16_t port;
	bool stopping;
	bool closed;
	int code; /* what has ended it */
};

/* ---- effects ---- */

static void on_wake(uv_timer_t *timer);

static void set_timer(struct loop *l)
{
	uint64_t now = wall_ms();
	uint64_t ms = l->wake_at_ms > now ? l->wake_at_ms - now : 0;

	uv_update_time(&l->uv);
	ms = ms > WAKE_SLICE_MS ? WAKE_SLICE_MS : ms;
	(void)uv_timer_start(&l->wake, on_wake, ms, 0);
}

/* The time has come by either clock: if the wall clock was set back, the node shall look at
 * its plans again rather than sleep for the difference. */
static void on_wake(uv_timer_t *timer)
{
	struct loop *l = timer->data;

	if (wall_ms() < l->wake_at_ms && uv_now(&l->uv) < l->wake_by_ms) {
		set_timer(l);
		return;
	}
	l->wake_at_ms = 0;
	inbox_put(&l->inbox, &(struct event){ .kind = EVENT_WAKE }, NULL);
}

static void wake_at(struct loop *l, uint64_t at_ms)
{
	uint64_t now = wall_ms();

	if (l->wake_at_ms != 0 && l->wake_at_ms <= at_ms) {
		return;
	}
	l->wake_at_ms = at_ms;
	set_timer(l);
	l->wake_by_ms = uv_now(&l->uv) + (at_ms > now ? at_ms - now : 0);
}

static void examine(struct loop *l, struct effect *e)
{
	if (l->workers != NULL) {
		workers_examine(l->workers, e);
	} else {
		inbox_put(
		    &l->inbox,
		    &(struct event){ .kind = EVENT_EXAMINED, .job = e->job, .code = ERR_WORKER },
		    NULL);
	}
}

static void carry_out(struct loop *l)
{
	for (size_t i = 0; i < l->effects.count; i++) {
		struct effect *e = &l->effects.list[i];

		switch (e->kind) {
		case EFFECT_SEND:
			tcp_send(l->tcp, e->link, e->bytes);
			break;
		case EFFECT_CLOSE:
			tcp_close(l->tcp, e->link);
			break;
		case EFFECT_DIAL:
			tcp_dial(l->tcp, e->bytes);
			break;
		case EFFECT_WAKE_AT:
			wake_at(l, e->at_ms);
			break;
		case EFFECT_EXAMINE:
			examine(l, e);
			break;
		case EFFECT_SEARCH:
			work_search(l->work, e);
			break;
		case EFFECT_REPLY:
			control_reply(l->control, e->ask, e->bytes);
			break;
		case EFFECT_TELL:
			log_line(e->bytes);
			break;
		}
	}
}

/* ---- steps ---- */

static bool is_fatal(int rc)
{
	return rc == ERR_STORE || rc == ERR_CORRUPT;
}

static int step(struct loop *l, struct inbox_item *item, uint64_t now_ms)
{
	struct event *event = &item->event;
	int rc;

	event->now_ms = now_ms;
	rc = node_step(l->config.node, event, &l->effects);
	if (event->kind == EVENT_LINK_BYTES) {
		tcp_taken(l->tcp, event->link, event->bytes.len);
	}
	if (rc != ERR_OK) {
		log_write(is_fatal(rc) ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "step",
			  "event=%s err=\"%s\"", node_event_name(event->kind), err_text(rc));
	}
	if (rc != ERR_OK && event->kind == EVENT_ASK) {
		control_refuse(l->control, event->ask, rc);
	}
	return is_fatal(rc) || event->kind == EVENT_START ? rc : ERR_OK;
}

/* What was taken becomes durable, and then what it asked for is done; or neither. */
static int settle(struct loop *l, int rc)
{
	if (rc == ERR_OK) {
		rc = node_commit(l->config.node);
	}
	if (rc == ERR_OK) {
		carry_out(l);
	} else {
		log_write(LOG_LEVEL_ERROR, "loop", "state=ending err=\"%s\"", err_text(rc));
	}
	effects_clear(&l->effects);
	return rc;
}

/* Some events, one transaction. */
static int batch(struct loop *l)
{
	uint64_t now = wall_ms();
	struct inbox_item *item;
	int rc = node_begin(l->config.node);

	for (size_t i = 0; rc == ERR_OK && i < LOOP_STEPS_MAX; i++) {
		item = inbox_take(&l->inbox);
		if (item == NULL) {
			break;
		}
		rc = step(l, item, now);
		inbox_item_free(item);
	}
	return settle(l, rc);
}

static void end(struct loop *l, int code)
{
	if (!l->stopping) {
		l->stopping = true;
		l->code = code;
		uv_stop(&l->uv);
	}
}

int loop_tell(struct loop *l, const struct event *event)
{
	struct event now = *event;
	int refused;
	int rc = node_begin(l->config.node);

	if (rc != ERR_OK) {
		end(l, rc);
		return rc;
	}
	now.now_ms = wall_ms();
	refused = node_step(l->config.node, &now, &l->effects);
	rc = settle(l, is_fatal(refused) ? refused : ERR_OK);
	if (rc != ERR_OK) {
		end(l, rc);
	}
	return rc != ERR_OK ? rc : refused;
}

static void on_check(uv_check_t *check)
{
	struct loop *l = check->data;
	int rc = ERR_OK;

	if (l->inbox.first != NULL && l->code == ERR_OK) {
		rc = batch(l);
	}
	if (rc == ERR_OK && l->inbox.failed) {
		rc = ERR_NOMEM;
	}
	if (rc != ERR_OK) {
		end(l, rc);
	} else if (l->inbox.first == NULL) {
		(void)uv_idle_stop(&l->idle);
	}
	if (rc == ERR_OK && inbox_hears_peers(&l->inbox)) {
		tcp_resume(l->tcp);
	}
}

static void on_idle(uv_idle_t *idle)
{
	(void)idle;
}

static void on_filled(void *context)
{
	struct loop *l = context;

	(void)uv_idle_start(&l->idle, on_idle);
}

static void on_peer(void *context, struct bytes address, bool fixed)
{
	struct loop *l = context;

	/* Whoever is found may flicker at will; a peer of the settings is named once. */
	if (!fixed && !inbox_hears_peers(&l->inbox)) {
		return;
	}
	inbox_put(&l->inbox,
		  &(struct event){ .kind = EVENT_PEER_SEEN, .address = address, .fixed = fixed },
		  NULL);
}

/* ---- signals and the service manager ---- */

static void on_stop(void *context, int number)
{
	log_write(LOG_LEVEL_INFO, "loop", "state=stopping signal=%d", number);
	loop_stop(context);
}

static void on_reload(void *context)
{
	const struct loop *l = context;

	if (l->config.on_reload != NULL) {
		l->config.on_reload(l->config.context);
	}
}

static void on_pulse(void *context)
{
	const struct loop *l = context;

	(void)notify_send("WATCHDOG=1");
	(void)notify_status("port %u, %zu links", l->port, tcp_links(l->tcp));
}

/* ---- opening ---- */

static int open_handles(struct loop *l)
{
	if (uv_loop_init(&l->uv) != 0) {
		return ERR_IO;
	}
	l->uv_open = true;
	/* Who hangs up while we write is found out by the write. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)uv_check_init(&l->uv, &l->check);
	(void)uv_idle_init(&l->uv, &l->idle);
	(void)uv_timer_init(&l->uv, &l->wake);
	l->check.data = l;
	l->idle.data = l;
	l->wake.data = l;
	(void)uv_check_start(&l->check, on_check);
	l->handles_open = true;
	return ERR_OK;
}

static int open_parts(struct loop *l, struct fault *fault)
{
	const struct loop_config *c = &l->config;
	int rc = tcp_new(&l->uv, &l->inbox, &l->tcp);

	if (rc == ERR_OK) {
		rc = work_new(&l->uv, &l->inbox, 0, &l->work);
	}
	if (rc == ERR_OK && c->listen != NULL) {
		rc = tcp_listen(l->tcp, c->listen, &l->port);
		if (rc != ERR_OK) {
			return err_at(fault, rc, 0, "listen");
		}
	}
	if (rc == ERR_OK && c->control != NULL) {
		rc = control_new(&l->uv, &l->inbox, c->control, c->control_group, &control_patience,
				 &l->control);
		if (rc != ERR_OK) {
			return err_at(fault, rc, 0, "control");
		}
	}
	if (rc == ERR_OK && c->worker != NULL) {
		const struct workers_config w = { .path = c->worker, .count = c->workers };

		rc = workers_new(&l->uv, &l->inbox, &w, &l->workers);
	}
	return rc == ERR_OK ? rc : err_at(fault, rc, 0, "loop");
}

static int open_sources(struct loop *l)
{
	const struct loop_config *c = &l->config;
	int rc = ERR_OK;

	if (c->peer_count > 0) {
		rc = static_peers_new(c->peers, c->peer_count, on_peer, l, &l->source[l->sources]);
		l->sources += rc == ERR_OK;
	}
	if (rc == ERR_OK && c->discovery && l->port != 0) {
		rc = discover_aside_new(&l->uv, avahi_discover_new, &l->port, on_peer, l,
					&l->source[l->sources]);
		l->sources += rc == ERR_OK;
	}
	for (size_t i = 0; rc == ERR_OK && i < l->sources; i++) {
		rc = l->source[i]->start(l->source[i]);
	}
	return rc;
}

static int open_signals(struct loop *l, struct fault *fault)
{
	const struct signals_calls calls = {
		.on_stop = on_stop, .on_reload = on_reload, .on_pulse = on_pulse, .context = l
	};
	int rc = signals_new(&l->uv, &calls, &l->signals);

	return rc == ERR_OK ? rc : err_at(fault, rc, 0, "signals");
}

int loop_new(const struct loop_config *config, struct loop **out, struct fault *fault)
{
	struct loop *l = calloc(1, sizeof *l);
	int rc;

	if (l == NULL) {
		return err_at(fault, ERR_NOMEM, 0, "loop");
	}
	l->config = *config;
	effects_init(&l->effects);
	inbox_init(&l->inbox, on_filled, l);
	rc = open_handles(l);
	if (rc == ERR_OK) {
		rc = open_parts(l, fault);
	}
	if (rc == ERR_OK) {
		inbox_put(&l->inbox, &(struct event){ .kind = EVENT_START }, NULL);
		rc = batch(l);
		rc = rc == ERR_OK ? open_sources(l) : err_at(fault, rc, 0, "node");
	}
	if (rc == ERR_OK && config->signals) {
		rc = open_signals(l, fault);
	}
	if (rc != ERR_OK) {
		loop_free(l);
		return rc;
	}
	*out = l;
	return ERR_OK;
}

/* ---- running and closing ---- */

uint16_t loop_port(const struct loop *l)
{
	return l->port;
}

size_t loop_links(const struct loop *l)
{
	return tcp_links(l->tcp);
}

void loop_stop(struct loop *l)
{
	end(l, ERR_OK);
}

int loop_turn(struct loop *l, bool wait)
{
	if (!l->stopping) {
		(void)uv_run(&l->uv, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
	}
	return l->stopping ? (l->code == ERR_OK ? ERR_STATE : l->code) : ERR_OK;
}

/* Nothing comes in any more; what had come in is still the node's to know. */
static int last_words(struct loop *l)
{
	int rc = ERR_OK;

	for (size_t left = l->inbox.count; rc == ERR_OK && left > 0 && l->inbox.first != NULL;
	     left = left > LOOP_STEPS_MAX ? left - LOOP_STEPS_MAX : 0) {
		rc = batch(l);
	}
	return rc;
}

int loop_run(struct loop *l)
{
	while (!l->stopping) {
		(void)uv_run(&l->uv, UV_RUN_DEFAULT);
	}
	if (l->code == ERR_OK) {
		l->code = last_words(l);
	}
	return l->code;
}

static void close_handles(struct loop *l)
{
	if (l->handles_open) {
		uv_close((uv_handle_t *)&l->check, NULL);
		uv_close((uv_handle_t *)&l->idle, NULL);
		uv_close((uv_handle_t *)&l->wake, NULL);
	}
}

void loop_free(struct loop *l)
{
	if (l == NULL) {
		return;
	}
	l->stopping = true;
	l->inbox.on_filled = NULL;
	for (size_t i = 0; i < l->sources; i++) {
		l->source[i]->stop(l->source[i]);
	}
	tcp_stop(l->tcp);
	control_stop(l->control);
	work_stop(l->work);
	workers_stop(l->workers);
	signals_stop(l->signals);
	close_handles(l);
	if (l->uv_open) {
		/* Until every handle is closed and every search has come home. */
		while (uv_run(&l->uv, UV_RUN_DEFAULT) != 0) {
			continue;
		}
		(void)uv_loop_close(&l->uv);
	}
	for (size_t i = 0; i < l->sources; i++) {
		l->source[i]->free(l->source[i]);
	}
	tcp_free(l->tcp);
	control_free(l->control);
	work_free(l->work);
	workers_free(l->workers);
	signals_free(l->signals);
	inbox_done(&l->inbox);
	effects_done(&l->effects);
	free(l);
}
