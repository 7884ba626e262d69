/* What waits for an outpost-worker, in the order in which it came; for workers.c alone.
 *
 * The queue is bounded in number and in bytes.  A request that is taken out belongs to whoever
 * took it; its frame, an image of somebody, is wiped when it is freed. */
#ifndef IO_REQUESTS_H
#define IO_REQUESTS_H

#include <uv.h>

#include "node/effects.h"

struct request {
	uint64_t job;
	uint64_t id;    /* in the frame: the answer must name it */
	uint8_t *frame; /* owned */
	size_t frame_bytes;
	uv_write_t write;
	bool writing; /* the loop still reads the frame */
	bool over;    /* settled: to be freed when it is not written any more */
	struct request *next;
};

/* All zero: nothing waits. */
struct requests {
	struct request *first; /* owned */
	struct request *last;
	size_t count;
	size_t bytes;
};

/* Take the effect's bytes; ERR_BUSY when there is no room (WORKERS_QUEUE_MAX, _BYTES_MAX), and
 * then the effect keeps them. */
int requests_put(struct requests *q, struct effect *effect);
/* Given; NULL: nothing waits. */
struct request *requests_take(struct requests *q);
void requests_free(struct request *r);
/* Free all that wait. */
void requests_done(struct requests *q);

#endif
