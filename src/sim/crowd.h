/* A crowd of nodes in one process: real nodes on real stores, with a clock and wires that
 * exist only here.  The same seed and the same calls play the same world, byte for byte.
 *
 * crowd.c holds the nodes and the clock, crowd_wires.c the wires, crowd_outside.c what a node
 * has done for it by its machine (templates, searches). */
#ifndef SIM_CROWD_H
#define SIM_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node/node.h"
#include "sim/agenda.h"
#include "trust/keys.h"

#define CROWD_START_MS 1790000000000ULL /* 2026-09-21 */
#define CROWD_NAME_MAX 16U
#define CROWD_URL_MAX  160U

/* How good a way between two nodes is; of both directions. */
struct crowd_way {
	uint64_t bytes_per_s; /* 0: no limit */
	uint64_t latency_ms;
	uint64_t loss_ppm;      /* of segments; TCP sends again, later each time */
	uint64_t reorder_ppm;   /* of segments that come late */
	uint64_t duplicate_ppm; /* of segments that take the line twice */
};

struct crowd;

/* Whoever stands at a place of the crowd: a node, or something that only looks like one.  Both
 * functions as node_step(); commit is called after each step. */
struct crowd_actor {
	int (*step)(void *self, const struct event *event, struct effects *effects);
	void (*free)(void *self);
};

struct crowd_hooks {
	/* Lines that nodes tell; bytes that leave a node; answers; the end of each step; a part
	 * of the plan is due; a node has stopped for the reason in code.  Any may be NULL. */
	void (*on_tell)(void *context, size_t node, struct bytes line);
	void (*on_send)(void *context, size_t node, struct bytes bytes);
	void (*on_reply)(void *context, size_t node, uint64_t ask, struct bytes answer);
	void (*on_step)(void *context, size_t node, const struct event *event, int code);
	void (*on_act)(void *context, uint64_t number);
	void *context;
};

int crowd_new(uint64_t seed, const struct crowd_hooks *hooks, struct crowd **out);
void crowd_free(struct crowd *c);

/* A node at its place, numbered from 0, started; founds: headquarters of UTO-NORTH.  policy is
 * borrowed and may be NULL.  url: of its store. */
int crowd_add(struct crowd *c, const char *name, const char *url, bool founds,
	      const struct node_policy *policy, size_t *place);
/* The node at the place is replaced by somebody who has its keys. */
int crowd_replace(struct crowd *c, size_t place, const struct crowd_actor *actor, void *self);

/* A way between two nodes; up from the start; which is its number.  The first dials the
 * second, and the other way too if both. */
int crowd_wires_join(struct crowd *c, size_t a, size_t b, bool both,
		     const struct crowd_way *quality, size_t *which);
/* The same for two that come into reach now and see each other, as discovery does. */
int crowd_wires_meet(struct crowd *c, size_t a, size_t b, const struct crowd_way *quality,
		     size_t *which);
/* Up or down.  silent: nobody is told that the wires are gone, they find out. */
int crowd_wires_set(struct crowd *c, size_t which, bool up, bool silent);
/* Bytes of that direction (0: from a) are lost from now on, and nobody can dial; or again not. */
int crowd_wires_cut(struct crowd *c, size_t which, unsigned direction, bool cut);
void crowd_wires_quality(struct crowd *c, size_t which, const struct crowd_way *quality);
/* The process dies; it starts again after down_ms.  silent: its peers find out by themselves. */
int crowd_crash(struct crowd *c, size_t place, uint64_t down_ms, bool silent);
/* A running node gets another policy, or starts again with it. */
int crowd_policy(struct crowd *c, size_t place, const struct node_policy *policy, bool again);
/* Its own clock is off by that much from now on. */
void crowd_skew(struct crowd *c, size_t place, int64_t ms);

/* bytes: a whole struct ask. */
int crowd_ask(struct crowd *c, size_t place, uint64_t ask, struct bytes bytes);
int crowd_act(struct crowd *c, uint64_t at_ms, uint64_t number);
/* Let time pass until then; ERR_NOMEM. */
int crowd_run(struct crowd *c, uint64_t until_ms);
/* One happening; ERR_NOTFOUND when there is none until then. */
int crowd_one(struct crowd *c, uint64_t until_ms);

uint64_t crowd_now(const struct crowd *c);
uint64_t crowd_local(const struct crowd *c, size_t place);
size_t crowd_count(const struct crowd *c);
const char *crowd_name(const struct crowd *c, size_t place);
size_t crowd_find(const struct crowd *c, const char *name);
struct keys *crowd_keys(const struct crowd *c, size_t place);
bool crowd_is_up(const struct crowd *c, size_t place);
/* The place at the other end; SIZE_MAX when the wire is gone. */
size_t crowd_wires_other_end(const struct crowd *c, size_t place, uint32_t link);
uint64_t crowd_steps(const struct crowd *c);
uint64_t crowd_bytes(const struct crowd *c); /* over all wires */
/* How often a node has stopped on an error of its store. */
uint64_t crowd_stops(const struct crowd *c);
/* A hash over all events so far: two runs are the same if it is. */
uint64_t crowd_hash(const struct crowd *c);

#endif
