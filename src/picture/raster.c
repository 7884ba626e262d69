#include "picture/raster.h"

#include <math.h>
#include <string.h>

#include "picture/stroke.h"

#define PEN 0.09F /* of the size of text */

struct canvas {
	struct raster *r;
	uint8_t *cover; /* of the shape that is being drawn, a byte a pixel, else 0 */
	/* The pixels that it has touched. */
	int left;
	int top;
	int right;
	int bottom;
	float pen; /* half the width of a letter's stroke */
};

static int within(float v, int most)
{
	return v <= 0 ? 0 : v >= (float)most ? most : (int)v;
}

/* Widen the touched part; what lies outside is cut off. */
static void touch(struct canvas *c, float x0, float y0, float x1, float y1, int part[4])
{
	part[0] = within(floorf(x0), (int)c->r->width);
	part[1] = within(floorf(y0), (int)c->r->height);
	part[2] = within(ceilf(x1), (int)c->r->width);
	part[3] = within(ceilf(y1), (int)c->r->height);
	c->left = part[0] < c->left ? part[0] : c->left;
	c->top = part[1] < c->top ? part[1] : c->top;
	c->right = part[2] > c->right ? part[2] : c->right;
	c->bottom = part[3] > c->bottom ? part[3] : c->bottom;
}

static void cover(struct canvas *c, int x, int y, float part)
{
	uint8_t *at = &c->cover[(size_t)y * c->r->width + (size_t)x];
	float v = part <= 0 ? 0 : part >= 1 ? 255 : part * 255 + 0.5F;

	*at = (uint8_t)v > *at ? (uint8_t)v : *at;
}

static void cover_segment(struct canvas *c, struct picture_point a, struct picture_point b,
			  float half)
{
	float reach = half + 1;
	float dx = b.x - a.x;
	float dy = b.y - a.y;
	float length = dx * dx + dy * dy;
	int part[4];

	touch(c, fminf(a.x, b.x) - reach, fminf(a.y, b.y) - reach, fmaxf(a.x, b.x) + reach,
	      fmaxf(a.y, b.y) + reach, part);
	for (int y = part[1]; y < part[3]; y++) {
		for (int x = part[0]; x < part[2]; x++) {
			float px = (float)x + 0.5F - a.x;
			float py = (float)y + 0.5F - a.y;
			float t = length > 0 ? (px * dx + py * dy) / length : 0;

			t = t < 0 ? 0 : t > 1 ? 1 : t;
			px -= t * dx;
			py -= t * dy;
			cover(c, x, y, half + 0.5F - sqrtf(px * px + py * py));
		}
	}
}

static void cover_line(struct canvas *c, const struct picture_point *point, size_t n, float half)
{
	cover_segment(c, point[0], point[0], half);
	for (size_t i = 1; i < n; i++) {
		cover_segment(c, point[i - 1], point[i], half);
	}
}

/* A disc, or with half of a line's width a ring. */
static void cover_round(struct canvas *c, struct picture_point m, float radius, float half)
{
	float reach = radius + half + 1;
	int part[4];

	touch(c, m.x - reach, m.y - reach, m.x + reach, m.y + reach, part);
	for (int y = part[1]; y < part[3]; y++) {
		for (int x = part[0]; x < part[2]; x++) {
			float px = (float)x + 0.5F - m.x;
			float py = (float)y + 0.5F - m.y;
			float off = sqrtf(px * px + py * py) - radius;

			cover(c, x, y, 0.5F - (half > 0 ? fabsf(off) - half : off));
		}
	}
}

/* How much of the pixel that begins there lies between the two. */
static float overlap(int at, float from, float to)
{
	return fminf((float)at + 1, to) - fmaxf((float)at, from);
}

static void cover_box(struct canvas *c, struct picture_point a, struct picture_point b)
{
	int part[4];

	touch(c, a.x, a.y, b.x, b.y, part);
	for (int y = part[1]; y < part[3]; y++) {
		for (int x = part[0]; x < part[2]; x++) {
			cover(c, x, y, overlap(x, a.x, b.x) * overlap(y, a.y, b.y));
		}
	}
}

static void on_stroke(void *context, const struct picture_point *point, size_t points)
{
	struct canvas *c = context;

	cover_line(c, point, points, c->pen);
}

