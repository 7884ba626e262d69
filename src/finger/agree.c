#include "finger/agree.h"

#include <math.h>
#include <string.h>

#include "finger/angle.h"
#include "finger/work.h"

#define TURN_FAR 18    /* of 256: pairs turned more differently do not agree */
#define OFF_NEAR 7.0f  /* pixels two near pairs may be off */
#define OFF_FAR  0.09f /* and more for each pixel between them */
#define APART    24.0f /* pixels: pairs nearer than this say less */
#define ROUNDS   8
#define WEAK     0.12f /* of the strongest weight */

/* A pair as the agreement sees it; c and s are of a quarter of its turn. */
struct place {
	float ax;
	float ay;
	float bx;
	float by;
	float c;
	float s;
	float root; /* of its likeness */
	int turn;
};

struct edge {
	uint8_t i;
	uint8_t j;
	float agreement;
};

/* The matrix of agreement: few pairs agree, so what is not 0 stands in a list. */
struct graph {
	unsigned count;
	struct edge edge[PAIRS_MAX * (PAIRS_MAX - 1) / 2];
};

/* Agreement of two pairs, 0..1.  Both vectors are turned half way towards each other, so
 * that it does not matter which print is which. */
static float agreement_of(const struct place *p, const struct place *q)
{
	float turned = (float)(q->turn > p->turn ? q->turn - p->turn : p->turn - q->turn);
	float ax = q->ax - p->ax;
	float ay = q->ay - p->ay;
	float bx = q->bx - p->bx;
	float by = q->by - p->by;
	float d = ax * ax + ay * ay;
	float e = bx * bx + by * by;
	/* A quarter of the one turn and a quarter of the other: half of their mean. */
	float c = p->c * q->c - p->s * q->s;
	float s = p->s * q->c + p->c * q->s;
	float x = (c * ax - s * ay) - (c * bx + s * by);
	float y = (s * ax + c * ay) - (c * by - s * bx);
	float off = x * x + y * y;
	float far;

	d = d < e ? d : e;
	far = OFF_NEAR + OFF_FAR * sqrtf(d);
	if (off >= far * far) {
		return 0;
	}
	x = (1.0f - off / (far * far)) * (1.0f - 0.6f * turned / TURN_FAR);
	return d < APART * APART ? x * d / (APART * APART) : x;
}

static void connect(const struct template_set *a, const struct template_set *b,
		    const struct pairs *pairs, struct graph *g)
{
	struct place place[PAIRS_MAX];

	for (unsigned i = 0; i < pairs->count; i++) {
		const struct pair *p = &pairs->at[i];
		int turn = angle_signed(p->turn);

		place[i] = (struct place){ .ax = (float)a->at[p->a].x,
					   .ay = (float)a->at[p->a].y,
					   .bx = (float)b->at[p->b].x,
					   .by = (float)b->at[p->b].y,
					   .c = angle_cos((uint16_t)(turn * 64)),
					   .s = angle_sin((uint16_t)(turn * 64)),
					   .root = sqrtf(p->like),
					   .turn = turn };
	}
	g->count = 0;
	for (unsigned i = 1; i < pairs->count; i++) {
		WORK(8 * i);
		for (unsigned j = 0; j < i; j++) {
			const struct pair *p = &pairs->at[i];
			const struct pair *q = &pairs->at[j];
			float v;

			if (place[i].turn - place[j].turn > TURN_FAR ||
			    place[j].turn - place[i].turn > TURN_FAR || p->a == q->a ||
			    p->b == q->b) {
				continue;
			}
			v = agreement_of(&place[i], &place[j]);
			if (v > 0) {
				g->edge[g->count++] =
				    (struct edge){ (uint8_t)i, (uint8_t)j,
						   v * (place[i].root * place[j].root) };
			}
		}
	}
}

/* One-to-one: the strongest pair, then what is left of those that share no minutia. */
static void choose(const struct pairs *pairs, float *w, const struct graph *graph,
		   struct agreement *out)
{
	uint8_t used_a[TEMPLATE_KEPT] = { 0 };
	uint8_t used_b[TEMPLATE_KEPT] = { 0 };
	uint8_t chosen[PAIRS_MAX] = { 0 };
	float top = 0;
	float sum = 0;

	while (out->count < TEMPLATE_KEPT) {
		unsigned best = 0;

		WORK(pairs->count);
		for (unsigned i = 1; i < pairs->count; i++) {
			best = w[i] > w[best] ? i : best;
		}
		top = out->count == 0 ? w[best] : top;
		if (w[best] <= 0 || w[best] < WEAK * top) {
			break;
		}
		if (!used_a[pairs->at[best].a] && !used_b[pairs->at[best].b]) {
			used_a[pairs->at[best].a] = 1;
			used_b[pairs->at[best].b] = 1;
			chosen[best] = 1;
			out->a[out->count] = pairs->at[best].a;
			out->b[out->count] = pairs->at[best].b;
			out->weight[out->count] = w[best];
			out->like += pairs->at[best].like;
			out->count++;
		}
		w[best] = 0;
	}
	WORK(graph->count);
	for (unsigned k = 0; k < graph->count; k++) {
		if (chosen[graph->edge[k].i] && chosen[graph->edge[k].j]) {
			sum += 2 * graph->edge[k].agreement;
		}
	}
	if (out->count > 0) {
		out->strength = sum / (float)out->count;
		out->like /= (float)out->count;
	}
}

void agree_find(const struct template_set *a, const struct template_set *b,
		const struct pairs *pairs, struct agreement *out)
{
	struct graph graph;
	float w[PAIRS_MAX];
	float next[PAIRS_MAX];

	memset(out, 0, sizeof(*out));
	if (pairs->count < 2) {
		return;
	}
	connect(a, b, pairs, &graph);
	for (unsigned i = 0; i < pairs->count; i++) {
		w[i] = pairs->at[i].like;
	}
	for (int round = 0; round < ROUNDS; round++) {
		float length = 0;

		WORK(2 * graph.count + 3 * pairs->count);
		for (unsigned i = 0; i < pairs->count; i++) {
			next[i] = 0.02f * w[i];
		}
		for (unsigned k = 0; k < graph.count; k++) {
			const struct edge *e = &graph.edge[k];

			next[e->i] += e->agreement * w[e->j];
			next[e->j] += e->agreement * w[e->i];
		}
		for (unsigned i = 0; i < pairs->count; i++) {
			length += next[i] * next[i];
		}
		length = length > 1e-12f ? 1.0f / sqrtf(length) : 0;
		for (unsigned i = 0; i < pairs->count; i++) {
			w[i] = next[i] * length;
		}
	}
	choose(pairs, w, &graph, out);
}
