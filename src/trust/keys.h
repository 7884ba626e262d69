/* A node's secret keys, in guarded memory.
 *
 * Ed25519 to sign, X25519 for links (dh), X25519 to be sealed to (seal), and a key for what
 * the node keeps for itself.  A region's issuer also holds the region's signing key.  On disk
 * they are one file, sealed under a passphrase (Argon2id, XChaCha20-Poly1305). */
#ifndef TRUST_KEYS_H
#define TRUST_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "record/entry.h"
#include "record/schema.h"

#define KEYS_PUBLIC_BYTES    32U
#define KEYS_SECRET_BYTES    32U
#define KEYS_SIGNATURE_BYTES 64U
#define KEYS_HASH_BYTES      32U
#define KEYS_BOX_OVERHEAD    48U /* of a sealed box */
#define KEYS_LOCK_OVERHEAD   40U /* nonce and tag of keys_lock() */
#define KEYS_CONTEXT_BYTES   16U /* of a signature: "op1.entry" padded with zeroes */

enum keys_cost {
	KEYS_COST_TEST = 0,   /* for tests on synthetic data only: 8 KiB, 1 pass */
	KEYS_COST_UNLOCK = 1, /* 64 MiB, 3 passes */
	KEYS_COST_STRONG = 2, /* 256 MiB, 3 passes: once per boot */
};

struct keys;

/* The key file and what it seals; for docs/FORMATS.md and fuzzing. */
extern const struct schema keys_file_schema, keys_secrets_schema;

/* New random keys; with_region also makes a region's signing key. */
int keys_new(bool with_region, struct keys **out);
/* Read a key file.  ERR_FORGED: wrong passphrase or damaged file; ERR_MALFORMED; ERR_LIMIT
 * when the file asks for more memory than 1 GiB. */
int keys_load(struct bytes file, struct bytes passphrase, struct keys **out);
int keys_save(const struct keys *k, struct bytes passphrase, enum keys_cost cost, struct buf *out);
/* Wipes. */
void keys_free(struct keys *k);

const uint8_t *keys_node(const struct keys *k);        /* 16: BLAKE2b-128("op1.node" || sign) */
const uint8_t *keys_sign_public(const struct keys *k); /* 32 */
const uint8_t *keys_dh_public(const struct keys *k);
const uint8_t *keys_dh_secret(const struct keys *k);
const uint8_t *keys_seal_public(const struct keys *k);
const uint8_t *keys_own(const struct keys *k);           /* the class key of GROUP_OWN */
const uint8_t *keys_region_public(const struct keys *k); /* NULL without a region key */

/* Unpredictable bytes, for ids of encounters and records. */
void keys_random(void *out, size_t len);
/* BLAKE2b-256, to name public things such as a policy's text. */
void keys_hash(struct bytes message, uint8_t hash[KEYS_HASH_BYTES]);
/* node id that belongs to a public signing key */
void keys_node_of(const uint8_t sign_public[KEYS_PUBLIC_BYTES], uint8_t node[ENTRY_NODE_BYTES]);
/* Sign context || BLAKE2b-256(message). */
void keys_sign(const struct keys *k, const char *context, struct bytes message,
	       uint8_t signature[KEYS_SIGNATURE_BYTES]);
/* ERR_STATE without a region key. */
int keys_sign_region(const struct keys *k, const char *context, struct bytes message,
		     uint8_t signature[KEYS_SIGNATURE_BYTES]);
/* ERR_OK or ERR_FORGED. */
int keys_verify(const uint8_t public_key[KEYS_PUBLIC_BYTES], const char *context,
		struct bytes message, const uint8_t *signature);
/* Sealed boxes to a seal key. */
int keys_box(const uint8_t seal_public[KEYS_PUBLIC_BYTES], struct bytes plain, struct buf *out);
/* ERR_FORGED when it is not for us or damaged; plain comes from the arena. */
int keys_unbox(const struct keys *k, struct bytes box, struct arena *arena, struct bytes *plain);
/* For values that only this node reads back: sealed under its own key, bound to a name. */
int keys_lock(const struct keys *k, const char *name, struct bytes plain, struct buf *out);
int keys_unlock(const struct keys *k, const char *name, struct bytes locked, struct arena *arena,
		struct bytes *plain);

#endif
