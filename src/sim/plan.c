#include "sim/plan.h"

#include <stdlib.h>

#include "base/day.h"
#include "sim/chance.h"

#define MINUTE_MS 60000ULL
#define HOUR_MS   (60 * MINUTE_MS)
#define PEOPLE    8U
#define DAYS_MAX  4U
#define PER_DAY   18U
#define MINUTE    INT64_C(60000)
#define DAY       (1440 * MINUTE)
#define YEAR      (365 * DAY)
#define WATCH_MS  (6 * MINUTE_MS) /* how long a day of work is */

static const struct crowd_way lines[] = {
	{ .latency_ms = 2 },
	{ .bytes_per_s = 8000, .latency_ms = 200, .loss_ppm = 50000 },
	{ .bytes_per_s = 64000, .latency_ms = 60, .loss_ppm = 10000, .reorder_ppm = 50000 },
	{ .bytes_per_s = 1200, .latency_ms = 700, .loss_ppm = 20000, .duplicate_ppm = 20000 },
};

static const int64_t skews[] = { 7 * MINUTE, -7 * MINUTE, 180 * MINUTE, -300 * MINUTE, 3 * DAY,
				 -3 * DAY,   2 * YEAR,    -2 * YEAR,    40 * YEAR };

const struct crowd_way *plan_line(uint64_t n)
{
	return &lines[n % (sizeof lines / sizeof lines[0])];
}

int64_t plan_skew_ms(uint64_t n)
{
	return skews[n % (sizeof skews / sizeof skews[0])];
}

const char *plan_act_name(enum act_kind kind)
{
	static const char *const names[ACT_KINDS] = {
		"issue", "amend", "block", "withdraw", "check",   "review", "action",
		"enrol", "crash", "down",  "up",       "cut",     "mend",   "skew",
		"right", "full",  "fail",  "read",     "hostile", "night",  "quality"
	};

	return names[kind];
}

static void add(struct plan *p, const struct act *a)
{
	if (p->acts < PLAN_ACTS_MAX && p->swarm[a->kind]) {
		p->act[p->acts++] = *a;
	}
}

static bool is_joined(const struct plan *p, size_t a, size_t b)
{
	for (size_t i = 0; i < p->ways; i++) {
		if ((p->end[i][0] == a && p->end[i][1] == b) ||
		    (p->end[i][0] == b && p->end[i][1] == a)) {
			return true;
		}
	}
	return a == b;
}

static void join(struct plan *p, uint64_t *dice, size_t a, size_t b)
{
	if (p->ways < PLAN_WAYS_MAX && !is_joined(p, a, b)) {
		p->end[p->ways][0] = a;
		p->end[p->ways][1] = b;
		p->both[p->ways++] = chance_below(dice, 3) == 0;
	}
}

static void make_places(struct plan *p, uint64_t *dice)
{
	static const char *const countries[] = { "AAA", "AAA", "AAA", "BBB", "CCC", "DDD" };

	p->places = 3 + (size_t)chance_below(dice, 4);
	p->role[0] = "hq";
	p->country[0] = "UTO";
	for (size_t i = 1; i < p->places; i++) {
		p->country[i] = i == 1 ? "AAA" : countries[chance_below(dice, 6)];
		p->role[i] =
		    p->country[i][0] == 'C' && chance_below(dice, 2) == 0 ? "relay" : "post";
		p->late[i] = i > 1 && p->swarm[ACT_ENROL] && chance_below(dice, 4) == 0;
	}
}

/* A tree, so that all are connected, and some ways more. */
static void make_ways(struct plan *p, uint64_t *dice)
{
	uint64_t shape = chance_below(dice, 4); /* 0 line, 1 star, 2 and 3 random */

	for (size_t i = 1; i < p->places; i++) {
		size_t to = shape == 0 ? i - 1 : shape == 1 ? 0 : (size_t)chance_below(dice, i);

		join(p, dice, i, to);
	}
	for (uint64_t i = chance_below(dice, p->places); i > 0; i--) {
		join(p, dice, (size_t)chance_below(dice, p->places),
		     (size_t)chance_below(dice, p->places));
	}
}

