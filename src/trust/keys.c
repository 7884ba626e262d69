#include "trust/keys.h"

#include <sodium.h>
#include <string.h>

#include "record/cbor.h"
#include "record/schema.h"

#define FILE_FORMAT  1U
#define SALT_BYTES   crypto_pwhash_SALTBYTES
#define NONCE_BYTES  crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES    crypto_aead_xchacha20poly1305_ietf_ABYTES
#define MEMORY_MAX   (1024ULL * 1024 * 1024)
#define MEMORY_MIN   crypto_pwhash_argon2id_MEMLIMIT_MIN
#define PASSES_MAX   10U
#define PASSES_MIN   crypto_pwhash_argon2id_OPSLIMIT_MIN
#define HASHED_BYTES (KEYS_CONTEXT_BYTES + 32U)

struct keys {
	uint8_t seed[32]; /* of sign, as stored */
	uint8_t sign_secret[crypto_sign_SECRETKEYBYTES];
	uint8_t dh_secret[32];
	uint8_t seal_secret[32];
	uint8_t own[32];  /* class key of GROUP_OWN */
	uint8_t lock[32]; /* keys_lock() */
	uint8_t region_seed[32];
	uint8_t region_secret[crypto_sign_SECRETKEYBYTES];
	uint8_t node[ENTRY_NODE_BYTES];
	uint8_t sign_public[32];
	uint8_t dh_public[32];
	uint8_t seal_public[32];
	uint8_t region_public[32];
	uint64_t has_region;
};

/* What stands, sealed, in the key file. */
struct stored {
	uint8_t seed[32];
	uint8_t dh_secret[32];
	uint8_t seal_secret[32];
	uint8_t own[32];
	uint8_t lock[32];
	uint8_t region_seed[32];
};

static const struct field stored_fields[] = {
	FIELD(struct stored, 1, true, FIELD_FIXED, seed, 32, NULL),
	FIELD(struct stored, 2, true, FIELD_FIXED, dh_secret, 32, NULL),
	FIELD(struct stored, 3, true, FIELD_FIXED, seal_secret, 32, NULL),
	FIELD(struct stored, 4, true, FIELD_FIXED, own, 32, NULL),
	FIELD(struct stored, 5, true, FIELD_FIXED, lock, 32, NULL),
	FIELD(struct stored, 6, false, FIELD_FIXED, region_seed, 32, NULL),
};
const struct schema keys_secrets_schema = SCHEMA("key-file-secrets", struct stored, stored_fields);

struct key_file {
	uint64_t format;
	uint64_t passes;
	uint64_t memory_bytes;
	uint8_t salt[SALT_BYTES];
	uint8_t nonce[NONCE_BYTES];
	struct bytes sealed;
};

static const struct field file_fields[] = {
	FIELD(struct key_file, 1, true, FIELD_UINT, format, 255, NULL),
	FROM(struct key_file, 2, passes, PASSES_MIN, PASSES_MAX),
	FIELD(struct key_file, 3, true, FIELD_UINT, memory_bytes, INT64_MAX, NULL),
	FIELD(struct key_file, 4, true, FIELD_FIXED, salt, SALT_BYTES, NULL),
	FIELD(struct key_file, 5, true, FIELD_FIXED, nonce, NONCE_BYTES, NULL),
	FIELD(struct key_file, 6, true, FIELD_BYTES, sealed, 512, NULL),
};
const struct schema keys_file_schema = SCHEMA("key-file", struct key_file, file_fields);

void keys_random(void *out, size_t len)
{
	randombytes_buf(out, len);
}

void keys_hash(struct bytes message, uint8_t hash[KEYS_HASH_BYTES])
{
	(void)crypto_generichash(hash, KEYS_HASH_BYTES, message.data, message.len, NULL, 0);
}

