/* outpost-bench finger: every image becomes a template, every pair a score, and the scores
 * become error rates.  The protocol is that of the FVC competitions, with every pair of
 * different fingers of a directory as impostors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cmd/bench.h"
#include "cmd/bench_prints.h"
#include "cmd/bench_rates.h"
#include "finger/finger.h"

#define FORM        "[--json] [--bare] [--at PPI[,PPI]] [--pairs FILE] [DIR[@PPI] ...]"
#define PAIRS_MAX   20000000U
#define SCORE_LEAST (-1000) /* what a print without a template gets */

struct finger_bench {
	const struct bench *b;
	struct bench_prints all;
	struct bench_score *score; /* owned */
	size_t scores;
	size_t room;
	double compare_s;
	const char *list;            /* the file of --pairs, or NULL */
	char base[BENCH_PATH_BYTES]; /* directory that its names start from, or empty */
	uint32_t list_ppi;
};

static int add_score(struct finger_bench *f, const struct bench_print *a,
		     const struct bench_print *b, bool same)
{
	int score = SCORE_LEAST;
	double start = bench_cpu();

	if (f->scores == f->room) {
		size_t room = f->room > 0 ? f->room * 2 : 4096;
		struct bench_score *all;

		if (f->scores >= PAIRS_MAX) {
			return bench_wrong(f->b, "too many pairs", "");
		}
		all = realloc(f->score, room * sizeof(*all));
		if (all == NULL) {
			return BENCH_INTERNAL;
		}
		f->score = all;
		f->room = room;
	}
	if (a->template != NULL && b->second != NULL) {
		score = finger_compare(a->template, b->second);
	}
	f->compare_s += bench_cpu() - start;
	f->score[f->scores++] =
	    (struct bench_score){ .score = score,
				  .finger = a->finger,
				  .quality = a->quality < b->quality ? a->quality : b->quality,
				  .same = same };
	return BENCH_OK;
}

static int compare_all(struct finger_bench *f)
{
	struct bench_progress bar;
	int code = BENCH_OK;

	bench_progress_start(&bar, "comparing", f->all.count);
	for (size_t i = 0; i < f->all.count && code == BENCH_OK; i++) {
		for (size_t j = i + 1; j < f->all.count && code == BENCH_OK; j++) {
			const struct bench_print *a = &f->all.print[i];
			const struct bench_print *b = &f->all.print[j];

			if (a->dir == b->dir) {
				code = add_score(f, a, b, a->finger == b->finger);
			}
		}
		bench_progress_at(&bar, i);
	}
	bench_progress_end(&bar);
	return code;
}

/* The print of a name in the list of pairs, added when it is new. */
static int listed(struct finger_bench *f, const char *name, size_t *out)
{
	for (size_t i = 0; i < f->all.count; i++) {
		if (strcmp(f->all.print[i].path + (f->base[0] != '\0' ? strlen(f->base) + 1 : 0),
			   name) == 0) {
			*out = i;
			return BENCH_OK;
		}
	}
	*out = f->all.count;
	return bench_prints_add(f->b, &f->all, f->base, name, 0, f->list_ppi);
}

struct listed_pair {
	uint32_t a;
	uint32_t b;
	bool same;
};

static int read_pairs(struct finger_bench *f, struct listed_pair **out, size_t *n)
{
	FILE *in = fopen(f->list, "r");
	struct listed_pair *pair = NULL;
	char a[1024];
	char b[1024];
	char kind[16];
	int got;
	int code = BENCH_OK;

	*n = 0;
	if (in == NULL) {
		return bench_wrong(f->b, "cannot read", f->list);
	}
	while (code == BENCH_OK && (got = fscanf(in, "%1023s %1023s %15s", a, b, kind)) != EOF) {
		size_t x = 0;
		size_t y = 0;
		bool same = got == 3 && strcmp(kind, "same") == 0;

		if (got != 3 || (!same && strcmp(kind, "different") != 0) || *n == PAIRS_MAX) {
			code = bench_wrong(f->b, "no list of pairs", f->list);
			break;
		}
		if (*n % 4096 == 0) {
			struct listed_pair *all = realloc(pair, (*n + 4096) * sizeof(*all));

			if (all == NULL) {
				code = BENCH_INTERNAL;
				break;
			}
			pair = all;
		}
		code = listed(f, a, &x);
		if (code == BENCH_OK) {
			code = listed(f, b, &y);
		}
		if (code == BENCH_OK) {
			pair[(*n)++] = (struct listed_pair){ (uint32_t)x, (uint32_t)y, same };
		}
	}
	(void)fclose(in);
	*out = pair;
	return code;
}

