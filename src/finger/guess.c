#include "finger/guess.h"

#include <stdlib.h>

#include "finger/angle.h"
#include "finger/work.h"

#define CELL      16
#define SPLAT     56   /* pixels: how far a minutia tells the flow, without an image */
#define FLOW_SIDE 77   /* cells each way: as many as private data may have */
#define FARTHEST  4096 /* pixels: no minutia lies beyond */

/* Let a minutia's direction weigh in the cells around it; sum holds cos, sin, weight each. */
static void splat(const struct template_point *p, const struct template_flow *flow, float *sum)
{
	float c = angle_cos((uint16_t)(p->angle << 9));
	float s = angle_sin((uint16_t)(p->angle << 9));
	int bx = (p->x - flow->left) / CELL;
	int by = (p->y - flow->top) / CELL;

	WORK(49 * 10);
	for (int y = by - SPLAT / CELL; y <= by + SPLAT / CELL; y++) {
		for (int x = bx - SPLAT / CELL; x <= bx + SPLAT / CELL; x++) {
			int dx = flow->left + x * CELL + CELL / 2 - p->x;
			int dy = flow->top + y * CELL + CELL / 2 - p->y;
			float d = (float)dx * (float)dx + (float)dy * (float)dy;
			float w = angle_decay(d / (2 * 22.0f * 22.0f));
			float *to;

			if (x < 0 || y < 0 || x >= flow->columns || y >= flow->rows) {
				continue;
			}
			to = sum + (ptrdiff_t)3 * (y * flow->columns + x);
			to[0] += w * c;
			to[1] += w * s;
			to[2] += w;
		}
	}
}

/* The cells from least to most, or as many as FLOW_SIDE around the middle: no finger is larger. */
static int cells_between(int least, int most, int middle, int *cells)
{
	*cells = (most - least + 2 * SPLAT) / CELL + 1;
	if (*cells > FLOW_SIDE) {
		*cells = FLOW_SIDE;
		return middle - FLOW_SIDE * CELL / 2;
	}
	return least - SPLAT;
}

/* Where the flow stands that the minutiae can tell. */
static void flow_around(const struct template_set *set, struct template_flow *flow)
{
	int x0 = FARTHEST;
	int y0 = FARTHEST;
	int x1 = 0;
	int y1 = 0;
	int n = set->count > 0 ? (int)set->count : 1;
	int x = 0;
	int y = 0;

	for (unsigned i = 0; i < set->count; i++) {
		x0 = set->at[i].x < x0 ? set->at[i].x : x0;
		y0 = set->at[i].y < y0 ? set->at[i].y : y0;
		x1 = set->at[i].x > x1 ? set->at[i].x : x1;
		y1 = set->at[i].y > y1 ? set->at[i].y : y1;
		x += set->at[i].x;
		y += set->at[i].y;
	}
	if (set->count == 0) {
		x0 = x1 = y0 = y1 = 0;
	}
	flow->left = cells_between(x0, x1, x / n, &flow->columns);
	flow->top = cells_between(y0, y1, y / n, &flow->rows);
}

int guess_flow(const struct template_set *set, struct template_flow *flow)
{
	float *sum;

	flow_around(set, flow);
	flow->cell = calloc((size_t)flow->columns, (size_t)flow->rows);
	sum = calloc((size_t)flow->columns * (size_t)flow->rows, 3 * sizeof(*sum));
	if (flow->cell == NULL || sum == NULL) {
		free(sum);
		return ERR_NOMEM;
	}
	for (unsigned i = 0; i < set->count; i++) {
		splat(&set->at[i], flow, sum);
	}
	WORK(5 * flow->columns * flow->rows);
	for (int i = 0; i < flow->columns * flow->rows; i++) {
		const float *at = sum + (ptrdiff_t)3 * i;

		if (at[2] > 0.15f) {
			uint8_t theta = angle_byte(at[0], at[1]);

			flow->cell[i] = theta > 0 ? theta : 1;
		}
	}
	free(sum);
	return ERR_OK;
}
