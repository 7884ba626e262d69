/* A policy text from anywhere: loaded and asked each question once, with low limits.  What
 * comes out must lie within the floor, and twice the same. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/floor.h"
#include "policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool good, const char *what)
{
	if (!good) {
		(void)fprintf(stderr, "%s\n", what);
		abort();
	}
}

static void ask_rights(struct policy *p, const struct policy_peer *peer)
{
	for (uint64_t group = GROUP_CONTROL; group <= GROUP_OWN; group++) {
		struct labels l = { .owner = bytes_of("UTO-NCB"),
				    .purposes = PURPOSE_BORDER,
				    .sensitivity = SENSITIVITY_OPEN,
				    .region = bytes_of("UTO-NORTH"),
				    .group = group,
				    .closed = CLOSED_IDENTITY };
		struct floor_rights bounds = floor_entitle(&l, peer, peer);
		struct policy_reason why, again;
		enum right right = policy_entitle(p, &l, peer, peer, &why);

		demand(right >= bounds.least && right <= bounds.most, "outside the floor");
		demand(bytes_utf8(bytes_of(why.text)), "the reason is not text");
		demand(policy_entitle(p, &l, peer, peer, &again) == right, "not twice the same");
		demand(strcmp(why.text, again.text) == 0, "not twice the same reason");
	}
}

static void ask_others(struct policy *p, const struct policy_peer *self)
{
	struct notice n = { .status = STATUS_ACTIVE,
			    .owner = bytes_of("UTO-NCB"),
			    .purposes = PURPOSE_BORDER,
			    .restrictions = { .match_only = 1 } };
	struct policy_encounter e = { .purpose = PURPOSE_BORDER, .has_fingers = true };
	struct policy_record record = { &n, GROUP_MATCH, bytes_of("UTO-NORTH") };
	struct policy_match m;
	struct policy_reason why;
	struct labels l;
	char region[33];

	policy_match(p, &e, self, &m, &why);
	demand(m.fpir_ppm >= 1 && m.fpir_ppm <= FLOOR_FPIR_PPM_MAX && m.reviewers >= 1 &&
		   m.reviewers <= 3,
	       "match outside the floor");
	demand(policy_disclose(p, &n, &e, self, &why) <= DISCLOSE_REFERENCE,
	       "disclose outside the floor");
	policy_classify(p, &record, &l, region, &why);
	demand(l.closed == CLOSED_IDENTITY && l.sensitivity >= SENSITIVITY_RESTRICTED &&
		   region[0] != '\0',
	       "classify outside the floor");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct policy_limits limits = { .memory_bytes = 256U * 1024, .steps = 20000 };
	const struct policy_peer peer = { .node = bytes_of("11111111"),
					  .role = bytes_of("post"),
					  .region = bytes_of("UTO-NORTH"),
					  .country = bytes_of("UTO"),
					  .owner = bytes_of("UTO-POLICE") };
	struct policy *p = NULL;
	char message[POLICY_REASON_MAX] = "";

	if (policy_new((struct bytes){ data, size }, &limits, &p, message, sizeof message) !=
	    ERR_OK) {
		demand(message[0] != '\0' && bytes_utf8(bytes_of(message)), "no message");
		return 0;
	}
	ask_rights(p, &peer);
	ask_others(p, &peer);
	policy_free(p);
	return 0;
}
