/* node/rules.c: whoever reads the audit log can tell which policy answered when. */
#include "tests/lib/unit.h"

#include <string.h>

#include "tests/lib/world.h"
#include "trust/keys.h"

#define FIRST  "return { name = 'first', version = 1 }"
#define SECOND "return { name = 'second', version = 2 }"

static struct world *w;

static int start(void **state)
{
	(void)state;
	return world_new(5, NULL, NULL, &w) == ERR_OK && world_add(w, "HQ", "hq", NULL) == ERR_OK
		   ? 0
		   : 1;
}

static int stop(void **state)
{
	(void)state;
	world_free(w);
	return 0;
}

/* Is this text at the place? */
static bool begins(struct bytes all, size_t at, const char *text)
{
	return all.len - at >= strlen(text) && memcmp(all.data + at, text, strlen(text)) == 0;
}

static bool holds(struct bytes all, const char *text)
{
	for (size_t at = 0; at < all.len; at++) {
		if (begins(all, at, text)) {
			return true;
		}
	}
	return false;
}

/* How many lines speak of policies, in a chain that is whole; the last one says so much.  It
 * names the policy's digest, of which eight digits are shown. */
static unsigned lines(const char *words, const char *source)
{
	struct ask_range range = { .from = 1, .max = 100 };
	struct answer_audit out;
	struct arena arena;
	const struct line *line;
	const struct line *last = NULL;
	uint8_t hash[KEYS_HASH_BYTES] = { 0 };
	char object[8 + 8] = "object=";
	unsigned count = 0;

	if (source != NULL) {
		keys_hash(bytes_of(source), hash);
	}
	bytes_hex(hash, 4, object + strlen(object));
	arena_init(&arena, 0);
	assert_int_equal(world_ask(w, "HQ", "audit", "test", &range, &arena, &out), ERR_OK);
	assert_true(begins(out.chain, 0, "whole"));
	line = out.lines.items;
	for (size_t i = 0; i < out.lines.count; i++) {
		if (holds(line[i].text, " verb=policy ")) {
			last = &line[i];
			count++;
		}
	}
	assert_true(last == NULL || (holds(last->text, words) && holds(last->text, object)));
	arena_done(&arena);
	return count;
}

static void each_change_is_one_line_with_old_and_new(void **state)
{
	(void)state;
	assert_int_equal(lines("", NULL), 0); /* there is none, and there never was */
	assert_int_equal(world_policy(w, "HQ", FIRST, false), ERR_OK);
	assert_int_equal(lines("detail=\"first version 1; was none\"", FIRST), 1);
	assert_int_equal(world_policy(w, "HQ", SECOND, false), ERR_OK);
	assert_int_equal(lines("detail=\"second version 2; was first version 1\"", SECOND), 2);
	assert_int_equal(world_policy(w, "HQ", SECOND, false), ERR_OK); /* read, not changed */
	assert_int_equal(lines("second version 2; was first", SECOND), 2);
}

static void a_start_says_what_has_changed_while_it_was_down(void **state)
{
	(void)state;
	assert_int_equal(world_crash(w, "HQ"), ERR_OK);
	assert_int_equal(lines("second version 2; was first", SECOND), 2);
	assert_int_equal(world_policy(w, "HQ", FIRST, true), ERR_OK);
	assert_int_equal(lines("detail=\"first version 1; was second version 2\"", FIRST), 3);
	assert_int_equal(world_policy(w, "HQ", NULL, true), ERR_OK);
	assert_int_equal(lines("detail=\"none; was first version 1\"", NULL), 4);
	assert_int_equal(world_crash(w, "HQ"), ERR_OK);
	assert_int_equal(lines("none; was first", NULL), 4);
}

/* What a policy calls itself is no proof of what it is. */
static void two_of_one_name_are_told_apart(void **state)
{
	(void)state;
	assert_int_equal(world_policy(w, "HQ", FIRST, true), ERR_OK);
	assert_int_equal(world_policy(w, "HQ", FIRST " -- the same?", true), ERR_OK);
	assert_int_equal(
	    lines("detail=\"first version 1; was first version 1\"", FIRST " -- the same?"), 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_change_is_one_line_with_old_and_new),
		cmocka_unit_test(a_start_says_what_has_changed_while_it_was_down),
		cmocka_unit_test(two_of_one_name_are_told_apart),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
