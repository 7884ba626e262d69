#include "sim/spread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/day.h"
#include "sim/chance.h"
#include "sim/disk.h"
#include "sim/plan.h"
#include "sim/region.h"

#define MINUTE_MS     60000ULL
#define HOUR_MS       (60 * MINUTE_MS)
#define LOOK_MS       10U
#define LIMIT_MS      (4 * HOUR_MS)
#define QUIET_MS      (5 * MINUTE_MS)
#define WAYS_MAX      2048U
#define BACKLOG       200U
#define ISSUE_MS      50U
#define CONTACTS_MAX  20000U
#define SLOT_MS       (10 * MINUTE_MS)
#define UP_PPM        300000U /* of the slots */
#define ALERT_LATE_MS 3000U

struct contact {
	size_t end[2];
	uint64_t up_ms, down_ms;
};

struct spread {
	const struct spread_options *o;
	struct region *region; /* owned */
	size_t way[WAYS_MAX];
	size_t end[WAYS_MAX][2];
	size_t ways;
	uint64_t dice;
	uint64_t from_ms;
	uint64_t bytes_from, steps_from;
	clock_t clock_from;
	uint8_t alert[ENTRY_ID_BYTES];
	size_t alert_bytes;
	uint64_t carried; /* messages that may carry it */
};

enum spread_shape spread_shape(const char *word)
{
	static const char *const words[] = { "", "ring", "line", "star", "random", "geometric" };

	for (unsigned i = 1; i < sizeof words / sizeof words[0]; i++) {
		if (strcmp(word, words[i]) == 0) {
			return (enum spread_shape)i;
		}
	}
	return (enum spread_shape)0;
}

static struct crowd *crowd(const struct spread *s)
{
	return s->region->crowd;
}

/* ---- the graph ---- */

static bool is_joined(const struct spread *s, size_t a, size_t b)
{
	for (size_t i = 0; i < s->ways; i++) {
		if ((s->end[i][0] == a && s->end[i][1] == b) ||
		    (s->end[i][0] == b && s->end[i][1] == a)) {
			return true;
		}
	}
	return a == b;
}

static int join(struct spread *s, size_t a, size_t b)
{
	if (s->ways == WAYS_MAX || is_joined(s, a, b)) {
		return ERR_OK;
	}
	s->end[s->ways][0] = a;
	s->end[s->ways][1] = b;
	s->ways++;
	return crowd_wires_join(crowd(s), a, b, false, plan_line(0), &s->way[s->ways - 1]);
}

/* A tree over all of them, then more until the mean degree is reached. */
static int random_graph(struct spread *s)
{
	int rc = ERR_OK;

	for (size_t i = 1; rc == ERR_OK && i < s->o->nodes; i++) {
		rc = join(s, i, (size_t)chance_below(&s->dice, i));
	}
	while (rc == ERR_OK && 2 * s->ways < s->o->degree * s->o->nodes) {
		rc = join(s, (size_t)chance_below(&s->dice, s->o->nodes),
			  (size_t)chance_below(&s->dice, s->o->nodes));
	}
	return rc;
}

/* Everybody in a square is linked to the nearest ones, and all hang together. */
static int geometric(struct spread *s)
{
	uint64_t x[SPREAD_PLACES_MAX][2];
	int rc = ERR_OK;

	for (size_t i = 0; rc == ERR_OK && i < s->o->nodes; i++) {
		size_t nearest = 0;
		uint64_t least = UINT64_MAX;

		x[i][0] = chance_below(&s->dice, 1000);
		x[i][1] = chance_below(&s->dice, 1000);
		for (size_t k = 0; rc == ERR_OK && k < i; k++) {
			uint64_t dx = x[i][0] > x[k][0] ? x[i][0] - x[k][0] : x[k][0] - x[i][0];
			uint64_t dy = x[i][1] > x[k][1] ? x[i][1] - x[k][1] : x[k][1] - x[i][1];
			uint64_t d = dx * dx + dy * dy;

			if (d * s->o->nodes * 3 < s->o->degree * 1000000) {
				rc = join(s, i, k);
			}
			nearest = d < least ? k : nearest;
			least = d < least ? d : least;
		}
		rc = rc == ERR_OK && i > 0 ? join(s, i, nearest) : rc;
	}
	return rc;
}

