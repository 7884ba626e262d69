/* The kinds of entries, and what follows from the kind alone. */
#ifndef RECORD_KIND_H
#define RECORD_KIND_H

#include <stdbool.h>
#include <stdint.h>

/* Numbers are part of the format: never reused. */
enum kind {
	KIND_PASSPORT = 1,
	KIND_REVOCATION = 2,
	KIND_ROSTER = 3, /* classes, and each member's right to them */
	KIND_EPOCH = 4,  /* a class key, sealed to members */
	KIND_ERASURE = 5,
	KIND_POLICY = 6,
	KIND_BEACON = 7, /* headquarters says what time it is */
	KIND_NOTICE = 16,
	KIND_SUBJECT = 17, /* biographics and documents */
	KIND_TEMPLATE = 18,
	KIND_ENCOUNTER = 32,
	KIND_SEARCH = 33,
	KIND_DECISION = 34,
	KIND_ACTION = 35,
	KIND_VERDICT = 36, /* headquarters' answer */
	KIND_RECEIPT = 37,
};

/* Sending order (DESIGN 6); 0 and 1 are strict. */
enum lane {
	LANE_TRUST = 0, /* roster, revocation, erasure */
	LANE_ALERT = 1,
	LANE_TEMPLATE = 2,
	LANE_CASE = 3, /* encounters, decisions, verdicts */
	LANE_IMAGE = 4,
	LANE_AUDIT = 5,
	LANE_COUNT
};

/* What a node may do with the entries of a class, each step including those before it. */
enum right { RIGHT_NONE = 0, RIGHT_RELAY = 1, RIGHT_HOLD = 2, RIGHT_READ = 3 };

bool kind_known(uint64_t kind);
/* A short lower-case word, "notice"; "unknown" otherwise.  Never NULL. */
const char *kind_name(uint64_t kind);
enum lane kind_lane(uint64_t kind);
/* Single writer with a revision (notice, subject, template)? */
bool kind_is_owned(uint64_t kind);

#endif
