/* A link: one Noise_XXpsk0 session over a byte stream between two nodes, from the first
 * byte to the last.  Received bytes go in, messages and bytes to send come out.
 *
 * It never opens a connection, reads a clock, or judges the peer: LINK_READY tells the
 * peer's proven static key and what it sent along, and the caller decides.  One bad byte ends
 * the link for good; of a message that failed nothing is delivered.  A stranger without the
 * region's key gets no answer and costs no Diffie-Hellman.  docs/PROTOCOL.md, "Channel", has
 * every byte.  sodium_init() has been called before. */
#ifndef CHANNEL_LINK_H
#define CHANNEL_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "channel/link_keys.h"
#include "channel/link_replay.h"
#include "channel/noise.h"

#define LINK_HELLO_MAX       16384 /* what one side sends along with the handshake */
#define LINK_MESSAGE_MAX     65515 /* one message: a frame of 65,536 bytes less 21 */
#define LINK_STAMP_WINDOW_MS 120000
#define LINK_STAMP_ANY       UINT64_MAX
#define LINK_REKEY_MESSAGES  65536
#define LINK_REKEY_BYTES     (1ULL << 30)
#define LINK_KEYS_MAX        4

struct link;

/* Zero means the stated default.  The rekey limits must be the same on both sides. */
struct link_config {
	bool initiator;
	/* Borrowed until LINK_READY or the end; the first NULL ends them.  The initiator uses the
	 * first, so the newest psk stands there; a responder takes any. */
	const struct link_keys *keys[LINK_KEYS_MAX];
	struct link_replay *replay; /* a responder's, one for all its links; borrowed likewise */
	struct bytes hello;         /* sent along with our static key; copied */
	size_t hello_max;           /* of the peer: LINK_HELLO_MAX */
	size_t message_max;         /* of the peer: LINK_MESSAGE_MAX */
	size_t pad_bytes;           /* frames are multiples of it: 64 or 256; 64 */
	uint64_t stamp_window_ms;   /* LINK_STAMP_WINDOW_MS; LINK_STAMP_ANY while our own
				     * clock is not to be trusted */
	uint64_t rekey_messages;    /* LINK_REKEY_MESSAGES */
	uint64_t rekey_bytes;       /* LINK_REKEY_BYTES */
};

enum link_event_kind { LINK_READY, LINK_MESSAGE };

struct link_event {
	enum link_event_kind kind;
	struct bytes data; /* LINK_MESSAGE: what was sent; LINK_READY: the peer's hello */
	/* LINK_READY only: */
	uint8_t remote[NOISE_KEY_BYTES]; /* the peer's static public key */
	uint8_t hash[NOISE_HASH_BYTES];  /* names this handshake, the same on both sides */
	uint8_t key_id[LINK_ID_BYTES];   /* of the psk that the initiator chose */
	struct link_event *next;
};

/* ERR_RANGE for a config beyond what is said above, ERR_NOMEM. */
int link_new(const struct link_config *config, struct link **l);
void link_free(struct link *l);
/* Initiator: append message 1, which says when it was made.  now_ms and counter together
 * should not come twice.  ERR_STATE, ERR_NOMEM. */
int link_start(struct link *l, uint64_t now_ms, uint32_t counter, struct buf *out);
/* Take received bytes, however they are cut.  *events becomes the list of what happened, in
 * the arena, with its data; answers are appended to out.  The initiator's message 3, which
 * shows who it is, stands in out when LINK_READY tells who the responder is: drop it unsent if
 * that one is not welcome.  On error the link is dead and keeps saying so; the events before it
 * are good, and out holds nothing of the refused message's answer.
 *
 * ERR_NOKEY: no psk of that id; ERR_FORGED; ERR_SHORT, ERR_MALFORMED, ERR_LIMIT,
 * ERR_UNSUPPORTED: the form; ERR_SKEW, ERR_EXPIRED: message 1 is stamped too late or too early;
 * ERR_EXISTS: it is a replay; ERR_DENIED: the peer is ourselves; ERR_STATE; ERR_NOMEM. */
int link_feed(struct link *l, struct bytes in, uint64_t now_ms, struct arena *arena,
	      struct link_event **events, struct buf *out);
/* Seal one message and append its frame.  ERR_LIMIT beyond LINK_MESSAGE_MAX, ERR_STATE before
 * LINK_READY and after an error; neither these nor a full out change anything. */
int link_send(struct link *l, struct bytes message, struct buf *out);
/* The stream has ended: ERR_SHORT unless it did so between two messages of a ready link. */
int link_end(struct link *l);
/* Why and where the link died, as an offset in all bytes received; code ERR_OK if it lives. */
const struct fault *link_fault(const struct link *l);

#endif
