#include "finger/template.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "finger/angle.h"
#include "finger/extended.h"
#include "finger/guess.h"
#include "finger/work.h"
#include "record/fmr.h"

#define CELL     16
#define CIRCLES  4
#define NEAR_MAX 110 /* pixels */
#define NEAR_MIN 6
#define PPCM     197
#define SIDE_MAX 4096 /* pixels at 500 ppi that a foreign record may span */

static const struct {
	float radius;
	int samples;
} circles[CIRCLES] = { { 18, 8 }, { 36, 14 }, { 56, 18 }, { 78, 24 } };

/* The flow at twice its resolution, for sampling. */
struct fine_flow {
	int columns;
	int rows;
	int left;
	int top;
	uint8_t *theta;
	uint8_t *known;
};

/* Vectors of the cells' doubled orientations, with a rim of empty cells around them, and a
 * row of the fine flow.  An unknown cell has no length. */
struct cell_vectors {
	ptrdiff_t stride;
	float *u;
	float *v;
	float *row_u;
	float *row_v;
};

static int vectors_make(const struct template_flow *flow, struct cell_vectors *c)
{
	size_t cells = ((size_t)flow->columns + 2) * ((size_t)flow->rows + 2);

	WORK(8 * cells);
	c->stride = flow->columns + 2;
	c->u = calloc(2 * cells + 4 * (size_t)flow->columns + 1, sizeof(*c->u));
	if (c->u == NULL) {
		return ERR_NOMEM;
	}
	c->v = c->u + cells;
	c->row_u = c->v + cells;
	c->row_v = c->row_u + (ptrdiff_t)2 * flow->columns;
	for (int i = 0; i < flow->columns * flow->rows; i++) {
		if (flow->cell[i] != 0) {
			ptrdiff_t at = (i / flow->columns + 1) * c->stride + i % flow->columns + 1;

			c->u[at] = angle_cos((uint16_t)(flow->cell[i] << 8));
			c->v[at] = angle_sin((uint16_t)(flow->cell[i] << 8));
		}
	}
	return ERR_OK;
}

/* A cell of 8 pixels lies a quarter of the way from the middle of its own cell of 16 to the
 * next, both ways. */
static float between(const float *own, ptrdiff_t across, ptrdiff_t down)
{
	return 9.0f * own[0] + 3.0f * own[across] + 3.0f * own[down] + own[across + down];
}

/* Interpolate cells of 16 pixels to cells of 8. */
static int fine_make(const struct template_flow *flow, struct fine_flow *fine)
{
	struct cell_vectors c;
	int cells = flow->columns * flow->rows;

	*fine = (struct fine_flow){ .columns = flow->columns * 2,
				    .rows = flow->rows * 2,
				    .left = flow->left,
				    .top = flow->top };
	fine->theta = calloc((size_t)cells * 4 + 1, 2);
	if (fine->theta == NULL || vectors_make(flow, &c) != ERR_OK) {
		free(fine->theta);
		return ERR_NOMEM;
	}
	fine->known = fine->theta + (ptrdiff_t)4 * cells;
	for (int y = 0; y < fine->rows; y++) {
		ptrdiff_t row = (y / 2 + 1) * c.stride + 1;
		ptrdiff_t down = y % 2 ? c.stride : -c.stride;

		WORK(6 * fine->columns);
		for (int x = 0; x < fine->columns; x++) {
			ptrdiff_t across = x % 2 ? 1 : -1;

			c.row_u[x] = between(c.u + row + x / 2, across, down);
			c.row_v[x] = between(c.v + row + x / 2, across, down);
			if (flow->cell[y / 2 * flow->columns + x / 2] != 0) {
				fine->known[y * fine->columns + x] = 255;
			}
		}
		angle_bytes(c.row_u, c.row_v, fine->theta + (ptrdiff_t)y * fine->columns,
			    (size_t)fine->columns);
	}
	free(c.u);
	return ERR_OK;
}

/* Where the flow is sampled around a minutia that points along +x. */
struct circle_points {
	float radius[TEMPLATE_SAMPLES];
	float x[TEMPLATE_SAMPLES]; /* on a circle of radius 1 */
	float y[TEMPLATE_SAMPLES];
};

static void circle_points_make(struct circle_points *p)
{
	int n = 0;

	for (int k = 0; k < CIRCLES; k++) {
		for (int i = 0; i < circles[k].samples; i++, n++) {
			uint16_t turn = (uint16_t)(i * 65536 / circles[k].samples);

			p->radius[n] = circles[k].radius;
			p->x[n] = angle_cos(turn);
			p->y[n] = angle_sin(turn);
		}
	}
}

/* Sample the flow on circles around a minutia, turned with it. */
static void describe(struct template_point *p, const struct fine_flow *fine,
		     const struct circle_points *at)
{
	float c = angle_cos((uint16_t)(p->angle << 8));
	float s = angle_sin((uint16_t)(p->angle << 8));
	int x[TEMPLATE_SAMPLES];
	int y[TEMPLATE_SAMPLES];

	WORK(3 * TEMPLATE_SAMPLES);
	/* No branches and no calls: the compiler takes several at once. */
	for (int i = 0; i < TEMPLATE_SAMPLES; i++) {
		float u = at->radius[i] * (c * at->x[i] - s * at->y[i]);
		float v = at->radius[i] * (s * at->x[i] + c * at->y[i]);

		x[i] = p->x - fine->left + (int)(u + copysignf(0.5f, u));
		y[i] = p->y - fine->top + (int)(v + copysignf(0.5f, v));
	}
	for (int i = 0; i < TEMPLATE_SAMPLES; i++) {
		int cell = (y[i] >> 3) * fine->columns + (x[i] >> 3);

		if (x[i] < 0 || y[i] < 0 || x[i] >= fine->columns * 8 || y[i] >= fine->rows * 8) {
			continue;
		}
		if (fine->known[cell]) {
			p->flow[i] = (uint8_t)((fine->theta[cell] - 2 * p->angle) | 1);
		}
	}
}

