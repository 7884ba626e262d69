/* What two honest nodes get from a link.  What an attacker gets stands in
 * test_link_attack.c. */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/err.h"
#include "channel/link.h"
#include "tests/lib/link_pair.h"
#include "tests/lib/seeded.h"

/* Send from one side and let the other one take it: what did it get? */
static int pass(struct link_pair *p, int from, struct bytes message)
{
	int rc = link_send(p->links[from], message, &p->wire[from]);

	return rc == ERR_OK ? link_pair_take(p, 1 - from) : rc;
}

static void assert_message(const struct link_event *event, struct bytes message)
{
	assert_non_null(event);
	assert_int_equal(event->kind, LINK_MESSAGE);
	assert_true(bytes_equal(event->data, message));
}

static void both_sides_learn_who_the_other_is(void **state)
{
	struct link_pair *p = *state;

	assert_int_equal(link_pair_ready(p), ERR_OK);
	for (int i = 0; i < 2; i++) {
		const struct link_event *ready = p->events[i];

		assert_non_null(ready);
		assert_null(ready->next);
		assert_int_equal(ready->kind, LINK_READY);
		assert_memory_equal(ready->remote, p->public[1 - i], NOISE_KEY_BYTES);
		assert_true(bytes_equal(ready->data, p->config[1 - i].hello));
		assert_memory_equal(ready->key_id, p->keys[0]->id, LINK_ID_BYTES);
		assert_int_equal(link_fault(p->links[i])->code, ERR_OK);
	}
	assert_memory_equal(p->events[0]->hash, p->events[1]->hash, NOISE_HASH_BYTES);
	assert_int_equal(pass(p, INITIATOR, bytes_of("CANARY notice")), ERR_OK);
	assert_message(p->events[RESPONDER], bytes_of("CANARY notice"));
	assert_int_equal(pass(p, RESPONDER, bytes_of("")), ERR_OK);
	assert_message(p->events[INITIATOR], bytes_of(""));
}

/* A caller that does not want this responder drops message 3, and stays unknown. */
static void initiator_can_look_before_it_shows_itself(void **state)
{
	struct link_pair *p = *state;

	assert_int_equal(link_pair_open(p), ERR_OK);
	assert_int_equal(p->wire[INITIATOR].len, 66);
	assert_int_equal(link_pair_take(p, RESPONDER), ERR_OK);
	assert_null(p->events[RESPONDER]);
	assert_int_equal(link_pair_take(p, INITIATOR), ERR_OK);
	assert_int_equal(p->events[INITIATOR]->kind, LINK_READY);
	assert_int_equal(p->wire[INITIATOR].len, 128);
}

static void sends_nothing_before_it_is_ready(void **state)
{
	struct link_pair *p = *state;
	struct buf out = { 0 };

	assert_int_equal(link_pair_open(p), ERR_OK);
	assert_int_equal(link_send(p->links[INITIATOR], bytes_of("x"), &out), ERR_STATE);
	assert_int_equal(link_send(p->links[RESPONDER], bytes_of("x"), &out), ERR_STATE);
	assert_int_equal(link_start(p->links[INITIATOR], 0, 0, &out), ERR_STATE);
	assert_int_equal(link_start(p->links[RESPONDER], 0, 0, &out), ERR_STATE);
	assert_int_equal(out.len, 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(link_pair_take(p, i == 1 ? INITIATOR : RESPONDER), ERR_OK);
	}
	assert_int_equal(pass(p, RESPONDER, bytes_of("x")), ERR_OK);
}

static void hears_nothing_before_it_has_started(void **state)
{
	struct link_pair *p = *state;

	assert_int_equal(link_new(&p->config[INITIATOR], &p->links[INITIATOR]), ERR_OK);
	buf_put(&p->wire[RESPONDER], "early", 5);
	assert_int_equal(link_pair_take(p, INITIATOR), ERR_STATE);
	assert_int_equal(link_start(p->links[INITIATOR], 0, 0, &p->wire[INITIATOR]), ERR_OK);
}

