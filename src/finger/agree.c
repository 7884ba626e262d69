#include "finger/agree.h"

#include <math.h>
#include <string.h>

#include "finger/angle.h"

#define TURN_FAR 18    /* of 256: pairs turned more differently do not agree */
#define OFF_NEAR 7.0f  /* pixels two near pairs may be off */
#define OFF_FAR  0.09f /* and more for each pixel between them */
#define APART    24.0f /* pixels: pairs nearer than this say less */
#define ROUNDS   8
#define WEAK     0.12f /* of the strongest weight */

struct place {
	float ax;
	float ay;
	float bx;
	float by;
	uint8_t turn;
};

/* Agreement of two pairs, 0..1.  Both vectors are turned half way towards each other, so
 * that it does not matter which print is which. */
static float agreement_of(const struct place *p, const struct place *q, const float *c,
			  const float *s)
{
	int apart = (int8_t)(uint8_t)(q->turn - p->turn);
	int turn = (int8_t)p->turn * 2 + apart; /* mean, in 512 steps a turn */
	float ax = q->ax - p->ax;
	float ay = q->ay - p->ay;
	float bx = q->bx - p->bx;
	float by = q->by - p->by;
	float d = ax * ax + ay * ay;
	float e = bx * bx + by * by;
	float off, far, x, y, k, l;

	if (apart > TURN_FAR || apart < -TURN_FAR) {
		return 0;
	}
	/* cos and sin of half the mean turn: 1024 steps a turn, kept from -256. */
	k = c[turn + 256];
	l = s[turn + 256];
	x = (k * ax - l * ay) - (k * bx + l * by);
	y = (l * ax + k * ay) - (k * by - l * bx);
	off = x * x + y * y;
	d = d < e ? d : e;
	far = OFF_NEAR + OFF_FAR * sqrtf(d);
	if (off >= far * far) {
		return 0;
	}
	x = 1.0f - off / (far * far);
	y = 1.0f - 0.6f * (float)(apart < 0 ? -apart : apart) / TURN_FAR;
	x *= y;
	return d < APART * APART ? x * d / (APART * APART) : x;
}

static void matrix(const struct template_set *a, const struct template_set *b,
		   const struct pairs *pairs, float m[PAIRS_MAX][PAIRS_MAX])
{
	struct place place[PAIRS_MAX];
	float c[513];
	float s[513];

	for (int i = 0; i <= 512; i++) {
		c[i] = angle_cos((uint16_t)((i - 256) * 64));
		s[i] = angle_sin((uint16_t)((i - 256) * 64));
	}
	for (unsigned i = 0; i < pairs->count; i++) {
		const struct pair *p = &pairs->at[i];

		place[i] = (struct place){ (float)a->at[p->a].x, (float)a->at[p->a].y,
					   (float)b->at[p->b].x, (float)b->at[p->b].y, p->turn };
	}
	for (unsigned i = 0; i < pairs->count; i++) {
		m[i][i] = 0;
		for (unsigned j = 0; j < i; j++) {
			const struct pair *p = &pairs->at[i];
			const struct pair *q = &pairs->at[j];
			float v = 0;

			if (p->a != q->a && p->b != q->b) {
				v = agreement_of(&place[i], &place[j], c, s) *
				    sqrtf(p->like * q->like);
			}
			m[i][j] = v;
			m[j][i] = v;
		}
	}
}

/* One-to-one: the strongest pair, then what is left of those that share no minutia. */
static void choose(const struct pairs *pairs, float *w, float m[PAIRS_MAX][PAIRS_MAX],
		   struct agreement *out)
{
	uint8_t used_a[TEMPLATE_KEPT] = { 0 };
	uint8_t used_b[TEMPLATE_KEPT] = { 0 };
	unsigned chosen[TEMPLATE_KEPT];
	float top = 0;
	float sum = 0;

	while (out->count < TEMPLATE_KEPT) {
		unsigned best = 0;

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
			chosen[out->count] = best;
			out->a[out->count] = pairs->at[best].a;
			out->b[out->count] = pairs->at[best].b;
			out->weight[out->count] = w[best];
			out->like += pairs->at[best].like;
			out->count++;
		}
		w[best] = 0;
	}
	for (unsigned i = 0; i < out->count; i++) {
		float row = 0;

		for (unsigned j = 0; j < out->count; j++) {
			row += m[chosen[i]][chosen[j]];
		}
		sum += row;
	}
	if (out->count > 0) {
		out->strength = sum / (float)out->count;
		out->like /= (float)out->count;
	}
}

void agree_find(const struct template_set *a, const struct template_set *b,
		const struct pairs *pairs, struct agreement *out)
{
	float m[PAIRS_MAX][PAIRS_MAX];
	float w[PAIRS_MAX];
	float next[PAIRS_MAX];

	memset(out, 0, sizeof(*out));
	if (pairs->count < 2) {
		return;
	}
	matrix(a, b, pairs, m);
	for (unsigned i = 0; i < pairs->count; i++) {
		w[i] = pairs->at[i].like;
	}
	for (int round = 0; round < ROUNDS; round++) {
		float length = 0;

		for (unsigned i = 0; i < pairs->count; i++) {
			next[i] = 0.02f * w[i];
			for (unsigned j = 0; j < pairs->count; j++) {
				next[i] += m[i][j] * w[j];
			}
			length += next[i] * next[i];
		}
		length = length > 1e-12f ? 1.0f / sqrtf(length) : 0;
		for (unsigned i = 0; i < pairs->count; i++) {
			w[i] = next[i] * length;
		}
	}
	choose(pairs, w, m, out);
}
