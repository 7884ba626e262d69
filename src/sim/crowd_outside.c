/* Templates and searches, with the program's own functions but without its processes. */
#include <stdlib.h>
#include <string.h>

#include "intake/worker.h"
#include "record/fmr.h"
#include "sim/crowd_inside.h"

#define QUALITY 60U

/* What outpost-worker does with a minutiae record; images have tests of their own. */
static int answer(struct bytes frame, struct arena *arena, struct buf *iso, struct buf *out)
{
	struct worker_request request;
	struct worker_answer a = { 0 };
	struct worker_sample sample = { .format = WORKER_FORMAT_MINUTIAE, .score = QUALITY };
	struct fault fault = { .what = "record" };
	struct fmr view;
	struct bytes body;
	size_t n = 0;
	int rc = worker_frame(frame, WORKER_REQUEST_MAX, &body, &n);

	if (rc == ERR_OK) {
		rc = worker_read_request(body, arena, &request, NULL);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	a.id = request.id;
	rc = fmr_read(request.bytes, &view, 1, &n, &fault);
	if (rc != ERR_OK) {
		a.code = (uint64_t)-rc;
		a.place = bytes_of(fault.what);
		a.at = fault.at;
		rc = ERR_OK;
	} else {
		sample.position = view.position;
		rc = fmr_write(&view, 1, FMR_ISO_2005, iso);
		sample.iso = buf_bytes(iso);
		a.samples = (struct list){ .items = &sample, .count = 1 };
	}
	return rc == ERR_OK ? worker_put_answer(&a, out) : rc;
}

int crowd_outside_examine(struct crowd *c, size_t place, const struct effect *e)
{
	struct event event = { .kind = EVENT_EXAMINED, .job = e->job };
	struct arena arena;
	struct buf iso;
	struct buf out;
	int rc;

	arena_init(&arena, WORKER_ARENA_BYTES);
	buf_init(&iso, 0);
	buf_init(&out, 0);
	event.code = answer(e->bytes, &arena, &iso, &out);
	if (event.code == ERR_OK) {
		size_t need;

		event.code = worker_frame(buf_bytes(&out), WORKER_ANSWER_MAX, &event.bytes, &need);
	}
	rc = crowd_later(c, place, c->now_ms + 1, &event);
	buf_done(&out);
	buf_done(&iso);
	arena_done(&arena);
	return rc;
}

int crowd_outside_search(struct crowd *c, size_t place, const struct effect *e)
{
	struct search_result found = { .count = 0 };
	struct event event = { .kind = EVENT_FOUND, .job = e->job, .found = &found };

	event.code = search_part(e->snapshot, e->probe, e->probes, &e->filter, 0, 1, &found);
	if (event.code != ERR_OK) {
		event.found = NULL;
	}
	return crowd_later(c, place, c->now_ms + 1, &event);
}
