#include "tests/lib/unit.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/err.h"
#include "io/discover.h"

/* A source that reports, and may hang while it does. */
struct source {
	struct discover base;
	uv_loop_t *loop;
	uv_timer_t timer;
	const struct plan *plan;
	bool started;
};

struct plan {
	unsigned reports;
	bool same;         /* one address again and again */
	atomic_bool *hang; /* as long as this is true */
	atomic_int *alive; /* sources */
	atomic_bool *said; /* all of them */
};

static uv_loop_t loop;
static unsigned reports;
static char last[80];
static bool last_fixed;

static void on_timer(uv_timer_t *timer)
{
	struct source *s = timer->data;

	for (unsigned i = 0; i < s->plan->reports; i++) {
		char text[32];

		(void)snprintf(text, sizeof text, "192.0.2.%u:4700", s->plan->same ? 7 : i);
		s->base.on_peer(s->base.context, bytes_of(text), true);
	}
	if (s->plan->said != NULL) {
		atomic_store(s->plan->said, true);
	}
	while (s->plan->hang != NULL && atomic_load(s->plan->hang)) {
		(void)sched_yield();
	}
}

static int source_start(struct discover *d)
{
	struct source *s = (struct source *)d;

	(void)uv_timer_init(s->loop, &s->timer);
	s->timer.data = s;
	s->started = true;
	return uv_timer_start(&s->timer, on_timer, 0, 0);
}

static void source_stop(struct discover *d)
{
	struct source *s = (struct source *)d;

	if (s->started) {
		uv_close((uv_handle_t *)&s->timer, NULL);
	}
}

static void source_free(struct discover *d)
{
	struct source *s = (struct source *)d;

	atomic_fetch_sub(s->plan->alive, 1);
	free(s);
}

static int make(uv_loop_t *inner, const void *settings, discover_peer_fn *on_peer, void *context,
		struct discover **out)
{
	struct source *s = calloc(1, sizeof *s);

	assert_non_null(s);
	s->base = (struct discover){ .start = source_start,
				     .stop = source_stop,
				     .free = source_free,
				     .on_peer = on_peer,
				     .context = context };
	s->loop = inner;
	s->plan = settings;
	atomic_fetch_add(s->plan->alive, 1);
	*out = &s->base;
	return ERR_OK;
}

static void on_peer(void *context, struct bytes address, bool fixed)
{
	(void)context;
	reports++;
	last_fixed = fixed;
	assert_int_equal(bytes_text(address, last, sizeof last), ERR_OK);
}

static struct discover *begin(const struct plan *plan)
{
	struct discover *d;

	reports = 0;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(discover_aside_new(&loop, make, plan, on_peer, NULL, &d), ERR_OK);
	return d;
}

/* The loop waits for the next report; a test that has hung is killed by its harness. */
static void turn_until(unsigned n)
{
	while (reports < n) {
		(void)uv_run(&loop, UV_RUN_ONCE);
	}
	assert_int_equal(reports, n);
}

/* Until the source has said all that it has to say, while the loop does not turn. */
static void wait_until(const atomic_bool *said)
{
	while (!atomic_load(said)) {
		(void)sched_yield();
	}
}

static void end(struct discover *d)
{
	d->stop(d);
	while (uv_run(&loop, UV_RUN_DEFAULT) != 0) {
	}
	d->free(d);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void reports_on_the_callers_loop(void **state)
{
	atomic_int alive = 0;
	const struct plan plan = { .reports = 3, .alive = &alive };
	struct discover *d = begin(&plan);

	(void)state;
	assert_int_equal(d->start(d), ERR_OK);
	turn_until(3);
	assert_string_equal(last, "192.0.2.2:4700");
	assert_true(last_fixed);
	end(d);
	assert_int_equal(atomic_load(&alive), 0);
}

static void the_loop_goes_on_while_the_source_hangs(void **state)
{
	atomic_int alive = 0;
	atomic_bool hang = true;
	const struct plan plan = { .reports = 1, .hang = &hang, .alive = &alive };
	struct discover *d = begin(&plan);

	(void)state;
	assert_int_equal(d->start(d), ERR_OK);
	turn_until(1); /* the source has not come back from its timer, and we have */
	assert_true(atomic_load(&hang));
	atomic_store(&hang, false);
	end(d);
	assert_int_equal(atomic_load(&alive), 0);
}

static void an_address_waits_once_and_a_crowd_is_cut(void **state)
{
	atomic_int alive = 0;
	atomic_bool said = false;
	const struct plan same = { .reports = 200, .same = true, .alive = &alive, .said = &said };
	const struct plan many = { .reports = 200, .alive = &alive, .said = &said };
	struct discover *d = begin(&same);

	(void)state;
	assert_int_equal(d->start(d), ERR_OK);
	wait_until(&said);
	turn_until(1);
	end(d);
	assert_int_equal(reports, 1);
	atomic_store(&said, false);
	d = begin(&many);
	assert_int_equal(d->start(d), ERR_OK);
	wait_until(&said);
	turn_until(64);
	end(d);
	assert_int_equal(reports, 64);
	assert_int_equal(atomic_load(&alive), 0);
}

static void may_end_before_it_was_started(void **state)
{
	atomic_int alive = 0;
	const struct plan plan = { .reports = 1, .alive = &alive };

	(void)state;
	end(begin(&plan));
	assert_int_equal(reports, 0);
	assert_int_equal(atomic_load(&alive), 0);
}

static void says_nothing_after_its_stop(void **state)
{
	atomic_int alive = 0;
	const struct plan plan = { .reports = 64, .alive = &alive };

	(void)state;
	for (int i = 0; i < 20; i++) {
		struct discover *d = begin(&plan);
		unsigned before;

		assert_int_equal(d->start(d), ERR_OK);
		for (int k = 0; k < i * 50; k++) {
			(void)sched_yield();
		}
		d->stop(d);
		before = reports;
		while (uv_run(&loop, UV_RUN_DEFAULT) != 0) {
		}
		d->free(d);
		assert_int_equal(reports, before);
		assert_int_equal(uv_loop_close(&loop), 0);
	}
	assert_int_equal(atomic_load(&alive), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_on_the_callers_loop),
		cmocka_unit_test(the_loop_goes_on_while_the_source_hangs),
		cmocka_unit_test(an_address_waits_once_and_a_crowd_is_cut),
		cmocka_unit_test(may_end_before_it_was_started),
		cmocka_unit_test(says_nothing_after_its_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
