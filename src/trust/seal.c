#include "trust/seal.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "record/cbor.h"

#define SIGN_ENTRY "op1.entry"

/* One entry key seals one body, so the body's nonce can be constant; the wrap's nonce comes
 * from the id, which no other entry under the same class key has. */
static const uint8_t body_nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];

static void keyed(const uint8_t *key, const char *domain, struct bytes in, uint8_t *out, size_t len)
{
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, key, key == NULL ? 0 : SEAL_KEY_BYTES, len);
	(void)crypto_generichash_update(&state, (const uint8_t *)domain, strlen(domain) + 1);
	(void)crypto_generichash_update(&state, in.data, in.len);
	(void)crypto_generichash_final(&state, out, len);
	sodium_memzero(&state, sizeof state);
}

static struct bytes span(const void *p, size_t len)
{
	return (struct bytes){ .data = p, .len = len };
}

void seal_epoch(const uint8_t class_key[SEAL_KEY_BYTES], uint8_t commit[32],
		uint8_t epoch[ENTRY_EPOCH_BYTES])
{
	keyed(NULL, "op1.commit", span(class_key, SEAL_KEY_BYTES), commit, 32);
	memcpy(epoch, commit, ENTRY_EPOCH_BYTES);
}

void seal_recipient(const uint8_t seal_public[KEYS_PUBLIC_BYTES], uint8_t epoch[ENTRY_EPOCH_BYTES])
{
	uint8_t hash[32];

	keyed(NULL, "op1.recipient", span(seal_public, KEYS_PUBLIC_BYTES), hash, sizeof hash);
	memcpy(epoch, hash, ENTRY_EPOCH_BYTES);
}

void seal_tag(const uint8_t class_key[SEAL_KEY_BYTES], struct bytes subject,
	      uint8_t tag[ENTRY_TAG_BYTES])
{
	keyed(class_key, "op1.tag", subject, tag, ENTRY_TAG_BYTES);
}

static void commit_to(const uint8_t entry_key[32], uint8_t commit[ENTRY_COMMIT_BYTES])
{
	keyed(NULL, "op1.entrykey", span(entry_key, 32), commit, ENTRY_COMMIT_BYTES);
}

