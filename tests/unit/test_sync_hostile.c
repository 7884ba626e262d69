/* A peer that breaks the protocol: every breach is one error, and never unbounded work. */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "sync/answer.h"
#include "sync/frame.h"
#include "sync/incoming.h"
#include "sync/outgoing.h"
#include "tests/lib/sync_pair.h"

#define UNKNOWN 0x1234567890ULL

/* The honest node under test is 1, unless it is said otherwise; node 0 speaks through us. */
struct bench {
	struct pair p;
	struct name_keys keys;
	struct buf out;
};

static struct bench *bench_new(size_t classes)
{
	struct bench *b = calloc(1, sizeof *b);

	assert_non_null(b);
	pair_init(&b->p, 3);
	pair_share(&b->p, classes);
	return b;
}

static void connect(struct bench *b)
{
	pair_connect(&b->p);
	name_keys(&b->keys, b->p.salt);
}

static void settle(struct bench *b)
{
	connect(b);
	assert_true(pair_settle(&b->p, 2000));
	assert_true(pair_is_settled(&b->p));
}

static void bench_free(struct bench *b)
{
	buf_done(&b->out);
	pair_done(&b->p);
	free(b);
}

static uint64_t tag_of(const struct bench *b, unsigned class_number)
{
	return name_tag(&b->keys, b->p.node[0].classes[class_number].class_id);
}

static void put(struct bench *b, enum frame_type type, const void *data, size_t len)
{
	size_t begun = frame_begin(&b->out, type);

	buf_put(&b->out, data, len);
	frame_end(&b->out, begun);
}

static int say_to(struct bench *b, int node)
{
	int rc = sync_message(b->p.node[node].session, buf_bytes(&b->out), b->p.now_ms);

	buf_clear(&b->out);
	return rc;
}

/* The session must refuse with this code, say so again, and have nothing more to do. */
static void refused(struct bench *b, int node, int code)
{
	struct sync_session *s = b->p.node[node].session;
	struct fault fault;
	struct sync_out out;

	assert_int_equal(say_to(b, node), code);
	sync_session_fault(s, &fault);
	assert_int_equal(fault.code, code);
	assert_non_null(fault.what);
	assert_int_equal(sync_wake(s, b->p.now_ms), code);
	sync_poll(s, &out);
	assert_true(out.kind == SYNC_NOTHING || out.kind == SYNC_WAKE);
	sync_poll(s, &out);
	assert_int_equal(out.kind, SYNC_NOTHING);
	bench_free(b);
}

static void put_entry(struct bench *b, uint32_t entry, uint8_t head)
{
	const struct pair_entry *e = &b->p.entries[entry];
	size_t begun = frame_begin(&b->out, FRAME_WHOLE);

	buf_u8(&b->out, head);
	buf_put(&b->out, e->data, e->len);
	frame_end(&b->out, begun);
}

static void put_begin(struct bench *b, uint8_t head, uint32_t total, size_t len)
{
	static const uint8_t zeroes[512];
	size_t begun = frame_begin(&b->out, FRAME_BEGIN);

	buf_u8(&b->out, head);
	buf_u32(&b->out, total);
	buf_put(&b->out, zeroes, len);
	frame_end(&b->out, begun);
}

static struct bench *settled(size_t classes)
{
	struct bench *b = bench_new(classes);

	settle(b);
	return b;
}

static void refuses_messages_and_frames_out_of_form(void **state)
{
	struct bench *b = settled(1);

	(void)state;
	refused(b, 1, ERR_LIMIT); /* nothing at all */
	b = settled(1);
	for (size_t i = 0; i < SYNC_MESSAGE_MAX; i += FRAME_HEAD) {
		put(b, FRAME_AGAIN, NULL, 0);
	}
	refused(b, 0, ERR_LIMIT);
	b = settled(1);
	put(b, FRAME_TYPES, NULL, 0);
	refused(b, 1, ERR_UNSUPPORTED);
	b = settled(1);
	buf_u8(&b->out, FRAME_ACK);
	buf_u16(&b->out, 6);
	buf_u8(&b->out, 0);
	refused(b, 1, ERR_SHORT);
}

static void put_hello(struct bench *b, uint8_t version, uint64_t tag, uint32_t credit)
{
	size_t begun = frame_begin(&b->out, FRAME_HELLO);

	buf_u8(&b->out, version);
	frame_put_tag(&b->out, tag);
	frame_put_count(&b->out, credit / 1024);
	frame_end(&b->out, begun);
}

