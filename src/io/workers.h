/* The supervisor of the outpost-worker processes (intake/worker.h).
 *
 * Each child has one request at a time and no environment, files or group of ours.  A child
 * that dies, hangs or answers garbage loses that one request and is replaced at once; one that
 * says it is its last answer is let go.  Every request gets exactly one EVENT_EXAMINED. */
#ifndef IO_WORKERS_H
#define IO_WORKERS_H

#include <uv.h>

#include "io/inbox.h"
#include "node/effects.h"

#define WORKERS_MAX         2U
#define WORKERS_TIME_MS     10000U /* for one request; then the child is killed */
#define WORKERS_QUEUE_MAX   256U
#define WORKERS_BYTES_MAX   (256U << 20) /* of the requests that wait */
#define WORKERS_RESTART_MS  100U         /* after a child that has never answered */
#define WORKERS_RESTART_MAX 5000U        /* when that goes on and on */

struct workers_config {
	const char *path; /* of the program; copied */
	unsigned count;   /* 1..WORKERS_MAX */
	uint64_t time_ms; /* 0: WORKERS_TIME_MS */
};

struct workers;

int workers_new(uv_loop_t *loop, struct inbox *inbox, const struct workers_config *config,
		struct workers **out);
/* Carry out an EFFECT_EXAMINE; its bytes are taken out of the effect. */
void workers_examine(struct workers *w, struct effect *effect);
/* How often a child has died or had to be killed. */
uint64_t workers_failures(const struct workers *w);
/* Kill the children; as tcp_stop() and tcp_free(). */
void workers_stop(struct workers *w);
void workers_free(struct workers *w);

#endif
