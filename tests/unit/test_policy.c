#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"
#include "policy/shape.h"

static const struct policy_limits limits = { .steps = 100000 };

static struct policy_peer post(void)
{
	return (struct policy_peer){ .node = bytes_of("11111111"),
				     .role = bytes_of("post"),
				     .region = bytes_of("UTO-NORTH"),
				     .country = bytes_of("UTO"),
				     .owner = bytes_of("UTO-POLICE") };
}

static struct labels alerts(void)
{
	return (struct labels){ .owner = bytes_of("UTO-NCB"),
				.purposes = PURPOSE_LOCATE | PURPOSE_ASYLUM,
				.sensitivity = SENSITIVITY_RESTRICTED,
				.region = bytes_of("UTO-NORTH"),
				.group = GROUP_MATCH,
				.exclude = bytes_of("AAABBB"),
				.closed = CLOSED_IDENTITY };
}

static struct notice red(void)
{
	return (struct notice){ .status = STATUS_ACTIVE,
				.owner = bytes_of("UTO-NCB"),
				.reference = bytes_of("CANARY-1"),
				.type = NOTICE_RED,
				.purposes = PURPOSE_LOCATE | PURPOSE_BORDER,
				.restrictions = { .exclude = bytes_of("AAA"), .reviewers = 2 },
				.caveats = bytes_of("CANARY") };
}

static struct policy_encounter border(void)
{
	return (struct policy_encounter){ .purpose = PURPOSE_BORDER,
					  .operation = bytes_of("WB26"),
					  .nationality = bytes_of("XKX"),
					  .has_fingers = true };
}

static struct policy *load(const char *source)
{
	struct policy *p = NULL;
	char message[200] = "";

	if (policy_new(bytes_of(source), &limits, &p, message, sizeof message) != ERR_OK) {
		print_message("%s\n%s\n", source, message);
		fail();
	}
	return p;
}

static void a_policy_has_a_name_and_a_version(void **state)
{
	struct policy *p = load("return { name = 'north', version = 7 }");
	struct policy *q = load("return {}");

	(void)state;
	assert_string_equal(policy_name(p), "north");
	assert_int_equal(policy_version(p), 7);
	assert_string_equal(policy_name(q), "unnamed");
	assert_int_equal(policy_version(q), 0);
	policy_free(p);
	policy_free(q);
	policy_free(NULL);
}

/* Every field of every struct, as the policy sees it, told back in the reason. */
static void a_policy_sees_plain_words(void **state)
{
	struct policy *p = load(
	    "local function list(t) return table.concat(t, '+') end "
	    "local function flag(b) return b and 'yes' or 'no' end "
	    "local function peer(p) "
	    "return list { p.node, p.role, p.region, p.country, p.owner } end "
	    "local function enc(e) return list { e.purpose, e.operation, e.nationality, "
	    "flag(e.minor), flag(e.protection), flag(e.fingers) } end "
	    "local function notice(n) return list { n.owner, n.type, n.status, list(n.purposes), "
	    "flag(n.minor), list(n.exclude), flag(n.match_only), flag(n.relay_only), n.reviewers } "
	    "end return { "
	    "entitle = function(c, p, s) return 'hold', list { c.group, c.owner, c.region, "
	    "list(c.purposes), c.sensitivity, list(c.exclude), c.closed } .. ' ' .. peer(p) .. ' ' "
	    ".. s.node end, "
	    "match = function(e, s) return { reason = enc(e) .. ' ' .. peer(s) } end, "
	    "disclose = function(n, e, s) return 'full', notice(n) .. ' ' .. enc(e) .. ' ' .. "
	    "s.node end, "
	    "classify = function(r) return { reason = notice(r) .. ' ' .. r.group .. ' ' .. "
	    "r.region } end }");
	struct policy_peer peer = post();
	struct labels class = alerts();
	struct notice notice = red();
	struct policy_encounter e = border();
	struct policy_record record = { &notice, GROUP_IDENTITY, bytes_of("UTO-SOUTH") };
	struct policy_match match;
	struct labels labels;
	struct policy_reason why;
	char region[33];

	(void)state;
	assert_int_equal(policy_entitle(p, &class, &peer, &peer, &why), RIGHT_HOLD);
	assert_string_equal(why.text,
			    "match+UTO-NCB+UTO-NORTH+locate+asylum+restricted+AAA+BBB+identity "
			    "11111111+post+UTO-NORTH+UTO+UTO-POLICE 11111111");
	policy_match(p, &e, &peer, &match, &why);
	assert_string_equal(why.text, "border+WB26+XKX+no+no+yes 11111111+post+UTO-NORTH+UTO+"
				      "UTO-POLICE");
	assert_int_equal(policy_disclose(p, &notice, &e, &peer, &why), DISCLOSE_FULL);
	assert_string_equal(why.text, "UTO-NCB+red+active+locate+border+no+AAA+no+no+2 "
				      "border+WB26+XKX+no+no+yes 11111111");
	policy_classify(p, &record, &labels, region, &why);
	assert_string_equal(why.text, "UTO-NCB+red+active+locate+border+no+AAA+no+no+2 identity "
				      "UTO-SOUTH");
	policy_free(p);
}

