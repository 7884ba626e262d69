/* docs/FORMATS.md and docs/vectors: what others implement from is what the code does.
 *
 * Each step from body to entry is made here once more from the page alone, with libsodium.
 * With OUTPOST_WRITE set the vectors are written anew and missing tables are printed. */
#include "tests/lib/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/parcel.h"
#include "record/cbor.h"
#include "record/kind.h"
#include "record/kinds.h"
#include "record/labels.h"
#include "tests/lib/fixed.h"
#include "trust/audit.h"
#include "trust/passport.h"

#define PAGE_MAX (1U << 17)

static struct fixed fixed;

static FILE *open_file(const char *name, const char *mode)
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

static char *read_page(const char *name)
{
	static char page[PAGE_MAX];
	FILE *f = open_file(name, "rb");
	size_t n = fread(page, 1, sizeof page - 1, f);

	(void)fclose(f);
	assert_in_range(n, 100, sizeof page - 2);
	page[n] = '\0';
	return page;
}

/* The file holds exactly this, or is made to. */
static void compare(const char *name, struct buf *text)
{
	if (getenv("OUTPOST_WRITE") != NULL) {
		FILE *f = open_file(name, "wb");

		assert_int_equal(fwrite(text->data, 1, text->len, f), text->len);
		(void)fclose(f);
	}
	buf_u8(text, 0);
	assert_int_equal(buf_error(text), ERR_OK);
	assert_string_equal(read_page(name), (const char *)text->data);
}

static void say(struct buf *text, const char *words)
{
	buf_put(text, words, strlen(words));
}

static void line(struct buf *text, const char *name, const void *data, size_t len)
{
	char hex[2 * 1024 + 1];

	assert_in_range(len, 0, 1024);
	bytes_hex(data, len, hex);
	say(text, name);
	say(text, " = ");
	say(text, hex);
	say(text, "\n");
}

/* BLAKE2b over domain, zero byte and content, as the page has it. */
static void hash(const uint8_t *key, const char *domain, const void *in, size_t len, uint8_t *out,
		 size_t out_len)
{
	uint8_t all[256];
	size_t head = strlen(domain) + 1;

	assert_in_range(head + len, 1, sizeof all);
	memcpy(all, domain, head);
	memcpy(all + head, in, len);
	assert_int_equal(
	    crypto_generichash(out, out_len, all, head + len, key, key == NULL ? 0 : 32), 0);
}

static struct labels labels(void)
{
	struct labels l = { .owner = bytes_of("UTO-NCB"),
			    .purposes = PURPOSE_LOCATE,
			    .sensitivity = SENSITIVITY_RESTRICTED,
			    .region = bytes_of("UTO-NORTH"),
			    .group = GROUP_MATCH };

	return l;
}

static void put_notice(struct buf *out)
{
	struct notice n = { .revision = 2,
			    .status = STATUS_ACTIVE,
			    .owner = bytes_of("UTO-NCB"),
			    .reference = bytes_of("UTO/2026/17"),
			    .type = NOTICE_BLUE,
			    .purposes = PURPOSE_LOCATE,
			    .valid_until = 21000,
			    .restrictions = { .exclude = bytes_of("XXA"), .reviewers = 2 } };

	memset(n.record, 0x11, sizeof n.record);
	assert_int_equal(schema_encode(&kinds_notice, &n, out), ERR_OK);
}

static void put_encounter(struct buf *out)
{
	struct sample sample = { .position = 2,
				 .quality = 61,
				 .iso = bytes_of("a minutiae record") };
	struct encounter e = { .captured_ms = 1795500000000,
			       .officer = bytes_of("K. Officer"),
			       .purpose = PURPOSE_BORDER,
			       .legal_basis = bytes_of("Border Act, section 4"),
			       .samples = { &sample, 1 },
			       .local = LOCAL_NONE,
			       .probe_delete_day = 20790 };

	memset(e.encounter, 0x22, sizeof e.encounter);
	assert_int_equal(schema_encode(&kinds_encounter, &e, out), ERR_OK);
}

struct vector {
	struct buf text;
	struct buf body;
	struct buf entry;
	struct seal_order order;
	struct entry e;
};

