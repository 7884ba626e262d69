#include "finger/minutiae.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "finger/angle.h"

/* Lengths in pixels at 500 ppi; a ridge and a valley together are about nine. */
#define TRACE   24 /* how far a ridge is followed */
#define AIM     10 /* along the ridge to where its direction is read */
#define SPUR    9  /* shorter side branches go */
#define SHORT   12 /* a ridge between two endings that is shorter is dirt */
#define BRIDGE  12 /* a ridge between two bifurcations that is shorter is no ridge */
#define GAP     10 /* two endings that face each other this near are one broken ridge */
#define EDGE    14 /* nearer to the edge of the print nothing is believed */
#define RAW_MAX 4096
#define NEAR    7 /* minutiae nearer to each other than this are dirt, all but one */

struct raw {
	int x;
	int y;
	uint8_t lines; /* 1 or 3 */
	uint8_t angle;
	uint8_t bad;
};

struct finder {
	struct skeleton *s;
	const struct field *f;
	ptrdiff_t ring[8];
	int16_t *id; /* index of the raw minutia at a pixel, plus one */
	struct raw *raw;
	int n;
};

/* Where a trace along a ridge has come to. */
struct trace {
	ptrdiff_t path[TRACE + 1]; /* from the pixel after the start */
	int length;
	int hit; /* raw minutia that it ran into, or -1 */
};

/* The neighbour to go on to, or 0: another minutia first, then straight ones, so that
 * corners are not cut. */
static ptrdiff_t step(const struct finder *m, ptrdiff_t here, ptrdiff_t start, const ptrdiff_t *was,
		      int known)
{
	ptrdiff_t best = 0;

	for (int k = 7; k >= 0; k--) {
		ptrdiff_t to = here + m->ring[(k * 2) % 8 + (k >= 4)];
		int old = to == start;

		for (int i = 0; i < known && i < 3; i++) {
			old |= to == was[-i];
		}
		if (!m->s->at[to] || old) {
			continue;
		}
		if (m->id[to] > 0) {
			return to;
		}
		best = to;
	}
	return best;
}

static void follow(const struct finder *m, ptrdiff_t start, ptrdiff_t first, struct trace *t)
{
	t->length = 0;
	t->hit = -1;
	do {
		t->path[t->length++] = first;
		if (m->id[first] > 0) {
			t->hit = m->id[first] - 1;
			return;
		}
		first = step(m, first, start, &t->path[t->length - 1], t->length);
	} while (first != 0 && t->length < TRACE);
}

/* The first pixels of the lines that leave a pixel, at most three: one for each run of
 * neighbours, a straight one if the run has any. */
static int leave(const struct finder *m, ptrdiff_t at, ptrdiff_t first[3])
{
	unsigned around = skeleton_around(m->s->at + at, m->ring);
	int n = 0;

	for (unsigned k = 0; k < 8 && n < 3; k++) {
		unsigned run = k;

		if (!(around >> k & 1) || (around >> ((k + 7) % 8) & 1)) {
			continue;
		}
		while (run % 2 == 1 && (around >> ((run + 1) % 8) & 1) && run < k + 7) {
			run++;
		}
		first[n++] = at + m->ring[run % 8];
	}
	return n;
}

static ptrdiff_t place(const struct finder *m, const struct raw *r)
{
	return r->y * m->s->stride + r->x;
}

static void collect(struct finder *m)
{
	m->n = 0;
	memset(m->id, 0, (size_t)m->s->stride * (size_t)m->s->height * sizeof(*m->id));
	for (int y = 0; y < m->s->height; y++) {
		const uint8_t *row = m->s->at + y * m->s->stride;

		for (int x = 0; x < m->s->width && m->n < RAW_MAX; x++) {
			unsigned lines;

			if (!row[x]) {
				continue;
			}
			lines = skeleton_crossing(skeleton_around(row + x, m->ring));
			if (lines != 1 && lines < 3) {
				continue;
			}
			m->raw[m->n] = (struct raw){ .x = x, .y = y, .lines = (uint8_t)lines };
			m->n++;
			m->id[y * m->s->stride + x] = (int16_t)m->n;
		}
	}
}

