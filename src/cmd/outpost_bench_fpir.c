/* outpost-bench fpir: does a threshold hold what it promises?  People who are not in the gallery
 * are searched for; each candidate that reaches the threshold is false. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cmd/bench_gallery.h"
#include "cmd/bench_spread.h"
#include "match/chance.h"

#define FORM                                                                                       \
	"--people N [--fingers K] [--probes P] [--threads T] [--difficulty PERCENT] "              \
	"[--scores FILE] [--json] [DIR[@PPI] ...]"

/* Made-up people, unless stated: where their impostors score as real ones do. */
#define DIFFICULTY 40

struct fpir_bench {
	struct gallery_bench g;
	uint64_t difficulty;
	const char *scores; /* a file's name, borrowed, or NULL */
	struct bench_prints all;
	struct bench_touch *touch; /* owned */
	size_t touches;
	struct bench_spread best; /* owned: of each search, the best score */
};

/* The best of the other people's images in the same directory, as if they were in the gallery too:
 * sets of different directories may have a finger in common. */
static int best_of_others(const struct fpir_bench *m, const struct bench_touch *t)
{
	int best = INT_MIN;

	for (size_t i = 0; i < m->touches; i++) {
		const struct bench_touch *other = &m->touch[i];
		int score = 0;

		if (other->person == t->person || other->dir != t->dir) {
			continue;
		}
		for (size_t k = 0; k < m->g.fingers; k++) {
			score += finger_compare(t->print[k], other->print[k]);
		}
		best = score > best ? score : best;
	}
	return best;
}

static int search_for(struct fpir_bench *m, struct finger_template **probe, int others)
{
	struct search_result r = { .count = 0 };
	double cpu_s = 0;
	int err = ERR_OK;

	if (m->g.people > 0) {
		err = bench_gallery_search(&m->g, probe, &r, &cpu_s);
	}
	m->g.search_cpu_s += cpu_s;
	if (err == ERR_OK) {
		int best =
		    r.count > 0 && r.candidate[0].score > others ? r.candidate[0].score : others;

		err = bench_spread_add(&m->best, (float)best) ? ERR_OK : ERR_NOMEM;
	}
	return err;
}

static int search_stranger(struct fpir_bench *m, uint64_t number)
{
	struct finger_template *probe[SEARCH_PROBES_MAX] = { NULL };
	int err = ERR_OK;

	for (unsigned k = 0; k < m->g.fingers && err == ERR_OK; k++) {
		err = bench_gallery_make(&m->g, BENCH_STRANGER + number, k, 1, &probe[k]);
	}
	if (err == ERR_OK) {
		err = search_for(m, probe, INT_MIN);
	}
	for (unsigned k = 0; k < m->g.fingers; k++) {
		finger_template_unref(probe[k]);
	}
	return err;
}

static int read_images(struct fpir_bench *m)
{
	int code = BENCH_OK;

	for (size_t i = 0; i < m->g.dirs && code == BENCH_OK; i++) {
		code = bench_prints_dir(m->g.b, &m->all, m->g.dir[i], (unsigned)i);
	}
	if (code == BENCH_OK) {
		bench_prints_number(&m->all);
		code = bench_prints_extract(m->g.b, &m->all);
	}
	m->touch = calloc(m->all.count + 1, sizeof(*m->touch));
	if (code == BENCH_OK && m->touch == NULL) {
		code = BENCH_INTERNAL;
	}
	if (code == BENCH_OK) {
		m->touches = bench_gallery_touches(&m->all, (size_t)m->g.fingers, m->touch);
		m->g.probes = m->touches;
	}
	return code;
}

/* 95 % interval of a share, after Wilson. */
static void interval(double k, double n, double *low, double *high)
{
	const double z = 1.96;
	double middle = (k + z * z / 2) / (n + z * z);
	double half = z / (n + z * z) * sqrt(k * (n - k) / n + z * z / 4);

	*low = k > 0 && middle > half ? middle - half : 0;
	*high = middle + half;
}

/* How often the threshold for a rate was reached. */
static json_t *held(const struct fpir_bench *m, double target, uint64_t people)
{
	int threshold = search_threshold(people, (unsigned)m->g.fingers, target);
	size_t n = m->best.count;
	size_t over = 0;
	double beyond = log10(chance_measured() * (double)people / target);
	double low;
	double high;

	for (size_t i = 0; i < n; i++) {
		over += m->best.value[i] >= (float)threshold;
	}
	interval((double)over, (double)n, &low, &high);
	return json_pack(
	    "{sf sI sI so so so so}", "target", target, "threshold", (json_int_t)threshold, "false",
	    (json_int_t)over, "fpir", bench_rate((double)over / (double)n), "low", bench_rate(low),
	    "high", bench_rate(high), "decades_extrapolated", bench_rate(beyond > 0 ? beyond : 0));
}

