/* Who may be searched for in a check, as a filter of the scan (match/search.h).
 *
 * A policy does not see which record it is asked about, only of what sort it is: owner, type,
 * purposes, restrictions.  People whose notices it cannot tell apart share a group, so a check
 * asks once for each group and not once for each person.  Where there is no group left, people
 * are in PERMIT_OTHERS: they are searched, and judged if they become candidates, as everybody
 * is once more. */
#ifndef NODE_PERMIT_H
#define NODE_PERMIT_H

#include <stdint.h>

#include "match/search.h"
#include "policy/policy.h"
#include "record/kinds.h"

#define PERMIT_OTHERS 0U

struct permits;

int permit_new(struct permits **out);
void permit_free(struct permits *t);
/* The group of people with such a notice, one more of whom there is from now on; below
 * GALLERY_GROUPS.  ERR_NOMEM. */
int permit_join(struct permits *t, const struct notice *notice, uint16_t *group);
/* One less of them. */
void permit_leave(struct permits *t, uint16_t group);
/* Let those groups through of whom this check may be told anything.  Policies are bounded
 * work: when they take too long or fail, the floor alone decides about the groups that are
 * left, and their candidates are asked about later.  Sets out->group. */
void permit_filter(const struct permits *t, struct policy *policy, const struct policy_encounter *e,
		   const struct policy_peer *self, struct search_filter *out);

#endif
