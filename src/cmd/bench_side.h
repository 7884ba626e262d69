/* A node of a measurement: a store in a folder of its own and keys that last as long, stepped by
 * hand where no loop is measured.
 *
 * The policy lets everybody read everything; a minutiae record is taken as the worker would
 * take it. */
#ifndef CMD_BENCH_SIDE_H
#define CMD_BENCH_SIDE_H

#include "base/arena.h"
#include "node/ask.h"
#include "node/node.h"
#include "policy/policy.h"
#include "store/store.h"
#include "trust/keys.h"

struct bench_side {
	char dir[64];
	struct keys *keys;
	struct policy *policy;
	struct store *store;
	struct node *node;
};

/* A new node, started, in a transaction; also after an error it is to be dropped. */
int bench_side_make(struct bench_side *s, bool hq);
/* Its store and node again, from the folder, without a start; a loop may take it from here. */
int bench_side_open(struct bench_side *s);
void bench_side_close(struct bench_side *s);
/* Close it and remove its folder. */
void bench_side_drop(struct bench_side *s);
/* Ask within the transaction that is open; out (NULL: none wanted) lives in the arena. */
int bench_side_ask(struct bench_side *s, const char *verb, const void *body, struct arena *arena,
		   void *out);
/* Make a post a member of headquarters' region; both in transactions that are open. */
int bench_side_enrol(struct bench_side *hq, struct bench_side *post);

#endif
