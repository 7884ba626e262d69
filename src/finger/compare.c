#include "finger/compare.h"

#include <math.h>
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

/* One channel of both prints. */
static void channel(const struct finger_template *a, const struct finger_template *b, unsigned set,
		    struct compare_evidence *out)
{
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
	overlap_minutiae(a, b, set, &g, &pose, &o);
	out->mates += o.mates;
	out->share += o.could > 0 ? 2 * o.mates / (o.could + DOUBT) : 0;
}

void compare_evidence(const struct finger_template *a, const struct finger_template *b,
		      struct compare_evidence *out)
{
	unsigned sets = a->sets < b->sets ? a->sets : b->sets;

	memset(out, 0, sizeof(*out));
	/* One order for a pair, whoever asks: sums of fractions must not differ. */
	if (a->print > b->print) {
		const struct finger_template *t = a;

		a = b;
		b = t;
	}
	channel(a, b, 0, out);
	/* Where the first channel sees nothing, the second is not asked. */
	if (sets > 1 && out->strength < HOPELESS_STRENGTH && out->share < HOPELESS_SHARE) {
		sets = 1;
	}
	for (unsigned k = 1; k < sets; k++) {
		channel(a, b, k, out);
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

int finger_compare(const struct finger_template *a, const struct finger_template *b)
{
	struct compare_evidence e;
	float score;

	unsigned sets = a->sets < b->sets ? a->sets : b->sets;

	compare_evidence(a, b, &e);
	score = calibration[sets - 1].base + calibration[sets - 1].share * e.share +
		calibration[sets - 1].strength * sqrtf(e.strength);
	score = score < SCORE_MIN ? SCORE_MIN : score > SCORE_MAX ? SCORE_MAX : score;
	return angle_round(score);
}