/* Header: nothing in it that the order, the keys or the body do not give. */
static void write_header(struct vector *v, bool mail, const uint8_t entry_key[32])
{
	struct entry_header h = { .format = 1,
				  .kind = v->order.kind,
				  .sequence = v->order.sequence,
				  .clock = v->order.clock,
				  .expiry_day = v->order.expiry_day,
				  .revision = v->order.revision };
	uint8_t epoch[32];
	uint8_t node[8 + 32];
	struct buf b;

	hash(NULL, mail ? "op1.recipient" : "op1.commit",
	     mail ? keys_seal_public(fixed.reader) : fixed.class_key, 32, epoch, 32);
	memcpy(h.epoch, epoch, sizeof h.epoch);
	memcpy(node, "op1.node", 8); /* this one without a zero behind it */
	memcpy(node + 8, keys_sign_public(fixed.author), 32);
	assert_int_equal(crypto_generichash(h.author, 16, node, sizeof node, NULL, 0), 0);
	hash(NULL, "op1.entrykey", entry_key, 32, h.commit, sizeof h.commit);
	memcpy(h.class_id, v->order.class_id, sizeof h.class_id);
	memcpy(h.previous, v->order.previous, sizeof h.previous);
	memcpy(h.tag, v->order.tag, sizeof h.tag);
	while (entry_padded(h.size_class) <= v->body.len) {
		h.size_class++;
	}
	buf_init(&b, ENTRY_HEADER_MAX);
	assert_int_equal(schema_encode(&entry_header_schema, &h, &b), ERR_OK);
	assert_true(bytes_equal(buf_bytes(&b), v->e.header_bytes));
	line(&v->text, "epoch", h.epoch, sizeof h.epoch);
	line(&v->text, "commit", h.commit, sizeof h.commit);
	line(&v->text, "header", b.data, b.len);
	buf_done(&b);
}

static void write_sealed(struct vector *v, const uint8_t entry_key[32])
{
	static const uint8_t nonce[24];
	uint8_t padded[1024] = { 0 };
	uint8_t sealed[1024 + 16];
	size_t len = entry_padded(v->e.header.size_class);

	memcpy(padded, v->body.data, v->body.len);
	padded[v->body.len] = 0x80;
	assert_int_equal(crypto_aead_xchacha20poly1305_ietf_encrypt(
			     sealed, NULL, padded, len, v->e.header_bytes.data,
			     v->e.header_bytes.len, NULL, nonce, entry_key),
			 0);
	assert_true(bytes_equal((struct bytes){ sealed, len + 16 }, v->e.sealed));
	line(&v->text, "padded-body", padded, len);
	line(&v->text, "sealed", sealed, len + 16);
}

static void write_id(struct vector *v)
{
	uint8_t all[2048];
	uint8_t id[32];
	size_t header = v->e.header_bytes.len;

	memcpy(all, v->e.header_bytes.data, header);
	memcpy(all + header, v->e.sealed.data, v->e.sealed.len);
	assert_int_equal(crypto_generichash(id, 32, all, header + v->e.sealed.len, NULL, 0), 0);
	assert_memory_equal(id, v->e.id, 32);
	line(&v->text, "id", id, 32);
}

static void write_wrap(struct vector *v, bool mail, const uint8_t entry_key[32])
{
	uint8_t wrap[48];
	uint8_t opened[32];
	uint8_t secret[32];

	if (mail) {
		fixed_secret(FIXED_EPHEMERAL_SEAL, secret);
		line(&v->text, "ephemeral-secret", secret, 32);
		fixed_secret(FIXED_READER_SEAL, secret);
		assert_int_equal(crypto_box_seal_open(opened, v->e.wrap.data, v->e.wrap.len,
						      keys_seal_public(fixed.reader), secret),
				 0);
		assert_memory_equal(opened, entry_key, 32);
	} else {
		assert_int_equal(
		    crypto_aead_xchacha20poly1305_ietf_encrypt(wrap, NULL, entry_key, 32, v->e.id,
							       32, NULL, v->e.id, fixed.class_key),
		    0);
		assert_true(bytes_equal((struct bytes){ wrap, 48 }, v->e.wrap));
	}
	line(&v->text, "wrap", v->e.wrap.data, v->e.wrap.len);
}

static void write_signature(struct vector *v)
{
	uint8_t message[16 + 32] = "op1.entry";
	uint8_t seed[32];
	uint8_t public_key[32];
	uint8_t secret[64];
	uint8_t signature[64];

	fixed_secret(FIXED_AUTHOR_SEED, seed);
	assert_int_equal(crypto_sign_seed_keypair(public_key, secret, seed), 0);
	assert_int_equal(crypto_generichash(message + 16, 32, v->e.id, 32, NULL, 0), 0);
	assert_int_equal(crypto_sign_detached(signature, NULL, message, sizeof message, secret), 0);
	assert_true(bytes_equal((struct bytes){ signature, 64 }, v->e.signature));
	line(&v->text, "signed-message", message, sizeof message);
	line(&v->text, "signature", signature, 64);
}

