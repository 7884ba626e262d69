#include "finger/quality.h"

#include <string.h>

#define AREA_MIN      420   /* blocks: 69 square millimetres */
#define AREA_GOOD     1300  /* more print than this tells nothing more */
#define CONTRAST_LOW  16.0f /* grey levels */
#define COHERENT      165
#define COHERENT_BAD  120 /* of 255: share of ridges, means over the print */
#define COHERENT_GOOD 230
#define SURE_MIN      12 /* minutiae of quality 50 or more */
#define SURE_GOOD     40
#define DRY_BELOW     30 /* percent of the print that is dark */
#define WET_ABOVE     70
#define GOOD          60 /* from this score on nobody needs advice */

static int dark_share(const struct plane *grey, const struct plane_tone *tone,
		      const struct field *f)
{
	int64_t mean = 0;
	int64_t low = 0;
	int64_t high = 0;
	int blocks = 0;
	int count[256] = { 0 };
	int pixels = 0;
	int seen = 0;
	int at[2] = { -1, -1 };

	for (int i = 0; i < f->columns * f->rows; i++) {
		if (!f->mask[i]) {
			continue;
		}
		mean += (int64_t)tone[i].mean;
		blocks++;
		for (int k = 0; k < PLANE_BLOCK * PLANE_BLOCK; k++) {
			int x = i % f->columns * PLANE_BLOCK + k % PLANE_BLOCK;
			int y = i / f->columns * PLANE_BLOCK + k / PLANE_BLOCK;

			if (x < grey->width && y < grey->height) {
				count[grey->at[y * grey->stride + x] & 255]++;
				pixels++;
			}
		}
	}
	if (blocks == 0) {
		return 50;
	}
	for (int v = 0; v < 256; v++) {
		seen += count[v];
		at[0] = at[0] < 0 && seen * 20 >= pixels ? v : at[0];
		at[1] = at[1] < 0 && seen * 20 >= pixels * 19 ? v : at[1];
	}
	low = at[0];
	high = at[1];
	/* Where the mean lies between black and white says how much of the print is dark. */
	return high > low ? (int)((high - mean / blocks) * 100 / (high - low)) : 50;
}

static int sure(const struct minutiae *a, const struct minutiae *b)
{
	int n = 0;

	for (size_t i = 0; i < a->count; i++) {
		n += a->at[i].quality >= 50;
	}
	for (size_t i = 0; i < b->count; i++) {
		n += b->at[i].quality >= 50;
	}
	return n / 2;
}

static int part(int value, int least, int most)
{
	if (value <= least) {
		return 0;
	}
	return value >= most ? 100 : (value - least) * 100 / (most - least);
}

void quality_judge(const struct plane *grey, const struct plane_tone *tone, const struct field *f,
		   const struct minutiae *a, const struct minutiae *b, struct finger_quality *out)
{
	int area = field_area(f);
	int good = sure(a, b);
	int dark = dark_share(grey, tone, f);
	int coherence = 0;
	float contrast = 0;
	int score;

	for (int i = 0; i < f->columns * f->rows; i++) {
		coherence += f->mask[i] ? f->coherence[i] : 0;
		contrast += f->mask[i] ? tone[i].deviation : 0;
	}
	*out = (struct finger_quality){ 0 };
	if (area > 0) {
		coherence /= area;
		contrast /= (float)area;
	}
	/* The weakest of the three decides half: one cannot make up for another. */
	score = part(area, 100, AREA_GOOD);
	score = part(good, 4, SURE_GOOD) < score ? part(good, 4, SURE_GOOD) : score;
	score = part(coherence, COHERENT_BAD, COHERENT_GOOD) < score
		    ? part(coherence, COHERENT_BAD, COHERENT_GOOD)
		    : score;
	score = (3 * score + part(area, 100, AREA_GOOD) + part(good, 4, SURE_GOOD) +
		 part(coherence, COHERENT_BAD, COHERENT_GOOD)) /
		6;
	out->score = (uint8_t)score;
	if (score >= GOOD) {
		return;
	}
	out->faults |= area < AREA_MIN ? FINGER_TOO_SMALL : 0U;
	out->faults |= contrast < CONTRAST_LOW ? FINGER_LOW_CONTRAST : 0U;
	out->faults |= good < SURE_MIN ? FINGER_FEW_MINUTIAE : 0U;
	out->faults |= area > 0 && dark < DRY_BELOW ? FINGER_TOO_DRY : 0U;
	out->faults |= area > 0 && dark > WET_ABOVE ? FINGER_TOO_WET : 0U;
	out->faults |= area >= AREA_MIN && coherence < COHERENT ? FINGER_SMEARED : 0U;
}
