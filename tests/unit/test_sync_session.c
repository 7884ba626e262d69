#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/sync_pair.h"

#define SEEDS 1000

static void assert_equal_where_shared(const struct pair *p)
{
	for (uint32_t i = 0; i < p->n; i++) {
		for (int from = 0; from < 2; from++) {
			const struct pair_node *to = &p->node[!from];

			if (p->node[from].has[i] && pair_may_go(p, from, i) && !to->erased[i] &&
			    !to->refuses[i] && !to->has[i]) {
				fail_msg("entry %u did not come to node %d", i, !from);
			}
		}
	}
}

static void fill(struct pair *p, int node, size_t n, unsigned classes)
{
	for (size_t i = 0; i < n; i++) {
		pair_hold(p, node, pair_entry(p, 1 + (unsigned)(i % classes), LANE_TEMPLATE, 0));
	}
}

static void fill_both(struct pair *p, size_t n, unsigned classes)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t e = pair_entry(p, 1 + (unsigned)(i % classes), LANE_TEMPLATE, 0);

		pair_hold(p, 0, e);
		pair_hold(p, 1, e);
	}
}

static void an_empty_node_is_filled(void **state)
{
	struct pair p;

	(void)state;
	for (int full = 0; full < 2; full++) {
		pair_init(&p, 1);
		pair_share(&p, 3);
		fill(&p, full, 1000, 3);
		pair_connect(&p);
		assert_true(pair_settle(&p, 2000));
		assert_true(pair_is_settled(&p));
		assert_equal_where_shared(&p);
		assert_int_equal(p.node[!full].stored, 1000);
		assert_int_equal(p.node[full].kept, 1000);
		pair_done(&p);
	}
}

static void equal_stores_take_one_round_trip_and_200_bytes(void **state)
{
	struct sync_progress progress;
	struct pair p;

	(void)state;
	pair_init(&p, 2);
	pair_share(&p, 20);
	fill_both(&p, 10000, 20);
	pair_connect(&p);
	assert_true(pair_settle(&p, 2000));
	assert_true(pair_is_settled(&p));
	sync_session_progress(p.node[0].session, &progress);
	print_message("# equal stores of 10,000 in 20 classes: %d and %d bytes\n",
		      (int)p.node[0].sent_bytes, (int)p.node[1].sent_bytes);
	assert_int_equal(progress.round_trips, 1);
	assert_in_range(p.node[0].sent_bytes, 1, 200);
	assert_in_range(p.node[1].sent_bytes, 1, 200);
	pair_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_node_is_filled),
		cmocka_unit_test(equal_stores_take_one_round_trip_and_200_bytes),
	};

	return cmocka_run_group_tests_name("sync session", tests, NULL, NULL);
}
