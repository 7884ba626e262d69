/* Merging: what a set of entries means, whatever order it came in (DESIGN 4).
 *
 * Owner's records: withdrawn and blocked dominate, then the owner's revision, then the
 * clock, then the id.  Human decisions: nothing is ever dropped; those that no later decision
 * has seen stand side by side.  A case's state and tasks are functions of what is known. */
#ifndef RECORD_MERGE_H
#define RECORD_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/entry.h"
#include "record/kinds.h"

/* What decides between two revisions of one owner's record. */
struct version {
	uint64_t revision;
	uint64_t status; /* enum record_status; STATUS_ACTIVE for kinds without one */
	uint64_t clock;
	uint8_t id[ENTRY_ID_BYTES];
};

/* Does a win over b?  A strict total order on versions with different ids: withdrawal is
 * final at any revision; otherwise the higher revision; at one revision blocked beats active,
 * then the later clock, then the greater id. */
bool merge_wins(const struct version *a, const struct version *b);

/* One decision of a set. */
struct opinion {
	uint8_t id[16]; /* first bytes of the entry's id */
	uint64_t outcome;
	struct bytes reviewer;
	struct bytes saw; /* ids of opinions, one after the other */
};

#define MERGE_OPINIONS_MAX 64U

/* Mark heads[i] for each of n opinions that no other one has seen (has in saw, or in the saw of
 * one it has seen); returns how many.  Naming oneself or each other in a ring removes no one,
 * and beyond MERGE_OPINIONS_MAX all stand. */
size_t merge_heads(const struct opinion *set, size_t n, bool *heads);

enum review_state {
	REVIEW_OPEN = 0,      /* nobody has looked */
	REVIEW_NEEDED = 1,    /* agreed so far, but another person must look */
	REVIEW_CONFIRMED = 2, /* enough different people say potential candidate, and still do */
	REVIEW_DISMISSED = 3, /* the heads say no candidate */
	REVIEW_DISPUTED = 4,  /* the heads differ: a human must resolve it */
	REVIEW_INCONCLUSIVE = 5,
};

/* The state of one candidate's review, when `reviewers` different people must agree (1..3). */
enum review_state merge_review(const struct opinion *set, size_t n, uint64_t reviewers);

enum case_state {
	CASE_CAPTURED = 1,
	CASE_LOCAL_DONE = 2,
	CASE_QUEUED = 3,    /* mail for headquarters is in the store */
	CASE_CARRIED = 4,   /* a neighbour has it */
	CASE_DELIVERED = 5, /* headquarters has sent a receipt */
	CASE_HQ_PENDING = 6,
	CASE_HQ_NO_HIT = 7,
	CASE_HQ_CONFIRMED = 8,
	CASE_HQ_ERROR = 9,
	CASE_EXPIRED = 10,
};

/* How the local and headquarters' answers go together (reference: reconciliation). */
enum case_result {
	RESULT_OPEN = 0,
	RESULT_CLOSED = 1,         /* both found no one */
	RESULT_CONFIRMED = 2,      /* both found the same person */
	RESULT_REFUTED = 3,        /* found here, not there */
	RESULT_MISSED_LOCALLY = 4, /* found there, not here */
	RESULT_CONFLICT = 5,       /* found different people */
};

enum case_task {
	TASK_NONE = 0,
	TASK_REVIEW = 1,    /* judge the candidates */
	TASK_CORRECT = 2,   /* refuted: tell the officers, correct what was done */
	TASK_MISSED = 3,    /* urgent: the person is wanted and was let pass */
	TASK_ANALYST = 4,   /* conflict */
	TASK_RECAPTURE = 5, /* headquarters could not search it */
	TASK_LOCATION = 6,  /* late: the person has gone; report where he was */
	TASK_WITHDRAWN = 7, /* a notice that was acted on has been withdrawn */
};

struct case_facts {
	bool searched;  /* the local search is done */
	bool local_hit; /* a candidate stands: not dismissed by review */
	bool reviewed;  /* review of all candidates has ended */
	bool queued, carried, delivered;
	bool expired;
	uint64_t verdict; /* enum verdict_outcome, 0: none yet */
	bool same_person; /* the verdict names the standing local candidate */
	bool late;        /* the verdict came after the person was let go */
	bool withdrawn;   /* a notice behind a standing candidate is withdrawn or blocked now */
};

enum case_state merge_case_state(const struct case_facts *f);
enum case_result merge_case_result(const struct case_facts *f);
/* The tasks that follow, as bits 1 << enum case_task. */
uint32_t merge_case_tasks(const struct case_facts *f);
/* Is anything still to be done (tasks: those that nobody has dealt with), or to come?  A check of
 * which headquarters was not asked, as of a minor, ends with what was done at the post. */
bool merge_case_is_open(const struct case_facts *f, uint32_t tasks);
const char *merge_case_state_name(enum case_state s);
const char *merge_case_result_name(enum case_result r);
const char *merge_case_task_name(enum case_task t);

#endif
