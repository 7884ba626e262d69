/* The chaining key, the transcript hash and the key of the moment: the SymmetricState of
 * Noise 5.2 with BLAKE2b (HASHLEN 64, BLOCKLEN 128).
 *
 * Mix in whatever is due, then ask once: a hash that failed marks the state as failed, and
 * the next seal, open or split says ERR_INTERNAL. */
#ifndef CHANNEL_NOISE_SYMMETRIC_H
#define CHANNEL_NOISE_SYMMETRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "channel/noise_cipher.h"

#define NOISE_HASH_BYTES 64

struct noise_symmetric {
	uint8_t chaining[NOISE_HASH_BYTES];
	uint8_t hash[NOISE_HASH_BYTES];
	struct noise_cipher cipher;
	bool failed;
};

/* Begin with the protocol's name, at most NOISE_HASH_BYTES characters long. */
void noise_symmetric_start(struct noise_symmetric *s, const char *protocol);
void noise_symmetric_mix_hash(struct noise_symmetric *s, struct bytes data);
void noise_symmetric_mix_key(struct noise_symmetric *s, struct bytes input);
/* MixKeyAndHash() of Noise: for pre-shared keys. */
void noise_symmetric_mix_psk(struct noise_symmetric *s, const uint8_t psk[NOISE_KEY_BYTES]);
/* EncryptAndHash() and DecryptAndHash(): room and errors as with noise_cipher_seal and _open,
 * except that out must not overlap the input. */
int noise_symmetric_seal(struct noise_symmetric *s, struct bytes plain, uint8_t *out);
int noise_symmetric_open(struct noise_symmetric *s, struct bytes sealed, uint8_t *out);
/* The keys from initiator to responder, and back. */
int noise_symmetric_split(struct noise_symmetric *s, struct noise_cipher *there,
			  struct noise_cipher *back);

#endif
