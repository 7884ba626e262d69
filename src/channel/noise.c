#include "channel/noise.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/err.h"
#include "base/wire.h"
#include "channel/noise_pattern.h"

#define SUITE "25519_ChaChaPoly_BLAKE2b"

static_assert(NOISE_KEY_BYTES == crypto_scalarmult_BYTES, "size of public keys");
static_assert(NOISE_KEY_BYTES == crypto_scalarmult_SCALARBYTES, "size of secret keys");
static_assert(sizeof "Noise_" SUITE + NOISE_NAME_ROOM <= NOISE_HASH_BYTES + 1, "name fits");

/* DEAD is what wiping leaves behind. */
enum phase { DEAD = 0, HANDSHAKE, TRANSPORT };

struct noise {
	enum phase phase;
	bool initiator;
	bool has_own;
	bool has_remote;
	struct noise_pattern pattern;
	size_t message; /* the next one of the pattern */
	size_t token;   /* of that message: beyond a psk that was mixed in beforehand */
	size_t psk;     /* the next one */
	uint8_t psks[NOISE_PSKS_MAX][NOISE_KEY_BYTES];
	uint8_t own_secret[NOISE_KEY_BYTES]; /* static */
	uint8_t own_public[NOISE_KEY_BYTES];
	uint8_t own_ephemeral[NOISE_KEY_BYTES]; /* secret */
	uint8_t remote_public[NOISE_KEY_BYTES]; /* static */
	uint8_t remote_ephemeral[NOISE_KEY_BYTES];
	struct noise_symmetric symmetric;
	struct noise_cipher sending;
	struct noise_cipher receiving;
};

static struct bytes key_bytes(const uint8_t key[NOISE_KEY_BYTES])
{
	return (struct bytes){ key, NOISE_KEY_BYTES };
}

/* End the session: there is nothing left to misuse or to find in memory. */
static int die(struct noise *n, int rc)
{
	sodium_memzero(n, sizeof *n);
	return rc;
}

static bool must_have_own(const struct noise_pattern *p, bool initiator)
{
	if (initiator ? p->knows_initiator : p->knows_responder) {
		return true;
	}
	for (size_t i = initiator ? 0 : 1; i < p->message_count; i += 2) {
		if (memchr(p->messages[i], NOISE_S, sizeof p->messages[i]) != NULL) {
			return true;
		}
	}
	return false;
}

/* Take over the keys that the pattern wants, and nothing else. */
static int take_keys(struct noise *n, const struct noise_config *c)
{
	const struct noise_pattern *p = &n->pattern;

	if (must_have_own(p, n->initiator)) {
		if (c->own_secret == NULL || c->own_public == NULL) {
			return ERR_NOKEY;
		}
		memcpy(n->own_secret, c->own_secret, NOISE_KEY_BYTES);
		memcpy(n->own_public, c->own_public, NOISE_KEY_BYTES);
		n->has_own = true;
	}
	if (n->initiator ? p->knows_responder : p->knows_initiator) {
		if (c->remote_public == NULL) {
			return ERR_NOKEY;
		}
		memcpy(n->remote_public, c->remote_public, NOISE_KEY_BYTES);
		n->has_remote = true;
	}
	if (c->psk_count != p->psk_count) {
		return ERR_NOKEY;
	}
	for (size_t i = 0; i < c->psk_count; i++) {
		memcpy(n->psks[i], c->psks[i], NOISE_KEY_BYTES);
	}
	return ERR_OK;
}

static void mix_psk(struct noise *n)
{
	assert(n->psk < n->pattern.psk_count);
	noise_symmetric_mix_psk(&n->symmetric, n->psks[n->psk++]);
}

