/* Sorts of people: as many as policies can tell apart, and each check gets those it may find. */
#include "tests/lib/unit.h"

#include <stdio.h>
#include <string.h>

#include "node/permit.h"

static struct permits *permits;

static int start(void **state)
{
	(void)state;
	return permit_new(&permits) == ERR_OK ? 0 : 1;
}

static int stop(void **state)
{
	(void)state;
	permit_free(permits);
	return 0;
}

static struct notice notice_of(const char *owner, uint64_t type)
{
	return (struct notice){ .record = { 9 },
				.revision = 3,
				.status = STATUS_ACTIVE,
				.owner = bytes_of(owner),
				.reference = bytes_of("N-1"),
				.type = type,
				.purposes = PURPOSE_BORDER | PURPOSE_CHILD,
				.valid_until = 30000,
				.caveats = bytes_of("none") };
}

static uint16_t join(const struct notice *n)
{
	uint16_t group = UINT16_MAX;

	assert_int_equal(permit_join(permits, n, &group), ERR_OK);
	assert_in_range(group, 0, GALLERY_GROUPS - 1);
	return group;
}

static bool may(const struct search_filter *f, uint16_t group)
{
	return (f->group[group / 8] >> group % 8 & 1) != 0;
}

static uint64_t ticks;

static uint64_t on_clock(void *unused)
{
	(void)unused;
	ticks++;
	return 0;
}

static void filter_for(const char *source, uint64_t purpose, struct search_filter *out)
{
	const struct policy_peer self = { .role = bytes_of("post"),
					  .country = bytes_of("UTO"),
					  .owner = bytes_of("UTO-POLICE") };
	const struct policy_encounter e = { .purpose = purpose, .has_fingers = true };
	const struct policy_limits limits = { .cpu_clock = on_clock };
	struct policy *p = NULL;
	char message[200];

	if (source != NULL) {
		assert_int_equal(policy_new(bytes_of(source), &limits, &p, message, sizeof message),
				 ERR_OK);
	}
	permit_filter(permits, p, &e, &self, out);
	policy_free(p);
}

static void what_no_policy_can_tell_apart_is_one_group(void **state)
{
	struct notice a = notice_of("UTO-NCB", NOTICE_RED);
	uint16_t group = join(&a);

	(void)state;
	a.record[0] = 1;
	a.revision = 7;
	a.reference = bytes_of("N-2");
	a.caveats = bytes_of("armed");
	a.valid_until = 40000;
	a.lease_hours = 5;
	a.action = 2;
	assert_int_equal(join(&a), group);
}

static void what_a_policy_sees_is_told_apart(void **state)
{
	struct notice n[9];
	uint16_t group[9];

	(void)state;
	for (size_t i = 0; i < 9; i++) {
		n[i] = notice_of("UTO-NCB", NOTICE_RED);
	}
	n[1].owner = bytes_of("UTO-NCC");
	n[2].type = NOTICE_BLUE;
	n[3].purposes = PURPOSE_BORDER;
	n[4].minor = 1;
	n[5].restrictions.exclude = bytes_of("ATL");
	n[6].restrictions.match_only = 1;
	n[7].restrictions.relay_only = 1;
	n[8].restrictions.reviewers = 3;
	for (size_t i = 0; i < 9; i++) {
		group[i] = join(&n[i]);
		for (size_t k = 0; k < i; k++) {
			assert_int_not_equal(group[i], group[k]);
		}
	}
	for (size_t i = 0; i < 9; i++) {
		assert_int_equal(join(&n[i]), group[i]);
	}
}

static void a_group_that_nobody_is_in_is_used_again(void **state)
{
	struct notice a = notice_of("UTO-NCB", NOTICE_RED);
	struct notice b = notice_of("UTO-NCB", NOTICE_BLUE);
	struct search_filter f;
	uint16_t group = join(&a);

	(void)state;
	assert_int_equal(join(&a), group);
	permit_leave(permits, group);
	filter_for(NULL, PURPOSE_BORDER, &f);
	assert_true(may(&f, group));
	permit_leave(permits, group);
	filter_for(NULL, PURPOSE_BORDER, &f);
	assert_false(may(&f, group));
	assert_int_equal(join(&b), group);
}

