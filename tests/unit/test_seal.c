/* trust/seal.c with record/entry.c: making, checking and opening entries. */
#include "tests/lib/unit.h"

#include <sodium.h>
#include <string.h>

#include "record/kind.h"
#include "trust/seal.h"

static struct keys *author;
static struct keys *reader;
static const uint8_t class_key[SEAL_KEY_BYTES] = { 1, 2, 3 };
static const char body_text[] = "a body with CANARY inside";

static int make_keys(void **state)
{
	(void)state;
	return keys_new(false, &author) != ERR_OK || keys_new(false, &reader) != ERR_OK;
}

static int drop_keys(void **state)
{
	(void)state;
	keys_free(author);
	keys_free(reader);
	return 0;
}

static void make(struct buf *out, bool mail, uint8_t id[ENTRY_ID_BYTES])
{
	struct seal_order order = { .kind = KIND_SUBJECT,
				    .class_id = { 9 },
				    .class_key = mail ? NULL : class_key,
				    .recipient = mail ? keys_seal_public(reader) : NULL,
				    .sequence = 1,
				    .clock = 77,
				    .expiry_day = 21000,
				    .revision = 3 };

	assert_int_equal(seal_entry(author, &order, bytes_of(body_text), out, id), ERR_OK);
}

static void an_entry_opens_for_its_members_only(void **state)
{
	static const uint8_t other_key[SEAL_KEY_BYTES] = { 4 };
	uint8_t id[ENTRY_ID_BYTES];
	struct entry e;
	struct arena arena;
	struct bytes body;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	arena_init(&arena, 0);
	make(&b, false, id);
	assert_int_equal(entry_decode(buf_bytes(&b), &e, NULL), ERR_OK);
	assert_memory_equal(e.id, id, sizeof id);
	assert_int_equal(b.len, entry_bytes(&e));
	assert_int_equal(seal_verify(&e, keys_sign_public(author)), ERR_OK);
	assert_int_equal(seal_verify(&e, keys_sign_public(reader)), ERR_FORGED);
	assert_int_equal(seal_open_class(&e, class_key, &arena, &body), ERR_OK);
	assert_true(bytes_is(body, body_text));
	assert_int_equal(seal_open_class(&e, other_key, &arena, &body), ERR_NOKEY);
	assert_int_equal(seal_open_mail(&e, reader, &arena, &body), ERR_NOKEY);
	assert_null(memmem(b.data, b.len, "CANARY", 6));
	arena_done(&arena);
	buf_done(&b);
}

static void mail_opens_for_its_recipient_only(void **state)
{
	uint8_t id[ENTRY_ID_BYTES];
	struct entry e;
	struct arena arena;
	struct bytes body;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	arena_init(&arena, 0);
	make(&b, true, id);
	assert_int_equal(entry_decode(buf_bytes(&b), &e, NULL), ERR_OK);
	assert_int_equal(seal_open_mail(&e, reader, &arena, &body), ERR_OK);
	assert_true(bytes_is(body, body_text));
	assert_int_equal(seal_open_mail(&e, author, &arena, &body), ERR_NOKEY);
	assert_int_equal(seal_open_class(&e, class_key, &arena, &body), ERR_NOKEY);
	arena_done(&arena);
	buf_done(&b);
}

