#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policytest.h"

/* All lines that the runner gave, one below the other. */
struct heard {
	char text[16384];
	size_t len;
};

static void on_line(void *context, const char *line)
{
	struct heard *h = (struct heard *)context;
	int n = snprintf(h->text + h->len, sizeof h->text - h->len, "%s\n", line);

	assert_true(n > 0 && (size_t)n < sizeof h->text - h->len);
	h->len += (size_t)n;
}

static const char policy[] =
    "return { entitle = function(c, p) "
    "if p.region == c.region then return 'read', 'same region' end return 'relay' end, "
    "match = function(e) return { fpir = 1e-4, reason = 'screening' } end, "
    "classify = function(r) return { sensitivity = 'restricted' } end, "
    "disclose = function() return 'full' end }";

static int run(const char *test, struct policytest_result *result, struct heard *heard)
{
	*heard = (struct heard){ .len = 0 };
	return policytest_run(bytes_of(policy), bytes_of(test), NULL, result, on_line, heard);
}

static void a_passing_case_is_one_line(void **state)
{
	struct policytest_result result;
	struct heard heard;

	(void)state;
	assert_int_equal(
	    run("return { { name = 'the region reads', question = 'entitle', given = { "
		"class = { group = 'match', region = 'A' }, peer = { region = 'A' } }, "
		"want = 'read' }, { name = 'screening', question = 'match', "
		"given = { encounter = { purpose = 'border' } }, "
		"want = { fpir = 0.0001, reviewers = 2 }, by = 'policy' } }",
		&result, &heard),
	    ERR_OK);
	assert_string_equal(heard.text, "1..2\nok 1 - the region reads\nok 2 - screening\n");
	assert_int_equal(result.cases, 2);
	assert_int_equal(result.failed, 0);
}

static void a_failing_case_shows_question_wanted_got_and_reason(void **state)
{
	struct policytest_result result;
	struct heard heard;

	(void)state;
	assert_int_equal(
	    run("return { { name = 'all read', question = 'entitle', given = { "
		"class = { group = 'match', region = 'A' }, peer = { region = 'B' } }, "
		"want = 'read', because = 'the regions agreed' }, "
		"{ name = 'by the floor', question = 'entitle', given = { "
		"class = { group = 'match', region = 'A' }, peer = { region = 'A' } }, "
		"want = 'read', by = 'floor' }, "
		"{ name = 'labels', question = 'classify', given = { record = { region = 'A', "
		"group = 'match', minor = true, type = 'red' } }, "
		"want = { region = 'B', sensitivity = 'open' } } }",
		&result, &heard),
	    ERR_POLICY);
	assert_string_equal(heard.text,
			    "1..3\n"
			    "not ok 1 - all read\n"
			    "#   entitle: wanted read, got relay by policy\n"
			    "#   reason: no reason given\n"
			    "#   wanted because: the regions agreed\n"
			    "not ok 2 - by the floor\n"
			    "#   entitle: wanted read by floor, got read by policy\n"
			    "#   reason: same region\n"
			    "not ok 3 - labels\n"
			    "#   classify: wanted region=B sensitivity=open, got region=A "
			    "sensitivity=confidential by floor\n"
			    "#   reason: a record of a person under 18 is confidential (policy: no "
			    "reason given)\n");
	assert_int_equal(result.failed, 3);
}

