/* What a session refuses, and what it leaves behind.  The bytes it makes are compared with
 * the official vectors in test_noise_vectors.c. */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/err.h"
#include "channel/noise.h"
#include "tests/lib/seeded.h"

#define PAYLOAD "CANARY payload"

/* Where the last session lies, so that a test can look for secrets in it. */
static uint8_t *session;
static size_t session_bytes;

void *__real_sodium_malloc(size_t size);
void *__wrap_sodium_malloc(size_t size);

void *__wrap_sodium_malloc(size_t size)
{
	session = __real_sodium_malloc(size);
	session_bytes = size;
	return session;
}

static uint8_t secrets[2][NOISE_KEY_BYTES];
static uint8_t publics[2][NOISE_KEY_BYTES];
static uint8_t psks[1][NOISE_KEY_BYTES];
static const uint8_t zeroes[NOISE_KEY_BYTES];

static int make_keys(void **state)
{
	(void)state;
	seeded_start(3);
	randombytes_buf(psks, sizeof psks);
	for (int i = 0; i < 2; i++) {
		randombytes_buf(secrets[i], NOISE_KEY_BYTES);
		assert_int_equal(crypto_scalarmult_base(publics[i], secrets[i]), 0);
	}
	return 0;
}

static struct noise_config config_of(const char *pattern, bool initiator)
{
	int own = initiator ? 0 : 1;

	return (struct noise_config){
		.pattern = pattern,
		.initiator = initiator,
		.prologue = bytes_of("OP1"),
		.own_secret = secrets[own],
		.own_public = publics[own],
		.remote_public = publics[1 - own],
		.psks =
		    strstr(pattern, "psk") != NULL ? (const uint8_t(*)[NOISE_KEY_BYTES])psks : NULL,
		.psk_count = strstr(pattern, "psk") != NULL,
	};
}

static struct noise *make(const char *pattern, bool initiator)
{
	struct noise_config config = config_of(pattern, initiator);
	struct noise *n;

	assert_int_equal(noise_new(&config, &n), ERR_OK);
	return n;
}

/* The reader of message number count, which has not come yet; the message is appended to
 * wire.  Deterministic, so that each call gives the same. */
static struct noise *reader_of(const char *pattern, size_t number, struct buf *wire)
{
	struct noise *sides[2] = { make(pattern, true), make(pattern, false) };
	struct buf payload = { 0 };
	size_t to = 1 - number % 2;

	seeded_start(5);
	for (size_t i = 0; i < number; i++) {
		struct buf message = { 0 };

		assert_int_equal(noise_write(sides[i % 2], bytes_of(PAYLOAD), &message), ERR_OK);
		assert_int_equal(noise_read(sides[1 - i % 2], buf_bytes(&message), &payload),
				 ERR_OK);
		buf_done(&message);
	}
	assert_int_equal(noise_write(sides[1 - to], bytes_of(PAYLOAD), wire), ERR_OK);
	noise_free(sides[1 - to]);
	buf_done(&payload);
	return sides[to];
}

/* Does the reader refuse this, deliver nothing, and die of it? */
static bool refuses(struct noise *reader, struct bytes message)
{
	struct buf payload = { 0 };
	uint8_t plain[64];
	int rc = noise_read(reader, message, &payload);
	bool refused =
	    (rc == ERR_FORGED || rc == ERR_SHORT || rc == ERR_MALFORMED) && payload.len == 0 &&
	    !noise_is_done(reader) && noise_hash(reader) == NULL && noise_remote(reader) == NULL &&
	    noise_write(reader, bytes_of("answer"), &payload) == ERR_STATE &&
	    noise_seal(reader, bytes_of("answer"), plain) == ERR_STATE && payload.len == 0;

	buf_done(&payload);
	return refused;
}

