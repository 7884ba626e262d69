/* How fast one alert spreads: over links that are up, over contacts that come and go, behind a
 * backlog; and what a day of a hundred nodes costs. */
#ifndef SIM_SPREAD_H
#define SIM_SPREAD_H

#include <stdint.h>

#include "sim/crowd.h"
#include "sim/judge.h"

#define SPREAD_PLACES_MAX 250U

enum spread_shape { SPREAD_RING = 1, SPREAD_LINE, SPREAD_STAR, SPREAD_RANDOM, SPREAD_GEOMETRIC };

struct spread_options {
	uint64_t seed;
	size_t nodes;
	enum spread_shape shape;
	uint64_t degree;       /* of a random graph, on average */
	uint64_t hours;        /* of spread_day() */
	const char *contacts;  /* of spread_flaky_run(): a file; NULL: drawn from the seed */
	struct crowd_way line; /* of all links */
};

struct spread_result {
	struct judge_finding finding;
	char place[CROWD_NAME_MAX];
	size_t reached;       /* nodes that have it */
	uint64_t all_ms;      /* until the last one had it */
	uint64_t half_ms;     /* until half of them had it */
	uint64_t earliest_ms; /* spread_flaky_run(): the earliest at which all could have it */
	double copies;        /* messages large enough to carry it, for each node */
	uint64_t bytes;       /* on all wires meanwhile */
	uint64_t steps;
	uint64_t hash;
	uint64_t virtual_ms;
	double setup_cpu_s; /* before the clock of the measurement ran */
	double cpu_s;
};

/* 0 for words that are no shape. */
enum spread_shape spread_shape(const char *word);
int spread_alert(const struct spread_options *o, struct spread_result *out);
int spread_flaky_run(const struct spread_options *o, struct spread_result *out);
/* Two nodes, many notices under way, then one more. */
int spread_backlog(const struct spread_options *o, struct spread_result *out);
int spread_day(const struct spread_options *o, struct spread_result *out);

#endif
