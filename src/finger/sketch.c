#include "finger/sketch.h"

#include <string.h>

#include "finger/angle.h"
#include "finger/pairs.h"

#define TURN_MAX  64 /* of 256 */
#define ALIKE_MIN 135
#define TURNS     16 /* bins of 16 steps of 256, wrapping */
#define SHIFTS    16 /* bins of SHIFT pixels each way, wrapping */
#define SHIFT     24

struct votes {
	uint16_t bin[TURNS][SHIFTS][SHIFTS];
	unsigned most;
};

/* One vote, shared between the two nearest bins in each of the three directions. */
static void vote(struct votes *v, int turn, int x, int y, unsigned weight)
{
	/* Offsets keep the values positive before they are cut into bins. */
	unsigned t = (unsigned)(turn + 256 * 16 - 8) / 16;
	unsigned u = (unsigned)(x + SHIFT * SHIFTS * 64 - SHIFT / 2) / SHIFT;
	unsigned w = (unsigned)(y + SHIFT * SHIFTS * 64 - SHIFT / 2) / SHIFT;

	for (unsigned k = 0; k < 8; k++) {
		uint16_t *b = &v->bin[(t + (k & 1)) % TURNS][(u + (k >> 1 & 1)) % SHIFTS]
				     [(w + (k >> 2)) % SHIFTS];

		*b = (uint16_t)(*b + weight);
		v->most = *b > v->most ? *b : v->most;
	}
}

unsigned sketch_alike(const struct finger_template *a, const struct finger_template *b)
{
	struct votes v;
	const struct template_set *p = a->set[0];
	const struct template_set *q = b->set[0];
	unsigned n = p->count < SKETCH_POINTS ? p->count : SKETCH_POINTS;
	unsigned m = q->count < SKETCH_POINTS ? q->count : SKETCH_POINTS;
	int cx = 0;
	int cy = 0;

	if (n == 0 || m == 0) {
		return 0;
	}
	memset(&v, 0, sizeof(v));
	for (unsigned i = 0; i < n; i++) {
		cx += p->at[i].x;
		cy += p->at[i].y;
	}
	cx /= (int)n;
	cy /= (int)n;
	for (unsigned i = 0; i < n; i++) {
		for (unsigned j = 0; j < m; j++) {
			int turn = angle_signed((uint8_t)(q->at[j].angle - p->at[i].angle));
			unsigned alike;
			float c, s, x, y;

			if (turn > TURN_MAX || turn < -TURN_MAX) {
				continue;
			}
			alike = pairs_flow_alike(&p->at[i], &q->at[j]);
			if (alike < ALIKE_MIN) {
				continue;
			}
			c = angle_cos((uint16_t)(turn * 256));
			s = angle_sin((uint16_t)(turn * 256));
			x = (float)(cx - p->at[i].x);
			y = (float)(cy - p->at[i].y);
			vote(&v, turn, q->at[j].x + angle_round(c * x - s * y),
			     q->at[j].y + angle_round(s * x + c * y), alike - ALIKE_MIN + 10);
		}
	}
	return v.most;
}