/* What is wrong with a case is told, and the case fails; the others go on. */
static void an_unusable_case_says_what_is_wrong(void **state)
{
	static const struct {
		const char *item;
		const char *message;
	} cases[] = {
		{ "1", "the case is not a table" },
		{ "{}", "'name' must be one line" },
		{ "{ name = 'x\\ny' }", "'name' must be one line" },
		{ "{ name = 'x' }", "'question' must be one line" },
		{ "{ name = 'x', question = 'share' }", "there is no question 'share'" },
		{ "{ name = 'x', questions = 'match' }", "a case has no field 'questions'" },
		{ "{ name = 'x', question = 'match' }", "'given' must be a table" },
		{ "{ name = 'x', question = 'match', given = { peer = {} } }",
		  "'match' is not asked about 'peer'" },
		{ "{ name = 'x', question = 'match', given = { encounter = 1 } }",
		  "encounter must be a table" },
		{ "{ name = 'x', question = 'match', given = { encounter = { minr = true } } }",
		  "encounter.minr must be left out: there is no such field" },
		{ "{ name = 'x', question = 'match', given = { encounter = { minor = 1 } } }",
		  "encounter.minor must be true or false" },
		{ "{ name = 'x', question = 'match', given = { encounter = { purpose = 'x' } } }",
		  "encounter.purpose must be a known word" },
		{ "{ name = 'x', question = 'entitle', given = { class = { exclude = { 'AA' } } } "
		  "}",
		  "class.exclude must be an array of three-letter codes" },
		{ "{ name = 'x', question = 'entitle', given = { class = { purposes = 'a' } } }",
		  "class.purposes must be an array of known words" },
		{ "{ name = 'x', question = 'entitle', given = { peer = { region = 1 } } }",
		  "peer.region must be a text" },
		{ "{ name = 'x', question = 'disclose', given = { candidate = { reviewers = -1 } } "
		  "}",
		  "candidate.reviewers must be a whole number" },
		{ "{ name = 'x', question = 'match', given = {} }", "'want' must be a table" },
		{ "{ name = 'x', question = 'match', given = {}, want = { serch = true } }",
		  "'want' has a field that no answer has" },
		{ "{ name = 'x', question = 'entitle', given = {}, want = {} }",
		  "'want' must be a string" },
		{ "{ name = 'x', question = 'entitle', given = {}, want = 'none', by = 'me' }",
		  "'by' must be policy, floor or default" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char test[400];
		struct policytest_result result;
		struct heard heard;

		(void)snprintf(test, sizeof test,
			       "return { %s, { name = 'good', question = 'entitle', given = {}, "
			       "want = 'none' } }",
			       cases[i].item);
		assert_int_equal(run(test, &result, &heard), ERR_POLICY);
		if (strstr(heard.text, cases[i].message) == NULL ||
		    strstr(heard.text, "\nok 2 - good\n") == NULL) {
			print_message("%s\n%s", cases[i].item, heard.text);
			fail();
		}
		assert_int_equal(result.failed, 1);
	}
}

static void a_text_that_cannot_be_used_is_told_once(void **state)
{
	struct policytest_result result;
	struct heard heard;

	(void)state;
	assert_int_equal(run("return {", &result, &heard), ERR_MALFORMED);
	assert_non_null(strstr(heard.text, "Bail out! test.lua cannot be used: test:1:"));
	assert_int_equal(run("return {}", &result, &heard), ERR_POLICY);
	assert_non_null(strstr(heard.text, "returns no cases"));
	assert_int_equal(run("return 1", &result, &heard), ERR_POLICY);
	assert_int_equal(run("while true do end", &result, &heard), ERR_LIMIT);
	assert_int_equal(run("return os.getenv('HOME')", &result, &heard), ERR_POLICY);
	heard.len = 0;
	assert_int_equal(policytest_run(bytes_of("return 1"), bytes_of("return {}"), NULL, &result,
					on_line, &heard),
			 ERR_POLICY);
	assert_non_null(strstr(heard.text, "Bail out! policy.lua cannot be used: the policy does"));
}

static void who_would_see_what_is_a_table(void **state)
{
	const struct labels classes[] = {
		{ .owner = bytes_of("UTO-NCB"),
		  .sensitivity = SENSITIVITY_OPEN,
		  .region = bytes_of("A"),
		  .group = GROUP_MATCH },
		{ .owner = bytes_of("UTO-NCB"),
		  .sensitivity = SENSITIVITY_RESTRICTED,
		  .region = bytes_of("A"),
		  .group = GROUP_IDENTITY,
		  .closed = CLOSED_IDENTITY },
	};
	const struct policy_peer peers[] = {
		{ .node = bytes_of("11111111"), .role = bytes_of("post"), .region = bytes_of("A") },
		{ .node = bytes_of("22222222"), .role = bytes_of("post"), .region = bytes_of("B") },
		{ .node = bytes_of("33333333"),
		  .role = bytes_of("hq"),
		  .country = bytes_of("UTO"),
		  .owner = bytes_of("UTO-NCB") },
	};
	const struct policytest_members members = { peers, 3 };
	struct policy *p = NULL;
	char message[200];
	struct buf out;

	(void)state;
	assert_int_equal(policy_new(bytes_of(policy), NULL, &p, message, sizeof message), ERR_OK);
	buf_init(&out, 0);
	policytest_who(p, classes, 2, &members, &peers[0], &out);
	buf_u8(&out, 0);
	assert_string_equal(
	    (const char *)out.data,
	    "1 = 11111111 post region=A country= owner=\n"
	    "2 = 22222222 post region=B country= owner=\n"
	    "3 = 33333333 hq region= country=UTO owner=UTO-NCB\n"
	    "\n"
	    "group     sensitivity  owner         region        closed   1      2      3     \n"
	    "match     open         UTO-NCB       A             no       read   relay  read* \n"
	    "identity  restricted   UTO-NCB       A             identity relay* relay  read* \n"
	    "* the floor decided   ? the policy gave no answer: default\n");
	buf_clear(&out);
	policytest_who(NULL, classes, 1, &members, &peers[0], &out);
	buf_u8(&out, 0);
	assert_non_null(strstr((const char *)out.data, "none?  none?  read* \n"));
	buf_done(&out);
	policy_free(p);
}

/* ---- the policies that are shipped ---- */

static struct bytes file(const char *folder, const char *name)
{
	const char *srcdir = getenv("srcdir");
	char path[512];
	uint8_t *data = (uint8_t *)test_malloc(POLICY_SOURCE_MAX);
	size_t len;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/policies/%s/%s", srcdir != NULL ? srcdir : ".",
		       folder, name);
	f = fopen(path, "rb");
	assert_non_null(f);
	len = fread(data, 1, POLICY_SOURCE_MAX, f);
	(void)fclose(f);
	return (struct bytes){ data, len };
}

