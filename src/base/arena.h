/* Memory that lives for one step: taken in pieces, given back all at once.
 *
 * Blocks are wiped when they are given back, since a step handles opened bodies. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/bytes.h"

struct arena {
	struct arena_block *block; /* owned */
	size_t used;               /* in all blocks, for the limit */
	size_t limit;              /* 0: none */
};

void arena_init(struct arena *a, size_t limit);
/* Wipe and free everything that came from the arena; it can be used again. */
void arena_done(struct arena *a);
/* Zeroed memory for n things of the size, aligned for any type; NULL when there is none
 * or the limit is reached.  n = 0 gives a valid pointer. */
void *arena_take(struct arena *a, size_t n, size_t size);
/* A copy of the span in the arena; {NULL, 0} if there is no memory. */
struct bytes arena_copy(struct arena *a, struct bytes b);

#endif
