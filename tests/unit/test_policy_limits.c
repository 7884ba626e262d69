/* Hostile and odd policies: each ends within its steps and bytes, as the default with a
 * reason.  No clock here: steps and bytes are counted, not seconds. */
#include "tests/lib/unit.h"

#include <stdio.h>
#include <string.h>

#include "policy/policy.h"

#define MEMORY (8U * 1024 * 1024)
#define STEPS  1000000U
/* What the last hundred instructions before the hook may add: a long text each. */
#define OVERSHOOT 30000U

/* The body of entitle(), and what must stand in the reason. */
struct script {
	const char *name;
	const char *body;
	const char *reason;
};

#define TOO_LONG  "more than 1000000 steps"
#define TOO_BIG   "bytes of memory"
#define TOO_WIDE  "a table or the depth of calls"
#define LONG_TEXT "longer than 4096 bytes"
#define NOTHING   "attempt to call a nil value"

static const struct script scripts[] = {
	{ "an endless loop", "while true do end", TOO_LONG },
	{ "an endless goto", "::again:: goto again", TOO_LONG },
	{ "an endless repeat", "repeat until false", TOO_LONG },
	{ "a loop of 10^18 turns", "for i = 1, 1000000000000000000 do end", TOO_LONG },
	{ "a table of 10^9 integers", "local t = {} for i = 1, 1e9 do t[i] = i end", TOO_WIDE },
	{ "a table of 10^9 fields", "local t = {} for i = 1, 1e9 do t['k' .. i] = i end",
	  TOO_WIDE },
	{ "a million tables", "local t = {} while true do t = { t, t } end", TOO_BIG },
	{ "a text doubled for ever", "local s = 'x' while true do s = s .. s end", LONG_TEXT },
	{ "a text doubled 30 times", "local s = 'x' for i = 1, 30 do s = s .. s end", LONG_TEXT },
	{ "many long texts kept",
	  "local t, s = {}, 'x' for i = 1, 11 do s = s .. s end "
	  "for i = 1, 8000 do t[i] = s .. i end",
	  TOO_BIG },
	{ "50,000 long texts, one after the other",
	  "local s = 'x' for i = 1, 11 do s = s .. s end "
	  "for i = 1, 50000 do local _ = s .. 'y' end",
	  TOO_LONG },
	{ "an endless tail call", "local function f() return f() end return f()", TOO_LONG },
	{ "endless recursion", "local function f() return 1 + f() end return f()", TOO_WIDE },
	{ "ever more arguments", "local function f(...) return f(1, ...) end return f()",
	  TOO_WIDE },
	{ "string.rep", "return string.rep('x', 1e9)", NOTHING },
	{ "('a'):rep", "return ('a'):rep(1e9)", NOTHING },
	{ "string.format", "return string.format('%99999d', 1)", NOTHING },
	{ "string.gsub", "return (('a'):gsub('.', 'b'))", NOTHING },
	{ "string.find with a slow pattern", "return ('a'):find(('.-'):rep(99) .. 'b')", NOTHING },
	{ "string.dump", "return string.dump(function() end)", NOTHING },
	{ "load", "return load('return 1')()", NOTHING },
	{ "require", "return require('os')", NOTHING },
	{ "pcall around an endless loop", "pcall(function() while true do end end)", NOTHING },
	{ "xpcall with a handler that loops", "xpcall(error, function() while true do end end)",
	  NOTHING },
	{ "setmetatable", "return setmetatable({}, { __index = peer })", NOTHING },
	{ "getmetatable of texts", "return getmetatable('').__index", NOTHING },
	{ "rawset into the library", "rawset(string, 'rep', 1)", NOTHING },
	{ "collectgarbage", "collectgarbage('stop')", NOTHING },
	{ "pairs", "for k in pairs(peer) do return k end", NOTHING },
	{ "next", "return next(peer)", NOTHING },
	{ "print", "print('x')", NOTHING },
	{ "os.time", "return os.time()", "attempt to index a nil value (global 'os')" },
	{ "io.open", "return io.open('/etc/passwd')",
	  "attempt to index a nil value (global 'io')" },
	{ "debug.sethook", "debug.sethook()", "attempt to index a nil value (global 'debug')" },
	{ "coroutine.wrap", "return coroutine.wrap(error)()",
	  "attempt to index a nil value (global 'coroutine')" },
	{ "math.random", "return math.random(4)", NOTHING },
	{ "table.move over 10^18", "table.move({}, 1, 1e18, 2)", NOTHING },
	{ "a new global", "counter = 1", "'counter' cannot be set here: use local" },
	{ "an offered function replaced", "type = error", "'type' cannot be set here" },
	{ "a library changed", "string.len = error", "'len' cannot be set here" },
	{ "a library filled through table.insert", "table.insert(math, 1)", "table expected" },
	{ "a library sorted", "table.sort(table)", "table expected" },
	{ "concat of a table in itself", "local t = {} t[1] = t return table.concat(t)",
	  "no text or number" },
	{ "concat of 2^40 places", "return table.concat({}, 'x', 1, 1 << 40)",
	  "too many elements" },
	{ "concat of a long result",
	  "local t = {} for i = 1, 4000 do t[i] = 'ab' end return table.concat(t)",
	  "the result is too long" },
	{ "sort with a comparison that never returns",
	  "table.sort({ 2, 1 }, function() while true do end end)", TOO_LONG },
	{ "sort of more than fits", "local t = {} for i = 1, 5000 do t[i] = -i end table.sort(t)",
	  "too many elements" },
	{ "sort for ever",
	  "local t = {} for i = 1, 4000 do t[i] = i end "
	  "while true do table.sort(t, function(a, b) return a > b end) end",
	  TOO_LONG },
	{ "sort without a comparison for ever",
	  "local t = {} for i = 1, 4000 do t[i] = -i end while true do table.sort(t) end",
	  TOO_LONG },
	{ "sort with a contradiction",
	  "local t = {} for i = 1, 4000 do t[i] = i end "
	  "while true do table.sort(t, function() return true end) end",
	  TOO_LONG },
	{ "unpack of 10^7", "return table.unpack({}, 1, 1e7)", "too many elements" },
	{ "unpack from the least to the greatest integer",
	  "return table.unpack({}, math.mininteger, math.maxinteger)", "too many elements" },
	{ "insert at the front for ever",
	  "local t = {} for i = 1, 8000 do t[i] = i end while true do table.insert(t, 1, 0) end",
	  TOO_LONG },
	{ "insert at the front of a table grown to its limit",
	  "local t = {} while true do table.insert(t, 1, 0) end", TOO_LONG },
	{ "remove at the front for ever",
	  "local t = {} while true do for i = 1, 8000 do t[i] = i end "
	  "while #t > 0 do table.remove(t, 1) end end",
	  TOO_LONG },
	{ "upper() for ever",
	  "local s = 'x' for i = 1, 11 do s = s .. s end while true do s:upper() end", TOO_LONG },
	{ "comparing long texts for ever",
	  "local a = 'x' for i = 1, 11 do a = a .. a end local b, c = a .. 'y', a .. 'z' "
	  "while true do c = c == b and c or c end",
	  TOO_LONG },
	{ "20,000 times select among 200",
	  "local function f(...) for i = 1, 20000 do select(-1, ...) end end "
	  "local t = {} for i = 1, 200 do t[i] = i end f(table.unpack(t))",
	  TOO_LONG },
	{ "tostring for ever", "while true do local _ = tostring(1.5) end", TOO_LONG },
	{ "an address", "return tostring({})", "no text for this type" },
	{ "byte of everything",
	  "local s = 'x' for i = 1, 11 do s = s .. s end return s:byte(1, -1)",
	  "too many results" },
	{ "an error that is a table", "error({})", "the error is not a text" },
	{ "an error without a text", "error()", "the error is not a text" },
	{ "a long error", "local s = 'x' for i = 1, 11 do s = s .. s end error(s)", "xxxx" },
	{ "an error that is not UTF-8", "error('\\255\\27x')", "? x" },
	{ "a wrong word", "return 'everything'", "none of the fixed words" },
	{ "a word with more behind it", "return 'read\\0'", "none of the fixed words" },
	{ "a number", "return 3", "none of the fixed words" },
	{ "true", "return true", "none of the fixed words" },
	{ "no answer", "return", "none of the fixed words" },
	{ "a reason that is a table", "return 'read', {}", "the reason is not a text" },
	{ "a reason with control characters", "return 'read', '\\27[31m'",
	  "the reason is not plain text" },
	{ "a reason that is not UTF-8", "return 'read', '\\255'", "the reason is not plain text" },
};