/* Initialize() of Noise 5.3, and a psk that comes first. */
static void mix_beginning(struct noise *n, struct bytes prologue)
{
	char name[NOISE_HASH_BYTES + 1];

	(void)snprintf(name, sizeof name, "Noise_%s_" SUITE, n->pattern.name);
	noise_symmetric_start(&n->symmetric, name);
	noise_symmetric_mix_hash(&n->symmetric, prologue);
	if (n->pattern.knows_initiator) {
		noise_symmetric_mix_hash(
		    &n->symmetric, key_bytes(n->initiator ? n->own_public : n->remote_public));
	}
	if (n->pattern.knows_responder) {
		noise_symmetric_mix_hash(
		    &n->symmetric, key_bytes(n->initiator ? n->remote_public : n->own_public));
	}
	if (n->pattern.messages[0][0] == NOISE_PSK) {
		mix_psk(n);
		n->token = 1;
	}
}

int noise_new(const struct noise_config *config, struct noise **n)
{
	struct noise *made = sodium_malloc(sizeof *made);
	int rc;

	if (made == NULL) {
		return ERR_NOMEM;
	}
	sodium_memzero(made, sizeof *made);
	made->phase = HANDSHAKE;
	made->initiator = config->initiator;
	rc = noise_pattern_find(config->pattern, &made->pattern);
	if (rc == ERR_OK) {
		rc = take_keys(made, config);
	}
	if (rc != ERR_OK) {
		noise_free(made);
		return rc;
	}
	mix_beginning(made, config->prologue);
	*n = made;
	return ERR_OK;
}

void noise_free(struct noise *n)
{
	sodium_free(n); /* wipes it, and takes NULL */
}

int noise_copy(const struct noise *ready, struct noise **n)
{
	struct noise *made;

	assert(ready->phase == HANDSHAKE && ready->message == 0);
	made = sodium_malloc(sizeof *made);
	if (made == NULL) {
		return ERR_NOMEM;
	}
	*made = *ready;
	*n = made;
	return ERR_OK;
}

int noise_accept(const struct noise *ready, struct bytes message, struct buf *payload,
		 struct noise **n)
{
	size_t start = payload->len;
	struct noise trial = *ready;
	int rc;

	assert(ready->phase == HANDSHAKE && ready->message == 0 && !ready->initiator);
	rc = noise_read(&trial, message, payload);
	if (rc == ERR_OK) {
		struct noise *made = sodium_malloc(sizeof *made);

		if (made != NULL) {
			*made = trial;
			*n = made;
		} else {
			payload->len = start;
			rc = ERR_NOMEM;
		}
	}
	return die(&trial, rc);
}

/* The initiator writes messages 0 and 2, the responder reads them, and so on. */
static bool is_our_turn(const struct noise *n, bool writing)
{
	bool initiators = n->message % 2 == 0;

	return n->phase == HANDSHAKE && (n->initiator == initiators) == writing;
}

/* An all-zero secret means that the peer's key is one of the few that fit any of ours. */
static int mix_secret(struct noise *n, const uint8_t *secret, const uint8_t *public)
{
	uint8_t shared[NOISE_KEY_BYTES];
	int rc = ERR_MALFORMED;

	if (crypto_scalarmult(shared, secret, public) == 0) {
		noise_symmetric_mix_key(&n->symmetric, key_bytes(shared));
		rc = ERR_OK;
	}
	sodium_memzero(shared, sizeof shared);
	return rc;
}

/* The tokens that both sides carry out alike. */
static int mix_token(struct noise *n, enum noise_token token)
{
	switch (token) {
	case NOISE_EE:
		return mix_secret(n, n->own_ephemeral, n->remote_ephemeral);
	case NOISE_ES:
		return n->initiator ? mix_secret(n, n->own_ephemeral, n->remote_public)
				    : mix_secret(n, n->own_secret, n->remote_ephemeral);
	case NOISE_SE:
		return n->initiator ? mix_secret(n, n->own_secret, n->remote_ephemeral)
				    : mix_secret(n, n->own_ephemeral, n->remote_public);
	case NOISE_SS:
		return mix_secret(n, n->own_secret, n->remote_public);
	case NOISE_PSK:
		mix_psk(n);
		return ERR_OK;
	case NOISE_E:
	case NOISE_S:
	case NOISE_END:
		break;
	}
	return ERR_INTERNAL;
}

