/* The work pool: searches of gallery snapshots, off the loop's thread.
 *
 * A search is split into as many parts as there are cores; the parts are merged when the last
 * one is done, and the result goes to the inbox as EVENT_FOUND. */
#ifndef IO_WORK_H
#define IO_WORK_H

#include <uv.h>

#include "io/inbox.h"
#include "node/effects.h"

#define WORK_PARTS_MAX 16U

struct work;

/* parts: 0 for the number of cores. */
int work_new(uv_loop_t *loop, struct inbox *inbox, unsigned parts, struct work **out);
/* Carry out an EFFECT_SEARCH: its snapshot and probes are taken out of the effect. */
void work_search(struct work *w, struct effect *effect);
/* Nothing goes to the inbox any more; what runs is waited for by the loop. */
void work_stop(struct work *w);
void work_free(struct work *w);

#endif