static const struct policy_limits limits = { .memory_bytes = MEMORY, .steps = STEPS };

static const struct labels labels = { .sensitivity = SENSITIVITY_OPEN, .group = GROUP_MATCH };

static struct policy_peer post(void)
{
	return (struct policy_peer){ .node = bytes_of("11111111"),
				     .role = bytes_of("post"),
				     .region = bytes_of("UTO-NORTH"),
				     .country = bytes_of("UTO"),
				     .owner = bytes_of("UTO-POLICE") };
}

static struct policy *load(const char *source, const struct policy_limits *l)
{
	struct policy *p = NULL;
	char message[200] = "";

	if (policy_new(bytes_of(source), l, &p, message, sizeof message) != ERR_OK) {
		print_message("%s\n%s\n", source, message);
		fail();
	}
	return p;
}

static void every_hostile_policy_ends_with_its_reason(void **state)
{
	struct policy_peer peer = post();

	(void)state;
	for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
		char source[1024];
		struct policy_reason why;
		struct policy_cost cost;
		struct policy *p;
		enum right right;

		(void)snprintf(source, sizeof source,
			       "return { entitle = function(class, peer, self) %s end }",
			       scripts[i].body);
		p = load(source, &limits);
		right = policy_entitle(p, &labels, &peer, &peer, &why);
		cost = policy_last_cost(p);
		assert_true(bytes_utf8(bytes_of(why.text)));
		if (right != RIGHT_NONE || !why.by_default ||
		    strstr(why.text, scripts[i].reason) == NULL || cost.peak_bytes > MEMORY ||
		    cost.steps > STEPS + OVERSHOOT) {
			print_message("%s: %d, %s, %llu steps, %zu bytes\n", scripts[i].name,
				      (int)right, why.text, (unsigned long long)cost.steps,
				      cost.peak_bytes);
			fail();
		}
		policy_free(p);
	}
	assert_true(sizeof scripts / sizeof scripts[0] >= 30);
}

