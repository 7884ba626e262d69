/* What stands in a record and in private data; template.c says what follows from it. */
#include "finger/template.h"

#include <stdlib.h>
#include <string.h>

#include "finger/extended.h"
#include "finger/work.h"
#include "record/fmr.h"

#define CELL     16
#define PPCM     197
#define SIDE_MAX 4096 /* pixels at 500 ppi that a foreign record may span */

/* The ISO record's minutiae at 500 ppi and with our angles, best first. */
static int from_record(const struct fmr *view, struct template_set *set, struct fault *fault)
{
	uint8_t done[FMR_MINUTIAE_MAX] = { 0 };

	if (view->ppcm_x < 39 || view->ppcm_x > 788 || view->ppcm_y < 39 || view->ppcm_y > 788) {
		return err_at(fault, ERR_RANGE, 18, "record resolution");
	}
	set->count = 0;
	while (set->count < TEMPLATE_KEPT && set->count < view->count) {
		const struct fmr_minutia *m;
		struct template_point *p = &set->at[set->count];
		int best = -1;
		long x, y;

		WORK(view->count);
		for (int i = 0; i < view->count; i++) {
			if (!done[i] &&
			    (best < 0 || view->minutia[i].quality > view->minutia[best].quality)) {
				best = i;
			}
		}
		done[best] = 1;
		m = &view->minutia[best];
		x = ((long)m->x * PPCM + view->ppcm_x / 2) / view->ppcm_x;
		y = ((long)m->y * PPCM + view->ppcm_y / 2) / view->ppcm_y;
		if (x >= SIDE_MAX || y >= SIDE_MAX) {
			return err_at(fault, ERR_RANGE, 28 + 6 * (size_t)best, "minutia place");
		}
		p->x = (int16_t)x;
		p->y = (int16_t)y;
		p->angle = (uint8_t)(256 - m->angle);
		p->type = m->type;
		p->quality = m->quality > 0 ? m->quality : 60; /* 0: not stated */
		set->count++;
	}
	return ERR_OK;
}

static void from_extended(const struct extended *e, struct template_set *set)
{
	set->count = 0;
	for (size_t i = 0; i < e->second.count && i < TEMPLATE_KEPT; i++) {
		const struct minutia *m = &e->second.at[i];
		struct template_point *p = &set->at[set->count++];

		p->x = m->x;
		p->y = m->y;
		p->angle = m->angle;
		p->type = m->type;
		p->quality = m->quality;
	}
}

static int flow_from_extended(const struct extended *e, struct template_flow *flow)
{
	size_t n = (size_t)e->flow.columns * e->flow.rows;

	flow->columns = e->flow.columns;
	flow->rows = e->flow.rows;
	flow->left = e->flow.left * CELL;
	flow->top = e->flow.top * CELL;
	flow->cell = calloc(n + 1, 1);
	if (flow->cell == NULL) {
		return ERR_NOMEM;
	}
	memcpy(flow->cell, e->flow.cell, n);
	return ERR_OK;
}

static uint64_t hash(uint64_t h, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++) {
		h = (h ^ p[i]) * 0x100000001b3ULL;
	}
	return h;
}

/* Of the minutiae and the cells of the flow that were read; the rest follows from them. */
static uint64_t print_of(const struct finger_template *t)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (unsigned k = 0; k < t->sets; k++) {
		for (unsigned i = 0; i < t->set[k]->count; i++) {
			const struct template_point *p = &t->set[k]->at[i];
			const uint8_t point[] = {
				(uint8_t)(p->x >> 8), (uint8_t)p->x, (uint8_t)(p->y >> 8),
				(uint8_t)p->y,        p->angle,      p->type,
				p->quality,
			};

			h = hash(h, point, sizeof(point));
		}
	}
	return t->flow.cell != NULL
		   ? hash(h, t->flow.cell, (size_t)t->flow.columns * (size_t)t->flow.rows)
		   : h;
}

static int fill(struct finger_template *t, const struct fmr *view, const struct extended *e,
		struct fault *fault)
{
	int err = from_record(view, t->set[0], fault);

	if (err != ERR_OK) {
		return err;
	}
	t->position = view->position;
	t->quality = view->quality;
	if (e != NULL) {
		from_extended(e, t->set[1]);
		t->period = e->period;
		err = flow_from_extended(e, &t->flow);
	}
	if (err == ERR_OK) {
		t->print = print_of(t);
	}
	return err;
}

static uint8_t kept(size_t n)
{
	return (uint8_t)(n < TEMPLATE_KEPT ? n : TEMPLATE_KEPT);
}

int template_read_record(struct bytes iso, struct bytes extended, struct finger_template **out,
			 struct fault *fault)
{
	struct fmr *views = malloc(FMR_VIEWS_MAX * sizeof(*views));
	struct extended *e = malloc(sizeof(*e));
	struct finger_template *t = NULL;
	size_t n;
	int err = ERR_NOMEM;

	if (views == NULL || e == NULL) {
		goto out;
	}
	err = fmr_read(iso, views, FMR_VIEWS_MAX, &n, fault);
	if (err == ERR_OK && extended.len > 0) {
		err = extended_read(extended, iso, e, fault);
	}
	if (err == ERR_OK) {
		uint8_t room[TEMPLATE_SETS] = { kept(views[0].count),
						extended.len > 0 ? kept(e->second.count) : 0 };

		err = template_new(extended.len > 0 ? 2 : 1, room, &t);
	}
	if (err == ERR_OK) {
		err = fill(t, &views[0], extended.len > 0 ? e : NULL, fault);
	}
out:
	free(views);
	free(e);
	if (err != ERR_OK) {
		finger_template_unref(t);
		return err;
	}
	*out = t;
	return ERR_OK;
}

int finger_template_load(struct bytes iso, struct bytes extended, struct finger_template **out,
			 struct fault *fault)
{
	struct finger_template *t;
	int err = template_read_record(iso, extended, &t, fault);

	if (err != ERR_OK) {
		return err;
	}
	err = template_complete(t);
	if (err != ERR_OK) {
		finger_template_unref(t);
		return err;
	}
	*out = t;
	return ERR_OK;
}
