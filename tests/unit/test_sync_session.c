#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sync/frame.h"
#include "tests/lib/sync_pair.h"

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

/* What it takes to find ten differences among 10,000. */
static void few_differences_take_few_bytes(void **state)
{
	struct sync_progress progress;
	uint64_t bodies = 0;
	struct pair p;

	(void)state;
	pair_init(&p, 3);
	pair_share(&p, 20);
	fill_both(&p, 10000, 20);
	for (int i = 0; i < 10; i++) {
		uint32_t e = pair_entry(&p, 1 + (unsigned)i, LANE_CASE, 0);

		pair_hold(&p, i % 2, e);
		bodies += p.entries[e].len;
	}
	pair_connect(&p);
	assert_true(pair_settle(&p, 2000));
	assert_true(pair_is_settled(&p));
	assert_equal_where_shared(&p);
	sync_session_progress(p.node[0].session, &progress);
	print_message("# 10 differences among 10,000: %d and %d bytes, %d of them entries; "
		      "%d round trips\n",
		      (int)p.node[0].sent_bytes, (int)p.node[1].sent_bytes, (int)bodies,
		      (int)progress.round_trips);
	assert_in_range(p.node[0].sent_bytes + p.node[1].sent_bytes - bodies, 1, 4350);
	pair_done(&p);
}

/* Entries of 1,274 and 1,786 bytes, 1,480 in the mean. */
static uint64_t fill_with_bodies(struct pair *p, int node, size_t n)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned size_class = i % 5 < 2 ? 9 : 8;
		uint32_t e = pair_entry(p, 1 + (unsigned)(i % 8), LANE_CASE, size_class);

		bytes += p->entries[e].len;
		pair_hold(p, node, e);
	}
	return bytes;
}

static void filling_a_node_costs_little_more_than_its_entries(void **state)
{
	const size_t n = 10000;

	(void)state;
	for (int full = 0; full < 2; full++) {
		struct pair p;
		uint64_t bytes, sent;
		clock_t start;

		pair_init(&p, 4);
		pair_share(&p, 8);
		bytes = fill_with_bodies(&p, full, n);
		pair_connect(&p);
		start = clock();
		assert_true(pair_settle(&p, 2000));
		assert_true(pair_is_settled(&p));
		assert_int_equal(p.node[!full].stored, n);
		sent = p.node[0].sent_bytes + p.node[1].sent_bytes;
		print_message("# fill %d entries of %d bytes, %s is full: %d.%d bytes each on "
			      "the wire, both ways; %d CPU ms; %d and %d bytes of memory\n",
			      (int)n, (int)(bytes / n), full ? "responder" : "initiator",
			      (int)(sent / n), (int)(sent * 10 / n % 10),
			      (int)((clock() - start) * 1000 / CLOCKS_PER_SEC),
			      (int)p.node[0].memory_max, (int)p.node[1].memory_max);
		/* 40 bytes of names, heads and acknowledgements for each. */
		assert_in_range(sent, bytes, bytes + 40 * n);
		assert_in_range(p.node[full].longest, 1, SYNC_CHUNK_BYTES);
		pair_done(&p);
	}
}

static bool has_type(const struct pair_message *m, enum frame_type type)
{
	struct wire w;
	struct frame f;

	wire_init(&w, m->data, m->len);
	while (wire_left(&w) > 0) {
		assert_int_equal(frame_next(&w, &f, NULL), ERR_OK);
		if (f.type == type) {
			return true;
		}
	}
	return false;
}

static bool waits_for(const struct pair *p, int node, enum frame_type type)
{
	for (const struct pair_message *m = p->node[node].first; m != NULL; m = m->next) {
		if (has_type(m, type)) {
			return true;
		}
	}
	return false;
}