static void refuses_a_stranger(void **state)
{
	struct bench *b = bench_new(1);

	(void)state;
	connect(b);
	put_hello(b, SYNC_VERSION + 1, tag_of(b, 0), 1 << 20);
	refused(b, 1, ERR_UNSUPPORTED);
	b = bench_new(1);
	connect(b);
	put_hello(b, SYNC_VERSION, tag_of(b, 0) ^ 4, 1 << 20);
	refused(b, 1, ERR_UNSUPPORTED);
	b = bench_new(1);
	connect(b);
	put_hello(b, SYNC_VERSION, tag_of(b, 0), OUTGOING_WINDOW_MIN - 1024);
	refused(b, 1, ERR_LIMIT);
	b = bench_new(1);
	connect(b);
	put(b, FRAME_ACK, "\0\0\0\0\0\1", 6);
	refused(b, 1, ERR_STATE); /* before HELLO */
	b = settled(1);
	put_hello(b, SYNC_VERSION, tag_of(b, 0), 1 << 20);
	refused(b, 1, ERR_STATE); /* twice */
}

static void refuses_entries_that_it_did_not_ask_for(void **state)
{
	struct bench *b = settled(2);
	uint32_t asked, other;

	(void)state;
	put_entry(b, pair_entry(&b->p, 1, LANE_TEMPLATE, 0), LANE_TEMPLATE);
	refused(b, 1, ERR_STATE);
	/* It asks for one and gets another. */
	b = settled(2);
	asked = pair_entry(&b->p, 1, LANE_TEMPLATE, 0);
	other = pair_entry(&b->p, 1, LANE_TEMPLATE, 0);
	pair_hold(&b->p, 0, asked);
	while (pair_poll(&b->p, 0) || pair_deliver(&b->p, 1)) {
		continue;
	}
	while (b->p.node[0].first == NULL) {
		assert_true(pair_poll(&b->p, 1));
	}
	put_entry(b, other, LANE_TEMPLATE);
	refused(b, 1, ERR_STATE);
	/* What it lacks may come unasked, in classes that were shared only. */
	b = settled(2);
	put_entry(b, pair_entry(&b->p, 1, LANE_TEMPLATE, 0), 0x80 | LANE_TEMPLATE);
	assert_int_equal(say_to(b, 1), ERR_OK);
	bench_free(b);
	b = settled(2);
	put_entry(b, pair_entry(&b->p, 3, LANE_ALERT, 0), 0x80 | LANE_ALERT);
	refused(b, 1, ERR_MALFORMED);
	b = settled(2);
	other = pair_entry(&b->p, 1, LANE_ALERT, 0);
	put_entry(b, other, 0x80 | LANE_ALERT);
	put_entry(b, other, 0x80 | LANE_ALERT);
	refused(b, 1, ERR_STATE); /* twice before the first is settled */
	b = settled(2);
	put(b, FRAME_WHOLE, "\1nonsense", 9);
	assert_int_not_equal(say_to(b, 1), ERR_OK);
	bench_free(b);
}

static void refuses_pieces_that_do_not_fit(void **state)
{
	struct bench *b = settled(1);
	uint8_t more[201] = { LANE_ALERT };

	(void)state;
	put(b, FRAME_MORE, more, 10);
	refused(b, 1, ERR_STATE); /* of nothing */
	b = settled(1);
	put_begin(b, 0x80 | LANE_ALERT, ENTRY_BYTES_MAX + 1, 10);
	refused(b, 1, ERR_LIMIT);
	b = settled(1);
	put_begin(b, 0x80 | LANE_ALERT, 10, 10);
	refused(b, 1, ERR_MALFORMED); /* that were a whole one */
	b = settled(1);
	put_begin(b, 0x80 | LANE_ALERT, 300, 10);
	put_begin(b, 0x80 | LANE_ALERT, 300, 10);
	refused(b, 1, ERR_STATE); /* one in a lane at a time */
	b = settled(1);
	put_begin(b, 0x80 | LANE_ALERT, 300, 110);
	put(b, FRAME_MORE, more, sizeof more);
	refused(b, 1, ERR_LIMIT); /* 310 of 300 */
	b = settled(1);
	put(b, FRAME_CUT, "\1\0\0\0\0\0\0\0\0", 9);
	refused(b, 1, ERR_STATE);
	b = settled(1);
	put(b, FRAME_BEGIN, "\6\0\0\1\0xx", 7);
	refused(b, 1, ERR_MALFORMED); /* no such lane */
}

