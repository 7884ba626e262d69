#include "finger/template.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "finger/angle.h"
#include "finger/guess.h"
#include "finger/work.h"

#define CIRCLES  4
#define NEAR_MAX 110 /* pixels */
#define NEAR_MIN 6

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

/* What all minutiae are described by; theta of the flow is given. */
static int prepare(struct finger_template *t, struct fine_flow *fine, struct circle_points *at)
{
	int err = t->flow.cell != NULL ? ERR_OK : guess_flow(t->set[0], &t->flow);

	if (err == ERR_OK) {
		err = fine_make(&t->flow, fine);
	}
	circle_points_make(at);
	return err;
}

int template_sketch(struct finger_template *t, unsigned points)
{
	struct fine_flow fine;
	struct circle_points at;
	int err = prepare(t, &fine, &at);

	if (err != ERR_OK) {
		return err;
	}
	for (unsigned i = 0; i < points && i < t->set[0]->count; i++) {
		describe(&t->set[0]->at[i], &fine, &at);
	}
	free(fine.theta);
	return ERR_OK;
}

int template_complete(struct finger_template *t)
{
	struct fine_flow fine;
	struct circle_points at;
	int err = prepare(t, &fine, &at);

	if (err != ERR_OK) {
		return err;
	}
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
