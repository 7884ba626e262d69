#include "picture/picture.h"

#include <assert.h>
#include <string.h>

void picture_init(struct picture *p, float width, float height, struct arena *arena)
{
	*p = (struct picture){ .width = width, .height = height, .arena = arena };
	if (!(width >= 1 && width <= PICTURE_SIDE_MAX && height >= 1 &&
	      height <= PICTURE_SIDE_MAX)) {
		p->error = ERR_LIMIT;
	}
}

/* The next shape, with room for its points; NULL when the picture has failed. */
static struct picture_shape *add(struct picture *p, enum picture_kind kind, struct picture_ink ink,
				 const struct picture_point *point, size_t points)
{
	struct picture_shape *s;

	if (p->error == ERR_OK &&
	    (p->shapes >= PICTURE_SHAPES_MAX || points > PICTURE_POINTS_MAX)) {
		p->error = ERR_LIMIT;
	}
	if (p->error != ERR_OK) {
		return NULL;
	}
	s = arena_take(p->arena, 1, sizeof *s);
	if (s != NULL) {
		s->point = arena_take(p->arena, points, sizeof *point);
	}
	if (s == NULL || s->point == NULL) {
		p->error = ERR_NOMEM;
		return NULL;
	}
	memcpy(s->point, point, points * sizeof *point);
	s->kind = kind;
	s->ink = ink;
	s->points = points;
	if (p->last != NULL) {
		p->last->next = s;
	} else {
		p->first = s;
	}
	p->last = s;
	p->shapes++;
	return s;
}

void picture_line(struct picture *p, struct picture_ink ink, const struct picture_point *point,
		  size_t points)
{
	assert(points > 0);
	(void)add(p, PICTURE_LINE, ink, point, points);
}

static void round_shape(struct picture *p, enum picture_kind kind, struct picture_ink ink,
			struct picture_point middle, float radius)
{
	struct picture_shape *s = add(p, kind, ink, &middle, 1);

	if (s != NULL) {
		s->size = radius;
	}
}

void picture_ring(struct picture *p, struct picture_ink ink, struct picture_point middle,
		  float radius)
{
	round_shape(p, PICTURE_RING, ink, middle, radius);
}

void picture_disc(struct picture *p, struct picture_ink ink, struct picture_point middle,
		  float radius)
{
	round_shape(p, PICTURE_DISC, ink, middle, radius);
}

void picture_box(struct picture *p, struct picture_ink ink, struct picture_point from,
		 struct picture_point to)
{
	const struct picture_point corner[] = { from, to };

	(void)add(p, PICTURE_BOX, ink, corner, 2);
}

void picture_text(struct picture *p, struct picture_ink ink, struct picture_point at, float size,
		  const char *text)
{
	struct picture_shape *s = add(p, PICTURE_TEXT, ink, &at, 1);
	size_t len = strnlen(text, PICTURE_TEXT_MAX);
	uint8_t *copy;

	if (s == NULL) {
		return;
	}
	copy = arena_take(p->arena, len, 1);
	if (copy == NULL) {
		p->error = ERR_NOMEM;
		return;
	}
	for (size_t i = 0; i < len; i++) {
		copy[i] = (uint8_t)(text[i] >= ' ' && text[i] <= '~' ? text[i] : '?');
	}
	s->size = size;
	s->bytes = (struct bytes){ copy, len };
}

void picture_grey(struct picture *p, struct bytes pixels, uint32_t columns,
		  struct picture_point from, struct picture_point to)
{
	const struct picture_point corner[] = { from, to };
	struct picture_shape *s = add(p, PICTURE_GREY, (struct picture_ink){ 0, 1, 0 }, corner, 2);

	assert(columns > 0 && pixels.len > 0 && pixels.len % columns == 0);
	if (s != NULL) {
		s->bytes = pixels;
		s->columns = columns;
		s->rows = (uint32_t)(pixels.len / columns);
	}
}

int picture_error(const struct picture *p)
{
	return p->error;
}
