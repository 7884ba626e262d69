/* outpostctl policy and finger: to try things without a node. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/ctl.h"
#include "finger/finger.h"
#include "intake/worker.h"
#include "policy/policytest.h"

/* ---- policy ---- */

static uint64_t cpu_us(void *context)
{
	struct timespec t;

	(void)context;
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void on_line(void *context, const char *line)
{
	const struct ctl *c = context;

	(void)fprintf(c->json ? stderr : stdout, "%s\n", line);
}

int ctl_policy(struct ctl *c, int argc, char *argv[])
{
	const struct policy_limits limits = { .cpu_clock = cpu_us };
	struct policytest_result result = { .cases = 0 };
	struct bytes policy = { NULL, 0 };
	struct bytes test = { NULL, 0 };
	char path[512];
	int rc;

	if (argc != 3 || strcmp(argv[1], "test") != 0) {
		return ctl_fail(CTL_USAGE,
				"policy test DIR, where DIR has policy.lua and test.lua");
	}
	(void)snprintf(path, sizeof path, "%s/policy.lua", argv[2]);
	rc = ctl_read_file(c, path, POLICY_SOURCE_MAX, &policy);
	if (rc == CTL_OK) {
		(void)snprintf(path, sizeof path, "%s/test.lua", argv[2]);
		rc = ctl_read_file(c, path, POLICY_SOURCE_MAX, &test);
	}
	if (rc != CTL_OK) {
		return rc;
	}
	rc = policytest_run(policy, test, &limits, &result, on_line, c);
	if (c->json) {
		(void)printf("{\"cases\": %zu, \"failed\": %zu}\n", result.cases, result.failed);
	} else {
		(void)printf("%zu passed, %zu failed\n", result.cases - result.failed,
			     result.failed);
	}
	if (rc == ERR_OK) {
		return CTL_OK;
	}
	return rc == ERR_POLICY ? CTL_NEGATIVE : CTL_USAGE;
}

/* ---- finger ---- */

/* What the worker makes of a file: its first finger. */
static int examine(struct ctl *c, char *argument, struct worker_sample *out)
{
	const struct worker_sample *samples;
	struct list all = { .count = 0 };
	int rc = ctl_examine(c, argument, &all);

	if (rc != CTL_OK) {
		return rc;
	}
	samples = all.items;
	for (size_t i = 0; i < all.count; i++) {
		if (samples[i].code == 0 && samples[i].iso.len > 0) {
			*out = samples[i];
			return CTL_OK;
		}
	}
	return ctl_fail(CTL_NEGATIVE, "%s: no fingerprint that can be used", argument);
}

/* Of the record that the worker made: one view, ISO/IEC 19794-2:2005 7.4.1.6. */
static size_t minutiae_of(struct bytes iso)
{
	return iso.len > 27 ? iso.data[27] : 0;
}

static int extract(struct ctl *c, int argc, char *argv[])
{
	const char *output = NULL;
	const struct ctl_option options[] = { { "output", &output, NULL } };
	struct worker_sample s = { .code = 0 };
	int rest;
	int rc = ctl_options(argc, argv, options, 1, &rest);

	if (rc == CTL_OK && argc - rest != 1) {
		return ctl_fail(CTL_USAGE, "finger extract [--output FILE] IMAGE[@FINGER][:PPI]");
	}
	if (rc == CTL_OK) {
		rc = examine(c, argv[rest], &s);
	}
	if (rc == CTL_OK && output != NULL) {
		rc = ctl_write_file(output, s.iso, 0600);
	}
	if (rc == CTL_OK && !ctl_json(c, &worker_sample_schema, &s)) {
		(void)printf("%llu x %llu at %llu ppi, quality %llu, %zu minutiae, template %zu + "
			     "%zu bytes\n",
			     (unsigned long long)s.width, (unsigned long long)s.height,
			     (unsigned long long)s.ppi, (unsigned long long)s.score,
			     minutiae_of(s.iso), s.iso.len, s.extended.len);
	}
	return rc;
}

static int compare(struct ctl *c, int argc, char *argv[])
{
	const char *threshold = NULL;
	uint64_t limit = 300;
	const struct ctl_option options[] = { { "threshold", &threshold, NULL } };
	struct finger_template *t[2] = { NULL, NULL };
	struct worker_sample s = { .code = 0 };
	int score = 0;
	int rest;
	int rc = ctl_options(argc, argv, options, 1, &rest);

	if (rc == CTL_OK) {
		rc = ctl_number("--threshold", threshold, 100000, &limit);
	}
	if (rc == CTL_OK && argc - rest != 2) {
		return ctl_fail(CTL_USAGE, "finger compare [--threshold N] FILE FILE");
	}
	for (int i = 0; rc == CTL_OK && i < 2; i++) {
		rc = examine(c, argv[rest + i], &s);
		if (rc == CTL_OK &&
		    finger_template_load(s.iso, s.extended, &t[i], NULL) != ERR_OK) {
			rc = ctl_fail(CTL_USAGE, "%s: its template cannot be used", argv[rest + i]);
		}
	}
	if (rc == CTL_OK) {
		score = finger_compare(t[0], t[1]);
		rc = score >= (int)limit ? CTL_OK : CTL_NEGATIVE;
		if (c->json) {
			(void)printf("{\"score\": %d, \"threshold\": %d}\n", score, (int)limit);
		} else {
			(void)printf(
			    "score %d (100 x log10 of the likelihood ratio), threshold %d\n", score,
			    (int)limit);
		}
	}
	finger_template_unref(t[0]);
	finger_template_unref(t[1]);
	return rc;
}

int ctl_finger(struct ctl *c, int argc, char *argv[])
{
	if (argc > 1 && strcmp(argv[1], "extract") == 0) {
		return extract(c, argc - 1, argv + 1);
	}
	if (argc > 1 && strcmp(argv[1], "compare") == 0) {
		return compare(c, argc - 1, argv + 1);
	}
	if (argc > 1 && strcmp(argv[1], "show") == 0) {
		return ctl_show(c, argc - 1, argv + 1);
	}
	if (argc > 1 && strcmp(argv[1], "convert") == 0) {
		return ctl_finger_convert(c, argc - 1, argv + 1);
	}
	return ctl_fail(CTL_USAGE, "finger extract IMAGE | compare FILE FILE | "
				   "show IMAGE [IMAGE] --output PICTURE | "
				   "convert FILE --output RECORD");
}