/* The places of a set's minutiae side by side. */
struct places {
	int x[TEMPLATE_KEPT];
	int y[TEMPLATE_KEPT];
};

static void places_make(const struct template_set *set, struct places *all)
{
	memset(all, 0, sizeof(*all));
	for (unsigned i = 0; i < set->count; i++) {
		all->x[i] = set->at[i].x;
		all->y[i] = set->at[i].y;
	}
}

/* The nearest others, in the minutia's own frame. */
static void neighbours(struct template_set *set, const struct places *all, unsigned i)
{
	struct template_point *p = &set->at[i];
	int apart[TEMPLATE_KEPT];
	int distance[TEMPLATE_NEIGHBOURS];
	unsigned who[TEMPLATE_NEIGHBOURS] = { 0 };
	float c = angle_cos((uint16_t)(p->angle << 8));
	float s = angle_sin((uint16_t)(p->angle << 8));
	int most = NEAR_MAX * NEAR_MAX; /* of the squared distance, to be taken */
	unsigned n = 0;

	WORK(TEMPLATE_KEPT + 2 * set->count);
	for (unsigned j = 0; j < TEMPLATE_KEPT; j++) {
		int dx = all->x[j] - p->x;
		int dy = all->y[j] - p->y;

		apart[j] = dx * dx + dy * dy;
	}
	for (unsigned j = 0; j < set->count; j++) {
		int d = apart[j];
		unsigned k;

		if (d > most || d < NEAR_MIN * NEAR_MIN || j == i) {
			continue;
		}
		k = n < TEMPLATE_NEIGHBOURS ? n++ : n - 1;
		for (; k > 0 && distance[k - 1] > d; k--) {
			distance[k] = distance[k - 1];
			who[k] = who[k - 1];
		}
		distance[k] = d;
		who[k] = j;
		if (n == TEMPLATE_NEIGHBOURS) {
			most = distance[n - 1] - 1;
		}
	}
	p->neighbours = (uint8_t)n;
	memset(p->near_x, 127, sizeof(p->near_x));
	memset(p->near_y, 127, sizeof(p->near_y));
	for (unsigned k = 0; k < n; k++) {
		const struct template_point *q = &set->at[who[k]];
		float dx = (float)(q->x - p->x);
		float dy = (float)(q->y - p->y);

		p->near_x[k] = (int8_t)angle_round(c * dx + s * dy);
		p->near_y[k] = (int8_t)angle_round(c * dy - s * dx);
		p->near_turn[k] = (uint8_t)(q->angle - p->angle);
	}
}

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

int template_complete(struct finger_template *t)
{
	struct fine_flow fine;
	struct circle_points at;
	int err = t->sets > 1 ? ERR_OK : guess_flow(t->set[0], &t->flow);

	if (err == ERR_OK) {
		err = fine_make(&t->flow, &fine);
	}
	if (err != ERR_OK) {
		return err;
	}
	circle_points_make(&at);
	for (unsigned k = 0; k < t->sets; k++) {
		struct places all;

		places_make(t->set[k], &all);
		for (unsigned i = 0; i < t->set[k]->count; i++) {
			describe(&t->set[k]->at[i], &fine, &at);
			neighbours(t->set[k], &all, i);
		}
	}
	free(fine.theta);
	return ERR_OK;
}

static size_t set_bytes(size_t n)
{
	return sizeof(struct template_set) + n * sizeof(struct template_point);
}

int template_new(unsigned sets, const uint8_t room[TEMPLATE_SETS], struct finger_template **out)
{
	struct finger_template *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		return ERR_NOMEM;
	}
	atomic_init(&t->references, 1);
	t->sets = (uint8_t)sets;
	for (unsigned k = 0; k < sets; k++) {
		t->set[k] = calloc(1, set_bytes(room[k]));
		if (t->set[k] == NULL) {
			finger_template_unref(t);
			return ERR_NOMEM;
		}
	}
	*out = t;
	return ERR_OK;
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
		err = template_complete(t);
	}
	t->print = 0xcbf29ce484222325ULL;
	for (unsigned k = 0; k < t->sets; k++) {
		t->print =
		    hash(t->print, t->set[k]->at, t->set[k]->count * sizeof(t->set[k]->at[0]));
	}
	return err;
}

static uint8_t kept(size_t n)
{
	return (uint8_t)(n < TEMPLATE_KEPT ? n : TEMPLATE_KEPT);
}

int finger_template_load(struct bytes iso, struct bytes extended, struct finger_template **out,
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

struct finger_template *finger_template_ref(struct finger_template *t)
{
	atomic_fetch_add_explicit(&t->references, 1, memory_order_relaxed);
	return t;
}

void finger_template_unref(struct finger_template *t)
{
	if (t == NULL || atomic_fetch_sub_explicit(&t->references, 1, memory_order_acq_rel) > 1) {
		return;
	}
	free(t->flow.cell);
	for (unsigned k = 0; k < TEMPLATE_SETS; k++) {
		if (t->set[k] != NULL) {
			explicit_bzero(t->set[k], set_bytes(t->set[k]->count));
			free(t->set[k]);
		}
	}
	free(t);
}

uint8_t finger_template_position(const struct finger_template *t)
{
	return t->position;
}

size_t finger_template_bytes(const struct finger_template *t)
{
	size_t n = sizeof(*t) + (size_t)t->flow.columns * (size_t)t->flow.rows;

	for (unsigned k = 0; k < t->sets; k++) {
		n += set_bytes(t->set[k]->count);
	}
	return n;
}
