/* Playing a plan: a region is made, the acts happen, everything is put right again, and the
 * judge compares. */
#ifndef SIM_PLAY_H
#define SIM_PLAY_H

#include <stdio.h>

#include "sim/judge.h"
#include "sim/plan.h"

struct play_result {
	struct judge_finding finding;
	char place[CROWD_NAME_MAX]; /* where it was found */
	uint64_t hash;              /* over all events */
	uint64_t steps;
	uint64_t entries;
	uint64_t virtual_ms;
	uint64_t stops; /* of processes, by faults of their disks */
};

/* trace: where to write what happens; NULL: nowhere.  ERR_NOMEM, ERR_INTERNAL and so on mean
 * that nothing was found out. */
int play_run(const struct plan *plan, FILE *trace, struct play_result *out);

#endif
