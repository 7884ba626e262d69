/* Templates and searches, with the program's own functions but without its processes. */
#include <stdlib.h>
#include <string.h>

#include "intake/worker.h"
#include "sim/crowd_inside.h"
#include "sim/records.h"

int crowd_outside_examine(struct crowd *c, size_t place, const struct effect *e)
{
	struct event event = { .kind = EVENT_EXAMINED, .job = e->job };
	struct buf out;
	int rc;

	buf_init(&out, 0);
	event.code = records_examine(e->bytes, &out);
	if (event.code == ERR_OK) {
		size_t need;

		event.code = worker_frame(buf_bytes(&out), WORKER_ANSWER_MAX, &event.bytes, &need);
	}
	rc = crowd_later(c, place, c->now_ms + 1, &event);
	buf_done(&out);
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