static void prune_spurs(struct finder *m)
{
	struct trace t;
	ptrdiff_t first[3];

	for (int i = 0; i < m->n; i++) {
		ptrdiff_t at = place(m, &m->raw[i]);

		if (m->raw[i].lines != 1 || leave(m, at, first) != 1) {
			continue;
		}
		follow(m, at, first[0], &t);
		if (t.hit >= 0 && m->raw[t.hit].lines >= 3 && t.length <= SPUR) {
			m->s->at[at] = 0;
			for (int k = 0; k < t.length - 1; k++) {
				m->s->at[t.path[k]] = 0;
			}
		}
	}
}

static uint8_t aim(const struct finder *m, const struct raw *r, const struct trace *t)
{
	ptrdiff_t to = t->path[(t->length < AIM ? t->length : AIM) - 1];

	ptrdiff_t x = to % m->s->stride - r->x;
	ptrdiff_t y = to / m->s->stride - r->y;

	return angle_byte((float)x, (float)y);
}

static const uint8_t *block_of(const struct finder *m, const uint8_t *grid, int x, int y)
{
	return &grid[y / PLANE_BLOCK * m->f->columns + x / PLANE_BLOCK];
}

/* The flow of the ridges around is surer than ten pixels of one ridge: take the line from
 * the field, and only which way along it from the ridge, unless they disagree. */
static uint8_t along_flow(const struct finder *m, const struct raw *r, uint8_t angle)
{
	uint8_t line = *block_of(m, m->f->theta, r->x, r->y) / 2;
	unsigned there = angle_apart(line, angle);
	unsigned back = angle_apart((uint8_t)(line + 128), angle);

	if (there < 24) {
		return line;
	}
	return back < 24 ? (uint8_t)(line + 128) : angle;
}

static void judge_ending(struct finder *m, struct raw *r)
{
	struct trace t;
	ptrdiff_t first[3];

	if (leave(m, place(m, r), first) != 1) {
		r->bad = 1;
		return;
	}
	follow(m, place(m, r), first[0], &t);
	if (t.length < SHORT) {
		r->bad = 1;
		if (t.hit >= 0) {
			m->raw[t.hit].bad = 1;
		}
	}
	r->angle = along_flow(m, r, aim(m, r, &t));
}

static void judge_bifurcation(struct finder *m, struct raw *r)
{
	struct trace t;
	ptrdiff_t first[3];
	uint8_t angle[3];
	unsigned least = 256;

	if (r->lines != 3 || leave(m, place(m, r), first) != 3) {
		r->bad = 1;
		return;
	}
	for (int k = 0; k < 3; k++) {
		follow(m, place(m, r), first[k], &t);
		if (t.length < SPUR || (t.hit >= 0 && t.length < BRIDGE)) {
			r->bad = 1;
			if (t.hit >= 0) {
				m->raw[t.hit].bad = 1;
			}
		}
		angle[k] = aim(m, r, &t);
	}
	/* The valley lies between the two branches that enclose the smallest angle. */
	for (int k = 0; k < 3; k++) {
		uint8_t a = angle[k];
		uint8_t b = angle[(k + 1) % 3];

		if (angle_apart(a, b) < least) {
			least = angle_apart(a, b);
			r->angle = (uint8_t)(a + (int8_t)(uint8_t)(b - a) / 2);
		}
	}
	r->angle = along_flow(m, r, r->angle);
}

/* Two endings that face each other over a small gap are one ridge that broke. */
static void judge_gap(struct raw *a, struct raw *b)
{
	int dx = b->x - a->x;
	int dy = b->y - a->y;
	uint8_t towards;

	if (dx * dx + dy * dy > GAP * GAP || a->lines != 1 || b->lines != 1) {
		return;
	}
	towards = angle_byte((float)dx, (float)dy);
	if (angle_apart(a->angle, (uint8_t)(b->angle + 128)) < 32 &&
	    angle_apart(a->angle, (uint8_t)(towards + 128)) < 48) {
		a->bad = 1;
		b->bad = 1;
	}
}

static int inside(const struct finder *m, int x, int y)
{
	for (int k = 0; k < 16; k++) {
		int u = x + angle_round(EDGE * angle_cos((uint16_t)(k * 4096)));
		int v = y + angle_round(EDGE * angle_sin((uint16_t)(k * 4096)));

		if (u < 0 || v < 0 || u >= m->s->width || v >= m->s->height ||
		    !*block_of(m, m->f->mask, u, v)) {
			return 0;
		}
	}
	return 1;
}