/* Neither the owner's reference nor its free text: a policy decides by what a record is. */
static void a_policy_does_not_see_which_record_it_is(void **state)
{
	struct policy *p = load("return { disclose = function(n) "
				"return 'full', tostring(n.reference) .. tostring(n.caveats) .. "
				"tostring(n.record) end }");
	struct policy_peer peer = post();
	struct notice notice = red();
	struct policy_encounter e = border();
	struct policy_reason why;

	(void)state;
	assert_int_equal(policy_disclose(p, &notice, &e, &peer, &why), DISCLOSE_FULL);
	assert_string_equal(why.text, "nilnilnil");
	policy_free(p);
}

static void the_words_are_the_answers(void **state)
{
	static const char *const words[] = { "none", "relay", "hold", "read" };
	struct policy_peer peer = post();
	struct labels class = alerts();

	(void)state;
	for (int right = RIGHT_NONE; right <= RIGHT_READ; right++) {
		char source[128];
		struct policy_reason why;
		struct policy *p;

		(void)snprintf(source, sizeof source,
			       "return { entitle = function() return '%s', 'as said' end }",
			       words[right]);
		p = load(source);
		assert_int_equal(policy_entitle(p, &class, &peer, &peer, &why), right);
		assert_false(why.by_floor || why.by_default);
		assert_string_equal(why.text, "as said");
		policy_free(p);
	}
}

static void match_answers_are_fields(void **state)
{
	struct policy *p =
	    load("return { match = function(e) return { search = false, fpir = 0.0123, "
		 "reviewers = 3, headquarters = false, reason = 'r' } end }");
	struct policy *q = load("return { match = function(e) return { fpir = 0.25 } end }");
	struct policy_encounter e = border();
	struct policy_peer self = post();
	struct policy_match m;
	struct policy_reason why;

	(void)state;
	policy_match(p, &e, &self, &m, &why);
	assert_true(!m.search && !m.headquarters);
	assert_int_equal(m.fpir_ppm, 12300);
	assert_int_equal(m.reviewers, 3);
	assert_string_equal(why.text, "r");
	policy_match(q, &e, &self, &m, &why);
	assert_true(m.search && m.headquarters && why.by_floor && !why.by_default);
	assert_int_equal(m.fpir_ppm, 100000);
	assert_int_equal(m.reviewers, 2);
	assert_string_equal(why.text, "at most one false candidate in ten searches (policy: no "
				      "reason given)");
	policy_free(p);
	policy_free(q);
}

