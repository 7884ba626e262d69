/* How what can be counted on prints is spread: quantiles, a histogram, and how far two of them
 * lie apart. */
#ifndef CMD_BENCH_SPREAD_H
#define CMD_BENCH_SPREAD_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

struct bench_spread {
	float *value; /* owned */
	size_t count;
	size_t room;
};

/* False when there is no memory. */
bool bench_spread_add(struct bench_spread *s, float v);
void bench_spread_done(struct bench_spread *s);
/* Sort them: before any of what follows. */
void bench_spread_sort(struct bench_spread *s);
/* {"n", "mean", "quantiles": [[share, value], ...], "bins": [[lower end, how many], ...]}: bins of
 * this width, empty ones left out.  NULL when there is no memory. */
json_t *bench_spread_json(const struct bench_spread *s, float width);
/* The greatest distance of their distributions, 0..1 (Kolmogorov and Smirnov). */
double bench_spread_apart(const struct bench_spread *a, const struct bench_spread *b);

#endif