static void wrap_nonce(const uint8_t id[ENTRY_ID_BYTES],
		       uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES])
{
	memcpy(nonce, id, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
}

static int put_wrap(const struct seal_order *order, const uint8_t id[ENTRY_ID_BYTES],
		    const uint8_t entry_key[32], struct buf *out)
{
	uint8_t nonce[sizeof body_nonce];
	uint8_t *p;

	if (order->recipient != NULL) {
		return keys_box(order->recipient, span(entry_key, 32), out);
	}
	p = buf_extend(out, ENTRY_WRAP_CLASS);
	if (p == NULL) {
		return ERR_NOMEM;
	}
	wrap_nonce(id, nonce);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(p, NULL, entry_key, 32, id, ENTRY_ID_BYTES,
							 NULL, nonce, order->class_key);
	return ERR_OK;
}

static void fill_header(const struct keys *author, const struct seal_order *order,
			const uint8_t entry_key[32], struct entry_header *h)
{
	uint8_t commit[32];

	h->format = ENTRY_FORMAT;
	h->kind = order->kind;
	memcpy(h->class_id, order->class_id, ENTRY_CLASS_BYTES);
	if (order->recipient != NULL) {
		seal_recipient(order->recipient, h->epoch);
	} else {
		seal_epoch(order->class_key, commit, h->epoch);
	}
	memcpy(h->author, keys_node(author), ENTRY_NODE_BYTES);
	h->sequence = order->sequence;
	memcpy(h->previous, order->previous, ENTRY_PREVIOUS_BYTES);
	h->clock = order->clock;
	h->expiry_day = order->expiry_day;
	memcpy(h->tag, order->tag, ENTRY_TAG_BYTES);
	h->revision = order->revision;
	commit_to(entry_key, h->commit);
}

/* Pad the body to its size class and seal it over the header. */
static int seal_body(const struct entry_header *h, struct bytes header, struct bytes body,
		     const uint8_t entry_key[32], struct buf *out)
{
	size_t padded = entry_padded(h->size_class);
	uint8_t *p = buf_extend(out, padded + ENTRY_SEAL_BYTES);

	if (p == NULL) {
		return ERR_NOMEM;
	}
	assert(body.len < padded);
	memset(p, 0, padded);
	if (body.len > 0) {
		memcpy(p, body.data, body.len);
	}
	p[body.len] = 0x80; /* ISO/IEC 7816-4 padding */
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(p, NULL, p, padded, header.data,
							 header.len, NULL, body_nonce, entry_key);
	return ERR_OK;
}

int seal_entry(const struct keys *author, const struct seal_order *order, struct bytes body,
	       struct buf *out, uint8_t id[ENTRY_ID_BYTES])
{
	struct entry e = { 0 };
	struct buf header;
	struct buf sealed;
	struct buf wrap;
	uint8_t entry_key[32];
	uint8_t signature[KEYS_SIGNATURE_BYTES];
	int rc =
	    order->sequence == 0 ? ERR_RANGE : entry_size_class(body.len, &e.header.size_class);

	assert((order->class_key == NULL) != (order->recipient == NULL));
	buf_init(&header, ENTRY_HEADER_MAX);
	buf_init(&sealed, 0);
	buf_init(&wrap, 0);
	randombytes_buf(entry_key, sizeof entry_key);
	fill_header(author, order, entry_key, &e.header);
	if (rc == ERR_OK) {
		rc = schema_encode(&entry_header_schema, &e.header, &header);
	}
	if (rc == ERR_OK) {
		rc = seal_body(&e.header, buf_bytes(&header), body, entry_key, &sealed);
	}
	if (rc == ERR_OK) {
		entry_id(buf_bytes(&header), buf_bytes(&sealed), e.id);
		rc = put_wrap(order, e.id, entry_key, &wrap);
	}
	if (rc == ERR_OK) {
		keys_sign(author, SIGN_ENTRY, span(e.id, ENTRY_ID_BYTES), signature);
		e.header_bytes = buf_bytes(&header);
		e.sealed = buf_bytes(&sealed);
		e.wrap = buf_bytes(&wrap);
		e.signature = span(signature, sizeof signature);
		rc = entry_encode(&e, out);
	}
	if (rc == ERR_OK) {
		memcpy(id, e.id, ENTRY_ID_BYTES);
	}
	sodium_memzero(entry_key, sizeof entry_key);
	buf_done(&header);
	buf_done(&sealed);
	buf_done(&wrap);
	return rc;
}

int seal_verify(const struct entry *e, const uint8_t sign_public[KEYS_PUBLIC_BYTES])
{
	return keys_verify(sign_public, SIGN_ENTRY, span(e->id, ENTRY_ID_BYTES), e->signature.data);
}

static int open_body(const struct entry *e, const uint8_t entry_key[32], struct arena *arena,
		     struct bytes *body)
{
	uint8_t commit[ENTRY_COMMIT_BYTES];
	size_t padded = e->sealed.len - ENTRY_SEAL_BYTES;
	uint8_t *p;

	commit_to(entry_key, commit);
	if (sodium_memcmp(commit, e->header.commit, sizeof commit) != 0) {
		return ERR_FORGED;
	}
	p = arena_take(arena, padded, 1);
	if (p == NULL) {
		return ERR_NOMEM;
	}
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(p, NULL, NULL, e->sealed.data, e->sealed.len,
						       e->header_bytes.data, e->header_bytes.len,
						       body_nonce, entry_key) != 0) {
		return ERR_FORGED;
	}
	while (padded > 0 && p[padded - 1] == 0) {
		padded--;
	}
	if (padded == 0 || p[padded - 1] != 0x80) {
		return ERR_FORGED;
	}
	*body = span(p, padded - 1);
	return ERR_OK;
}

int seal_open_class(const struct entry *e, const uint8_t class_key[SEAL_KEY_BYTES],
		    struct arena *arena, struct bytes *body)
{
	uint8_t commit[32];
	uint8_t epoch[ENTRY_EPOCH_BYTES];
	uint8_t nonce[sizeof body_nonce];
	uint8_t entry_key[32];
	int rc;

	seal_epoch(class_key, commit, epoch);
	if (e->wrap.len != ENTRY_WRAP_CLASS || memcmp(epoch, e->header.epoch, sizeof epoch) != 0) {
		return ERR_NOKEY;
	}
	wrap_nonce(e->id, nonce);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(entry_key, NULL, NULL, e->wrap.data,
						       e->wrap.len, e->id, ENTRY_ID_BYTES, nonce,
						       class_key) != 0) {
		return ERR_FORGED;
	}
	rc = open_body(e, entry_key, arena, body);
	sodium_memzero(entry_key, sizeof entry_key);
	return rc;
}

int seal_open_mail(const struct entry *e, const struct keys *k, struct arena *arena,
		   struct bytes *body)
{
	uint8_t epoch[ENTRY_EPOCH_BYTES];
	struct bytes entry_key;
	int rc;

	seal_recipient(keys_seal_public(k), epoch);
	if (e->wrap.len != ENTRY_WRAP_RECIPIENT ||
	    memcmp(epoch, e->header.epoch, sizeof epoch) != 0) {
		return ERR_NOKEY;
	}
	rc = keys_unbox(k, e->wrap, arena, &entry_key);
	return rc == ERR_OK ? open_body(e, entry_key.data, arena, body) : rc;
}