static int compare_listed(struct finger_bench *f)
{
	struct listed_pair *pair = NULL;
	size_t n = 0;
	int code = read_pairs(f, &pair, &n);

	/* Each file is a finger of its own to the bootstrap. */
	for (size_t i = 0; i < f->all.count; i++) {
		f->all.print[i].finger = (uint32_t)i;
	}
	f->all.fingers = (uint32_t)f->all.count;
	if (code == BENCH_OK) {
		code = bench_prints_extract(f->b, &f->all);
	}
	for (size_t i = 0; i < n && f->all.print != NULL && code == BENCH_OK; i++) {
		code =
		    add_score(f, &f->all.print[pair[i].a], &f->all.print[pair[i].b], pair[i].same);
	}
	free(pair);
	return code;
}

/* The quality that this many percent of the images stay below. */
static uint8_t quality_at(const struct bench_prints *all, unsigned percent)
{
	size_t count[101] = { 0 };
	size_t seen = 0;
	uint8_t q = 0;

	for (size_t i = 0; i < all->count; i++) {
		count[all->print[i].quality <= 100 ? all->print[i].quality : 100]++;
	}
	while (q < 100 && seen + count[q] <= all->count * percent / 100) {
		seen += count[q++];
	}
	return q;
}

/* What is left of the misses when the worst images are rejected: the threshold stays. */
static bool rejections(struct finger_bench *f, int threshold, json_t *out)
{
	static const struct {
		unsigned percent;
		const char *rate;
		const char *low;
		const char *high;
	} step[] = {
		{ 0, "fnmr_1e-3", "fnmr_1e-3_low", "fnmr_1e-3_high" },
		{ 5, "fnmr_reject5", NULL, NULL },
		{ 10, "fnmr_reject10", "fnmr_reject10_low", "fnmr_reject10_high" },
		{ 20, "fnmr_reject20", NULL, NULL },
	};

	for (size_t i = 0; i < sizeof(step) / sizeof(step[0]); i++) {
		uint8_t q = quality_at(&f->all, step[i].percent);
		struct bench_fnmr r;

		if (!bench_rates_fnmr(f->score, f->scores, f->all.fingers, threshold,
				      step[i].percent == 0 ? 0 : q, &r)) {
			return false;
		}
		(void)json_object_set_new(out, step[i].rate, bench_rate(r.rate));
		if (step[i].low != NULL) {
			(void)json_object_set_new(out, step[i].low, bench_rate(r.low));
			(void)json_object_set_new(out, step[i].high, bench_rate(r.high));
		}
	}
	return true;
}

/* Times and sizes of the extractions; false when there is no template. */
static bool costs(struct finger_bench *f, json_t *out)
{
	double *v = malloc((2 * f->all.count + 1) * sizeof(*v));
	size_t n = 0;
	size_t m = 0;

	if (v == NULL) {
		return false;
	}
	for (size_t i = 0; i < f->all.count; i++) {
		if (f->all.print[i].extract_s > 0) {
			v[n++] = f->all.print[i].extract_s * 1e3;
		}
		if (f->all.print[i].template != NULL) {
			v[f->all.count + 1 + m++] = (double)f->all.print[i].bytes;
		}
	}
	if (n == 0) {
		v[n++] = 0; /* records alone: nothing was extracted */
	}
	if (m > 0) {
		(void)json_object_set_new(out, "extract_ms_median",
					  bench_ms(bench_quantile(v, n, 0.5)));
		(void)json_object_set_new(out, "extract_ms_p95",
					  bench_ms(bench_quantile(v, n, 0.95)));
		(void)json_object_set_new(
		    out, "compare_per_cpu_s",
		    json_integer((json_int_t)((double)f->scores / (f->compare_s + 1e-9))));
		(void)json_object_set_new(
		    out, "template_bytes_median",
		    json_integer((json_int_t)bench_quantile(v + f->all.count + 1, m, 0.5)));
	}
	free(v);
	return m > 0;
}

