#include "cmd/bench_spread.h"

#include <math.h>
#include <stdlib.h>

/* What is told of a distribution; the upper end in detail, for impostors. */
static const double share[] = { 0.01, 0.05, 0.1,   0.25,  0.5,    0.75,   0.9,
				0.95, 0.99, 0.997, 0.999, 0.9997, 0.9999, 0.99999 };

bool bench_spread_add(struct bench_spread *s, float v)
{
	if (s->count == s->room) {
		size_t room = s->room > 0 ? s->room * 2 : 1024;
		float *all = realloc(s->value, room * sizeof(*all));

		if (all == NULL) {
			return false;
		}
		s->value = all;
		s->room = room;
	}
	s->value[s->count++] = v;
	return true;
}

void bench_spread_done(struct bench_spread *s)
{
	free(s->value);
	*s = (struct bench_spread){ .value = NULL };
}

static int by_value(const void *x, const void *y)
{
	const float *a = x;
	const float *b = y;

	return (*a > *b) - (*a < *b);
}

void bench_spread_sort(struct bench_spread *s)
{
	if (s->count > 0) {
		qsort(s->value, s->count, sizeof(*s->value), by_value);
	}
}

json_t *bench_spread_json(const struct bench_spread *s, float width)
{
	json_t *quantiles = json_array();
	json_t *bins = json_array();
	double sum = 0;

	for (size_t i = 0; i < s->count; i++) {
		sum += (double)s->value[i];
	}
	for (size_t i = 0; i < sizeof(share) / sizeof(share[0]); i++) {
		/* One that fewer than three values lie beyond says nothing. */
		if (s->count > 0 && (1 - share[i]) * (double)s->count >= 3) {
			size_t at = (size_t)(share[i] * (double)s->count);

			(void)json_array_append_new(
			    quantiles, json_pack("[ff]", share[i], (double)s->value[at]));
		}
	}
	for (size_t i = 0; i < s->count;) {
		float low = floorf(s->value[i] / width) * width;
		size_t from = i;

		while (i < s->count && (i == from || s->value[i] < low + width)) {
			i++;
		}
		(void)json_array_append_new(bins,
					    json_pack("[fI]", (double)low, (json_int_t)(i - from)));
	}
	return json_pack("{sI sf so so}", "n", (json_int_t)s->count, "mean",
			 s->count > 0 ? sum / (double)s->count : 0.0, "quantiles", quantiles,
			 "bins", bins);
}

double bench_spread_apart(const struct bench_spread *a, const struct bench_spread *b)
{
	double most = 0;
	size_t i = 0;
	size_t j = 0;

	while (i < a->count && j < b->count) {
		float v = a->value[i] < b->value[j] ? a->value[i] : b->value[j];
		double d;

		for (; i < a->count && a->value[i] <= v; i++) {
		}
		for (; j < b->count && b->value[j] <= v; j++) {
		}
		d = fabs((double)i / (double)a->count - (double)j / (double)b->count);
		most = d > most ? d : most;
	}
	return most;
}