static void one(struct plan *p, uint64_t *dice, uint64_t from_ms)
{
	static const uint8_t often[ACT_KINDS] = {
		[ACT_ISSUE] = 12, [ACT_AMEND] = 6,  [ACT_BLOCK] = 2,  [ACT_WITHDRAW] = 8,
		[ACT_CHECK] = 10, [ACT_REVIEW] = 8, [ACT_ACTION] = 3, [ACT_CRASH] = 7,
		[ACT_DOWN] = 8,   [ACT_CUT] = 3,    [ACT_SKEW] = 5,   [ACT_FULL] = 3,
		[ACT_FAIL] = 4,   [ACT_READ] = 2,   [ACT_QUALITY] = 4
	};
	struct act a = { .at_ms = from_ms + chance_below(dice, WATCH_MS),
			 .place = (size_t)chance_below(dice, p->places),
			 .value = chance_next(dice),
			 .other = chance_next(dice) };
	uint64_t draw = 0;
	uint64_t kind = 0;

	for (size_t i = 0; i < ACT_KINDS; i++) {
		draw += often[i];
	}
	draw = chance_below(dice, draw);
	while (draw >= often[kind]) {
		draw -= often[kind++];
	}
	a.kind = (enum act_kind)kind;
	if (a.kind == ACT_SKEW && a.place == 0) {
		a.value %= 2; /* headquarters says what time it is: minutes off, not years */
	}
	add(p, &a);
	a.at_ms += 1 + chance_below(dice, WATCH_MS);
	if (a.kind == ACT_DOWN || a.kind == ACT_CUT || a.kind == ACT_SKEW) {
		a.kind = a.kind == ACT_DOWN ? ACT_UP : a.kind == ACT_CUT ? ACT_MEND : ACT_RIGHT;
		add(p, &a);
	}
}

static int by_time(const void *a, const void *b)
{
	const struct act *x = a;
	const struct act *y = b;

	if (x->at_ms != y->at_ms) {
		return x->at_ms < y->at_ms ? -1 : 1;
	}
	return x->value < y->value ? -1 : x->value > y->value;
}

void plan_make(uint64_t seed, struct plan *out)
{
	uint64_t dice = chance_stream(seed, 0x706c616e);
	uint64_t days;

	*out = (struct plan){ .seed = seed };
	for (size_t i = 0; i < ACT_KINDS; i++) {
		out->swarm[i] = i == ACT_ISSUE || i == ACT_UP || i == ACT_MEND || i == ACT_RIGHT ||
				chance_below(&dice, 3) > 0;
	}
	make_places(out, &dice);
	make_ways(out, &dice);
	days = 1 + chance_below(&dice, DAYS_MAX);
	for (uint64_t day = 0; day < days; day++) {
		uint64_t from = day * (2 * WATCH_MS + MINUTE_MS);
		uint64_t some = 4 + chance_below(&dice, PER_DAY);

		for (uint64_t i = 0; i < some; i++) {
			one(out, &dice, from);
		}
		if (day + 1 < days) {
			add(out, &(struct act){ .at_ms = from + 2 * WATCH_MS,
						.kind = ACT_NIGHT,
						.value = DAY_MS - HOUR_MS +
							 chance_below(&dice, DAY_MS) });
		}
	}
	for (size_t i = 1; i < out->places; i++) {
		if (out->late[i]) {
			add(out, &(struct act){ .at_ms = chance_below(&dice, WATCH_MS),
						.kind = ACT_ENROL,
						.place = i });
		}
	}
	if (out->places > 2 && out->swarm[ACT_HOSTILE] && chance_below(&dice, 2) == 0) {
		size_t who = 1 + (size_t)chance_below(&dice, out->places - 1);

		if (!out->late[who]) {
			out->days[who] = chance_below(&dice, 2) == 0 ? 1 : 0;
			add(out, &(struct act){ .at_ms = WATCH_MS + chance_below(&dice, WATCH_MS),
						.kind = ACT_HOSTILE,
						.place = who,
						.value = chance_next(&dice) });
		}
	}
	qsort(out->act, out->acts, sizeof out->act[0], by_time);
	out->ends_ms = days * (2 * WATCH_MS + MINUTE_MS);
}
