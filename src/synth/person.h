/* People who do not exist: invented names, dates, papers with valid zones.
 *
 * Names are strung together from made-up syllables that sound like one script's usual
 * transliteration; a resemblance to somebody is chance.  Most are citizens of UTO, the
 * test state of ICAO Doc 9303; the others carry real state codes for variety. */
#ifndef SYNTH_PERSON_H
#define SYNTH_PERSON_H

#include <stdbool.h>
#include <stdint.h>

#include "record/mrz.h"

#define SYNTH_NAME 32
#define SYNTH_YEAR 2026 /* the year that the people live in: ages and expiries follow it */

struct synth_document {
	char type[3]; /* "P" or "ID" */
	char number[10];
	char issuer[4];
	char expiry[MRZ_DAY];
	char mrz[MRZ_TEXT]; /* lines ended by LF, except the last */
};

struct synth_person {
	char surname[SYNTH_NAME]; /* A-Z, spaces */
	char given[SYNTH_NAME];
	char other_surname[SYNTH_NAME]; /* the same name as another clerk would spell it */
	char other_given[SYNTH_NAME];
	char script[5];      /* ISO 15924: what it would be transliterated from */
	char sex;            /* 'M', 'F', 'X' */
	char birth[MRZ_DAY]; /* reduced where the day, or the month too, is unknown */
	char nationality[4];
	struct synth_document passport; /* TD3 */
	struct synth_document card;     /* TD1 */
};

/* The index-th person of a seed.  With canary the surnames and document numbers begin with
 * CANARY, followed by hexadecimal digits that differ from person to person (in names, where
 * zones take no figures, only A to F), so that a test can look for them where no name may
 * be. */
void synth_person(uint64_t seed, uint64_t index, bool canary, struct synth_person *out);

#endif