/* Every bit is covered by something: the form, the signature, or the seal. */
static void flip_every_bit(bool mail)
{
	uint8_t id[ENTRY_ID_BYTES];
	struct buf b;

	buf_init(&b, 0);
	make(&b, mail, id);
	for (size_t bit = 0; bit < b.len * 8; bit++) {
		struct entry e;
		struct arena arena;
		struct bytes body;
		int rc;

		b.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		arena_init(&arena, 0);
		rc = entry_decode(buf_bytes(&b), &e, NULL);
		rc = rc == ERR_OK ? seal_verify(&e, keys_sign_public(author)) : rc;
		if (rc == ERR_OK) {
			rc = mail ? seal_open_mail(&e, reader, &arena, &body)
				  : seal_open_class(&e, class_key, &arena, &body);
		}
		assert_true(rc < 0);
		arena_done(&arena);
		b.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	buf_done(&b);
}

static void every_flipped_bit_is_refused(void **state)
{
	(void)state;
	flip_every_bit(false);
	flip_every_bit(true);
}

static void every_truncation_is_refused(void **state)
{
	uint8_t id[ENTRY_ID_BYTES];
	struct entry e;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	make(&b, true, id);
	for (size_t len = 0; len < b.len; len++) {
		assert_true(entry_decode((struct bytes){ .data = b.data, .len = len }, &e, NULL) <
			    0);
	}
	buf_done(&b);
}

/* Destroying the wrap erases the entry and changes neither its id nor its signature. */
static void without_its_wrap_an_entry_is_erased(void **state)
{
	uint8_t id[ENTRY_ID_BYTES];
	struct entry e;
	struct entry erased;
	struct arena arena;
	struct bytes body;
	struct buf b;
	struct buf again;

	(void)state;
	buf_init(&b, 0);
	buf_init(&again, 0);
	arena_init(&arena, 0);
	make(&b, false, id);
	assert_int_equal(entry_decode(buf_bytes(&b), &e, NULL), ERR_OK);
	e.wrap.len = 0;
	assert_int_equal(entry_encode(&e, &again), ERR_OK);
	assert_int_equal(entry_decode(buf_bytes(&again), &erased, NULL), ERR_OK);
	assert_memory_equal(erased.id, id, sizeof id);
	assert_int_equal(seal_verify(&erased, keys_sign_public(author)), ERR_OK);
	assert_int_equal(seal_open_class(&erased, class_key, &arena, &body), ERR_NOKEY);
	arena_done(&arena);
	buf_done(&b);
	buf_done(&again);
}

/* The same body twice is not the same entry: keys are fresh. */
static void equal_bodies_do_not_look_equal(void **state)
{
	uint8_t one[ENTRY_ID_BYTES];
	uint8_t two[ENTRY_ID_BYTES];
	struct buf a;
	struct buf b;

	(void)state;
	buf_init(&a, 0);
	buf_init(&b, 0);
	make(&a, false, one);
	make(&b, false, two);
	assert_int_equal(a.len, b.len);
	assert_memory_not_equal(one, two, sizeof one);
	buf_done(&a);
	buf_done(&b);
}

static void bodies_are_padded_to_size_classes(void **state)
{
	uint64_t c;

	(void)state;
	assert_int_equal(entry_padded(0), 64);
	assert_int_equal(entry_padded(1), 96);
	assert_int_equal(entry_padded(2), 128);
	assert_int_equal(entry_padded(ENTRY_SIZE_CLASS_MAX), ENTRY_BODY_MAX);
	for (size_t body = 0; body < 5000; body++) {
		assert_int_equal(entry_size_class(body, &c), ERR_OK);
		assert_true(entry_padded(c) > body && (c == 0 || entry_padded(c - 1) <= body));
	}
	assert_int_equal(entry_size_class(ENTRY_BODY_MAX, &c), ERR_LIMIT);
}

static void tags_belong_to_a_key(void **state)
{
	static const uint8_t other_key[SEAL_KEY_BYTES] = { 4 };
	uint8_t a[ENTRY_TAG_BYTES];
	uint8_t b[ENTRY_TAG_BYTES];

	(void)state;
	seal_tag(class_key, bytes_of("record"), a);
	seal_tag(class_key, bytes_of("record"), b);
	assert_memory_equal(a, b, sizeof a);
	seal_tag(other_key, bytes_of("record"), b);
	assert_memory_not_equal(a, b, sizeof a);
}

static int seal(size_t body_len, uint64_t sequence, uint32_t day, struct buf *out)
{
	static uint8_t body[ENTRY_BODY_MAX + 1];
	uint8_t id[ENTRY_ID_BYTES];
	struct seal_order order = { .kind = KIND_SUBJECT,
				    .class_key = class_key,
				    .sequence = sequence,
				    .expiry_day = day };

	memset(body, 0x80, sizeof body); /* as the padding begins */
	return seal_entry(author, &order, (struct bytes){ body, body_len }, out, id);
}

static void what_nobody_could_read_is_not_made(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(seal(10, 0, 1, &b), ERR_RANGE);
	assert_int_equal(seal(10, 1, UINT32_MAX, &b), ERR_RANGE);
	assert_int_equal(seal(ENTRY_BODY_MAX, 1, 1, &b), ERR_LIMIT);
	assert_int_equal(b.len, 0);
	assert_int_equal(seal(ENTRY_BODY_MAX - 1, 1, 1, &b), ERR_OK);
	assert_true(b.len <= ENTRY_BYTES_MAX);
	buf_done(&b);
}

static void padding_comes_off_whatever_the_body_ends_with(void **state)
{
	(void)state;
	for (size_t len = 0; len < 400; len++) {
		struct entry e;
		struct arena arena;
		struct bytes body;
		struct buf b;

		buf_init(&b, 0);
		arena_init(&arena, 0);
		assert_int_equal(seal(len, 1, 1, &b), ERR_OK);
		assert_int_equal(entry_decode(buf_bytes(&b), &e, NULL), ERR_OK);
		assert_int_equal(seal_open_class(&e, class_key, &arena, &body), ERR_OK);
		assert_int_equal(body.len, len);
		arena_done(&arena);
		buf_done(&b);
	}
}

/* The wrap of one entry does not open another: its nonce and its context are the id. */
static void a_wrap_belongs_to_its_entry(void **state)
{
	struct entry a;
	struct entry b;
	struct arena arena;
	struct bytes body;
	struct buf in[2];

	(void)state;
	arena_init(&arena, 0);
	buf_init(&in[0], 0);
	buf_init(&in[1], 0);
	assert_int_equal(seal(10, 1, 1, &in[0]), ERR_OK);
	assert_int_equal(seal(10, 2, 1, &in[1]), ERR_OK);
	assert_int_equal(entry_decode(buf_bytes(&in[0]), &a, NULL), ERR_OK);
	assert_int_equal(entry_decode(buf_bytes(&in[1]), &b, NULL), ERR_OK);
	a.wrap = b.wrap;
	assert_int_equal(seal_open_class(&a, class_key, &arena, &body), ERR_FORGED);
	arena_done(&arena);
	buf_done(&in[0]);
	buf_done(&in[1]);
}

/* A member seals one text under a key that its header does not commit to: to nobody is this
 * an entry, whatever it opens to. */
static void a_key_that_the_header_does_not_commit_to_opens_nothing(void **state)
{
	static const uint8_t nonce[24];
	static const uint8_t entry_key[32] = { 5 };
	static uint8_t padded[64] = { 'x', 0x80 };
	static const uint8_t signature[ENTRY_SIGNATURE_BYTES];
	uint8_t sealed[64 + ENTRY_SEAL_BYTES];
	uint8_t wrap[ENTRY_WRAP_CLASS];

	(void)state;
	for (unsigned honest = 0; honest < 2; honest++) {
		struct entry e = { .header = { .format = ENTRY_FORMAT, .sequence = 1 } };
		uint8_t message[13 + 32] = "op1.entrykey";
		uint8_t commit[32];
		struct arena arena;
		struct bytes body;
		struct buf h;

		buf_init(&h, 0);
		arena_init(&arena, 0);
		seal_epoch(class_key, commit, e.header.epoch);
		memcpy(message + 13, entry_key, 32);
		assert_int_equal(crypto_generichash(e.header.commit, ENTRY_COMMIT_BYTES, message,
						    sizeof message, NULL, 0),
				 0);
		e.header.commit[0] ^= (uint8_t)!honest;
		assert_int_equal(schema_encode(&entry_header_schema, &e.header, &h), ERR_OK);
		assert_int_equal(
		    crypto_aead_xchacha20poly1305_ietf_encrypt(
			sealed, NULL, padded, sizeof padded, h.data, h.len, NULL, nonce, entry_key),
		    0);
		e.header_bytes = buf_bytes(&h);
		e.sealed = (struct bytes){ sealed, sizeof sealed };
		entry_id(e.header_bytes, e.sealed, e.id);
		assert_int_equal(
		    crypto_aead_xchacha20poly1305_ietf_encrypt(
			wrap, NULL, entry_key, 32, e.id, ENTRY_ID_BYTES, NULL, e.id, class_key),
		    0);
		e.wrap = (struct bytes){ wrap, sizeof wrap };
		e.signature = (struct bytes){ signature, sizeof signature };
		assert_int_equal(seal_open_class(&e, class_key, &arena, &body),
				 honest ? ERR_OK : ERR_FORGED);
		assert_true(!honest || bytes_is(body, "x"));
		arena_done(&arena);
		buf_done(&h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_opens_for_its_members_only),
		cmocka_unit_test(mail_opens_for_its_recipient_only),
		cmocka_unit_test(every_flipped_bit_is_refused),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(without_its_wrap_an_entry_is_erased),
		cmocka_unit_test(equal_bodies_do_not_look_equal),
		cmocka_unit_test(bodies_are_padded_to_size_classes),
		cmocka_unit_test(tags_belong_to_a_key),
		cmocka_unit_test(what_nobody_could_read_is_not_made),
		cmocka_unit_test(padding_comes_off_whatever_the_body_ends_with),
		cmocka_unit_test(a_key_that_the_header_does_not_commit_to_opens_nothing),
		cmocka_unit_test(a_wrap_belongs_to_its_entry),
	};

	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
