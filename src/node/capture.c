/* Chapter 1: an officer hands in what was captured; the worker looks at it, and what it makes
 * of it is checked again.
 * Next: search.c */
#include <stdio.h>
#include <string.h>

#include "node/chapter.h"

/* What kind of file is it?  A guess for the worker, which checks. */
static enum worker_op guess(struct bytes content)
{
	if (content.len >= 4 && memcmp(content.data, "FMR", 4) == 0) {
		return WORKER_TEMPLATE;
	}
	if (content.len >= 5 && memcmp(content.data, "1.", 2) == 0) {
		return WORKER_NIST;
	}
	return WORKER_EXAMINE;
}

/* The worker gives the number of the file back with its answer. */
static int examine(struct node *n, struct pending *p, const struct ask_file *f, size_t number)
{
	struct worker_request r = { .id = number,
				    .op = guess(f->content),
				    .position = f->position,
				    .ppi = f->ppi,
				    .bytes = f->content };
	struct buf frame;
	int rc;

	buf_init(&frame, 0);
	rc = worker_put_request(&r, &frame);
	if (rc == ERR_OK) {
		rc = effects_add(n->effects, &(struct effect){ .kind = EFFECT_EXAMINE,
							       .job = p->number,
							       .bytes = buf_bytes(&frame) });
	}
	buf_done(&frame);
	return rc;
}

static struct pending *find(struct node *n, uint64_t number)
{
	for (size_t i = 0; i < PENDING_MAX; i++) {
		if (n->pending[i].number == number) {
			return &n->pending[i];
		}
	}
	return NULL;
}

void capture_done(struct pending *p)
{
	arena_done(&p->arena);
	memset(p, 0, sizeof *p);
}

/* Copy the question, since it has to wait for the worker. */
static int remember(struct node *n, struct pending *p, const struct ask *ask, bool is_notice)
{
	struct bytes body;
	int rc = ERR_OK;

	arena_init(&p->arena, 0);
	p->ask = n->event->ask;
	p->is_notice = is_notice;
	p->head.verb = arena_copy(&p->arena, ask->verb);
	p->head.officer = arena_copy(&p->arena, ask->officer);
	body = arena_copy(&p->arena, ask->body);
	p->samples = arena_take(&p->arena, WORKER_SAMPLES_MAX, sizeof *p->samples);
	p->notes = arena_take(&p->arena, WORKER_SAMPLES_MAX, sizeof *p->notes);
	if (body.data == NULL || p->samples == NULL || p->notes == NULL) {
		return ERR_NOMEM;
	}
	if (is_notice) {
		rc = schema_decode(ask_find(ask->verb)->ask, body, &p->arena, &p->notice, NULL);
		p->files = p->notice.files.count;
	} else {
		rc = schema_decode(ask_find(ask->verb)->ask, body, &p->arena, &p->check, NULL);
		p->files = p->check.files.count;
	}
	return rc;
}

/* A check names who asks, why, and on what ground (DESIGN 1, rule 3). */
static const char *refused(const struct ask *ask, const struct ask_check *c)
{
	if (ask->officer.len == 0) {
		return "officer";
	}
	if (c->purpose == 0 || (c->purpose & (c->purpose - 1)) != 0) {
		return "purpose";
	}
	return NULL;
}

/* The worker has answered for every file. */
static int go_on(struct node *n, struct pending *p)
{
	if (p->files > 0 && p->sample_count == 0 && p->code == ERR_OK) {
		p->code = ERR_MALFORMED; /* a transaction without a single print */
		(void)snprintf(p->place, sizeof p->place, "no print in it");
	}
	return p->is_notice ? issue_finish(n, p) : search_begin(n, p);
}

