/* What an attacker gets from a link: strangers who lack the region's key, those who hold the
 * wire, and members who lie.  Work is counted in Diffie-Hellman operations. */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/err.h"
#include "channel/link.h"
#include "channel/link_frame.h"
#include "channel/noise.h"
#include "tests/lib/link_pair.h"
#include "tests/lib/seeded.h"

#define MESSAGE_1 66 /* on the wire, with the psk's id and length */

/* How often keys were multiplied, by the base point or by another key. */
static size_t multiplied;

int __real_crypto_scalarmult(unsigned char *q, const unsigned char *n, const unsigned char *p);
int __wrap_crypto_scalarmult(unsigned char *q, const unsigned char *n, const unsigned char *p);
int __real_crypto_scalarmult_base(unsigned char *q, const unsigned char *n);
int __wrap_crypto_scalarmult_base(unsigned char *q, const unsigned char *n);

int __wrap_crypto_scalarmult(unsigned char *q, const unsigned char *n, const unsigned char *p)
{
	multiplied++;
	return __real_crypto_scalarmult(q, n, p);
}

int __wrap_crypto_scalarmult_base(unsigned char *q, const unsigned char *n)
{
	multiplied++;
	return __real_crypto_scalarmult_base(q, n);
}

/* Begin again, always with the same bytes, up to the message with this number lying on the
 * wire of its sender: 1 to 3 are the handshake, 4 is the initiator's first message. */
static void play_up_to(struct link_pair *p, int number)
{
	link_pair_drop(p);
	link_replay_init(&p->replay);
	seeded_start(9);
	assert_int_equal(link_pair_open(p), ERR_OK);
	for (int i = 1; i < number; i++) {
		assert_int_equal(link_pair_take(p, i % 2 == 1 ? RESPONDER : INITIATOR), ERR_OK);
		if (i == 3) {
			assert_int_equal(link_send(p->links[INITIATOR], bytes_of("CANARY notice"),
						   &p->wire[INITIATOR]),
					 ERR_OK);
		}
	}
}

static int receiver_of(int number)
{
	return number == 2 ? INITIATOR : RESPONDER;
}

/* Nothing was told and nothing is answered, now or later; the stream's end at the latest
 * brings an error. */
static bool is_refused(struct link_pair *p, int side, struct bytes in)
{
	struct link *l = p->links[side];
	struct buf out = { 0 };
	struct link_event *event;
	int rc = link_feed(l, in, PAIR_NOW_MS, &p->arena, &event, &out);
	bool refused = event == NULL && out.len == 0;

	if (rc == ERR_OK) {
		rc = link_end(l);
	}
	refused = refused && rc != ERR_OK && link_fault(l)->code == rc &&
		  link_send(l, bytes_of("x"), &out) == ERR_STATE &&
		  link_feed(l, in, PAIR_NOW_MS, &p->arena, &event, &out) == rc && event == NULL &&
		  out.len == 0;
	buf_done(&out);
	return refused;
}

static size_t count_refused(struct link_pair *p, int number)
{
	int side = receiver_of(number);
	size_t refused = 0;
	size_t len;

	play_up_to(p, number);
	len = p->wire[1 - side].len;
	for (size_t i = 0; i < 9 * len; i++) {
		struct buf *wire = &p->wire[1 - side];

		play_up_to(p, number);
		assert_int_equal(wire->len, len);
		if (i < 8 * len) {
			wire->data[i / 8] ^= (uint8_t)(1U << (i % 8));
			refused += is_refused(p, side, buf_bytes(wire));
		} else if (number < 4 || i > 8 * len) { /* a ready link may end before a frame */
			refused += is_refused(p, side, (struct bytes){ wire->data, i - 8 * len });
		}
	}
	return refused;
}

static void refuses_every_flip_and_cut_of_message_1(void **state)
{
	assert_int_equal(count_refused(*state, 1), 9 * MESSAGE_1);
}

