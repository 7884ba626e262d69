#include "tests/lib/unit.h"

#include <string.h>

#include "base/err.h"
#include "channel/noise_cipher.h"
#include "tests/lib/seeded.h"

static const uint8_t key[NOISE_KEY_BYTES] = { 1, 2, 3 };
static const struct bytes nothing;

static void passes_bytes_through_without_a_key(void **state)
{
	struct noise_cipher c = { 0 };
	uint8_t out[5];

	(void)state;
	assert_int_equal(noise_cipher_overhead(&c), 0);
	assert_int_equal(noise_cipher_seal(&c, nothing, bytes_of("plain"), out), ERR_OK);
	assert_memory_equal(out, "plain", 5);
	assert_int_equal(noise_cipher_open(&c, nothing, bytes_of("PLAIN"), out), ERR_OK);
	assert_memory_equal(out, "PLAIN", 5);
	assert_int_equal(c.nonce, 0);
}

static void opens_only_what_it_sealed_in_its_order(void **state)
{
	struct noise_cipher a;
	struct noise_cipher b;
	uint8_t first[4 + NOISE_TAG_BYTES];
	uint8_t second[4 + NOISE_TAG_BYTES];
	uint8_t out[4];

	(void)state;
	noise_cipher_start(&a, key);
	noise_cipher_start(&b, key);
	assert_int_equal(noise_cipher_seal(&a, bytes_of("ad"), bytes_of("same"), first), ERR_OK);
	assert_int_equal(noise_cipher_seal(&a, bytes_of("ad"), bytes_of("same"), second), ERR_OK);
	assert_memory_not_equal(first, second, sizeof first);
	/* out of order, other associated data, cut short: all refused, and the counter stays */
	assert_int_equal(
	    noise_cipher_open(&b, bytes_of("ad"), (struct bytes){ second, sizeof second }, out),
	    ERR_FORGED);
	assert_int_equal(
	    noise_cipher_open(&b, bytes_of("AD"), (struct bytes){ first, sizeof first }, out),
	    ERR_FORGED);
	assert_int_equal(noise_cipher_open(&b, bytes_of("ad"), (struct bytes){ first, 15 }, out),
			 ERR_SHORT);
	assert_int_equal(b.nonce, 0);
	assert_int_equal(
	    noise_cipher_open(&b, bytes_of("ad"), (struct bytes){ first, sizeof first }, out),
	    ERR_OK);
	assert_int_equal(
	    noise_cipher_open(&b, bytes_of("ad"), (struct bytes){ second, sizeof second }, out),
	    ERR_OK);
	assert_memory_equal(out, "same", 4);
}

static void refuses_the_last_counter(void **state)
{
	struct noise_cipher c;
	uint8_t sealed[1 + NOISE_TAG_BYTES];
	uint8_t last[1 + NOISE_TAG_BYTES];

	(void)state;
	noise_cipher_start(&c, key);
	c.nonce = UINT64_MAX - 1;
	assert_int_equal(noise_cipher_seal(&c, nothing, bytes_of("x"), sealed), ERR_OK);
	assert_int_equal(c.nonce, UINT64_MAX);
	memset(last, 0xa5, sizeof last);
	assert_int_equal(noise_cipher_seal(&c, nothing, bytes_of("x"), last), ERR_LIMIT);
	for (size_t i = 0; i < sizeof last; i++) {
		assert_int_equal(last[i], 0xa5);
	}
	assert_int_equal(
	    noise_cipher_open(&c, nothing, (struct bytes){ sealed, sizeof sealed }, last),
	    ERR_LIMIT);
	assert_int_equal(c.nonce, UINT64_MAX);
	c.nonce--;
	assert_int_equal(
	    noise_cipher_open(&c, nothing, (struct bytes){ sealed, sizeof sealed }, last), ERR_OK);
}

static void goes_on_counting_under_a_new_key(void **state)
{
	struct noise_cipher a;
	struct noise_cipher b;
	uint8_t sealed[1 + NOISE_TAG_BYTES];
	uint8_t out[1];

	(void)state;
	noise_cipher_start(&a, key);
	noise_cipher_start(&b, key);
	a.nonce = b.nonce = 7;
	assert_int_equal(noise_cipher_rekey(&a), ERR_OK);
	assert_int_equal(a.nonce, 7);
	assert_memory_not_equal(a.key, key, sizeof key);
	assert_int_equal(noise_cipher_seal(&a, nothing, bytes_of("x"), sealed), ERR_OK);
	assert_int_equal(
	    noise_cipher_open(&b, nothing, (struct bytes){ sealed, sizeof sealed }, out),
	    ERR_FORGED);
	assert_int_equal(noise_cipher_rekey(&b), ERR_OK);
	assert_int_equal(
	    noise_cipher_open(&b, nothing, (struct bytes){ sealed, sizeof sealed }, out), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_bytes_through_without_a_key),
		cmocka_unit_test(opens_only_what_it_sealed_in_its_order),
		cmocka_unit_test(refuses_the_last_counter),
		cmocka_unit_test(goes_on_counting_under_a_new_key),
	};

	seeded_start(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
