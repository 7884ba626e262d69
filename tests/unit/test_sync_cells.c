/* Sketches between two sessions: what they cost, and peers that lie with them. */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "sync/cells.h"
#include "sync/frame.h"
#include "sync/session.h"
#include "tests/lib/sync_lies.h"
#include "tests/lib/sync_pair.h"

#define COMMON 3000U

/* The initiator, 0, and the responder, 1, of which each has `each` entries that the other lacks. */
static void differ(struct pair *p, uint64_t seed, unsigned each)
{
	pair_init(p, seed);
	pair_share(p, 4);
	for (unsigned i = 0; i < COMMON; i++) {
		uint32_t e = pair_entry(p, 1 + i % 4, LANE_CASE, 0);

		pair_hold(p, 0, e);
		pair_hold(p, 1, e);
	}
	for (unsigned i = 0; i < 2 * each; i++) {
		pair_hold(p, (int)(i % 2), pair_entry(p, 1 + i / 2 % 4, LANE_CASE, 0));
	}
}

static size_t seen[FRAME_TYPES];

static void count_frames(void *context, int from, const uint8_t *data, size_t len)
{
	struct frame f;
	struct wire w;

	(void)context;
	(void)from;
	wire_init(&w, data, len);
	while (wire_left(&w) > 0 && frame_next(&w, &f, NULL) == ERR_OK) {
		seen[f.type] += f.content.len;
		seen[0]++;
	}
}

static void settle(struct pair *p)
{
	memset(seen, 0, sizeof seen);
	p->on_message = count_frames;
	pair_connect(p);
	assert_true(pair_settle(p, 2000));
	assert_true(pair_is_settled(p));
}

static void assert_all_is_everywhere(const struct pair *p)
{
	for (uint32_t i = 0; i < p->n; i++) {
		assert_true(p->node[0].has[i] && p->node[1].has[i]);
	}
}

static void cells_find_a_difference_without_any_range(void **state)
{
	(void)state;
	for (unsigned each = 1; each <= 300; each = each * 3 + 1) {
		struct pair p;

		differ(&p, each, each);
		settle(&p);
		assert_all_is_everywhere(&p);
		print_message("# %d differ: %d bytes of cells, %d of names\n", (int)(2 * each),
			      (int)seen[FRAME_CELLS], (int)seen[FRAME_PICK]);
		assert_true(seen[FRAME_CELLS] > 0 && seen[FRAME_PICK] == each * SKETCH_NAME_BYTES);
		assert_int_equal(seen[FRAME_PROBE] + seen[FRAME_HAVE] + seen[FRAME_WANT], 0);
		assert_int_equal(p.node[0].stored, each);
		assert_int_equal(p.node[1].stored, each);
		pair_done(&p);
	}
}

static void a_node_that_lacks_a_third_is_asked_by_ranges(void **state)
{
	struct pair p;

	(void)state;
	differ(&p, 5, 1400);
	settle(&p);
	assert_all_is_everywhere(&p);
	assert_int_equal(seen[FRAME_CELLS], 0);
	assert_true(seen[FRAME_PROBE] > 0);
	pair_done(&p);
}

static void nodes_with_different_secrets_compare_by_ranges(void **state)
{
	const uint8_t other[SYNC_SECRET_BYTES] = { 99 };

	(void)state;
	for (int node = 0; node < 2; node++) {
		struct pair p;

		differ(&p, 6, 20);
		sync_set_key(p.node[node].set, other);
		settle(&p);
		assert_all_is_everywhere(&p);
		assert_int_equal(seen[FRAME_CELLS], 0);
		assert_true(seen[FRAME_PROBE] > 0);
		pair_done(&p);
	}
}

/* Cells that make no sense cost a bounded number of them, and then ranges do it; the second
 * time in a session is the last. */
static void cells_that_never_decode_end_in_ranges(void **state)
{
	struct pair p;
	size_t before;

	(void)state;
	differ(&p, 7, 20);
	p.change = lies_noise;
	settle(&p);
	assert_all_is_everywhere(&p);
	assert_true(seen[FRAME_CELLS] > 0 && seen[FRAME_PROBE] > 0);
	print_message("# 40 differ and the cells are noise: %d bytes of cells\n",
		      (int)seen[FRAME_CELLS]);
	/* 1.6 times all ids of both and 96 is the most, whatever they seem to say. */
	assert_in_range(seen[FRAME_CELLS], 1, 8 * (2 * COMMON * 13 / 8 + 96 + 4096));
	for (int round = 0; round < 3; round++) {
		struct sync_item item = { .lane = LANE_CASE };
		uint32_t e = pair_entry(&p, 1, LANE_CASE, 0);

		memcpy(item.id, p.entries[e].id, sizeof item.id);
		memset(item.class_id, 0xa1, sizeof item.class_id);
		assert_int_equal(sync_set_add(p.node[1].set, &item), ERR_OK);
		p.node[1].has[e] = true;
		before = seen[FRAME_CELLS];
		p.now_ms += 61000;
		assert_true(pair_settle(&p, 1000));
		assert_true(p.node[0].has[e]);
		assert_true(round == 0 || seen[FRAME_CELLS] == before);
	}
	pair_done(&p);
}

