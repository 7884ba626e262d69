/* outpost-bench gallery with images: does the mate come through the first look?  The scores
 * are exact, so an exhaustive search would list a mate that scores enough: only a staged
 * search can lose it. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cmd/bench_gallery.h"
#include "cmd/bench_prints.h"
#include "finger/template.h"

#define FPIR 0.01

struct image_bench {
	struct gallery_bench *g;
	struct bench_prints all;
	struct bench_touch *touch; /* owned */
	size_t touches;
	double cpu_s;
	double looked;
	size_t genuine;
	size_t above; /* genuine pairs that reach the threshold */
	size_t found; /* of these, listed by the search */
	int threshold;
};

/* The n-th print of a finger, which begins at this place, if it has a template. */
static struct finger_template *print_of(const struct bench_prints *all, size_t first, size_t n)
{
	size_t i = first + n;

	return i < all->count && all->print[i].finger == all->print[first].finger
		   ? all->print[i].template
		   : NULL;
}

/* Where the next finger begins. */
static size_t next_finger(const struct bench_prints *all, size_t i)
{
	size_t k = i;

	while (k < all->count && all->print[k].finger == all->print[i].finger) {
		k++;
	}
	return k;
}

/* The t-th touch of the fingers that begin at these places; false if one has no template. */
static bool touch_of(const struct bench_prints *all, size_t fingers,
		     const size_t first[SEARCH_PROBES_MAX], size_t t, struct bench_touch *to)
{
	for (size_t k = 0; k < fingers; k++) {
		to->print[k] = print_of(all, first[k], t);
		if (to->print[k] == NULL) {
			return false;
		}
		to->print[k]->position = (uint8_t)(k + 1);
	}
	return true;
}

size_t bench_gallery_touches(struct bench_prints *all, size_t fingers, struct bench_touch *out)
{
	uint32_t person = 0;
	size_t count = 0;

	for (size_t i = 0; i < all->count; person++) {
		size_t first[SEARCH_PROBES_MAX] = { 0 };
		size_t begin = i;
		size_t n = 0;

		while (n < fingers && i < all->count &&
		       all->print[i].dir == all->print[begin].dir) {
			first[n++] = i;
			i = next_finger(all, i);
		}
		for (size_t t = 0; n == fingers && t < i - first[n - 1]; t++) {
			struct bench_touch *to = &out[count];

			if (touch_of(all, fingers, first, t, to)) {
				to->person = person;
				to->dir = all->print[begin].dir;
				memset(to->id, 0xff, sizeof(to->id)); /* nobody made up */
				memcpy(to->id, &count, sizeof(count));
				count++;
			}
		}
	}
	return count;
}

static int enrol(struct image_bench *m)
{
	int err = ERR_OK;

	for (size_t i = 0; i < m->touches; i++) {
		for (size_t k = 0; k < m->g->fingers && err == ERR_OK; k++) {
			struct finger_card *card;

			err = finger_card_make(m->touch[i].print[k], &card);
			if (err == ERR_OK) {
				err = gallery_put(m->g->gallery, m->touch[i].id, card);
				finger_card_unref(card);
			}
		}
	}
	gallery_snapshot_unref(m->g->snapshot);
	m->g->snapshot = NULL;
	return err == ERR_OK ? gallery_snapshot(m->g->gallery, &m->g->snapshot) : err;
}

static bool listed(const struct search_result *r, const struct bench_touch *t)
{
	for (size_t i = 0; i < r->count; i++) {
		if (memcmp(r->candidate[i].person, t->id, sizeof(t->id)) == 0) {
			return true;
		}
	}
	return false;
}

static int search_for(struct image_bench *m, struct bench_touch *t)
{
	struct search_result r;
	double cpu_s = 0;
	int err = bench_gallery_search(m->g, t->print, &r, &cpu_s);

	m->cpu_s += cpu_s;
	m->looked += (double)r.looked;
	for (size_t i = 0; i < m->touches && err == ERR_OK; i++) {
		const struct bench_touch *mate = &m->touch[i];
		int score = 0;

		if (mate == t || mate->person != t->person) {
			continue;
		}
		for (size_t k = 0; k < m->g->fingers; k++) {
			score += finger_compare(t->print[k], mate->print[k]);
		}
		m->genuine++;
		if (score >= m->threshold) {
			m->above++;
			m->found += listed(&r, mate);
		}
	}
	return err;
}

static int report(const struct image_bench *m)
{
	double genuine = m->genuine > 0 ? (double)m->genuine : 1;
	double above = m->above > 0 ? (double)m->above : 1;

	return bench_report(
	    m->g->b,
	    json_pack("{sI sI sI sI so so so sI so}", "people",
		      (json_int_t)gallery_people(m->g->gallery), "fingers",
		      (json_int_t)m->g->fingers, "genuine", (json_int_t)m->genuine, "threshold",
		      (json_int_t)m->threshold, "tpir_exhaustive",
		      bench_rate((double)m->above / genuine), "tpir_staged",
		      bench_rate((double)m->found / genuine), "shortlist_recall",
		      bench_rate((double)m->found / above), "looked_per_cpu_s",
		      (json_int_t)(m->looked / (m->cpu_s + 1e-9)), "search_ms_mean",
		      bench_ms(m->cpu_s * 1e3 / (double)(m->touches + (m->touches == 0)))));
}

static int run(struct image_bench *m)
{
	struct bench_progress bar;
	int code = BENCH_OK;
	int err;

	for (size_t i = 0; i < m->g->dirs && code == BENCH_OK; i++) {
		code = bench_prints_dir(m->g->b, &m->all, m->g->dir[i], (unsigned)i);
	}
	if (code == BENCH_OK) {
		bench_prints_number(&m->all);
		code = bench_prints_extract(m->g->b, &m->all);
	}
	m->touch = calloc(m->all.count + 1, sizeof(*m->touch));
	if (code != BENCH_OK || m->touch == NULL) {
		return code != BENCH_OK ? code : BENCH_INTERNAL;
	}
	m->touches = bench_gallery_touches(&m->all, (size_t)m->g->fingers, m->touch);
	err = enrol(m);
	m->threshold =
	    search_threshold(gallery_people(m->g->gallery), (unsigned)m->g->fingers, FPIR);
	bench_progress_start(&bar, "searching", m->touches);
	for (size_t i = 0; i < m->touches && err == ERR_OK; i++) {
		err = search_for(m, &m->touch[i]);
		bench_progress_at(&bar, i);
	}
	bench_progress_end(&bar);
	return err == ERR_OK ? report(m) : BENCH_INTERNAL;
}

int bench_gallery_images(struct gallery_bench *g)
{
	struct image_bench m = { .g = g };
	int code = run(&m);

	free(m.touch);
	bench_prints_done(&m.all);
	return code;
}
