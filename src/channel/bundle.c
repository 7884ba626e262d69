#include "channel/bundle.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "base/wire.h"

#define PROLOGUE "OP1 bundle"
#define COMMIT   "OP1 bundle key"

static_assert(BUNDLE_FIXED_BYTES == BUNDLE_MAGIC_BYTES + 2 + BUNDLE_ID_BYTES + BUNDLE_HASH_BYTES,
	      "the head's fixed part");
static_assert(BUNDLE_PROLOGUE_MAX >= sizeof PROLOGUE - 1 + BUNDLE_CONTEXT_MAX + BUNDLE_FIXED_BYTES,
	      "room for the prologue");

/* Only such a number is ever written, so that only such a number is read. */
static int is_slots(unsigned n)
{
	return n >= BUNDLE_SLOTS_MIN && n <= BUNDLE_SLOTS_MAX && (n & (n - 1)) == 0;
}

int bundle_clear(struct bytes in, struct bundle_clear *out, struct fault *fault)
{
	struct wire w;
	const uint8_t *magic;
	const uint8_t *id;
	const uint8_t *commit;

	wire_init(&w, in.data, in.len);
	magic = wire_bytes(&w, BUNDLE_MAGIC_BYTES);
	if (magic == NULL) {
		return err_at(fault, ERR_SHORT, in.len, "magic");
	}
	if (memcmp(magic, BUNDLE_MAGIC, BUNDLE_MAGIC_BYTES) != 0) {
		return err_at(fault, ERR_MALFORMED, 0, "magic");
	}
	out->version = wire_u8(&w);
	out->slots = wire_u8(&w);
	id = wire_bytes(&w, BUNDLE_ID_BYTES);
	commit = wire_bytes(&w, BUNDLE_HASH_BYTES);
	if (commit == NULL) {
		return err_at(fault, ERR_SHORT, in.len, "head");
	}
	if (out->version != BUNDLE_VERSION) {
		return err_at(fault, ERR_UNSUPPORTED, BUNDLE_MAGIC_BYTES, "version");
	}
	if (!is_slots(out->slots)) {
		return err_at(fault, ERR_MALFORMED, BUNDLE_MAGIC_BYTES + 1, "slots");
	}
	memcpy(out->id, id, BUNDLE_ID_BYTES);
	memcpy(out->commit, commit, BUNDLE_HASH_BYTES);
	out->head_bytes = BUNDLE_FIXED_BYTES + (size_t)out->slots * BUNDLE_SLOT_BYTES;
	return ERR_OK;
}

uint64_t bundle_chunks(const struct bundle_clear *clear, uint64_t file_bytes)
{
	uint64_t rest = file_bytes < clear->head_bytes ? 0 : file_bytes - clear->head_bytes;

	return rest % BUNDLE_CHUNK_BYTES != 0 || rest / BUNDLE_CHUNK_BYTES > BUNDLE_CHUNKS_MAX
		   ? 0
		   : rest / BUNDLE_CHUNK_BYTES;
}

unsigned bundle_slots(size_t recipients)
{
	unsigned n = BUNDLE_SLOTS_MIN;

	while (n < recipients && n <= BUNDLE_SLOTS_MAX) {
		n *= 2;
	}
	return n <= BUNDLE_SLOTS_MAX ? n : 0;
}

uint64_t bundle_fit(size_t recipients, uint64_t file_bytes)
{
	uint64_t head = BUNDLE_FIXED_BYTES + (uint64_t)bundle_slots(recipients) * BUNDLE_SLOT_BYTES;
	uint64_t chunks = file_bytes < head ? 0 : (file_bytes - head) / BUNDLE_CHUNK_BYTES;

	return chunks < BUNDLE_CHUNKS_MAX ? chunks : BUNDLE_CHUNKS_MAX;
}

size_t bundle_prologue(struct bytes context, const uint8_t fixed[BUNDLE_FIXED_BYTES],
		       uint8_t out[BUNDLE_PROLOGUE_MAX])
{
	const struct bytes title = bytes_of(PROLOGUE);
	size_t len = title.len;

	assert(context.len <= BUNDLE_CONTEXT_MAX);
	memcpy(out, title.data, title.len);
	if (context.len > 0) {
		memcpy(out + len, context.data, context.len);
	}
	len += context.len;
	memcpy(out + len, fixed, BUNDLE_FIXED_BYTES);
	return len + BUNDLE_FIXED_BYTES;
}

void bundle_commit(const uint8_t key[NOISE_KEY_BYTES], uint8_t commit[BUNDLE_HASH_BYTES])
{
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, NULL, 0, BUNDLE_HASH_BYTES);
	(void)crypto_generichash_update(&state, (const uint8_t *)COMMIT, strlen(COMMIT));
	(void)crypto_generichash_update(&state, key, NOISE_KEY_BYTES);
	(void)crypto_generichash_final(&state, commit, BUNDLE_HASH_BYTES);
	sodium_memzero(&state, sizeof state);
}
