/* outpost-bench finger: every image becomes a template, every pair a score, and the scores
 * become error rates.  The protocol is that of the FVC competitions, with every pair of
 * different fingers of a directory as impostors. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "cmd/bench.h"
#include "cmd/bench_rates.h"
#include "finger/finger.h"
#include "intake/decode.h"

#define FORM        "[--json] [--pairs FILE] [DIR[@PPI] ...]"
#define IMAGES_MAX  20000U
#define PAIRS_MAX   20000000U
#define PATH_BYTES  4096
#define SCORE_LEAST (-1000) /* what a print without a template gets */

struct print {
	char *path;  /* owned */
	char *name;  /* within path: the file's name */
	size_t stem; /* bytes of the name that name the finger */
	unsigned dir;
	uint32_t ppi;
	uint32_t finger; /* number, for the bootstrap */
	struct finger_template *template;
	double extract_s;
	size_t bytes;
};

struct finger_bench {
	const struct bench *b;
	struct print *print; /* owned */
	size_t prints;
	struct bench_score *score; /* owned */
	size_t scores;
	size_t room;
	uint32_t fingers;
	size_t failed;
	double compare_s;
	const char *list;      /* the file of --pairs, or NULL */
	char base[PATH_BYTES]; /* directory that its names start from, or empty */
	uint32_t list_ppi;
};

static int add_print(struct finger_bench *f, const char *dir, const char *name, unsigned number,
		     uint32_t ppi)
{
	struct print *p;
	struct print *all;
	size_t len = strlen(name) + (dir != NULL ? strlen(dir) + 1 : 0) + 1;
	const char *end;

	if (f->prints == IMAGES_MAX) {
		return bench_wrong(f->b, "too many images", dir != NULL ? dir : name);
	}
	if (f->prints % 256 == 0) {
		all = realloc(f->print, (f->prints + 256) * sizeof(*all));
		if (all == NULL) {
			return BENCH_INTERNAL;
		}
		f->print = all;
	}
	p = &f->print[f->prints];
	*p = (struct print){ .path = malloc(len), .dir = number, .ppi = ppi };
	if (p->path == NULL) {
		return BENCH_INTERNAL;
	}
	(void)snprintf(p->path, len, "%s%s%s", dir != NULL ? dir : "", dir != NULL ? "/" : "",
		       name);
	p->name = p->path + len - strlen(name) - 1;
	end = strrchr(p->name, '_');
	p->stem = end != NULL ? (size_t)(end - p->name) : strlen(p->name);
	f->prints++;
	return BENCH_OK;
}

static int is_image(const struct dirent *e)
{
	static const char *const kinds[] = { ".png", ".jpg",  ".jpeg", ".pgm",
					     ".tif", ".tiff", ".wsq" };
	const char *dot = strrchr(e->d_name, '.');

	for (size_t i = 0; dot != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(dot, kinds[i]) == 0) {
			return 1;
		}
	}
	return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* "DIR@PPI": cut the resolution off, 500 without one. */
static bool split_ppi(const char *arg, char dir[PATH_BYTES], uint32_t *ppi)
{
	const char *at = strrchr(arg, '@');
	uint64_t v = 500;
	size_t len = at != NULL ? (size_t)(at - arg) : strlen(arg);

	if (len >= PATH_BYTES ||
	    (at != NULL && !bench_number(at + 1, IMAGE_PPI_MIN, IMAGE_PPI_MAX, &v))) {
		return false;
	}
	memcpy(dir, arg, len);
	dir[len] = '\0';
	*ppi = (uint32_t)v;
	return true;
}

static int add_dir(struct finger_bench *f, const char *arg, unsigned number)
{
	char dir[PATH_BYTES];
	uint32_t ppi;
	struct dirent **e;
	int n;
	int code = BENCH_OK;

	if (!split_ppi(arg, dir, &ppi)) {
		return bench_wrong(f->b, "no such resolution", arg);
	}
	n = scandir(dir, &e, is_image, by_name);
	if (n < 0) {
		return bench_wrong(f->b, "cannot read directory", dir);
	}
	for (int i = 0; i < n; i++) {
		if (code == BENCH_OK) {
			code = add_print(f, dir, e[i]->d_name, number, ppi);
		}
		free(e[i]);
	}
	free(e);
	return code == BENCH_OK && n == 0 ? bench_wrong(f->b, "no images in", dir) : code;
}

