#include "channel/noise_cipher.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "base/err.h"

#define NONCE_BYTES crypto_aead_chacha20poly1305_ietf_NPUBBYTES

/* The last value is never used for a message (Noise 5.1); Rekey() uses it (Noise 4.2). */
#define NONCE_LAST UINT64_MAX

static_assert(NOISE_KEY_BYTES == crypto_aead_chacha20poly1305_ietf_KEYBYTES, "key size");
static_assert(NOISE_TAG_BYTES == crypto_aead_chacha20poly1305_ietf_ABYTES, "tag size");

/* Four zero bytes, then the counter in little-endian (Noise 12.3). */
static void nonce_bytes(uint64_t nonce, uint8_t out[NONCE_BYTES])
{
	memset(out, 0, NONCE_BYTES);
	for (size_t i = 0; i < 8; i++) {
		out[4 + i] = (uint8_t)(nonce >> (8 * i));
	}
}

void noise_cipher_start(struct noise_cipher *c, const uint8_t key[NOISE_KEY_BYTES])
{
	memcpy(c->key, key, NOISE_KEY_BYTES);
	c->nonce = 0;
	c->has_key = true;
}

size_t noise_cipher_overhead(const struct noise_cipher *c)
{
	return c->has_key ? NOISE_TAG_BYTES : 0;
}

int noise_cipher_seal(struct noise_cipher *c, struct bytes ad, struct bytes plain, uint8_t *out)
{
	uint8_t nonce[NONCE_BYTES];

	if (!c->has_key) {
		if (plain.len > 0) {
			memmove(out, plain.data, plain.len);
		}
		return ERR_OK;
	}
	if (c->nonce == NONCE_LAST) {
		return ERR_LIMIT;
	}
	nonce_bytes(c->nonce, nonce);
	if (crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plain.data, plain.len, ad.data,
						      ad.len, NULL, nonce, c->key) != 0) {
		return ERR_INTERNAL;
	}
	c->nonce++;
	return ERR_OK;
}

int noise_cipher_open(struct noise_cipher *c, struct bytes ad, struct bytes sealed, uint8_t *out)
{
	uint8_t nonce[NONCE_BYTES];

	if (!c->has_key) {
		if (sealed.len > 0) {
			memmove(out, sealed.data, sealed.len);
		}
		return ERR_OK;
	}
	if (sealed.len < NOISE_TAG_BYTES) {
		return ERR_SHORT;
	}
	if (c->nonce == NONCE_LAST) {
		return ERR_LIMIT;
	}
	nonce_bytes(c->nonce, nonce);
	if (crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.data, sealed.len,
						      ad.data, ad.len, nonce, c->key) != 0) {
		return ERR_FORGED;
	}
	c->nonce++;
	return ERR_OK;
}

int noise_cipher_rekey(struct noise_cipher *c)
{
	static const uint8_t zeroes[NOISE_KEY_BYTES];
	uint8_t sealed[NOISE_KEY_BYTES + NOISE_TAG_BYTES];
	uint8_t nonce[NONCE_BYTES];
	int rc;

	assert(c->has_key);
	nonce_bytes(NONCE_LAST, nonce);
	rc = crypto_aead_chacha20poly1305_ietf_encrypt(sealed, NULL, zeroes, sizeof zeroes, NULL, 0,
						       NULL, nonce, c->key);
	if (rc == 0) {
		memcpy(c->key, sealed, NOISE_KEY_BYTES);
	}
	sodium_memzero(sealed, sizeof sealed);
	return rc == 0 ? ERR_OK : ERR_INTERNAL;
}
