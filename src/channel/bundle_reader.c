#include "channel/bundle_reader.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "channel/noise.h"

#define PATTERN "X"

/* FIXED --58 bytes--> SLOTS --ours is open--> CHUNKS --END and signature--> DONE */
enum state { FIXED = 0, SLOTS, CHUNKS, DONE };

struct bundle_reader {
	crypto_generichash_state hash; /* of head and records; first, for its alignment */
	size_t context_bytes;
	uint64_t file_at; /* bytes of the file taken */
	uint64_t chunks;
	size_t have; /* of the head or the chunk under way, in `in` */
	size_t plain_at;
	size_t plain_end; /* behind the last byte of the opened chunk; equal: all is read */
	uint64_t content_at;
	size_t record_have; /* of the record under way: its head, content, signature behind END */
	size_t record_want;
	struct fault fault;
	struct noise_cipher cipher;
	struct bundle_clear clear;
	enum state state;
	bool has_sender;
	bool last; /* the opened chunk is */
	uint8_t sender[NOISE_KEY_BYTES];
	uint8_t own_secret[NOISE_KEY_BYTES];
	uint8_t own_public[NOISE_KEY_BYTES];
	uint8_t head_hash[BUNDLE_HASH_BYTES];
	uint8_t end_hash[BUNDLE_HASH_BYTES];
	uint8_t context[BUNDLE_CONTEXT_MAX];
	uint8_t in[BUNDLE_CHUNK_BYTES];          /* as it stands in the file */
	uint8_t plain[1 + BUNDLE_CONTENT_BYTES]; /* opened: flag and content */
	uint8_t record[BUNDLE_RECORD_HEAD + BUNDLE_RECORD_MAX + BUNDLE_SIGNATURE_BYTES];
};

int bundle_reader_new(const uint8_t *own_secret, const uint8_t *own_public, struct bytes context,
		      struct bundle_reader **out)
{
	struct bundle_reader *r;

	if (context.len > BUNDLE_CONTEXT_MAX) {
		return ERR_RANGE;
	}
	r = sodium_malloc(sizeof *r);
	if (r == NULL) {
		return ERR_NOMEM;
	}
	sodium_memzero(r, sizeof *r);
	r->fault.what = "";
	memcpy(r->own_secret, own_secret, NOISE_KEY_BYTES);
	memcpy(r->own_public, own_public, NOISE_KEY_BYTES);
	if (context.len > 0) {
		memcpy(r->context, context.data, context.len);
	}
	r->context_bytes = context.len;
	r->record_want = BUNDLE_RECORD_HEAD;
	(void)crypto_generichash_init(&r->hash, NULL, 0, BUNDLE_HASH_BYTES);
	*out = r;
	return ERR_OK;
}

void bundle_reader_free(struct bundle_reader *r)
{
	sodium_free(r); /* wipes it, and takes NULL */
}

const struct bundle_clear *bundle_reader_clear(const struct bundle_reader *r)
{
	return r->state == FIXED ? NULL : &r->clear;
}

const uint8_t *bundle_reader_sender(const struct bundle_reader *r)
{
	return r->has_sender ? r->sender : NULL;
}

const struct fault *bundle_reader_fault(const struct bundle_reader *r)
{
	return &r->fault;
}

/* The end: keys go at once. */
static int die(struct bundle_reader *r, int code, uint64_t at, const char *what)
{
	sodium_memzero(r->own_secret, sizeof r->own_secret);
	sodium_memzero(&r->cipher, sizeof r->cipher);
	return err_at(&r->fault, code, (size_t)at, what);
}

/* ---- the head ---- */

/* Give the file key if this slot is ours. */
static int open_slot(struct bundle_reader *r, const struct noise *ready, const uint8_t *slot,
		     struct buf *key)
{
	struct noise *n = NULL;
	int rc = noise_accept(ready, (struct bytes){ slot, BUNDLE_SLOT_BYTES }, key, &n);

	if (rc == ERR_OK) {
		memcpy(r->sender, noise_remote(n), NOISE_KEY_BYTES);
		r->has_sender = true;
	}
	noise_free(n);
	return rc;
}

/* Slots name nobody: each is tried until one opens.  A changed bit in somebody else's slot is
 * seen by the chunks, which are bound to the whole head. */