static int make_graph(struct spread *s)
{
	size_t n = s->o->nodes;
	int rc = ERR_OK;

	if (s->o->shape == SPREAD_RANDOM) {
		return random_graph(s);
	}
	if (s->o->shape == SPREAD_GEOMETRIC) {
		return geometric(s);
	}
	for (size_t i = 1; rc == ERR_OK && i < n; i++) {
		rc = join(s, i, s->o->shape == SPREAD_STAR ? 0 : i - 1);
	}
	return rc == ERR_OK && s->o->shape == SPREAD_RING ? join(s, 0, n - 1) : rc;
}

/* ---- setting up ---- */

/* Members of a region who know each other, on lines that cost nothing. */
static int set_up(struct spread *s)
{
	int rc = region_new(s->o->seed, &s->region);
	size_t place;

	s->dice = chance_stream(s->o->seed, 77);
	for (size_t i = 1; rc == ERR_OK && i < s->o->nodes; i++) {
		rc = region_add(s->region, &place);
	}
	for (size_t i = 1; rc == ERR_OK && i < s->o->nodes; i++) {
		rc = region_enrol(s->region, i, "post", "AAA", 0);
	}
	/* Its class comes into being with the first notice of a type. */
	if (rc == ERR_OK) {
		rc = region_issue(s->region, "R-0", NOTICE_RED, 0, 0, false);
	}
	if (rc == ERR_OK) {
		rc = make_graph(s);
	}
	return rc == ERR_OK ? crowd_run(crowd(s), crowd_now(crowd(s)) + QUIET_MS) : rc;
}

static void slow_down(struct spread *s)
{
	for (size_t i = 0; i < s->ways; i++) {
		crowd_wires_quality(crowd(s), s->way[i], &s->o->line);
	}
}

static void start_clock(struct spread *s, struct spread_result *out)
{
	out->setup_cpu_s = (double)clock() / CLOCKS_PER_SEC;
	s->clock_from = clock();
	s->from_ms = crowd_now(crowd(s));
	s->bytes_from = crowd_bytes(crowd(s));
	s->steps_from = crowd_steps(crowd(s));
}

static void stop_clock(struct spread *s, struct spread_result *out)
{
	out->cpu_s = (double)(clock() - s->clock_from) / CLOCKS_PER_SEC;
	out->bytes = crowd_bytes(crowd(s)) - s->bytes_from;
	out->steps = crowd_steps(crowd(s)) - s->steps_from;
	out->virtual_ms = crowd_now(crowd(s)) - s->from_ms;
	out->hash = crowd_hash(crowd(s));
	out->finding = *judge_finding(s->region->judge);
	(void)snprintf(out->place, sizeof out->place, "%s",
		       crowd_name(crowd(s), out->finding.place));
}

/* ---- one alert ---- */

static int find_alert(void *context, const struct entry *e)
{
	struct spread *s = context;

	if (e->header.kind == KIND_NOTICE) { /* the last one in the order of arrival */
		memcpy(s->alert, e->id, sizeof s->alert);
		s->alert_bytes = entry_bytes(e);
	}
	return ERR_OK;
}

/* A notice without prints: one entry, and nothing that competes with it. */
static int issue(struct spread *s, const char *reference)
{
	struct ask_notice a = { .reference = bytes_of(reference), .type = NOTICE_RED };
	struct answer_notice answer;
	struct arena arena;
	int rc;

	arena_init(&arena, 0);
	rc = region_ask(s->region, 0, "notice.add", &a, &arena, &answer);
	arena_done(&arena);
	(void)disk_each("HQ", find_alert, s);
	return rc;
}

static size_t count_reached(const struct spread *s, uint64_t *last_ms)
{
	size_t n = 0;

	*last_ms = 0;
	for (size_t i = 0; i < s->o->nodes; i++) {
		uint64_t at = judge_arrival(s->region->judge, s->alert, i);

		n += at > 0;
		*last_ms = at > *last_ms ? at : *last_ms;
	}
	return n;
}

