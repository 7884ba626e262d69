/* A responder's link, fed by a stranger or by a member that lies.
 *
 * The first byte says how much of the handshake has gone well, and whether the rest comes raw
 * or sealed with the right keys; then pieces with a length byte in front:
 *   0  raw bytes from the start            1  raw bytes instead of message 3
 *   2  raw bytes after the handshake       3  message 1 with this payload, sealed
 *   4  message 3 with this payload, sealed 5  frames with these insides, sealed */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/wire.h"
#include "tests/lib/link_pair.h"
#include "tests/lib/seeded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define UNITS_MAX 16

enum { RAW_1, RAW_3, RAW_FRAMES, SEALED_1, SEALED_3, SEALED_FRAMES, MODES };

static struct link_pair pair;

/* A dead link tells and answers nothing; a living one has no fault. */
static int feed(struct bytes in)
{
	struct link *l = pair.links[RESPONDER];
	bool was_dead = link_fault(l)->code != ERR_OK;
	size_t before = pair.wire[RESPONDER].len;
	struct link_event *event;
	int rc = link_feed(l, in, PAIR_NOW_MS, &pair.arena, &event, &pair.wire[RESPONDER]);

	if (rc != link_fault(l)->code ||
	    (was_dead && (event != NULL || pair.wire[RESPONDER].len != before))) {
		abort();
	}
	for (; event != NULL; event = event->next) {
		if (event->data.len > LINK_MESSAGE_MAX ||
		    (event->kind == LINK_READY && event->data.len > LINK_HELLO_MAX)) {
			abort();
		}
	}
	return rc;
}

static struct noise *liar_new(void)
{
	const struct noise_config config = {
		.pattern = "XXpsk0",
		.initiator = true,
		.prologue = bytes_of("OP1 region"),
		.own_secret = pair.secret[INITIATOR],
		.own_public = pair.public[INITIATOR],
		.psks = (const uint8_t(*)[NOISE_KEY_BYTES])pair.psk,
		.psk_count = 1,
	};
	struct noise *n = NULL;

	(void)noise_new(&config, &n);
	return n;
}

/* Frame a handshake message of the liar's around the payload, and feed it. */
static int liar_writes(struct noise *liar, struct bytes payload, bool first)
{
	struct buf wire = { 0 };
	size_t head = first ? LINK_ID_BYTES + 2 : 2;
	int rc;

	if (first) {
		buf_put(&wire, pair.keys[INITIATOR]->id, LINK_ID_BYTES);
	}
	buf_u16(&wire, 0);
	rc = noise_write(liar, payload, &wire);
	if (rc == ERR_OK) {
		wire.data[head - 2] = (uint8_t)((wire.len - head) >> 8);
		wire.data[head - 1] = (uint8_t)(wire.len - head);
		rc = feed(buf_bytes(&wire));
	}
	buf_done(&wire);
	return rc;
}

static void liar_seals(struct noise *liar, struct bytes inner)
{
	struct buf wire = { 0 };
	uint8_t *sealed;

	buf_u16(&wire, (uint16_t)(inner.len + NOISE_TAG_BYTES));
	sealed = buf_extend(&wire, inner.len + NOISE_TAG_BYTES);
	if (sealed != NULL && noise_seal(liar, inner, sealed) == ERR_OK) {
		(void)feed(buf_bytes(&wire));
	}
	buf_done(&wire);
}

/* The next piece of raw input; the length byte counts fourfold so that frames are filled. */
static struct bytes raw_piece(struct wire *in)
{
	size_t len = 4U * wire_u8(in);

	len = len < wire_left(in) ? len : wire_left(in);
	return (struct bytes){ wire_bytes(in, len), len };
}

/* The next piece to be sealed.  A small length byte means so many units of 64 and a rest, the
 * length that the link wants, filled up with zeroes; a larger one means itself. */
static struct bytes padded_piece(struct wire *in, size_t rest)
{
	static uint8_t piece[64 * UNITS_MAX + 64];
	size_t len = wire_u8(in);
	size_t have;

	len = len < UNITS_MAX ? 64 * len + rest : len;
	have = len < wire_left(in) ? len : wire_left(in);
	memset(piece, 0, sizeof piece);
	if (have > 0) {
		memcpy(piece, wire_bytes(in, have), have);
	}
	return (struct bytes){ piece, len };
}

static void run(struct noise *liar, int mode, struct wire *in)
{
	uint8_t stamp[LINK_STAMP_BYTES] = { 0 };
	uint8_t hello[62] = { 1 };
	struct buf payload = { 0 };

	for (size_t i = 0; i < 8; i++) {
		stamp[i] = (uint8_t)(PAIR_NOW_MS >> (8 * (7 - i)));
	}
	if (mode == SEALED_1) {
		(void)liar_writes(liar, raw_piece(in), true);
	} else if (mode != RAW_1) {
		(void)liar_writes(liar, (struct bytes){ stamp, sizeof stamp }, true);
		(void)noise_read(
		    liar,
		    (struct bytes){ pair.wire[RESPONDER].data + 2, pair.wire[RESPONDER].len - 2 },
		    &payload);
	}
	buf_done(&payload);
	if (mode == SEALED_3) {
		(void)liar_writes(liar, padded_piece(in, 62), false);
	} else if (mode == RAW_FRAMES || mode == SEALED_FRAMES) {
		(void)liar_writes(liar, (struct bytes){ hello, sizeof hello }, false);
	}
	while (wire_left(in) > 0) {
		if (mode == SEALED_FRAMES) {
			liar_seals(liar, padded_piece(in, 46));
		} else {
			(void)feed(raw_piece(in));
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct noise *liar;
	struct wire in;
	int mode;

	if (pair.keys[0] == NULL) {
		link_pair_init(&pair);
	}
	seeded_start(2);
	link_replay_init(&pair.replay);
	wire_init(&in, data, size);
	mode = wire_u8(&in) % MODES;
	liar = liar_new();
	if (liar != NULL && link_new(&pair.config[RESPONDER], &pair.links[RESPONDER]) == ERR_OK) {
		run(liar, mode, &in);
	}
	noise_free(liar);
	link_pair_drop(&pair);
	return 0;
}