static void never_holds_more_than_its_credit(void **state)
{
	struct bench *b = settled(1);
	struct sync_progress progress;
	size_t n = 0;
	int rc = ERR_OK;

	(void)state;
	for (; n < 5000 && rc == ERR_OK; n++) {
		put_entry(b, pair_entry(&b->p, 1, LANE_ALERT, 12), 0x80 | LANE_ALERT);
		rc = say_to(b, 1);
	}
	assert_int_equal(rc, ERR_LIMIT);
	assert_int_equal(n - 1, 1024 * 1024 / b->p.entries[0].len);
	sync_session_progress(b->p.node[1].session, &progress);
	assert_in_range(progress.memory_bytes, 512 * 1024, 4 * 1024 * 1024);
	bench_free(b);
}

static void refuses_acknowledgements_of_what_was_not_sent(void **state)
{
	struct bench *b = settled(1);

	(void)state;
	put(b, FRAME_ACK, "\0\0\0\0\0\1", 6);
	refused(b, 1, ERR_STATE);
	b = bench_new(1);
	pair_hold(&b->p, 1, pair_entry(&b->p, 1, LANE_CASE, 0));
	settle(b); /* entry number 0 is sent and acknowledged */
	put(b, FRAME_ACK, "\0\0\0\0\0\1", 6);
	refused(b, 1, ERR_STATE);
	b = settled(1);
	put(b, FRAME_ACK, "\0\0\0\0\0", 5);
	refused(b, 1, ERR_SHORT);
	b = settled(1);
	put(b, FRAME_RETURN, "\0\1", 2);
	refused(b, 1, ERR_STATE);
	b = settled(1);
	put(b, FRAME_RETURN, "\0\0", 2);
	refused(b, 1, ERR_MALFORMED);
}

static void refuses_more_names_than_it_has_room_for(void **state)
{
	struct bench *b = settled(1);
	struct named list[400];
	uint64_t name = UNKNOWN;
	size_t told = 0;
	int rc = ERR_OK;

	(void)state;
	while (rc == ERR_OK && told < 100000) {
		size_t begun = frame_begin(&b->out, FRAME_HAVE);

		for (size_t i = 0; i < 400; i++) {
			list[i] = (struct named){ name, LANE_IMAGE };
			name += 0x100000001ULL;
		}
		frame_put_names(&b->out, list, 400);
		frame_end(&b->out, begun);
		rc = say_to(b, 1);
		told += 400;
	}
	assert_int_equal(rc, ERR_LIMIT);
	assert_in_range(told, WANTS_ANNOUNCED_MAX, WANTS_ANNOUNCED_MAX + 400);
	bench_free(b);
}

static void refuses_more_wants_than_it_has_room_for(void **state)
{
	struct bench *b = settled(1);
	uint64_t name = UNKNOWN;
	size_t asked = 0;
	int rc = ERR_OK;

	(void)state;
	while (rc == ERR_OK && asked < 100000) {
		size_t begun = frame_begin(&b->out, FRAME_WANT);

		for (size_t i = 0; i < 500; i++) {
			buf_u64(&b->out, name++);
		}
		frame_end(&b->out, begun);
		rc = say_to(b, 1);
		asked += 500;
	}
	assert_int_equal(rc, ERR_LIMIT);
	assert_in_range(asked, OUTGOING_ASKED_MAX, OUTGOING_ASKED_MAX + 500);
	bench_free(b);
}

/* Two nodes that differ, stopped where node 1 may be asked about ranges. */
static struct bench *comparing(void)
{
	struct bench *b = bench_new(2);

	for (int i = 0; i < 100; i++) {
		pair_hold(&b->p, 1, pair_entry(&b->p, 1, LANE_CASE, 0));
	}
	connect(b);
	while (b->p.node[1].settled == 0) {
		struct sync_progress progress;
		size_t before = b->p.node[1].sent_messages;

		(void)pair_poll(&b->p, 0);
		(void)pair_deliver(&b->p, 1);
		(void)pair_poll(&b->p, 1);
		(void)pair_deliver(&b->p, 0);
		sync_session_progress(b->p.node[0].session, &progress);
		if (progress.to_receive > 0 && before > 2) {
			break; /* its answer has come: the comparison is under way */
		}
	}
	return b;
}

static void refuses_questions_beyond_the_rules(void **state)
{
	static const struct {
		const char *range;
		size_t len;
	} wrong[] = {
		{ "\x09\0\0\0\0", 5 },                /* too deep */
		{ "\x08\0\0\0\0", 5 },                /* too deep to be split */
		{ "\x21\x10", 2 },                    /* an unknown flag */
		{ "\x01\x11", 2 },                    /* half a digit too much */
		{ "\x11\x10\x20\0\0\0", 6 },          /* a cursor behind the range */
		{ "\x00\0\0\0\0\0\0\0\0\x80\0", 11 }, /* a needless byte */
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct bench *b = comparing();
		size_t begun = frame_begin(&b->out, FRAME_PROBE);

		frame_put_tag(&b->out, tag_of(b, 1));
		buf_put(&b->out, wrong[i].range, wrong[i].len);
		frame_end(&b->out, begun);
		refused(b, 1, ERR_MALFORMED);
	}
}

