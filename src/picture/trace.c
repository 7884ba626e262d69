#include "picture/trace.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#define SIDE_MAX 4096U

enum { EMPTY = 0, LINE = 1, NODE = 2, DONE = 4 };

struct tracer {
	uint8_t *at; /* with a frame of one empty pixel */
	ptrdiff_t stride;
	ptrdiff_t ring[8]; /* straight neighbours first */
	uint32_t *path;    /* pixels of the line that is being followed */
	size_t length;
	size_t room;
	uint8_t *keep;   /* which of them become points */
	uint32_t *spans; /* still to be divided: pairs of places in the path */
	struct picture_point *point;
	float tolerance;
	void (*on_line)(void *context, const struct picture_point *point, size_t points);
	void *context;
};

/* Neighbours that count: a diagonal one does not if a straight one leads there. */
static unsigned neighbours(const struct tracer *t, size_t p, ptrdiff_t out[8])
{
	unsigned n = 0;

	for (unsigned k = 0; k < 4; k++) {
		if (t->at[(ptrdiff_t)p + t->ring[k]] != EMPTY) {
			out[n++] = t->ring[k];
		}
	}
	for (unsigned k = 4; k < 8; k++) {
		/* Diagonal k lies between the straight ones k - 4 and k - 3. */
		if (t->at[(ptrdiff_t)p + t->ring[k]] != EMPTY &&
		    t->at[(ptrdiff_t)p + t->ring[k - 4]] == EMPTY &&
		    t->at[(ptrdiff_t)p + t->ring[(k - 3) % 4]] == EMPTY) {
			out[n++] = t->ring[k];
		}
	}
	return n;
}

static struct picture_point place(const struct tracer *t, uint32_t p)
{
	ptrdiff_t x = (ptrdiff_t)p % t->stride;
	ptrdiff_t y = (ptrdiff_t)p / t->stride;

	return (struct picture_point){ (float)x - 0.5F, (float)y - 0.5F };
}

/* The pixel between two that is farthest from the straight line, if beyond the tolerance. */
static size_t farthest(const struct tracer *t, size_t from, size_t to)
{
	struct picture_point a = place(t, t->path[from]);
	struct picture_point b = place(t, t->path[to]);
	float dx = b.x - a.x;
	float dy = b.y - a.y;
	float length = dx * dx + dy * dy;
	float most = t->tolerance * t->tolerance * (length > 0 ? length : 1);
	size_t best = 0;

	for (size_t i = from + 1; i < to; i++) {
		struct picture_point p = place(t, t->path[i]);
		float across = (p.x - a.x) * dy - (p.y - a.y) * dx;
		float off = across * across;

		if (length <= 0) { /* a round: how far from where it began */
			off = (p.x - a.x) * (p.x - a.x) + (p.y - a.y) * (p.y - a.y);
		}
		if (off > most) {
			most = off;
			best = i;
		}
	}
	return best;
}

/* Few points of a path: halve where it bends most, until all is near enough. */
static void emit(struct tracer *t)
{
	size_t waiting = 0;
	size_t n = 0;

	memset(t->keep, 0, t->length);
	t->keep[0] = 1;
	t->keep[t->length - 1] = 1;
	t->spans[waiting++] = 0;
	t->spans[waiting++] = (uint32_t)t->length - 1;
	while (waiting > 0) {
		uint32_t to = t->spans[--waiting];
		uint32_t from = t->spans[--waiting];
		size_t middle = farthest(t, from, to);

		if (middle > 0) {
			t->keep[middle] = 1;
			t->spans[waiting++] = from;
			t->spans[waiting++] = (uint32_t)middle;
			t->spans[waiting++] = (uint32_t)middle;
			t->spans[waiting++] = to;
		}
	}
	for (size_t i = 0; i < t->length; i++) {
		if (t->keep[i]) {
			t->point[n++] = place(t, t->path[i]);
		}
	}
	t->on_line(t->context, t->point, n);
}