/* Somebody's name hides another, or there is one that nobody has: the sums tell. */
static void names_hidden_or_invented_are_found_by_the_sums(void **state)
{
	size_t by_ranges = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 30; seed++) {
		struct pair p;

		differ(&p, seed, 300);
		p.change = lies_names;
		settle(&p);
		assert_all_is_everywhere(&p);
		by_ranges += seen[FRAME_PROBE] > 0;
		pair_done(&p);
	}
	/* What is hidden at the initiator's is sent for nothing, and that is all. */
	print_message("# 30 times a name too many or too few: %d times by ranges\n",
		      (int)by_ranges);
	assert_in_range(by_ranges, 1, 30);
}

/* ---- one session, and we speak for the other ---- */

static int say(struct pair *p, int node, enum frame_type type, const void *data, size_t len)
{
	struct buf out = { 0 };
	size_t begun = frame_begin(&out, type);
	int rc;

	buf_put(&out, data, len);
	frame_end(&out, begun);
	rc = sync_message(p->node[node].session, buf_bytes(&out), p->now_ms);
	buf_done(&out);
	return rc;
}

/* Stop when the responder has said START, before the initiator hears it. */
static void stop_at_start(struct pair *p)
{
	differ(p, 8, 20);
	p->chunk_bytes = SYNC_CHUNK_MIN;
	pair_connect(p);
	(void)pair_poll(p, 0);
	(void)pair_deliver(p, 1);
	while (p->node[1].session->phase != PHASE_SHARED) {
		assert_true(pair_poll(p, 1));
	}
}

static void refuses_cells_and_questions_for_them_beyond_the_rules(void **state)
{
	static const struct {
		const char *what;
		int code;
		const char *content;
		size_t len;
	} wrong[] = {
		{ "as many as before", ERR_LIMIT, "\x01", 1 },
		{ "too many", ERR_LIMIT, "\x81\x80\x02", 3 },
		{ "a needless byte", ERR_MALFORMED, "\x80\x00", 2 },
		{ "nothing", ERR_MALFORMED, "", 0 },
	};
	static const uint8_t cells[8 * 40];
	struct pair p;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		stop_at_start(&p);
		assert_int_equal(say(&p, 1, FRAME_GROW, wrong[i].content, wrong[i].len),
				 wrong[i].code);
		pair_done(&p);
	}
	stop_at_start(&p);
	assert_int_equal(say(&p, 1, FRAME_GROW, "\0", 1), ERR_OK);
	assert_int_equal(say(&p, 1, FRAME_GROW, "\x7f", 1), ERR_STATE); /* after the end */
	pair_done(&p);
	stop_at_start(&p);
	assert_int_equal(say(&p, 1, FRAME_CELLS, cells, 8), ERR_LIMIT); /* it did not ask */
	pair_done(&p);
	stop_at_start(&p);
	assert_int_equal(say(&p, 1, FRAME_START, "\0\0\0", 3), ERR_STATE); /* that is its part */
	pair_done(&p);
	stop_at_start(&p);
	assert_int_equal(say(&p, 1, FRAME_PICK, cells, 5), ERR_MALFORMED);
	pair_done(&p);
}

/* Stop when the initiator waits for the responder's START. */
static void stop_at_ask(struct pair *p)
{
	struct buf hello = { 0 };
	struct name_keys keys;

	differ(p, 9, 20);
	pair_connect(p);
	(void)pair_poll(p, 0);
	(void)pair_deliver(p, 1);
	assert_true(pair_poll(p, 1)); /* asks for the classes */
	p->node[1].classes_due = false;
	name_keys(&keys, p->salt);
	buf_u8(&hello, SYNC_VERSION);
	frame_put_tag(&hello, name_tag(&keys, p->node[1].classes[0].class_id));
	frame_put_count(&hello, 1024);
	assert_int_equal(say(p, 0, FRAME_HELLO, hello.data, hello.len), ERR_OK);
	buf_done(&hello);
	assert_int_equal(say(p, 0, FRAME_ROUND, "\1", 1), ERR_OK);
}