static void put_probes(struct bench *b, uint64_t tag, size_t n)
{
	size_t begun = frame_begin(&b->out, FRAME_PROBE);

	frame_put_tag(&b->out, tag);
	for (size_t i = 0; i < n; i++) {
		buf_u8(&b->out, 1);
		buf_u8(&b->out, (uint8_t)(i % 16 << 4));
	}
	frame_end(&b->out, begun);
}

static void answers_only_so_many_questions(void **state)
{
	struct bench *b = comparing();

	(void)state;
	put_probes(b, tag_of(b, 1), ANSWER_WAITING_MAX + 1);
	refused(b, 1, ERR_LIMIT);
	b = comparing();
	put_probes(b, tag_of(b, 5), 1); /* a class that is not shared */
	refused(b, 1, ERR_MALFORMED);
	b = comparing();
	put_probes(b, tag_of(b, 1), 1); /* the initiator asks, nobody asks it */
	refused(b, 0, ERR_STATE);
	b = settled(1);
	put_probes(b, tag_of(b, 1), 1);
	refused(b, 1, ERR_STATE);
}

static void the_same_question_over_and_over_is_too_much(void **state)
{
	struct bench *b = comparing();
	size_t asked = 0;

	(void)state;
	while (b->p.node[1].first != NULL) {
		(void)pair_deliver(&b->p, 1);
	}
	while (asked < 1000000) {
		struct fault fault;

		put_probes(b, tag_of(b, 1), 200);
		if (say_to(b, 1) != ERR_OK) {
			break;
		}
		while (pair_poll(&b->p, 1)) {
			continue;
		}
		sync_session_fault(b->p.node[1].session, &fault);
		if (fault.code != ERR_OK) {
			break;
		}
		asked += 200;
	}
	/* 100 ids may be looked at twelve times each, and 65,536 times more. */
	assert_in_range(asked, 200, 20000);
	assert_int_equal(sync_wake(b->p.node[1].session, b->p.now_ms), ERR_LIMIT);
	bench_free(b);
}

/* Answers a question about a class: lists are full and never end, everything differs. */
static void invent_answer(struct bench *b, uint8_t head, uint32_t cursor, uint64_t *made)
{
	size_t begun;

	if ((head & ANSWER_LIST) == 0) {
		begun = frame_begin(&b->out, FRAME_SPLIT);
		for (uint64_t i = 0; i < ANSWER_WAYS; i++) {
			frame_put_count(&b->out, 100000);
			buf_u64(&b->out, i);
		}
	} else {
		struct named list[FRAME_NAMES];

		begun = frame_begin(&b->out, FRAME_LIST);
		buf_u8(&b->out, 1);
		buf_u32(&b->out, cursor);
		for (size_t i = 0; i < FRAME_NAMES; i++) {
			list[i] = (struct named){ (uint64_t)cursor << 32 | i, LANE_IMAGE };
		}
		*made += FRAME_NAMES;
		frame_put_names(&b->out, list, FRAME_NAMES);
	}
	frame_end(&b->out, begun);
}

/* Plays the responder's part in a message of node 0; ERR_OK, or what node 0 says to it. */
static int play(struct bench *b, struct bytes message, uint64_t *made)
{
	struct wire w, r;
	int rc = ERR_OK;

	wire_init(&w, message.data, message.len);
	while (rc == ERR_OK && wire_left(&w) > 0) {
		struct frame f;

		assert_int_equal(frame_next(&w, &f, NULL), ERR_OK);
		if (f.type == FRAME_WANT) {
			put(b, FRAME_GONE, f.content.data, f.content.len);
			rc = say_to(b, 0);
		}
		wire_init(&r, f.content.data, f.content.len);
		(void)wire_bytes(&r, f.type == FRAME_PROBE ? NAME_TAG_BYTES : f.content.len);
		while (rc == ERR_OK && wire_left(&r) > 0) {
			uint8_t head = wire_u8(&r);
			size_t prefix = ((head & 15U) + 1U) / 2;
			uint32_t cursor = 0;

			(void)wire_bytes(&r, prefix);
			if ((head & ANSWER_LIST) != 0) {
				cursor = wire_u32(&r);
			} else if (prefix == 0) {
				(void)wire_bytes(&r, 9);
			}
			assert_int_equal(wire_error(&r), ERR_OK);
			invent_answer(b, head, cursor, made);
			rc = say_to(b, 0);
		}
	}
	return rc;
}

