/* What a policy may answer: fixed words and fields, checked one by one.
 *
 * Anything else is no answer, and the caller takes the default. */
#ifndef POLICY_ANSWER_H
#define POLICY_ANSWER_H

#include <lua.h>

#include "policy/policy.h"

#define ANSWER_REGION_MAX    32U
#define ANSWER_REVIEWERS_MAX 3

struct answer {
	uint64_t word; /* entitle, disclose */
	struct policy_match match;
	char region[ANSWER_REGION_MAX + 1];
	uint64_t sensitivity;
	char reason[POLICY_REASON_MAX]; /* empty: none given */
};

/* Each reads the values that the policy returned, which begin at `first`; they start from
 * the default in *out, and raise an error that says what is wrong with the answer. */
void answer_entitle(lua_State *L, int first, struct answer *out);
void answer_disclose(lua_State *L, int first, struct answer *out);
void answer_match(lua_State *L, int first, struct answer *out);
void answer_classify(lua_State *L, int first, struct answer *out);

#endif
