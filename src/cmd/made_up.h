/* Fingers who do not exist as the records that a node takes: synth/ makes them up, finger/ knows
 * how private data are written.  The same for outpost-synth and every subject of outpost-bench. */
#ifndef CMD_MADE_UP_H
#define CMD_MADE_UP_H

#include "base/buf.h"
#include "finger/finger.h"

struct made_up {
	uint64_t finger; /* seed: the same gives mates */
	uint64_t touch;
	float difficulty; /* 0..1, as synth_template takes it */
	uint8_t position; /* 0: unknown */
};

/* Append the ISO record to iso, and the private data to extended (NULL: none are wanted).
 * ERR_NOMEM. */
int made_up_records(const struct made_up *m, struct buf *iso, struct buf *extended);
/* The seed of the index-th finger of a collection. */
uint64_t made_up_seed(uint64_t collection, uint64_t index);
/* The same as a prepared template, given to the caller.  ERR_NOMEM. */
int made_up_template(const struct made_up *m, bool private_data, struct finger_template **out);

#endif
