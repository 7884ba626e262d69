/* The property of the floor: for every input, what a policy can reach lies within what the
 * rules allow.  The rules are written here a second time, as what must never happen. */
#include "tests/lib/unit.h"

#include <stdio.h>
#include <string.h>

#include "policy/floor.h"
#include "policy/policy.h"

static const struct policy_limits limits = { .steps = 10000 };

/* Policies that say each word, and two that fail. */
#define SAYS 6
static struct policy *says[SAYS];
static const char *const texts[SAYS] = {
	("return { entitle = function() return 'none' end, "
	 "disclose = function() return 'nothing' end, "
	 "match = function() return { search = false, headquarters = false, fpir = 1e-6, "
	 "reviewers = 3 } end, classify = function() return { sensitivity = 'open' } end }"),
	("return { entitle = function() return 'relay' end, "
	 "disclose = function() return 'reference' end, "
	 "match = function() return { search = true, headquarters = false, fpir = 1, "
	 "reviewers = 0 } end, classify = function() return { sensitivity = 'restricted' } end }"),
	("return { entitle = function() return 'hold' end, "
	 "disclose = function() return 'full' end, "
	 "match = function() return { search = false, headquarters = true, fpir = 0.2, "
	 "reviewers = 1 } end, "
	 "classify = function() return { sensitivity = 'confidential' } end }"),
	("return { entitle = function() return 'read' end, "
	 "disclose = function() return 'full' end, "
	 "match = function() return { search = true, headquarters = true, fpir = 0.1, "
	 "reviewers = 0 } end, "
	 "classify = function() return { region = 'ANYWHERE', sensitivity = 'open' } end }"),
	("return { entitle = function() error('no') end, disclose = function() error('no') end, "
	 "match = function() error('no') end, classify = function() error('no') end }"),
	("return {}"),
};

static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAYS; i++) {
		char message[200];

		if (policy_new(bytes_of(texts[i]), &limits, &says[i], message, sizeof message) !=
		    ERR_OK) {
			return -1;
		}
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAYS; i++) {
		policy_free(says[i]);
	}
	return 0;
}

static const char *const owners[] = { "UTO-NCB", "XKX-NCB", "" };
static const char *const roles[] = { "post", "relay", "region", "hq", "", "guest" };
static const char *const countries[] = { "UTO", "XKX", "xkx", "" };
static const char *const excluded[] = { "", "XKX", "AAAXKX", "AAABBB", "XK" };
static const char *const nodes[] = { "11111111", "22222222", "" };

static bool is_excluded(const char *list, const char *country)
{
	if (list[0] == '\0') {
		return false;
	}
	if (strlen(list) % 3 != 0 || country[0] == '\0') {
		return true;
	}
	return strstr(list, "XKX") != NULL && strcmp(country, "UTO") != 0;
}

struct right_case {
	size_t owner, role, country, exclude, node;
	const char *peer_owner;
	struct labels labels;
	struct policy_peer peer, self;
};

/* What no answer may be, rule by rule; and what every answer must be. */
static void check_right(const struct right_case *c, enum right said, enum right got, bool failed)
{
	uint64_t group = c->labels.group;
	bool reader = strcmp(roles[c->role], "post") == 0 || strcmp(roles[c->role], "hq") == 0 ||
		      strcmp(roles[c->role], "region") == 0;
	bool own = c->labels.owner.len > 0 && strcmp(c->peer_owner, owners[c->owner]) == 0;
	bool person = group == GROUP_MATCH || group == GROUP_IDENTITY || group == GROUP_CASE;
	bool out = is_excluded(excluded[c->exclude], countries[c->country]);
	bool myself = c->node == 0;

	if (group == GROUP_CONTROL) {
		assert_int_equal(got, RIGHT_READ);
		return;
	}
	if (group == GROUP_OWN) {
		assert_int_equal(got, myself ? RIGHT_READ : RIGHT_NONE);
		return;
	}
	if (c->labels.closed > CLOSED_ALL || (!person && group != GROUP_MAIL) || out) {
		assert_int_equal(got, RIGHT_NONE);
		return;
	}
	if (person && own && reader) {
		assert_int_equal(got, RIGHT_READ);
		return;
	}
	assert_false(group == GROUP_MAIL && got > RIGHT_RELAY);
	assert_false(!reader && got > RIGHT_RELAY);
	assert_false(c->labels.closed == CLOSED_ALL && got > RIGHT_RELAY);
	assert_false(c->labels.closed == CLOSED_IDENTITY && group == GROUP_IDENTITY &&
		     got > RIGHT_RELAY);
	/* Narrowed, never widened; and not narrowed without one of the rules above. */
	assert_true(got <= (failed ? RIGHT_NONE : said));
	if (!failed && reader && group != GROUP_MAIL && c->labels.closed == CLOSED_NOT) {
		assert_int_equal(got, said);
	}
}

