/* outpost-bench sync reconcile: what it costs two nodes to find out what each lacks.
 *
 * Two real sessions, joined by queues in memory.  Whoever may speak says all that he has to
 * say before the other hears it, as on a line that is long rather than thin; so what is said
 * too much is counted.  Not counted as `bytes` are entries (WHOLE, BEGIN, MORE) and their
 * acknowledgements (ACK); everything else is, greeting and farewell included. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/bench.h"
#include "cmd/bench_sets.h"
#include "sync/cells.h"
#include "sync/frame.h"

#define IDS_MAX   20000000U
#define DIFF_MAX  1000000U
#define SEEDS_MAX 100000U
#define TURNS_MAX 10000000U

struct options {
	struct bench_sets_plan plan;
	uint64_t seeds, chunk;
	bool ranges;
};

struct letter {
	struct letter *next;
	unsigned depth; /* messages that had to come before it, and itself */
	size_t len;
	uint8_t data[];
};

struct side {
	struct sync_session *session;
	struct letter *first, *last; /* to it */
	unsigned depth;              /* of what it has heard */
	bool settled;
};

struct meeting {
	struct bench_sets *sets;
	struct side side[2]; /* the first dials */
	uint64_t bytes, entry_bytes;
	unsigned known; /* depth at which the one that dialled had heard all of the difference */
};

struct outcome {
	double bytes, entry_bytes, round_trips, cpu_ms;
	bool exact;
};

/* ---- one meeting ---- */

static bool is_entry(enum frame_type type)
{
	return type == FRAME_WHOLE || type == FRAME_BEGIN || type == FRAME_MORE ||
	       type == FRAME_ACK;
}

static bool tells_difference(enum frame_type type)
{
	return type == FRAME_START || type == FRAME_CELLS || type == FRAME_SPLIT ||
	       type == FRAME_LIST || type == FRAME_EQUAL;
}

static int post(struct meeting *m, int from, struct bytes message)
{
	struct side *to = &m->side[!from];
	struct letter *l = malloc(sizeof *l + message.len);
	struct frame f;
	struct wire w;

	if (l == NULL) {
		return ERR_NOMEM;
	}
	*l = (struct letter){ .len = message.len, .depth = m->side[from].depth + 1 };
	memcpy(l->data, message.data, message.len);
	if (to->first == NULL) {
		to->first = l;
	} else {
		to->last->next = l;
	}
	to->last = l;
	wire_init(&w, message.data, message.len);
	while (wire_left(&w) > 0 && frame_next(&w, &f, NULL) == ERR_OK) {
		uint64_t n = FRAME_HEAD + f.content.len;

		m->bytes += is_entry(f.type) ? 0 : n;
		m->entry_bytes += is_entry(f.type) ? n : 0;
		if (from == 1 && tells_difference(f.type)) {
			m->known = l->depth;
		}
	}
	return ERR_OK;
}

static int act(struct meeting *m, int i, const struct sync_out *out)
{
	struct sync_class list[SYNC_CLASSES_MAX];
	struct side *s = &m->side[i];
	struct sync_item item;
	struct bytes encoded = { NULL, 0 };

	switch (out->kind) {
	case SYNC_SEND:
		return post(m, i, out->bytes);
	case SYNC_LOAD:
		(void)bench_sets_entry(m->sets, out->id, &item, &encoded);
		return sync_loaded(s->session, out->id, encoded);
	case SYNC_STORE: {
		int rc = bench_sets_entry(m->sets, out->id, &item, &encoded)
			     ? sync_set_add(bench_sets_of(m->sets, i), &item)
			     : ERR_FORGED;

		return sync_stored(s->session, item.id, rc);
	}
	case SYNC_CLASSES:
		return sync_classes(s->session, list, bench_sets_classes(m->sets, i, list), 0);
	case SYNC_SETTLED:
		s->settled = true;
		return ERR_OK;
	case SYNC_NOTHING:
	case SYNC_KEPT:
	case SYNC_WAKE:
		break;
	}
	return ERR_OK;
}

/* All that it has to say and to do. */
static int speak(struct meeting *m, int i)
{
	struct sync_out out;
	int rc = ERR_OK;

	do {
		sync_poll(m->side[i].session, &out);
		rc = act(m, i, &out);
	} while (rc == ERR_OK && out.kind != SYNC_NOTHING);
	return rc;
}

/* All that has been said to it, at once. */
static int hear(struct meeting *m, int i)
{
	struct side *s = &m->side[i];
	int rc = ERR_OK;

	while (rc == ERR_OK && s->first != NULL) {
		struct letter *l = s->first;

		s->first = l->next;
		s->depth = l->depth > s->depth ? l->depth : s->depth;
		rc = sync_message(s->session, (struct bytes){ l->data, l->len }, 0);
		free(l);
	}
	return rc;
}