void keys_node_of(const uint8_t sign_public[KEYS_PUBLIC_BYTES], uint8_t node[ENTRY_NODE_BYTES])
{
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, NULL, 0, ENTRY_NODE_BYTES);
	(void)crypto_generichash_update(&state, (const uint8_t *)"op1.node", 8);
	(void)crypto_generichash_update(&state, sign_public, KEYS_PUBLIC_BYTES);
	(void)crypto_generichash_final(&state, node, ENTRY_NODE_BYTES);
}

/* Everything public follows from the secrets. */
static int derive(struct keys *k)
{
	if (crypto_sign_seed_keypair(k->sign_public, k->sign_secret, k->seed) != 0 ||
	    crypto_scalarmult_base(k->dh_public, k->dh_secret) != 0 ||
	    crypto_scalarmult_base(k->seal_public, k->seal_secret) != 0) {
		return ERR_INTERNAL;
	}
	k->has_region = !sodium_is_zero(k->region_seed, sizeof k->region_seed);
	if (k->has_region &&
	    crypto_sign_seed_keypair(k->region_public, k->region_secret, k->region_seed) != 0) {
		return ERR_INTERNAL;
	}
	keys_node_of(k->sign_public, k->node);
	return ERR_OK;
}

static struct keys *blank(void)
{
	struct keys *k = NULL;

	if (sodium_init() >= 0) {
		k = sodium_malloc(sizeof *k);
	}
	if (k != NULL) {
		memset(k, 0, sizeof *k);
	}
	return k;
}

static int finish(struct keys *k, struct keys **out)
{
	int rc = derive(k);

	if (rc != ERR_OK) {
		keys_free(k);
		return rc;
	}
	(void)sodium_mprotect_readonly(k);
	*out = k;
	return ERR_OK;
}

int keys_new(bool with_region, struct keys **out)
{
	struct keys *k = blank();

	if (k == NULL) {
		return ERR_NOMEM;
	}
	randombytes_buf(k->seed, sizeof k->seed);
	randombytes_buf(k->dh_secret, sizeof k->dh_secret);
	randombytes_buf(k->seal_secret, sizeof k->seal_secret);
	randombytes_buf(k->own, sizeof k->own);
	randombytes_buf(k->lock, sizeof k->lock);
	if (with_region) {
		randombytes_buf(k->region_seed, sizeof k->region_seed);
	}
	return finish(k, out);
}

void keys_free(struct keys *k)
{
	sodium_free(k); /* wipes, and takes NULL */
}

static int file_key(const struct key_file *f, struct bytes passphrase, uint8_t key[32])
{
	int rc = crypto_pwhash(key, 32, (const char *)passphrase.data, passphrase.len, f->salt,
			       f->passes, (size_t)f->memory_bytes, crypto_pwhash_ALG_ARGON2ID13);

	return rc == 0 ? ERR_OK : ERR_NOMEM;
}

int keys_load(struct bytes file, struct bytes passphrase, struct keys **out)
{
	struct key_file f;
	struct stored s;
	struct keys *k = NULL;
	struct arena arena;
	uint8_t key[32];
	uint8_t plain[512];
	unsigned long long len = 0;
	int rc;

	arena_init(&arena, 1024);
	rc = schema_decode(&keys_file_schema, file, &arena, &f, NULL);
	if (rc == ERR_OK && f.format != FILE_FORMAT) {
		rc = ERR_UNSUPPORTED;
	}
	if (rc == ERR_OK && f.memory_bytes > MEMORY_MAX) {
		rc = ERR_LIMIT;
	}
	if (rc == ERR_OK && (f.memory_bytes % 1024 != 0 || f.memory_bytes < MEMORY_MIN)) {
		rc = ERR_MALFORMED; /* Argon2 counts KiB: two spellings of one key */
	}
	if (rc == ERR_OK) {
		rc = file_key(&f, passphrase, key);
	}
	if (rc == ERR_OK && crypto_aead_xchacha20poly1305_ietf_decrypt(
				plain, &len, NULL, f.sealed.data, f.sealed.len,
				(const uint8_t *)"op1.keyfile", 11, f.nonce, key) != 0) {
		rc = ERR_FORGED;
	}
	if (rc == ERR_OK) {
		rc = schema_decode(&keys_secrets_schema,
				   (struct bytes){ .data = plain, .len = (size_t)len }, &arena, &s,
				   NULL);
	}
	if (rc == ERR_OK) {
		k = blank();
		rc = k == NULL ? ERR_NOMEM : ERR_OK;
	}
	if (rc == ERR_OK) {
		memcpy(k->seed, s.seed, 32);
		memcpy(k->dh_secret, s.dh_secret, 32);
		memcpy(k->seal_secret, s.seal_secret, 32);
		memcpy(k->own, s.own, 32);
		memcpy(k->lock, s.lock, 32);
		memcpy(k->region_seed, s.region_seed, 32);
		rc = finish(k, out);
	}
	sodium_memzero(plain, sizeof plain);
	sodium_memzero(key, sizeof key);
	sodium_memzero(&s, sizeof s);
	arena_done(&arena);
	return rc;
}