static int find_slot(struct bundle_reader *r, struct buf *key)
{
	uint8_t prologue[BUNDLE_PROLOGUE_MAX];
	struct noise_config config = { .pattern = PATTERN,
				       .own_secret = r->own_secret,
				       .own_public = r->own_public };
	struct noise *ready = NULL;
	int rc;

	config.prologue.data = prologue;
	config.prologue.len =
	    bundle_prologue((struct bytes){ r->context, r->context_bytes }, r->in, prologue);
	rc = noise_new(&config, &ready);
	if (rc == ERR_OK) {
		rc = ERR_NOKEY;
	}
	for (unsigned i = 0; rc == ERR_NOKEY && i < r->clear.slots; i++) {
		const uint8_t *slot = r->in + BUNDLE_FIXED_BYTES + (size_t)i * BUNDLE_SLOT_BYTES;
		int opened = open_slot(r, ready, slot, key);

		if (opened == ERR_OK || opened == ERR_NOMEM) {
			rc = opened;
		}
	}
	noise_free(ready);
	return rc;
}

static int take_slots(struct bundle_reader *r)
{
	uint8_t commit[BUNDLE_HASH_BYTES];
	struct buf key;
	int rc;

	buf_init(&key, NOISE_KEY_BYTES);
	rc = find_slot(r, &key);
	if (rc == ERR_OK) {
		bundle_commit(key.data, commit);
		rc = sodium_memcmp(commit, r->clear.commit, sizeof commit) == 0 ? ERR_OK
										: ERR_FORGED;
	}
	if (rc == ERR_OK) {
		noise_cipher_start(&r->cipher, key.data);
		(void)crypto_generichash(r->head_hash, sizeof r->head_hash, r->in,
					 r->clear.head_bytes, NULL, 0);
		(void)crypto_generichash_update(&r->hash, r->in, r->clear.head_bytes);
		sodium_memzero(r->own_secret, sizeof r->own_secret);
		r->have = 0;
		r->state = CHUNKS;
	}
	if (key.data != NULL) {
		sodium_memzero(key.data, key.room);
	}
	buf_done(&key);
	return rc == ERR_OK ? ERR_OK : die(r, rc, BUNDLE_FIXED_BYTES, "slots");
}

static int take_fixed(struct bundle_reader *r)
{
	struct fault fault = { .what = "head" };
	int rc = bundle_clear((struct bytes){ r->in, r->have }, &r->clear, &fault);

	if (rc != ERR_OK) {
		return die(r, rc, fault.at, fault.what);
	}
	r->state = SLOTS;
	return ERR_OK;
}

/* ---- chunks ---- */

static int open_chunk(struct bundle_reader *r)
{
	uint64_t at = r->file_at - BUNDLE_CHUNK_BYTES;
	struct bytes ad = { r->head_hash, sizeof r->head_hash };
	int rc;

	if (r->last) {
		return die(r, ERR_MALFORMED, at, "bytes behind the last chunk");
	}
	if (r->chunks == BUNDLE_CHUNKS_MAX) {
		return die(r, ERR_LIMIT, at, "chunks");
	}
	rc = noise_cipher_open(&r->cipher, ad, (struct bytes){ r->in, BUNDLE_CHUNK_BYTES },
			       r->plain);
	if (rc != ERR_OK) {
		return die(r, rc, at, "chunk");
	}
	if (r->plain[0] > 1) {
		return die(r, ERR_MALFORMED, at, "flag");
	}
	r->last = r->plain[0] == 1;
	r->chunks++;
	r->have = 0;
	r->plain_at = 1;
	r->plain_end = sizeof r->plain;
	return ERR_OK;
}

static size_t wanted(const struct bundle_reader *r)
{
	return r->state == FIXED   ? BUNDLE_FIXED_BYTES
	       : r->state == SLOTS ? r->clear.head_bytes
				   : BUNDLE_CHUNK_BYTES;
}

/* Take bytes of the file up to the next whole thing; false when they do not reach. */
static bool gather(struct bundle_reader *r, struct bytes *in)
{
	size_t n = wanted(r) - r->have;

	n = n < in->len ? n : in->len;
	if (n > 0) {
		memcpy(r->in + r->have, in->data, n);
		r->have += n;
		r->file_at += n;
		in->data += n;
		in->len -= n;
	}
	return r->have == wanted(r);
}

static int refill(struct bundle_reader *r)
{
	switch (r->state) {
	case FIXED:
		return take_fixed(r);
	case SLOTS:
		return take_slots(r);
	case CHUNKS:
	case DONE:
		break;
	}
	return open_chunk(r);
}

/* ---- records ---- */

