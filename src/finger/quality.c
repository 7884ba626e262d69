#include "finger/quality.h"

#include <string.h>

/* The score is what two prints like this one, of one finger, would score when compared: a line
 * through two features, fitted to the genuine pairs of the development sets (left out by finger,
 * docs/FINGERPRINT.md).  60 is where misses begin. */
#define SURE_QUALITY  50 /* of a minutia: both channels saw it, where the ridges are clear */
#define SURE_HALF     15 /* so many sure minutiae give half of what any number can */
#define NUMBER_WEIGHT 774
#define SHARE_WEIGHT  1283
#define NOTHING       805
#define COMPARES_WELL 400 /* a score of 60: below it one pair in seven misses */
#define COMPARES_BEST 1000
#define GOOD          60    /* from this score on nobody needs advice */
#define AREA_MIN      420   /* blocks: 69 square millimetres */
#define REGION_MIN    250   /* blocks: in less, nobody can say which part of the finger it is */
#define CONTRAST_LOW  16.0f /* grey levels */
#define COHERENT      165   /* of 255: share of ridges, mean over the print */
#define SURE_MIN      12
#define DRY_BELOW     33 /* percent of the print that is dark */
#define WET_ABOVE     70

/* The levels that a hundredth of the image is darker, and brighter, than. */
static void levels(const struct plane *grey, int *low, int *high)
{
	int count[256] = { 0 };
	int pixels = grey->width * grey->height;
	int seen = 0;

	*low = -1;
	*high = -1;
	for (int y = 0; y < grey->height; y++) {
		const int16_t *row = grey->at + y * grey->stride;

		for (int x = 0; x < grey->width; x++) {
			count[row[x] & 255]++;
		}
	}
	for (int v = 0; v < 256; v++) {
		seen += count[v];
		*low = *low < 0 && seen * 100 >= pixels ? v : *low;
		*high = *high < 0 && seen * 100 >= pixels * 99 ? v : *high;
	}
}

/* How much of the print is dark, in percent: from where its mean lies between black and white.
 * The print reaches from the first to the last block with ridges of each row: where it is too
 * wet for ridges it is print all the same. */
static int dark_share(const struct plane *grey, const struct plane_tone *tone,
		      const struct field *f)
{
	float mean = 0;
	int blocks = 0;
	int low;
	int high;

	for (int y = 0; y < f->rows; y++) {
		const uint8_t *mask = f->mask + (ptrdiff_t)y * f->columns;
		int first = 0;
		int last = f->columns - 1;

		while (first <= last && !mask[first]) {
			first++;
		}
		while (last > first && !mask[last]) {
			last--;
		}
		for (int x = first; x <= last; x++) {
			mean += tone[y * f->columns + x].mean;
			blocks++;
		}
	}
	levels(grey, &low, &high);
	if (blocks == 0 || high <= low) {
		return 50;
	}
	return (int)(((float)high - mean / (float)blocks) * 100.0f / (float)(high - low));
}

/* Sure minutiae, mean of both channels. */
static int sure(const struct minutiae *a, const struct minutiae *b)
{
	int n = 0;

	for (size_t i = 0; i < a->count; i++) {
		n += a->at[i].quality >= SURE_QUALITY;
	}
	for (size_t i = 0; i < b->count; i++) {
		n += b->at[i].quality >= SURE_QUALITY;
	}
	return n / 2;
}

static int score_of(int sure, const struct minutiae *a, const struct minutiae *b)
{
	int number = 1000 * sure / (sure + SURE_HALF);
	int share = 1000 * 2 * sure / (int)(a->count + b->count + 1);
	int like = (NUMBER_WEIGHT * number + SHARE_WEIGHT * share) / 1000 - NOTHING;

	if (like <= 0) {
		return 0;
	}
	if (like >= COMPARES_BEST) {
		return 100;
	}
	return like < COMPARES_WELL
		   ? like * GOOD / COMPARES_WELL
		   : GOOD + (like - COMPARES_WELL) * (100 - GOOD) / (COMPARES_BEST - COMPARES_WELL);
}

static int has_core(const struct singulars *s)
{
	for (unsigned i = 0; i < s->count; i++) {
		if (s->at[i].kind == SINGULAR_CORE) {
			return 1;
		}
	}
	return 0;
}

void quality_judge(const struct quality_input *in, struct finger_quality *out)
{
	const struct field *f = in->field;
	int area = field_area(f);
	int good = sure(in->a, in->b);
	int dark = dark_share(in->grey, in->tone, f);
	int coherence = 0;
	float contrast = 0;

	for (int i = 0; i < f->columns * f->rows; i++) {
		coherence += f->mask[i] ? f->coherence[i] : 0;
		contrast += f->mask[i] ? in->tone[i].deviation : 0;
	}
	*out = (struct finger_quality){ .score = (uint8_t)score_of(good, in->a, in->b) };
	/* The fit has seen hardly any small print: half of it has half the chance to overlap. */
	if (area < AREA_MIN) {
		out->score = (uint8_t)(out->score * area / AREA_MIN);
	}
	if (area > 0) {
		coherence /= area;
		contrast /= (float)area;
	}
	if (out->score >= GOOD) {
		return;
	}
	out->faults |= area < AREA_MIN ? FINGER_TOO_SMALL : 0U;
	out->faults |= contrast < CONTRAST_LOW ? FINGER_LOW_CONTRAST : 0U;
	out->faults |= good < SURE_MIN ? FINGER_FEW_MINUTIAE : 0U;
	out->faults |= area > 0 && dark < DRY_BELOW ? FINGER_TOO_DRY : 0U;
	out->faults |= area > 0 && dark > WET_ABOVE ? FINGER_TOO_WET : 0U;
	/* The middle of nearly every finger has a core; plain arches, one in twenty, have none. */
	out->faults |= area >= REGION_MIN && !has_core(in->singulars) ? FINGER_WRONG_REGION : 0U;
	/* A poor print without another reason is one whose ridges are not clear. */
	if (out->faults == 0 || (area >= AREA_MIN && coherence < COHERENT)) {
		out->faults |= FINGER_SMEARED;
	}
}