static void judge(struct finder *m)
{
	for (int i = 0; i < m->n; i++) {
		if (m->raw[i].lines == 1) {
			judge_ending(m, &m->raw[i]);
		} else {
			judge_bifurcation(m, &m->raw[i]);
		}
	}
	for (int i = 0; i < m->n; i++) {
		/* They stand in order of y: the partner is not far down the list. */
		for (int j = i + 1; j < m->n && m->raw[j].y - m->raw[i].y <= GAP; j++) {
			judge_gap(&m->raw[i], &m->raw[j]);
		}
	}
	for (int i = 0; i < m->n; i++) {
		if (!m->raw[i].bad && !inside(m, m->raw[i].x, m->raw[i].y)) {
			m->raw[i].bad = 1;
		}
	}
}

static int by_quality(const void *x, const void *y)
{
	const struct minutia *a = x;
	const struct minutia *b = y;

	if (a->quality != b->quality) {
		return b->quality - a->quality;
	}
	return a->y != b->y ? a->y - b->y : a->x - b->x;
}

/* How many other believed minutiae stand within 20 pixels. */
static int crowd(const struct finder *m, int i)
{
	int n = 0;

	for (int step = -1; step <= 1; step += 2) {
		for (int j = i + step; j >= 0 && j < m->n; j += step) {
			int dx = m->raw[j].x - m->raw[i].x;
			int dy = m->raw[j].y - m->raw[i].y;

			if (dy > 20 || dy < -20) {
				break;
			}
			n += !m->raw[j].bad && dx * dx + dy * dy <= 400;
		}
	}
	return n;
}

static void keep_best(struct minutiae *out, struct minutia *all, size_t n)
{
	qsort(all, n, sizeof(*all), by_quality);
	out->count = 0;
	for (size_t i = 0; i < n && out->count < MINUTIAE_MAX; i++) {
		int near = 0;

		for (size_t j = 0; j < out->count; j++) {
			int dx = all[i].x - out->at[j].x;
			int dy = all[i].y - out->at[j].y;

			near |= dx * dx + dy * dy < NEAR * NEAR;
		}
		if (!near) {
			out->at[out->count++] = all[i];
		}
	}
}

int minutiae_find(struct skeleton *s, const struct field *f, struct minutiae *out,
		  struct arena *arena)
{
	struct finder m = { .s = s, .f = f };
	struct minutia *all = arena_take(arena, RAW_MAX, sizeof(*all));
	size_t n = 0;

	m.id = arena_take(arena, (size_t)s->stride * (size_t)s->height, sizeof(*m.id));
	m.raw = arena_take(arena, RAW_MAX, sizeof(*m.raw));
	if (m.id == NULL || m.raw == NULL || all == NULL) {
		return ERR_NOMEM;
	}
	skeleton_ring(s, m.ring);
	for (int round = 0; round < 2; round++) {
		collect(&m);
		prune_spurs(&m);
	}
	collect(&m);
	judge(&m);
	for (int i = 0; i < m.n; i++) {
		const struct raw *r = &m.raw[i];
		int quality;

		if (r->bad) {
			continue;
		}
		quality = *block_of(&m, f->coherence, r->x, r->y) * 100 / 255;
		quality = quality * 8 / (8 + crowd(&m, i));
		all[n++] = (struct minutia){ .x = (int16_t)r->x,
					     .y = (int16_t)r->y,
					     .angle = r->angle,
					     .type = r->lines == 1 ? MINUTIAE_ENDING
								   : MINUTIAE_BIFURCATION,
					     .quality = (uint8_t)(quality > 1 ? quality : 1) };
	}
	keep_best(out, all, n);
	return ERR_OK;
}

static int confirmed(const struct minutia *m, const struct minutiae *by)
{
	for (size_t i = 0; i < by->count; i++) {
		int dx = m->x - by->at[i].x;
		int dy = m->y - by->at[i].y;

		if (dx * dx + dy * dy <= 64 && angle_apart(m->angle, by->at[i].angle) < 24) {
			return 1;
		}
	}
	return 0;
}

static void reweigh(struct minutiae *m, const struct minutiae *by)
{
	for (size_t i = 0; i < m->count; i++) {
		unsigned q = m->at[i].quality;

		q = confirmed(&m->at[i], by) ? 40 + q * 60 / 100 : 1 + q * 60 / 100;
		m->at[i].quality = (uint8_t)(q > 100 ? 100 : q);
	}
	qsort(m->at, m->count, sizeof(m->at[0]), by_quality);
}

void minutiae_confirm(struct minutiae *a, struct minutiae *b)
{
	reweigh(a, b);
	reweigh(b, a);
}