int keys_save(const struct keys *k, struct bytes passphrase, enum keys_cost cost, struct buf *out)
{
	static const uint64_t memory[] = { 8192, 64ULL << 20, 256ULL << 20 };
	struct key_file f = { .format = FILE_FORMAT,
			      .passes = cost == KEYS_COST_TEST ? 1 : 3,
			      .memory_bytes = memory[cost] };
	struct stored s;
	struct buf plain;
	uint8_t key[32];
	uint8_t sealed[512 + TAG_BYTES];
	unsigned long long len = 0;
	int rc;

	memcpy(s.seed, k->seed, 32);
	memcpy(s.dh_secret, k->dh_secret, 32);
	memcpy(s.seal_secret, k->seal_secret, 32);
	memcpy(s.own, k->own, 32);
	memcpy(s.lock, k->lock, 32);
	memcpy(s.region_seed, k->region_seed, 32);
	randombytes_buf(f.salt, sizeof f.salt);
	randombytes_buf(f.nonce, sizeof f.nonce);
	buf_init(&plain, 512);
	(void)buf_extend(&plain,
			 512); /* one block from the start, so that no copy is left behind */
	buf_clear(&plain);
	rc = schema_encode(&keys_secrets_schema, &s, &plain);
	if (rc == ERR_OK) {
		rc = file_key(&f, passphrase, key);
	}
	if (rc == ERR_OK) {
		(void)crypto_aead_xchacha20poly1305_ietf_encrypt(
		    sealed, &len, plain.data, plain.len, (const uint8_t *)"op1.keyfile", 11, NULL,
		    f.nonce, key);
		f.sealed = (struct bytes){ .data = sealed, .len = (size_t)len };
		rc = schema_encode(&keys_file_schema, &f, out);
	}
	sodium_memzero(&s, sizeof s);
	sodium_memzero(key, sizeof key);
	if (plain.data != NULL) {
		sodium_memzero(plain.data, plain.room);
	}
	buf_done(&plain);
	return rc;
}

const uint8_t *keys_node(const struct keys *k)
{
	return k->node;
}

const uint8_t *keys_sign_public(const struct keys *k)
{
	return k->sign_public;
}

const uint8_t *keys_dh_public(const struct keys *k)
{
	return k->dh_public;
}

const uint8_t *keys_dh_secret(const struct keys *k)
{
	return k->dh_secret;
}

const uint8_t *keys_seal_public(const struct keys *k)
{
	return k->seal_public;
}

const uint8_t *keys_own(const struct keys *k)
{
	return k->own;
}

const uint8_t *keys_region_public(const struct keys *k)
{
	return k->has_region ? k->region_public : NULL;
}