static int open_sessions(struct meeting *m, const struct options *o, uint64_t seed)
{
	struct sync_config config = { .chunk_bytes = (size_t)o->chunk, .ranges_only = o->ranges };
	struct sync_class list[SYNC_CLASSES_MAX];
	int rc = ERR_OK;

	for (size_t i = 0; i < SYNC_SALT_BYTES; i++) {
		seed = seed * 6364136223846793005U + 1442695040888963407U;
		config.salt[i] = (uint8_t)(seed >> 56);
	}
	for (int i = 0; rc == ERR_OK && i < 2; i++) {
		config.initiator = i == 0;
		rc = sync_session_new(bench_sets_of(m->sets, i), &config, list,
				      bench_sets_classes(m->sets, i, list), 0, &m->side[i].session);
	}
	return rc;
}

static int meet(struct bench_sets *sets, const struct options *o, uint64_t seed,
		struct outcome *out)
{
	struct meeting m = { .sets = sets };
	double start = bench_cpu();
	int rc = open_sessions(&m, o, seed);

	for (size_t turn = 0; rc == ERR_OK && turn < TURNS_MAX; turn++) {
		int i = (int)(turn % 2);

		rc = hear(&m, i);
		rc = rc == ERR_OK ? speak(&m, i) : rc;
		if (turn > 0 && m.side[0].first == NULL && m.side[1].first == NULL) {
			break;
		}
	}
	*out = (struct outcome){ .bytes = (double)m.bytes,
				 .entry_bytes = (double)m.entry_bytes,
				 .round_trips = ceil(m.known / 2.0),
				 .cpu_ms = (bench_cpu() - start) * 1e3,
				 .exact = m.side[0].settled && m.side[1].settled &&
					  bench_sets_equal(sets) };
	for (int i = 0; i < 2; i++) {
		while (m.side[i].first != NULL) {
			struct letter *next = m.side[i].first->next;

			free(m.side[i].first);
			m.side[i].first = next;
		}
		sync_session_free(m.side[i].session);
	}
	return rc;
}

/* ---- how long it takes to make the sketch of what is shared ---- */

static int combine(const struct bench_sets *sets, uint64_t shared, double *ms)
{
	struct sync_class list[SYNC_CLASSES_MAX];
	struct shares *s = calloc(1, sizeof *s);
	struct row row = { 0 };
	double start;
	int rc;

	if (s == NULL) {
		return ERR_NOMEM;
	}
	(void)bench_sets_classes(sets, 0, list);
	s->set = bench_sets_of(sets, 0);
	for (s->n = 0; s->n <= shared; s->n++) {
		struct share *h = &s->list[s->n];

		memcpy(h->class_id, list[s->n].class_id, sizeof h->class_id);
		h->send = h->take = h->said_send = h->said_take = true;
	}
	start = bench_cpu();
	rc = cells_extend(&row, s, SKETCH_CELLS);
	*ms = (bench_cpu() - start) * 1e3;
	cells_drop(&row);
	free(s);
	return rc;
}

/* ---- all of them ---- */

struct results {
	double *bytes, *round_trips, *cpu_ms; /* owned; one for each seed */
	double entry_bytes;
	uint64_t exact;
	double combine_ms;
};

static int run(const struct options *o, struct results *r)
{
	struct bench_progress bar;
	struct bench_sets *sets = NULL;
	struct outcome out;
	int rc = bench_sets_new(&o->plan, &sets);

	r->bytes = calloc((size_t)o->seeds, sizeof *r->bytes);
	r->round_trips = calloc((size_t)o->seeds, sizeof *r->round_trips);
	r->cpu_ms = calloc((size_t)o->seeds, sizeof *r->cpu_ms);
	if (rc == ERR_OK && (r->bytes == NULL || r->round_trips == NULL || r->cpu_ms == NULL)) {
		rc = ERR_NOMEM;
	}
	rc = rc == ERR_OK ? combine(sets, o->plan.shared, &r->combine_ms) : rc;
	bench_progress_start(&bar, "meeting", (size_t)o->seeds);
	for (uint64_t i = 0; rc == ERR_OK && i < o->seeds; i++) {
		rc = bench_sets_differ(sets, i);
		rc = rc == ERR_OK ? meet(sets, o, i, &out) : rc;
		if (rc == ERR_OK) {
			r->bytes[i] = out.bytes;
			r->round_trips[i] = out.round_trips;
			r->cpu_ms[i] = out.cpu_ms;
			r->entry_bytes = out.entry_bytes;
			r->exact += out.exact;
		}
		bench_progress_at(&bar, (size_t)i);
	}
	bench_progress_end(&bar);
	bench_sets_free(sets);
	return rc;
}

