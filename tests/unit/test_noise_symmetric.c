#include "tests/lib/unit.h"

#include <string.h>

#include <sodium.h>

#include "base/bytes.h"
#include "base/err.h"
#include "channel/noise_symmetric.h"
#include "tests/lib/seeded.h"

/* The answers come from another implementation of RFC 2104 and Noise 4.3 over BLAKE2b. */
static void assert_hex(const uint8_t *data, const char *hex)
{
	char text[2 * NOISE_HASH_BYTES + 1];

	bytes_hex(data, strlen(hex) / 2, text);
	assert_string_equal(text, hex);
}

static void derives_keys_with_real_hmac(void **state)
{
	struct noise_symmetric s;

	(void)state;
	noise_symmetric_start(&s, "Noise_test");
	noise_symmetric_mix_key(&s, bytes_of("input"));
	assert_hex(s.chaining, "ad3cd559fec21d4457522048220d795a42fe7a2955acbe2ba7eadbfdc1d7f0d2"
			       "98ac85dd779672e2625dc2c611da87f02720977541489443d89f369d7ad9ac67");
	assert_hex(s.cipher.key,
		   "57cafd25aa8dc905ed64cd5232130f17619107853859fdde96938006fe40a2af");
	assert_int_equal(s.cipher.nonce, 0);
	assert_false(s.failed);
}

static void chains_the_transcript(void **state)
{
	struct noise_symmetric s;

	(void)state;
	noise_symmetric_start(&s, "Noise_test");
	noise_symmetric_mix_hash(&s, bytes_of("input"));
	assert_hex(s.hash, "3a54802cdad65ea0d46537e4570411bcfbf0be7b575f73ce0e995e2a9a67310d"
			   "36bf5981df7c2110f3c15ff906783a5f0e31eb21665457eabaf481688df76351");
}

static void mixes_a_psk_into_key_and_hash(void **state)
{
	struct noise_symmetric s;
	uint8_t psk[NOISE_KEY_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof psk; i++) {
		psk[i] = (uint8_t)i;
	}
	noise_symmetric_start(&s, "Noise_test");
	noise_symmetric_mix_psk(&s, psk);
	assert_hex(s.chaining, "36e7328ee5c7a8727de5e51414ee4b9e8eeed80f2f317bf1b5d42bbff1b4c2d9"
			       "0a0c4de1fb56b7c8f652fe02a28bdc377799e5dcc4fe163d5d17e01d11c277a1");
	assert_hex(s.hash, "42bb3f9aab57b9e2627547d7a5c5b575211d88150167852402245bb2413e25ea"
			   "4926775c15cb9d96c31c764c78ae07f0699f2da255b10ad5f1fc1a414133c72b");
	assert_hex(s.cipher.key,
		   "8a8f27bab9c4674f49d4be771d7d9643d1f09b0cfae2ef64702d56481cd98c3a");
}

static void binds_what_is_sealed_to_what_came_before(void **state)
{
	struct noise_symmetric a;
	struct noise_symmetric b;
	uint8_t sealed[6 + NOISE_TAG_BYTES];
	uint8_t out[6];

	(void)state;
	noise_symmetric_start(&a, "Noise_test");
	noise_symmetric_mix_key(&a, bytes_of("input"));
	b = a;
	noise_symmetric_mix_hash(&b, bytes_of("another past"));
	assert_int_equal(noise_symmetric_seal(&a, bytes_of("CANARY"), sealed), ERR_OK);
	assert_int_equal(noise_symmetric_open(&b, (struct bytes){ sealed, sizeof sealed }, out),
			 ERR_FORGED);
}

static void says_so_once_a_hash_has_failed(void **state)
{
	struct noise_symmetric s;
	struct noise_cipher there;
	struct noise_cipher back;
	uint8_t sealed[1 + NOISE_TAG_BYTES];

	(void)state;
	noise_symmetric_start(&s, "Noise_test");
	noise_symmetric_mix_key(&s, bytes_of("input"));
	s.failed = true;
	assert_int_equal(noise_symmetric_seal(&s, bytes_of("x"), sealed), ERR_INTERNAL);
	assert_int_equal(noise_symmetric_split(&s, &there, &back), ERR_INTERNAL);
}

static void splits_into_two_keys(void **state)
{
	struct noise_symmetric s;
	struct noise_cipher there;
	struct noise_cipher back;

	(void)state;
	noise_symmetric_start(&s, "Noise_test");
	assert_int_equal(noise_symmetric_split(&s, &there, &back), ERR_OK);
	assert_true(there.has_key && back.has_key);
	assert_memory_not_equal(there.key, back.key, NOISE_KEY_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(derives_keys_with_real_hmac),
		cmocka_unit_test(chains_the_transcript),
		cmocka_unit_test(mixes_a_psk_into_key_and_hash),
		cmocka_unit_test(binds_what_is_sealed_to_what_came_before),
		cmocka_unit_test(says_so_once_a_hash_has_failed),
		cmocka_unit_test(splits_into_two_keys),
	};

	seeded_start(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
