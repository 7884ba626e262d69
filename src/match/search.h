/* One search of a gallery snapshot: probe fingers in, ranked candidates out.
 *
 * The answer does not depend on how many parts the work is split into.  A person's score
 * is the sum over the probe's fingers of the best calibrated score against that person's
 * fingers of the same (or an unknown) position. */
#ifndef MATCH_SEARCH_H
#define MATCH_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "match/gallery.h"

#define SEARCH_PROBES_MAX     10U
#define SEARCH_CANDIDATES_MAX 10U /* a list for a human, never longer */

struct search_candidate {
	uint8_t person[GALLERY_PERSON_BYTES];
	int score;       /* fused, 100 x log10 likelihood ratio */
	uint8_t fingers; /* how many probe fingers had something to be compared with */
};

struct search_result {
	size_t count;
	struct search_candidate candidate[SEARCH_CANDIDATES_MAX]; /* best first; ties by person */
	uint64_t people;                                          /* people searched */
	uint64_t looked;   /* fingers looked at, counted for each probe finger */
	uint64_t compared; /* template comparisons made in full */
};

/* Whom a search leaves out.  It is applied inside the scan: whoever is left out is not looked
 * at, and the answer is that of a gallery in which those people never stood (the same people
 * in the same order without them). */
struct search_filter {
	uint32_t today;                    /* people kept until a day before it are left out */
	uint8_t group[GALLERY_GROUPS / 8]; /* a bit for each group that may be searched */
};

/* Search part `part` of `parts` of the snapshot with n probe templates; filter may be NULL:
 * everybody.  ERR_RANGE, ERR_NOMEM. */
int search_part(const struct gallery_snapshot *s, struct finger_template *const *probe, size_t n,
		const struct search_filter *filter, unsigned part, unsigned parts,
		struct search_result *out);
/* Merge b into a; order does not matter. */
void search_merge(struct search_result *a, const struct search_result *b);
/* The score that a candidate needs so that a search of a gallery of this many people for so many
 * fingers (1..10; 0 counts as one) brings a false one with at most the given rate (FPIR per
 * search, e.g. 0.01).  Rises with the people and the strictness.  The first look only lowers
 * the rate further. */
int search_threshold(uint64_t people, unsigned probe_fingers, double fpir);
/* Does a candidate reach it?  Whoever has fewer of the probe's fingers in the gallery is held to
 * the threshold of as many as were compared, which is higher. */
bool search_reaches(const struct search_candidate *c, uint64_t people, double fpir);

#endif