static int report(struct fpir_bench *m)
{
	static const double target[] = { 0.1, 0.01, 0.001 };
	/* An image meets those of its own directory too. */
	uint64_t people = m->g.people + m->touches / (m->g.dirs > 0 ? m->g.dirs : 1);
	json_t *rates = json_array();

	for (size_t i = 0; i < sizeof(target) / sizeof(target[0]); i++) {
		(void)json_array_append_new(rates, held(m, target[i], people));
	}
	bench_spread_sort(&m->best);
	return bench_report(m->g.b,
			    json_pack("{sI sI sI so so so so}", "people", (json_int_t)people,
				      "fingers", (json_int_t)m->g.fingers, "probes",
				      (json_int_t)m->best.count, "search_ms_mean",
				      bench_ms(m->g.search_cpu_s * 1e3 / (double)m->best.count),
				      "build_s", bench_ms(m->g.build_s), "rates", rates, "best",
				      bench_spread_json(&m->best, 20)));
}

static int write_scores(const struct fpir_bench *m)
{
	FILE *f = m->scores != NULL ? fopen(m->scores, "w") : NULL;
	bool ok = f != NULL;

	if (m->scores == NULL) {
		return BENCH_OK;
	}
	for (size_t i = 0; i < m->best.count && ok; i++) {
		ok = fprintf(f, "%d\n", (int)m->best.value[i]) > 0;
	}
	if (f != NULL) {
		ok = fclose(f) == 0 && ok;
	}
	return ok ? BENCH_OK : bench_wrong(m->g.b, "cannot write", m->scores);
}

static int run(struct fpir_bench *m)
{
	struct bench_progress bar;
	int code = m->g.dirs > 0 ? read_images(m) : BENCH_OK;
	int err;

	if (code != BENCH_OK) {
		return code;
	}
	err = bench_gallery_build(&m->g);
	bench_progress_start(&bar, "searching", m->g.probes);
	for (uint64_t i = 0; i < m->g.probes && err == ERR_OK; i++) {
		err = m->touches > 0
			  ? search_for(m, m->touch[i].print, best_of_others(m, &m->touch[i]))
			  : search_stranger(m, i);
		bench_progress_at(&bar, i);
	}
	bench_progress_end(&bar);
	if (err != ERR_OK) {
		return BENCH_INTERNAL;
	}
	if (m->best.count == 0) {
		return bench_wrong(m->g.b, "nobody to search for", "");
	}
	code = write_scores(m);
	return code == BENCH_OK ? report(m) : code;
}

static bool options(struct fpir_bench *m)
{
	struct gallery_bench *g = &m->g;
	bool given = false;

	for (int i = 0; i < g->b->argc; i++) {
		const char *v;
		bool ok = true;

		if ((v = bench_option(g->b, &i, "people")) != NULL) {
			ok = bench_number(v, 0, BENCH_PEOPLE_MAX, &g->people);
			given = true;
		} else if ((v = bench_option(g->b, &i, "fingers")) != NULL) {
			ok = bench_number(v, 1, SEARCH_PROBES_MAX, &g->fingers);
		} else if ((v = bench_option(g->b, &i, "probes")) != NULL) {
			ok = bench_number(v, 1, 1000000, &g->probes);
		} else if ((v = bench_option(g->b, &i, "threads")) != NULL) {
			ok = bench_number(v, 1, BENCH_THREADS_MAX, &g->threads);
		} else if ((v = bench_option(g->b, &i, "difficulty")) != NULL) {
			ok = bench_number(v, 0, 100, &m->difficulty);
		} else if ((v = bench_option(g->b, &i, "scores")) != NULL) {
			m->scores = v;
		} else if (g->b->argv[i][0] != '-' && g->dirs < BENCH_DIRS_MAX) {
			g->dir[g->dirs++] = g->b->argv[i];
		} else {
			return false;
		}
		if (!ok) {
			return false;
		}
	}
	g->enrol = (float)m->difficulty / 100;
	g->probe = g->enrol;
	g->searched = g->fingers;
	return given && (g->people > 0 || g->dirs > 0);
}

int bench_fpir(const struct bench *b)
{
	struct fpir_bench m = {
		.g = { .b = b, .fingers = 1, .probes = 1000, .threads = 1, .private_data = true },
		.difficulty = DIFFICULTY,
	};
	int code;

	bench_gallery_admit(&m.g);
	if (!options(&m)) {
		return bench_usage(b, FORM);
	}
	code = run(&m);
	if (code == BENCH_INTERNAL) {
		fprintf(stderr, "outpost-bench fpir: out of memory or threads\n");
	}
	gallery_snapshot_unref(m.g.snapshot);
	gallery_free(m.g.gallery);
	bench_spread_done(&m.best);
	bench_prints_done(&m.all);
	free(m.touch);
	return code;
}