/* In the middle of a large transfer, how many messages does an alert let pass? */
static void an_alert_overtakes_bulk(void **state)
{
	struct pair p;
	uint32_t alert;
	size_t between = 0;

	(void)state;
	pair_init(&p, 5);
	pair_share(&p, 1);
	for (int i = 0; i < 400; i++) {
		pair_hold(&p, 0, pair_entry(&p, 1, LANE_IMAGE, 16));
	}
	alert = pair_entry(&p, 1, LANE_ALERT, 6);
	pair_connect(&p);
	while (p.node[1].stored < 50) {
		for (int i = 0; i < 2; i++) {
			(void)pair_step(&p, i);
		}
	}
	pair_hold(&p, 0, alert);
	while (!p.node[1].has[alert]) {
		(void)pair_poll(&p, 0);
		(void)pair_work(&p, 0, 0);
		between += pair_deliver(&p, 1);
		while (pair_poll(&p, 1) || pair_work(&p, 1, 0)) {
			continue;
		}
		(void)pair_deliver(&p, 0);
	}
	print_message("# an alert came after %d messages\n", (int)between);
	assert_in_range(between, 1, 3);
	assert_true(p.node[1].stored < 400);
	assert_true(pair_settle(&p, 2000));
	assert_int_equal(p.node[1].stored, 401);
	pair_done(&p);
}

/* While all four have something to send, lane 2 gets most and lane 5 is not forgotten. */
static void lanes_share_the_line_by_their_weights(void **state)
{
	size_t got[LANE_COUNT] = { 0 };
	struct pair p;

	(void)state;
	pair_init(&p, 14);
	pair_share(&p, 1);
	for (int i = 0; i < 800; i++) {
		pair_hold(&p, 1, pair_entry(&p, 1, (uint8_t)(LANE_TEMPLATE + i % 4), 8));
	}
	pair_connect(&p);
	while (p.node[0].stored < 220) {
		for (int i = 0; i < 2; i++) {
			(void)pair_step(&p, i);
		}
	}
	for (uint32_t i = 0; i < p.n; i++) {
		got[p.entries[i].lane] += p.node[0].has[i];
	}
	print_message("# of 220: %d, %d, %d and %d of lanes 2 to 5\n", (int)got[2], (int)got[3],
		      (int)got[4], (int)got[5]);
	assert_in_range(got[2], got[3] * 5 / 4, 2 * got[3]);
	assert_in_range(got[3], got[4] * 3 / 2, 3 * got[4]);
	assert_in_range(got[5], got[4] / 5, got[4] / 2);
	assert_true(pair_settle(&p, 2000));
	assert_int_equal(p.node[0].stored, 800);
	pair_done(&p);
}

static void an_alert_is_pushed_and_others_are_offered(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, 6);
	pair_share(&p, 2);
	pair_connect(&p);
	assert_true(pair_settle(&p, 2000));
	pair_hold(&p, 1, pair_entry(&p, 1, LANE_ALERT, 0));
	while (p.node[0].first == NULL) {
		assert_true(pair_step(&p, 1));
	}
	assert_true(waits_for(&p, 0, FRAME_WHOLE));
	assert_false(waits_for(&p, 0, FRAME_HAVE));
	assert_true(pair_settle(&p, 2000));
	pair_hold(&p, 1, pair_entry(&p, 2, LANE_CASE, 0));
	while (p.node[0].first == NULL) {
		assert_true(pair_step(&p, 1));
	}
	assert_true(waits_for(&p, 0, FRAME_HAVE));
	assert_false(waits_for(&p, 0, FRAME_WHOLE));
	assert_true(pair_settle(&p, 2000));
	assert_int_equal(p.node[0].stored, 2);
	assert_equal_where_shared(&p);
	pair_done(&p);
}

/* Nothing is acknowledged before sync_stored(), and no more comes than was granted. */
static void credit_comes_back_only_for_what_is_durable(void **state)
{
	struct pair p;
	uint64_t held = 0;

	(void)state;
	pair_init(&p, 7);
	pair_share(&p, 8);
	(void)fill_with_bodies(&p, 0, 5000);
	pair_connect(&p);
	for (;;) {
		bool busy = false;

		busy |= pair_step(&p, 0);
		busy |= pair_poll(&p, 1); /* but it does not store */
		busy |= pair_deliver(&p, 1);
		assert_false(waits_for(&p, 0, FRAME_ACK));
		if (!busy) {
			break;
		}
	}
	for (size_t i = 0; i < p.node[1].n_work; i++) {
		held += p.entries[p.node[1].work[i].entry].len;
	}
	assert_int_equal(p.node[0].kept, 0);
	assert_in_range(held, 512 * 1024, 1024 * 1024);
	assert_true(pair_settle(&p, 2000));
	assert_int_equal(p.node[1].stored, 5000);
	assert_int_equal(p.node[0].kept, 5000);
	pair_done(&p);
}

