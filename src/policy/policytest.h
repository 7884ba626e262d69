/* For coordinators: a policy's tests, and who would see what.
 *
 * Both ask through the same questions, conversions and floor as the node does.  Nothing here
 * reads files: the caller brings the texts of policy.lua and test.lua. */
#ifndef POLICY_POLICYTEST_H
#define POLICY_POLICYTEST_H

#include "base/buf.h"
#include "policy/policy.h"

struct policytest_result {
	size_t cases;
	size_t failed;
};

/* Run all cases of the test text (docs/POLICY.md, "Testing").  on_line gets one line at a
 * time, without its end, as TAP: a case is "ok 3 - name"; below a failed one stand question,
 * wanted, got and reason.  ERR_OK when all passed; ERR_POLICY when some did not; another error
 * when a text cannot be used, after one line that says why. */
int policytest_run(struct bytes policy, struct bytes test, const struct policy_limits *limits,
		   struct policytest_result *out, void (*on_line)(void *context, const char *line),
		   void *context);

struct policytest_members {
	const struct policy_peer *peers;
	size_t count;
};

/* A table as text: a line for each class, a column for each peer with its right; "*" where
 * the floor decided, "?" where the policy failed and the default stands.  p may be NULL. */
void policytest_who(struct policy *p, const struct labels *classes, size_t count,
		    const struct policytest_members *members, const struct policy_peer *self,
		    struct buf *out);

#endif
