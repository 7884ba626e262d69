#include "finger/pairs.h"

#include "finger/angle.h"
#include "finger/work.h"

#include <string.h>

#define TURN_MAX   64 /* of 256: prints turned by more than a quarter are not searched */
#define FAR        40 /* of 128: flow that differs more counts as different */
#define KNOWN_MIN  20 /* samples known in both */
#define FLOW_MIN   0.50f
#define TAKEN      160 /* pairs whose neighbours are looked at */
#define LEVELS     256
#define NEAR_ANGLE 22
#define FAR_MAX    64 /* pixels: no tolerance is that wide */
#define NEAR_MIN   6

/* Lanes for the compiler; every operation is on whole numbers, so all widths agree. */
typedef int8_t lanes __attribute__((vector_size(16)));
typedef uint8_t ulanes __attribute__((vector_size(16)));
typedef uint64_t words __attribute__((vector_size(16)));
typedef int16_t shorts __attribute__((vector_size(16)));
typedef int8_t bytes8 __attribute__((vector_size(8)));
typedef uint8_t ubytes8 __attribute__((vector_size(8)));

static unsigned sum_of(ulanes v)
{
	words w = (words)v;
	words even = w & 0x00ff00ff00ff00ffULL;
	words odd = (w >> 8) & 0x00ff00ff00ff00ffULL;
	words both = even + odd;
	uint64_t s = both[0] + both[1];

	return (unsigned)((s * 0x0001000100010001ULL) >> 48);
}

unsigned pairs_flow_alike(const struct template_point *a, const struct template_point *b)
{
	ulanes sum = { 0 };
	ulanes known = { 0 };
	unsigned n;

	for (int k = 0; k < TEMPLATE_SAMPLES; k += 16) {
		ulanes x, y, both, d, m;

		memcpy(&x, a->flow + k, 16);
		memcpy(&y, b->flow + k, 16);
		both = x & y & 1;
		/* Wraps: half a turn of the doubled angle is 128. */
		d = (x & 254) - (y & 254);
		m = (ulanes)((lanes)d < 0);
		d = (d ^ m) - m;
		m = (ulanes)(d < FAR) & (0 - both);
		sum += (FAR - d) & m;
		known += both;
	}
	n = sum_of(known);
	if (n < KNOWN_MIN) {
		return 0;
	}
	return sum_of(sum) * 255U / (FAR * (n + 4));
}

static shorts least_of(shorts a, shorts b)
{
	shorts m = a < b;

	return (a & m) | (b & ~m);
}

/* How many of the nearest neighbours two minutiae have in common: 0..1. */
static float neighbours_alike(const struct template_point *a, const struct template_point *b)
{
	float sum = 0;
	int most = a->neighbours < b->neighbours ? a->neighbours : b->neighbours;
	bytes8 x, y;
	ubytes8 turns;
	shorts bx, by;

	memcpy(&x, b->near_x, sizeof(x));
	memcpy(&y, b->near_y, sizeof(y));
	memcpy(&turns, b->near_turn, sizeof(turns));
	bx = __builtin_convertvector(x, shorts);
	by = __builtin_convertvector(y, shorts);
	WORK(4 * a->neighbours);
	for (int i = 0; i < a->neighbours; i++) {
		short far =
		    (short)(64 + (a->near_x[i] * a->near_x[i] + a->near_y[i] * a->near_y[i]) / 40);
		shorts dx = bx - a->near_x[i];
		shorts dy = by - a->near_y[i];
		shorts turn = __builtin_convertvector((bytes8)(turns - a->near_turn[i]), shorts);
		/* FAR_MAX squared twice still fits a short; farther ones are masked out. */
		shorts near = (dx < FAR_MAX) & (dx > -FAR_MAX) & (dy < FAR_MAX) & (dy > -FAR_MAX) &
			      (turn < NEAR_ANGLE) & (turn > -NEAR_ANGLE);
		shorts d = (((dx & near) * (dx & near) + (dy & near) * (dy & near)) & near) |
			   (~near & 0x7fff);

		d = least_of(d, __builtin_shufflevector(d, d, 4, 5, 6, 7, 0, 1, 2, 3));
		d = least_of(d, __builtin_shufflevector(d, d, 2, 3, 0, 1, 6, 7, 4, 5));
		d = least_of(d, __builtin_shufflevector(d, d, 1, 0, 3, 2, 5, 4, 7, 6));
		if (d[0] < far) {
			sum += 1.0f - 0.5f * (float)d[0] / (float)far;
		}
	}
	return sum / (float)(most > NEAR_MIN ? most : NEAR_MIN);
}

struct found {
	uint8_t a;
	uint8_t b;
	uint8_t flow;
};

/* All pairs with like flow, and how many of each likeness there are. */
static unsigned gather(const struct template_set *a, const struct template_set *b,
		       struct found *found, unsigned count[LEVELS])
{
	unsigned n = 0;

	for (unsigned i = 0; i < a->count; i++) {
		WORK(2 * b->count);
		for (unsigned j = 0; j < b->count; j++) {
			int turn = angle_signed((uint8_t)(b->at[j].angle - a->at[i].angle));
			unsigned s;

			if (turn > TURN_MAX || turn < -TURN_MAX) {
				continue;
			}
			WORK(5);
			s = pairs_flow_alike(&a->at[i], &b->at[j]);
			if (s >= (unsigned)(FLOW_MIN * 255)) {
				found[n++] = (struct found){ (uint8_t)i, (uint8_t)j, (uint8_t)s };
				count[s]++;
			}
		}
	}
	return n;
}

static void insert(struct pairs *out, struct pair p)
{
	unsigned k;

	if (out->count == PAIRS_MAX && p.like <= out->at[PAIRS_MAX - 1].like) {
		return;
	}
	k = out->count < PAIRS_MAX ? out->count++ : PAIRS_MAX - 1;
	WORK(1 + k);
	for (; k > 0 && out->at[k - 1].like < p.like; k--) {
		out->at[k] = out->at[k - 1];
	}
	out->at[k] = p;
}

void pairs_find(const struct template_set *a, const struct template_set *b, struct pairs *out)
{
	struct found found[TEMPLATE_KEPT * TEMPLATE_KEPT];
	unsigned count[LEVELS] = { 0 };
	unsigned n = gather(a, b, found, count);
	unsigned taken = 0;
	unsigned least = LEVELS - 1;

	/* The likeness at which TAKEN pairs are left; ties are cut in the order of indices. */
	while (least > 0 && taken + count[least] <= TAKEN) {
		taken += count[least--];
	}
	out->count = 0;
	WORK(LEVELS + n);
	for (unsigned i = 0; i < n; i++) {
		const struct template_point *p = &a->at[found[i].a];
		const struct template_point *q = &b->at[found[i].b];
		float flow = (float)found[i].flow / 255.0f;
		float near;

		if (found[i].flow <= least) {
			continue;
		}
		near = neighbours_alike(p, q);
		insert(out, (struct pair){ .a = found[i].a,
					   .b = found[i].b,
					   .turn = (uint8_t)(q->angle - p->angle),
					   .like = flow * flow * (0.25f + 0.75f * near) });
	}
}
