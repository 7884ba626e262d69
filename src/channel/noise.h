/* The Noise protocol framework, revision 34, in its suite 25519_ChaChaPoly_BLAKE2b: first
 * the handshake, then the sealed messages that follow it.
 *
 * Bytes in, bytes out: it opens no connection, frames nothing and reads no clock.  Whatever
 * fails wipes and ends the whole session, which then says ERR_STATE for ever; nothing of a
 * message that failed is delivered.  Links use XXpsk0, bundles use X.  sodium_init() has been
 * called before. */
#ifndef CHANNEL_NOISE_H
#define CHANNEL_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "channel/noise_cipher.h"
#include "channel/noise_symmetric.h"

#define NOISE_MESSAGE_MAX 65535 /* Noise 3: any message, with its tags */

struct noise; /* in sodium_malloc memory */

/* All borrowed during noise_new.  The public key belongs to the secret one; it is asked for
 * because computing it costs more than refusing a stranger does. */
struct noise_config {
	const char *pattern; /* such as "XXpsk0" */
	bool initiator;
	struct bytes prologue;
	const uint8_t *own_secret; /* static key; NULL if the pattern needs none */
	const uint8_t *own_public;
	const uint8_t *remote_public; /* likewise */
	const uint8_t (*psks)[NOISE_KEY_BYTES];
	size_t psk_count;
};

/* Everything up to the first message's ephemeral key, so that a copy starts from there.
 * ERR_UNSUPPORTED or ERR_MALFORMED for the pattern, ERR_NOKEY if a key is missing or one psk
 * too many or too few, ERR_NOMEM. */
int noise_new(const struct noise_config *config, struct noise **n);
void noise_free(struct noise *n);
/* A session of its own, from one that has not begun. */
int noise_copy(const struct noise *ready, struct noise **n);
/* Read the first message with a copy of a responder that has not begun, which stays as it
 * is.  The copy is given in *n only if the message is authentic: with a psk0 pattern a
 * stranger's message costs neither memory nor any Diffie-Hellman.  Errors as noise_read. */
int noise_accept(const struct noise *ready, struct bytes message, struct buf *payload,
		 struct noise **n);

/* Append our next handshake message to out.  ERR_STATE when it is not our turn, ERR_LIMIT
 * beyond NOISE_MESSAGE_MAX, ERR_MALFORMED if the peer's key gives an all-zero secret. */
int noise_write(struct noise *n, struct bytes payload, struct buf *out);
/* Read the peer's next handshake message and append its payload, which is authentic only as
 * far as the pattern goes by then (Noise 7.7).  ERR_SHORT, ERR_FORGED, and as above. */
int noise_read(struct noise *n, struct bytes message, struct buf *payload);
/* Is the handshake over, so that messages can be sealed and opened? */
bool noise_is_done(const struct noise *n);
/* The peer's static public key, borrowed; NULL as long as it is unknown. */
const uint8_t *noise_remote(const struct noise *n);
/* What binds to this very handshake, borrowed, NOISE_HASH_BYTES; NULL until it is over. */
const uint8_t *noise_hash(const struct noise *n);

/* Seal into out, which has room for NOISE_TAG_BYTES more than plain and may be plain itself.
 * ERR_STATE before the end of the handshake or against a one-way pattern's direction,
 * ERR_LIMIT when the counter or the message's length is at its end. */
int noise_seal(struct noise *n, struct bytes plain, uint8_t *out);
/* Open into out, NOISE_TAG_BYTES shorter than sealed.  ERR_SHORT, ERR_FORGED, and as above. */
int noise_open(struct noise *n, struct bytes sealed, uint8_t *out);
/* Replace the key of one direction; the peer must do it between the same two messages. */
int noise_rekey(struct noise *n, bool sending);

#endif
