/* outpost-bench: how good and how fast the engines are, as text or JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/bench.h"

struct subject {
	const char *name;
	int (*run)(const struct bench *b);
	const char *about;
};

/* A new subject is a line here. */
static const struct subject subjects[] = {
	{ "finger", bench_finger, "accuracy and speed of fingerprint comparison on images" },
	{ "gallery", bench_gallery, "searches of a gallery of synthetic people" },
	{ "fpir", bench_fpir, "false answers of searches against what their threshold promises" },
	{ "spread", bench_spread, "made-up fingers beside real ones: minutiae, flow, scores" },
	{ "sync", bench_sync,
	  "filling an empty node over loopback; finding out what two nodes lack" },
	{ "bundle", bench_bundle, "filling an empty node by a file" },
};

#define SUBJECTS (sizeof(subjects) / sizeof(subjects[0]))

static int usage(FILE *to)
{
	fputs("usage: outpost-bench SUBJECT [--json] ...\n", to);
	for (size_t i = 0; i < SUBJECTS; i++) {
		fprintf(to, "  %-14s %s\n", subjects[i].name, subjects[i].about);
	}
	return BENCH_USAGE;
}

int bench_usage(const struct bench *b, const char *form)
{
	fprintf(stderr, "usage: outpost-bench %s %s\n", b->subject, form);
	return BENCH_USAGE;
}

int bench_wrong(const struct bench *b, const char *what, const char *which)
{
	fprintf(stderr, "outpost-bench %s: %s: %s\n", b->subject, what, which);
	return BENCH_USAGE;
}

static void print_other(const char *key, const json_t *value)
{
	char *text = json_is_string(value)
			 ? strdup(json_string_value(value))
			 : json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(6));

	printf("%-24s %s\n", key, text != NULL ? text : "");
	free(text);
}

int bench_report(const struct bench *b, json_t *result)
{
	const char *key;
	json_t *value;
	int code = BENCH_OK;

	if (result == NULL) {
		fprintf(stderr, "outpost-bench %s: out of memory\n", b->subject);
		return BENCH_INTERNAL;
	}
	if (b->json) {
		if (json_dumpf(result, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) != 0) {
			code = BENCH_INTERNAL;
		}
		putchar('\n');
	} else {
		json_object_foreach(result, key, value)
		{
			if (json_is_integer(value)) {
				printf("%-24s %lld\n", key, (long long)json_integer_value(value));
			} else if (json_is_real(value)) {
				printf("%-24s %.6g\n", key, json_real_value(value));
			} else if (json_is_boolean(value)) {
				printf("%-24s %s\n", key, json_is_true(value) ? "yes" : "no");
			} else {
				print_other(key, value);
			}
		}
	}
	json_decref(result);
	return fflush(stdout) == 0 ? code : BENCH_INTERNAL;
}

const char *bench_option(const struct bench *b, int *i, const char *name)
{
	const char *arg = b->argv[*i];

	if (strncmp(arg, "--", 2) != 0 || strcmp(arg + 2, name) != 0 || *i + 1 >= b->argc) {
		return NULL;
	}
	return b->argv[++*i];
}

bool bench_number(const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
	uint64_t v = 0;

	if (*text == '\0') {
		return false;
	}
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || v > UINT64_MAX / 10 - 1) {
			return false;
		}
		v = v * 10 + (uint64_t)(*text - '0');
	}
	if (v < least || v > most) {
		return false;
	}
	*out = v;
	return true;
}

json_t *bench_rate(double v)
{
	return json_real((double)(long long)(v * 1e6 + 0.5) / 1e6);
}

json_t *bench_ms(double v)
{
	return json_real((double)(long long)(v * 1e3 + 0.5) / 1e3);
}

static double seconds(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) != 0) {
		return 0;
	}
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double bench_cpu(void)
{
	return seconds(CLOCK_THREAD_CPUTIME_ID);
}

double bench_wall(void)
{
	return seconds(CLOCK_MONOTONIC);
}

void bench_progress_start(struct bench_progress *p, const char *what, size_t all)
{
	*p = (struct bench_progress){ .what = what, .all = all, .start = bench_wall() };
	p->drawn = p->start;
}

void bench_progress_at(struct bench_progress *p, size_t done)
{
	enum { WIDTH = 40 };
	double now = bench_wall();
	size_t full;

	if (now - p->start < 1.0 || now - p->drawn < 0.2 || !isatty(STDERR_FILENO)) {
		return;
	}
	full = p->all > 0 ? done * WIDTH / p->all : 0;
	fprintf(stderr, "\r%-12s [", p->what);
	for (size_t i = 0; i < WIDTH; i++) {
		fputc(i < full ? '#' : '.', stderr);
	}
	fprintf(stderr, "] %zu/%zu", done, p->all);
	p->drawn = now;
	p->shown = true;
}

void bench_progress_end(struct bench_progress *p)
{
	if (p->shown) {
		fputs("\r\033[K", stderr);
	}
}

static int by_value(const void *x, const void *y)
{
	const double *a = x;
	const double *b = y;

	return (*a > *b) - (*a < *b);
}

double bench_quantile(double *values, size_t n, double share)
{
	size_t at = (size_t)(share * (double)(n - 1) + 0.5);

	qsort(values, n, sizeof(*values), by_value);
	return values[at < n ? at : n - 1];
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };

	if (argc < 2) {
		return usage(stderr);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		(void)usage(stdout);
		return BENCH_OK;
	}
	b.subject = argv[1];
	b.argv = argv + 2;
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			b.json = true;
		} else {
			b.argv[b.argc++] = argv[i];
		}
	}
	for (size_t i = 0; i < SUBJECTS; i++) {
		if (strcmp(b.subject, subjects[i].name) == 0) {
			return subjects[i].run(&b);
		}
	}
	fprintf(stderr, "outpost-bench: no subject %s\n", b.subject);
	return usage(stderr);
}