static void after_a_break_only_the_rest_is_sent(void **state)
{
	struct pair p;
	uint64_t stored;

	(void)state;
	pair_init(&p, 8);
	pair_share(&p, 8);
	(void)fill_with_bodies(&p, 1, 3000);
	pair_connect(&p);
	while (p.node[0].stored < 1500) {
		for (int i = 0; i < 2; i++) {
			(void)pair_step(&p, i);
		}
	}
	stored = p.node[0].stored;
	pair_break(&p);
	p.node[1].sent_bytes = 0;
	pair_connect(&p);
	assert_true(pair_settle(&p, 2000));
	assert_int_equal(p.node[0].stored, 3000);
	print_message("# after a break at %d of 3,000: %d bytes\n", (int)stored,
		      (int)p.node[1].sent_bytes);
	assert_in_range(p.node[1].sent_bytes, 1, (3000 - stored) * 1480 + 120000);
	pair_done(&p);
}

/* First the control class, completely: before that not a word of any other. */
static void control_is_settled_before_anything_else_is_mentioned(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, 9);
	pair_share(&p, 3);
	fill(&p, 0, 50, 3);
	fill(&p, 1, 50, 3);
	for (int i = 0; i < 40; i++) {
		pair_hold(&p, i % 2, pair_entry(&p, 0, LANE_TRUST, 4));
	}
	pair_connect(&p);
	while (p.node[0].settled + p.node[1].settled == 0) {
		for (int i = 0; i < 2; i++) {
			assert_true(p.node[0].stored + p.node[1].stored >= 40 ||
				    (!waits_for(&p, i, FRAME_CLASSES) && p.node[i].settled == 0));
			(void)pair_step(&p, i);
		}
	}
	assert_true(pair_settle(&p, 2000));
	assert_equal_where_shared(&p);
	assert_int_equal(p.node[0].stored + p.node[1].stored, 140);
	pair_done(&p);
}

static void what_was_refused_is_not_asked_again(void **state)
{
	struct sync_progress progress;
	struct pair p;
	uint64_t loads;

	(void)state;
	pair_init(&p, 10);
	pair_share(&p, 2);
	fill(&p, 0, 100, 2);
	fill(&p, 1, 1, 1);
	for (uint32_t i = 0; i < 100; i += 10) {
		p.node[1].refuses[i] = true;
	}
	pair_connect(&p);
	assert_true(pair_settle(&p, 2000));
	assert_true(pair_is_settled(&p));
	assert_int_equal(p.node[1].stored, 90);
	loads = p.node[0].loads;
	for (uint64_t settled = p.node[0].settled; p.node[0].settled < settled + 3;) {
		p.now_ms += 60000;
		assert_true(pair_settle(&p, 1000));
	}
	assert_int_equal(p.node[0].loads, loads);
	sync_session_progress(p.node[1].session, &progress);
	assert_int_equal(progress.refused, 10);
	pair_done(&p);
}

/* A change that nobody offered is found by the next round. */
static void rounds_are_repeated_while_the_link_is_up(void **state)
{
	struct sync_item item = { .lane = LANE_CASE };
	struct pair p;
	uint32_t e;

	(void)state;
	pair_init(&p, 11);
	pair_share(&p, 1);
	fill_both(&p, 100, 1);
	pair_connect(&p);
	assert_true(pair_settle(&p, 2000));
	e = pair_entry(&p, 1, LANE_CASE, 0);
	memcpy(item.id, p.entries[e].id, sizeof item.id);
	memset(item.class_id, 0xa1, sizeof item.class_id);
	assert_int_equal(sync_set_add(p.node[1].set, &item), ERR_OK);
	p.node[1].has[e] = true;
	assert_true(pair_settle(&p, 59000));
	assert_false(p.node[0].has[e]);
	p.now_ms += 59500;
	assert_true(pair_settle(&p, 1000));
	assert_true(p.node[0].has[e]);
	pair_done(&p);
}

static void a_class_for_one_direction_only_goes_that_way(void **state)
{
	struct pair p;

	(void)state;
	for (int giver = 0; giver < 2; giver++) {
		pair_init(&p, 12);
		p.suspicious = true;
		pair_share(&p, 1);
		p.node[giver].classes[1].take = false;
		p.node[!giver].classes[1].send = false;
		fill(&p, 0, 300, 1);
		fill(&p, 1, 300, 1);
		pair_connect(&p);
		assert_true(pair_settle(&p, 2000));
		assert_true(pair_is_settled(&p));
		assert_int_equal(p.node[!giver].stored, 300);
		assert_int_equal(p.node[giver].stored, 0);
		pair_done(&p);
	}
}

