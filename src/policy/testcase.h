/* One case of a policy's test.lua: what is given, what is wanted, and whether they agree.
 *
 * test.lua runs in the same sandbox as a policy and returns an array of cases; they are read
 * one by one, and never keep the answer of an earlier one. */
#ifndef POLICY_TESTCASE_H
#define POLICY_TESTCASE_H

#include "base/arena.h"
#include "base/buf.h"
#include "policy/host.h"
#include "policy/policy.h"
#include "policy/shape.h"

#define TESTCASE_MAX 2000

struct testcase {
	const char *name;     /* in the arena */
	const char *because;  /* in the arena; "" when left out */
	const char *question; /* one of policy_questions() */
	struct labels labels;
	struct policy_peer peer;
	struct policy_peer self;
	struct policy_encounter encounter;
	struct notice candidate;
	struct shape_written record;
};

struct testcase_got {
	uint64_t word; /* entitle, disclose */
	struct policy_match match;
	struct labels labels;
	char region[33];
	struct policy_reason why;
};

struct testcase_judgement {
	bool fits;
	struct buf wanted;
	struct buf answered;
};

/* Run the text of the tests; ERR_OK and how many cases there are, or why not. */
int testcase_load(struct host *h, size_t *count, char *message);
/* Read a case, counted from 1; texts go to the arena. */
int testcase_read(struct host *h, size_t index, struct arena *arena, struct testcase *out,
		  char *message);
/* Ask the policy what the case asks. */
void testcase_ask(const struct testcase *c, struct policy *p, struct testcase_got *out);
/* Does the answer fit?  Writes both to the buffers of *out, as "read" or "search=true ...". */
int testcase_compare(struct host *h, size_t index, const struct testcase *c,
		     const struct testcase_got *got, struct testcase_judgement *out, char *message);
/* "policy", "floor" or "default". */
const char *testcase_by(const struct policy_reason *why);

#endif