static void refuses_every_flip_and_cut_of_message_2(void **state)
{
	assert_int_equal(count_refused(*state, 2), 9 * 192);
}

static void refuses_every_flip_and_cut_of_message_3(void **state)
{
	assert_int_equal(count_refused(*state, 3), 9 * 128);
}

static void refuses_every_flip_and_cut_of_a_frame(void **state)
{
	assert_int_equal(count_refused(*state, 4), 9 * 64 - 1);
}

/* A stranger sends whatever: not one key is multiplied for it, and not one byte answered. */
static void junk_costs_no_diffie_hellman(void **state)
{
	struct link_pair *p = *state;

	for (int kind = 0; kind < 4; kind++) {
		for (int i = 0; i < 250; i++) {
			uint8_t junk[200];

			play_up_to(p, 1);
			randombytes_buf(junk, sizeof junk);
			if (kind >= 1) { /* the id is known to whoever listens */
				memcpy(junk, p->wire[INITIATOR].data, LINK_ID_BYTES);
			}
			if (kind >= 2) {
				junk[4] = 0;
				junk[5] = 60;
			}
			if (kind == 3) { /* and so is an ephemeral key */
				memcpy(junk, p->wire[INITIATOR].data, MESSAGE_1 - 16);
			}
			multiplied = 0;
			assert_true(is_refused(p, RESPONDER, (struct bytes){ junk, sizeof junk }));
			assert_int_equal(multiplied, 0);
			assert_int_equal(link_fault(p->links[RESPONDER])->code,
					 kind == 0   ? ERR_NOKEY
					 : kind == 1 ? ERR_MALFORMED
						     : ERR_FORGED);
		}
	}
}

static void a_member_costs_three_multiplications(void **state)
{
	struct link_pair *p = *state;

	play_up_to(p, 1);
	multiplied = 0;
	assert_int_equal(link_pair_take(p, RESPONDER), ERR_OK);
	assert_int_equal(multiplied, 3); /* a new key, ee and es */
	multiplied = 0;
	assert_int_equal(link_pair_take(p, INITIATOR), ERR_OK);
	assert_int_equal(multiplied, 3); /* ee, es and se */
	multiplied = 0;
	assert_int_equal(link_pair_take(p, RESPONDER), ERR_OK);
	assert_int_equal(multiplied, 1);
}

static void answers_a_first_message_only_once(void **state)
{
	struct link_pair *p = *state;
	uint8_t first[MESSAGE_1];

	play_up_to(p, 1);
	memcpy(first, p->wire[INITIATOR].data, MESSAGE_1);
	assert_int_equal(link_pair_take(p, RESPONDER), ERR_OK);
	link_pair_drop(p); /* the table stays */
	assert_int_equal(link_pair_open(p), ERR_OK);
	multiplied = 0;
	assert_true(is_refused(p, RESPONDER, (struct bytes){ first, MESSAGE_1 }));
	assert_int_equal(link_fault(p->links[RESPONDER])->code, ERR_EXISTS);
	assert_int_equal(multiplied, 0);
	/* the same node with a message of its own is welcome */
	link_free(p->links[RESPONDER]);
	assert_int_equal(link_new(&p->config[RESPONDER], &p->links[RESPONDER]), ERR_OK);
	assert_int_equal(link_pair_take(p, RESPONDER), ERR_OK);
}

static int feed_first_at(struct link_pair *p, uint64_t now_ms)
{
	struct link_event *event;
	int rc;

	play_up_to(p, 1);
	multiplied = 0;
	rc = link_feed(p->links[RESPONDER], buf_bytes(&p->wire[INITIATOR]), now_ms, &p->arena,
		       &event, &p->wire[RESPONDER]);
	assert_int_equal(multiplied, rc == ERR_OK ? 3 : 0);
	assert_int_equal(p->wire[RESPONDER].len > 0, rc == ERR_OK);
	return rc;
}