static void write_secrets(struct vector *v, bool mail)
{
	struct labels l = labels();
	struct buf b;
	uint8_t secret[32];
	uint8_t id[16];

	buf_init(&b, 256);
	assert_int_equal(schema_encode(&labels_schema, &l, &b), ERR_OK);
	assert_int_equal(crypto_generichash(id, 16, b.data, b.len, NULL, 0), 0);
	assert_memory_equal(id, v->order.class_id, 16);
	fixed_secret(FIXED_AUTHOR_SEED, secret);
	line(&v->text, "author-sign-seed", secret, 32);
	line(&v->text, "author-sign-public", keys_sign_public(fixed.author), 32);
	line(&v->text, "author-node", keys_node(fixed.author), 16);
	line(&v->text, "labels", b.data, b.len);
	line(&v->text, "class-id", id, 16);
	fixed_secret(FIXED_READER_SEAL, secret);
	line(&v->text, mail ? "recipient-seal-secret" : "class-key",
	     mail ? secret : fixed.class_key, 32);
	if (mail) {
		line(&v->text, "recipient-seal-public", keys_seal_public(fixed.reader), 32);
	}
	buf_done(&b);
}

static void make_vector(struct vector *v, bool mail, const char *title)
{
	uint8_t entry_key[32];
	uint8_t id[ENTRY_ID_BYTES];
	uint8_t tag[ENTRY_TAG_BYTES];
	struct labels l = labels();

	v->order = (struct seal_order){ .kind = mail ? KIND_ENCOUNTER : KIND_NOTICE,
					.class_key = mail ? NULL : fixed.class_key,
					.recipient = mail ? keys_seal_public(fixed.reader) : NULL,
					.sequence = mail ? 2 : 1,
					.clock = (uint64_t)1795500000000 << 16 | 3,
					.expiry_day = 21000,
					.revision = mail ? 0 : 2 };
	buf_init(&v->text, 0);
	buf_init(&v->body, 0);
	buf_init(&v->entry, 0);
	if (mail) {
		put_encounter(&v->body);
		memset(v->order.previous, 0x33, sizeof v->order.previous);
		memset(v->order.tag, 0x22, sizeof v->order.tag);
	} else {
		uint8_t about[18];

		memset(about, 0x11, 16);
		about[16] = KIND_NOTICE;
		about[17] = 0; /* the first of its kind */
		put_notice(&v->body);
		seal_tag(fixed.class_key, (struct bytes){ about, 18 }, v->order.tag);
		hash(fixed.class_key, "op1.tag", about, 18, tag, sizeof tag);
		assert_memory_equal(tag, v->order.tag, sizeof tag);
	}
	assert_int_equal(labels_class(&l, v->order.class_id), ERR_OK);
	assert_int_equal(fixed_seal(&fixed, &v->order, buf_bytes(&v->body), &v->entry, id), ERR_OK);
	assert_int_equal(entry_decode(buf_bytes(&v->entry), &v->e, NULL), ERR_OK);
	say(&v->text, title);
	write_secrets(v, mail);
	line(&v->text, "tag", v->order.tag, sizeof v->order.tag);
	fixed_secret(FIXED_ENTRY_KEY, entry_key);
	line(&v->text, "entry-key", entry_key, 32);
	line(&v->text, "body", v->body.data, v->body.len);
	write_header(v, mail, entry_key);
	write_sealed(v, entry_key);
	write_id(v);
	write_wrap(v, mail, entry_key);
	write_signature(v);
	line(&v->text, "entry", v->entry.data, v->entry.len);
}

static void finish(struct vector *v, const char *file)
{
	compare(file, &v->text);
	buf_done(&v->text);
	buf_done(&v->body);
	buf_done(&v->entry);
}

static void the_notice_sealed_to_a_class_is_as_written(void **state)
{
	struct vector v;
	struct arena arena;
	struct bytes body;

	(void)state;
	make_vector(&v, false,
		    "# A notice sealed to a class, by the steps of docs/FORMATS.md; all in hex.\n");
	arena_init(&arena, 0);
	assert_int_equal(seal_verify(&v.e, keys_sign_public(fixed.author)), ERR_OK);
	assert_int_equal(seal_open_class(&v.e, fixed.class_key, &arena, &body), ERR_OK);
	assert_true(bytes_equal(body, buf_bytes(&v.body)));
	finish(&v, "vectors/entry-class.txt");
	arena_done(&arena);
}

