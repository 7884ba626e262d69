#include "cmd/bench_rates.h"

#include <stdlib.h>

#include "cmd/bench.h"

#define SAMPLES 1000

static int by_score(const void *x, const void *y)
{
	const struct bench_score *a = x;
	const struct bench_score *b = y;

	return (a->score > b->score) - (a->score < b->score);
}

/* FVC's equal error rate: at the threshold next to the crossing with the smaller sum. */
void bench_rates_of(struct bench_score *score, size_t n, struct bench_rates *r)
{
	static const double at[2] = { 1e-2, 1e-3 };
	double before[2] = { 1, 0 };
	size_t missed = 0;
	size_t falsely;
	bool crossed = false;
	bool have[2] = { false, false };

	qsort(score, n, sizeof(*score), by_score);
	*r = (struct bench_rates){ 0 };
	for (size_t i = 0; i < n; i++) {
		r->genuine += score[i].same;
	}
	r->impostor = n - r->genuine;
	falsely = r->impostor;
	/* At each threshold that is a score: what lies below it is a no. */
	for (size_t i = 0; i <= n;) {
		double fmr = r->impostor > 0 ? (double)falsely / (double)r->impostor : 0;
		double fnmr = r->genuine > 0 ? (double)missed / (double)r->genuine : 0;
		int here = i < n ? score[i].score : score[i - 1].score + 1;

		if (!crossed && fnmr >= fmr) {
			crossed = true;
			r->eer = fmr + fnmr < before[0] + before[1] ? (fmr + fnmr) / 2
								    : (before[0] + before[1]) / 2;
		}
		before[0] = fmr;
		before[1] = fnmr;
		for (int k = 0; k < 2; k++) {
			if (!have[k] && fmr <= at[k]) {
				have[k] = true;
				r->fnmr[k] = fnmr;
				r->threshold[k] = here;
			}
		}
		if (i == n) {
			break;
		}
		for (; i < n && score[i].score == here; i++) {
			missed += score[i].same;
			falsely -= !score[i].same;
		}
	}
}

bool bench_rates_fnmr(const struct bench_score *score, size_t n, uint32_t fingers, int threshold,
		      uint8_t quality, struct bench_fnmr *out)
{
	uint32_t *all = calloc(fingers, 2 * sizeof(*all));
	uint32_t *missed;
	double *value = malloc(SAMPLES * sizeof(*value));
	uint64_t state = 1;
	size_t drawn = 0;
	uint64_t pairs = 0;
	uint64_t misses = 0;

	if (all == NULL || value == NULL) {
		free(all);
		free(value);
		return false;
	}
	missed = all + fingers;
	for (size_t i = 0; i < n; i++) {
		if (score[i].same && score[i].quality >= quality) {
			all[score[i].finger]++;
			missed[score[i].finger] += score[i].score < threshold;
			pairs++;
			misses += score[i].score < threshold;
		}
	}
	for (int k = 0; k < SAMPLES; k++) {
		uint64_t of = 0;
		uint64_t lost = 0;

		for (uint32_t i = 0; i < fingers; i++) {
			uint32_t pick;

			state = state * 6364136223846793005ULL + 1442695040888963407ULL;
			pick = (uint32_t)(((state >> 32) * fingers) >> 32);
			of += all[pick];
			lost += missed[pick];
		}
		if (of > 0) {
			value[drawn++] = (double)lost / (double)of;
		}
	}
	*out = (struct bench_fnmr){ 0 };
	if (drawn > 0) {
		out->rate = pairs > 0 ? (double)misses / (double)pairs : 0;
		out->low = bench_quantile(value, drawn, 0.025);
		out->high = bench_quantile(value, drawn, 0.975);
	}
	free(all);
	free(value);
	return true;
}
