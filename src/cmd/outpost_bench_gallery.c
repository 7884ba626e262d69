/* outpost-bench gallery: a gallery of people who do not exist, and searches of it. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cmd/bench.h"
#include "cmd/bench_gallery.h"

#define FORM                                                                                       \
	"--people N [--fingers K] [--searched S] [--one-in M] [--probes P] [--threads T] "         \
	"[--private] "                                                                             \
	"[--json] [DIR[@PPI] ...]"
#define ENROL 0.2f /* difficulty of an enrolment, and of a probe at a post */
#define PROBE 0.5f

/* Search for one person: with a mate in the gallery, or a stranger. */
static int probe_person(struct gallery_bench *g, uint64_t person, struct search_result *result,
			double *cpu_s)
{
	struct finger_template *probe[SEARCH_PROBES_MAX] = { NULL };
	int err = ERR_OK;

	for (unsigned k = 0; k < g->searched && err == ERR_OK; k++) {
		err = bench_gallery_make(g, person, k, 1, &probe[k]);
	}
	if (err == ERR_OK) {
		err = bench_gallery_search(g, probe, result, cpu_s);
	}
	for (unsigned k = 0; k < g->searched; k++) {
		finger_template_unref(probe[k]);
	}
	return err;
}

static int search_all(struct gallery_bench *g)
{
	struct bench_progress bar;
	int err = ERR_OK;

	bench_progress_start(&bar, "searching", g->probes);
	for (uint64_t i = 0; i < g->probes && err == ERR_OK; i++) {
		/* Mates from all over the gallery, and as many strangers. */
		uint64_t person = i * g->people / g->probes / g->one_in * g->one_in;
		uint8_t id[GALLERY_PERSON_BYTES];
		struct search_result r;
		double cpu_s = 0;

		bench_gallery_id(person, id);
		err = probe_person(g, person, &r, &cpu_s);
		g->wall_ms[i] = g->wall_s * 1e3;
		if (err != ERR_OK) {
			break;
		}
		g->mate[i] = INT_MIN;
		if (r.count > 0 && memcmp(r.candidate[0].person, id, sizeof(id)) == 0) {
			g->mate[i] = r.candidate[0].score;
			g->first++;
		}
		g->search_ms[i] = cpu_s * 1e3;
		g->search_cpu_s += cpu_s;
		g->candidates += (double)r.people;
		g->looked += (double)r.looked;
		err = probe_person(g, BENCH_STRANGER + i, &r, &cpu_s);
		if (err == ERR_OK) {
			g->stranger[i] = r.count > 0 ? r.candidate[0].score : INT_MIN;
		}
		bench_progress_at(&bar, i);
	}
	bench_progress_end(&bar);
	return err;
}

static int by_value(const void *x, const void *y)
{
	const int *a = x;
	const int *b = y;

	return (*a > *b) - (*a < *b);
}

static int report(struct gallery_bench *g)
{
	size_t n = (size_t)g->probes;
	size_t allowed = n / 100; /* strangers above the threshold: 1 in 100 */
	size_t found = 0;
	int threshold;

	qsort(g->stranger, n, sizeof(*g->stranger), by_value);
	threshold = g->stranger[n - 1 - allowed];
	for (size_t i = 0; i < n; i++) {
		found += g->mate[i] > threshold;
	}
	return bench_report(
	    g->b,
	    json_pack("{sI sI so sI so so sI so so sI sI so so so}", "people",
		      (json_int_t)g->people, "fingers", (json_int_t)g->fingers, "build_s",
		      bench_ms(g->build_s), "bytes_per_person",
		      (json_int_t)(g->bytes / (double)g->people), "search_ms_median",
		      bench_ms(bench_quantile(g->search_ms, n, 0.5)), "search_ms_p95",
		      bench_ms(bench_quantile(g->search_ms, n, 0.95)), "candidates_per_cpu_s",
		      (json_int_t)(g->candidates / (g->search_cpu_s + 1e-9)), "rank1",
		      bench_rate((double)g->first / (double)n), "tpir_fpir_1e-2",
		      bench_rate((double)found / (double)n), "bytes_per_finger",
		      (json_int_t)(g->bytes / (double)(g->people * g->fingers)), "looked_per_cpu_s",
		      (json_int_t)(g->looked / (g->search_cpu_s + 1e-9)), "search_wall_ms_median",
		      bench_ms(bench_quantile(g->wall_ms, n, 0.5)), "search_ms_max",
		      bench_ms(bench_quantile(g->search_ms, n, 1.0)), "enrol_us_per_finger",
		      bench_ms(g->enrol_s * 1e6 / (double)(g->people * g->fingers))));
}