/* Every flipped bit and every shorter message; returns how many of the flips were refused. */
static size_t count_refused(const char *pattern, size_t number)
{
	struct buf wire = { 0 };
	size_t refused = 0;

	noise_free(reader_of(pattern, number, &wire));
	for (size_t i = 0; i < 9 * wire.len; i++) {
		struct buf again = { 0 };
		struct noise *reader = reader_of(pattern, number, &again);
		size_t len = i < 8 * wire.len ? again.len : i - 8 * wire.len;

		assert_memory_equal(again.data, wire.data, wire.len);
		if (i < 8 * wire.len) {
			again.data[i / 8] ^= (uint8_t)(1U << (i % 8));
		}
		refused += refuses(reader, (struct bytes){ again.data, len });
		noise_free(reader);
		buf_done(&again);
	}
	assert_int_equal(refused, 9 * wire.len);
	buf_done(&wire);
	return refused;
}

static void refuses_every_flip_and_cut_of_message_1_with_psk0(void **state)
{
	(void)state;
	assert_int_equal(count_refused("XXpsk0", 0), 9 * (32 + 14 + 16));
}

static void refuses_every_flip_and_cut_of_messages_2_and_3(void **state)
{
	(void)state;
	assert_int_equal(count_refused("XXpsk0", 1), 9 * (32 + 48 + 14 + 16));
	assert_int_equal(count_refused("XXpsk0", 2), 9 * (48 + 14 + 16));
}

static void refuses_every_flip_and_cut_of_a_bundle(void **state)
{
	(void)state;
	assert_int_equal(count_refused("X", 0), 9 * (32 + 48 + 14 + 16));
}

static void refuses_a_message_with_a_byte_more(void **state)
{
	struct buf wire = { 0 };
	struct noise *reader = reader_of("X", 0, &wire);

	(void)state;
	buf_u8(&wire, 0);
	assert_true(refuses(reader, buf_bytes(&wire)));
	noise_free(reader);
	buf_done(&wire);
}

/* The writer of the first message uses one config, the reader another. */
static bool is_stranger(const struct noise_config *writers, const struct noise_config *readers)
{
	struct noise *writer;
	struct noise *reader;
	struct buf wire = { 0 };
	bool refused;

	assert_int_equal(noise_new(writers, &writer), ERR_OK);
	assert_int_equal(noise_new(readers, &reader), ERR_OK);
	assert_int_equal(noise_write(writer, bytes_of(PAYLOAD), &wire), ERR_OK);
	refused = refuses(reader, buf_bytes(&wire));
	noise_free(writer);
	noise_free(reader);
	buf_done(&wire);
	return refused;
}

static void refuses_another_psk_prologue_or_addressee(void **state)
{
	static const char *const patterns[] = { "XXpsk0", "X", "IK" };
	uint8_t other[1][NOISE_KEY_BYTES];

	(void)state;
	randombytes_buf(other, sizeof other);
	for (size_t i = 0; i < 3; i++) {
		struct noise_config reader = config_of(patterns[i], false);
		struct noise_config writer = config_of(patterns[i], true);

		assert_false(is_stranger(&writer, &reader));
		writer.prologue = bytes_of("OP2");
		assert_true(is_stranger(&writer, &reader));
		writer = config_of(patterns[i], true);
		writer.psks = (const uint8_t(*)[NOISE_KEY_BYTES])other;
		writer.remote_public = publics[0];
		assert_true(is_stranger(&writer, &reader));
	}
}

