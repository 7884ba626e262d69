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
#include "sim/spread_inside.h"

#define MINUTE_MS     60000ULL
#define HOUR_MS       (60 * MINUTE_MS)
#define LOOK_MS       10U
#define LIMIT_MS      (4 * HOUR_MS)
#define QUIET_MS      (5 * MINUTE_MS)
#define BACKLOG       200U
#define ISSUE_MS      50U
#define ALERT_LATE_MS 3000U

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
	if (s->ways == SPREAD_WAYS_MAX || is_joined(s, a, b)) {
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
int spread_set_up(struct spread *s)
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

void spread_start_clock(struct spread *s, struct spread_result *out)
{
	out->setup_cpu_s = (double)clock() / CLOCKS_PER_SEC;
	s->clock_from = clock();
	s->from_ms = crowd_now(crowd(s));
	s->bytes_from = crowd_bytes(crowd(s));
	s->steps_from = crowd_steps(crowd(s));
}

void spread_stop_clock(struct spread *s, struct spread_result *out)
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
int spread_issue(struct spread *s, const char *reference)
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

size_t spread_count_reached(const struct spread *s, uint64_t *last_ms)
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
		out->reached = spread_count_reached(s, &last);
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
	rc = spread_set_up(s);
	if (rc == ERR_OK) {
		slow_down(s);
		rc = crowd_run(crowd(s), crowd_now(crowd(s)) + QUIET_MS);
	}
	if (rc == ERR_OK) {
		spread_start_clock(s, out);
		issued = crowd_now(crowd(s));
		(void)disk_each("HQ", find_alert, s); /* as long as the one before */
		s->region->on_send = count_carried;
		s->region->context = s;
		rc = spread_issue(s, "A-1");
		rc = rc == ERR_OK ? wait_for_all(s, issued, out) : rc;
		/* What still arrives, though everybody has it. */
		rc = rc == ERR_OK ? crowd_run(crowd(s), crowd_now(crowd(s)) + MINUTE_MS / 6) : rc;
		if (rc == ERR_OK) {
			out->copies = (double)s->carried / (double)(o->nodes - 1);
			spread_stop_clock(s, out);
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
	rc = spread_set_up(s);
	if (rc == ERR_OK) {
		slow_down(s);
		spread_start_clock(s, out);
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
		rc = spread_issue(s, "A-1");
		rc = rc == ERR_OK ? wait_for_all(s, issued, out) : rc;
	}
	if (rc == ERR_OK) {
		char text[80];

		(void)snprintf(text, sizeof text, "an alert waited %u ms behind the backlog",
			       (unsigned)out->all_ms);
		if (out->all_ms > ALERT_LATE_MS || out->reached < 2) {
			judge_found(s->region->judge, BREACH_LATE, 1, text);
		}
		spread_stop_clock(s, out);
	}
	region_free(s->region);
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
	rc = spread_set_up(s);
	if (rc == ERR_OK) {
		spread_start_clock(s, out);
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
		out->reached = spread_count_reached(s, &last);
		spread_stop_clock(s, out);
	}
	region_free(s->region);
	free(s);
	return rc;
}
