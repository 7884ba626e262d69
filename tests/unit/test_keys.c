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

static int load_with_cost(uint64_t passes, uint64_t memory_bytes)
{
	uint8_t zero[32] = { 1 };
	struct keys *back = NULL;
	struct buf file;
	int rc;

	buf_init(&file, 0);
	cbor_put_map(&file, 6);
	cbor_put_uint(&file, 1);
	cbor_put_uint(&file, 1);
	cbor_put_uint(&file, 2);
	cbor_put_uint(&file, passes);
	cbor_put_uint(&file, 3);
	cbor_put_uint(&file, memory_bytes);
	cbor_put_uint(&file, 4);
	cbor_put_bytes(&file, (struct bytes){ zero, 16 });
	cbor_put_uint(&file, 5);
	cbor_put_bytes(&file, (struct bytes){ zero, 24 });
	cbor_put_uint(&file, 6);
	cbor_put_bytes(&file, (struct bytes){ zero, 32 });
	rc = keys_load(buf_bytes(&file), bytes_of(phrase), &back);
	assert_null(back);
	buf_done(&file);
	return rc;
}

/* A file must not make us take a terabyte before it is refused. */
static void a_file_that_asks_for_too_much_memory_is_refused(void **state)
{
	(void)state;
	assert_int_equal(load_with_cost(3, 1ULL << 40), ERR_LIMIT);
	assert_int_equal(load_with_cost(3, (1ULL << 30) + 1024), ERR_LIMIT);
	assert_int_equal(load_with_cost(11, 8192), ERR_RANGE);
	assert_int_equal(load_with_cost(0, 8192), ERR_RANGE);
	assert_int_equal(load_with_cost(1, 0), ERR_MALFORMED);
	assert_int_equal(load_with_cost(1, 8192 + 512), ERR_MALFORMED);
	assert_int_equal(load_with_cost(1, 8192), ERR_FORGED);
}

static void every_truncation_and_every_bit_is_refused(void **state)
{
	struct keys *k;
	struct keys *back = NULL;
	struct buf file;

	(void)state;
	buf_init(&file, 0);
	assert_int_equal(keys_new(true, &k), ERR_OK);
	assert_int_equal(keys_save(k, bytes_of(phrase), KEYS_COST_TEST, &file), ERR_OK);
	for (size_t len = 0; len < file.len; len++) {
		assert_true(keys_load((struct bytes){ file.data, len }, bytes_of(phrase), &back) <
			    0);
	}
	for (size_t bit = 0; bit < file.len * 8; bit++) {
		file.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_true(keys_load(buf_bytes(&file), bytes_of(phrase), &back) < 0);
		file.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	assert_null(back);
	keys_free(k);
	buf_done(&file);
}

static void a_box_opens_for_its_owner_only(void **state)
{
	static const uint8_t no_point[32];
	struct keys *k;
	struct keys *other;
	struct arena arena;
	struct bytes plain;
	struct buf box;

	(void)state;
	buf_init(&box, 0);
	arena_init(&arena, 0);
	assert_int_equal(keys_new(false, &k), ERR_OK);
	assert_int_equal(keys_new(false, &other), ERR_OK);
	assert_int_equal(keys_box(no_point, bytes_of("secret"), &box), ERR_FORGED);
	assert_int_equal(box.len, 0);
	assert_int_equal(keys_box(keys_seal_public(k), bytes_of("secret"), &box), ERR_OK);
	assert_int_equal(box.len, 6 + KEYS_BOX_OVERHEAD);
	assert_int_equal(keys_unbox(other, buf_bytes(&box), &arena, &plain), ERR_FORGED);
	for (size_t bit = 0; bit < box.len * 8; bit++) {
		box.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_equal(keys_unbox(k, buf_bytes(&box), &arena, &plain), ERR_FORGED);
		box.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	for (size_t len = 0; len < box.len; len++) {
		assert_int_equal(keys_unbox(k, (struct bytes){ box.data, len }, &arena, &plain),
				 ERR_FORGED);
	}
	assert_int_equal(keys_unbox(k, buf_bytes(&box), &arena, &plain), ERR_OK);
	assert_true(bytes_is(plain, "secret"));
	keys_free(k);
	keys_free(other);
	arena_done(&arena);
	buf_done(&box);
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
		cmocka_unit_test(every_truncation_and_every_bit_is_refused),
		cmocka_unit_test(a_box_opens_for_its_owner_only),
		cmocka_unit_test(signatures_belong_to_their_context),
		cmocka_unit_test(what_is_locked_opens_under_its_name_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