/* Context first, so that a signature for one kind of object never fits another. */
static void hashed(const char *context, struct bytes message, uint8_t out[HASHED_BYTES])
{
	size_t len = strlen(context);

	memset(out, 0, KEYS_CONTEXT_BYTES);
	memcpy(out, context, len < KEYS_CONTEXT_BYTES ? len : KEYS_CONTEXT_BYTES);
	(void)crypto_generichash(out + KEYS_CONTEXT_BYTES, 32, message.data, message.len, NULL, 0);
}

void keys_sign(const struct keys *k, const char *context, struct bytes message,
	       uint8_t signature[KEYS_SIGNATURE_BYTES])
{
	uint8_t m[HASHED_BYTES];

	hashed(context, message, m);
	(void)crypto_sign_detached(signature, NULL, m, sizeof m, k->sign_secret);
}

int keys_sign_region(const struct keys *k, const char *context, struct bytes message,
		     uint8_t signature[KEYS_SIGNATURE_BYTES])
{
	uint8_t m[HASHED_BYTES];

	if (!k->has_region) {
		return ERR_STATE;
	}
	hashed(context, message, m);
	(void)crypto_sign_detached(signature, NULL, m, sizeof m, k->region_secret);
	return ERR_OK;
}

int keys_verify(const uint8_t public_key[KEYS_PUBLIC_BYTES], const char *context,
		struct bytes message, const uint8_t *signature)
{
	uint8_t m[HASHED_BYTES];

	hashed(context, message, m);
	return crypto_sign_verify_detached(signature, m, sizeof m, public_key) == 0 ? ERR_OK
										    : ERR_FORGED;
}

int keys_box(const uint8_t seal_public[KEYS_PUBLIC_BYTES], struct bytes plain, struct buf *out)
{
	uint8_t *p = buf_extend(out, plain.len + KEYS_BOX_OVERHEAD);

	if (p == NULL) {
		return buf_error(out);
	}
	if (crypto_box_seal(p, plain.data, plain.len, seal_public) != 0) {
		out->len -= plain.len + KEYS_BOX_OVERHEAD;
		return ERR_FORGED; /* the public key is no point of the curve */
	}
	return ERR_OK;
}

int keys_unbox(const struct keys *k, struct bytes box, struct arena *arena, struct bytes *plain)
{
	uint8_t *p;

	if (box.len < KEYS_BOX_OVERHEAD) {
		return ERR_FORGED;
	}
	p = arena_take(arena, box.len - KEYS_BOX_OVERHEAD, 1);
	if (p == NULL) {
		return ERR_NOMEM;
	}
	if (crypto_box_seal_open(p, box.data, box.len, k->seal_public, k->seal_secret) != 0) {
		return ERR_FORGED;
	}
	*plain = (struct bytes){ .data = p, .len = box.len - KEYS_BOX_OVERHEAD };
	return ERR_OK;
}

int keys_lock(const struct keys *k, const char *name, struct bytes plain, struct buf *out)
{
	uint8_t *p = buf_extend(out, plain.len + KEYS_LOCK_OVERHEAD);

	if (p == NULL) {
		return buf_error(out);
	}
	randombytes_buf(p, NONCE_BYTES);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(p + NONCE_BYTES, NULL, plain.data,
							 plain.len, (const uint8_t *)name,
							 strlen(name), NULL, p, k->lock);
	return ERR_OK;
}

int keys_unlock(const struct keys *k, const char *name, struct bytes locked, struct arena *arena,
		struct bytes *plain)
{
	uint8_t *p;

	if (locked.len < KEYS_LOCK_OVERHEAD) {
		return ERR_FORGED;
	}
	p = arena_take(arena, locked.len - KEYS_LOCK_OVERHEAD, 1);
	if (p == NULL) {
		return ERR_NOMEM;
	}
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
		p, NULL, NULL, locked.data + NONCE_BYTES, locked.len - NONCE_BYTES,
		(const uint8_t *)name, strlen(name), locked.data, k->lock) != 0) {
		return ERR_FORGED;
	}
	*plain = (struct bytes){ .data = p, .len = locked.len - KEYS_LOCK_OVERHEAD };
	return ERR_OK;
}