/* Each of these is no answer: everything is the default, not half of it. */
static void a_wrong_match_answer_is_the_default(void **state)
{
	static const char *const answers[] = {
		"'yes'",
		"nil",
		"{ serch = false }",
		"{ search = 'no' }",
		"{ search = false, fpir = 0 }",
		"{ search = false, fpir = -1 }",
		"{ search = false, fpir = 1e-9 }",
		"{ search = false, fpir = 2 }",
		"{ search = false, fpir = 0/0 }",
		"{ search = false, fpir = '0.1' }",
		"{ search = false, reviewers = 4 }",
		"{ search = false, reviewers = -1 }",
		"{ search = false, reviewers = 1.5 }",
		"{ search = false, reviewers = '2' }",
		"{ search = false, headquarters = 0 }",
		"{ search = false, reason = 1 }",
		"{ search = false, [1] = true }",
		"string",
	};
	struct policy_encounter e = border();
	struct policy_peer self = post();

	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		char source[128];
		struct policy_match m;
		struct policy_reason why;
		struct policy *p;

		(void)snprintf(source, sizeof source, "return { match = function() return %s end }",
			       answers[i]);
		p = load(source);
		policy_match(p, &e, &self, &m, &why);
		if (!why.by_default || !m.search || !m.headquarters || m.fpir_ppm != 1000 ||
		    m.reviewers != 2 || strncmp(why.text, "match failed: ", 14) != 0) {
			print_message("%s: %s\n", answers[i], why.text);
			fail();
		}
		policy_free(p);
	}
}

static void classify_gives_region_and_sensitivity_only(void **state)
{
	struct policy *p =
	    load("return { classify = function(r) r.owner = 'XXX' "
		 "return { region = 'UTO-EAST-2', sensitivity = 'restricted' } end }");
	struct notice n = red();
	struct policy_record record = { &n, GROUP_MATCH, bytes_of("UTO-NORTH") };
	struct labels l;
	struct policy_reason why;
	char region[33];

	(void)state;
	n.restrictions.match_only = 1;
	policy_classify(p, &record, &l, region, &why);
	assert_false(why.by_default || why.by_floor);
	assert_string_equal(region, "UTO-EAST-2");
	assert_true(bytes_is(l.region, "UTO-EAST-2"));
	assert_true(bytes_is(l.owner, "UTO-NCB"));
	assert_true(bytes_is(l.exclude, "AAA"));
	assert_int_equal(l.sensitivity, SENSITIVITY_RESTRICTED);
	assert_int_equal(l.group, GROUP_MATCH);
	assert_int_equal(l.purposes, n.purposes);
	assert_int_equal(l.closed, CLOSED_IDENTITY);
	policy_free(p);
}

static void a_wrong_region_or_sensitivity_is_the_default(void **state)
{
	static const char *const answers[] = {
		"{ region = '' }",
		"{ region = 'uto' }",
		"{ region = 'A B' }",
		"{ region = 5 }",
		"{ region = 'A\\0B' }",
		"{ sensitivity = 'secret' }",
		"{ sensitivity = 1 }",
		"{ group = 'control' }",
		"{ owner = 'XXX' }",
		"{ region = 'A23456789012345678901234567890123' }",
		"{ region = 'UTO-EAST', sensitivity = 'public' }",
	};
	struct notice n = red();
	struct policy_record record = { &n, GROUP_MATCH, bytes_of("UTO-NORTH") };

	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		char source[128];
		char region[33];
		struct labels l;
		struct policy_reason why;
		struct policy *p;

		(void)snprintf(source, sizeof source,
			       "return { classify = function() return %s end }", answers[i]);
		p = load(source);
		policy_classify(p, &record, &l, region, &why);
		assert_true(why.by_default);
		assert_string_equal(region, "UTO-NORTH");
		assert_int_equal(l.sensitivity, SENSITIVITY_CONFIDENTIAL);
		policy_free(p);
	}
}

static void without_a_policy_or_a_function_all_is_the_default(void **state)
{
	struct policy *silent = load("return {}");
	struct policy *each[] = { NULL, silent };
	struct policy_peer peer = post();
	struct labels class = alerts();
	struct notice n = red();
	struct policy_encounter e = border();
	struct policy_record record = { &n, GROUP_MATCH, bytes_of("UTO-NORTH") };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct policy_reason why;
		struct policy_match m;
		struct labels l;
		char region[33];

		assert_int_equal(policy_entitle(each[i], &class, &peer, &peer, &why), RIGHT_NONE);
		assert_true(why.by_default && strlen(why.text) > 0);
		assert_int_equal(policy_disclose(each[i], &n, &e, &peer, &why), DISCLOSE_REFERENCE);
		assert_true(why.by_default && strlen(why.text) > 0);
		policy_match(each[i], &e, &peer, &m, &why);
		assert_true(why.by_default && m.search && m.headquarters);
		assert_int_equal(m.fpir_ppm, 1000);
		policy_classify(each[i], &record, &l, region, &why);
		assert_true(why.by_default);
		assert_string_equal(region, "UTO-NORTH");
		assert_int_equal(l.sensitivity, SENSITIVITY_CONFIDENTIAL);
	}
	policy_free(silent);
}

