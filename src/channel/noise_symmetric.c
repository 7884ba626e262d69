#include "channel/noise_symmetric.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "base/err.h"

#define BLOCK_BYTES 128 /* of BLAKE2b; HMAC needs it */

static_assert(NOISE_HASH_BYTES == crypto_generichash_BYTES_MAX, "BLAKE2b at full length");

/* One part of HMAC: BLAKE2b over the key's block, masked, and two spans.  The keyed mode of
 * crypto_generichash() is another function and would not do. */
static int masked_hash(const uint8_t key[NOISE_HASH_BYTES], uint8_t mask, struct bytes a,
		       struct bytes b, uint8_t out[NOISE_HASH_BYTES])
{
	crypto_generichash_state state;
	uint8_t block[BLOCK_BYTES];
	int rc;

	memset(block, mask, sizeof block);
	for (size_t i = 0; i < NOISE_HASH_BYTES; i++) {
		block[i] ^= key[i];
	}
	rc = crypto_generichash_init(&state, NULL, 0, NOISE_HASH_BYTES);
	rc |= crypto_generichash_update(&state, block, sizeof block);
	rc |= crypto_generichash_update(&state, a.data, a.len);
	rc |= crypto_generichash_update(&state, b.data, b.len);
	rc |= crypto_generichash_final(&state, out, NOISE_HASH_BYTES);
	sodium_memzero(block, sizeof block);
	sodium_memzero(&state, sizeof state);
	return rc;
}

/* HMAC-BLAKE2b (RFC 2104) of a and b, one after the other; out may be a. */
static int hmac(const uint8_t key[NOISE_HASH_BYTES], struct bytes a, struct bytes b,
		uint8_t out[NOISE_HASH_BYTES])
{
	uint8_t inner[NOISE_HASH_BYTES];
	int rc = masked_hash(key, 0x36, a, b, inner);

	rc |=
	    masked_hash(key, 0x5c, (struct bytes){ inner, sizeof inner }, (struct bytes){ 0 }, out);
	sodium_memzero(inner, sizeof inner);
	return rc;
}

/* HKDF() of Noise 4.3 with the chaining key: count outputs of 64 bytes. */
static void derive(struct noise_symmetric *s, struct bytes input, size_t count,
		   uint8_t out[][NOISE_HASH_BYTES])
{
	uint8_t temp[NOISE_HASH_BYTES];
	struct bytes previous = { 0 };
	int rc = hmac(s->chaining, input, (struct bytes){ 0 }, temp);

	for (size_t i = 0; i < count; i++) {
		uint8_t number = (uint8_t)(i + 1);

		rc |= hmac(temp, previous, (struct bytes){ &number, 1 }, out[i]);
		previous = (struct bytes){ out[i], NOISE_HASH_BYTES };
	}
	sodium_memzero(temp, sizeof temp);
	if (rc != 0) {
		s->failed = true;
	}
}

void noise_symmetric_start(struct noise_symmetric *s, const char *protocol)
{
	size_t len = strlen(protocol);

	assert(len <= NOISE_HASH_BYTES);
	memset(s, 0, sizeof *s);
	memcpy(s->hash, protocol, len);
	memcpy(s->chaining, s->hash, NOISE_HASH_BYTES);
}

void noise_symmetric_mix_hash(struct noise_symmetric *s, struct bytes data)
{
	crypto_generichash_state state;
	int rc = crypto_generichash_init(&state, NULL, 0, NOISE_HASH_BYTES);

	rc |= crypto_generichash_update(&state, s->hash, NOISE_HASH_BYTES);
	rc |= crypto_generichash_update(&state, data.data, data.len);
	rc |= crypto_generichash_final(&state, s->hash, NOISE_HASH_BYTES);
	if (rc != 0) {
		s->failed = true;
	}
}

void noise_symmetric_mix_key(struct noise_symmetric *s, struct bytes input)
{
	uint8_t out[2][NOISE_HASH_BYTES];

	derive(s, input, 2, out);
	memcpy(s->chaining, out[0], NOISE_HASH_BYTES);
	noise_cipher_start(&s->cipher, out[1]); /* its first 32 bytes */
	sodium_memzero(out, sizeof out);
}

void noise_symmetric_mix_psk(struct noise_symmetric *s, const uint8_t psk[NOISE_KEY_BYTES])
{
	uint8_t out[3][NOISE_HASH_BYTES];

	derive(s, (struct bytes){ psk, NOISE_KEY_BYTES }, 3, out);
	memcpy(s->chaining, out[0], NOISE_HASH_BYTES);
	noise_symmetric_mix_hash(s, (struct bytes){ out[1], NOISE_HASH_BYTES });
	noise_cipher_start(&s->cipher, out[2]);
	sodium_memzero(out, sizeof out);
}

int noise_symmetric_seal(struct noise_symmetric *s, struct bytes plain, uint8_t *out)
{
	size_t len = plain.len + noise_cipher_overhead(&s->cipher);
	int rc =
	    noise_cipher_seal(&s->cipher, (struct bytes){ s->hash, NOISE_HASH_BYTES }, plain, out);

	if (rc != ERR_OK) {
		return rc;
	}
	noise_symmetric_mix_hash(s, (struct bytes){ out, len });
	return s->failed ? ERR_INTERNAL : ERR_OK;
}

int noise_symmetric_open(struct noise_symmetric *s, struct bytes sealed, uint8_t *out)
{
	int rc =
	    noise_cipher_open(&s->cipher, (struct bytes){ s->hash, NOISE_HASH_BYTES }, sealed, out);

	if (rc != ERR_OK) {
		return rc;
	}
	noise_symmetric_mix_hash(s, sealed);
	return s->failed ? ERR_INTERNAL : ERR_OK;
}

int noise_symmetric_split(struct noise_symmetric *s, struct noise_cipher *there,
			  struct noise_cipher *back)
{
	uint8_t out[2][NOISE_HASH_BYTES];

	derive(s, (struct bytes){ 0 }, 2, out);
	noise_cipher_start(there, out[0]);
	noise_cipher_start(back, out[1]);
	sodium_memzero(out, sizeof out);
	return s->failed ? ERR_INTERNAL : ERR_OK;
}
