/* outpost-bench spread: are made-up fingers like real ones?  The same is counted on both: how
 * many minutiae, how far apart, how they point, and how pairs of prints score. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cmd/bench.h"
#include "cmd/bench_prints.h"
#include "cmd/bench_spread.h"
#include "cmd/made_up.h"
#include "finger/extended.h"
#include "finger/template.h"

#define FORM       "[--fingers N] [--impressions K] [--difficulty PERCENT] [--seed S] [DIR[@PPI] ...]"
#define PRINTS_MAX 20000U
#define SAME_PLACE 8 /* pixels: both channels mean the same minutia */

enum {
	MINUTIAE, /* of the record */
	SECOND,   /* of the private data */
	SHARED,   /* share of the record's that the private data have too */
	SPACING,  /* to the nearest other, pixels */
	OFF_FLOW, /* from the flow's direction there, degrees */
	CELLS,    /* of the flow that are known */
	GENUINE,
	IMPOSTOR,
	QUANTITIES
};

static const struct {
	const char *name;
	float width; /* of a bin */
} quantity[QUANTITIES] = {
	[MINUTIAE] = { "minutiae", 4 }, [SECOND] = { "second", 4 },
	[SHARED] = { "shared", 0.05F }, [SPACING] = { "spacing", 2 },
	[OFF_FLOW] = { "off_flow", 2 }, [CELLS] = { "cells", 20 },
	[GENUINE] = { "genuine", 50 },  [IMPOSTOR] = { "impostor", 20 },
};

/* Prints of one kind, those of a finger side by side. */
struct side {
	struct bench_spread spread[QUANTITIES]; /* owned */
	struct finger_template **print;         /* owned, references too */
	uint32_t *finger;                       /* owned */
	unsigned *dir;                          /* owned */
	size_t prints;
};

struct spread_bench {
	const struct bench *b;
	uint64_t fingers;
	uint64_t impressions;
	uint64_t difficulty;
	uint64_t seed;
	unsigned dirs;
	struct side made_up;
	struct side images;
};

static bool side_new(struct side *s, size_t room)
{
	s->print = calloc(room + 1, sizeof(struct finger_template *));
	s->finger = calloc(room + 1, sizeof(*s->finger));
	s->dir = calloc(room + 1, sizeof(*s->dir));
	return s->print != NULL && s->finger != NULL && s->dir != NULL;
}

static void side_done(struct side *s)
{
	for (size_t i = 0; i < s->prints; i++) {
		finger_template_unref(s->print[i]);
	}
	for (int k = 0; k < QUANTITIES; k++) {
		bench_spread_done(&s->spread[k]);
	}
	free(s->print);
	free(s->finger);
	free(s->dir);
}

static int apart(const struct template_point *a, const struct template_point *b)
{
	int dx = a->x - b->x;
	int dy = a->y - b->y;

	return dx * dx + dy * dy;
}

/* Degrees from the flow where the minutia stands, or -1 where none is known. */
static float off_flow(const struct template_flow *f, const struct template_point *p)
{
	int x = (p->x - f->left) / EXTENDED_CELL;
	int y = (p->y - f->top) / EXTENDED_CELL;
	unsigned off;

	if (p->x < f->left || p->y < f->top || x >= f->columns || y >= f->rows ||
	    f->cell[y * f->columns + x] == 0) {
		return -1;
	}
	off = (f->cell[y * f->columns + x] - 2U * p->angle) & 255;
	return (float)(off < 128 ? off : 256 - off) * (180.0F / 256);
}

static bool count_print(struct side *s, const struct finger_template *t)
{
	assert(t != NULL);

	const struct template_set *a = t->set[0]; /* always there */
	const struct template_set *b = t->sets > 1 ? t->set[1] : NULL;
	unsigned shared = 0;
	unsigned cells = 0;
	bool ok = true;

	for (unsigned i = 0; i < a->count; i++) {
		int nearest = 1 << 20;
		bool seen = false;
		float off = off_flow(&t->flow, &a->at[i]);

		for (unsigned k = 0; k < a->count; k++) {
			int d = apart(&a->at[i], &a->at[k]);

			nearest = k != i && d < nearest ? d : nearest;
		}
		for (unsigned k = 0; b != NULL && k < b->count; k++) {
			seen = seen || apart(&a->at[i], &b->at[k]) < SAME_PLACE * SAME_PLACE;
		}
		shared += seen;
		ok = ok &&
		     (a->count < 2 || bench_spread_add(&s->spread[SPACING], sqrtf((float)nearest)));
		ok = ok && (off < 0 || bench_spread_add(&s->spread[OFF_FLOW], off));
	}
	for (int i = 0; i < t->flow.columns * t->flow.rows; i++) {
		cells += t->flow.cell[i] != 0;
	}
	ok = ok && bench_spread_add(&s->spread[MINUTIAE], (float)a->count);
	ok = ok && bench_spread_add(&s->spread[CELLS], (float)cells);
	if (b != NULL && a->count > 0) {
		ok = ok && bench_spread_add(&s->spread[SECOND], (float)b->count) &&
		     bench_spread_add(&s->spread[SHARED], (float)shared / (float)a->count);
	}
	return ok;
}

