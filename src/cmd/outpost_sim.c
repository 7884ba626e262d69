/* Many nodes in one process: seeds, faults, and what must hold for all of them. */
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/rule.h"
#include "sim/plan.h"
#include "sim/play.h"
#include "sim/spread.h"

#define EXIT_FOUND  1
#define EXIT_USAGE  2
#define EXIT_FAILED 70
#define HOUR_MS     3600000.0
#define MS_PER_S    1000.0
#define BREACHES    (BREACH_STUCK + 1)

typedef int spread_fn(const struct spread_options *o, struct spread_result *out);

struct options {
	uint64_t first, last;
	spread_fn *spread; /* NULL: the swarm */
	struct spread_options how;
	bool trace, json, shrink, keep_going;
};

struct totals {
	uint64_t seeds, steps, virtual_ms;
	uint64_t breaches[BREACHES];
	struct judge_finding finding; /* the first one */
	uint64_t seed;
	char place[CROWD_NAME_MAX];
	double cpu_s; /* of measuring alone */
};

enum {
	OPT_SEEDS = 256,
	OPT_SCENARIO,
	OPT_TRACE,
	OPT_JSON,
	OPT_SHRINK,
	OPT_KEEP_GOING,
	OPT_NODES,
	OPT_TOPOLOGY,
	OPT_DEGREE,
	OPT_HOURS,
	OPT_RATE,
	OPT_LATENCY,
	OPT_LOSS,
	OPT_CONTACTS,
	OPT_WITHOUT,
	OPT_HELP
};

static const struct option long_options[] = {
	{ "seeds", required_argument, NULL, OPT_SEEDS },
	{ "scenario", required_argument, NULL, OPT_SCENARIO },
	{ "trace", no_argument, NULL, OPT_TRACE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "shrink", required_argument, NULL, OPT_SHRINK },
	{ "keep-going", no_argument, NULL, OPT_KEEP_GOING },
	{ "nodes", required_argument, NULL, OPT_NODES },
	{ "topology", required_argument, NULL, OPT_TOPOLOGY },
	{ "degree", required_argument, NULL, OPT_DEGREE },
	{ "hours", required_argument, NULL, OPT_HOURS },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "latency", required_argument, NULL, OPT_LATENCY },
	{ "loss", required_argument, NULL, OPT_LOSS },
	{ "contacts", required_argument, NULL, OPT_CONTACTS },
	{ "without", required_argument, NULL, OPT_WITHOUT },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static void usage(FILE *to)
{
	(void)fprintf(
	    to,
	    "usage: outpost-sim [--seeds A[-B]] [--scenario NAME] [--json] [--trace] "
	    "[--keep-going]\n"
	    "                   [--nodes N] [--topology ring|line|star|random|geometric]\n"
	    "                   [--degree D] [--hours H] [--rate BYTES_PER_S] [--latency MS]\n"
	    "                   [--loss PERCENT] [--contacts FILE]\n"
	    "       outpost-sim --shrink SEED\n"
	    "\n"
	    "Plays many nodes in one process; a seed decides what happens, byte for byte.\n"
	    "  swarm    (unless given) faults, wrong clocks, hostile members: nothing may break\n"
	    "  alert    one alert to everybody over links that are up\n"
	    "  flaky    one alert over links that come and go, against the earliest possible\n"
	    "  backlog  one alert behind templates that fill the line\n"
	    "  day      many nodes for hours, for the speed of the simulator itself\n");
}

static double now_cpu_s(void)
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

static bool read_number(const char *text, uint64_t max, uint64_t *out)
{
	char *end;

	*out = strtoull(text, &end, 10);
	return end != text && *end == '\0' && *out <= max;
}

static bool read_scenario(const char *text, struct options *o)
{
	static const struct {
		const char *name;
		spread_fn *spread;
	} all[] = { { "swarm", NULL },
		    { "alert", spread_alert },
		    { "flaky", spread_flaky_run },
		    { "backlog", spread_backlog },
		    { "day", spread_day } };

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		if (strcmp(text, all[i].name) == 0) {
			o->spread = all[i].spread;
			return true;
		}
	}
	return false;
}

static bool read_without(const char *name)
{
#ifdef OUTPOST_MUTANTS
	rule_off = rule_find(name);
	return rule_off != RULE_COUNT;
#else
	(void)name; /* this program keeps to all rules */
	return false;
#endif
}