/* The whole talk, cut into pieces of the size; all events as one text, all bytes sent. */
static void talk(struct link_pair *p, size_t piece, struct buf *heard, struct buf *wires)
{
	link_pair_drop(p);
	link_replay_init(&p->replay);
	seeded_start(11);
	p->config[INITIATOR].rekey_messages = p->config[RESPONDER].rekey_messages = 3;
	assert_int_equal(link_pair_open(p), ERR_OK);
	for (int turn = 0; turn < 10; turn++) {
		int from = turn % 2;
		struct buf in = p->wire[from];

		p->wire[from] = (struct buf){ 0 };
		buf_put(wires, in.data, in.len);
		for (size_t at = 0; at < in.len; at += piece) {
			size_t len = in.len - at < piece ? in.len - at : piece;
			struct link_event *event;

			assert_int_equal(link_feed(p->links[1 - from],
						   (struct bytes){ in.data + at, len }, PAIR_NOW_MS,
						   &p->arena, &event, &p->wire[1 - from]),
					 ERR_OK);
			for (; event != NULL; event = event->next) {
				buf_u8(heard, (uint8_t)event->kind);
				buf_put(heard, event->data.data, event->data.len);
				buf_put(heard, event->remote, sizeof event->remote);
			}
		}
		buf_done(&in);
		for (int i = 0; turn >= 2 && i < turn; i++) {
			uint8_t text[200];

			memset(text, turn, sizeof text);
			assert_int_equal(link_send(p->links[1 - from],
						   (struct bytes){ text, (size_t)(20 * i) },
						   &p->wire[1 - from]),
					 ERR_OK);
		}
	}
}

static void does_not_care_how_the_stream_is_cut(void **state)
{
	struct buf heard = { 0 };
	struct buf wires = { 0 };

	talk(*state, SIZE_MAX, &heard, &wires);
	/* two hellos of 32 and 35 messages of 1,680 bytes in all, each with 33 more */
	assert_int_equal(heard.len, 37 * 33 + 2 * 32 + 1680);
	for (size_t piece = 1; piece < 150; piece += piece < 10 ? 1 : 31) {
		struct buf heard_cut = { 0 };
		struct buf wires_cut = { 0 };

		talk(*state, piece, &heard_cut, &wires_cut);
		assert_true(bytes_equal(buf_bytes(&heard), buf_bytes(&heard_cut)));
		assert_true(bytes_equal(buf_bytes(&wires), buf_bytes(&wires_cut)));
		buf_done(&heard_cut);
		buf_done(&wires_cut);
	}
	buf_done(&heard);
	buf_done(&wires);
}

static void shows_only_whole_units_on_the_wire(void **state)
{
	struct link_pair *p = *state;

	p->config[INITIATOR].pad_bytes = 256;
	assert_int_equal(link_pair_open(p), ERR_OK);
	assert_int_equal(link_pair_take(p, RESPONDER), ERR_OK);
	assert_int_equal(p->wire[RESPONDER].len % 64, 0);
	assert_int_equal(link_pair_take(p, INITIATOR), ERR_OK);
	assert_int_equal(p->wire[INITIATOR].len, 256);
	assert_int_equal(link_pair_take(p, RESPONDER), ERR_OK);
	for (size_t len = 0; len < 600; len++) {
		static const uint8_t text[600];

		for (int from = 0; from < 2; from++) {
			struct bytes message = { text, len };

			assert_int_equal(link_send(p->links[from], message, &p->wire[from]),
					 ERR_OK);
			assert_int_equal(p->wire[from].len % (from == INITIATOR ? 256 : 64), 0);
			assert_int_equal(link_pair_take(p, 1 - from), ERR_OK);
			assert_message(p->events[1 - from], message);
		}
		arena_done(&p->arena);
	}
}

static void carries_the_longest_message_and_no_longer_one(void **state)
{
	struct link_pair *p = *state;
	static uint8_t text[LINK_MESSAGE_MAX + 1];
	struct bytes longest = { text, LINK_MESSAGE_MAX };
	struct bytes longer = { text, LINK_MESSAGE_MAX + 1 };

	memset(text, 0xc5, sizeof text);
	assert_int_equal(link_pair_ready(p), ERR_OK);
	assert_int_equal(link_send(p->links[0], longer, &p->wire[0]), ERR_LIMIT);
	assert_int_equal(p->wire[0].len, 0);
	assert_int_equal(link_send(p->links[0], longest, &p->wire[0]), ERR_OK);
	assert_int_equal(p->wire[0].len, 65536);
	assert_int_equal(link_pair_take(p, RESPONDER), ERR_OK);
	assert_message(p->events[RESPONDER], longest);
}

static void a_full_buffer_changes_nothing(void **state)
{
	struct link_pair *p = *state;
	struct buf small;

	assert_int_equal(link_pair_ready(p), ERR_OK);
	buf_init(&small, 63);
	assert_int_equal(link_send(p->links[0], bytes_of("lost"), &small), ERR_SPACE);
	assert_int_equal(small.len, 0);
	assert_int_equal(pass(p, INITIATOR, bytes_of("kept")), ERR_OK);
	assert_message(p->events[RESPONDER], bytes_of("kept"));
	buf_done(&small);
}

static void carries_the_longest_hello(void **state)
{
	struct link_pair *p = *state;
	static uint8_t text[LINK_HELLO_MAX + 1];

	for (int i = 0; i < 2; i++) {
		p->config[i].hello = (struct bytes){ text, LINK_HELLO_MAX };
	}
	p->config[0].pad_bytes = 256;
	assert_int_equal(link_pair_ready(p), ERR_OK);
	assert_int_equal(p->events[0]->data.len, LINK_HELLO_MAX);
	assert_int_equal(p->events[1]->data.len, LINK_HELLO_MAX);
	link_pair_drop(p);
	p->config[0].hello.len++;
	assert_int_equal(link_pair_open(p), ERR_RANGE);
}