/* Along a line from a pixel in a direction, until a node or nothing is left. */
static void follow(struct tracer *t, uint32_t from, ptrdiff_t step)
{
	uint32_t p = from;

	t->length = 0;
	t->path[t->length++] = p;
	for (;;) {
		ptrdiff_t next[8];
		unsigned n;

		p = (uint32_t)((ptrdiff_t)p + step);
		t->path[t->length++] = p;
		if (t->at[p] & NODE || t->at[p] & DONE || t->length + 1 >= t->room) {
			break;
		}
		t->at[p] |= DONE;
		n = neighbours(t, p, next);
		step = 0;
		for (unsigned k = 0; k < n; k++) {
			uint32_t to = (uint32_t)((ptrdiff_t)p + next[k]);

			if (to != t->path[t->length - 2] && (!(t->at[to] & DONE) || to == from)) {
				step = next[k];
			}
		}
		if (step == 0) {
			break;
		}
	}
	emit(t);
}

static void find_nodes(struct tracer *t, size_t pixels)
{
	for (size_t p = 0; p < pixels; p++) {
		ptrdiff_t next[8];

		if (t->at[p] != EMPTY && neighbours(t, p, next) != 2) {
			t->at[p] |= NODE;
		}
	}
}

static void follow_all(struct tracer *t, size_t pixels)
{
	ptrdiff_t next[8];

	for (size_t p = 0; p < pixels; p++) {
		unsigned n = t->at[p] & NODE ? neighbours(t, p, next) : 0;

		for (unsigned k = 0; k < n; k++) {
			size_t to = (size_t)((ptrdiff_t)p + next[k]);

			/* Between two nodes that touch, once. */
			if (t->at[to] & NODE ? to > p : !(t->at[to] & DONE)) {
				follow(t, (uint32_t)p, next[k]);
			}
		}
	}
	/* What is left are rounds. */
	for (size_t p = 0; p < pixels; p++) {
		if (t->at[p] == LINE) {
			(void)neighbours(t, p, next);
			t->at[p] |= DONE;
			follow(t, (uint32_t)p, next[0]);
		}
	}
}

static size_t spread(struct tracer *t, struct bytes bits, uint32_t width)
{
	size_t row = (width + 7) / 8;
	size_t lit = 0;

	for (size_t i = 0; i < bits.len; i++) {
		for (unsigned b = 0; bits.data[i] != 0 && b < 8; b++) {
			size_t x = i % row * 8 + b;

			if (bits.data[i] & 0x80 >> b && x < width) {
				t->at[(i / row + 1) * (size_t)t->stride + x + 1] = LINE;
				lit++;
			}
		}
	}
	return lit;
}

int trace_lines(struct bytes bits, uint32_t width, float tolerance, struct arena *arena,
		void (*on_line)(void *context, const struct picture_point *point, size_t points),
		void *context)
{
	assert(width > 0 && width <= SIDE_MAX);
	size_t row = (width + 7) / 8;
	size_t height = bits.len / row;
	ptrdiff_t stride = (ptrdiff_t)width + 2;
	size_t pixels = (size_t)stride * (height + 2);
	struct tracer t = { .stride = stride,
			    .ring = { 1, stride, -1, -stride, 1 + stride, stride - 1, -1 - stride,
				      1 - stride },
			    .tolerance = tolerance,
			    .on_line = on_line,
			    .context = context };

	assert(height <= SIDE_MAX);
	t.at = arena_take(arena, pixels, 1);
	if (t.at == NULL) {
		return ERR_NOMEM;
	}
	t.room = spread(&t, bits, width) + 2;
	t.path = arena_take(arena, t.room, sizeof *t.path);
	t.keep = arena_take(arena, t.room, 1);
	t.spans = arena_take(arena, 2 * t.room + 4, sizeof *t.spans);
	t.point = arena_take(arena, t.room, sizeof *t.point);
	if (t.path == NULL || t.keep == NULL || t.spans == NULL || t.point == NULL) {
		return ERR_NOMEM;
	}
	find_nodes(&t, pixels);
	follow_all(&t, pixels);
	return ERR_OK;
}
