/* One print: layers over its grey image. */
#include "cmd/show_inside.h"
#include "finger/angle.h"
#include "picture/trace.h"

/* Lengths in pixels at 500 ppi, where ridges are about nine apart. */
#define BLOCK      8
#define RIDGE      1.3F
#define STROKE     1.0F /* of minutiae */
#define STROKE_LOW 0.7F /* of poor ones */
#define HALO       1.4F /* of white around them, to both sides together */
#define RADIUS     2.2F
#define RADIUS_Q   1.8F /* and more with quality */
#define TAIL       2.8F /* radii from the middle */
#define FLOW_HALF  5.0F
#define MATE_NEAR  1.5F
#define TOLERANCE  0.55F

#define FADE 58 /* of 100: how dark the image stays */
#define VEIL 0.62F

/* ---- the image, and what is seen block by block ---- */

static int draw_image(struct drawing *d)
{
	const struct bytes grey = d->print->sight.grey;
	uint8_t *faded;

	picture_box(d->p, show_ink(0xfafafa, 0, 1), show_at(d, 0, 0),
		    show_at(d, d->print->width, d->print->height));
	if (grey.len == 0) {
		return ERR_OK;
	}
	faded = arena_take(d->arena, grey.len, 1);
	if (faded == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < grey.len; i++) {
		faded[i] = (uint8_t)(255 - (255 - grey.data[i]) * FADE / 100);
	}
	picture_grey(d->p, (struct bytes){ faded, grey.len }, d->print->sight.width,
		     show_at(d, 0, 0), show_at(d, d->print->width, d->print->height));
	return ERR_OK;
}

static int columns_of(const struct show_print *p)
{
	return ((int)p->sight.width + BLOCK - 1) / BLOCK;
}

static int rows_of(const struct show_print *p)
{
	return ((int)p->sight.height + BLOCK - 1) / BLOCK;
}

static bool is_print(const struct show_print *p, int column, int row)
{
	return column >= 0 && row >= 0 && column < columns_of(p) && row < rows_of(p) &&
	       p->sight.mask.data[row * columns_of(p) + column] != 0;
}

static void draw_blocks(struct drawing *d, struct picture_ink with, int from, int to, int row)
{
	const struct show_print *p = d->print;
	float right = (float)(to * BLOCK) < p->width ? (float)(to * BLOCK) : p->width;
	float bottom = (float)(row * BLOCK + BLOCK);

	picture_box(d->p, with, show_at(d, (float)(from * BLOCK), (float)(row * BLOCK)),
		    show_at(d, right, bottom < p->height ? bottom : p->height));
}

/* Runs of equal blocks in one row each: value says which, -1 is none. */
static void draw_runs(struct drawing *d, int (*value)(const struct show_print *, int, int),
		      struct picture_ink (*ink_of)(int))
{
	int columns = columns_of(d->print);

	for (int row = 0; row < rows_of(d->print); row++) {
		for (int from = 0, to = 0; from < columns; from = to) {
			int v = value(d->print, from, row);

			while (to < columns && value(d->print, to, row) == v) {
				to++;
			}
			if (v >= 0) {
				draw_blocks(d, ink_of(v), from, to, row);
			}
		}
	}
}

static int veil_value(const struct show_print *p, int column, int row)
{
	return is_print(p, column, row) ? -1 : 0;
}

static struct picture_ink veil_ink(int value)
{
	(void)value;
	return show_ink(SHOW_WHITE_INK, 0, VEIL);
}

static int clarity_value(const struct show_print *p, int column, int row)
{
	int v = p->sight.clarity.data[row * columns_of(p) + column];

	return is_print(p, column, row) ? v * SHOW_STEPS / 256 : -1;
}

static struct picture_ink clarity_ink(int value)
{
	return show_ink(show_clarity[value], 0, SHOW_CLARITY_ON);
}