static void keeps_to_the_window_of_stamps(void **state)
{
	struct link_pair *p = *state;

	assert_int_equal(feed_first_at(p, PAIR_NOW_MS + 120000), ERR_OK);
	assert_int_equal(feed_first_at(p, PAIR_NOW_MS + 120001), ERR_EXPIRED);
	assert_int_equal(feed_first_at(p, PAIR_NOW_MS - 120000), ERR_OK);
	assert_int_equal(feed_first_at(p, PAIR_NOW_MS - 120001), ERR_SKEW);
	/* a node that does not trust its own clock can be reached all the same */
	p->config[RESPONDER].stamp_window_ms = LINK_STAMP_ANY;
	assert_int_equal(feed_first_at(p, 0), ERR_OK);
	assert_int_equal(feed_first_at(p, UINT64_MAX), ERR_OK);
}

/* Keys that differ from the region's in one thing. */
static int take_from(struct link_pair *p, const struct link_keys_config *config)
{
	struct link_keys *keys;
	int rc;

	link_pair_drop(p);
	link_replay_init(&p->replay);
	assert_int_equal(link_keys_new(config, &keys), ERR_OK);
	p->config[INITIATOR].keys[0] = keys;
	assert_int_equal(link_pair_open(p), ERR_OK);
	multiplied = 0;
	rc = link_pair_take(p, RESPONDER);
	assert_int_equal(multiplied, rc == ERR_OK ? 3 : 0);
	assert_int_equal(p->wire[RESPONDER].len > 0, rc == ERR_OK);
	link_free(p->links[INITIATOR]);
	p->links[INITIATOR] = NULL;
	p->config[INITIATOR].keys[0] = p->keys[INITIATOR];
	link_keys_free(keys);
	return rc;
}

static void refuses_another_psk_or_region(void **state)
{
	struct link_pair *p = *state;
	const struct link_keys_config member = {
		.id = { 0xc0, 0xff, 0xee, 0x01 },
		.psk = p->psk,
		.own_secret = p->secret[INITIATOR],
		.own_public = p->public[INITIATOR],
		.prologue = bytes_of("OP1 region"),
	};
	struct link_keys_config config = member;
	uint8_t psk[NOISE_KEY_BYTES];

	assert_int_equal(take_from(p, &config), ERR_OK);
	memcpy(psk, p->psk, sizeof psk);
	psk[31] ^= 0x80;
	config.psk = psk;
	assert_int_equal(take_from(p, &config), ERR_FORGED);
	config = member;
	config.prologue = bytes_of("OP2 region");
	assert_int_equal(take_from(p, &config), ERR_FORGED);
	config = member;
	config.id[0] ^= 1;
	assert_int_equal(take_from(p, &config), ERR_NOKEY);
}

/* Somebody in the middle connects a node with itself. */
static void does_not_talk_to_itself(void **state)
{
	struct link_pair *p = *state;

	p->config[INITIATOR].keys[0] = p->keys[RESPONDER];
	assert_int_equal(link_pair_open(p), ERR_OK);
	assert_int_equal(link_pair_take(p, RESPONDER), ERR_OK);
	assert_int_equal(link_pair_take(p, INITIATOR), ERR_DENIED);
	assert_int_equal(p->wire[INITIATOR].len, 0);
	assert_null(p->events[INITIATOR]);
}

static struct bytes frame_at(const struct buf *wire, size_t i)
{
	return (struct bytes){ wire->data + 64 * i, 64 };
}