/* Number the fingers: prints stand together by directory and name. */
static void number_fingers(struct finger_bench *f)
{
	for (size_t i = 0; i < f->prints; i++) {
		const struct print *a = i > 0 ? &f->print[i - 1] : NULL;
		struct print *p = &f->print[i];

		if (a == NULL || a->dir != p->dir || a->stem != p->stem ||
		    memcmp(a->name, p->name, p->stem) != 0) {
			f->fingers++;
		}
		p->finger = f->fingers - 1;
	}
}

static int read_file(const char *path, struct buf *out)
{
	FILE *in = fopen(path, "rb");
	size_t n;

	if (in == NULL) {
		return ERR_IO;
	}
	do {
		uint8_t *to = buf_extend(out, 65536);

		if (to == NULL) {
			(void)fclose(in);
			return buf_error(out);
		}
		n = fread(to, 1, 65536, in);
		out->len -= 65536 - n;
	} while (n == 65536);
	(void)fclose(in);
	return ERR_OK;
}

static int extract(struct print *p)
{
	struct buf file = { .limit = DECODE_BYTES_MAX };
	struct buf iso = { 0 };
	struct buf extended = { 0 };
	struct image image = { 0 };
	struct decode_hint hint = { .ppi = p->ppi };
	struct finger_quality quality;
	double start;
	int err = read_file(p->path, &file);

	if (err == ERR_OK) {
		err = decode_image(buf_bytes(&file), &hint, &image, NULL);
	}
	if (err == ERR_OK) {
		start = bench_cpu();
		err = finger_extract(&image, 0, &iso, &extended, &quality);
		p->extract_s = bench_cpu() - start;
	}
	if (err == ERR_OK) {
		p->bytes = iso.len + extended.len;
		err =
		    finger_template_load(buf_bytes(&iso), buf_bytes(&extended), &p->template, NULL);
	}
	image_done(&image);
	buf_done(&file);
	buf_done(&iso);
	buf_done(&extended);
	return err;
}

static int extract_all(struct finger_bench *f)
{
	struct bench_progress bar;

	bench_progress_start(&bar, "extracting", f->prints);
	for (size_t i = 0; i < f->prints; i++) {
		int err = extract(&f->print[i]);

		bench_progress_at(&bar, i);
		if (err == ERR_IO) {
			bench_progress_end(&bar);
			return bench_wrong(f->b, "cannot read", f->print[i].path);
		}
		f->failed += err != ERR_OK;
	}
	bench_progress_end(&bar);
	return BENCH_OK;
}

static int add_score(struct finger_bench *f, const struct print *a, const struct print *b,
		     bool same)
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
	if (a->template != NULL && b->template != NULL) {
		score = finger_compare(a->template, b->template);
	}
	f->compare_s += bench_cpu() - start;
	f->score[f->scores++] = (struct bench_score){ score, a->finger, same };
	return BENCH_OK;
}