/* One straight piece of the outline: along a row or down a column. */
static void draw_edge(struct drawing *d, int line, int from, int to, bool down)
{
	float a = (float)(from * BLOCK);
	float b = (float)(to * BLOCK);
	float k = (float)(line * BLOCK);
	float w = d->print->width;
	float h = d->print->height;
	struct picture_point end[2];

	if (down) {
		k = k < w ? k : w;
		end[0] = show_at(d, k, a);
		end[1] = show_at(d, k, b < h ? b : h);
	} else {
		k = k < h ? k : h;
		end[0] = show_at(d, a, k);
		end[1] = show_at(d, b < w ? b : w, k);
	}
	picture_line(d->p, show_ink(SHOW_OUTLINE_INK, d->zoom * 0.6F, 1), end, 2);
}

/* Where print and background meet. */
static void draw_outline(struct drawing *d, bool down)
{
	const struct show_print *p = d->print;
	int lines = down ? columns_of(p) : rows_of(p);
	int length = down ? rows_of(p) : columns_of(p);

	for (int line = 0; line <= lines; line++) {
		int from = -1;

		for (int i = 0; i <= length; i++) {
			bool edge =
			    i < length && (down ? is_print(p, line, i) != is_print(p, line - 1, i)
						: is_print(p, i, line) != is_print(p, i, line - 1));

			if (edge && from < 0) {
				from = i;
			} else if (!edge && from >= 0) {
				draw_edge(d, line, from, i, down);
				from = -1;
			}
		}
	}
}

/* A stroke along the ridges in the middle of each four blocks. */
static void draw_flow(struct drawing *d)
{
	const struct show_print *p = d->print;

	for (int row = 0; row < rows_of(p); row += 2) {
		for (int c = row / 2 % 2; c < columns_of(p); c += 2) {
			/* Half of the doubled angle, in 65536 steps a turn. */
			uint16_t turn =
			    (uint16_t)(p->sight.flow.data[row * columns_of(p) + c] * 128);
			float x = (float)(c * BLOCK) + BLOCK / 2.0F;
			float y = (float)(row * BLOCK) + BLOCK / 2.0F;
			float u = FLOW_HALF * angle_cos(turn);
			float v = FLOW_HALF * angle_sin(turn);
			const struct picture_point end[] = { show_at(d, x - u, y - v),
							     show_at(d, x + u, y + v) };

			if (is_print(p, c, row)) {
				picture_line(d->p, show_ink(SHOW_FLOW_INK, RIDGE * d->zoom, 1), end,
					     2);
			}
		}
	}
}

/* ---- ridges ---- */

static void on_line(void *context, const struct picture_point *point, size_t points)
{
	struct drawing *d = context;
	struct picture_point *moved = arena_take(d->arena, points, sizeof *moved);

	for (size_t i = 0; moved != NULL && i < points; i++) {
		moved[i] = show_at(d, point[i].x, point[i].y);
	}
	if (moved != NULL) {
		picture_line(
		    d->p,
		    show_ink(d->choice->channel == SHOW_B ? SHOW_RIDGES_B_INK : SHOW_RIDGES_A_INK,
			     RIDGE * d->zoom, 1),
		    moved, points);
	}
}

static int draw_ridges(struct drawing *d)
{
	const struct sight *s = &d->print->sight;
	struct bytes bits = d->choice->channel == SHOW_B ? s->ridges : s->ridges_a;

	return bits.len == 0 ? ERR_OK
			     : trace_lines(bits, s->width, TOLERANCE, d->arena, on_line, d);
}

/* ---- minutiae ---- */

/* Where a line of that direction ends, so many units away. */
static struct picture_point along(struct picture_point from, uint8_t angle, float length)
{
	uint16_t fine = (uint16_t)(angle * 256);

	return (struct picture_point){ from.x + length * angle_cos(fine),
				       from.y + length * angle_sin(fine) };
}

/* An ending is round, a bifurcation square; the tail shows the direction.  Channel B is a line,
 * channel A is filled and smaller, so that both can be seen in one place. */