/* Keys of low order give an all-zero secret with every key: whoever sends one knows it. */
static void aborts_on_an_all_zero_ephemeral_key(void **state)
{
	struct buf out = { 0 };
	struct buf payload = { 0 };
	struct noise *n = make("NN", false);
	uint8_t message[NOISE_KEY_BYTES + 48 + 16 + 14] = { 0 };

	(void)state;
	assert_int_equal(noise_read(n, (struct bytes){ zeroes, sizeof zeroes }, &payload), ERR_OK);
	assert_int_equal(noise_write(n, bytes_of(PAYLOAD), &out), ERR_MALFORMED);
	assert_int_equal(out.len, 0);
	assert_int_equal(noise_write(n, bytes_of(PAYLOAD), &out), ERR_STATE);
	noise_free(n);
	n = make("IK", false);
	assert_int_equal(noise_read(n, (struct bytes){ message, sizeof message }, &payload),
			 ERR_MALFORMED);
	noise_free(n);
	/* a point of order 8 */
	static const uint8_t order_8[NOISE_KEY_BYTES] = {
		0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
		0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
		0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
	};

	memcpy(message, order_8, sizeof order_8);
	n = make("IK", false);
	assert_int_equal(noise_read(n, (struct bytes){ message, sizeof message }, &payload),
			 ERR_MALFORMED);
	noise_free(n);
	buf_done(&out);
	buf_done(&payload);
}

static void aborts_on_an_all_zero_static_key(void **state)
{
	struct noise_config config = config_of("X", true);
	struct noise *writer;
	struct noise *reader = make("X", false);
	struct buf wire = { 0 };
	struct buf payload = { 0 };

	(void)state;
	config.own_public = zeroes; /* a sender that lies about its key */
	assert_int_equal(noise_new(&config, &writer), ERR_OK);
	assert_int_equal(noise_write(writer, bytes_of(PAYLOAD), &wire), ERR_OK);
	assert_int_equal(noise_read(reader, buf_bytes(&wire), &payload), ERR_MALFORMED);
	assert_int_equal(payload.len, 0);
	noise_free(writer);
	noise_free(reader);
	buf_done(&wire);
	buf_done(&payload);
}

static void speaks_only_in_its_turn(void **state)
{
	struct noise *n = make("XXpsk0", false);
	struct buf buf = { 0 };
	uint8_t room[32];

	(void)state;
	assert_int_equal(noise_write(n, bytes_of("x"), &buf), ERR_STATE);
	noise_free(n);
	n = make("XXpsk0", true);
	assert_int_equal(noise_read(n, bytes_of("x"), &buf), ERR_STATE);
	noise_free(n);
	n = make("XXpsk0", true);
	assert_int_equal(noise_seal(n, bytes_of("x"), room), ERR_STATE);
	noise_free(n);
	n = make("XXpsk0", true);
	assert_int_equal(noise_rekey(n, true), ERR_STATE);
	noise_free(n);
	assert_int_equal(buf.len, 0);
	buf_done(&buf);
}

static void carries_bundles_one_way_only(void **state)
{
	struct noise *ends[2] = { make("X", true), make("X", false) };
	struct buf wire = { 0 };
	struct buf payload = { 0 };
	uint8_t sealed[1 + NOISE_TAG_BYTES];
	uint8_t plain[1];

	(void)state;
	assert_int_equal(noise_write(ends[0], bytes_of(PAYLOAD), &wire), ERR_OK);
	assert_int_equal(noise_read(ends[1], buf_bytes(&wire), &payload), ERR_OK);
	assert_memory_equal(noise_remote(ends[1]), publics[0], NOISE_KEY_BYTES);
	assert_int_equal(noise_seal(ends[0], bytes_of("x"), sealed), ERR_OK);
	assert_int_equal(noise_open(ends[1], (struct bytes){ sealed, sizeof sealed }, plain),
			 ERR_OK);
	assert_int_equal(noise_seal(ends[1], bytes_of("x"), sealed), ERR_STATE);
	assert_int_equal(noise_open(ends[0], (struct bytes){ sealed, sizeof sealed }, plain),
			 ERR_STATE);
	noise_free(ends[0]);
	noise_free(ends[1]);
	buf_done(&wire);
	buf_done(&payload);
}

