#include "tests/lib/unit.h"

#include <sodium.h>

#include "base/siphash.h"

/* The published vectors: key 00 01 .. 0f, input 00 01 .. of the given length. */
static const struct {
	size_t len;
	uint64_t hash;
} vectors[] = {
	{ 0, 0x726fdb47dd0e0e31 },  { 1, 0x74f839c593dc67fd }, { 2, 0x0d6c8009d9a94f5a },
	{ 3, 0x85676696d7fb7e2d },  { 4, 0xcf2794e0277187b7 }, { 5, 0x18765564cd99a68d },
	{ 6, 0xcbc9466e58fee3ce },  { 7, 0xab0200f58b01d137 }, { 8, 0x93f5f5799a932462 },
	{ 15, 0xa129ca6149be45e5 },
};

static void gives_the_published_values(void **state)
{
	uint8_t key[SIPHASH_KEY_BYTES], in[64];

	(void)state;
	for (uint8_t i = 0; i < sizeof in; i++) {
		key[i % sizeof key] = i % sizeof key;
		in[i] = i;
	}
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		assert_true(siphash_24(key, in, vectors[i].len) == vectors[i].hash);
	}
}

static void agrees_with_libsodium_at_every_length(void **state)
{
	uint8_t key[SIPHASH_KEY_BYTES], in[300], out[crypto_shorthash_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof in; i++) {
		in[i] = (uint8_t)(i * 37 + 11);
		key[i % sizeof key] = (uint8_t)(i * 101);
	}
	for (size_t len = 0; len <= sizeof in; len++) {
		uint64_t want = 0;

		assert_int_equal(crypto_shorthash(out, in, len, key), 0);
		for (size_t i = 0; i < sizeof out; i++) {
			want |= (uint64_t)out[i] << (8 * i);
		}
		assert_true(siphash_24(key, in, len) == want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_published_values),
		cmocka_unit_test(agrees_with_libsodium_at_every_length),
	};

	return cmocka_run_group_tests_name("siphash", tests, NULL, NULL);
}