static void people_beyond_the_last_group_are_searched(void **state)
{
	struct search_filter f;
	char owner[16];

	(void)state;
	for (unsigned i = 1; i < GALLERY_GROUPS + 5; i++) {
		struct notice n;

		(void)snprintf(owner, sizeof owner, "OWNER-%u", i);
		n = notice_of(owner, NOTICE_RED);
		assert_int_equal(join(&n), i < GALLERY_GROUPS ? i : PERMIT_OTHERS);
	}
	permit_leave(permits, PERMIT_OTHERS);
	filter_for(NULL, PURPOSE_ASYLUM, &f);
	assert_true(may(&f, PERMIT_OTHERS));
	for (uint16_t i = 1; i < GALLERY_GROUPS; i++) {
		assert_false(may(&f, i));
	}
}

static void the_floor_and_the_policy_decide(void **state)
{
	static const char policy[] =
	    "return { disclose = function(candidate) "
	    "if candidate.type == 'orange' then return 'nothing', 'things' end "
	    "return 'full', 'people' end }";
	struct notice red = notice_of("UTO-NCB", NOTICE_RED);
	struct notice orange = notice_of("UTO-NCB", NOTICE_ORANGE);
	struct notice minor = notice_of("UTO-NCB", NOTICE_YELLOW);
	struct notice away = notice_of("UTO-NCB", NOTICE_RED);
	struct search_filter f;
	uint16_t group[4];

	(void)state;
	minor.minor = 1;
	away.restrictions.exclude = bytes_of("UTO");
	group[0] = join(&red);
	group[1] = join(&orange);
	group[2] = join(&minor);
	group[3] = join(&away);
	filter_for(policy, PURPOSE_BORDER, &f);
	assert_true(may(&f, group[0]));
	assert_false(may(&f, group[1]));
	assert_false(may(&f, group[2]));
	assert_false(may(&f, group[3]));
	filter_for(policy, PURPOSE_CHILD, &f);
	assert_true(may(&f, group[0]));
	assert_false(may(&f, group[1]));
	assert_true(may(&f, group[2]));
	filter_for(policy, PURPOSE_LOCATE, &f);
	assert_false(may(&f, group[0]));
}

/* Bounded work: the first endless answer is the last one that is asked for. */
static void a_policy_without_an_end_is_asked_once(void **state)
{
	static const char policy[] = "return { disclose = function() while true do end end }";
	struct notice first = notice_of("OWNER-1", NOTICE_RED);
	struct search_filter f;
	uint64_t once;
	char owner[16];

	(void)state;
	assert_int_equal(join(&first), 1);
	filter_for(policy, PURPOSE_BORDER, &f);
	once = ticks;
	assert_true(once > 10);
	for (unsigned i = 2; i < GALLERY_GROUPS; i++) {
		struct notice n;

		(void)snprintf(owner, sizeof owner, "OWNER-%u", i);
		n = notice_of(owner, NOTICE_RED);
		n.minor = i == 500;
		assert_int_equal(join(&n), i);
	}
	ticks = 0;
	filter_for(policy, PURPOSE_BORDER, &f);
	assert_in_range(ticks, 1, 2 * once);
	for (uint16_t i = 1; i < GALLERY_GROUPS; i++) {
		assert_int_equal(may(&f, i), i != 500);
	}
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, start, stop)
	const struct CMUnitTest tests[] = {
		WITH(what_no_policy_can_tell_apart_is_one_group),
		WITH(what_a_policy_sees_is_told_apart),
		WITH(a_group_that_nobody_is_in_is_used_again),
		WITH(people_beyond_the_last_group_are_searched),
		WITH(the_floor_and_the_policy_decide),
		WITH(a_policy_without_an_end_is_asked_once),
	};

	return cmocka_run_group_tests_name("permit", tests, NULL, NULL);
}
