/* Bundles between nodes of a world (world.h): as outpostctl would fetch and hand them in. */
#ifndef TESTS_COURIER_H
#define TESTS_COURIER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "node/ask.h"
#include "tests/lib/world.h"

/* to: labels with commas between, "" for all.  The file and the last answer live in the arena.
 * The answer's code; world_refusal() has its text. */
int courier_export(struct world *w, const char *name, const char *to, uint64_t limit_bytes,
		   bool whole, struct arena *arena, struct bytes *file, struct answer_bundle *out);
int courier_import(struct world *w, const char *name, struct bytes file, bool dry,
		   struct arena *arena, struct answer_bundle *out);
/* The file with one bit changed. */
struct bytes courier_flip(struct arena *arena, struct bytes file, uint64_t bit);

#endif
