/* One alert over contacts that come and go, against the earliest possible arrival. */
#include <stdio.h>
#include <stdlib.h>

#include "sim/chance.h"
#include "sim/spread_inside.h"

#define MINUTE_MS    60000ULL
#define LIMIT_MS     (240ULL * MINUTE_MS)
#define CONTACTS_MAX 20000U
#define SLOT_MS      600000ULL
#define UP_PPM       300000U /* of the slots */

struct contact {
	size_t end[2];
	uint64_t up_ms, down_ms;
};

static struct crowd *crowd(const struct spread *s)
{
	return s->region->crowd;
}

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
		out->reached = spread_count_reached(s, &last);
	}
	out->all_ms = last > issued ? last - issued : 0;
	free(turns);
	free(ways);
	return rc;
}

int spread_flaky_run(const struct spread_options *o, struct spread_result *out)
{
	struct spread *s = calloc(1, sizeof *s);
	struct contact *list = calloc(CONTACTS_MAX, sizeof *list);
	size_t count = 0;
	int rc = s == NULL || list == NULL ? ERR_NOMEM : ERR_OK;

	*out = (struct spread_result){ .reached = 0 };
	if (rc == ERR_OK) {
		s->o = o;
		rc = spread_set_up(s);
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
		spread_start_clock(s, out);
		rc = spread_issue(s, "A-1");
	}
	if (rc == ERR_OK) {
		out->earliest_ms = earliest(s, list, count);
		rc = play_contacts(s, list, count, out);
		spread_stop_clock(s, out);
	}
	if (s != NULL) {
		region_free(s->region);
	}
	free(list);
	free(s);
	return rc;
}
