#include "tests/lib/bundle_make.h"

#include <sodium.h>
#include <string.h>

#include "channel/noise.h"

void bundle_make_init(struct bundle_make *m)
{
	for (size_t i = 0; i <= BUNDLE_SLOTS_MAX; i++) {
		memset(m->secret[i], (int)(i + 1), NOISE_KEY_BYTES);
		(void)crypto_scalarmult_base(m->public[i], m -> secret[i]);
	}
	m->config = (struct bundle_writer_config){
		.own_secret = m->secret[BUNDLE_SLOTS_MAX],
		.own_public = m->public[BUNDLE_SLOTS_MAX],
		.context = bytes_of(BUNDLE_MAKE_CONTEXT),
		.recipients = (const uint8_t(*)[NOISE_KEY_BYTES])m->public,
		.recipient_count = 2,
		.chunks_max = 64,
	};
}

int bundle_make_file(const struct bundle_make *m, size_t entries, size_t entry_bytes,
		     struct buf *file)
{
	static uint8_t entry[BUNDLE_RECORD_MAX];
	uint8_t signature[BUNDLE_SIGNATURE_BYTES];
	struct bundle_writer *w = NULL;
	int rc = bundle_writer_new(&m->config, &w, file);

	memset(signature, 0x5a, sizeof signature);
	if (rc == ERR_OK) {
		rc = bundle_writer_put(w, BUNDLE_HEAD, bytes_of("CANARY head"), file);
	}
	for (size_t i = 0; rc == ERR_OK && i < entries; i++) {
		memset(entry, (int)(i & 0xff), entry_bytes);
		rc = bundle_writer_put(w, BUNDLE_ENTRY, (struct bytes){ entry, entry_bytes }, file);
	}
	if (rc == ERR_OK) {
		rc = bundle_writer_put(w, BUNDLE_END, bytes_of("end"), file);
	}
	if (rc == ERR_OK) {
		rc = bundle_writer_close(w, signature, file);
	}
	bundle_writer_free(w);
	return rc;
}

int bundle_make_reader(const struct bundle_make *m, size_t i, struct bundle_reader **out)
{
	return bundle_reader_new(m->secret[i], m->public[i], bytes_of(BUNDLE_MAKE_CONTEXT), out);
}

static void see(struct bundle_seen *seen, const struct bundle_record *r)
{
	seen->records++;
	seen->entries += r->type == BUNDLE_ENTRY;
	if (r->type == BUNDLE_END) {
		seen->ended = true;
		memcpy(seen->hash, r->hash, sizeof seen->hash);
		memcpy(seen->signature, r->signature, sizeof seen->signature);
	}
}

int bundle_make_read(const struct bundle_make *m, size_t i, struct bytes file, size_t piece,
		     struct bundle_seen *seen)
{
	struct bundle_reader *r = NULL;
	struct bundle_record record;
	int rc = bundle_make_reader(m, i, &r);

	memset(seen, 0, sizeof *seen);
	for (size_t at = 0; rc == ERR_OK && at < file.len; at += piece) {
		struct bytes in = { file.data + at, piece < file.len - at ? piece : file.len - at };

		do {
			rc = bundle_reader_take(r, &in, &record);
			if (rc == ERR_OK && record.type != BUNDLE_MORE) {
				see(seen, &record);
			}
		} while (rc == ERR_OK && record.type != BUNDLE_MORE);
	}
	if (rc == ERR_OK) {
		rc = bundle_reader_end(r);
	}
	if (r != NULL) {
		seen->fault = *bundle_reader_fault(r);
	}
	bundle_reader_free(r);
	return rc;
}

int bundle_make_key(const uint8_t *secret, const uint8_t *public, struct bytes context,
		    struct bytes file, uint8_t key[NOISE_KEY_BYTES])
{
	uint8_t prologue[BUNDLE_PROLOGUE_MAX];
	struct noise_config config = {
		.pattern = "X",
		.own_secret = secret,
		.own_public = public,
		.prologue = { prologue, bundle_prologue(context, file.data, prologue) },
	};
	struct bundle_clear clear;
	int rc = bundle_clear(file, &clear, NULL);
	int found = ERR_NOKEY;

	for (unsigned i = 0; rc == ERR_OK && found != ERR_OK && i < clear.slots; i++) {
		const uint8_t *slot = file.data + BUNDLE_FIXED_BYTES + i * BUNDLE_SLOT_BYTES;
		struct noise *n = NULL;
		struct buf out = { 0 };

		rc = noise_new(&config, &n);
		if (rc == ERR_OK) {
			found = noise_read(n, (struct bytes){ slot, BUNDLE_SLOT_BYTES }, &out);
		}
		if (found == ERR_OK) {
			memcpy(key, out.data, NOISE_KEY_BYTES);
		}
		noise_free(n);
		buf_done(&out);
	}
	return rc == ERR_OK ? found : rc;
}

/* ChaCha20-Poly1305 with the chunk's number as nonce, bound to the hash of the head. */
static void prepare(const uint8_t *file, size_t i, uint8_t nonce[12],
		    uint8_t hash[BUNDLE_HASH_BYTES], size_t *at)
{
	struct bundle_clear clear = { 0 };

	(void)bundle_clear((struct bytes){ file, BUNDLE_FIXED_BYTES }, &clear, NULL);
	(void)crypto_generichash(hash, BUNDLE_HASH_BYTES, file, clear.head_bytes, NULL, 0);
	memset(nonce, 0, 12);
	for (size_t k = 0; k < 8; k++) {
		nonce[4 + k] = (uint8_t)(i >> (8 * k));
	}
	*at = clear.head_bytes + i * BUNDLE_CHUNK_BYTES;
}

int bundle_make_open(const uint8_t key[NOISE_KEY_BYTES], uint8_t *file, size_t i)
{
	uint8_t nonce[12];
	uint8_t hash[BUNDLE_HASH_BYTES];
	size_t at;

	prepare(file, i, nonce, hash, &at);
	return crypto_aead_chacha20poly1305_ietf_decrypt(file + at, NULL, NULL, file + at,
							 BUNDLE_CHUNK_BYTES, hash, sizeof hash,
							 nonce, key) == 0
		   ? ERR_OK
		   : ERR_FORGED;
}

int bundle_make_seal(const uint8_t key[NOISE_KEY_BYTES], uint8_t *file, size_t i)
{
	uint8_t nonce[12];
	uint8_t hash[BUNDLE_HASH_BYTES];
	size_t at;

	prepare(file, i, nonce, hash, &at);
	return crypto_aead_chacha20poly1305_ietf_encrypt(file + at, NULL, file + at,
							 BUNDLE_CHUNK_BYTES - NOISE_TAG_BYTES, hash,
							 sizeof hash, NULL, nonce, key) == 0
		   ? ERR_OK
		   : ERR_INTERNAL;
}
