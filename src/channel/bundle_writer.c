#include "channel/bundle_writer.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "channel/noise.h"

#define PATTERN "X"

enum state { RECORDS = 0, ENDED, CLOSED };

struct bundle_writer {
	crypto_generichash_state hash; /* of head and records; first, for its alignment */
	uint64_t chunks_max;
	uint64_t chunks; /* sealed */
	size_t used;     /* of the chunk under way, behind the flag */
	struct noise_cipher cipher;
	enum state state;
	uint8_t id[BUNDLE_ID_BYTES];
	uint8_t head_hash[BUNDLE_HASH_BYTES];
	uint8_t chunk[BUNDLE_CHUNK_BYTES];
};

/* One recipient's slot; it fits nobody if the key is one that is thrown away. */
static int put_slot(const struct bundle_writer_config *c, struct bytes prologue,
		    const uint8_t *recipient, const uint8_t key[NOISE_KEY_BYTES], struct buf *head)
{
	struct noise_config noise = { .pattern = PATTERN,
				      .initiator = true,
				      .prologue = prologue,
				      .own_secret = c->own_secret,
				      .own_public = c->own_public,
				      .remote_public = recipient };
	struct noise *n = NULL;
	int rc = noise_new(&noise, &n);

	if (rc == ERR_OK) {
		rc = noise_write(n, (struct bytes){ key, NOISE_KEY_BYTES }, head);
	}
	noise_free(n);
	return rc;
}

/* Nobody holds the secret of this key: a slot for it looks like all others. */
static void nobody(uint8_t public[NOISE_KEY_BYTES])
{
	uint8_t secret[NOISE_KEY_BYTES];

	randombytes_buf(secret, sizeof secret);
	(void)crypto_scalarmult_base(public, secret);
	sodium_memzero(secret, sizeof secret);
}

/* The recipients' places among the slots: all orders are equally likely. */
static void shuffle(uint8_t place[BUNDLE_SLOTS_MAX], unsigned slots)
{
	assert(slots >= BUNDLE_SLOTS_MIN && slots <= BUNDLE_SLOTS_MAX);
	for (unsigned i = 0; i < slots; i++) {
		place[i] = (uint8_t)i;
	}
	for (unsigned i = slots - 1; i > 0; i--) {
		unsigned k = randombytes_uniform(i + 1);
		uint8_t kept = place[i];

		place[i] = place[k];
		place[k] = kept;
	}
}

static int put_slots(const struct bundle_writer_config *c, const uint8_t key[NOISE_KEY_BYTES],
		     struct buf *head)
{
	unsigned slots = bundle_slots(c->recipient_count);
	uint8_t prologue[BUNDLE_PROLOGUE_MAX];
	struct bytes begin = { prologue, bundle_prologue(c->context, head->data, prologue) };
	uint8_t place[BUNDLE_SLOTS_MAX];
	uint8_t none[NOISE_KEY_BYTES];
	int rc = ERR_OK;

	shuffle(place, slots);
	for (unsigned i = 0; rc == ERR_OK && i < slots; i++) {
		bool real = place[i] < c->recipient_count;

		nobody(none);
		rc = put_slot(c, begin, real ? c->recipients[place[i]] : none, key, head);
	}
	return rc;
}

static int put_head(struct bundle_writer *w, const struct bundle_writer_config *c, struct buf *head)
{
	uint8_t key[NOISE_KEY_BYTES];
	uint8_t commit[BUNDLE_HASH_BYTES];
	int rc;

	randombytes_buf(w->id, sizeof w->id);
	randombytes_buf(key, sizeof key);
	bundle_commit(key, commit);
	buf_put(head, BUNDLE_MAGIC, BUNDLE_MAGIC_BYTES);
	buf_u8(head, BUNDLE_VERSION);
	buf_u8(head, (uint8_t)bundle_slots(c->recipient_count));
	buf_put(head, w->id, sizeof w->id);
	buf_put(head, commit, sizeof commit);
	rc = buf_error(head);
	if (rc == ERR_OK) {
		rc = put_slots(c, key, head);
	}
	noise_cipher_start(&w->cipher, key);
	sodium_memzero(key, sizeof key);
	return rc;
}

int bundle_writer_new(const struct bundle_writer_config *config, struct bundle_writer **out,
		      struct buf *file)
{
	struct bundle_writer *w;
	struct buf head;
	int rc;

