/* A notice that changes: who carries it, and who searches by it, meanwhile and afterwards. */
#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/world.h"

#define CHANGES 5U

static char policy[65536];

static int read_policy(void **state)
{
	const char *srcdir = getenv("srcdir");
	char path[512];
	FILE *f;
	size_t n;

	(void)state;
	(void)snprintf(path, sizeof path, "%s/policies/open-region/policy.lua",
		       srcdir != NULL ? srcdir : ".");
	f = fopen(path, "r");
	if (f == NULL) {
		return -1;
	}
	n = fread(policy, 1, sizeof policy - 1, f);
	policy[n] = '\0';
	(void)fclose(f);
	return 0;
}

static void status(struct world *w, const char *node, struct answer_status *out)
{
	struct arena arena;

	arena_init(&arena, 0);
	assert_int_equal(world_ask(w, node, "status", "test", NULL, &arena, out), ERR_OK);
	arena_done(&arena);
}

static void say(struct world *w, const char *verb, const char *caveats)
{
	struct ask_notice a = { .reference = bytes_of("N-1"),
				.type = NOTICE_RED,
				.caveats = bytes_of(caveats) };
	struct ask_file file;
	struct answer_notice out;
	struct arena arena;

	arena_init(&arena, 0);
	if (strcmp(verb, "notice.add") == 0) {
		file = (struct ask_file){ .content = world_print(w, &arena, 7, 1) };
		a.files = (struct list){ .items = &file, .count = 1 };
	}
	assert_int_equal(world_ask(w, "HQ", verb, "issuer", &a, &arena, &out), ERR_OK);
	arena_done(&arena);
}

/* Headquarters, and one other node that hears of a notice. */
static struct world *begin(const char *role)
{
	struct world *w;

	assert_int_equal(world_new(1, NULL, NULL, &w), ERR_OK);
	assert_int_equal(world_add(w, "HQ", "hq", policy), ERR_OK);
	assert_int_equal(world_add(w, "A", role, policy), ERR_OK);
	assert_int_equal(world_enrol(w, "A", role, "HQ", NULL), ERR_OK);
	say(w, "notice.add", "none");
	assert_int_equal(world_join(w, "A", "HQ"), ERR_OK);
	assert_int_equal(world_run(w, 20000), ERR_OK);
	return w;
}

static void who_carries_it_sealed_keeps_one(void **state)
{
	struct world *w = begin("relay");
	struct answer_status before, after;

	(void)state;
	status(w, "A", &before);
	assert_int_equal(before.people, 0); /* it cannot read whom it carries */
	assert_true(before.entries > 2);
	for (unsigned i = 0; i < CHANGES; i++) {
		char caveats[16];

		(void)snprintf(caveats, sizeof caveats, "change %u", i);
		say(w, "notice.amend", caveats);
	}
	assert_int_equal(world_run(w, 20000), ERR_OK);
	status(w, "A", &after);
	assert_int_equal(after.entries, before.entries);
	world_free(w);
}

/* It was away when the notice changed, calls after a second, and hears of it on a line that is cut:
 * headquarters' word on members and erasures comes first, notices after it. */
static void who_searches_by_it_is_never_without(void **state)
{
	(void)state;
	for (unsigned ms = 0; ms < 1300; ms += ms < 1000 ? 500 : 5) {
		struct world *w = begin("post");
		struct answer_status s;

		assert_int_equal(world_cut(w, "A", "HQ"), ERR_OK);
		say(w, "notice.amend", "armed");
		assert_int_equal(world_join(w, "A", "HQ"), ERR_OK);
		assert_int_equal(world_run(w, ms), ERR_OK);
		assert_int_equal(world_cut(w, "A", "HQ"), ERR_OK);
		status(w, "A", &s);
		assert_int_equal(s.people, 1);
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_carries_it_sealed_keeps_one),
		cmocka_unit_test(who_searches_by_it_is_never_without),
	};

	return cmocka_run_group_tests(tests, read_policy, NULL);
}