static json_t *report(const struct options *o, const struct results *r)
{
	size_t n = (size_t)o->seeds;
	json_t *j = json_pack(
	    "{s:I,s:I,s:s,s:s,s:I,s:I,s:I}", "ids", (json_int_t)o->plan.ids, "diff",
	    (json_int_t)o->plan.diff, "where", o->plan.recent ? "recent" : "scattered", "method",
	    o->ranges ? "ranges" : "sketch", "classes", (json_int_t)o->plan.classes, "shared",
	    (json_int_t)o->plan.shared, "outside", (json_int_t)o->plan.outside);
	json_t *more = json_pack(
	    "{s:I,s:I,s:o,s:o,s:I,s:b}", "bytes", (json_int_t)bench_quantile(r->bytes, n, 0.5),
	    "round_trips", (json_int_t)bench_quantile(r->round_trips, n, 0.5), "cpu_ms",
	    bench_ms(bench_quantile(r->cpu_ms, n, 0.5)), "combine_ms", bench_ms(r->combine_ms),
	    "entry_bytes", (json_int_t)r->entry_bytes, "exact", r->exact == o->seeds);

	if (j == NULL || more == NULL || json_object_update(j, more) != 0 ||
	    (n > 1 &&
	     json_object_update_new(
		 j,
		 json_pack("{s:I,s:I,s:I,s:I,s:I}", "seeds", (json_int_t)n, "bytes_p99",
			   (json_int_t)bench_quantile(r->bytes, n, 0.99), "bytes_max",
			   (json_int_t)bench_quantile(r->bytes, n, 1), "round_trips_p99",
			   (json_int_t)bench_quantile(r->round_trips, n, 0.99), "round_trips_max",
			   (json_int_t)bench_quantile(r->round_trips, n, 1))) != 0)) {
		json_decref(j);
		j = NULL;
	}
	json_decref(more);
	return j;
}

/* Takes one option; BENCH_USAGE after having said why not. */
static int take_option(const struct bench *b, int *i, struct options *o)
{
	const struct {
		const char *name;
		uint64_t least, most, *to;
	} numbers[] = {
		{ "ids", 0, IDS_MAX, &o->plan.ids },
		{ "diff", 0, DIFF_MAX, &o->plan.diff },
		{ "classes", 1, BENCH_SETS_CLASSES_MAX, &o->plan.classes },
		{ "shared", 1, BENCH_SETS_CLASSES_MAX, &o->plan.shared },
		{ "outside", 0, DIFF_MAX, &o->plan.outside },
		{ "seeds", 1, SEEDS_MAX, &o->seeds },
		{ "chunk", SYNC_CHUNK_MIN, SYNC_CHUNK_BYTES, &o->chunk },
	};
	const char *v;

	for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++) {
		if ((v = bench_option(b, i, numbers[k].name)) != NULL) {
			return bench_number(v, numbers[k].least, numbers[k].most, numbers[k].to)
				   ? BENCH_OK
				   : bench_wrong(b, numbers[k].name, v);
		}
	}
	if ((v = bench_option(b, i, "where")) != NULL) {
		o->plan.recent = strcmp(v, "recent") == 0;
		return o->plan.recent || strcmp(v, "scattered") == 0 ? BENCH_OK
								     : bench_wrong(b, "where", v);
	}
	if ((v = bench_option(b, i, "method")) != NULL) {
		o->ranges = strcmp(v, "ranges") == 0;
		return o->ranges || strcmp(v, "sketch") == 0 ? BENCH_OK
							     : bench_wrong(b, "method", v);
	}
	return bench_usage(b, bench_reconcile_form);
}

const char bench_reconcile_form[] =
    "reconcile --ids N --diff D [--where scattered|recent] [--classes C] [--shared S]\n"
    "       [--outside X] [--seeds N] [--method sketch|ranges] [--chunk BYTES]";

int bench_reconcile(const struct bench *b)
{
	struct options o = { .plan = { .ids = 100000, .diff = 10, .classes = 1 }, .seeds = 1 };
	struct results r = { 0 };
	int code = BENCH_OK;
	int rc;

	for (int i = 1; code == BENCH_OK && i < b->argc; i++) {
		code = take_option(b, &i, &o);
	}
	o.plan.shared = o.plan.shared == 0 ? o.plan.classes : o.plan.shared;
	if (code == BENCH_OK && (o.plan.shared > o.plan.classes ||
				 (o.plan.outside > 0 && o.plan.shared == o.plan.classes))) {
		code = bench_wrong(b, "shared", "more than there are, or nothing is left outside");
	}
	if (code != BENCH_OK) {
		return code;
	}
	rc = run(&o, &r);
	if (rc != ERR_OK) {
		(void)fprintf(stderr, "outpost-bench sync: %s\n", err_text(rc));
		code = BENCH_INTERNAL;
	} else {
		code = bench_report(b, report(&o, &r));
		code = code == BENCH_OK && r.exact < o.seeds ? BENCH_NEGATIVE : code;
	}
	free(r.bytes);
	free(r.round_trips);
	free(r.cpu_ms);
	return code;
}
