/* Hybrid logical clock (Kulkarni and others, 2014): wall time that never runs backwards and
 * follows causality.
 *
 * A stamp is 48 bits of milliseconds since 1970 and 16 bits of a counter.  Stamps order and
 * break ties; they never decide what is right: the owner's revision does (record/merge.h). */
#ifndef RECORD_CLOCK_H
#define RECORD_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_STEP_MAX_MS  600000ULL   /* a remote stamp moves our clock ahead by at most this */
#define CLOCK_AHEAD_MAX_MS 86400000ULL /* stamps further ahead are kept but not believed */

struct clock {
	uint64_t stamp; /* the last one given */
};

uint64_t clock_ms(uint64_t stamp);
/* A new stamp, greater than all before; now_ms is the caller's wall time. */
uint64_t clock_tick(struct clock *c, uint64_t now_ms);
/* Having seen a remote stamp, never stamp below it, within CLOCK_STEP_MAX_MS of now. */
void clock_learn(struct clock *c, uint64_t remote, uint64_t now_ms);
/* Is the stamp at most CLOCK_AHEAD_MAX_MS ahead of now? */
bool clock_believable(uint64_t stamp, uint64_t now_ms);

#endif
