#include "io/requests.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "intake/worker.h"
#include "io/workers.h"

/* The number by which the answer must name it. */
static uint64_t id_of(struct bytes frame)
{
	struct worker_request r = { 0 };
	struct arena arena;
	struct bytes body;
	size_t need;

	arena_init(&arena, WORKER_ARENA_BYTES);
	if (worker_frame(frame, WORKER_REQUEST_MAX, &body, &need) != ERR_OK ||
	    worker_read_request(body, &arena, &r, NULL) != ERR_OK) {
		r.id = 0;
	}
	arena_done(&arena);
	return r.id;
}

int requests_put(struct requests *q, struct effect *effect)
{
	struct request *r = NULL;

	if (q->count < WORKERS_QUEUE_MAX && effect->bytes.len <= WORKERS_BYTES_MAX - q->bytes) {
		r = calloc(1, sizeof *r);
	}
	if (r == NULL) {
		return ERR_BUSY;
	}
	r->job = effect->job;
	r->id = id_of(effect->bytes);
	r->frame = effect->owned;
	r->frame_bytes = effects_take_bytes(effect).len;
	if (q->last == NULL) {
		q->first = r;
	} else {
		q->last->next = r;
	}
	q->last = r;
	q->count++;
	q->bytes += r->frame_bytes;
	return ERR_OK;
}

struct request *requests_take(struct requests *q)
{
	struct request *r = q->first;

	if (r != NULL) {
		q->first = r->next;
		q->last = q->first == NULL ? NULL : q->last;
		q->count--;
		q->bytes -= r->frame_bytes;
		r->next = NULL;
	}
	return r;
}

void requests_free(struct request *r)
{
	if (r != NULL) {
		if (r->frame != NULL) {
			explicit_bzero(r->frame, r->frame_bytes);
		}
		free(r->frame);
		free(r);
	}
}

void requests_done(struct requests *q)
{
	struct request *r;

	while ((r = requests_take(q)) != NULL) {
		requests_free(r);
	}
}