static void refuses_a_start_beyond_the_rules(void **state)
{
	static const struct {
		int code;
		const char *content;
		size_t len;
	} wrong[] = {
		{ ERR_MALFORMED, "\3\0\0", 3 },
		{ ERR_MALFORMED, "\1\0\0\0", 4 },             /* no cells */
		{ ERR_MALFORMED, "\1\0\0\x80\1", 5 },         /* no counts */
		{ ERR_MALFORMED, "\2\0", 2 },                 /* no count */
		{ ERR_LIMIT, "\2\xff\xff\xff\xff\x0f\0", 7 }, /* 2^31 ids */
		{ ERR_LIMIT, "\2\0\xff\xff\xff\xff\x0f", 7 }, /* and in other classes */
	};
	static const uint8_t cells[8 * 40];
	struct pair p;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		stop_at_ask(&p);
		assert_int_equal(say(&p, 0, FRAME_START, wrong[i].content, wrong[i].len),
				 wrong[i].code);
		pair_done(&p);
	}
	stop_at_ask(&p);
	assert_int_equal(say(&p, 0, FRAME_START, "\1\0\0\x20", 4), ERR_OK);
	assert_int_equal(say(&p, 0, FRAME_CELLS, cells, 33 * 8), ERR_LIMIT); /* of 32 */
	pair_done(&p);
	stop_at_ask(&p);
	assert_int_equal(say(&p, 0, FRAME_START, "\1\0\0\x20", 4), ERR_OK);
	assert_int_equal(say(&p, 0, FRAME_CELLS, cells, 33), ERR_MALFORMED);
	pair_done(&p);
}

/* A peer that asks for one cell more, again and again, makes us look at all ids as often as the
 * row doubles: four times. */
static void asking_for_cells_one_by_one_costs_little(void **state)
{
	struct pair p;
	uint64_t before;
	uint32_t n;

	(void)state;
	stop_at_start(&p);
	before = p.node[1].session->shares.work;
	for (n = 200; n <= SKETCH_MAX; n++) {
		struct buf count = { 0 };

		frame_put_count(&count, n);
		assert_int_equal(say(&p, 1, FRAME_GROW, count.data, count.len), ERR_OK);
		buf_done(&count);
	}
	print_message("# %d ids: %d looks\n", (int)COMMON,
		      (int)(p.node[1].session->shares.work - before));
	assert_in_range(p.node[1].session->shares.work - before, COMMON, 4 * (COMMON + 40));
	pair_done(&p);
}

/* Whoever serves cells without end is not listened to without end, nor worked for. */
static void a_lying_peer_costs_a_bounded_number_of_attempts(void **state)
{
	static uint8_t cells[8 * 400];
	struct pair p;
	const struct seek *seek;
	uint64_t random = 5;
	struct sync_progress progress;

	(void)state;
	stop_at_ask(&p);
	seek = &p.node[0].session->seek;
	/* It claims to hold a million more. */
	assert_int_equal(say(&p, 0, FRAME_START, "\1\xff\x88\x7a\0\x20", 6), ERR_OK);
	while (seek->on) {
		size_t n = seek->allowed - seek->got;

		n = n < 400 ? n : 400;
		for (size_t i = 0; i < 8 * n; i++) {
			random = random * 6364136223846793005U + 1442695040888963407U;
			cells[i] = (uint8_t)(random >> 56);
		}
		assert_int_equal(say(&p, 0, FRAME_CELLS, cells, 8 * n), ERR_OK);
		while (pair_poll(&p, 0)) {
			continue;
		}
		sync_session_progress(p.node[0].session, &progress);
		assert_in_range(progress.memory_bytes, 1, 4 << 20);
	}
	print_message("# a peer that never stops: %d cells, %d attempts\n", (int)seek->cells,
		      (int)seek->decodes);
	assert_in_range(seek->cells, 32, SKETCH_MAX);
	assert_in_range(seek->decodes, 1, 100);
	pair_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_find_a_difference_without_any_range),
		cmocka_unit_test(a_node_that_lacks_a_third_is_asked_by_ranges),
		cmocka_unit_test(nodes_with_different_secrets_compare_by_ranges),
		cmocka_unit_test(cells_that_never_decode_end_in_ranges),
		cmocka_unit_test(names_hidden_or_invented_are_found_by_the_sums),
		cmocka_unit_test(refuses_cells_and_questions_for_them_beyond_the_rules),
		cmocka_unit_test(refuses_a_start_beyond_the_rules),
		cmocka_unit_test(asking_for_cells_one_by_one_costs_little),
		cmocka_unit_test(a_lying_peer_costs_a_bounded_number_of_attempts),
	};

	return cmocka_run_group_tests_name("sync cells", tests, NULL, NULL);
}