static void check_shipped(const char *folder, size_t least)
{
	struct bytes source = file(folder, "policy.lua");
	struct bytes test = file(folder, "test.lua");
	struct policytest_result result;
	struct heard heard = { .len = 0 };
	int rc = policytest_run(source, test, NULL, &result, on_line, &heard);

	if (rc != ERR_OK) {
		print_message("%s", heard.text);
	}
	assert_int_equal(rc, ERR_OK);
	assert_true(result.cases >= least);
	test_free((void *)(uintptr_t)source.data);
	test_free((void *)(uintptr_t)test.data);
}

static void open_region_passes_its_tests(void **state)
{
	(void)state;
	check_shipped("open-region", 40);
}

static void match_only_passes_its_tests(void **state)
{
	(void)state;
	check_shipped("match-only", 15);
}

/* The tests notice it when the policy is another. */
static void the_tests_of_match_only_fail_for_open_region(void **state)
{
	struct bytes source = file("open-region", "policy.lua");
	struct bytes test = file("match-only", "test.lua");
	struct policytest_result result;
	struct heard heard = { .len = 0 };

	(void)state;
	assert_int_equal(policytest_run(source, test, NULL, &result, on_line, &heard), ERR_POLICY);
	assert_int_equal(result.failed, 5);
	test_free((void *)(uintptr_t)source.data);
	test_free((void *)(uintptr_t)test.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_passing_case_is_one_line),
		cmocka_unit_test(a_failing_case_shows_question_wanted_got_and_reason),
		cmocka_unit_test(an_unusable_case_says_what_is_wrong),
		cmocka_unit_test(a_text_that_cannot_be_used_is_told_once),
		cmocka_unit_test(who_would_see_what_is_a_table),
		cmocka_unit_test(open_region_passes_its_tests),
		cmocka_unit_test(match_only_passes_its_tests),
		cmocka_unit_test(the_tests_of_match_only_fail_for_open_region),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