static void two_full_sets_of_different_entries_become_one(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, 13);
	pair_share(&p, 2);
	fill(&p, 0, 5000, 2);
	fill(&p, 1, 4000, 2);
	fill_both(&p, 3000, 2);
	pair_connect(&p);
	assert_true(pair_settle(&p, 2000));
	assert_true(pair_is_settled(&p));
	assert_equal_where_shared(&p);
	assert_int_equal(sync_set_count(p.node[0].set), 12000);
	print_message("# 5,000 and 4,000 of 12,000 missing: %d and %d bytes of memory\n",
		      (int)p.node[0].memory_max, (int)p.node[1].memory_max);
	pair_done(&p);
}

/* What came to one node, as tests/fuzz/fuzz_sync.c reads it. */
static void record(void *context, int from, const uint8_t *data, size_t len)
{
	struct buf *to = &((struct buf *)context)[!from];

	buf_u16(to, (uint16_t)len);
	buf_put(to, data, len);
}

static void write_corpus(const struct buf *b, unsigned variant, int node)
{
	const char *dir = getenv("SYNC_CORPUS");
	char path[512];
	FILE *f;

	if (dir != NULL) {
		(void)snprintf(path, sizeof path, "%s/run%u-to%d", dir, variant, node);
		f = fopen(path, "wb");
		assert_non_null(f);
		assert_int_equal(fputc(node | (int)variant << 1, f), node | (int)variant << 1);
		assert_int_equal(fwrite(b->data, 1, b->len, f), b->len);
		assert_int_equal(fclose(f), 0);
	}
}

/* A session is a function of its inputs: the same ones lead to the same messages.  With
 * SYNC_CORPUS=DIR in the environment the runs are written there for the fuzzer. */
static void the_same_inputs_lead_to_the_same_messages(void **state)
{
	(void)state;
	for (unsigned variant = 0; variant < PAIR_WORLDS; variant++) {
		struct buf runs[2][2] = { 0 };

		for (int run = 0; run < 2; run++) {
			struct pair p;

			pair_world(&p, variant);
			p.on_message = record;
			p.context = runs[run];
			assert_true(pair_settle(&p, 2000));
			pair_hold(&p, 0, pair_entry(&p, 1, LANE_ALERT, 0));
			pair_hold(&p, 1, pair_entry(&p, 1, LANE_CASE, 0));
			assert_true(pair_settle(&p, 2000));
			assert_true(pair_is_settled(&p));
			assert_equal_where_shared(&p);
			pair_done(&p);
		}
		for (int node = 0; node < 2; node++) {
			assert_true(runs[0][node].len > 100);
			assert_true(
			    bytes_equal(buf_bytes(&runs[0][node]), buf_bytes(&runs[1][node])));
			write_corpus(&runs[0][node], variant, node);
			buf_done(&runs[0][node]);
			buf_done(&runs[1][node]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_node_is_filled),
		cmocka_unit_test(equal_stores_take_one_round_trip_and_200_bytes),
		cmocka_unit_test(few_differences_take_few_bytes),
		cmocka_unit_test(filling_a_node_costs_little_more_than_its_entries),
		cmocka_unit_test(an_alert_overtakes_bulk),
		cmocka_unit_test(lanes_share_the_line_by_their_weights),
		cmocka_unit_test(an_alert_is_pushed_and_others_are_offered),
		cmocka_unit_test(credit_comes_back_only_for_what_is_durable),
		cmocka_unit_test(after_a_break_only_the_rest_is_sent),
		cmocka_unit_test(control_is_settled_before_anything_else_is_mentioned),
		cmocka_unit_test(what_was_refused_is_not_asked_again),
		cmocka_unit_test(rounds_are_repeated_while_the_link_is_up),
		cmocka_unit_test(a_class_for_one_direction_only_goes_that_way),
		cmocka_unit_test(two_full_sets_of_different_entries_become_one),
		cmocka_unit_test(the_same_inputs_lead_to_the_same_messages),
	};

	return cmocka_run_group_tests_name("sync session", tests, NULL, NULL);
}
