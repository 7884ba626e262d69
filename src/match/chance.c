#include "match/chance.h"

#include <assert.h>

/* Scores in steps; a step's share stands at its middle. */
#define STEP  20
#define LEAST (-600) /* what scores less counts as this */
#define STEPS 130U   /* up to 2000, where scores are cut */

#define REACHES 16U

/* How many of the real impostors reach -600, -560, ... 0, in ten thousandths: the worse of the
 * development sets (FVC), from -200 on an eighth and more above what was counted. */
static const unsigned short reach[REACHES] = { 10000, 9890, 9400, 8900, 8350, 7700, 6800, 5600,
					       4200,  2800, 1800, 1080, 620,  310,  168,  85 };
#define REACH_STEPS 2U                            /* steps from one to the next */
#define TAIL        ((REACHES - 1) * REACH_STEPS) /* the step that begins at 0 */

/* Beyond 0 a tenth is left for every 110 points more.  An exponential fitted to the 142 that were
 * counted there leaves it for 106 (+- 9); an honest likelihood ratio would for 100, and made-up
 * fingers do for 88 to 100.  This is what is left after one step. */
#define LEFT 0.65793322465757 /* 10 ^ (-20 / 110) */

/* A person's fingers are not quite independent: however many there are, no less than so many
 * quarters of what one alone would need. */
#define FLOOR_PARTS 3

#define MEASURED 4e-5 /* one in 25,000: the reach of the real impostor pairs */

/* The decimal logarithm for x >= 1 without the C library's: a threshold must be the same on
 * every machine. */
static double log10_of(double x)
{
	double whole = 0;
	double series = 0;
	double y;

	while (x >= 10.0) {
		x /= 10.0;
		whole += 1.0;
	}
	/* ln x = 2 (y + y^3 / 3 + y^5 / 5 ...) with y = (x - 1) / (x + 1) < 9 / 11. */
	y = (x - 1.0) / (x + 1.0);
	for (int k = 79; k >= 1; k -= 2) {
		series = series * y * y + 1.0 / k;
	}
	return whole + 2.0 * y * series / 2.302585092994046;
}

/* The share of single comparisons in each step. */
static void one_finger(double share[STEPS])
{
	double reaches[STEPS + 1];

	for (unsigned i = 0; i <= STEPS; i++) {
		if (i < TAIL) {
			unsigned k = i / REACH_STEPS;
			unsigned steps = i - k * REACH_STEPS;
			double from = reach[k];
			double each = (reach[k + 1] - from) / (double)REACH_STEPS;

			reaches[i] = (from + steps * each) / 10000.0;
		} else {
			reaches[i] = i == TAIL ? (double)reach[REACHES - 1] / 10000.0
					       : reaches[i - 1] * LEFT;
		}
	}
	for (unsigned i = 0; i < STEPS; i++) {
		share[i] = reaches[i] - (i + 1 < STEPS ? reaches[i + 1] : 0);
	}
}

/* One finger more for a sum of n steps: n + STEPS - 1 steps. */
static unsigned add_finger(double *sum, unsigned n, const double share[STEPS])
{
	double more[CHANCE_FINGERS_MAX * STEPS] = { 0 };

	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k < STEPS; k++) {
			more[i + k] += sum[i] * share[k];
		}
	}
	n += STEPS - 1;
	for (unsigned i = 0; i < n; i++) {
		sum[i] = more[i];
	}
	return n;
}

/* The score of a sum over so many fingers, n steps of shares, beyond which the rate is left. */
static int where_left(const double *sum, unsigned n, unsigned fingers, double rate)
{
	double beyond = 0;
	double after = 0; /* beyond the next step */
	double part = 0;
	int low;

	/* From the top down to the step in which the rate is passed. */
	while (n > 0 && beyond <= rate) {
		after = beyond;
		beyond += sum[--n];
	}
	/* The step's lower end; its middle is the sum of middles. */
	low = (int)fingers * (LEAST + STEP / 2) - STEP / 2 + STEP * (int)n;
	if (beyond > rate) {
		part = after > 0 ? log10_of(beyond / rate) / log10_of(beyond / after) : 1;
	}
	return low + (int)(STEP * part + 0.999);
}

int chance_threshold(unsigned fingers, double rate)
{
	double share[STEPS];
	double sum[CHANCE_FINGERS_MAX * STEPS];
	unsigned n = STEPS;
	int score;
	int floor;

	assert(fingers > 0 && fingers <= CHANCE_FINGERS_MAX);
	one_finger(share);
	for (unsigned i = 0; i < STEPS; i++) {
		sum[i] = share[i];
	}
	floor = where_left(sum, n, 1, rate) * FLOOR_PARTS / 4;
	for (unsigned k = 1; k < fingers; k++) {
		n = add_finger(sum, n, share);
	}
	score = where_left(sum, n, fingers, rate);
	score = score > floor ? score : floor;
	return score > 0 ? score : 0;
}

double chance_measured(void)
{
	return MEASURED;
}