static void silence_does_not_search_for_children_or_for_who_claims_protection(void **state)
{
	struct policy *p = load("return { match = function() return {} end }");
	struct policy_peer self = post();

	(void)state;
	for (int who = 1; who <= 3; who++) {
		struct policy_encounter e = { .purpose = PURPOSE_CHILD,
					      .minor = (who & 1) != 0,
					      .protection = (who & 2) != 0 };
		struct policy_match m;
		struct policy_reason why;

		policy_match(p, &e, &self, &m, &why);
		assert_false(m.search || m.headquarters);
		policy_match(NULL, &e, &self, &m, &why);
		assert_false(m.search || m.headquarters);
	}
	policy_free(p);
}

/* Whatever a question changes, the next one finds nothing of it. */
static void no_question_affects_the_next(void **state)
{
	static const char *const texts[] = {
		"local n = 0 return { entitle = function() n = n + 1 "
		"return n == 1 and 'read' or 'none', 'call ' .. n end }",
		"local seen = {} return { entitle = function(c) table.insert(seen, c.owner) "
		"return #seen == 1 and 'read' or 'none', table.concat(seen) end }",
		"local m = {} m.entitle = function() m.entitle = function() return 'none' end "
		"return 'read', 'first' end return m",
		"return { entitle = function(c, p) local r = p.region p.region = 'X' "
		"c.owner = 'Y' return r == 'UTO-NORTH' and 'read' or 'none', c.owner end }",
		"local t = { 3, 1, 2 } return { entitle = function() local f = t[1] table.sort(t) "
		"table.remove(t) return f == 3 and #t == 2 and 'read' or 'none', 'n' .. #t end }",
	};
	struct policy_peer peer = post();
	struct labels class = alerts();

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct policy *p = load(texts[i]);
		struct policy_reason first;

		assert_int_equal(policy_entitle(p, &class, &peer, &peer, &first), RIGHT_READ);
		for (int again = 0; again < 5; again++) {
			struct policy_reason why;

			assert_int_equal(policy_entitle(p, &class, &peer, &peer, &why), RIGHT_READ);
			assert_string_equal(why.text, first.text);
		}
		policy_free(p);
	}
}

/* Each state hashes texts with another seed; answers, reasons and steps stay the same. */
static void answers_do_not_depend_on_the_state(void **state)
{
	static const char source[] =
	    "local t = {} for i = 1, 300 do t['k' .. i % 97] = i end "
	    "local list = {} for i = 1, 300 do list[i] = { key = i % 7, at = i } end "
	    "return { entitle = function(c, p) "
	    "table.sort(list, function(a, b) return a.key < b.key end) local s = {} "
	    "for i, v in ipairs(list) do s[i % 40 + 1] = v.at + t['k' .. v.key] end "
	    "return 'read', table.concat(s, ',') end }";
	struct policy_peer peer = post();
	struct labels class = alerts();
	struct policy_reason first = { .text = "" };
	uint64_t steps = 0;

	(void)state;
	for (int i = 0; i < 40; i++) {
		struct policy *p = load(source);
		struct policy_reason why;

		assert_int_equal(policy_entitle(p, &class, &peer, &peer, &why), RIGHT_READ);
		if (i == 0) {
			first = why;
			steps = policy_last_cost(p).steps;
		}
		assert_string_equal(why.text, first.text);
		assert_int_equal(policy_last_cost(p).steps, steps);
		policy_free(p);
	}
	assert_true(steps > 0);
}

static void a_long_reason_ends_with_a_whole_character(void **state)
{
	struct policy *p = load("return { entitle = function(c, p) local s = '' "
				"for i = 1, 100 do s = s .. '\xc3\xa9' end "
				"return 'hold', p.region .. s end }");
	struct policy_peer peer = post();
	struct labels class = alerts();
	struct policy_reason why;

	(void)state;
	assert_int_equal(policy_entitle(p, &class, &peer, &peer, &why), RIGHT_HOLD);
	assert_true(strlen(why.text) > 150 && bytes_utf8(bytes_of(why.text)));
	peer.region = bytes_of("UTO-EAST2");
	assert_int_equal(policy_entitle(p, &class, &peer, &peer, &why), RIGHT_HOLD);
	assert_true(strlen(why.text) > 150 && bytes_utf8(bytes_of(why.text)));
	policy_free(p);
}