int capture_ask(struct node *n, const struct ask *ask, bool is_notice)
{
	struct pending *p = find(n, 0);
	const struct ask_file *files;
	const char *wrong;
	int rc;

	if (p == NULL) {
		return node_reply(n, n->event->ask, ERR_BUSY, NULL,
				  "too many checks are under way; try again", NULL, NULL);
	}
	rc = remember(n, p, ask, is_notice);
	wrong = rc != ERR_OK || is_notice ? NULL : refused(ask, &p->check);
	if (rc == ERR_OK && wrong != NULL) {
		capture_done(p);
		return node_reply(n, n->event->ask, ERR_MALFORMED, wrong,
				  "a check needs an officer, one purpose and a legal basis", NULL,
				  NULL);
	}
	if (rc != ERR_OK) {
		capture_done(p);
		return rc;
	}
	p->number = node_job(n);
	files = is_notice ? p->notice.files.items : p->check.files.items;
	for (size_t i = 0; rc == ERR_OK && i < p->files; i++) {
		rc = examine(n, p, &files[i], i + 1);
	}
	if (rc == ERR_OK && p->files == 0) {
		rc = go_on(n, p);
	}
	if (rc != ERR_OK) {
		capture_done(p);
	}
	return rc;
}

/* Where it went wrong, for the officer: which file, what in it, which byte. */
static void note_failure(struct pending *p, int code, uint64_t file, struct bytes what, uint64_t at)
{
	char text[96];

	if (p->code != ERR_OK) {
		return;
	}
	p->code = code;
	if (file == 0 || file > p->files) {
		p->place[0] = '\0';
	} else if (what.len == 0 || bytes_text(what, text, sizeof text) != ERR_OK) {
		(void)snprintf(p->place, sizeof p->place, "file %llu", (unsigned long long)file);
	} else {
		(void)snprintf(p->place, sizeof p->place, "file %llu, %s at byte %llu",
			       (unsigned long long)file, text, (unsigned long long)at);
	}
}

/* One finger that the worker found.  Its template is loaded here as a trial: the worker may
 * have been taken over by what it read, and nothing it says is believed. */
static int add_sample(struct pending *p, const struct worker_sample *w)
{
	struct finger_template *t = NULL;
	struct sample *s = &p->samples[p->sample_count];
	struct sample_note *note = &p->notes[p->sample_count];

	if (p->sample_count == WORKER_SAMPLES_MAX) {
		return ERR_LIMIT;
	}
	*note = (struct sample_note){ .position = w->position <= 10 ? w->position : 0,
				      .quality = w->score <= 100 ? w->score : 100,
				      .faults = w->faults & UINT16_MAX };
	*s = (struct sample){ .position = note->position, .quality = note->quality };
	if (w->code == 0 && w->iso.len > 0 && w->iso.len <= KINDS_ISO_MAX &&
	    w->extended.len <= KINDS_EXTENDED_MAX &&
	    finger_template_load(w->iso, w->extended, &t, NULL) == ERR_OK) {
		note->usable = 1;
		s->iso = arena_copy(&p->arena, w->iso);
		s->extended = arena_copy(&p->arena, w->extended);
		finger_template_unref(t);
		if (s->iso.data == NULL) {
			return ERR_NOMEM;
		}
	}
	p->sample_count++;
	return ERR_OK;
}

int capture_examined(struct node *n)
{
	struct pending *p = n->event->job == 0 ? NULL : find(n, n->event->job);
	struct worker_answer a;
	int rc = n->event->code;

	if (p == NULL) {
		return ERR_OK; /* it was given up */
	}
	node_touch(n);
	if (rc == ERR_OK) {
		rc = worker_read_answer(n->event->bytes, &n->arena, &a, NULL);
	}
	if (rc != ERR_OK) {
		note_failure(p, rc, 0, (struct bytes){ NULL, 0 }, 0);
		p->unread++;
	} else if (a.code != 0) {
		note_failure(p, -(int)a.code, a.id, a.place, a.at);
		p->unread++;
	} else {
		const struct worker_sample *w = a.samples.items;

		for (size_t i = 0; i < a.samples.count; i++) {
			rc = add_sample(p, &w[i]);
			if (rc == ERR_NOMEM) {
				return rc;
			}
			if (w[i].code != 0) {
				note_failure(p, -(int)w[i].code, a.id, w[i].place, w[i].at);
			}
		}
	}
	if (++p->answered < p->files) {
		return ERR_OK;
	}
	return go_on(n, p);
}