static int wait_for_all(struct spread *s, uint64_t issued_ms, struct spread_result *out)
{
	uint64_t until = issued_ms + LIMIT_MS;
	uint64_t last = 0;
	int rc = ERR_OK;

	while (rc == ERR_OK && crowd_now(crowd(s)) < until && out->reached < s->o->nodes) {
		rc = crowd_run(crowd(s), crowd_now(crowd(s)) + LOOK_MS);
		out->reached = count_reached(s, &last);
		if (out->half_ms == 0 && out->reached * 2 >= s->o->nodes) {
			out->half_ms = last - issued_ms;
		}
	}
	out->all_ms = last > issued_ms ? last - issued_ms : 0;
	return rc;
}

/* The only message so long while nothing else is new. */
static void count_carried(void *context, size_t place, struct bytes bytes)
{
	struct spread *s = context;

	(void)place;
	s->carried += s->alert_bytes > 0 && bytes.len >= s->alert_bytes;
}

int spread_alert(const struct spread_options *o, struct spread_result *out)
{
	struct spread *s = calloc(1, sizeof *s);
	uint64_t issued;
	int rc;

	if (s == NULL) {
		return ERR_NOMEM;
	}
	*out = (struct spread_result){ .reached = 0 };
	s->o = o;
	rc = set_up(s);
	if (rc == ERR_OK) {
		slow_down(s);
		rc = crowd_run(crowd(s), crowd_now(crowd(s)) + QUIET_MS);
	}
	if (rc == ERR_OK) {
		start_clock(s, out);
		issued = crowd_now(crowd(s));
		(void)disk_each("HQ", find_alert, s); /* as long as the one before */
		s->region->on_send = count_carried;
		s->region->context = s;
		rc = issue(s, "A-1");
		rc = rc == ERR_OK ? wait_for_all(s, issued, out) : rc;
		/* What still arrives, though everybody has it. */
		rc = rc == ERR_OK ? crowd_run(crowd(s), crowd_now(crowd(s)) + MINUTE_MS / 6) : rc;
		if (rc == ERR_OK) {
			out->copies = (double)s->carried / (double)(o->nodes - 1);
			stop_clock(s, out);
		}
	}
	region_free(s->region);
	free(s);
	return rc;
}

/* ---- behind a backlog ---- */

int spread_backlog(const struct spread_options *o, struct spread_result *out)
{
	struct spread *s = calloc(1, sizeof *s);
	struct spread_options two = *o;
	uint64_t issued;
	int rc;

	if (s == NULL) {
		return ERR_NOMEM;
	}
	*out = (struct spread_result){ .reached = 0 };
	two.nodes = 2;
	two.shape = SPREAD_LINE;
	s->o = &two;
	rc = set_up(s);
	if (rc == ERR_OK) {
		slow_down(s);
		start_clock(s, out);
	}
	for (unsigned i = 0; rc == ERR_OK && i < BACKLOG; i++) {
		char reference[16];

		(void)snprintf(reference, sizeof reference, "B-%u", i);
		rc = region_issue(s->region, reference, NOTICE_RED, 2ULL * (i % 20), 0, false);
		/* A node takes so many questions at once. */
		rc = rc == ERR_OK ? crowd_run(crowd(s), crowd_now(crowd(s)) + ISSUE_MS) : rc;
	}
	if (rc == ERR_OK) {
		issued = crowd_now(crowd(s));
		rc = issue(s, "A-1");
		rc = rc == ERR_OK ? wait_for_all(s, issued, out) : rc;
	}
	if (rc == ERR_OK) {
		char text[80];

		(void)snprintf(text, sizeof text, "an alert waited %u ms behind the backlog",
			       (unsigned)out->all_ms);
		if (out->all_ms > ALERT_LATE_MS || out->reached < 2) {
			judge_found(s->region->judge, BREACH_LATE, 1, text);
		}
		stop_clock(s, out);
	}
	region_free(s->region);
	free(s);
	return rc;
}