static void refuses_what_is_longer_than_it_wants(void **state)
{
	struct link_pair *p = *state;
	static uint8_t text[1000];

	p->config[RESPONDER].message_max = 1000;
	p->config[INITIATOR].hello_max = 10;
	assert_int_equal(link_pair_open(p), ERR_OK);
	assert_int_equal(link_pair_take(p, RESPONDER), ERR_OK);
	assert_int_equal(link_pair_take(p, INITIATOR), ERR_LIMIT);
	assert_int_equal(p->wire[INITIATOR].len, 0);
	link_pair_drop(p);
	p->config[INITIATOR].hello_max = 0;
	assert_int_equal(link_pair_ready(p), ERR_OK);
	assert_int_equal(pass(p, INITIATOR, (struct bytes){ text, 1000 }), ERR_OK);
	assert_int_equal(pass(p, INITIATOR, (struct bytes){ text, 1000 }), ERR_OK);
	assert_int_equal(link_send(p->links[0], bytes_of("good"), &p->wire[0]), ERR_OK);
	{ /* too long for the responder, though not for the protocol */
		static uint8_t long_text[2000];

		assert_int_equal(
		    link_send(p->links[0], (struct bytes){ long_text, 2000 }, &p->wire[0]), ERR_OK);
	}
	assert_int_equal(link_pair_take(p, RESPONDER), ERR_LIMIT);
	assert_message(p->events[RESPONDER], bytes_of("good"));
	assert_null(p->events[RESPONDER]->next);
	assert_string_equal(link_fault(p->links[1])->what, "frame length");
}

static void refuses_a_config_out_of_range(void **state)
{
	struct link_pair *p = *state;
	struct link_config c = p->config[RESPONDER];
	struct link *l = NULL;

	c.replay = NULL;
	assert_int_equal(link_new(&c, &l), ERR_RANGE);
	c = p->config[RESPONDER];
	c.keys[0] = NULL;
	assert_int_equal(link_new(&c, &l), ERR_RANGE);
	c = p->config[RESPONDER];
	c.pad_bytes = 128;
	assert_int_equal(link_new(&c, &l), ERR_RANGE);
	c = p->config[RESPONDER];
	c.message_max = LINK_MESSAGE_MAX + 1;
	assert_int_equal(link_new(&c, &l), ERR_RANGE);
	c = p->config[RESPONDER];
	c.hello_max = LINK_HELLO_MAX + 1;
	assert_int_equal(link_new(&c, &l), ERR_RANGE);
	assert_null(l);
	link_free(NULL);
	link_keys_free(NULL);
}

/* The sender replaces its key behind the third message: a receiver with another limit can
 * follow up to there and not one message further. */
static void replaces_the_key_at_the_boundary(void **state)
{
	struct link_pair *p = *state;

	for (uint64_t limit = 3; limit <= 5; limit++) {
		link_pair_drop(p);
		link_replay_init(&p->replay);
		p->config[INITIATOR].rekey_messages = 3;
		p->config[RESPONDER].rekey_messages = limit;
		assert_int_equal(link_pair_ready(p), ERR_OK);
		for (int i = 0; i < 3; i++) {
			assert_int_equal(pass(p, INITIATOR, bytes_of("before")), ERR_OK);
		}
		if (limit != 3) {
			assert_int_equal(pass(p, INITIATOR, bytes_of("after")), ERR_FORGED);
			assert_null(p->events[RESPONDER]);
			continue;
		}
		for (int i = 0; i < 10; i++) {
			assert_int_equal(pass(p, INITIATOR, bytes_of("after")), ERR_OK);
			assert_int_equal(pass(p, RESPONDER, bytes_of("after")), ERR_OK);
		}
	}
}

static void replaces_the_key_after_so_many_bytes(void **state)
{
	struct link_pair *p = *state;

	/* frames of 64: the second one reaches 128 */
	p->config[INITIATOR].rekey_bytes = 128;
	p->config[RESPONDER].rekey_bytes = 129;
	assert_int_equal(link_pair_ready(p), ERR_OK);
	assert_int_equal(pass(p, INITIATOR, bytes_of("1")), ERR_OK);
	assert_int_equal(pass(p, INITIATOR, bytes_of("2")), ERR_OK);
	assert_int_equal(pass(p, INITIATOR, bytes_of("3")), ERR_FORGED);
	link_pair_drop(p);
	link_replay_init(&p->replay);
	p->config[RESPONDER].rekey_bytes = 128;
	assert_int_equal(link_pair_ready(p), ERR_OK);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(pass(p, INITIATOR, bytes_of("x")), ERR_OK);
		assert_int_equal(pass(p, RESPONDER, bytes_of("x")), ERR_OK);
	}
}

