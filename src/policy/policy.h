/* Sharing rules as Lua: questions in, decisions with reasons out.
 *
 * A policy is one Lua 5.4 text that returns a table of functions (docs/POLICY.md).  It has no
 * clock, files, network, randomness or memory of its own; it is limited in CPU time, steps
 * and bytes.  Any error, and any answer outside the fixed ones, is the default: the closed
 * end.  The floor (policy/floor.h) is applied to every answer in C: a policy can only narrow
 * what the owner of a record has signed. */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "record/kind.h"
#include "record/kinds.h"
#include "record/labels.h"

#define POLICY_SOURCE_MAX ((size_t)64 * 1024)
#define POLICY_REASON_MAX 160U
#define POLICY_HASH_BYTES 32U

struct policy;

struct policy_limits {
	size_t memory_bytes;                  /* 0: 8 MiB */
	uint64_t steps;                       /* a question; 0: 1,000,000 */
	uint64_t cpu_us;                      /* CPU time a question; 0: 20,000 */
	uint64_t (*cpu_clock)(void *context); /* microseconds; NULL: steps alone count */
	void *context;
};

/* What the last question took. */
struct policy_cost {
	uint64_t steps;    /* hundreds of instructions, and the work of the offered functions */
	size_t peak_bytes; /* with what earlier questions have left to be collected */
	uint64_t cpu_us;   /* as last read from the clock of the limits */
};

/* Load and run the text once.  On refusal (syntax, limits, not a table) *out is untouched and
 * message says where, in at most size bytes. */
int policy_new(struct bytes source, const struct policy_limits *limits, struct policy **out,
	       char *message, size_t size);
void policy_free(struct policy *p);
/* BLAKE2b is not at home here: the caller hashes the source; this only remembers it. */
const char *policy_name(const struct policy *p); /* field `name` of the table, or "unnamed" */
uint64_t policy_version(const struct policy *p); /* field `version`, or 0 */
struct policy_cost policy_last_cost(const struct policy *p);

/* Who asks or is asked about. */
struct policy_peer {
	struct bytes node; /* opaque id in hex, first 8 digits */
	struct bytes role; /* "post", "relay", "region", "hq" */
	struct bytes region;
	struct bytes country; /* alpha-3 */
	struct bytes owner;   /* the agency whose records the node may write; empty: none */
};

/* In all questions p may be NULL: then every answer is the default, between the bounds of the
 * floor.  The text is run anew for each question, so no question can affect another.
 *
 * Every answer says why, and whether the policy or the floor decided. */
struct policy_reason {
	char text[POLICY_REASON_MAX];
	bool by_floor;   /* the floor narrowed what the policy said */
	bool by_default; /* the policy failed or was silent */
};

/* classify(record) -> { region =, sensitivity =, reason = }: which labels a record gets.
 * Default: the home region, SENSITIVITY_CONFIDENTIAL.  The floor keeps owner, group, purposes
 * and the restrictions as the owner signed them, and the sensitivity of restricted records up.
 * *out borrows from the notice and from region. */
struct policy_record {
	const struct notice *notice; /* also for what follows from it: subject, template, case */
	enum label_group group;
	struct bytes home_region; /* at most 32 bytes */
};
void policy_classify(struct policy *p, const struct policy_record *record, struct labels *out,
		     char region[33], struct policy_reason *why);

/* entitle(class, peer, self) -> "none" | "relay" | "hold" | "read", reason.  Default: none.
 * Asked of members only.  The floor: control entries and the owner's own nodes read; owner's
 * exclusions, closed classes, mail and relays at most what policy/floor.h says. */
enum right policy_entitle(struct policy *p, const struct labels *labels,
			  const struct policy_peer *peer, const struct policy_peer *self,
			  struct policy_reason *why);

/* match(encounter) -> { search = bool, fpir = number, reviewers =, headquarters = bool, reason = }.
 * Default, also for fields left out: search at 1 false candidate in 1,000 searches, two
 * reviewers, ask headquarters; for minors and people who claim protection no search and no
 * headquarters.  The floor: protection, or a minor without the purpose of child protection, is
 * never searched nor routed.  How many reviewers one candidate needs: floor_reviewers(). */
struct policy_encounter {
	uint64_t purpose; /* one bit of enum purpose */
	struct bytes operation;
	struct bytes nationality; /* claimed */
	bool minor;               /* claimed or judged under 18 */
	bool protection;          /* claims protection */
	bool has_fingers;
};
struct policy_match {
	bool search;
	bool headquarters;
	uint64_t fpir_ppm;  /* 1..100,000 */
	uint64_t reviewers; /* 1..3 */
};
void policy_match(struct policy *p, const struct policy_encounter *e,
		  const struct policy_peer *self, struct policy_match *out,
		  struct policy_reason *why);

/* disclose(candidate, encounter, self) -> "full" | "reference" | "nothing", reason.  Default:
 * reference ("owner XYZ holds information, reference n").  The floor: a match-only record is
 * never more than reference to nodes of another owner; a purpose that the record does not
 * answer is nothing, and so is a record that is not active, excluded here, or of a minor
 * outside child protection. */
enum disclosure { DISCLOSE_NOTHING = 0, DISCLOSE_REFERENCE = 1, DISCLOSE_FULL = 2 };
enum disclosure policy_disclose(struct policy *p, const struct notice *candidate,
				const struct policy_encounter *e, const struct policy_peer *self,
				struct policy_reason *why);

/* Are two notices the same to any policy, and to the floor?  Then so are all answers. */
bool policy_sees_same(const struct notice *a, const struct notice *b);

/* Names of the functions of a policy that are called, for docs and tests; NULL at the end. */
const char *const *policy_questions(void);
/* Names of what a policy's Lua may call; NULL at the end. */
const char *const *policy_offers(void);

#endif
