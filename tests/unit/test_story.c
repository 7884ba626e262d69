/* The story with processes that die at any moment: it must end right, and nothing that was
 * acknowledged may be lost. */
#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/seeds.h"
#include "tests/lib/world.h"

#define SEEDS 12U

static const char *const names[] = { "HQ", "A", "B" };

/* Kill one of the nodes, or none, as the dice say. */
static void perhaps_crash(struct world *w, uint64_t *dice)
{
	*dice = *dice * 6364136223846793005ULL + 1442695040888963407ULL;
	if ((*dice >> 33) % 2 == 0) {
		assert_int_equal(world_crash(w, names[(*dice >> 40) % 3]), ERR_OK);
	}
}

/* Some time, with deaths in between. */
static void live(struct world *w, uint64_t *dice, unsigned steps)
{
	for (unsigned i = 0; i < steps; i++) {
		*dice = *dice * 6364136223846793005ULL + 1442695040888963407ULL;
		assert_int_equal(world_run(w, 1 + (*dice >> 33) % 2000), ERR_OK);
		perhaps_crash(w, dice);
	}
	assert_int_equal(world_run(w, 90000), ERR_OK);
}

static void review(struct world *w, const char *node, const uint8_t *encounter, const char *who)
{
	struct ask_review r = { .candidate = 1, .outcome = DECISION_POTENTIAL };
	struct answer_case out;
	struct arena arena;

	arena_init(&arena, 0);
	memcpy(r.encounter, encounter, 16);
	assert_int_equal(world_ask(w, node, "review", who, &r, &arena, &out), ERR_OK);
	arena_done(&arena);
}

static uint64_t people(struct world *w, const char *node)
{
	struct answer_status out;
	struct arena arena;

	arena_init(&arena, 0);
	assert_int_equal(world_ask(w, node, "status", "test", NULL, &arena, &out), ERR_OK);
	arena_done(&arena);
	return out.people;
}

static void assert_case(struct world *w, const char *node, const uint8_t *encounter,
			const char *result)
{
	struct ask_case a;
	struct answer_case out;
	struct arena arena;

	arena_init(&arena, 0);
	memcpy(a.encounter, encounter, 16);
	assert_int_equal(world_ask(w, node, "case", "test", &a, &arena, &out), ERR_OK);
	assert_true(bytes_is(out.result, result));
	arena_done(&arena);
}

static void assert_audit_whole(struct world *w, const char *node)
{
	struct ask_range range = { .max = 1 };
	struct answer_audit out;
	struct arena arena;

	arena_init(&arena, 0);
	assert_int_equal(world_ask(w, node, "audit", "test", &range, &arena, &out), ERR_OK);
	assert_memory_equal(out.chain.data, "whole", 5);
	arena_done(&arena);
}

static void issue(struct world *w, const char *reference, uint64_t finger)
{
	struct ask_notice a = { .reference = bytes_of(reference),
				.type = NOTICE_RED,
				.family = bytes_of("CANARY") };
	struct ask_file files[2];
	struct answer_notice out;
	struct arena arena;

	arena_init(&arena, 0);
	for (uint64_t i = 0; i < 2; i++) {
		files[i] = (struct ask_file){ .content = world_print(w, &arena, finger + i, 1) };
	}
	a.files = (struct list){ .items = files, .count = 2 };
	assert_int_equal(world_ask(w, "HQ", "notice.add", "issuer", &a, &arena, &out), ERR_OK);
	arena_done(&arena);
}

static size_t check(struct world *w, const char *node, uint64_t finger, uint8_t encounter[16])
{
	struct ask_check a = { .purpose = PURPOSE_BORDER, .legal_basis = bytes_of("Act 12") };
	struct ask_file files[2];
	struct answer_case out;
	struct arena arena;

	arena_init(&arena, 0);
	for (uint64_t i = 0; i < 2; i++) {
		files[i] = (struct ask_file){ .content = world_print(w, &arena, finger + i, 2) };
	}
	a.files = (struct list){ .items = files, .count = 2 };
	assert_int_equal(world_ask(w, node, "check", "officer", &a, &arena, &out), ERR_OK);
	memcpy(encounter, out.encounter, 16);
	arena_done(&arena);
	return out.candidates.count;
}

