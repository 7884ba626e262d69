/* A small world of nodes in one process: real nodes on real stores, wires and a clock that
 * exist only here.  The same seed plays the same world, byte for byte. */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "node/ask.h"
#include "node/node.h"

#define WORLD_NODES_MAX 8U
#define WORLD_START_MS  1790000000000ULL /* 2026-09-21 */

struct world;

/* Lines that nodes tell, with their names in place of ids; borrowed for the call. */
typedef void world_tell_fn(void *context, const char *line);

int world_new(uint64_t seed, world_tell_fn *on_tell, void *context, struct world **out);
void world_free(struct world *w);
uint64_t world_now(const struct world *w);
/* How many bytes have travelled over all wires. */
uint64_t world_bytes(const struct world *w);

/* A node with an own store in memory; role "hq" founds the region.  policy: Lua text or NULL. */
int world_add(struct world *w, const char *name, const char *role, const char *policy);
/* Request, signature by `by`, installation. */
int world_enrol(struct world *w, const char *name, const char *role, const char *by,
		const char *owner);
/* Two nodes can reach each other (the first dials) from now on; or no more. */
int world_join(struct world *w, const char *a, const char *b);
int world_cut(struct world *w, const char *a, const char *b);
/* The node's process dies; uncommitted work and its memory are gone.  Then it starts again. */
int world_crash(struct world *w, const char *name);
/* The node gets another policy (Lua text, NULL: none) while it runs, or is started again with
 * it.  Unlike that of world_add() it has a label, and so stands in the audit log. */
int world_policy(struct world *w, const char *name, const char *policy, bool again);
/* Its own clock goes wrong by that much from now on. */
int world_skew(struct world *w, const char *name, int64_t ms);
/* Let virtual time pass, or until nothing happens any more within it. */
int world_run(struct world *w, uint64_t ms);

/* Ask and let time pass until the answer is there (at most a minute).  body by the verb's
 * schema; the answer's texts live in the arena.  out may be NULL.  Returns the answer's code,
 * ERR_TIMEOUT when none came. */
int world_ask(struct world *w, const char *name, const char *verb, const char *officer,
	      const void *body, struct arena *arena, void *out);
/* Text of the last answer that was not ERR_OK. */
const char *world_refusal(const struct world *w);
/* The node's keys, borrowed: for a test that plays a hostile member. */
const struct keys *world_keys(const struct world *w, const char *name);
/* The node's name for the first eight hex digits of an id; the digits themselves otherwise. */
const char *world_name(const struct world *w, const char *hex8);
/* A print of a finger as an ISO template file, in the arena; a piece of it is a canary. */
struct bytes world_print(struct world *w, struct arena *arena, uint64_t finger, uint64_t touch);
/* What leaves a node otherwise than by wire: looked through for canaries. */
void world_carry(struct world *w, struct bytes file);
/* Where the word CANARY or a piece of a print has been seen in clear: "wire", "courier", "log",
 * "disk";
 * NULL when nowhere.  Looks through the files of all nodes. */
const char *world_leak(struct world *w);

#endif