static void wants_exactly_the_keys_of_its_pattern(void **state)
{
	struct noise_config config = config_of("XXpsk0", true);
	struct noise *n = NULL;

	(void)state;
	config.psk_count = 0;
	assert_int_equal(noise_new(&config, &n), ERR_NOKEY);
	config = config_of("XX", true);
	config.psk_count = 1;
	assert_int_equal(noise_new(&config, &n), ERR_NOKEY);
	config = config_of("XX", true);
	config.own_public = NULL;
	assert_int_equal(noise_new(&config, &n), ERR_NOKEY);
	config = config_of("X", true);
	config.remote_public = NULL;
	assert_int_equal(noise_new(&config, &n), ERR_NOKEY);
	config = config_of("Y", true);
	assert_int_equal(noise_new(&config, &n), ERR_UNSUPPORTED);
	assert_null(n);
	config = config_of("NN", true);
	config.own_secret = NULL;
	assert_int_equal(noise_new(&config, &n), ERR_OK);
	noise_free(n);
	noise_free(NULL);
}

static void stops_at_the_longest_message(void **state)
{
	static uint8_t long_payload[NOISE_MESSAGE_MAX];
	struct noise *n = make("NN", true);
	struct buf wire = { 0 };

	(void)state;
	assert_int_equal(
	    noise_write(n, (struct bytes){ long_payload, NOISE_MESSAGE_MAX - 32 }, &wire), ERR_OK);
	noise_free(n);
	wire.len = 0;
	n = make("NN", true);
	assert_int_equal(
	    noise_write(n, (struct bytes){ long_payload, NOISE_MESSAGE_MAX - 31 }, &wire),
	    ERR_LIMIT);
	assert_int_equal(wire.len, 0);
	noise_free(n);
	n = make("NN", false);
	assert_int_equal(
	    noise_read(n, (struct bytes){ long_payload, NOISE_MESSAGE_MAX + 1 }, &wire), ERR_LIMIT);
	noise_free(n);
	buf_done(&wire);
}

/* A replayed first message is authentic for Noise: whoever uses it must keep stamps. */
static void accepts_first_messages_from_one_prepared_state(void **state)
{
	struct noise *ready = make("XXpsk0", false);
	struct noise *initiator = make("XXpsk0", true);
	struct buf wire = { 0 };
	struct buf payload = { 0 };
	struct noise *accepted = NULL;
	uint8_t *before;

	(void)state;
	assert_int_equal(noise_write(initiator, bytes_of(PAYLOAD), &wire), ERR_OK);
	wire.data[40] ^= 1;
	before = session;
	assert_int_equal(noise_accept(ready, buf_bytes(&wire), &payload, &accepted), ERR_FORGED);
	assert_null(accepted);
	assert_ptr_equal(session, before); /* no memory for strangers */
	wire.data[40] ^= 1;
	for (int i = 0; i < 2; i++) {
		payload.len = 0;
		assert_int_equal(noise_accept(ready, buf_bytes(&wire), &payload, &accepted),
				 ERR_OK);
		assert_memory_equal(payload.data, PAYLOAD, strlen(PAYLOAD));
		assert_int_equal(noise_write(accepted, bytes_of(PAYLOAD), &payload), ERR_OK);
		noise_free(accepted);
	}
	noise_free(ready);
	noise_free(initiator);
	buf_done(&wire);
	buf_done(&payload);
}

/* Is the secret somewhere in the session's memory? */
static bool has_secret(const uint8_t *memory, size_t len, const uint8_t secret[NOISE_KEY_BYTES])
{
	for (size_t i = 0; i + NOISE_KEY_BYTES <= len; i++) {
		if (memcmp(memory + i, secret, NOISE_KEY_BYTES) == 0) {
			return true;
		}
	}
	return false;
}

