#include "record/clock.h"

#include "base/rule.h"

#define COUNT_BITS 16
#define MS_MAX     ((1ULL << 48) - 1)

uint64_t clock_ms(uint64_t stamp)
{
	return stamp >> COUNT_BITS;
}

static uint64_t at_ms(uint64_t ms)
{
	return (ms > MS_MAX ? MS_MAX : ms) << COUNT_BITS;
}

uint64_t clock_tick(struct clock *c, uint64_t now_ms)
{
	uint64_t now = at_ms(now_ms);

	/* A full counter carries into the milliseconds, which is still in order. */
	c->stamp = now > c->stamp ? now : c->stamp + 1;
	return c->stamp;
}

void clock_learn(struct clock *c, uint64_t remote, uint64_t now_ms)
{
	uint64_t most = at_ms(now_ms + CLOCK_STEP_MAX_MS);

	if (RULE(clock_step, remote > most)) {
		remote = most;
	}
	if (remote > c->stamp) {
		c->stamp = remote;
	}
}

bool clock_believable(uint64_t stamp, uint64_t now_ms)
{
	return clock_ms(stamp) <= now_ms + CLOCK_AHEAD_MAX_MS;
}