static int report(struct finger_bench *f)
{
	struct bench_rates r;
	json_t *out;

	if (f->scores == 0) {
		return bench_wrong(f->b, "nothing to compare", "");
	}
	bench_rates_of(f->score, f->scores, &r);
	out = json_pack("{sI sI sI so so}", "images", (json_int_t)f->all.count, "genuine",
			(json_int_t)r.genuine, "impostor", (json_int_t)r.impostor, "eer",
			bench_rate(r.eer), "fnmr_1e-2", bench_rate(r.fnmr[0]));
	if (out == NULL || !rejections(f, r.threshold[1], out) || !costs(f, out)) {
		json_decref(out);
		return BENCH_INTERNAL;
	}
	(void)json_object_set_new(out, "failed", json_integer((json_int_t)f->all.failed));
	return bench_report(f->b, out);
}

/* "1000" or "250,500": for the first and the second of a pair. */
static bool read_at(const char *text, uint32_t at[2])
{
	char first[16];
	const char *comma = strchr(text, ',');
	size_t len = comma != NULL ? (size_t)(comma - text) : strlen(text);
	uint64_t a, b;

	if (len >= sizeof(first)) {
		return false;
	}
	memcpy(first, text, len);
	first[len] = '\0';
	if (!bench_number(first, IMAGE_PPI_MIN, IMAGE_PPI_MAX, &a) ||
	    !bench_number(comma != NULL ? comma + 1 : first, IMAGE_PPI_MIN, IMAGE_PPI_MAX, &b)) {
		return false;
	}
	at[0] = (uint32_t)a;
	at[1] = (uint32_t)b;
	return true;
}

/* Options come out of argv; what is left are directories, *dirs of them. */
static int read_options(struct finger_bench *f, unsigned *dirs)
{
	*dirs = 0;
	for (int i = 0; i < f->b->argc; i++) {
		const char *pairs = bench_option(f->b, &i, "pairs");
		const char *at = pairs == NULL ? bench_option(f->b, &i, "at") : NULL;

		if (pairs != NULL) {
			f->list = pairs;
		} else if (at != NULL) {
			if (!read_at(at, f->all.at_ppi)) {
				return bench_wrong(f->b, "no such resolution", at);
			}
		} else if (strcmp(f->b->argv[i], "--bare") == 0) {
			f->all.bare = true;
		} else if (f->b->argv[i][0] == '-') {
			return bench_usage(f->b, FORM);
		} else {
			f->b->argv[(*dirs)++] = f->b->argv[i];
		}
	}
	return (f->list == NULL && *dirs == 0) || (f->list != NULL && *dirs > 1)
		   ? bench_usage(f->b, FORM)
		   : BENCH_OK;
}

static int run(struct finger_bench *f)
{
	unsigned dirs;
	int code = read_options(f, &dirs);

	if (code != BENCH_OK) {
		return code;
	}
	if (f->list != NULL) {
		f->list_ppi = 500;
		if (dirs > 0 && !bench_prints_ppi(f->b->argv[0], f->base, &f->list_ppi)) {
			return bench_wrong(f->b, "no such resolution", f->b->argv[0]);
		}
		code = compare_listed(f);
		return code == BENCH_OK ? report(f) : code;
	}
	for (unsigned i = 0; i < dirs && code == BENCH_OK; i++) {
		code = bench_prints_dir(f->b, &f->all, f->b->argv[i], i);
	}
	bench_prints_number(&f->all);
	code = code == BENCH_OK ? bench_prints_extract(f->b, &f->all) : code;
	code = code == BENCH_OK ? compare_all(f) : code;
	return code == BENCH_OK ? report(f) : code;
}

int bench_finger(const struct bench *b)
{
	struct finger_bench f = { .b = b };
	int code = run(&f);

	bench_prints_done(&f.all);
	free(f.score);
	return code;
}
