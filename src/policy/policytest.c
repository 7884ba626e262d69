#include "policy/policytest.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/testcase.h"

#define LINE_BYTES ((size_t)1024)

struct report {
	void (*on_line)(void *context, const char *line);
	void *context;
};

__attribute__((format(printf, 2, 3))) static void line(const struct report *r, const char *format,
						       ...)
{
	char text[LINE_BYTES];
	va_list list;

	va_start(list, format);
	(void)vsnprintf(text, sizeof text, format, list);
	va_end(list);
	r->on_line(r->context, text);
}

static const char *text_of(struct buf *b)
{
	buf_u8(b, 0);
	return buf_error(b) == ERR_OK ? (const char *)b->data : "(no memory)";
}

struct run {
	struct report report;
	struct host *tests;
	struct policy *policy;
};

/* One case, asked and compared; false when it failed. */
static bool one(const struct run *r, size_t index, const struct testcase *c)
{
	struct testcase_judgement judged = { .fits = false };
	struct testcase_got got;
	char message[HOST_MESSAGE] = "";
	int rc;

	buf_init(&judged.wanted, LINE_BYTES / 4);
	buf_init(&judged.answered, LINE_BYTES / 4);
	testcase_ask(c, r->policy, &got);
	rc = testcase_compare(r->tests, index, c, &got, &judged, message);
	line(&r->report, "%s %zu - %s", judged.fits ? "ok" : "not ok", index, c->name);
	if (rc != ERR_OK) {
		line(&r->report, "#   the case cannot be used: %s", message);
	} else if (!judged.fits) {
		line(&r->report, "#   %s: wanted %s, got %s by %s", c->question,
		     text_of(&judged.wanted), text_of(&judged.answered), testcase_by(&got.why));
		line(&r->report, "#   reason: %s", got.why.text);
		if (c->because[0] != '\0') {
			line(&r->report, "#   wanted because: %s", c->because);
		}
	}
	buf_done(&judged.wanted);
	buf_done(&judged.answered);
	return judged.fits;
}

static bool read_and_run(const struct run *r, size_t index)
{
	struct testcase c = { .name = "" };
	struct arena arena;
	char message[HOST_MESSAGE] = "";
	bool good = false;

	arena_init(&arena, POLICY_SOURCE_MAX);
	if (testcase_read(r->tests, index, &arena, &c, message) == ERR_OK) {
		good = one(r, index, &c);
	} else {
		line(&r->report, "not ok %zu - case %zu", index, index);
		line(&r->report, "#   the case cannot be used: %s", message);
	}
	arena_done(&arena);
	return good;
}

int policytest_run(struct bytes policy, struct bytes test, const struct policy_limits *limits,
		   struct policytest_result *out, void (*on_line)(void *context, const char *line),
		   void *context)
{
	struct run r = { .report = { on_line, context } };
	char message[HOST_MESSAGE] = "";
	int rc;

	*out = (struct policytest_result){ 0, 0 };
	rc = policy_new(policy, limits, &r.policy, message, sizeof message);
	if (rc != ERR_OK) {
		line(&r.report, "Bail out! policy.lua cannot be used: %s", message);
		goto done;
	}
	rc = host_new(test, "=test", limits, &r.tests, message);
	if (rc == ERR_OK) {
		rc = testcase_load(r.tests, &out->cases, message);
	}
	if (rc != ERR_OK) {
		line(&r.report, "Bail out! test.lua cannot be used: %s", message);
		goto done;
	}
	line(&r.report, "1..%zu", out->cases);
	for (size_t i = 1; i <= out->cases; i++) {
		out->failed += read_and_run(&r, i) ? 0 : 1;
	}
	rc = out->failed == 0 ? ERR_OK : ERR_POLICY;
done:
	host_free(r.tests);
	policy_free(r.policy);
	return rc;
}

/* ---- who would see what ---- */

__attribute__((format(printf, 2, 3))) static void put(struct buf *out, const char *format, ...)
{
	char text[LINE_BYTES];
	va_list list;
	int n;

	va_start(list, format);
	n = vsnprintf(text, sizeof text, format, list);
	va_end(list);
	if (n > 0) {
		buf_put(out, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
	}
}

/* For "%.*s"; labels and peers have at most 32 bytes a text. */
static int width(struct bytes b)
{
	return b.len < 40 ? (int)b.len : 40;
}

static const char *chars(struct bytes b)
{
	return b.len > 0 ? (const char *)b.data : "";
}

static const char *group_name(uint64_t group)
{
	for (const struct shape_field *f = shape_class; f->name != NULL; f++) {
		if (strcmp(f->name, "group") == 0) {
			return shape_name(f->words, group);
		}
	}
	return "unknown";
}

static void put_class(struct buf *out, const struct labels *l)
{
	put(out, "%-9s %-12s %-13.*s %-13.*s %-8s", group_name(l->group),
	    shape_name(shape_sensitivities, l->sensitivity), width(l->owner), chars(l->owner),
	    width(l->region), chars(l->region),
	    l->closed == CLOSED_ALL        ? "all"
	    : l->closed == CLOSED_IDENTITY ? "identity"
					   : "no");
}

void policytest_who(struct policy *p, const struct labels *classes, size_t count,
		    const struct policytest_members *members, const struct policy_peer *self,
		    struct buf *out)
{
	for (size_t k = 0; k < members->count; k++) {
		const struct policy_peer *m = &members->peers[k];

		put(out, "%zu = %.*s %.*s region=%.*s country=%.*s owner=%.*s\n", k + 1,
		    width(m->node), chars(m->node), width(m->role), chars(m->role),
		    width(m->region), chars(m->region), width(m->country), chars(m->country),
		    width(m->owner), chars(m->owner));
	}
	put(out, "\n%-9s %-12s %-13s %-13s %-8s", "group", "sensitivity", "owner", "region",
	    "closed");
	for (size_t k = 0; k < members->count; k++) {
		put(out, " %-6zu", k + 1);
	}
	put(out, "\n");
	for (size_t i = 0; i < count; i++) {
		put_class(out, &classes[i]);
		for (size_t k = 0; k < members->count; k++) {
			struct policy_reason why;
			enum right right =
			    policy_entitle(p, &classes[i], &members->peers[k], self, &why);
			char cell[16];

			(void)snprintf(cell, sizeof cell, "%s%s", shape_name(shape_rights, right),
				       why.by_floor     ? "*"
				       : why.by_default ? "?"
							: "");
			put(out, " %-6s", cell);
		}
		put(out, "\n");
	}
	put(out, "* the floor decided   ? the policy gave no answer: default\n");
}
