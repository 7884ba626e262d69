/* A region in a crowd: headquarters, members with the rights that their country stands for, and
 * questions put to them.
 *
 * Countries: AAA reads everything, BBB holds alerts sealed and reads cases, CCC carries
 * everything sealed, DDD has no part in alerts and identities. */
#ifndef SIM_REGION_H
#define SIM_REGION_H

#include "node/ask.h"
#include "sim/crowd.h"
#include "sim/judge.h"

#define REGION_CASES_MAX   64U
#define REGION_FINGERS_MAX 48U

struct region_case {
	size_t place;
	uint8_t encounter[KINDS_ENCOUNTER_BYTES];
	uint64_t candidates;
};

/* What was asked, and what an answer would promise. */
struct region_asked {
	size_t place;
	const struct ask_verb *verb;
	uint64_t kind; /* of the entry that must then be on disk; 0: none */
	uint64_t since_ms;
};

struct region {
	struct crowd *crowd; /* owned */
	struct judge *judge; /* owned */
	struct policy *policy;
	struct node_policy rules;
	struct region_asked *asked; /* owned; by the number of the question, from 1 */
	size_t asked_count, asked_room;
	struct region_case cases[REGION_CASES_MAX];
	size_t case_count;
	uint64_t waiting; /* for this question */
	struct arena *answer_arena;
	struct answer answer;
	bool answered;
	uint64_t refused; /* questions answered with an error */
	void (*on_tell)(void *context, size_t place, struct bytes line);
	void (*on_send)(void *context, size_t place, struct bytes bytes);
	void (*on_step)(void *context, size_t place, const struct event *event, int code);
	void *context;
};

/* Headquarters alone, at place 0. */
int region_new(uint64_t seed, struct region **out);
void region_free(struct region *r);
/* A node that is no member yet. */
int region_add(struct region *r, size_t *place);
/* Request, signature, installation; the country says what it may.  days: of the passport. */
int region_enrol(struct region *r, size_t place, const char *role, const char *country,
		 uint64_t days);

/* Put a question and let time pass until it is answered, at most a minute: the answer's code,
 * or ERR_TIMEOUT.  body by the verb's schema; what the answer points to is in the arena. */
int region_ask(struct region *r, size_t place, const char *verb, const void *body,
	       struct arena *arena, void *out);
/* Put a question and go on.  kind: of the entry that an answer promises. */
int region_put(struct region *r, size_t place, const char *verb, const char *officer,
	       const void *body, uint64_t kind);
/* A print of a finger as a template file; the same arguments give the same bytes.  Borrowed
 * until the program ends. */
struct bytes region_print(uint64_t finger, uint64_t touch);
/* A notice about a person with two fingers; days: until when it is valid, 0: the default. */
int region_issue(struct region *r, const char *reference, uint64_t type, uint64_t finger,
		 uint64_t days, bool amend);

#endif
