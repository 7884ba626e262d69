#include "finger/overlap.h"

#include <math.h>
#include <string.h>

#include "finger/angle.h"
#include "finger/work.h"

#define CELL      16
#define MATE_OFF  11.0f /* pixels */
#define MATE_TURN 22    /* of 256 */
#define LEND      50.0f /* pixels: how far a pair's leftover is believed */

int overlap_pose_of(const struct template_set *a, const struct template_set *b,
		    const struct agreement *g, struct overlap_pose *pose)
{
	float w = 0;
	float ax = 0, ay = 0, bx = 0, by = 0;
	float dot = 0, cross = 0;
	uint16_t fine;

	if (g->count < 2) {
		return 0;
	}
	for (unsigned i = 0; i < g->count; i++) {
		const struct template_point *p = &a->at[g->a[i]];
		const struct template_point *q = &b->at[g->b[i]];

		w += g->weight[i];
		ax += g->weight[i] * (float)p->x;
		ay += g->weight[i] * (float)p->y;
		bx += g->weight[i] * (float)q->x;
		by += g->weight[i] * (float)q->y;
	}
	ax /= w;
	ay /= w;
	bx /= w;
	by /= w;
	for (unsigned i = 0; i < g->count; i++) {
		float px = (float)a->at[g->a[i]].x - ax;
		float py = (float)a->at[g->a[i]].y - ay;
		float qx = (float)b->at[g->b[i]].x - bx;
		float qy = (float)b->at[g->b[i]].y - by;

		dot += g->weight[i] * (px * qx + py * qy);
		cross += g->weight[i] * (px * qy - py * qx);
	}
	fine = angle_of(dot, cross);
	pose->c = angle_cos(fine);
	pose->s = angle_sin(fine);
	pose->x = bx - (pose->c * ax - pose->s * ay);
	pose->y = by - (pose->s * ax + pose->c * ay);
	pose->turn = (uint8_t)((fine + 128U) >> 8);
	return 1;
}

static void move(const struct overlap_pose *pose, float x, float y, float *u, float *v)
{
	*u = pose->c * x - pose->s * y + pose->x;
	*v = pose->s * x + pose->c * y + pose->y;
}

static uint8_t flow_at(const struct template_flow *f, float x, float y)
{
	int cx = (int)(x - (float)f->left);
	int cy = (int)(y - (float)f->top);

	if (cx < 0 || cy < 0 || cx >= f->columns * CELL || cy >= f->rows * CELL) {
		return 0;
	}
	return f->cell[cy / CELL * f->columns + cx / CELL];
}

/* Where the points of a come to lie in b: the pose, then what the chosen pairs near by say
 * that the skin was stretched. */
static void lay(const struct template_set *a, const struct template_set *b,
		const struct agreement *g, const struct overlap_pose *pose, float *x, float *y,
		struct overlap *out)
{
	float left_x[TEMPLATE_KEPT];
	float left_y[TEMPLATE_KEPT];
	float sum = 0;

	for (unsigned k = 0; k < g->count; k++) {
		const struct template_point *p = &a->at[g->a[k]];
		const struct template_point *q = &b->at[g->b[k]];
		float u, v;

		move(pose, (float)p->x, (float)p->y, &u, &v);
		left_x[k] = (float)q->x - u;
		left_y[k] = (float)q->y - v;
		sum += left_x[k] * left_x[k] + left_y[k] * left_y[k];
	}
	out->stretch = sqrtf(sum / (float)g->count);
	for (unsigned i = 0; i < a->count; i++) {
		float weight = 0.3f;
		float dx = 0;
		float dy = 0;

		WORK(2 * g->count);
		for (unsigned k = 0; k < g->count; k++) {
			float px = (float)(a->at[i].x - a->at[g->a[k]].x) / LEND;
			float py = (float)(a->at[i].y - a->at[g->a[k]].y) / LEND;
			float d = px * px + py * py;
			float w = 1.0f / (1.0f + d * d * 4.0f);

			weight += w;
			/* cppcheck-suppress uninitvar; set above for the same k */
			dx += w * left_x[k];
			/* cppcheck-suppress uninitvar; the same */
			dy += w * left_y[k];
		}
		move(pose, (float)a->at[i].x, (float)a->at[i].y, &x[i], &y[i]);
		x[i] += dx / weight;
		y[i] += dy / weight;
	}
}

/* How well a point of the other print fits to this place, 0 (not at all) to 1. */
static float fits(const struct template_point *q, float x, float y, uint8_t angle)
{
	float dx = (float)q->x - x;
	float dy = (float)q->y - y;
	float d = (dx * dx + dy * dy) / (MATE_OFF * MATE_OFF);
	unsigned t = angle_apart(angle, q->angle);

	if (d >= 1.0f || t >= MATE_TURN) {
		return 0;
	}
	return (1.0f - d) * (1.0f - 0.5f * (float)t / MATE_TURN);
}

/* One-to-one mates by rising distance, greedily within each point of a. */
static void find_mates(const struct template_set *a, const struct template_set *b, const float *x,
		       const float *y, uint8_t turn, struct overlap_mates *out)
{
	int *mate = out->mate;
	float *fit = out->fit;
	int owner[TEMPLATE_KEPT];

	memset(owner, -1, sizeof(owner));
	for (unsigned i = 0; i < a->count; i++) {
		uint8_t angle = (uint8_t)(a->at[i].angle + turn);

		mate[i] = -1;
		fit[i] = 0;
		WORK(2 * b->count);
		for (unsigned j = 0; j < b->count; j++) {
			float f = fits(&b->at[j], x[i], y[i], angle);

			/* A point of b goes to whoever fits it better. */
			if (f > fit[i] && (owner[j] < 0 || fit[owner[j]] < f)) {
				fit[i] = f;
				mate[i] = (int)j;
			}
		}
		if (mate[i] >= 0) {
			if (owner[mate[i]] >= 0) {
				mate[owner[mate[i]]] = -1;
			}
			owner[mate[i]] = (int)i;
		}
	}
}

void overlap_minutiae(const struct finger_template *ta, const struct finger_template *tb,
		      unsigned set, const struct agreement *g, const struct overlap_pose *pose,
		      struct overlap_mates *mates, struct overlap *out)
{
	const struct template_set *a = ta->set[set];
	const struct template_set *b = tb->set[set];
	float x[TEMPLATE_KEPT];
	float y[TEMPLATE_KEPT];
	const int *mate;
	uint8_t taken[TEMPLATE_KEPT] = { 0 };

	lay(a, b, g, pose, x, y, out);
	find_mates(a, b, x, y, pose->turn, mates);
	mate = mates->mate;
	for (unsigned i = 0; i < a->count; i++) {
		float q = (float)a->at[i].quality / 100.0f;

		if (mate[i] >= 0) {
			float r = (float)b->at[mate[i]].quality / 100.0f;

			taken[mate[i]] = 1;
			out->mates += mates->fit[i] * sqrtf(q * r);
			out->could += q + r;
		} else if (flow_at(&tb->flow, x[i], y[i]) != 0) {
			out->could += q;
		}
	}
	for (unsigned j = 0; j < b->count; j++) {
		/* Back into the first print: the turn undone. */
		float u = (float)b->at[j].x - pose->x;
		float v = (float)b->at[j].y - pose->y;

		if (!taken[j] &&
		    flow_at(&ta->flow, pose->c * u + pose->s * v, pose->c * v - pose->s * u) != 0) {
			out->could += (float)b->at[j].quality / 100.0f;
		}
	}
}