/* Each new key begins with both counts at 0: two frames of 64 never become 192 bytes. */
static void counts_afresh_under_each_key(void **state)
{
	struct link_pair *p = *state;

	p->config[INITIATOR].rekey_messages = p->config[RESPONDER].rekey_messages = 2;
	p->config[INITIATOR].rekey_bytes = 192;
	assert_int_equal(link_pair_ready(p), ERR_OK);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(pass(p, INITIATOR, bytes_of("x")), ERR_OK);
		assert_int_equal(pass(p, RESPONDER, bytes_of("x")), ERR_OK);
	}
}

static void replaces_the_key_at_the_real_limit(void **state)
{
	struct link_pair *p = *state;

	p->config[RESPONDER].rekey_messages = LINK_REKEY_MESSAGES + 1;
	assert_int_equal(link_pair_ready(p), ERR_OK);
	for (int i = 0; i < 65536; i++) {
		assert_int_equal(pass(p, INITIATOR, bytes_of("x")), ERR_OK);
		arena_done(&p->arena);
	}
	assert_int_equal(pass(p, INITIATOR, bytes_of("x")), ERR_FORGED);
}

/* A responder still takes the psk of the epoch before, and says which one it was. */
static void takes_the_psk_that_the_initiator_names(void **state)
{
	struct link_pair *p = *state;
	uint8_t newer[NOISE_KEY_BYTES] = { 9 };
	struct link_keys_config config = {
		.id = { 0xc0, 0xff, 0xee, 0x02 },
		.psk = newer,
		.own_secret = p->secret[RESPONDER],
		.own_public = p->public[RESPONDER],
		.prologue = bytes_of("OP1 region"),
	};
	struct link_keys *keys;

	assert_int_equal(link_keys_new(&config, &keys), ERR_OK);
	p->config[RESPONDER].keys[0] = keys;
	p->config[RESPONDER].keys[1] = p->keys[RESPONDER];
	assert_int_equal(link_pair_ready(p), ERR_OK);
	assert_memory_equal(p->events[RESPONDER]->key_id, p->keys[INITIATOR]->id, LINK_ID_BYTES);
	link_pair_drop(p);
	p->config[RESPONDER].keys[1] = NULL;
	assert_int_equal(link_pair_open(p), ERR_OK);
	assert_int_equal(link_pair_take(p, RESPONDER), ERR_NOKEY);
	link_keys_free(keys);
}

static void knows_a_stream_that_was_cut(void **state)
{
	struct link_pair *p = *state;
	struct link_event *event;

	assert_int_equal(link_pair_open(p), ERR_OK);
	assert_int_equal(link_end(p->links[RESPONDER]), ERR_SHORT);
	assert_int_equal(link_pair_take(p, RESPONDER), ERR_SHORT);
	link_pair_drop(p);
	assert_int_equal(link_pair_ready(p), ERR_OK);
	assert_int_equal(link_end(p->links[RESPONDER]), ERR_OK);
	assert_int_equal(link_send(p->links[0], bytes_of("x"), &p->wire[0]), ERR_OK);
	assert_int_equal(link_feed(p->links[1], (struct bytes){ p->wire[0].data, 63 }, PAIR_NOW_MS,
				   &p->arena, &event, &p->wire[1]),
			 ERR_OK);
	assert_null(event);
	assert_int_equal(link_end(p->links[RESPONDER]), ERR_SHORT);
	assert_int_equal(link_fault(p->links[RESPONDER])->at, 66 + 128 + 63);
	assert_int_equal(link_end(p->links[RESPONDER]), ERR_SHORT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, link_pair_setup, link_pair_teardown)
		TEST(both_sides_learn_who_the_other_is),
		TEST(initiator_can_look_before_it_shows_itself),
		TEST(sends_nothing_before_it_is_ready),
		TEST(hears_nothing_before_it_has_started),
		TEST(does_not_care_how_the_stream_is_cut),
		TEST(shows_only_whole_units_on_the_wire),
		TEST(carries_the_longest_message_and_no_longer_one),
		TEST(a_full_buffer_changes_nothing),
		TEST(carries_the_longest_hello),
		TEST(refuses_what_is_longer_than_it_wants),
		TEST(refuses_a_config_out_of_range),
		TEST(replaces_the_key_at_the_boundary),
		TEST(replaces_the_key_after_so_many_bytes),
		TEST(counts_afresh_under_each_key),
		TEST(replaces_the_key_at_the_real_limit),
		TEST(takes_the_psk_that_the_initiator_names),
		TEST(knows_a_stream_that_was_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