static int measure(struct side *s)
{
	struct bench_progress bar;
	bool ok = true;

	bench_progress_start(&bar, "comparing", s->prints);
	for (size_t i = 0; i < s->prints && ok; i++) {
		ok = count_print(s, s->print[i]);
		for (size_t k = 0; k < i && ok; k++) {
			int which = s->finger[i] == s->finger[k] ? GENUINE : IMPOSTOR;

			ok = s->dir[i] != s->dir[k] ||
			     bench_spread_add(&s->spread[which],
					      (float)finger_compare(s->print[i], s->print[k]));
		}
		bench_progress_at(&bar, i);
	}
	bench_progress_end(&bar);
	for (int k = 0; k < QUANTITIES; k++) {
		bench_spread_sort(&s->spread[k]);
	}
	return ok ? BENCH_OK : BENCH_INTERNAL;
}

static int make_up(struct spread_bench *m)
{
	struct side *s = &m->made_up;

	if (!side_new(s, (size_t)(m->fingers * m->impressions))) {
		return BENCH_INTERNAL;
	}
	for (uint64_t i = 0; i < m->fingers * m->impressions; i++) {
		struct made_up up = { .finger = made_up_seed(m->seed, i / m->impressions),
				      .touch = i % m->impressions,
				      .difficulty = (float)m->difficulty / 100 };

		if (made_up_template(&up, true, &s->print[s->prints]) != ERR_OK) {
			return BENCH_INTERNAL;
		}
		s->finger[s->prints++] = (uint32_t)(i / m->impressions);
	}
	return measure(s);
}

static int read_images(struct spread_bench *m)
{
	struct bench_prints all = { .print = NULL };
	struct side *s = &m->images;
	unsigned dirs = 0;
	int code = BENCH_OK;

	for (int i = 0; i < m->b->argc && code == BENCH_OK; i++) {
		if (m->b->argv[i][0] == '-') {
			i++;
		} else {
			code = bench_prints_dir(m->b, &all, m->b->argv[i], dirs++);
		}
	}
	if (code == BENCH_OK) {
		bench_prints_number(&all);
		code = bench_prints_extract(m->b, &all);
	}
	if (code == BENCH_OK && !side_new(s, all.count)) {
		code = BENCH_INTERNAL;
	}
	for (size_t i = 0; i < all.count && code == BENCH_OK; i++) {
		if (all.print[i].template != NULL) {
			s->finger[s->prints] = all.print[i].finger;
			s->dir[s->prints] = all.print[i].dir;
			s->print[s->prints++] = finger_template_ref(all.print[i].template);
		}
	}
	bench_prints_done(&all);
	return code == BENCH_OK ? measure(s) : code;
}

static int report(const struct spread_bench *m)
{
	json_t *out = json_object();
	char key[32];

	for (int k = 0; k < QUANTITIES; k++) {
		const struct bench_spread *made = &m->made_up.spread[k];
		const struct bench_spread *real = &m->images.spread[k];

		(void)json_object_set_new(out, quantity[k].name,
					  bench_spread_json(made, quantity[k].width));
		if (m->dirs > 0) {
			(void)snprintf(key, sizeof(key), "%s_images", quantity[k].name);
			(void)json_object_set_new(out, key,
						  bench_spread_json(real, quantity[k].width));
			(void)snprintf(key, sizeof(key), "%s_apart", quantity[k].name);
			(void)json_object_set_new(out, key,
						  bench_rate(bench_spread_apart(made, real)));
		}
	}
	return bench_report(m->b, out);
}

static bool options(struct spread_bench *m)
{
	for (int i = 0; i < m->b->argc; i++) {
		const char *v;
		bool ok = true;

		if ((v = bench_option(m->b, &i, "fingers")) != NULL) {
			ok = bench_number(v, 2, PRINTS_MAX, &m->fingers);
		} else if ((v = bench_option(m->b, &i, "impressions")) != NULL) {
			ok = bench_number(v, 1, PRINTS_MAX, &m->impressions);
		} else if ((v = bench_option(m->b, &i, "difficulty")) != NULL) {
			ok = bench_number(v, 0, 100, &m->difficulty);
		} else if ((v = bench_option(m->b, &i, "seed")) != NULL) {
			ok = bench_number(v, 0, UINT64_MAX / 16, &m->seed);
		} else if (m->b->argv[i][0] != '-') {
			m->dirs++;
		} else {
			return false;
		}
		if (!ok) {
			return false;
		}
	}
	return m->fingers * m->impressions <= PRINTS_MAX;
}

int bench_spread(const struct bench *b)
{
	struct spread_bench m = {
		.b = b, .fingers = 100, .impressions = 4, .difficulty = 40, .seed = 1
	};
	int code;

	if (!options(&m)) {
		return bench_usage(b, FORM);
	}
	code = make_up(&m);
	if (code == BENCH_OK && m.dirs > 0) {
		code = read_images(&m);
	}
	if (code == BENCH_OK) {
		code = report(&m);
	} else if (code == BENCH_INTERNAL) {
		fprintf(stderr, "outpost-bench spread: out of memory\n");
	}
	side_done(&m.made_up);
	side_done(&m.images);
	return code;
}