static void notices_lost_repeated_and_swapped_frames(void **state)
{
	struct link_pair *p = *state;
	/* which of three frames arrive, in which order */
	static const uint8_t orders[][2] = { { 1, 2 }, { 0, 2 }, { 0, 0 } };

	for (size_t i = 0; i < 3; i++) {
		struct buf *wire = &p->wire[INITIATOR];
		struct link_event *event;
		int rc = ERR_OK;
		size_t got = 0;

		play_up_to(p, 4);
		assert_int_equal(link_send(p->links[INITIATOR], bytes_of("2"), wire), ERR_OK);
		assert_int_equal(link_send(p->links[INITIATOR], bytes_of("3"), wire), ERR_OK);
		for (size_t j = 0; j < 2 && rc == ERR_OK; j++) {
			rc = link_feed(p->links[RESPONDER], frame_at(wire, orders[i][j]),
				       PAIR_NOW_MS, &p->arena, &event, &p->wire[RESPONDER]);
			got += event != NULL;
		}
		assert_int_equal(rc, ERR_FORGED);
		assert_int_equal(got, orders[i][0] == 0);
	}
}

static void refuses_its_own_frames(void **state)
{
	struct link_pair *p = *state;

	play_up_to(p, 4);
	assert_true(is_refused(p, INITIATOR, buf_bytes(&p->wire[INITIATOR])));
}

static void delivers_what_came_before_the_bad_byte(void **state)
{
	struct link_pair *p = *state;
	struct buf *wire = &p->wire[INITIATOR];

	play_up_to(p, 4);
	assert_int_equal(link_send(p->links[INITIATOR], bytes_of("2"), wire), ERR_OK);
	assert_int_equal(link_send(p->links[INITIATOR], bytes_of("3"), wire), ERR_OK);
	wire->data[64 + 10] ^= 1;
	assert_int_equal(link_pair_take(p, RESPONDER), ERR_FORGED);
	assert_non_null(p->events[RESPONDER]);
	assert_null(p->events[RESPONDER]->next);
	assert_int_equal(link_fault(p->links[RESPONDER])->at, MESSAGE_1 + 128 + 64);
	assert_string_equal(link_fault(p->links[RESPONDER])->what, "frame");
}

/* A member that writes its handshake and frames by hand; the responder is a real link. */
struct liar {
	struct noise *noise;
	struct buf wire;
};

static void liar_starts(struct liar *liar, struct link_pair *p, size_t stamp_len)
{
	const struct noise_config config = {
		.pattern = "XXpsk0",
		.initiator = true,
		.prologue = bytes_of("OP1 region"),
		.own_secret = p->secret[INITIATOR],
		.own_public = p->public[INITIATOR],
		.psks = (const uint8_t(*)[NOISE_KEY_BYTES])p->psk,
		.psk_count = 1,
	};
	struct buf stamp = { 0 };

	buf_u64(&stamp, PAIR_NOW_MS);
	buf_put(&stamp, "1234567890", stamp_len - 8);
	buf_put(&liar->wire, p->keys[INITIATOR]->id, LINK_ID_BYTES);
	buf_u16(&liar->wire, (uint16_t)(NOISE_KEY_BYTES + stamp_len + NOISE_TAG_BYTES));
	assert_int_equal(noise_new(&config, &liar->noise), ERR_OK);
	assert_int_equal(noise_write(liar->noise, buf_bytes(&stamp), &liar->wire), ERR_OK);
	buf_done(&stamp);
}

/* A sealed frame around these raw bytes. */
static void liar_sends(struct liar *liar, const uint8_t *inner, size_t len)
{
	uint8_t *sealed;

	buf_u16(&liar->wire, (uint16_t)(len + NOISE_TAG_BYTES));
	sealed = buf_extend(&liar->wire, len + NOISE_TAG_BYTES);
	assert_non_null(sealed);
	assert_int_equal(noise_seal(liar->noise, (struct bytes){ inner, len }, sealed), ERR_OK);
}

static int liar_feeds(struct liar *liar, struct link_pair *p)
{
	int rc = link_feed(p->links[RESPONDER], buf_bytes(&liar->wire), PAIR_NOW_MS, &p->arena,
			   &p->events[RESPONDER], &p->wire[RESPONDER]);

	liar->wire.len = 0;
	return rc;
}

static void liar_done(struct liar *liar)
{
	noise_free(liar->noise);
	buf_done(&liar->wire);
}

