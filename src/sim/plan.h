/* What a seed makes happen: a list of acts by their time, drawn before anything runs, so that
 * parts of it can be left out without changing the rest (--shrink).
 *
 * Swarm: each seed leaves out some kinds of acts altogether, since what always happens hides
 * what happens without it. */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/crowd.h"

#define PLAN_PLACES_MAX 16U
#define PLAN_WAYS_MAX   48U
#define PLAN_ACTS_MAX   512U

enum act_kind {
	ACT_ISSUE = 0, /* value: which notice; other: days valid */
	ACT_AMEND,
	ACT_BLOCK,
	ACT_WITHDRAW,
	ACT_CHECK, /* value: whose fingers */
	ACT_REVIEW,
	ACT_ACTION,
	ACT_ENROL,   /* a member more */
	ACT_CRASH,   /* value: ms down; other: silent */
	ACT_DOWN,    /* way: value; other: silent */
	ACT_UP,      /* way */
	ACT_CUT,     /* way: value, direction: other */
	ACT_MEND,    /* way */
	ACT_SKEW,    /* value: of the table of wrong clocks */
	ACT_RIGHT,   /* the clock is set right */
	ACT_FULL,    /* the disk: at the value-th write */
	ACT_FAIL,    /* a commit fails; other: kept */
	ACT_READ,    /* a read fails */
	ACT_HOSTILE, /* a member goes over to the other side; value: what it does */
	ACT_NIGHT,   /* everybody is off for value ms */
	ACT_QUALITY, /* way: value; other: of the table of lines */
	ACT_KINDS
};

struct act {
	uint64_t at_ms; /* after the start */
	enum act_kind kind;
	size_t place;
	uint64_t value, other;
	bool left_out;
};

struct plan {
	uint64_t seed;
	size_t places;
	const char *role[PLAN_PLACES_MAX];
	const char *country[PLAN_PLACES_MAX];
	uint64_t days[PLAN_PLACES_MAX]; /* of the passport; 0: a year */
	bool late[PLAN_PLACES_MAX];     /* enrolled by an act, not at the start */
	size_t ways;
	size_t end[PLAN_WAYS_MAX][2];
	bool both[PLAN_WAYS_MAX];
	struct act act[PLAN_ACTS_MAX];
	size_t acts;
	uint64_t ends_ms;
	bool swarm[ACT_KINDS]; /* which kinds this seed plays */
};

void plan_make(uint64_t seed, struct plan *out);
const char *plan_act_name(enum act_kind kind);
/* Of the table of lines that ACT_QUALITY names. */
const struct crowd_way *plan_line(uint64_t n);
int64_t plan_skew_ms(uint64_t n);

#endif
