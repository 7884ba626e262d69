/* Error rates from scores, as the FVC competitions count them. */
#ifndef CMD_BENCH_RATES_H
#define CMD_BENCH_RATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench_score {
	int score;
	uint32_t finger; /* of the first print: what the bootstrap draws */
	uint8_t quality; /* the lower of the two prints', 0..100 */
	bool same;
};

struct bench_rates {
	size_t genuine;
	size_t impostor;
	double eer;
	double fnmr[2];   /* at FMR 1e-2 and 1e-3 */
	int threshold[2]; /* there */
};

/* Sort the scores and count; n > 0. */
void bench_rates_of(struct bench_score *score, size_t n, struct bench_rates *r);
/* FNMR at a fixed threshold among the pairs of at least this quality, with its 95 % interval:
 * 1000 samples of the fingers, drawn with replacement, the same each time.  Zeroes when there
 * is no such pair; false when there is no memory. */
struct bench_fnmr {
	double rate;
	double low;
	double high;
};
bool bench_rates_fnmr(const struct bench_score *score, size_t n, uint32_t fingers, int threshold,
		      uint8_t quality, struct bench_fnmr *out);

#endif
