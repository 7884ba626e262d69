#include "io/work.h"

#include <stdlib.h>
#include <string.h>

#include "io/log.h"

struct part {
	uv_work_t request;
	struct search *search;
	unsigned number;
	int code;
	struct search_result found;
};

/* What the parts share is not written while they run: they need no lock. */
struct search {
	struct work *work;
	struct gallery_snapshot *snapshot; /* owned */
	struct finger_template *probe[SEARCH_PROBES_MAX];
	size_t probes;
	struct search_filter filter;
	uint64_t job;
	unsigned parts;
	unsigned running; /* for the loop's thread only */
	struct part part[];
};

struct work {
	uv_loop_t *loop;     /* borrowed */
	struct inbox *inbox; /* borrowed */
	unsigned parts;
	bool stopped;
};

int work_new(uv_loop_t *loop, struct inbox *inbox, unsigned parts, struct work **out)
{
	struct work *w = calloc(1, sizeof *w);

	if (w == NULL) {
		return ERR_NOMEM;
	}
	w->loop = loop;
	w->inbox = inbox;
	w->parts = parts == 0 ? uv_available_parallelism() : parts;
	w->parts = w->parts > WORK_PARTS_MAX ? WORK_PARTS_MAX : w->parts;
	*out = w;
	return ERR_OK;
}

static void search_free(struct search *s)
{
	gallery_snapshot_unref(s->snapshot);
	for (size_t i = 0; i < s->probes; i++) {
		finger_template_unref(s->probe[i]);
	}
	free(s);
}

/* On a thread of the pool. */
static void run_part(uv_work_t *request)
{
	struct part *p = request->data;
	const struct search *s = p->search;

	p->code = search_part(s->snapshot, s->probe, s->probes, &s->filter, p->number, s->parts,
			      &p->found);
}

static void finish(struct search *s)
{
	struct event event = { .kind = EVENT_FOUND, .job = s->job, .found = &s->part[0].found };

	for (unsigned i = 0; i < s->parts; i++) {
		event.code = s->part[i].code != ERR_OK ? s->part[i].code : event.code;
		if (i > 0) {
			search_merge(&s->part[0].found, &s->part[i].found);
		}
	}
	if (event.code != ERR_OK) {
		/* Half a search is none: an empty list would look like "nobody". */
		event.found = NULL;
		log_write(LOG_LEVEL_ERROR, "search", "err=\"%s\"", err_text(event.code));
	}
	if (!s->work->stopped) {
		inbox_put(s->work->inbox, &event, NULL);
	}
	search_free(s);
}

static void on_part(uv_work_t *request, int status)
{
	struct part *p = request->data;
	struct search *s = p->search;

	p->code = status != 0 ? ERR_INTERNAL : p->code;
	if (--s->running == 0) {
		finish(s);
	}
}

void work_search(struct work *w, struct effect *effect)
{
	struct search *s = calloc(1, sizeof *s + w->parts * sizeof(struct part));

	if (s == NULL) {
		inbox_put(
		    w->inbox,
		    &(struct event){ .kind = EVENT_FOUND, .job = effect->job, .code = ERR_NOMEM },
		    NULL);
		return;
	}
	s->work = w;
	s->job = effect->job;
	s->parts = w->parts;
	s->snapshot = effect->snapshot;
	s->probes = effect->probes;
	s->filter = effect->filter;
	memcpy(s->probe, effect->probe, sizeof s->probe);
	effect->snapshot = NULL;
	effect->probes = 0;
	for (unsigned i = 0; i < s->parts; i++) {
		s->part[i].request.data = &s->part[i];
		s->part[i].search = s;
		s->part[i].number = i;
		s->part[i].code = ERR_INTERNAL;
		if (uv_queue_work(w->loop, &s->part[i].request, run_part, on_part) == 0) {
			s->running++;
		}
	}
	if (s->running == 0) {
		finish(s);
	}
}

void work_stop(struct work *w)
{
	if (w != NULL) {
		w->stopped = true;
	}
}

void work_free(struct work *w)
{
	free(w);
}
