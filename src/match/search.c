#include "match/search.h"

#include <assert.h>
#include <string.h>

#include "finger/sketch.h"
#include "match/snapshot.h"

/* Of each block of people this many go on from the quick look to the full comparison.  The
 * choice is made block by block, and a block is never divided between parts: so the answer
 * does not depend on their number.  Small galleries are compared in full. */
#define GO_ON     20U
#define ALL_BELOW 64U

struct ranked {
	unsigned look; /* sum over the probe's fingers */
	unsigned who;
};

static bool may_be(const struct finger_template *probe, const struct finger_template *finger)
{
	uint8_t p = finger_template_position(probe);
	uint8_t f = finger_template_position(finger);

	return p == f || p == 0 || f == 0;
}

static unsigned quick_look(struct finger_template *const *probe, size_t n,
			   const struct gallery_person *person)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned best = 0;

		for (unsigned k = 0; k < person->count; k++) {
			if (may_be(probe[i], person->finger[k])) {
				unsigned v = sketch_alike(probe[i], person->finger[k]);

				best = v > best ? v : best;
			}
		}
		sum += best;
	}
	return sum;
}

/* Does a stand before b in the list?  Equal scores stand in the order of the ids. */
static bool before(const struct search_candidate *a, const struct search_candidate *b)
{
	if (a->score != b->score) {
		return a->score > b->score;
	}
	return memcmp(a->person, b->person, GALLERY_PERSON_BYTES) < 0;
}

static void insert(struct search_result *r, const struct search_candidate *c)
{
	size_t k;

	if (r->count == SEARCH_CANDIDATES_MAX &&
	    !before(c, &r->candidate[SEARCH_CANDIDATES_MAX - 1])) {
		return;
	}
	k = r->count < SEARCH_CANDIDATES_MAX ? r->count++ : SEARCH_CANDIDATES_MAX - 1;
	for (; k > 0 && before(c, &r->candidate[k - 1]); k--) {
		r->candidate[k] = r->candidate[k - 1];
	}
	r->candidate[k] = *c;
}

static void compare_person(struct finger_template *const *probe, size_t n,
			   const struct gallery_person *person, struct search_result *out)
{
	struct search_candidate c = { 0 };

	memcpy(c.person, person->id, GALLERY_PERSON_BYTES);
	for (size_t i = 0; i < n; i++) {
		bool any = false;
		int best = 0;

		for (unsigned k = 0; k < person->count; k++) {
			int score;

			if (!may_be(probe[i], person->finger[k])) {
				continue;
			}
			score = finger_compare(probe[i], person->finger[k]);
			best = !any || score > best ? score : best;
			any = true;
			out->compared++;
		}
		c.score += best;
		c.fingers = (uint8_t)(c.fingers + any);
	}
	if (c.fingers > 0) {
		insert(out, &c);
	}
}

/* Keep the GO_ON best looks; equal ones go by id, because places in a block change. */
static void rank(struct ranked *best, unsigned *count, struct ranked r,
		 const struct gallery_block *b)
{
	unsigned k;

	if (*count < GO_ON) {
		k = (*count)++;
	} else {
		k = GO_ON - 1;
		if (r.look < best[k].look ||
		    (r.look == best[k].look &&
		     memcmp(b->person[r.who]->id, b->person[best[k].who]->id,
			    GALLERY_PERSON_BYTES) > 0)) {
			return;
		}
	}
	for (; k > 0 && (best[k - 1].look < r.look ||
			 (best[k - 1].look == r.look &&
			  memcmp(b->person[r.who]->id, b->person[best[k - 1].who]->id,
				 GALLERY_PERSON_BYTES) < 0));
	     k--) {
		best[k] = best[k - 1];
	}
	best[k] = r;
}

static void search_block(const struct gallery_block *b, struct finger_template *const *probe,
			 size_t n, bool all, struct search_result *out)
{
	struct ranked best[GO_ON];
	unsigned count = 0;

	out->people += b->count;
	for (unsigned i = 0; i < b->count; i++) {
		if (all) {
			compare_person(probe, n, b->person[i], out);
		} else {
			struct ranked r = { quick_look(probe, n, b->person[i]), i };

			rank(best, &count, r, b);
		}
	}
	for (unsigned i = 0; i < count; i++) {
		compare_person(probe, n, b->person[best[i].who], out);
	}
}

int search_part(const struct gallery_snapshot *s, struct finger_template *const *probe, size_t n,
		unsigned part, unsigned parts, struct search_result *out)
{
	if (n == 0 || n > SEARCH_PROBES_MAX || parts == 0 || part >= parts) {
		return ERR_RANGE;
	}
	memset(out, 0, sizeof(*out));
	for (size_t i = part; i < s->blocks; i += parts) {
		search_block(s->block[i], probe, n, s->people <= ALL_BELOW, out);
	}
	return ERR_OK;
}

void search_merge(struct search_result *a, const struct search_result *b)
{
	for (size_t i = 0; i < b->count; i++) {
		insert(a, &b->candidate[i]);
	}
	a->people += b->people;
	a->compared += b->compared;
}

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

/* The tail of the impostors as measured (docs/FINGERPRINT.md): one in TAIL_AT_ZERO reaches
 * a score of 0, and a tenth of those is left for every TAIL_DECADE more.  What lies beyond
 * one in 25,000 is extrapolated.  A sum over several fingers falls faster; the same line
 * is kept for it, on the safe side. */
#define TAIL_AT_ZERO 100.0
#define TAIL_DECADE  120.0

int search_threshold(uint64_t people, unsigned probe_fingers, double fpir)
{
	double n = people > 1 ? (double)people : 1.0;
	double rate = fpir > 1e-9 ? (fpir < 1.0 ? fpir : 1.0) : 1e-9;
	double odds = n / (rate * TAIL_AT_ZERO);

	(void)probe_fingers;
	return odds > 1.0 ? (int)(TAIL_DECADE * log10_of(odds) + 0.5) : 0;
}