	if (config->recipient_count == 0 || config->recipient_count > BUNDLE_SLOTS_MAX ||
	    config->context.len > BUNDLE_CONTEXT_MAX || config->chunks_max == 0 ||
	    config->chunks_max > BUNDLE_CHUNKS_MAX) {
		return ERR_RANGE;
	}
	w = sodium_malloc(sizeof *w);
	if (w == NULL) {
		return ERR_NOMEM;
	}
	sodium_memzero(w, sizeof *w);
	w->chunks_max = config->chunks_max;
	buf_init(&head, BUNDLE_FIXED_BYTES + BUNDLE_SLOTS_MAX * BUNDLE_SLOT_BYTES);
	rc = put_head(w, config, &head);
	if (rc == ERR_OK) {
		(void)crypto_generichash(w->head_hash, sizeof w->head_hash, head.data, head.len,
					 NULL, 0);
		(void)crypto_generichash_init(&w->hash, NULL, 0, BUNDLE_HASH_BYTES);
		(void)crypto_generichash_update(&w->hash, head.data, head.len);
		buf_put(file, head.data, head.len);
		rc = buf_error(file);
	}
	buf_done(&head);
	if (rc != ERR_OK) {
		bundle_writer_free(w);
		return rc;
	}
	*out = w;
	return ERR_OK;
}

void bundle_writer_free(struct bundle_writer *w)
{
	sodium_free(w); /* wipes it, and takes NULL */
}

const uint8_t *bundle_writer_id(const struct bundle_writer *w)
{
	return w->id;
}

uint64_t bundle_writer_room(const struct bundle_writer *w)
{
	uint64_t all = (w->chunks_max - w->chunks) * BUNDLE_CONTENT_BYTES;

	return all < w->used + BUNDLE_SIGNATURE_BYTES ? 0 : all - w->used - BUNDLE_SIGNATURE_BYTES;
}

/* Seal the chunk: it is full, or it is the last one. */
static int seal(struct bundle_writer *w, bool last, struct buf *file)
{
	struct bytes plain = { w->chunk, 1 + BUNDLE_CONTENT_BYTES };
	struct bytes ad = { w->head_hash, sizeof w->head_hash };
	uint8_t *room = buf_extend(file, BUNDLE_CHUNK_BYTES);
	int rc;

	if (room == NULL) {
		return buf_error(file);
	}
	w->chunk[0] = last;
	memset(w->chunk + 1 + w->used, 0, BUNDLE_CONTENT_BYTES - w->used);
	rc = noise_cipher_seal(&w->cipher, ad, plain, room);
	w->chunks++;
	w->used = 0;
	return rc;
}

/* The last chunk is never sealed here, even when it is full: something always follows. */
static int fill(struct bundle_writer *w, struct bytes b, struct buf *file)
{
	int rc = ERR_OK;

	while (rc == ERR_OK && b.len > 0) {
		size_t n;

		if (w->used == BUNDLE_CONTENT_BYTES) {
			rc = seal(w, false, file);
			continue;
		}
		n = BUNDLE_CONTENT_BYTES - w->used;
		n = n < b.len ? n : b.len;
		memcpy(w->chunk + 1 + w->used, b.data, n);
		w->used += n;
		b.data += n;
		b.len -= n;
	}
	return rc;
}

int bundle_writer_put(struct bundle_writer *w, enum bundle_type type, struct bytes content,
		      struct buf *file)
{
	uint8_t head[BUNDLE_RECORD_HEAD];
	int rc;

	if (w->state != RECORDS) {
		return ERR_STATE;
	}
	if (content.len > BUNDLE_RECORD_MAX) {
		return ERR_RANGE;
	}
	if (BUNDLE_RECORD_HEAD + content.len > bundle_writer_room(w)) {
		return ERR_FULL;
	}
	head[0] = (uint8_t)type;
	for (size_t i = 0; i < 4; i++) {
		head[1 + i] = (uint8_t)(content.len >> (8 * (3 - i)));
	}
	(void)crypto_generichash_update(&w->hash, head, sizeof head);
	(void)crypto_generichash_update(&w->hash, content.data, content.len);
	rc = fill(w, (struct bytes){ head, sizeof head }, file);
	if (rc == ERR_OK) {
		rc = fill(w, content, file);
	}
	w->state = type == BUNDLE_END ? ENDED : RECORDS;
	return rc;
}

int bundle_writer_hash(const struct bundle_writer *w, uint8_t hash[BUNDLE_HASH_BYTES])
{
	crypto_generichash_state copy = w->hash;

	if (w->state != ENDED) {
		return ERR_STATE;
	}
	(void)crypto_generichash_final(&copy, hash, BUNDLE_HASH_BYTES);
	return ERR_OK;
}

int bundle_writer_close(struct bundle_writer *w, const uint8_t signature[BUNDLE_SIGNATURE_BYTES],
			struct buf *file)
{
	int rc;

	if (w->state != ENDED) {
		return ERR_STATE;
	}
	w->state = CLOSED;
	rc = fill(w, (struct bytes){ signature, BUNDLE_SIGNATURE_BYTES }, file);
	if (rc == ERR_OK) {
		rc = seal(w, true, file);
	}
	assert(w->chunks <= w->chunks_max);
	return rc;
}