/* A whole handshake in which message 3 carries these raw bytes. */
static int liar_shakes_hands(struct liar *liar, struct link_pair *p, struct bytes inner)
{
	struct buf payload = { 0 };
	struct bytes in;

	*liar = (struct liar){ 0 };
	link_pair_drop(p);
	link_replay_init(&p->replay);
	assert_int_equal(link_new(&p->config[RESPONDER], &p->links[RESPONDER]), ERR_OK);
	liar_starts(liar, p, 12);
	assert_int_equal(liar_feeds(liar, p), ERR_OK);
	in = (struct bytes){ p->wire[RESPONDER].data + 2, p->wire[RESPONDER].len - 2 };
	assert_int_equal(noise_read(liar->noise, in, &payload), ERR_OK);
	buf_done(&payload);
	p->wire[RESPONDER].len = 0;
	buf_u16(&liar->wire, (uint16_t)(48 + inner.len + NOISE_TAG_BYTES));
	assert_int_equal(noise_write(liar->noise, inner, &liar->wire), ERR_OK);
	return liar_feeds(liar, p);
}

static void refuses_a_stamp_of_another_length(void **state)
{
	struct link_pair *p = *state;

	for (size_t len = 8; len < 18; len++) {
		struct liar liar = { 0 };

		link_pair_drop(p);
		link_replay_init(&p->replay);
		assert_int_equal(link_new(&p->config[RESPONDER], &p->links[RESPONDER]), ERR_OK);
		liar_starts(&liar, p, len);
		multiplied = 0;
		assert_int_equal(liar_feeds(&liar, p), len == 12 ? ERR_OK : ERR_MALFORMED);
		assert_int_equal(multiplied, len == 12 ? 3 : 0);
		liar_done(&liar);
	}
}

static void refuses_a_member_with_an_all_zero_key(void **state)
{
	struct link_pair *p = *state;
	struct noise_symmetric s;
	struct buf wire = { 0 };
	uint8_t zero[NOISE_KEY_BYTES] = { 0 };
	uint8_t stamp[12] = { 0 };
	uint8_t sealed[12 + NOISE_TAG_BYTES];

	for (size_t i = 0; i < 8; i++) {
		stamp[i] = (uint8_t)(PAIR_NOW_MS >> (8 * (7 - i)));
	}
	noise_symmetric_start(&s, "Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b");
	noise_symmetric_mix_hash(&s, bytes_of("OP1 region"));
	noise_symmetric_mix_psk(&s, p->psk);
	noise_symmetric_mix_hash(&s, (struct bytes){ zero, sizeof zero });
	noise_symmetric_mix_key(&s, (struct bytes){ zero, sizeof zero });
	assert_int_equal(noise_symmetric_seal(&s, (struct bytes){ stamp, sizeof stamp }, sealed),
			 ERR_OK);
	buf_put(&wire, p->keys[RESPONDER]->id, LINK_ID_BYTES);
	buf_u16(&wire, 60);
	buf_put(&wire, zero, sizeof zero);
	buf_put(&wire, sealed, sizeof sealed);
	play_up_to(p, 1);
	assert_true(is_refused(p, RESPONDER, buf_bytes(&wire)));
	assert_int_equal(link_fault(p->links[RESPONDER])->code, ERR_MALFORMED);
	assert_string_equal(link_fault(p->links[RESPONDER])->what, "message 1");
	buf_done(&wire);
}