/* Small programs whose answer is known, one for each offered function. */
static void offered_functions_do_what_the_manual_says(void **state)
{
	static const char *const truths[] = {
		"tostring(12) == '12' and tostring(nil) == 'nil' and tostring(true) == 'true'",
		"tostring('x') == 'x' and tostring(1.5) == '1.5'",
		"tonumber('0x10') == 16 and tonumber('x') == nil and tonumber('7', 8) == 7",
		"type(nil) == 'nil' and type({}) == 'table' and type(1) == 'number'",
		"select('#', 1, nil, 3) == 3 and select(2, 'a', 'b') == 'b'",
		"select(-1, 'a', 'b') == 'b' and select('#') == 0",
		"assert(1 == 1, 'no') == true",
		"math.abs(-3) == 3 and math.ceil(1.2) == 2 and math.floor(-1.2) == -2",
		"math.max(1, 3, 2) == 3 and math.min(1, 3, 2) == 1",
		"math.maxinteger + 1 == math.mininteger",
		"math.tointeger(3.0) == 3 and math.type(1) == 'integer' and math.type(1.0) == "
		"'float'",
		"('abc'):byte(2) == 98 and select('#', ('abc'):byte(1, -1)) == 3",
		"select('#', ('abc'):byte(9)) == 0 and ('abc'):byte(-1) == 99",
		"('abc'):len() == 3 and #'' == 0 and string.len('\\0') == 1",
		"('AbZ-1'):lower() == 'abz-1' and ('aBz-1'):upper() == 'ABZ-1'",
		"('abc'):sub(2) == 'bc' and ('abc'):sub(-2, -2) == 'b' and ('abc'):sub(0) == 'abc'",
		"('abc'):sub(3, 2) == '' and ('abc'):sub(-9, 9) == 'abc' and ('abc'):sub(4) == ''",
		"('abc'):sub(math.mininteger, math.maxinteger) == 'abc'",
		"('abc'):sub(math.maxinteger, math.mininteger) == ''",
		"table.concat({ 1, 'b', 2.5 }, '-') == '1-b-2.5' and table.concat({}) == ''",
		"table.concat({ 'a', 'b', 'c' }, ',', 2, 3) == 'b,c'",
		"(function() local t = { 1, 3 } table.insert(t, 2, 2) table.insert(t, 4) "
		"return table.concat(t) end)() == '1234'",
		"(function() local t = { 1, 2, 3 } local a, b = table.remove(t, 1), "
		"table.remove(t) "
		"return a == 1 and b == 3 and #t == 1 and table.remove({}) == nil end)()",
		"(function() local t = { 5, 3, 9, 1, 7 } table.sort(t) return table.concat(t) "
		"end)() "
		"== '13579'",
		"(function() local t = { 1, 1.0, 2, 0 } table.sort(t) "
		"return table.concat(t, ' ') end)() == '0 1 1.0 2'",
		"(function() local t = { 'b', 'a' } table.sort(t, function(x, y) return x > y end) "
		"return table.concat(t) end)() == 'ba'",
		"(function() local t = {} for i = 1, 99 do t[i] = { i % 3, i } end "
		"table.sort(t, function(x, y) return x[1] < y[1] end) "
		"for i = 2, 99 do if t[i - 1][1] == t[i][1] and t[i - 1][2] > t[i][2] then "
		"return false end end return t[1][1] == 0 and t[99][1] == 2 end)()",
		"select('#', table.unpack({ 1, 2, 3 })) == 3 and table.unpack({ 1, 2 }, 2) == 2",
		"(function() local n = 0 for i, v in ipairs { 4, 5, nil, 6 } do n = n + i * v end "
		"return n end)() == 14",
		"not ({ pcall = 1 }).x and #'abc' == 3 and 7 // 2 == 3 and 2 ^ 3 == 8.0",
	};
	struct policy_peer peer = post();
	struct labels class = alerts();

	(void)state;
	for (size_t i = 0; i < sizeof truths / sizeof truths[0]; i++) {
		char source[600];
		struct policy_reason why;
		struct policy *p;

		(void)snprintf(
		    source, sizeof source,
		    "return { entitle = function() return (%s) and 'read' or 'relay' end }",
		    truths[i]);
		p = load(source);
		if (policy_entitle(p, &class, &peer, &peer, &why) != RIGHT_READ) {
			print_message("%s: %s\n", truths[i], why.text);
			fail();
		}
		policy_free(p);
	}
}

