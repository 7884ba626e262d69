/* docs/vectors/bundle.txt: a whole bundle of known secrets, made anew by the steps of
 * docs/FORMATS.md from libsodium's primitives (its slot by Noise, which has official vectors).
 * With OUTPOST_WRITE set the file is written anew. */
#include "tests/lib/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/parcel.h"
#include "tests/lib/bundle_make.h"
#include "tests/lib/fixed.h"
#include "tests/lib/seeded.h"
#include "trust/passport.h"

#define NAME     "vectors/bundle.txt"
#define TEXT_MAX 16384U

static struct fixed fixed;
static struct keys *region;
static struct buf text;
static struct buf content;  /* all records, as the page says */
static struct buf file;     /* as the writer has made it */
static uint8_t entry[2048]; /* that of entry-class.txt */
static size_t entry_len;

static FILE *open_vector(const char *name, const char *mode)
{
	const char *srcdir = getenv("srcdir");
	char path[1024];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/docs/%s", srcdir != NULL ? srcdir : ".", name);
	f = fopen(path, mode);
	if (f == NULL) {
		fail_msg("cannot open %s", path);
	}
	return f;
}

static void line(const char *name, const void *data, size_t len)
{
	char *hex = malloc(2 * len + 1);

	assert_non_null(hex);
	bytes_hex(data, len, hex);
	buf_put(&text, name, strlen(name));
	buf_put(&text, " = ", 3);
	buf_put(&text, hex, 2 * len);
	buf_u8(&text, '\n');
	free(hex);
}

static void read_entry(void)
{
	static char row[8192];
	FILE *f = open_vector("vectors/entry-class.txt", "r");

	while (fgets(row, sizeof row, f) != NULL) {
		if (strncmp(row, "entry = ", 8) == 0) {
			entry_len = strcspn(row + 8, "\n") / 2;
			row[8 + 2 * entry_len] = '\0';
			assert_int_equal(bytes_unhex(row + 8, entry, entry_len), ERR_OK);
		}
	}
	(void)fclose(f);
	assert_in_range(entry_len, 100, sizeof entry);
}

static void put(struct bundle_writer *w, enum bundle_type type, const struct schema *s,
		const void *record)
{
	struct buf b = { 0 };

	if (s != NULL) {
		assert_int_equal(schema_encode(s, record, &b), ERR_OK);
	} else {
		buf_put(&b, entry, entry_len);
	}
	assert_int_equal(bundle_writer_put(w, type, buf_bytes(&b), &file), ERR_OK);
	buf_u8(&content, (uint8_t)type);
	buf_u32(&content, (uint32_t)b.len);
	buf_put(&content, b.data, b.len);
	line(type == BUNDLE_HEAD      ? "record-head"
	     : type == BUNDLE_RECEIPT ? "record-receipt"
	     : type == BUNDLE_ENTRY   ? "record-entry"
				      : "record-end",
	     b.data, b.len);
	buf_done(&b);
}

static void put_records(struct bundle_writer *w)
{
	struct passport p = { .role = ROLE_HQ,
			      .region = bytes_of("UTO-NORTH"),
			      .country = bytes_of("UTO"),
			      .label = bytes_of("Headquarters"),
			      .owner = bytes_of("UTO-NCB"),
			      .serial = 1,
			      .not_before = 20700,
			      .not_after = 21000 };
	struct parcel_taken taken = { .lane = LANE_CASE, .ok = 3, .refused = 1 };
	struct parcel_receipt receipt = { .lanes = { &taken, 1 } };
	struct parcel_lane lanes[] = { { LANE_ALERT, 1, 0 }, { LANE_TEMPLATE, 0, 2 } };
	struct parcel_end end = { .receipts = 1, .lanes = { lanes, 2 } };
	struct parcel_head head = { .made_ms = 1795500000000, .roster = 4, .recipients = 1 };
	struct buf passport = { 0 };

	memcpy(p.sign_public, keys_sign_public(fixed.author), 32);
	memcpy(p.dh_public, keys_dh_public(fixed.author), 32);
	memcpy(p.seal_public, keys_seal_public(fixed.author), 32);
	assert_int_equal(passport_sign(region, &p, &passport), ERR_OK);
	head.passport = buf_bytes(&passport);
	memset(receipt.bundle, 0x77, sizeof receipt.bundle);
	put(w, BUNDLE_HEAD, &parcel_head_schema, &head);
	put(w, BUNDLE_RECEIPT, &parcel_receipt_schema, &receipt);
	put(w, BUNDLE_ENTRY, NULL, NULL);
	put(w, BUNDLE_END, &parcel_end_schema, &end);
	buf_done(&passport);
}

static void hash_two(struct bytes a, struct bytes b, uint8_t out[32])
{
	crypto_generichash_state s;

	(void)crypto_generichash_init(&s, NULL, 0, 32);
	(void)crypto_generichash_update(&s, a.data, a.len);
	(void)crypto_generichash_update(&s, b.data, b.len);
	(void)crypto_generichash_final(&s, out, 32);
}