/* ---- contacts that come and go ---- */

/* Four numbers: up, down, node, node. */
static bool read_contact(const char *line, size_t nodes, struct contact *c)
{
	uint64_t v[4];
	char *end;

	for (size_t i = 0; i < 4; i++) {
		v[i] = strtoull(line, &end, 10);
		if (end == line) {
			return false;
		}
		line = end;
	}
	*c = (struct contact){ .end = { v[2], v[3] }, .up_ms = v[0], .down_ms = v[1] };
	return v[2] < nodes && v[3] < nodes && v[2] != v[3] && v[1] > v[0];
}

static int read_contacts(const char *path, struct contact *list, size_t *count, size_t nodes)
{
	FILE *f = fopen(path, "r");
	char line[128];
	int rc = ERR_OK;

	if (f == NULL) {
		return ERR_NOTFOUND;
	}
	while (rc == ERR_OK && fgets(line, sizeof line, f) != NULL) {
		if (line[0] == '#' || line[0] == '\n') {
			continue;
		}
		rc = *count == CONTACTS_MAX                     ? ERR_LIMIT
		     : read_contact(line, nodes, &list[*count]) ? ERR_OK
								: ERR_MALFORMED;
		*count += rc == ERR_OK;
	}
	(void)fclose(f);
	return rc == ERR_OK && *count == 0 ? ERR_MALFORMED : rc;
}

/* Each link is up in three of ten slots of ten minutes, and each has slots of its own. */
static void draw_contacts(struct spread *s, struct contact *list, size_t *count)
{
	for (size_t i = 0; i < s->ways; i++) {
		uint64_t at = chance_below(&s->dice, SLOT_MS);

		for (; at < LIMIT_MS && *count < CONTACTS_MAX; at += SLOT_MS) {
			if (chance_ppm(&s->dice, UP_PPM)) {
				list[(*count)++] =
				    (struct contact){ .end = { s->end[i][0], s->end[i][1] },
						      .up_ms = at,
						      .down_ms = at + SLOT_MS };
			}
		}
	}
}

/* Over one contact: does one end get it earlier than was known? */
static bool pass_on(const struct contact *c, uint64_t cost, uint64_t has[SPREAD_PLACES_MAX])
{
	bool moved = false;

	for (unsigned k = 0; k < 2; k++) {
		uint64_t from = has[c->end[k]];
		uint64_t at = (from > c->up_ms ? from : c->up_ms) + cost;

		if (from != UINT64_MAX && at <= c->down_ms && at < has[c->end[1 - k]]) {
			has[c->end[1 - k]] = at;
			moved = true;
		}
	}
	return moved;
}

/* When all could have it, if whoever has it gave it at once to whom it meets. */
static uint64_t earliest(const struct spread *s, const struct contact *list, size_t count)
{
	uint64_t has[SPREAD_PLACES_MAX];
	uint64_t cost = s->o->line.latency_ms;
	uint64_t last = 0;
	bool moved = true;

	if (s->o->line.bytes_per_s > 0) {
		cost += s->alert_bytes * 1000 / s->o->line.bytes_per_s;
	}
	for (size_t i = 0; i < SPREAD_PLACES_MAX; i++) {
		has[i] = i == 0 ? 0 : UINT64_MAX;
	}
	while (moved) {
		moved = false;
		for (size_t i = 0; i < count; i++) {
			moved = pass_on(&list[i], cost, has) || moved;
		}
	}
	for (size_t i = 0; i < s->o->nodes; i++) {
		last = has[i] > last ? has[i] : last;
	}
	return last;
}

struct turn {
	uint64_t at_ms;
	size_t contact;
	bool up;
};

static int by_time(const void *a, const void *b)
{
	const struct turn *x = a;
	const struct turn *y = b;

	if (x->at_ms != y->at_ms) {
		return x->at_ms < y->at_ms ? -1 : 1;
	}
	return x->up - y->up;
}