static int compare_all(struct finger_bench *f)
{
	struct bench_progress bar;
	int code = BENCH_OK;

	bench_progress_start(&bar, "comparing", f->prints);
	for (size_t i = 0; i < f->prints && code == BENCH_OK; i++) {
		for (size_t j = i + 1; j < f->prints && code == BENCH_OK; j++) {
			const struct print *a = &f->print[i];
			const struct print *b = &f->print[j];

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
	for (size_t i = 0; i < f->prints; i++) {
		if (strcmp(f->print[i].path + (f->base[0] != '\0' ? strlen(f->base) + 1 : 0),
			   name) == 0) {
			*out = i;
			return BENCH_OK;
		}
	}
	*out = f->prints;
	return add_print(f, f->base, name, 0, f->list_ppi);
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
	for (size_t i = 0; i < f->prints; i++) {
		f->print[i].finger = (uint32_t)i;
	}
	f->fingers = (uint32_t)f->prints;
	if (code == BENCH_OK) {
		code = extract_all(f);
	}
	for (size_t i = 0; i < n && f->print != NULL && code == BENCH_OK; i++) {
		code = add_score(f, &f->print[pair[i].a], &f->print[pair[i].b], pair[i].same);
	}
	free(pair);
	return code;
}

static int report(struct finger_bench *f)
{
	double *v = malloc((2 * f->prints + 1) * sizeof(*v));
	double *bytes;
	size_t n = 0;
	size_t m = 0;
	struct bench_rates r;
	double low, high;
	int code = BENCH_INTERNAL;

	if (v == NULL || f->scores == 0) {
		free(v);
		return f->scores == 0 ? bench_wrong(f->b, "nothing to compare", "") : code;
	}
	bytes = v + f->prints;
	bench_rates_of(f->score, f->scores, &r);
	for (size_t i = 0; i < f->prints; i++) {
		if (f->print[i].extract_s > 0) {
			v[n++] = f->print[i].extract_s * 1e3;
		}
		if (f->print[i].template != NULL) {
			bytes[m++] = (double)f->print[i].bytes;
		}
	}
	if (n > 0 && m > 0 &&
	    bench_rates_interval(f->score, f->scores, f->fingers, r.threshold[1], &low, &high)) {
		code = bench_report(
		    f->b,
		    json_pack(
			"{sI sI sI so so so so so so so sI sI sI}", "images", (json_int_t)f->prints,
			"genuine", (json_int_t)r.genuine, "impostor", (json_int_t)r.impostor, "eer",
			bench_rate(r.eer), "fnmr_1e-2", bench_rate(r.fnmr[0]), "fnmr_1e-3",
			bench_rate(r.fnmr[1]), "fnmr_1e-3_low", bench_rate(low), "fnmr_1e-3_high",
			bench_rate(high), "extract_ms_median", bench_ms(bench_quantile(v, n, 0.5)),
			"extract_ms_p95", bench_ms(bench_quantile(v, n, 0.95)), "compare_per_cpu_s",
			(json_int_t)((double)f->scores / (f->compare_s + 1e-9)),
			"template_bytes_median", (json_int_t)bench_quantile(bytes, m, 0.5),
			"failed", (json_int_t)f->failed));
	}
	free(v);
	return code;
}

static int run(struct finger_bench *f)
{
	int code = BENCH_OK;
	unsigned dirs = 0;
	const char *dir = NULL;

	for (int i = 0; i < f->b->argc; i++) {
		const char *value = bench_option(f->b, &i, "pairs");

		if (value != NULL) {
			f->list = value;
		} else if (f->b->argv[i][0] == '-') {
			return bench_usage(f->b, FORM);
		} else {
			dir = f->b->argv[i];
			dirs++;
		}
	}
	if ((f->list == NULL && dirs == 0) || (f->list != NULL && dirs > 1)) {
		return bench_usage(f->b, FORM);
	}
	if (f->list != NULL) {
		f->list_ppi = 500;
		if (dir != NULL) {
			if (!split_ppi(dir, f->base, &f->list_ppi)) {
				return bench_wrong(f->b, "no such resolution", dir);
			}
		}
		code = compare_listed(f);
		return code == BENCH_OK ? report(f) : code;
	}
	for (int i = 0; i < f->b->argc && code == BENCH_OK; i++) {
		code = add_dir(f, f->b->argv[i], (unsigned)i);
	}
	number_fingers(f);
	code = code == BENCH_OK ? extract_all(f) : code;
	code = code == BENCH_OK ? compare_all(f) : code;
	return code == BENCH_OK ? report(f) : code;
}

int bench_finger(const struct bench *b)
{
	struct finger_bench f = { .b = b };
	int code = run(&f);

	for (size_t i = 0; i < f.prints; i++) {
		finger_template_unref(f.print[i].template);
		free(f.print[i].path);
	}
	free(f.print);
	free(f.score);
	return code;
}