static void lists_without_end_are_refused(void **state)
{
	struct bench *b = bench_new(1);
	struct sync_progress progress;
	uint64_t made = 0;
	size_t messages = 0;
	int rc = ERR_OK;

	(void)state;
	for (int i = 0; i < 100; i++) { /* too many for cells */
		pair_hold(&b->p, 1, pair_entry(&b->p, 1, LANE_CASE, 0));
	}
	connect(b);
	/* Node 1 is honest until it has been asked the first question. */
	for (;;) {
		(void)pair_poll(&b->p, 0);
		if (b->p.node[0].sent_messages == 2) {
			break;
		}
		(void)pair_deliver(&b->p, 1);
		(void)pair_poll(&b->p, 1);
		(void)pair_deliver(&b->p, 0);
	}
	for (; rc == ERR_OK && messages < 100000; messages++) {
		struct pair_message *m;

		while (b->p.node[1].first == NULL) {
			assert_true(pair_poll(&b->p, 0));
		}
		m = b->p.node[1].first;
		b->p.node[1].first = m->next;
		rc = play(b, (struct bytes){ m->data, m->len }, &made);
		free(m);
		sync_session_progress(b->p.node[0].session, &progress);
		assert_in_range(progress.memory_bytes, 1, 4 * 1024 * 1024);
	}
	assert_int_equal(rc, ERR_LIMIT);
	assert_in_range(made, 10000, 100000);
	bench_free(b);
}

/* What node 0 holds: nothing, as it says, of one class that is shared both ways. */
static void put_round(struct bench *b, uint32_t round, bool counted)
{
	size_t begun = frame_begin(&b->out, FRAME_ROUND);

	frame_put_count(&b->out, round);
	buf_u64(&b->out, 0);
	frame_put_count(&b->out, 0);
	frame_put_tag(&b->out, 1);
	buf_u64(&b->out, 0);
	frame_put_count(&b->out, 0);
	frame_put_count(&b->out, counted);
	for (size_t i = 0; counted && i < SKETCH_FEW; i++) {
		buf_u8(&b->out, 0);
	}
	frame_end(&b->out, begun);
}

/* As node 0 in a round that node 1 has answered with its list. */
static void put_classes(struct bench *b, uint32_t round)
{
	size_t begun = frame_begin(&b->out, FRAME_CLASSES);

	frame_put_count(&b->out, round);
	buf_u64(&b->out, 0);
	frame_put_count(&b->out, 0);
	frame_put_count(&b->out, 0);
	frame_end(&b->out, begun);
}

static void rounds_may_not_follow_each_other_without_end(void **state)
{
	struct bench *b = settled(0);
	size_t rounds = 0;
	int rc = ERR_OK;

	(void)state;
	for (uint32_t round = 2; rc == ERR_OK && round < 1000; round++) {
		put_round(b, round, true);
		rc = say_to(b, 1);
		while (rc == ERR_OK && pair_poll(&b->p, 1)) {
			continue;
		}
		put_classes(b, round);
		rc = rc == ERR_OK ? say_to(b, 1) : rc;
		while (rc == ERR_OK && pair_poll(&b->p, 1)) {
			continue;
		}
		rounds++;
	}
	assert_int_equal(rc, ERR_LIMIT);
	assert_in_range(rounds, 10, 20);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_messages_and_frames_out_of_form),
		cmocka_unit_test(refuses_a_stranger),
		cmocka_unit_test(refuses_entries_that_it_did_not_ask_for),
		cmocka_unit_test(refuses_pieces_that_do_not_fit),
		cmocka_unit_test(never_holds_more_than_its_credit),
		cmocka_unit_test(refuses_acknowledgements_of_what_was_not_sent),
		cmocka_unit_test(refuses_more_names_than_it_has_room_for),
		cmocka_unit_test(refuses_more_wants_than_it_has_room_for),
		cmocka_unit_test(refuses_questions_beyond_the_rules),
		cmocka_unit_test(answers_only_so_many_questions),
		cmocka_unit_test(the_same_question_over_and_over_is_too_much),
		cmocka_unit_test(lists_without_end_are_refused),
		cmocka_unit_test(rounds_may_not_follow_each_other_without_end),
	};

	return cmocka_run_group_tests_name("sync hostile", tests, NULL, NULL);
}