void show_mark(struct picture *p, enum show_channel channel, uint8_t type, struct picture_point m,
	       uint8_t angle, float r, struct picture_ink with)
{
	float half = channel == SHOW_B ? r * 0.9F : r * 0.5F;
	const struct picture_point square[] = { { m.x - half, m.y - half },
						{ m.x + half, m.y - half },
						{ m.x + half, m.y + half },
						{ m.x - half, m.y + half },
						{ m.x - half, m.y - half } };
	const struct picture_point tail[] = { along(m, angle, channel == SHOW_B ? r : 0),
					      along(m, angle, TAIL * r) };

	picture_line(p, with, tail, 2);
	if (channel == SHOW_B && type == FMR_BIFURCATION) {
		picture_line(p, with, square, 5);
	} else if (channel == SHOW_B) {
		picture_ring(p, with, m, r);
	} else if (type == FMR_BIFURCATION) {
		picture_box(p, with, square[0], square[2]);
	} else {
		picture_disc(p, with, m, half * 1.15F);
	}
}

static bool has_mate(const struct drawing *d, const struct show_minutia *m)
{
	const struct show_mates *mates = &d->pair->mates[d->choice->channel];

	for (unsigned i = 0; i < mates->count; i++) {
		float dx = (d->index == 0 ? mates->at[i].ax : mates->at[i].bx) - m->x;
		float dy = (d->index == 0 ? mates->at[i].ay : mates->at[i].by) - m->y;

		if (dx * dx + dy * dy < MATE_NEAR * MATE_NEAR) {
			return true;
		}
	}
	return false;
}

static void draw_minutiae(struct drawing *d, enum show_channel channel)
{
	const struct show_minutiae *all = &d->print->channel[channel];

	/* Halos first, so that none lies on a neighbour. */
	for (int pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < all->count; i++) {
			const struct show_minutia *m = &all->at[i];
			float q = m->quality > 0 ? (float)m->quality / 100.0F : 0.5F;
			float width = (STROKE_LOW + (STROKE - STROKE_LOW) * q) * d->zoom;
			float r = (RADIUS + RADIUS_Q * q) * d->zoom;
			uint32_t colour = channel == SHOW_B ? SHOW_POINTS_B_INK : SHOW_POINTS_A_INK;

			if (d->pair != NULL && !has_mate(d, m)) {
				colour = SHOW_QUIET_INK;
				r *= 0.8F;
			}
			show_mark(d->p, channel, m->type, show_at(d, m->x, m->y), m->angle, r,
				  pass == 0 ? show_ink(SHOW_WHITE_INK, width + HALO * d->zoom, 0.8F)
					    : show_ink(colour, width, 1));
		}
	}
}

/* A core is a ring in a ring, a delta three arms. */
void show_mark_point(struct picture *p, struct picture_point m, const struct show_point *point,
		     float zoom)
{
	struct picture_ink with = show_ink(SHOW_CORE_INK, 1.4F * zoom, 1);

	if (point->arms < 3) {
		picture_ring(p, with, m, 6 * zoom);
		picture_ring(p, with, m, 3 * zoom);
	}
	for (unsigned i = 0; i < point->arms && i < 3; i++) {
		float begin = point->arms < 3 ? 6 * zoom : 0;
		const struct picture_point arm[] = { along(m, point->angle[i], begin),
						     along(m, point->angle[i], 13 * zoom) };

		picture_line(p, with, arm, 2);
	}
}

int show_layers(struct drawing *d)
{
	unsigned layers = d->choice->layers;
	int rv = draw_image(d);

	if (rv == ERR_OK && d->print->sight.width > 0) {
		if (layers & SHOW_QUALITY) {
			draw_runs(d, clarity_value, clarity_ink);
		}
		if (layers & SHOW_MASK) {
			draw_runs(d, veil_value, veil_ink);
			draw_outline(d, false);
			draw_outline(d, true);
		}
		if (layers & SHOW_FLOW) {
			draw_flow(d);
		}
		if (layers & SHOW_SKELETON) {
			rv = draw_ridges(d);
		}
	}
	if (layers & SHOW_MINUTIAE) {
		if (d->pair == NULL) {
			draw_minutiae(d, SHOW_B);
			draw_minutiae(d, SHOW_A);
		} else {
			draw_minutiae(d, d->choice->channel);
		}
	}
	for (unsigned i = 0; layers & SHOW_CORE && i < d->print->points; i++) {
		const struct show_point *point = &d->print->point[i];

		show_mark_point(d->p, show_at(d, point->x, point->y), point, d->zoom);
	}
	return rv;
}
