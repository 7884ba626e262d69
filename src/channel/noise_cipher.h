/* One ChaCha20-Poly1305 key and its counter: the CipherState of Noise 5.1.
 *
 * Without a key it passes bytes through unchanged, as Noise wants before the first
 * Diffie-Hellman.  The counter never wraps: its last value belongs to rekeying, and
 * sealing or opening with it is refused. */
#ifndef CHANNEL_NOISE_CIPHER_H
#define CHANNEL_NOISE_CIPHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define NOISE_KEY_BYTES 32
#define NOISE_TAG_BYTES 16

struct noise_cipher {
	uint8_t key[NOISE_KEY_BYTES];
	uint64_t nonce; /* of the next message */
	bool has_key;
};

/* Take over the key and begin counting at 0. */
void noise_cipher_start(struct noise_cipher *c, const uint8_t key[NOISE_KEY_BYTES]);
/* How many bytes more than its plaintext a sealed text has: 0 without a key. */
size_t noise_cipher_overhead(const struct noise_cipher *c);
/* Seal into out, which has room for plain and overhead and may be plain itself;
 * ERR_LIMIT once the counter is used up. */
int noise_cipher_seal(struct noise_cipher *c, struct bytes ad, struct bytes plain, uint8_t *out);
/* Open into out, which has room for the sealed text less overhead.  ERR_SHORT or ERR_FORGED
 * leave the counter where it was; ERR_LIMIT as above. */
int noise_cipher_open(struct noise_cipher *c, struct bytes ad, struct bytes sealed, uint8_t *out);
/* Replace the key by a one-way function of itself; the counter goes on (Noise 11.3). */
int noise_cipher_rekey(struct noise_cipher *c);

#endif
