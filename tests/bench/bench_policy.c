/* Microseconds of CPU time a decision: bench_policy POLICY.LUA [QUESTIONS] */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "policy/policy.h"

static uint64_t on_clock(void *unused)
{
	struct timespec t;

	(void)unused;
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void one(struct policy *p, int question, struct policy_reason *why)
{
	const struct policy_peer peer = { .node = bytes_of("11111111"),
					  .role = bytes_of("post"),
					  .region = bytes_of("UTO-NORTH"),
					  .country = bytes_of("UTO"),
					  .owner = bytes_of("UTO-POLICE") };
	const struct notice notice = { .status = STATUS_ACTIVE,
				       .owner = bytes_of("UTO-NCB"),
				       .type = NOTICE_RED,
				       .purposes = PURPOSE_BORDER | PURPOSE_LOCATE };
	const struct policy_encounter e = { .purpose = PURPOSE_BORDER,
					    .nationality = bytes_of("UTO"),
					    .has_fingers = true };
	const struct policy_record record = { &notice, GROUP_MATCH, bytes_of("UTO-NORTH") };
	struct labels labels = { .owner = bytes_of("UTO-NCB"),
				 .purposes = PURPOSE_BORDER | PURPOSE_LOCATE,
				 .sensitivity = SENSITIVITY_RESTRICTED,
				 .region = bytes_of("UTO-NORTH"),
				 .group = GROUP_MATCH };
	struct policy_match match;
	char region[33];

	switch (question) {
	case 0:
		policy_classify(p, &record, &labels, region, why);
		break;
	case 1:
		(void)policy_entitle(p, &labels, &peer, &peer, why);
		break;
	case 2:
		policy_match(p, &e, &peer, &match, why);
		break;
	default:
		(void)policy_disclose(p, &notice, &e, &peer, why);
		break;
	}
}

int main(int argc, char *argv[])
{
	static uint8_t source[POLICY_SOURCE_MAX];
	const struct policy_limits limits = { .cpu_clock = on_clock };
	long times = argc > 2 ? strtol(argv[2], NULL, 10) : 100000;
	FILE *f = argc > 1 ? fopen(argv[1], "rb") : NULL;
	struct policy *p = NULL;
	char message[200];
	size_t len;

	if (f == NULL || times < 1) {
		(void)fprintf(stderr, "usage: bench_policy POLICY.LUA [QUESTIONS]\n");
		return 2;
	}
	len = fread(source, 1, sizeof source, f);
	(void)fclose(f);
	if (policy_new((struct bytes){ source, len }, &limits, &p, message, sizeof message) !=
	    ERR_OK) {
		(void)fprintf(stderr, "%s\n", message);
		return 1;
	}
	for (int q = 0; policy_questions()[q] != NULL; q++) {
		struct policy_reason why = { .text = "" };
		uint64_t began = on_clock(NULL);

		for (long i = 0; i < times; i++) {
			one(p, q, &why);
		}
		printf("%-9s %.2f us  peak %zu bytes  \"%s\"\n", policy_questions()[q],
		       (double)(on_clock(NULL) - began) / (double)times,
		       policy_last_cost(p).peak_bytes, why.text);
	}
	policy_free(p);
	return 0;
}
