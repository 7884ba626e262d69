/* Two nodes' sets that differ as asked, without stores: what both hold has made-up ids, what
 * only one holds is real entries, since these are sent. */
#ifndef CMD_BENCH_SETS_H
#define CMD_BENCH_SETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "sync/sync.h"

#define BENCH_SETS_CLASSES_MAX 128U

struct bench_sets_plan {
	uint64_t ids;  /* that both hold, spread over all classes */
	uint64_t diff; /* entries that one of the two holds, half of them each, in shared classes */
	uint64_t classes; /* besides control */
	uint64_t shared;  /* of these */
	uint64_t outside; /* ids that one of the two holds in the other classes */
	bool recent;      /* new ones at one side; else old ones that the other side has lost */
};

struct bench_sets;

int bench_sets_new(const struct bench_sets_plan *plan, struct bench_sets **out);
void bench_sets_free(struct bench_sets *s);
/* Another difference of the same size. */
int bench_sets_differ(struct bench_sets *s, uint64_t seed);
/* Side 0 or 1: its set, borrowed; and its list of classes with control first. */
struct sync_set *bench_sets_of(const struct bench_sets *s, int side);
size_t bench_sets_classes(const struct bench_sets *s, int side,
			  struct sync_class list[SYNC_CLASSES_MAX]);
/* A differing entry, borrowed; false for any other id. */
bool bench_sets_entry(const struct bench_sets *s, const uint8_t id[ENTRY_ID_BYTES],
		      struct sync_item *item, struct bytes *encoded);
/* Have both sides all that differed, and as many ids as they must? */
bool bench_sets_equal(const struct bench_sets *s);

#endif