/* The same endings while the text is loaded, where no question has been asked yet. */
static void a_hostile_text_is_refused_when_loaded(void **state)
{
	static const struct {
		const char *source;
		int code;
		const char *message;
	} texts[] = {
		{ "while true do end", ERR_LIMIT, TOO_LONG },
		{ "local t = {} for i = 1, 1e9 do t[i] = i end", ERR_NOMEM, TOO_WIDE },
		{ "return 1", ERR_POLICY, "does not return a table" },
		{ "return string", ERR_POLICY, "does not return a table" },
		{ "return { entitel = function() end }", ERR_POLICY,
		  "'entitel' that is not known" },
		{ "return { entitle = 'read' }", ERR_POLICY, "'entitle' is not a function" },
		{ "return { name = '' }", ERR_POLICY, "'name' is not a text" },
		{ "return { version = 1.5 }", ERR_POLICY, "'version' is not a whole number" },
		{ "return {", ERR_MALFORMED, "policy:1:" },
		{ "return '\xee\x8b\x8b\\\xee\x8b\x8b'", ERR_MALFORMED, "invalid escape sequence" },
		{ "\x1bLua", ERR_MALFORMED, "UTF-8 without control characters" },
		{ "return {}\r\n", ERR_MALFORMED, "plain line ends" },
		{ "-- \xff", ERR_MALFORMED, "UTF-8" },
		{ "local _ENV <const> = 1 x = 1", ERR_MALFORMED, "_ENV" },
		{ "local function f(_ENV) end", ERR_MALFORMED, "_ENV" },
		{ "local a <close> = nil return {}", ERR_MALFORMED, "<close>" },
		{ "local a < close > = nil return {}", ERR_MALFORMED, "<close>" },
		{ "local a <--[[]]close> = {} return {}", ERR_POLICY, "non-closable" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct policy *p = NULL;
		char message[200] = "";
		int rc =
		    policy_new(bytes_of(texts[i].source), &limits, &p, message, sizeof message);

		assert_true(bytes_utf8(bytes_of(message)));
		if (rc != texts[i].code || strstr(message, texts[i].message) == NULL) {
			print_message("%s: %s, %s\n", texts[i].source, err_name(rc), message);
			fail();
		}
		assert_null(p);
	}
}

/* Texts that make the compiler work: many jumps, labels, names, levels. */
static void a_text_that_is_hard_to_compile_is_refused_or_loaded(void **state)
{
	static const char *const pieces[] = { "(",
					      "{",
					      "x=a or ",
					      "::a1:: ",
					      "goto z ",
					      "if a then elseif ",
					      "local function f() ",
					      "local a=1 ",
					      "do local b,c,d ",
					      "-",
					      "not ",
					      "x=1.5 ",
					      "x=[==[",
					      "a.b.c.d()" };
	static char source[POLICY_SOURCE_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		size_t n = strlen(pieces[i]);
		size_t len = 0;
		struct policy *p = NULL;
		char message[200] = "";
		int rc;

		for (; len + n <= POLICY_SOURCE_MAX; len += n) {
			memcpy(source + len, pieces[i], n);
		}
		rc = policy_new((struct bytes){ (const uint8_t *)source, len }, &limits, &p,
				message, sizeof message);
		assert_int_not_equal(rc, ERR_OK);
		assert_true(strlen(message) > 0);
	}
}

static void a_text_of_one_byte_too_many_is_refused(void **state)
{
	static char source[POLICY_SOURCE_MAX + 2];
	struct policy *p = NULL;
	char message[200] = "";

	(void)state;
	memset(source, ' ', sizeof source);
	memcpy(source, "return {}", 9);
	assert_int_equal(
	    policy_new((struct bytes){ (const uint8_t *)source, POLICY_SOURCE_MAX + 1 }, &limits,
		       &p, message, sizeof message),
	    ERR_LIMIT);
	assert_int_equal(policy_new((struct bytes){ (const uint8_t *)source, POLICY_SOURCE_MAX },
				    &limits, &p, message, sizeof message),
			 ERR_OK);
	policy_free(p);
}

static uint64_t ticking(void *context)
{
	uint64_t *now = (uint64_t *)context;

	return *now += 100;
}

static void the_callers_cpu_clock_ends_a_question(void **state)
{
	uint64_t now = 0;
	struct policy_limits l = {
		.steps = UINT64_MAX / 2, .cpu_us = 5000, .cpu_clock = ticking, .context = &now
	};
	struct policy *p = load("return { entitle = function() while true do end end }", &l);
	struct policy_peer peer = post();
	struct policy_reason why;

	(void)state;
	now = 0;
	assert_int_equal(policy_entitle(p, &labels, &peer, &peer, &why), RIGHT_NONE);
	assert_true(why.by_default);
	assert_non_null(strstr(why.text, "more than 5000 microseconds of CPU time"));
	/* Begin, fifty ticks within the limit, and the one that is beyond it. */
	assert_int_equal(now, 52 * 100);
	policy_free(p);
}

/* At every size of memory loading and asking either work or end cleanly. */
static void memory_may_run_out_at_any_place(void **state)
{
	static const char source[] =
	    "local t = { 'read' } return { name = 'x', entitle = function(c, p) "
	    "local u = {} for i = 1, 200 do u[i] = { i } end "
	    "table.sort(t) return t[1], 'in ' .. p.region .. table.concat(t, '-') end }";
	struct policy_peer peer = post();
	size_t refused = 0;
	size_t failed = 0;
	size_t answered = 0;

	(void)state;
	for (size_t bytes = 64; bytes < 40000; bytes += 40) {
		struct policy_limits l = { .memory_bytes = bytes, .steps = 10000 };
		struct policy *p = NULL;
		struct policy_reason why;
		char message[200] = "";

		if (policy_new(bytes_of(source), &l, &p, message, sizeof message) != ERR_OK) {
			refused++;
			assert_true(strlen(message) > 0);
			continue;
		}
		if (policy_entitle(p, &labels, &peer, &peer, &why) == RIGHT_READ) {
			answered++;
			assert_string_equal(why.text, "in UTO-NORTHread");
		} else {
			failed++;
			assert_true(why.by_default);
			assert_non_null(strstr(why.text, "memory"));
		}
		policy_free(p);
	}
	assert_true(refused > 0 && failed > 0 && answered > 0);
}

static void a_policy_answers_again_after_each_failure(void **state)
{
	static const char source[] =
	    "return { entitle = function(c, p) "
	    "if p.region == 'LOOP' then while true do end end "
	    "if p.region == 'FILL' then local t = {} while true do t = { t } end end "
	    "if p.region == 'DEEP' then local function f() return 1 + f() end f() end "
	    "return 'hold', 'fine' end }";
	static const char *const regions[] = { "LOOP", "FILL", "DEEP" };
	struct policy *p = load(source, &limits);
	struct policy_peer peer = post();
	struct policy_reason why;

	(void)state;
	for (int round = 0; round < 6; round++) {
		struct policy_peer odd = peer;

		odd.region = bytes_of(regions[round % 3]);
		assert_int_equal(policy_entitle(p, &labels, &odd, &peer, &why), RIGHT_NONE);
		assert_true(why.by_default);
		assert_int_equal(policy_entitle(p, &labels, &peer, &peer, &why), RIGHT_HOLD);
		assert_string_equal(why.text, "fine");
		/* What the failed question filled has been given back. */
		assert_true(policy_last_cost(p).peak_bytes < MEMORY / 16);
	}
	policy_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_hostile_policy_ends_with_its_reason),
		cmocka_unit_test(a_hostile_text_is_refused_when_loaded),
		cmocka_unit_test(a_text_that_is_hard_to_compile_is_refused_or_loaded),
		cmocka_unit_test(a_text_of_one_byte_too_many_is_refused),
		cmocka_unit_test(the_callers_cpu_clock_ends_a_question),
		cmocka_unit_test(memory_may_run_out_at_any_place),
		cmocka_unit_test(a_policy_answers_again_after_each_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