static bool read_line(int opt, const char *text, struct options *o)
{
	char *end;
	uint64_t n = 0;
	bool fine = true;

	switch (opt) {
	case OPT_NODES:
		fine = read_number(text, SPREAD_PLACES_MAX, &n) && n >= 2;
		o->how.nodes = (size_t)n;
		break;
	case OPT_TOPOLOGY:
		o->how.shape = spread_shape(text);
		fine = o->how.shape != 0;
		break;
	case OPT_DEGREE:
		fine = read_number(text, 16, &o->how.degree);
		break;
	case OPT_HOURS:
		fine = read_number(text, 10000, &o->how.hours);
		break;
	case OPT_RATE:
		fine = read_number(text, UINT32_MAX, &o->how.line.bytes_per_s);
		break;
	case OPT_LATENCY:
		fine = read_number(text, 60000, &o->how.line.latency_ms);
		break;
	default:
		o->how.line.loss_ppm = (uint64_t)(strtod(text, &end) * 10000.0);
		fine = end != text && *end == '\0' && o->how.line.loss_ppm <= 900000;
		break;
	}
	return fine;
}

static bool read_option(int opt, struct options *o)
{
	switch (opt) {
	case OPT_SEEDS:
	case OPT_SHRINK:
		o->shrink = o->shrink || opt == OPT_SHRINK;
		return read_seeds(optarg, o);
	case OPT_SCENARIO:
		return read_scenario(optarg, o);
	case OPT_TRACE:
		o->trace = true;
		return true;
	case OPT_JSON:
		o->json = true;
		return true;
	case OPT_KEEP_GOING:
		o->keep_going = true;
		return true;
	case OPT_CONTACTS:
		o->how.contacts = optarg;
		return true;
	case OPT_WITHOUT:
		return read_without(optarg);
	case '?':
		return false;
	default:
		return read_line(opt, optarg, o);
	}
}

/* ---- the swarm ---- */

static void note(struct totals *t, uint64_t seed, const struct judge_finding *f, const char *place)
{
	t->breaches[f->breach]++;
	if (f->breach == BREACH_NONE) {
		return;
	}
	(void)fprintf(stderr, "seed %" PRIu64 ": %s at %s after %.1f s: %s\n", seed,
		      judge_breach_name(f->breach), place,
		      (double)(f->at_ms - CROWD_START_MS) / MS_PER_S, f->text);
	if (t->finding.breach == BREACH_NONE) {
		t->finding = *f;
		t->seed = seed;
		(void)snprintf(t->place, sizeof t->place, "%s", place);
	}
}

static int play_swarm(uint64_t seed, const struct options *o, struct totals *t)
{
	static struct plan plan;
	struct play_result r = { .steps = 0 };
	int rc;

	plan_make(seed, &plan);
	rc = play_run(&plan, o->trace ? stdout : NULL, &r);
	if (rc == ERR_OK) {
		t->steps += r.steps;
		t->virtual_ms += r.virtual_ms;
		note(t, seed, &r.finding, r.place);
	}
	if (rc == ERR_OK && o->trace) {
		printf("seed=%" PRIu64 " hash=%016" PRIx64 "\n", seed, r.hash);
	}
	return rc;
}

/* Does the plan still fail in the same way without what is left out? */
static bool still_fails(const struct plan *plan, enum breach breach)
{
	struct play_result r = { .steps = 0 };

	return play_run(plan, NULL, &r) == ERR_OK && r.finding.breach == breach;
}

/* Leave out ever smaller runs of acts, as long as it fails all the same. */
static int shrink(uint64_t seed, struct totals *t)
{
	static struct plan plan;
	static struct plan less;
	struct play_result r = { .steps = 0 };
	size_t left = 0;
	int rc;

	plan_make(seed, &plan);
	rc = play_run(&plan, NULL, &r);
	if (rc != ERR_OK || r.finding.breach == BREACH_NONE) {
		return rc;
	}
	for (size_t run = plan.acts; run > 0; run /= 2) {
		for (size_t at = 0; at < plan.acts; at += run) {
			less = plan;
			for (size_t i = at; i < at + run && i < plan.acts; i++) {
				less.act[i].left_out = true;
			}
			if (still_fails(&less, r.finding.breach)) {
				plan = less;
			}
		}
	}
	for (size_t i = 0; i < plan.acts; i++) {
		left += !plan.act[i].left_out;
	}
	printf("# %zu of %zu acts are needed\n", left, plan.acts);
	rc = play_run(&plan, stdout, &r);
	note(t, seed, &r.finding, r.place);
	return rc;
}

/* ---- the others ---- */