static void check_all_policies(const struct right_case *c)
{
	for (size_t s = 0; s < SAYS; s++) {
		struct policy_reason why;
		enum right got = policy_entitle(says[s], &c->labels, &c->peer, &c->self, &why);
		bool failed = s >= 4;

		check_right(c, (enum right)(failed ? 0 : s), got, failed);
		assert_true(why.text[0] != '\0');
		if (!failed && got != (enum right)s) {
			assert_true(why.by_floor);
		}
		if (failed && got != RIGHT_NONE) {
			assert_true(why.by_floor);
		}
	}
}

static void each_member(struct right_case *c)
{
	for (c->role = 0; c->role < 6; c->role++) {
		for (c->country = 0; c->country < 4; c->country++) {
			for (c->node = 0; c->node < 3; c->node++) {
				c->peer.role = bytes_of(roles[c->role]);
				c->peer.country = bytes_of(countries[c->country]);
				c->peer.node = bytes_of(nodes[c->node]);
				check_all_policies(c);
			}
		}
	}
}

static void each_class(struct right_case *c)
{
	for (uint64_t group = 0; group <= 7; group++) {
		for (uint64_t closed = 0; closed <= 3; closed++) {
			for (c->exclude = 0; c->exclude < 5; c->exclude++) {
				c->labels.group = group;
				c->labels.closed = closed;
				c->labels.exclude = bytes_of(excluded[c->exclude]);
				each_member(c);
			}
		}
	}
}

static void no_policy_gives_a_right_beyond_the_floor(void **state)
{
	static const char *const peers_owner[] = { "UTO-NCB", "" };

	(void)state;
	for (size_t o = 0; o < 3; o++) {
		for (size_t p = 0; p < 2; p++) {
			struct right_case c = { .owner = o, .peer_owner = peers_owner[p] };

			c.labels.owner = bytes_of(owners[o]);
			c.labels.sensitivity = SENSITIVITY_OPEN;
			c.labels.region = bytes_of("UTO");
			c.peer.owner = bytes_of(peers_owner[p]);
			c.peer.region = bytes_of("UTO");
			c.self.node = bytes_of(nodes[0]);
			each_class(&c);
		}
	}
}

static void check_match(const struct policy_encounter *e, struct policy *p)
{
	struct policy_peer self = { .role = bytes_of("post") };
	struct policy_match m;
	struct policy_reason why;

	policy_match(p, e, &self, &m, &why);
	assert_in_range(m.fpir_ppm, 1, 100000);
	assert_in_range(m.reviewers, 1, 3);
	assert_true(why.text[0] != '\0');
	if (e->protection || (e->minor && e->purpose != PURPOSE_CHILD)) {
		assert_false(m.search || m.headquarters);
	}
	if (p == says[0]) {
		assert_false(m.search || m.headquarters);
		assert_int_equal(m.fpir_ppm, 1);
		assert_int_equal(m.reviewers, 3);
	}
	if (p == says[3] && !e->protection && (!e->minor || e->purpose == PURPOSE_CHILD)) {
		assert_true(m.search && m.headquarters);
	}
	if ((p == says[4] || p == says[5]) && e->minor) {
		assert_false(m.search);
	}
}

static void no_policy_searches_for_whom_the_floor_protects(void **state)
{
	(void)state;
	for (uint64_t purpose = 0; purpose <= PURPOSE_ASYLUM; purpose++) {
		for (unsigned who = 0; who < 4; who++) {
			struct policy_encounter e = { .purpose = purpose,
						      .minor = (who & 1) != 0,
						      .protection = (who & 2) != 0 };

			for (size_t s = 0; s < SAYS; s++) {
				check_match(&e, says[s]);
			}
			check_match(&e, NULL);
		}
	}
}

/* A small fixed generator: the same cases in every run. */
static uint32_t seed = 1;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525U + 1013904223U;
	return (seed >> 8) % below;
}

static void check_disclosure(const struct notice *n, const struct policy_encounter *e,
			     const struct policy_peer *self, size_t s)
{
	static const enum disclosure said[SAYS] = { DISCLOSE_NOTHING,   DISCLOSE_REFERENCE,
						    DISCLOSE_FULL,      DISCLOSE_FULL,
						    DISCLOSE_REFERENCE, DISCLOSE_REFERENCE };
	struct policy_reason why;
	enum disclosure got = policy_disclose(says[s], n, e, self, &why);
	bool own = n->owner.len > 0 && bytes_equal(n->owner, self->owner);
	bool secret = n->restrictions.match_only != 0 || n->type == NOTICE_UNDISCLOSED;

	assert_true(got <= said[s]);
	assert_true(why.text[0] != '\0');
	assert_false(n->status != STATUS_ACTIVE && got > DISCLOSE_NOTHING);
	assert_false((n->purposes & e->purpose) == 0 && got > DISCLOSE_NOTHING);
	assert_false(secret && !own && got > DISCLOSE_REFERENCE);
	assert_false(n->restrictions.relay_only != 0 && !own && got > DISCLOSE_NOTHING);
	assert_false((n->minor != 0 || e->minor) && e->purpose != PURPOSE_CHILD &&
		     got > DISCLOSE_NOTHING);
	assert_false(e->protection && got > DISCLOSE_NOTHING);
	assert_false(bytes_is(self->role, "relay") && got > DISCLOSE_NOTHING);
	assert_false(bytes_is(n->restrictions.exclude, "XKX") && bytes_is(self->country, "XKX") &&
		     got > DISCLOSE_NOTHING);
}

