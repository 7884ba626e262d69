#include "tests/lib/unit.h"

#include <string.h>

#include "record/cbor.h"
#include "trust/keys.h"

static const char phrase[] = "correct horse battery staple";

static void a_key_file_brings_the_same_keys_back(void **state)
{
	struct keys *k;
	struct keys *back;
	struct buf file;

	(void)state;
	buf_init(&file, 0);
	assert_int_equal(keys_new(true, &k), ERR_OK);
	assert_int_equal(keys_save(k, bytes_of(phrase), KEYS_COST_TEST, &file), ERR_OK);
	assert_int_equal(keys_load(buf_bytes(&file), bytes_of(phrase), &back), ERR_OK);
	assert_memory_equal(keys_node(k), keys_node(back), 16);
	assert_memory_equal(keys_dh_public(k), keys_dh_public(back), 32);
	assert_memory_equal(keys_seal_public(k), keys_seal_public(back), 32);
	assert_memory_equal(keys_region_public(k), keys_region_public(back), 32);
	assert_null(memmem(file.data, file.len, keys_own(k), 32));
	assert_null(memmem(file.data, file.len, keys_dh_secret(k), 32));
	keys_free(k);
	keys_free(back);
	buf_done(&file);
}

static void a_wrong_passphrase_and_every_changed_byte_are_refused(void **state)
{
	struct keys *k;
	struct keys *back = NULL;
	struct buf file;

	(void)state;
	buf_init(&file, 0);
	assert_int_equal(keys_new(false, &k), ERR_OK);
	assert_int_equal(keys_save(k, bytes_of(phrase), KEYS_COST_TEST, &file), ERR_OK);
	assert_int_equal(keys_load(buf_bytes(&file), bytes_of("wrong"), &back), ERR_FORGED);
	for (size_t i = 0; i < file.len; i++) {
		file.data[i] ^= 1;
		assert_true(keys_load(buf_bytes(&file), bytes_of(phrase), &back) < 0);
		file.data[i] ^= 1;
	}
	assert_null(back);
	keys_free(k);
	buf_done(&file);
}

/* A file must not make us take a terabyte before it is refused. */
static void a_file_that_asks_for_too_much_memory_is_refused(void **state)
{
	uint8_t zero[32] = { 1 };
	struct keys *back;
	struct buf file;

	(void)state;
	buf_init(&file, 0);
	cbor_put_map(&file, 6);
	cbor_put_uint(&file, 1);
	cbor_put_uint(&file, 1);
	cbor_put_uint(&file, 2);
	cbor_put_uint(&file, 3);
	cbor_put_uint(&file, 3);
	cbor_put_uint(&file, 1ULL << 40);
	cbor_put_uint(&file, 4);
	cbor_put_bytes(&file, (struct bytes){ zero, 16 });
	cbor_put_uint(&file, 5);
	cbor_put_bytes(&file, (struct bytes){ zero, 24 });
	cbor_put_uint(&file, 6);
	cbor_put_bytes(&file, (struct bytes){ zero, 32 });
	assert_int_equal(keys_load(buf_bytes(&file), bytes_of(phrase), &back), ERR_RANGE);
	buf_done(&file);
}

static void signatures_belong_to_their_context(void **state)
{
	uint8_t signature[KEYS_SIGNATURE_BYTES];
	struct keys *k;

	(void)state;
	assert_int_equal(keys_new(false, &k), ERR_OK);
	keys_sign(k, "op1.entry", bytes_of("x"), signature);
	assert_int_equal(keys_verify(keys_sign_public(k), "op1.entry", bytes_of("x"), signature),
			 ERR_OK);
	assert_int_equal(keys_verify(keys_sign_public(k), "op1.passport", bytes_of("x"), signature),
			 ERR_FORGED);
	assert_int_equal(keys_sign_region(k, "op1.passport", bytes_of("x"), signature), ERR_STATE);
	keys_free(k);
}

static void what_is_locked_opens_under_its_name_only(void **state)
{
	struct keys *k;
	struct keys *other;
	struct arena arena;
	struct bytes plain;
	struct buf locked;

	(void)state;
	buf_init(&locked, 0);
	arena_init(&arena, 0);
	assert_int_equal(keys_new(false, &k), ERR_OK);
	assert_int_equal(keys_new(false, &other), ERR_OK);
	assert_int_equal(keys_lock(k, "grant", bytes_of("secret"), &locked), ERR_OK);
	assert_int_equal(keys_unlock(k, "grant", buf_bytes(&locked), &arena, &plain), ERR_OK);
	assert_true(bytes_is(plain, "secret"));
	assert_int_equal(keys_unlock(k, "audit", buf_bytes(&locked), &arena, &plain), ERR_FORGED);
	assert_int_equal(keys_unlock(other, "grant", buf_bytes(&locked), &arena, &plain),
			 ERR_FORGED);
	locked.len = 10;
	assert_int_equal(keys_unlock(k, "grant", buf_bytes(&locked), &arena, &plain), ERR_FORGED);
	keys_free(k);
	keys_free(other);
	arena_done(&arena);
	buf_done(&locked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_file_brings_the_same_keys_back),
		cmocka_unit_test(a_wrong_passphrase_and_every_changed_byte_are_refused),
		cmocka_unit_test(a_file_that_asks_for_too_much_memory_is_refused),
		cmocka_unit_test(signatures_belong_to_their_context),
		cmocka_unit_test(what_is_locked_opens_under_its_name_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