/* Everything behind the slots, from the page: the same bytes as the writer's. */
static void seal_again(const uint8_t key[32], const uint8_t signature[64])
{
	static uint8_t plain[BUNDLE_CHUNK_BYTES - 16];
	static uint8_t sealed[BUNDLE_CHUNK_BYTES];
	static const uint8_t nonce[12];
	size_t head_bytes = 58 + 4 * 128;
	uint8_t hash[32];
	uint8_t message[16 + 32] = "op1.bundle";

	hash_two(bytes_of("OP1 bundle key"), (struct bytes){ key, 32 }, hash);
	assert_memory_equal(hash, file.data + 26, 32);
	line("commit", hash, 32);
	line("head", file.data, head_bytes);
	hash_two((struct bytes){ file.data, head_bytes }, buf_bytes(&content), hash);
	line("hash-of-head-and-records", hash, 32);
	(void)crypto_generichash(message + 16, 32, hash, 32, NULL, 0);
	line("signed-message", message, sizeof message);
	assert_int_equal(crypto_sign_verify_detached(signature, message, sizeof message,
						     keys_sign_public(fixed.author)),
			 0);
	line("signature", signature, 64);
	plain[0] = 1; /* the last one */
	memcpy(plain + 1, content.data, content.len);
	memcpy(plain + 1 + content.len, signature, 64);
	(void)crypto_generichash(hash, 32, file.data, head_bytes, NULL, 0);
	line("hash-of-head", hash, 32);
	assert_int_equal(crypto_aead_chacha20poly1305_ietf_encrypt(
			     sealed, NULL, plain, sizeof plain, hash, 32, NULL, nonce, key),
			 0);
	assert_int_equal(file.len, head_bytes + sizeof sealed);
	assert_memory_equal(sealed, file.data + head_bytes, sizeof sealed);
	line("chunk-begins", sealed, 64);
	line("chunk-tag", sealed + sizeof sealed - 16, 16);
	(void)crypto_generichash(hash, 32, file.data, file.len, NULL, 0);
	line("hash-of-file", hash, 32);
}

static void compare(void)
{
	static char is[TEXT_MAX];
	FILE *f;
	size_t n;

	assert_int_equal(buf_error(&text), ERR_OK);
	if (getenv("OUTPOST_WRITE") != NULL) {
		f = open_vector(NAME, "wb");
		assert_int_equal(fwrite(text.data, 1, text.len, f), text.len);
		(void)fclose(f);
	}
	f = open_vector(NAME, "rb");
	n = fread(is, 1, sizeof is, f);
	(void)fclose(f);
	assert_int_equal(n, text.len);
	assert_memory_equal(is, text.data, n);
}

static void the_bundle_is_as_written(void **state)
{
	static const char title[] =
	    "# A bundle for one recipient, by the steps of docs/FORMATS.md; "
	    "all in hex.\n";
	uint8_t to[1][32];
	uint8_t key[32];
	uint8_t hash[32];
	uint8_t signature[64];
	struct bytes context = { keys_region_public(region), 32 };
	struct bundle_writer_config config = { .own_secret = keys_dh_secret(fixed.author),
					       .own_public = keys_dh_public(fixed.author),
					       .context = context,
					       .recipients = (const uint8_t(*)[32])to,
					       .recipient_count = 1,
					       .chunks_max = 1 };
	struct bundle_writer *w = NULL;

	(void)state;
	memcpy(to[0], keys_dh_public(fixed.reader), 32);
	buf_put(&text, title, strlen(title));
	line("region-public", context.data, 32);
	line("sender-sign-public", keys_sign_public(fixed.author), 32);
	line("sender-dh-secret", keys_dh_secret(fixed.author), 32);
	line("sender-dh-public", keys_dh_public(fixed.author), 32);
	line("recipient-dh-secret", keys_dh_secret(fixed.reader), 32);
	line("recipient-dh-public", to[0], 32);
	assert_int_equal(bundle_writer_new(&config, &w, &file), ERR_OK);
	line("bundle-id", bundle_writer_id(w), 16);
	assert_int_equal(
	    bundle_make_key(keys_dh_secret(fixed.reader), to[0], context, buf_bytes(&file), key),
	    ERR_OK);
	line("file-key", key, 32);
	put_records(w);
	assert_int_equal(bundle_writer_hash(w, hash), ERR_OK);
	keys_sign(fixed.author, PARCEL_CONTEXT, (struct bytes){ hash, 32 }, signature);
	assert_int_equal(bundle_writer_close(w, signature, &file), ERR_OK);
	bundle_writer_free(w);
	seal_again(key, signature);
	compare();
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_bundle_is_as_written) };
	int failed;

	fixed_start(&fixed);
	if (keys_new(true, &region) != ERR_OK) {
		return 1;
	}
	read_entry();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	keys_free(region);
	fixed_done(&fixed);
	buf_done(&text);
	buf_done(&content);
	buf_done(&file);
	return failed;
}
