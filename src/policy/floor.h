/* The hard floor: what no policy can give, and the little that none can take away.
 *
 * It follows from the owner's signed restrictions and from the rules of the trade, not from
 * anything that a region can configure.  Whatever Lua answers is put between these bounds in
 * C (docs/POLICY.md, "The floor"). */
#ifndef POLICY_FLOOR_H
#define POLICY_FLOOR_H

#include "policy/policy.h"

#define FLOOR_FPIR_PPM_MAX 100000U

/* A text says which rule made the bound; a string constant, NULL where there is none. */
struct floor_rights {
	enum right least; /* cannot be taken away */
	enum right most;
	const char *why_least;
	const char *why_most;
};

/* Rights of a member of the mesh to a class.
 *
 * Control entries (roster, revocations, erasures) are read by every member whatever a policy
 * says: a node that misses one would go on trusting a stolen node, or keep what is erased. */
struct floor_rights floor_entitle(const struct labels *labels, const struct policy_peer *peer,
				  const struct policy_peer *self);

/* Narrow *m; returns the rule that did, or NULL when it stands as it was. */
const char *floor_match(const struct policy_encounter *e, struct policy_match *m);
/* Is the person one whom only a policy for exactly that case may search for? */
bool floor_is_special(const struct policy_encounter *e);

/* The most that a node may show of a candidate. */
enum disclosure floor_disclose(const struct notice *candidate, const struct policy_encounter *e,
			       const struct policy_peer *self, const char **why);

/* Labels that follow from the owner's signature: everything but region and sensitivity, and
 * the least sensitivity. */
enum sensitivity floor_classify(const struct policy_record *record, struct labels *out,
				const char **why);

/* How many people must agree before any action on this candidate: never fewer than the
 * policy's answer, the owner's restriction, and two where the text may coerce. */
uint64_t floor_reviewers(const struct notice *candidate, uint64_t asked);

#endif