static void refuses_a_hello_of_another_form(void **state)
{
	struct link_pair *p = *state;
	struct liar liar;
	uint8_t inner[62] = { LINK_FRAME_HELLO, 0, 3, 'a', 'b', 'c' };

	assert_int_equal(liar_shakes_hands(&liar, p, (struct bytes){ inner, sizeof inner }),
			 ERR_OK);
	assert_int_equal(p->events[RESPONDER]->data.len, 3);
	liar_done(&liar);
	inner[0] = LINK_FRAME_MESSAGE;
	assert_int_equal(liar_shakes_hands(&liar, p, (struct bytes){ inner, sizeof inner }),
			 ERR_UNSUPPORTED);
	liar_done(&liar);
	inner[0] = LINK_FRAME_HELLO;
	inner[1] = 1;
	assert_int_equal(liar_shakes_hands(&liar, p, (struct bytes){ inner, sizeof inner }),
			 ERR_MALFORMED);
	liar_done(&liar);
	inner[1] = 0;
	inner[61] = 1;
	assert_int_equal(liar_shakes_hands(&liar, p, (struct bytes){ inner, sizeof inner }),
			 ERR_MALFORMED);
	assert_null(p->events[RESPONDER]);
	assert_int_equal(link_send(p->links[RESPONDER], bytes_of("x"), &liar.wire), ERR_STATE);
	liar_done(&liar);
	assert_int_equal(liar_shakes_hands(&liar, p, (struct bytes){ inner, 61 }), ERR_MALFORMED);
	liar_done(&liar);
}

static void refuses_frames_of_another_form(void **state)
{
	/* type, content length, where one byte of padding is set, length of all, answer */
	static const struct {
		uint8_t type;
		uint8_t len;
		uint8_t set;
		uint8_t inner;
		int rc;
	} frames[] = {
		{ 2, 3, 0, 46, ERR_OK },          { 2, 43, 0, 46, ERR_OK },
		{ 2, 0, 0, 110, ERR_OK },         { 2, 44, 0, 46, ERR_MALFORMED },
		{ 1, 3, 0, 46, ERR_UNSUPPORTED }, { 0, 3, 0, 46, ERR_UNSUPPORTED },
		{ 3, 3, 0, 46, ERR_UNSUPPORTED }, { 255, 3, 0, 46, ERR_UNSUPPORTED },
		{ 2, 3, 6, 46, ERR_MALFORMED },   { 2, 3, 45, 46, ERR_MALFORMED },
		{ 2, 3, 0, 45, ERR_MALFORMED },   { 2, 3, 0, 47, ERR_MALFORMED },
		{ 2, 0, 0, 3, ERR_MALFORMED },    { 2, 0, 0, 0, ERR_MALFORMED },
	};
	struct link_pair *p = *state;
	const uint8_t hello[62] = { LINK_FRAME_HELLO };

	for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
		uint8_t inner[128] = { frames[i].type, 0, frames[i].len };
		struct liar liar;

		assert_int_equal(liar_shakes_hands(&liar, p, (struct bytes){ hello, sizeof hello }),
				 ERR_OK);
		if (frames[i].set > 0) {
			inner[frames[i].set] = 1;
		}
		liar_sends(&liar, inner, frames[i].inner);
		assert_int_equal(liar_feeds(&liar, p), frames[i].rc);
		assert_int_equal(p->events[RESPONDER] != NULL, frames[i].rc == ERR_OK);
		liar_done(&liar);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, link_pair_setup, link_pair_teardown)
		TEST(refuses_every_flip_and_cut_of_message_1),
		TEST(refuses_every_flip_and_cut_of_message_2),
		TEST(refuses_every_flip_and_cut_of_message_3),
		TEST(refuses_every_flip_and_cut_of_a_frame),
		TEST(junk_costs_no_diffie_hellman),
		TEST(a_member_costs_three_multiplications),
		TEST(answers_a_first_message_only_once),
		TEST(keeps_to_the_window_of_stamps),
		TEST(refuses_another_psk_or_region),
		TEST(does_not_talk_to_itself),
		TEST(notices_lost_repeated_and_swapped_frames),
		TEST(refuses_its_own_frames),
		TEST(delivers_what_came_before_the_bad_byte),
		TEST(refuses_a_stamp_of_another_length),
		TEST(refuses_a_member_with_an_all_zero_key),
		TEST(refuses_a_hello_of_another_form),
		TEST(refuses_frames_of_another_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
