/* Many nodes in one process: seeds, faults, and what must hold for all of them. */
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/plan.h"
#include "sim/play.h"

#define EXIT_FOUND  1
#define EXIT_USAGE  2
#define EXIT_FAILED 70
#define HOUR_MS     3600000.0

struct options {
	uint64_t first, last;
	const char *scenario;
	bool trace, json, shrink, going_on;
};

enum { OPT_SEEDS = 256, OPT_SCENARIO, OPT_TRACE, OPT_JSON, OPT_SHRINK, OPT_ALL, OPT_HELP };

static const struct option long_options[] = {
	{ "seeds", required_argument, NULL, OPT_SEEDS },
	{ "scenario", required_argument, NULL, OPT_SCENARIO },
	{ "trace", no_argument, NULL, OPT_TRACE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "shrink", required_argument, NULL, OPT_SHRINK },
	{ "keep-going", no_argument, NULL, OPT_ALL },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

struct totals {
	uint64_t seeds, steps, virtual_ms, entries, stops;
	uint64_t breaches[16];
	uint64_t failed_seed;
	struct play_result failed;
	bool found;
};

static double cpu_s(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static bool read_seeds(const char *text, struct options *o)
{
	char *end;

	o->first = strtoull(text, &end, 10);
	o->last = *end == '-' ? strtoull(end + 1, &end, 10) : o->first;
	return end != text && *end == '\0' && o->last >= o->first;
}

static void tell_finding(FILE *to, uint64_t seed, const struct play_result *r)
{
	(void)fprintf(to, "seed %" PRIu64 ": %s at %s after %.1f s: %s\n", seed,
		      judge_breach_name(r->finding.breach), r->place,
		      (double)(r->finding.at_ms - CROWD_START_MS) / 1000.0, r->finding.text);
}

static int one(uint64_t seed, const struct options *o, struct totals *t)
{
	static struct plan plan;
	struct play_result r = { 0 };
	int rc;

	plan_make(seed, &plan);
	rc = play_run(&plan, o->trace ? stdout : NULL, &r);
	if (rc != ERR_OK) {
		(void)fprintf(stderr, "outpost-sim: seed %" PRIu64 ": %s\n", seed, err_text(rc));
		return rc;
	}
	t->seeds++;
	t->steps += r.steps;
	t->virtual_ms += r.virtual_ms;
	t->entries += r.entries;
	t->stops += r.stops;
	t->breaches[r.finding.breach]++;
	if (r.finding.breach != BREACH_NONE) {
		tell_finding(stderr, seed, &r);
		if (!t->found) {
			t->failed_seed = seed;
			t->failed = r;
		}
		t->found = true;
	}
	if (o->trace) {
		printf("seed=%" PRIu64 " hash=%016" PRIx64 "\n", seed, r.hash);
	}
	return ERR_OK;
}

int main(int argc, char *argv[])
{
	struct options o = { .first = 1, .last = 1 };
	struct totals t = { 0 };
	int opt;
	int rc = ERR_OK;

	while ((opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		switch (opt) {
		case OPT_SEEDS:
			if (!read_seeds(optarg, &o)) {
				return EXIT_USAGE;
			}
			break;
		case OPT_TRACE:
			o.trace = true;
			break;
		case OPT_JSON:
			o.json = true;
			break;
		case OPT_ALL:
			o.going_on = true;
			break;
		default:
			return EXIT_USAGE;
		}
	}
	for (uint64_t s = o.first; rc == ERR_OK && s <= o.last && (!t.found || o.going_on); s++) {
		rc = one(s, &o, &t);
	}
	printf("seeds %" PRIu64 " steps %" PRIu64 " hours %.1f entries %" PRIu64 " stops %" PRIu64
	       " cpu %.2f\n",
	       t.seeds, t.steps, (double)t.virtual_ms / HOUR_MS, t.entries, t.stops, cpu_s());
	return rc != ERR_OK ? EXIT_FAILED : t.found ? EXIT_FOUND : EXIT_SUCCESS;
}
