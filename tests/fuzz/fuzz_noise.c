/* A Noise session of any pattern, on either side, fed with whatever comes.
 *
 * Input: pattern's name up to a zero byte, a byte for the side, then messages with a length
 * byte in front.  A message with an odd length byte is changed by nobody: it comes from an
 * honest peer, so that later messages are reached too. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wire.h"
#include "channel/noise.h"
#include "tests/lib/seeded.h"

#define NAME_MAX_BYTES 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct noise *make(const char *name, bool initiator)
{
	static uint8_t secrets[2][NOISE_KEY_BYTES];
	static uint8_t publics[2][NOISE_KEY_BYTES];
	static const uint8_t psks[5][NOISE_KEY_BYTES] = { { 1 }, { 2 }, { 3 }, { 4 }, { 5 } };
	int own = initiator ? 0 : 1;
	struct noise *n = NULL;

	for (int i = 0; i < 2 && publics[1][0] == 0; i++) {
		secrets[i][0] = (uint8_t)(8 * (i + 1));
		(void)crypto_scalarmult_base(publics[i], secrets[i]);
	}
	for (size_t count = 0; count <= 5 && n == NULL; count++) {
		struct noise_config config = {
			.pattern = name,
			.initiator = initiator,
			.own_secret = secrets[own],
			.own_public = publics[own],
			.remote_public = publics[1 - own],
			.psks = psks,
			.psk_count = count,
		};

		(void)noise_new(&config, &n);
	}
	return n;
}

/* What an honest peer would send now; nothing if it is not its turn. */
static void honest_message(struct noise *peer, struct buf *wire)
{
	static const struct bytes payload = { (const uint8_t *)"CANARY", 6 };

	if (noise_is_done(peer)) {
		uint8_t *sealed = buf_extend(wire, payload.len + NOISE_TAG_BYTES);

		if (sealed != NULL && noise_seal(peer, payload, sealed) != ERR_OK) {
			wire->len = 0;
		}
		return;
	}
	(void)noise_write(peer, payload, wire);
}

/* Nothing may come out of a message that was refused. */
static void hand_over(struct noise *own, struct noise *peer, struct bytes message)
{
	struct buf out = { 0 };
	struct buf peers = { 0 };

	if (noise_is_done(own)) {
		uint8_t *plain = buf_extend(&out, message.len + 1);

		if (plain != NULL) {
			(void)noise_open(own, message, plain);
		}
	} else if (noise_read(own, message, &out) != ERR_OK && out.len > 0) {
		abort();
	}
	out.len = 0;
	if (!noise_is_done(own) && noise_write(own, message, &out) == ERR_OK) {
		(void)noise_read(peer, buf_bytes(&out), &peers);
	}
	buf_done(&out);
	buf_done(&peers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *zero = memchr(data, 0, size < NAME_MAX_BYTES ? size : NAME_MAX_BYTES);
	struct noise *own;
	struct noise *peer;
	struct wire in;
	bool initiator;

	if (zero == NULL) {
		return 0;
	}
	seeded_start(1);
	wire_init(&in, zero + 1, size - (size_t)(zero - data) - 1);
	initiator = wire_u8(&in) % 2 == 1;
	own = make((const char *)data, initiator);
	peer = make((const char *)data, !initiator);
	if (own != NULL && peer != NULL) {
		struct buf first = { 0 };

		if (initiator && noise_write(own, (struct bytes){ 0 }, &first) == ERR_OK) {
			struct buf payload = { 0 };

			(void)noise_read(peer, buf_bytes(&first), &payload);
			buf_done(&payload);
		}
		buf_done(&first);
		while (wire_left(&in) > 0) {
			size_t len = wire_u8(&in);
			struct buf honest = { 0 };
			struct bytes message = { NULL, 0 };

			if (len % 2 == 1) {
				honest_message(peer, &honest);
				message = buf_bytes(&honest);
			} else {
				message.len = len < wire_left(&in) ? len : wire_left(&in);
				message.data = wire_bytes(&in, message.len);
			}
			hand_over(own, peer, message);
			buf_done(&honest);
		}
	}
	noise_free(own);
	noise_free(peer);
	return 0;
}
