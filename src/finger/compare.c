#include "finger/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "finger/angle.h"
#include "finger/overlap.h"

/* 100 x log10 of the likelihood ratio: logistic regressions on the development sets with
 * both classes weighing the same (docs/FINGERPRINT.md).  A print without private data has
 * one channel and no flow but what its minutiae tell: it proves less. */
static const struct {
	float base;
	float share;
	float strength;
} calibration[TEMPLATE_SETS] = { { -463.0f, 1070.0f, 289.0f }, { -638.0f, 1842.0f, 293.0f } };

#define SCORE_MIN         (-1000.0f)
#define SCORE_MAX         2000.0f
#define HOPELESS_STRENGTH 0.4f
#define HOPELESS_SHARE    0.16f
#define DOUBT             4.0f /* minutiae without a mate that are assumed: little is no proof */

static int by_fit(const void *x, const void *y)
{
	const struct compare_mate *a = x;
	const struct compare_mate *b = y;

	if (a->fit != b->fit) {
		return a->fit < b->fit ? 1 : -1;
	}
	return a->ay != b->ay ? a->ay - b->ay : a->ax - b->ax;
}

static void list_mates(const struct template_set *a, const struct template_set *b,
		       const struct overlap_mates *mates, struct compare_mates *out)
{
	for (unsigned i = 0; i < a->count; i++) {
		if (mates->mate[i] >= 0) {
			const struct template_point *p = &a->at[i];
			const struct template_point *q = &b->at[mates->mate[i]];
			int fit = angle_round(100.0f * mates->fit[i]);

			out->at[out->count++] = (struct compare_mate){
				.ax = p->x,
				.ay = p->y,
				.bx = q->x,
				.by = q->y,
				.fit = (uint8_t)(fit > 0 ? fit : 1),
			};
		}
	}
}

/* One channel of both prints; seen may be NULL. */
static void channel(const struct finger_template *a, const struct finger_template *b, unsigned set,
		    struct compare_mates *seen, struct compare_evidence *out)
{
	struct overlap_mates mates = { .mate = { 0 } };
	struct pairs pairs;
	struct agreement g;
	struct overlap_pose pose;
	struct overlap o = { 0 };

	pairs_find(a->set[set], b->set[set], &pairs);
	agree_find(a->set[set], b->set[set], &pairs, &g);
	out->strength += g.strength;
	out->pairs += (float)g.count;
	out->like += g.like;
	if (!overlap_pose_of(a->set[set], b->set[set], &g, &pose)) {
		return;
	}
	overlap_minutiae(a, b, set, &g, &pose, &mates, &o);
	out->mates += o.mates;
	out->share += o.could > 0 ? 2 * o.mates / (o.could + DOUBT) : 0;
	if (seen != NULL) {
		seen->posed = true;
		seen->pose = pose;
		list_mates(a->set[set], b->set[set], &mates, seen);
	}
}

/* seen may be NULL. */
static void evidence(const struct finger_template *a, const struct finger_template *b,
		     struct compare_mates *seen, struct compare_evidence *out)
{
	unsigned sets = a->sets < b->sets ? a->sets : b->sets;

	memset(out, 0, sizeof(*out));
	channel(a, b, 0, seen, out);
	/* Where the first channel sees nothing, the second is not asked. */
	if (sets > 1 && out->strength < HOPELESS_STRENGTH && out->share < HOPELESS_SHARE) {
		sets = 1;
	}
	for (unsigned k = 1; k < sets; k++) {
		channel(a, b, k, seen != NULL ? &seen[k] : NULL, out);
	}
	out->strength /= (float)sets;
	out->pairs /= (float)sets;
	out->like /= (float)sets;
	out->mates /= (float)sets;
	out->share /= (float)sets;
	if (a->period > 0 && b->period > 0) {
		float d = (float)(a->period - b->period) / (float)(a->period + b->period);

		out->period = d < 0 ? -d : d;
	}
}

/* One order for a pair, whoever asks: sums of fractions must not differ.  The print with fewer
 * minutiae comes first. */
static bool is_turned_round(const struct finger_template *a, const struct finger_template *b)
{
	if (a->set[0]->count != b->set[0]->count) {
		return a->set[0]->count > b->set[0]->count;
	}
	return a->print > b->print;
}

void compare_evidence(const struct finger_template *a, const struct finger_template *b,
		      struct compare_evidence *out)
{
	bool turned = is_turned_round(a, b);

	evidence(turned ? b : a, turned ? a : b, NULL, out);
}

static int score_of(const struct compare_evidence *e, unsigned sets)
{
	float score = calibration[sets - 1].base + calibration[sets - 1].share * e->share +
		      calibration[sets - 1].strength * sqrtf(e->strength);

	score = score < SCORE_MIN ? SCORE_MIN : score > SCORE_MAX ? SCORE_MAX : score;
	return angle_round(score);
}

int finger_compare(const struct finger_template *a, const struct finger_template *b)
{
	struct compare_evidence e;

	compare_evidence(a, b, &e);
	return score_of(&e, a->sets < b->sets ? a->sets : b->sets);
}

/* As if the second print had been the first. */
static void turn_round(struct compare_mates *m)
{
	struct overlap_pose p = m->pose;

	m->pose = (struct overlap_pose){ .c = p.c,
					 .s = -p.s,
					 .x = -(p.c * p.x + p.s * p.y),
					 .y = -(p.c * p.y - p.s * p.x),
					 .turn = (uint8_t)-p.turn };
	for (unsigned i = 0; i < m->count; i++) {
		struct compare_mate t = m->at[i];

		m->at[i] = (struct compare_mate){ t.bx, t.by, t.ax, t.ay, t.fit };
	}
}

int compare_mates(const struct finger_template *a, const struct finger_template *b,
		  struct compare_mates out[TEMPLATE_SETS])
{
	struct compare_evidence e;
	bool turned = is_turned_round(a, b);
	int score;

	memset(out, 0, TEMPLATE_SETS * sizeof(*out));
	evidence(turned ? b : a, turned ? a : b, out, &e);
	score = score_of(&e, a->sets < b->sets ? a->sets : b->sets);
	if (score <= 0) {
		memset(out, 0, TEMPLATE_SETS * sizeof(*out));
		return score;
	}
	for (unsigned k = 0; k < TEMPLATE_SETS; k++) {
		if (turned) {
			turn_round(&out[k]);
		}
		qsort(out[k].at, out[k].count, sizeof(out[k].at[0]), by_fit);
	}
	return score;
}
