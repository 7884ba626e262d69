#include "record/kind.h"

#include <stddef.h>

static const struct {
	enum kind kind;
	enum lane lane;
	bool owned;
	const char *name;
} kinds[] = {
	{ KIND_PASSPORT, LANE_TRUST, false, "passport" },
	{ KIND_REVOCATION, LANE_TRUST, false, "revocation" },
	{ KIND_ROSTER, LANE_TRUST, false, "roster" },
	{ KIND_EPOCH, LANE_TRUST, false, "epoch" },
	{ KIND_ERASURE, LANE_TRUST, false, "erasure" },
	{ KIND_POLICY, LANE_TRUST, false, "policy" },
	{ KIND_BEACON, LANE_TRUST, false, "beacon" },
	{ KIND_NOTICE, LANE_ALERT, true, "notice" },
	{ KIND_SUBJECT, LANE_TEMPLATE, true, "subject" },
	{ KIND_TEMPLATE, LANE_TEMPLATE, true, "template" },
	{ KIND_ENCOUNTER, LANE_CASE, false, "encounter" },
	{ KIND_SEARCH, LANE_CASE, false, "search" },
	{ KIND_DECISION, LANE_CASE, false, "decision" },
	{ KIND_ACTION, LANE_CASE, false, "action" },
	{ KIND_VERDICT, LANE_CASE, false, "verdict" },
	{ KIND_RECEIPT, LANE_CASE, false, "receipt" },
};

static size_t find(uint64_t kind)
{
	size_t i = 0;

	while (i < sizeof kinds / sizeof kinds[0] && (uint64_t)kinds[i].kind != kind) {
		i++;
	}
	return i;
}

bool kind_known(uint64_t kind)
{
	return find(kind) < sizeof kinds / sizeof kinds[0];
}

const char *kind_name(uint64_t kind)
{
	return kind_known(kind) ? kinds[find(kind)].name : "unknown";
}

enum lane kind_lane(uint64_t kind)
{
	return kind_known(kind) ? kinds[find(kind)].lane : LANE_AUDIT;
}

bool kind_is_owned(uint64_t kind)
{
	return kind_known(kind) && kinds[find(kind)].owned;
}
