/* The measurements of spread.h, within themselves: spread.c, spread_flaky.c. */
#ifndef SIM_SPREAD_INSIDE_H
#define SIM_SPREAD_INSIDE_H

#include <time.h>

#include "sim/region.h"
#include "sim/spread.h"

#define SPREAD_WAYS_MAX 2048U

struct spread {
	const struct spread_options *o;
	struct region *region; /* owned */
	size_t way[SPREAD_WAYS_MAX];
	size_t end[SPREAD_WAYS_MAX][2];
	size_t ways;
	uint64_t dice;
	uint64_t from_ms;
	uint64_t bytes_from, steps_from;
	clock_t clock_from;
	uint8_t alert[ENTRY_ID_BYTES];
	size_t alert_bytes;
	uint64_t carried; /* messages that may carry it */
};

/* Members of a region who know each other, on lines that cost nothing. */
int spread_set_up(struct spread *s);
void spread_start_clock(struct spread *s, struct spread_result *out);
void spread_stop_clock(struct spread *s, struct spread_result *out);
/* One alert: a notice without prints. */
int spread_issue(struct spread *s, const char *reference);
/* How many have it, and when the last of them got it. */
size_t spread_count_reached(const struct spread *s, uint64_t *last_ms);

#endif