/* Lay the ink where the shape covers, and forget the shape. */
static void lay(struct canvas *c, struct picture_ink ink)
{
	const int rgb[3] = { (int)(ink.colour >> 16 & 255), (int)(ink.colour >> 8 & 255),
			     (int)(ink.colour & 255) };
	int strength = within(ink.opacity * 256 + 0.5F, 256);

	for (int y = c->top; y < c->bottom; y++) {
		for (int x = c->left; x < c->right; x++) {
			size_t at = (size_t)y * c->r->width + (size_t)x;
			int part = c->cover[at] * strength;

			for (int k = 0; part > 0 && k < 3; k++) {
				uint8_t *to = &c->r->rgb[3 * at + (size_t)k];

				*to = (uint8_t)(*to + (rgb[k] - *to) * part / (255 * 256));
			}
			c->cover[at] = 0;
		}
	}
	c->left = (int)c->r->width;
	c->top = (int)c->r->height;
	c->right = 0;
	c->bottom = 0;
}

/* The pixel there, between its neighbours. */
static float sample(const struct picture_shape *s, float x, float y)
{
	float u = fminf(fmaxf(x - 0.5F, 0), (float)(s->columns - 1));
	float v = fminf(fmaxf(y - 0.5F, 0), (float)(s->rows - 1));
	uint32_t i = (uint32_t)u;
	uint32_t j = (uint32_t)v;
	const uint8_t *p = s->bytes.data + (size_t)j * s->columns + i;
	size_t right = i + 1 < s->columns ? 1 : 0;
	size_t down = j + 1 < s->rows ? s->columns : 0;
	float above = (float)p[0] + (u - (float)i) * (float)(p[right] - p[0]);
	float below = (float)p[down] + (u - (float)i) * (float)(p[down + right] - p[down]);

	return above + (v - (float)j) * (below - above);
}

static void draw_grey(struct canvas *c, const struct picture_shape *s)
{
	struct picture_point a = s->point[0];
	struct picture_point b = s->point[1];
	int part[4];

	touch(c, a.x, a.y, b.x, b.y, part);
	for (int y = part[1]; y < part[3]; y++) {
		for (int x = part[0]; x < part[2]; x++) {
			float u = ((float)x + 0.5F - a.x) / (b.x - a.x) * (float)s->columns;
			float v = ((float)y + 0.5F - a.y) / (b.y - a.y) * (float)s->rows;
			uint8_t grey = (uint8_t)(sample(s, u, v) + 0.5F);

			memset(&c->r->rgb[3 * ((size_t)y * c->r->width + (size_t)x)], grey, 3);
		}
	}
}

static void draw(struct canvas *c, const struct picture_shape *s)
{
	switch (s->kind) {
	case PICTURE_LINE:
		cover_line(c, s->point, s->points, s->ink.width / 2);
		break;
	case PICTURE_RING:
		cover_round(c, s->point[0], s->size, s->ink.width / 2);
		break;
	case PICTURE_DISC:
		cover_round(c, s->point[0], s->size, 0);
		break;
	case PICTURE_BOX:
		cover_box(c, s->point[0], s->point[1]);
		break;
	case PICTURE_TEXT:
		c->pen = PEN * s->size / 2;
		stroke_text(s->bytes, s->point[0], s->size, on_stroke, c);
		break;
	case PICTURE_GREY:
		draw_grey(c, s);
		break;
	}
	lay(c, s->ink);
}

int raster_draw(const struct picture *p, struct arena *arena, struct raster *out)
{
	struct raster r = { .width = (uint32_t)p->width, .height = (uint32_t)p->height };
	struct canvas c = { .r = &r };
	size_t n = (size_t)r.width * r.height;

	if (picture_error(p) != ERR_OK) {
		return picture_error(p);
	}
	r.rgb = arena_take(arena, n, 3);
	c.cover = arena_take(arena, n, 1);
	if (r.rgb == NULL || c.cover == NULL) {
		return ERR_NOMEM;
	}
	memset(r.rgb, 255, 3 * n);
	c.left = (int)r.width;
	c.top = (int)r.height;
	for (const struct picture_shape *s = p->first; s != NULL; s = s->next) {
		draw(&c, s);
	}
	*out = r;
	return ERR_OK;
}