/* In psk patterns ephemeral keys go into the key too (Noise 9.2). */
static void mix_ephemeral(struct noise *n, const uint8_t public[NOISE_KEY_BYTES])
{
	noise_symmetric_mix_hash(&n->symmetric, key_bytes(public));
	if (n->pattern.psk_count > 0) {
		noise_symmetric_mix_key(&n->symmetric, key_bytes(public));
	}
}

static int write_sealed(struct noise *n, struct bytes plain, struct buf *out)
{
	size_t len = plain.len + noise_cipher_overhead(&n->symmetric.cipher);
	uint8_t *room = buf_extend(out, len);

	if (room == NULL) {
		return buf_error(out);
	}
	return noise_symmetric_seal(&n->symmetric, plain, room);
}

static int write_token(struct noise *n, enum noise_token token, struct buf *out)
{
	uint8_t public[NOISE_KEY_BYTES];

	if (token == NOISE_S) {
		return write_sealed(n, key_bytes(n->own_public), out);
	}
	if (token != NOISE_E) {
		return mix_token(n, token);
	}
	randombytes_buf(n->own_ephemeral, NOISE_KEY_BYTES);
	if (crypto_scalarmult_base(public, n->own_ephemeral) != 0) {
		return ERR_INTERNAL;
	}
	buf_put(out, public, sizeof public);
	mix_ephemeral(n, public);
	return buf_error(out);
}

static int read_token(struct noise *n, enum noise_token token, struct wire *in)
{
	if (token == NOISE_S) {
		size_t len = NOISE_KEY_BYTES + noise_cipher_overhead(&n->symmetric.cipher);
		const uint8_t *sealed = wire_bytes(in, len);

		if (sealed == NULL) {
			return ERR_SHORT;
		}
		n->has_remote = true;
		return noise_symmetric_open(&n->symmetric, (struct bytes){ sealed, len },
					    n->remote_public);
	}
	if (token == NOISE_E) {
		const uint8_t *public = wire_bytes(in, NOISE_KEY_BYTES);

		if (public == NULL) {
			return ERR_SHORT;
		}
		memcpy(n->remote_ephemeral, public, NOISE_KEY_BYTES);
		mix_ephemeral(n, public);
		return ERR_OK;
	}
	return mix_token(n, token);
}

/* On to the next message; after the last one only the two keys, the hash and the peer's
 * static key remain. */
static int advance(struct noise *n)
{
	struct noise_cipher there;
	struct noise_cipher back;
	int rc;

	n->token = 0;
	n->message++;
	if (n->message < n->pattern.message_count) {
		return ERR_OK;
	}
	rc = noise_symmetric_split(&n->symmetric, &there, &back);
	if (rc == ERR_OK) {
		n->sending = n->initiator ? there : back;
		n->receiving = n->initiator ? back : there;
		if (n->pattern.message_count == 1) { /* one way: no key for answers */
			sodium_memzero(n->initiator ? &n->receiving : &n->sending, sizeof there);
		}
		n->phase = TRANSPORT;
	}
	sodium_memzero(&there, sizeof there);
	sodium_memzero(&back, sizeof back);
	sodium_memzero(n->symmetric.chaining, sizeof n->symmetric.chaining);
	sodium_memzero(&n->symmetric.cipher, sizeof n->symmetric.cipher);
	sodium_memzero(n->psks, sizeof n->psks);
	sodium_memzero(n->own_secret, sizeof n->own_secret);
	sodium_memzero(n->own_ephemeral, sizeof n->own_ephemeral);
	return rc;
}