static void no_policy_tells_more_than_the_floor(void **state)
{
	size_t full = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct notice n = { .status = 1 + (draw(4) == 0 ? draw(3) : 0),
				    .owner = bytes_of(owners[draw(3)]),
				    .type = draw(11),
				    .purposes = draw(128),
				    .minor = draw(5) == 0 };
		struct policy_encounter e = { .purpose = draw(8) == 0 ? draw(256) : 1U << draw(8),
					      .minor = draw(5) == 0,
					      .protection = draw(6) == 0 };
		struct policy_peer self = { .role = bytes_of(roles[draw(4)]),
					    .country = bytes_of(countries[draw(4)]),
					    .owner = bytes_of(owners[draw(3)]) };
		size_t s = draw(SAYS);
		struct policy_reason why;

		n.restrictions.match_only = draw(4) == 0;
		n.restrictions.relay_only = draw(6) == 0;
		n.restrictions.exclude = bytes_of(draw(4) == 0 ? "XKX" : "");
		check_disclosure(&n, &e, &self, s);
		full += policy_disclose(says[3], &n, &e, &self, &why) == DISCLOSE_FULL;
	}
	/* The generator reaches what is allowed too, or the property would say nothing. */
	assert_true(full > 500);
}

static void no_policy_opens_the_owners_labels(void **state)
{
	(void)state;
	for (uint64_t bits = 0; bits < 16 * 6; bits++) {
		struct notice n = { .status = STATUS_ACTIVE,
				    .owner = bytes_of("UTO-NCB"),
				    .type = NOTICE_RED,
				    .purposes = PURPOSE_BORDER,
				    .minor = bits & 1 };
		struct policy_record record = { &n, GROUP_IDENTITY, bytes_of("UTO-NORTH") };
		uint64_t match_only = (bits >> 1) & 1;
		uint64_t relay_only = (bits >> 2) & 1;
		struct labels l;
		struct policy_reason why;
		char region[33];

		n.restrictions.match_only = match_only;
		n.restrictions.relay_only = relay_only;
		n.restrictions.exclude = bytes_of((bits & 8) != 0 ? "XKX" : "");
		policy_classify(says[bits / 16], &record, &l, region, &why);
		assert_true(bytes_is(l.owner, "UTO-NCB"));
		assert_true(bytes_equal(l.exclude, n.restrictions.exclude));
		assert_int_equal(l.purposes, PURPOSE_BORDER);
		assert_int_equal(l.group, GROUP_IDENTITY);
		assert_int_equal(l.closed, relay_only != 0   ? CLOSED_ALL
					   : match_only != 0 ? CLOSED_IDENTITY
							     : CLOSED_NOT);
		assert_in_range(l.sensitivity, SENSITIVITY_OPEN, SENSITIVITY_CONFIDENTIAL);
		assert_false((bits & 1) != 0 && l.sensitivity != SENSITIVITY_CONFIDENTIAL);
		assert_false((bits & 14) != 0 && l.sensitivity == SENSITIVITY_OPEN);
	}
}

static void a_coercive_notice_needs_two_people(void **state)
{
	struct notice n = { .type = NOTICE_RED };

	(void)state;
	assert_int_equal(floor_reviewers(&n, 1), 2);
	assert_int_equal(floor_reviewers(&n, 3), 3);
	n.type = NOTICE_BLUE;
	assert_int_equal(floor_reviewers(&n, 0), 1);
	assert_int_equal(floor_reviewers(&n, 1), 1);
	n.restrictions.reviewers = 3;
	assert_int_equal(floor_reviewers(&n, 1), 3);
	n.restrictions.reviewers = 0;
	n.action = 4;
	assert_int_equal(floor_reviewers(&n, 1), 2);
	n.action = 0;
	n.type = NOTICE_UNDISCLOSED;
	assert_int_equal(floor_reviewers(&n, 1), 2);
	n.type = 99;
	assert_int_equal(floor_reviewers(&n, 1), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_policy_gives_a_right_beyond_the_floor),
		cmocka_unit_test(no_policy_searches_for_whom_the_floor_protects),
		cmocka_unit_test(no_policy_tells_more_than_the_floor),
		cmocka_unit_test(no_policy_opens_the_owners_labels),
		cmocka_unit_test(a_coercive_notice_needs_two_people),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