static void withdraw(struct world *w, const char *reference)
{
	struct ask_standing a = { .reference = bytes_of(reference) };
	struct answer_notice out;
	struct arena arena;

	arena_init(&arena, 0);
	assert_int_equal(world_ask(w, "HQ", "notice.withdraw", "issuer", &a, &arena, &out), ERR_OK);
	arena_done(&arena);
}

static char policy[65536];

static int read_policy(void **state)
{
	const char *srcdir = getenv("srcdir");
	char path[512];
	FILE *f;

	(void)state;
	(void)snprintf(path, sizeof path, "%s/policies/open-region/policy.lua",
		       srcdir == NULL ? "." : srcdir);
	f = fopen(path, "rb");
	if (f == NULL) {
		return -1;
	}
	policy[fread(policy, 1, sizeof policy - 1, f)] = '\0';
	return fclose(f);
}

static void play(uint64_t seed)
{
	struct world *w;
	uint64_t dice = seed * 2654435761U;
	uint8_t hit[16];
	uint8_t miss[16];

	assert_int_equal(world_new(seed, NULL, NULL, &w), ERR_OK);
	assert_int_equal(world_add(w, "HQ", "hq", policy), ERR_OK);
	assert_int_equal(world_add(w, "A", "post", policy), ERR_OK);
	assert_int_equal(world_add(w, "B", "post", policy), ERR_OK);
	assert_int_equal(world_enrol(w, "A", "post", "HQ", NULL), ERR_OK);
	perhaps_crash(w, &dice);
	assert_int_equal(world_enrol(w, "B", "post", "HQ", NULL), ERR_OK);
	assert_int_equal(world_join(w, "HQ", "A"), ERR_OK);
	assert_int_equal(world_join(w, "A", "B"), ERR_OK);
	issue(w, "R-1", 7);
	issue(w, "R-2", 17);
	live(w, &dice, 6);
	assert_int_equal(people(w, "B"), 2);
	assert_int_equal(world_cut(w, "A", "B"), ERR_OK);
	assert_int_equal(check(w, "B", 27, miss), 0);
	perhaps_crash(w, &dice);
	assert_int_equal(check(w, "B", 7, hit), 1);
	review(w, "B", hit, "K");
	perhaps_crash(w, &dice);
	review(w, "B", hit, "L");
	assert_int_equal(world_join(w, "A", "B"), ERR_OK);
	live(w, &dice, 6);
	assert_case(w, "B", miss, "closed");
	review(w, "HQ", hit, "E1");
	perhaps_crash(w, &dice);
	review(w, "HQ", hit, "E2");
	live(w, &dice, 6);
	assert_case(w, "B", hit, "confirmed");
	withdraw(w, "R-1");
	live(w, &dice, 6);
	assert_int_equal(people(w, "A"), 1);
	assert_int_equal(people(w, "B"), 1);
	assert_int_equal(check(w, "B", 7, miss), 0);
	assert_int_equal(check(w, "B", 17, miss), 1);
	for (size_t i = 0; i < 3; i++) {
		assert_audit_whole(w, names[i]);
	}
	assert_null(world_leak(w));
	world_free(w);
}

static void the_story_ends_right_whoever_dies_when(void **state)
{
	struct seeds seeds = seeds_asked(1, SEEDS);

	(void)state;
	for (uint64_t seed = seeds.first; seed <= seeds.last; seed++) {
		play(seed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_story_ends_right_whoever_dies_when),
	};

	return cmocka_run_group_tests(tests, read_policy, NULL);
}