static bool options(struct gallery_bench *g)
{
	bool given = false;

	for (int i = 0; i < g->b->argc; i++) {
		const char *v;

		if ((v = bench_option(g->b, &i, "people")) != NULL) {
			if (!bench_number(v, 0, BENCH_PEOPLE_MAX, &g->people)) {
				return false;
			}
			given = true;
		} else if ((v = bench_option(g->b, &i, "fingers")) != NULL) {
			if (!bench_number(v, 1, SEARCH_PROBES_MAX, &g->fingers)) {
				return false;
			}
		} else if ((v = bench_option(g->b, &i, "searched")) != NULL) {
			if (!bench_number(v, 1, SEARCH_PROBES_MAX, &g->searched)) {
				return false;
			}
		} else if ((v = bench_option(g->b, &i, "one-in")) != NULL) {
			if (!bench_number(v, 1, BENCH_PEOPLE_MAX, &g->one_in)) {
				return false;
			}
		} else if ((v = bench_option(g->b, &i, "probes")) != NULL) {
			if (!bench_number(v, 1, 1000000, &g->probes)) {
				return false;
			}
		} else if ((v = bench_option(g->b, &i, "threads")) != NULL) {
			if (!bench_number(v, 1, BENCH_THREADS_MAX, &g->threads)) {
				return false;
			}
		} else if (strcmp(g->b->argv[i], "--private") == 0) {
			g->private_data = true;
		} else if (g->b->argv[i][0] != '-' && g->dirs < BENCH_DIRS_MAX) {
			g->dir[g->dirs++] = g->b->argv[i];
		} else {
			return false;
		}
	}
	g->searched = g->searched == 0 ? g->fingers : g->searched;
	/* Real images are all searched, with all their fingers. */
	return given && (g->people > 0 || g->dirs > 0) && g->searched <= g->fingers &&
	       (g->dirs == 0 || (g->searched == g->fingers && g->one_in == 1));
}

static int run(struct gallery_bench *g)
{
	g->search_ms = calloc(g->probes, sizeof(*g->search_ms));
	g->wall_ms = calloc(g->probes, sizeof(*g->wall_ms));
	g->mate = calloc(g->probes, sizeof(*g->mate));
	g->stranger = calloc(g->probes, sizeof(*g->stranger));
	if (g->search_ms == NULL || g->wall_ms == NULL || g->mate == NULL || g->stranger == NULL ||
	    bench_gallery_build(g) != ERR_OK) {
		return BENCH_INTERNAL;
	}
	if (g->dirs > 0) {
		return bench_gallery_images(g);
	}
	return search_all(g) == ERR_OK ? report(g) : BENCH_INTERNAL;
}

int bench_gallery(const struct bench *b)
{
	struct gallery_bench g = {
		.b = b, .fingers = 2, .probes = 100, .threads = 1, .enrol = ENROL, .probe = PROBE
	};
	int code;

	bench_gallery_admit(&g);
	if (!options(&g)) {
		return bench_usage(b, FORM);
	}
	code = run(&g);
	if (code == BENCH_INTERNAL) {
		fprintf(stderr, "outpost-bench gallery: out of memory or threads\n");
	}
	gallery_snapshot_unref(g.snapshot);
	gallery_free(g.gallery);
	free(g.search_ms);
	free(g.wall_ms);
	free(g.mate);
	free(g.stranger);
	return code;
}