static void keeps_no_handshake_secret_after_the_split(void **state)
{
	struct noise *responder = make("XXpsk0", false);
	uint8_t *memory = session;
	size_t len = session_bytes;
	struct noise *initiator = make("XXpsk0", true);
	uint8_t ephemeral[NOISE_KEY_BYTES];
	struct buf wire = { 0 };
	struct buf payload = { 0 };

	(void)state;
	memset(ephemeral, 0x42, sizeof ephemeral);
	assert_int_equal(noise_write(initiator, bytes_of(""), &wire), ERR_OK);
	assert_int_equal(noise_read(responder, buf_bytes(&wire), &payload), ERR_OK);
	wire.len = 0;
	seeded_give(ephemeral, sizeof ephemeral);
	assert_int_equal(noise_write(responder, bytes_of(""), &wire), ERR_OK);
	assert_true(has_secret(memory, len, ephemeral));
	assert_true(has_secret(memory, len, secrets[1]));
	assert_true(has_secret(memory, len, psks[0]));
	assert_int_equal(noise_read(initiator, buf_bytes(&wire), &payload), ERR_OK);
	wire.len = 0;
	assert_int_equal(noise_write(initiator, bytes_of(""), &wire), ERR_OK);
	assert_int_equal(noise_read(responder, buf_bytes(&wire), &payload), ERR_OK);
	assert_true(noise_is_done(responder));
	assert_false(has_secret(memory, len, ephemeral));
	assert_false(has_secret(memory, len, secrets[1]));
	assert_false(has_secret(memory, len, psks[0]));
	/* and nothing at all after an error */
	wire.len = 0;
	assert_int_equal(noise_open(responder, bytes_of("much too forged to open"), ephemeral),
			 ERR_FORGED);
	assert_true(sodium_is_zero(memory, len));
	noise_free(initiator);
	noise_free(responder);
	buf_done(&wire);
	buf_done(&payload);
}

static void replaces_keys_only_together(void **state)
{
	struct noise *ends[2] = { make("X", true), make("X", false) };
	struct buf wire = { 0 };
	struct buf payload = { 0 };
	uint8_t sealed[1 + NOISE_TAG_BYTES];
	uint8_t plain[1];

	(void)state;
	assert_int_equal(noise_write(ends[0], bytes_of(PAYLOAD), &wire), ERR_OK);
	assert_int_equal(noise_read(ends[1], buf_bytes(&wire), &payload), ERR_OK);
	assert_int_equal(noise_rekey(ends[0], true), ERR_OK);
	assert_int_equal(noise_rekey(ends[1], false), ERR_OK);
	assert_int_equal(noise_seal(ends[0], bytes_of("x"), sealed), ERR_OK);
	assert_int_equal(noise_open(ends[1], (struct bytes){ sealed, sizeof sealed }, plain),
			 ERR_OK);
	assert_int_equal(noise_rekey(ends[0], true), ERR_OK);
	assert_int_equal(noise_seal(ends[0], bytes_of("x"), sealed), ERR_OK);
	assert_int_equal(noise_open(ends[1], (struct bytes){ sealed, sizeof sealed }, plain),
			 ERR_FORGED);
	noise_free(ends[0]);
	noise_free(ends[1]);
	buf_done(&wire);
	buf_done(&payload);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_every_flip_and_cut_of_message_1_with_psk0),
		cmocka_unit_test(refuses_every_flip_and_cut_of_messages_2_and_3),
		cmocka_unit_test(refuses_every_flip_and_cut_of_a_bundle),
		cmocka_unit_test(refuses_a_message_with_a_byte_more),
		cmocka_unit_test(refuses_another_psk_prologue_or_addressee),
		cmocka_unit_test(aborts_on_an_all_zero_ephemeral_key),
		cmocka_unit_test(aborts_on_an_all_zero_static_key),
		cmocka_unit_test(speaks_only_in_its_turn),
		cmocka_unit_test(carries_bundles_one_way_only),
		cmocka_unit_test(wants_exactly_the_keys_of_its_pattern),
		cmocka_unit_test(stops_at_the_longest_message),
		cmocka_unit_test(accepts_first_messages_from_one_prepared_state),
		cmocka_unit_test(keeps_no_handshake_secret_after_the_split),
		cmocka_unit_test(replaces_keys_only_together),
	};

	return cmocka_run_group_tests(tests, make_keys, NULL);
}