static int play_contacts(struct spread *s, const struct contact *list, size_t count,
			 struct spread_result *out)
{
	struct turn *turns = calloc(2 * count + 1, sizeof *turns);
	size_t *ways = calloc(count + 1, sizeof *ways);
	uint64_t issued = crowd_now(crowd(s));
	uint64_t last = 0;
	int rc = turns == NULL || ways == NULL ? ERR_NOMEM : ERR_OK;

	for (size_t i = 0; rc == ERR_OK && i < count; i++) {
		turns[2 * i] = (struct turn){ list[i].up_ms, i, true };
		turns[2 * i + 1] = (struct turn){ list[i].down_ms, i, false };
	}
	if (rc == ERR_OK) {
		qsort(turns, 2 * count, sizeof *turns, by_time);
	}
	for (size_t i = 0; rc == ERR_OK && i < 2 * count && out->reached < s->o->nodes; i++) {
		const struct contact *c = &list[turns[i].contact];

		rc = crowd_run(crowd(s), issued + turns[i].at_ms);
		if (rc == ERR_OK && turns[i].up) {
			rc = crowd_wires_meet(crowd(s), c->end[0], c->end[1], &s->o->line,
					      &ways[turns[i].contact]);
		} else if (rc == ERR_OK) {
			rc = crowd_wires_set(crowd(s), ways[turns[i].contact], false, false);
		}
		out->reached = count_reached(s, &last);
	}
	out->all_ms = last > issued ? last - issued : 0;
	free(turns);
	free(ways);
	return rc;
}

int spread_flaky(const struct spread_options *o, struct spread_result *out)
{
	struct spread *s = calloc(1, sizeof *s);
	struct contact *list = calloc(CONTACTS_MAX, sizeof *list);
	size_t count = 0;
	int rc = s == NULL || list == NULL ? ERR_NOMEM : ERR_OK;

	*out = (struct spread_result){ .reached = 0 };
	if (rc == ERR_OK) {
		s->o = o;
		rc = set_up(s);
	}
	if (rc == ERR_OK) {
		if (o->contacts != NULL) {
			rc = read_contacts(o->contacts, list, &count, o->nodes);
		} else {
			draw_contacts(s, list, &count);
		}
	}
	for (size_t i = 0; rc == ERR_OK && i < s->ways; i++) {
		rc = crowd_wires_set(crowd(s), s->way[i], false, false);
	}
	if (rc == ERR_OK) {
		rc = crowd_run(crowd(s), crowd_now(crowd(s)) + MINUTE_MS);
	}
	if (rc == ERR_OK) {
		start_clock(s, out);
		rc = issue(s, "A-1");
	}
	if (rc == ERR_OK) {
		out->earliest_ms = earliest(s, list, count);
		rc = play_contacts(s, list, count, out);
		stop_clock(s, out);
	}
	if (s != NULL) {
		region_free(s->region);
	}
	free(list);
	free(s);
	return rc;
}

/* ---- a day ---- */

int spread_day(const struct spread_options *o, struct spread_result *out)
{
	struct spread *s = calloc(1, sizeof *s);
	int rc;

	if (s == NULL) {
		return ERR_NOMEM;
	}
	*out = (struct spread_result){ .reached = 0 };
	s->o = o;
	rc = set_up(s);
	if (rc == ERR_OK) {
		start_clock(s, out);
	}
	/* One notice an hour. */
	for (uint64_t hour = 0; rc == ERR_OK && hour < o->hours; hour++) {
		char reference[16];

		(void)snprintf(reference, sizeof reference, "H-%u", (unsigned)hour);
		rc = region_issue(s->region, reference, NOTICE_RED, 2 * (hour % 20), 0, false);
		rc = rc == ERR_OK ? crowd_run(crowd(s), crowd_now(crowd(s)) + HOUR_MS) : rc;
	}
	if (rc == ERR_OK) {
		uint64_t last;

		(void)disk_each("HQ", find_alert, s);
		out->reached = count_reached(s, &last);
		stop_clock(s, out);
	}
	region_free(s->region);
	free(s);
	return rc;
}