static int play_spread(uint64_t seed, struct options *o, struct totals *t)
{
	struct spread_result r;
	int rc;

	o->how.seed = seed;
	rc = o->spread(&o->how, &r);
	if (rc != ERR_OK) {
		return rc;
	}
	t->steps += r.steps;
	t->virtual_ms += r.virtual_ms;
	t->cpu_s += r.cpu_s;
	note(t, seed, &r.finding, r.place);
	printf("{\"seed\": %" PRIu64 ", \"nodes\": %zu, \"reached\": %zu, \"half_s\": %.2f, "
	       "\"all_s\": %.2f, \"earliest_s\": %.2f, \"ratio\": %.3f, \"copies\": %.2f, "
	       "\"bytes\": %" PRIu64 ", \"steps\": %" PRIu64 ", \"cpu_s\": %.2f}\n",
	       seed, o->how.nodes, r.reached, (double)r.half_ms / MS_PER_S,
	       (double)r.all_ms / MS_PER_S, (double)r.earliest_ms / MS_PER_S,
	       r.earliest_ms == 0 ? 0 : (double)r.all_ms / (double)r.earliest_ms, r.copies, r.bytes,
	       r.steps, r.cpu_s);
	return ERR_OK;
}

static void summary(const struct options *o, const struct totals *t)
{
	const uint64_t *b = t->breaches;
	uint64_t outside = b[BREACH_OUTSIDE] + b[BREACH_FORGED];
	uint64_t other = b[BREACH_EXPIRED] + b[BREACH_CLOCK] + b[BREACH_LATE] + b[BREACH_STUCK];

	if (!o->json) {
		printf("%" PRIu64 " seeds, %" PRIu64 " events, %.1f hours, %.1f CPU-s: ", t->seeds,
		       t->steps, (double)t->virtual_ms / HOUR_MS, now_cpu_s());
		printf(t->finding.breach == BREACH_NONE ? "nothing was broken\n" : "broken\n");
		return;
	}
	printf("{\"seeds\": %" PRIu64 ", \"divergence\": %" PRIu64 ", \"lost\": %" PRIu64
	       ", \"resurrected\": %" PRIu64 ", \"outside_entitlement\": %" PRIu64
	       ", \"other\": %" PRIu64 ", \"events\": %" PRIu64
	       ", \"virtual_hours\": %.1f, \"cpu_s\": %.2f",
	       t->seeds, b[BREACH_DIVERGENCE], b[BREACH_LOST], b[BREACH_RESURRECTED], outside,
	       other, t->steps, (double)t->virtual_ms / HOUR_MS, now_cpu_s());
	if (t->finding.breach != BREACH_NONE) {
		printf(", \"seed\": %" PRIu64 ", \"invariant\": \"%s\", \"node\": \"%s\", "
		       "\"time_s\": %.1f, \"text\": \"%s\"",
		       t->seed, judge_breach_name(t->finding.breach), t->place,
		       (double)(t->finding.at_ms - CROWD_START_MS) / MS_PER_S, t->finding.text);
	}
	printf("}\n");
}

static int play(struct options *o, struct totals *t)
{
	int rc = ERR_OK;

	for (uint64_t s = o->first; rc == ERR_OK && s <= o->last; s++) {
		rc = o->shrink           ? shrink(s, t)
		     : o->spread != NULL ? play_spread(s, o, t)
					 : play_swarm(s, o, t);
		if (rc != ERR_OK) {
			(void)fprintf(stderr, "outpost-sim: seed %" PRIu64 ": %s\n", s,
				      err_text(rc));
		}
		t->seeds += rc == ERR_OK;
		if (t->finding.breach != BREACH_NONE && !o->keep_going) {
			break;
		}
	}
	return rc;
}

int main(int argc, char *argv[])
{
	struct options o = {
		.first = 1,
		.last = 1,
		.how = { .nodes = 100,
			 .shape = SPREAD_RANDOM,
			 .degree = 4,
			 .hours = 24,
			 .line = { .bytes_per_s = 8000, .latency_ms = 200, .loss_ppm = 50000 } }
	};
	struct totals t = { .seeds = 0 };
	int opt;
	int rc;

	while ((opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (opt == OPT_HELP || opt == 'h') {
			usage(stdout);
			return EXIT_SUCCESS;
		}
		if (!read_option(opt, &o)) {
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		usage(stderr);
		return EXIT_USAGE;
	}
	rc = play(&o, &t);
	summary(&o, &t);
	if (rc != ERR_OK) {
		return EXIT_FAILED;
	}
	return t.finding.breach != BREACH_NONE ? EXIT_FOUND : EXIT_SUCCESS;
}