static uint32_t record_bytes(const struct bundle_reader *r)
{
	const uint8_t *p = r->record + 1;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Everything is read; what is left of the last chunk must be zeroes. */
static int finish(struct bundle_reader *r)
{
	if (!r->last) {
		return die(r, ERR_MALFORMED, r->file_at, "chunks behind the end");
	}
	if (sodium_is_zero(r->plain + r->plain_at, r->plain_end - r->plain_at) != 1) {
		return die(r, ERR_MALFORMED, r->file_at, "padding");
	}
	r->plain_at = r->plain_end;
	r->state = DONE;
	return ERR_OK;
}

/* What is wanted of the record is here: its head, its content, or the signature.  *whole when
 * that was the last of it. */
static int advance(struct bundle_reader *r, bool *whole)
{
	uint32_t len = record_bytes(r);

	if (r->record_have == BUNDLE_RECORD_HEAD && r->record_want == BUNDLE_RECORD_HEAD) {
		if (r->record[0] < BUNDLE_HEAD || r->record[0] > BUNDLE_END) {
			return die(r, ERR_UNSUPPORTED, r->file_at, "record type");
		}
		if ((r->content_at == 0) != (r->record[0] == BUNDLE_HEAD)) {
			return die(r, ERR_MALFORMED, r->file_at, "first record");
		}
		if (len > BUNDLE_RECORD_MAX) {
			return die(r, ERR_LIMIT, r->file_at, "record length");
		}
		r->record_want += len;
		if (len > 0) {
			return ERR_OK;
		}
	}
	if (r->record_want == BUNDLE_RECORD_HEAD + (size_t)len) {
		(void)crypto_generichash_update(&r->hash, r->record, r->record_want);
		if (r->record[0] == BUNDLE_END) {
			(void)crypto_generichash_final(&r->hash, r->end_hash, sizeof r->end_hash);
			r->record_want += BUNDLE_SIGNATURE_BYTES;
			return ERR_OK;
		}
	}
	*whole = true;
	return r->record[0] == BUNDLE_END ? finish(r) : ERR_OK;
}

/* Take content off the opened chunk; *whole when a record is complete. */
static int assemble(struct bundle_reader *r, bool *whole)
{
	int rc = ERR_OK;

	*whole = false;
	while (rc == ERR_OK && !*whole && r->plain_at < r->plain_end) {
		size_t n = r->record_want - r->record_have;

		n = n < r->plain_end - r->plain_at ? n : r->plain_end - r->plain_at;
		memcpy(r->record + r->record_have, r->plain + r->plain_at, n);
		r->record_have += n;
		r->plain_at += n;
		if (r->record_have == r->record_want) {
			rc = advance(r, whole);
		}
	}
	if (rc == ERR_OK && !*whole && r->last) {
		return die(r, ERR_MALFORMED, r->file_at, "the last chunk ends within a record");
	}
	return rc;
}

static void deliver(struct bundle_reader *r, struct bundle_record *out)
{
	size_t len = record_bytes(r);

	*out = (struct bundle_record){ .type = (enum bundle_type)r->record[0],
				       .content = { r->record + BUNDLE_RECORD_HEAD, len },
				       .at = r->content_at };
	if (out->type == BUNDLE_END) {
		out->hash = r->end_hash;
		out->signature = r->record + BUNDLE_RECORD_HEAD + len;
	}
	r->content_at += BUNDLE_RECORD_HEAD + len;
	r->record_have = 0;
	r->record_want = BUNDLE_RECORD_HEAD;
}

int bundle_reader_take(struct bundle_reader *r, struct bytes *in, struct bundle_record *out)
{
	bool whole = false;
	int rc = r->fault.code;

	*out = (struct bundle_record){ .type = BUNDLE_MORE };
	while (rc == ERR_OK && !whole) {
		if (r->plain_at < r->plain_end) {
			rc = assemble(r, &whole);
		} else if (r->state == DONE && in->len > 0) {
			return die(r, ERR_MALFORMED, r->file_at, "bytes behind the end");
		} else if (gather(r, in)) {
			rc = refill(r);
		} else {
			return ERR_OK;
		}
	}
	if (rc == ERR_OK) {
		deliver(r, out);
	}
	return rc;
}

int bundle_reader_end(struct bundle_reader *r)
{
	if (r->fault.code != ERR_OK) {
		return r->fault.code;
	}
	return r->state == DONE ? ERR_OK : die(r, ERR_SHORT, r->file_at, "file");
}
