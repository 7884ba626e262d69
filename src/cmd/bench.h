/* What the parts of outpost-bench share: one table of subjects, and how results go out.
 *
 * A subject is one line in the table of outpost_bench.c and one function in a file of its
 * own.  It prints only through bench_report(). */
#ifndef CMD_BENCH_H
#define CMD_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

enum bench_exit {
	BENCH_OK = 0,
	BENCH_NEGATIVE = 1, /* it ran, and the result is a no */
	BENCH_USAGE = 2,
	BENCH_INTERNAL = 70,
};

struct bench {
	const char *subject;
	bool json;
	int argc; /* what follows the subject, without --json */
	char **argv;
};

/* A bar on stderr: only on a terminal, and only once the work has taken a second. */
struct bench_progress {
	const char *what;
	size_t all;
	double start;
	double drawn;
	bool shown;
};

/* Say on stderr how it is used, or what is wrong; returns BENCH_USAGE. */
int bench_usage(const struct bench *b, const char *form);
int bench_wrong(const struct bench *b, const char *what, const char *which);
/* Print the object's keys, in their order, as text or as JSON; takes the reference. */
int bench_report(const struct bench *b, json_t *result);
/* The value of option --NAME if argv[*i] is it; advances *i over it. */
const char *bench_option(const struct bench *b, int *i, const char *name);
/* A whole number within the limits, or false. */
bool bench_number(const char *text, uint64_t least, uint64_t most, uint64_t *out);
/* A share with at most six digits after the point, and a time in ms with three. */
json_t *bench_rate(double v);
json_t *bench_ms(double v);

/* Seconds: of this thread on a processor, and on the wall. */
double bench_cpu(void);
double bench_wall(void);

void bench_progress_start(struct bench_progress *p, const char *what, size_t all);
void bench_progress_at(struct bench_progress *p, size_t done);
void bench_progress_end(struct bench_progress *p);

/* Sort, and the value that this share of them does not exceed; n > 0. */
double bench_quantile(double *values, size_t n, double share);

int bench_finger(const struct bench *b);
int bench_fpir(const struct bench *b);
int bench_gallery(const struct bench *b);
int bench_spread(const struct bench *b);
int bench_sync(const struct bench *b);
/* The second half of that subject, and how it is used. */
int bench_reconcile(const struct bench *b);
extern const char bench_reconcile_form[];
int bench_bundle(const struct bench *b);

#endif