/* ---- docs/POLICY.md ---- */

static char *manual(void)
{
	const char *srcdir = getenv("srcdir");
	char path[512];
	char *text = (char *)test_calloc(1, 1 << 16);
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/docs/POLICY.md", srcdir != NULL ? srcdir : ".");
	f = fopen(path, "rb");
	assert_non_null(f);
	assert_true(fread(text, 1, (1 << 16) - 1, f) > 0);
	(void)fclose(f);
	return text;
}

/* Compare a list with the names that stand first in lines that begin with `lead`, within the
 * section: "| `table.sort(t)` | ..." names table.sort. */
static void compare_list(const char *text, const char *section, const char *lead,
			 const char *const *names)
{
	const char *at = strstr(text, section);
	size_t found = 0;
	size_t count = 0;

	assert_non_null(at);
	at++;
	while ((at = strchr(at, '\n')) != NULL && strncmp(++at, "## ", 3) != 0) {
		char name[64] = "";

		if (strncmp(at, lead, strlen(lead)) != 0 ||
		    sscanf(at + strlen(lead), "%63[a-z.]", name) != 1) {
			continue;
		}
		found++;
		for (count = 0; names[count] != NULL && strcmp(names[count], name) != 0;) {
			count++;
		}
		if (names[count] == NULL) {
			print_message("%s is in the manual and not offered\n", name);
			fail();
		}
	}
	for (count = 0; names[count] != NULL;) {
		count++;
	}
	assert_int_equal(found, count);
}

static void the_manual_lists_every_question_and_every_offered_function(void **state)
{
	char *text = manual();

	(void)state;
	compare_list(text, "\n## The questions", "### `", policy_questions());
	compare_list(text, "\n## What may be called", "| `", policy_offers());
	test_free(text);
}

static void the_manual_names_every_field_and_word(void **state)
{
	const struct shape_field *const shapes[] = { shape_class, shape_peer, shape_encounter,
						     shape_notice, shape_written };
	char *text = manual();

	(void)state;
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		for (const struct shape_field *f = shapes[i]; f->name != NULL; f++) {
			char quoted[64];

			(void)snprintf(quoted, sizeof quoted, "`%s`", f->name);
			assert_non_null(strstr(text, quoted));
			for (const struct shape_word *w = f->words; w && w->word != NULL; w++) {
				(void)snprintf(quoted, sizeof quoted, "`%s`", w->word);
				assert_non_null(strstr(text, quoted));
			}
		}
	}
	test_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_has_a_name_and_a_version),
		cmocka_unit_test(a_policy_sees_plain_words),
		cmocka_unit_test(a_policy_does_not_see_which_record_it_is),
		cmocka_unit_test(the_words_are_the_answers),
		cmocka_unit_test(match_answers_are_fields),
		cmocka_unit_test(a_wrong_match_answer_is_the_default),
		cmocka_unit_test(classify_gives_region_and_sensitivity_only),
		cmocka_unit_test(a_wrong_region_or_sensitivity_is_the_default),
		cmocka_unit_test(without_a_policy_or_a_function_all_is_the_default),
		cmocka_unit_test(silence_does_not_search_for_children_or_for_who_claims_protection),
		cmocka_unit_test(no_question_affects_the_next),
		cmocka_unit_test(answers_do_not_depend_on_the_state),
		cmocka_unit_test(a_long_reason_ends_with_a_whole_character),
		cmocka_unit_test(offered_functions_do_what_the_manual_says),
		cmocka_unit_test(the_manual_lists_every_question_and_every_offered_function),
		cmocka_unit_test(the_manual_names_every_field_and_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