int noise_write(struct noise *n, struct bytes payload, struct buf *out)
{
	size_t start = out->len;
	int rc = ERR_OK;

	if (!is_our_turn(n, true)) {
		return die(n, ERR_STATE);
	}
	for (; rc == ERR_OK && n->pattern.messages[n->message][n->token] != NOISE_END; n->token++) {
		rc = write_token(n, n->pattern.messages[n->message][n->token], out);
	}
	if (rc == ERR_OK) {
		rc = write_sealed(n, payload, out);
	}
	if (rc == ERR_OK && out->len - start > NOISE_MESSAGE_MAX) {
		rc = ERR_LIMIT;
	}
	if (rc == ERR_OK) {
		rc = advance(n);
	}
	if (rc != ERR_OK) {
		out->len = start;
		return die(n, rc);
	}
	return ERR_OK;
}

static int read_payload(struct noise *n, struct wire *in, struct buf *payload)
{
	size_t len = wire_left(in);
	size_t overhead = noise_cipher_overhead(&n->symmetric.cipher);
	const uint8_t *sealed = wire_bytes(in, len);
	uint8_t *room;

	if (len < overhead) {
		return ERR_SHORT;
	}
	room = buf_extend(payload, len - overhead);
	if (room == NULL) {
		return buf_error(payload);
	}
	return noise_symmetric_open(&n->symmetric, (struct bytes){ sealed, len }, room);
}

int noise_read(struct noise *n, struct bytes message, struct buf *payload)
{
	size_t start = payload->len;
	struct wire in;
	int rc = ERR_OK;

	if (!is_our_turn(n, false)) {
		return die(n, ERR_STATE);
	}
	if (message.len > NOISE_MESSAGE_MAX) {
		return die(n, ERR_LIMIT);
	}
	wire_init(&in, message.data, message.len);
	for (; rc == ERR_OK && n->pattern.messages[n->message][n->token] != NOISE_END; n->token++) {
		rc = read_token(n, n->pattern.messages[n->message][n->token], &in);
	}
	if (rc == ERR_OK) {
		rc = read_payload(n, &in, payload);
	}
	if (rc == ERR_OK) {
		rc = advance(n);
	}
	if (rc != ERR_OK) {
		payload->len = start;
		return die(n, rc);
	}
	return ERR_OK;
}

bool noise_is_done(const struct noise *n)
{
	return n->phase == TRANSPORT;
}

const uint8_t *noise_remote(const struct noise *n)
{
	return n->has_remote ? n->remote_public : NULL;
}

const uint8_t *noise_hash(const struct noise *n)
{
	return n->phase == TRANSPORT ? n->symmetric.hash : NULL;
}

int noise_seal(struct noise *n, struct bytes plain, uint8_t *out)
{
	int rc = ERR_STATE;

	if (plain.len > NOISE_MESSAGE_MAX - NOISE_TAG_BYTES) {
		rc = ERR_LIMIT;
	} else if (n->phase == TRANSPORT && n->sending.has_key) {
		rc = noise_cipher_seal(&n->sending, (struct bytes){ 0 }, plain, out);
	}
	return rc == ERR_OK ? ERR_OK : die(n, rc);
}

int noise_open(struct noise *n, struct bytes sealed, uint8_t *out)
{
	int rc = ERR_STATE;

	if (sealed.len > NOISE_MESSAGE_MAX) {
		rc = ERR_LIMIT;
	} else if (n->phase == TRANSPORT && n->receiving.has_key) {
		rc = noise_cipher_open(&n->receiving, (struct bytes){ 0 }, sealed, out);
	}
	return rc == ERR_OK ? ERR_OK : die(n, rc);
}

int noise_rekey(struct noise *n, bool sending)
{
	struct noise_cipher *cipher = sending ? &n->sending : &n->receiving;
	int rc = ERR_STATE;

	if (n->phase == TRANSPORT && cipher->has_key) {
		rc = noise_cipher_rekey(cipher);
	}
	return rc == ERR_OK ? ERR_OK : die(n, rc);
}