static void the_encounter_sealed_to_a_recipient_is_as_written(void **state)
{
	struct vector v;
	struct arena arena;
	struct bytes body;

	(void)state;
	make_vector(
	    &v, true,
	    "# An encounter sealed to one recipient, by the steps of docs/FORMATS.md; all in "
	    "hex.\n");
	arena_init(&arena, 0);
	assert_int_equal(seal_verify(&v.e, keys_sign_public(fixed.author)), ERR_OK);
	assert_int_equal(seal_open_mail(&v.e, fixed.reader, &arena, &body), ERR_OK);
	assert_true(bytes_equal(body, buf_bytes(&v.body)));
	finish(&v, "vectors/entry-mail.txt");
	arena_done(&arena);
}

/* Each line of the list is one item as person-name, and what becomes of it. */
static void the_list_of_spellings_is_as_judged(void **state)
{
	unsigned good = 0;
	unsigned bad = 0;
	char *at;

	(void)state;
	for (at = strtok(read_page("vectors/cbor.txt"), "\n"); at != NULL;
	     at = strtok(NULL, "\n")) {
		char *hex = strchr(at, ' ');
		uint8_t in[128];
		struct person_name name;
		struct arena arena;
		size_t len;
		int rc;

		if (at[0] == '#') {
			continue;
		}
		assert_non_null(hex);
		*hex++ = '\0';
		hex[strcspn(hex, " ")] = '\0';
		len = strlen(hex) / 2;
		assert_in_range(len, 1, sizeof in);
		assert_int_equal(bytes_unhex(hex, in, len), ERR_OK);
		arena_init(&arena, 1024);
		rc = schema_decode(kinds_subject.fields[2].of, (struct bytes){ in, len }, &arena,
				   &name, NULL);
		arena_done(&arena);
		if (strcmp(at, "good") == 0) {
			assert_int_equal(rc, ERR_OK);
			good++;
		} else {
			assert_string_equal(at, "bad");
			if (rc == ERR_OK) {
				fail_msg("%s is accepted", hex);
			}
			bad++;
		}
	}
	assert_in_range(good, 5, 1000);
	assert_in_range(bad, 20, 1000);
}

static void show(const char *page, const struct schema *s, unsigned *missing)
{
	struct buf table;

	buf_init(&table, 0);
	schema_cddl(s, &table);
	buf_u8(&table, 0);
	assert_int_equal(buf_error(&table), ERR_OK);
	if (strstr(page, (const char *)table.data) == NULL) {
		(*missing)++;
		if (getenv("OUTPOST_WRITE") != NULL) {
			(void)fprintf(stderr, "%s", (const char *)table.data);
		}
	}
	buf_done(&table);
}

static void the_page_shows_every_table(void **state)
{
	static const struct schema *const files[] = {
		&keys_file_schema,        &keys_secrets_schema,        &passport_schema,
		&passport_request_schema, &passport_membership_schema, &passport_signed_schema,
		&passport_grant_schema,   &audit_line_schema,          &parcel_head_schema,
		&parcel_receipt_schema,   &parcel_taken_schema,        &parcel_end_schema,
		&parcel_lane_schema,
	};
	const char *page = read_page("FORMATS.md");
	unsigned missing = 0;

	(void)state;
	for (const struct schema *const *all = kinds_all(); *all != NULL; all++) {
		show(page, *all, &missing);
	}
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		show(page, files[i], &missing);
	}
	assert_int_equal(missing, 0);
}

/* The page's tables of sizes and of kinds. */
static void the_page_shows_sizes_and_kinds(void **state)
{
	const char *page = read_page("FORMATS.md");

	(void)state;
	for (uint64_t c = 0; c <= ENTRY_SIZE_CLASS_MAX; c++) {
		char row[64];

		(void)snprintf(row, sizeof row, "| %u | %u |", (unsigned)c, entry_padded(c));
		if (strstr(page, row) == NULL) {
			fail_msg("no row %s", row);
		}
	}
	for (uint64_t k = 0; k < 256; k++) {
		char row[64];

		(void)snprintf(row, sizeof row, "| %u | %s | %u |", (unsigned)k, kind_name(k),
			       kind_lane(k));
		if (kind_known(k) && strstr(page, row) == NULL) {
			fail_msg("no row %s", row);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_notice_sealed_to_a_class_is_as_written),
		cmocka_unit_test(the_encounter_sealed_to_a_recipient_is_as_written),
		cmocka_unit_test(the_list_of_spellings_is_as_judged),
		cmocka_unit_test(the_page_shows_every_table),
		cmocka_unit_test(the_page_shows_sizes_and_kinds),
	};

	int failed;

	fixed_start(&fixed);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	fixed_done(&fixed);
	return failed;
}
