#include "tests/lib/unit.h"

#include <string.h>

#include "base/err.h"
#include "channel/noise_pattern.h"

static void finds_a_pattern_with_its_psk_first(void **state)
{
	struct noise_pattern p;
	const uint8_t first[] = { NOISE_PSK, NOISE_E, NOISE_END };
	const uint8_t second[] = { NOISE_E, NOISE_EE, NOISE_S, NOISE_ES, NOISE_END };
	const uint8_t third[] = { NOISE_S, NOISE_SE, NOISE_END };

	(void)state;
	assert_int_equal(noise_pattern_find("XXpsk0", &p), ERR_OK);
	assert_string_equal(p.name, "XXpsk0");
	assert_int_equal(p.message_count, 3);
	assert_int_equal(p.psk_count, 1);
	assert_memory_equal(p.messages[0], first, sizeof first);
	assert_memory_equal(p.messages[1], second, sizeof second);
	assert_memory_equal(p.messages[2], third, sizeof third);
	assert_false(p.knows_initiator || p.knows_responder);
}

static void puts_psks_before_and_after(void **state)
{
	struct noise_pattern p;
	const uint8_t first[] = { NOISE_PSK, NOISE_E,   NOISE_ES, NOISE_S,
				  NOISE_SS,  NOISE_PSK, NOISE_END };

	(void)state;
	assert_int_equal(noise_pattern_find("IKpsk0+psk1+psk2", &p), ERR_OK);
	assert_int_equal(p.psk_count, 3);
	assert_memory_equal(p.messages[0], first, sizeof first);
	assert_int_equal(p.messages[1][3], NOISE_PSK);
	assert_true(p.knows_responder);
	assert_false(p.knows_initiator);
}

static void refuses_names_that_mean_nothing(void **state)
{
	static const char *const unknown[] = { "",     "Q",   "xx",         "XXX",
					       "psk0", "XX ", "NNfallback", "N1" };
	static const char *const malformed[] = {
		"XXpsk",
		"XXpsk4",
		"XXpsk9",
		"Npsk2",
		"XXpsk0psk1",
		"XXpsk0+",
		"XXpsk0+psk0",
		"XXpsk1+psk0",
		"XXpsk0,psk1",
		"XXpsk00",
		"XXpsk0+psk1+psk2+psk3+psk4",
		"XXpsk0+psk1+psk2+psk3+psk3+psk3+psk3",
		"XXpsk:",
		"Xpsk",
		"XXp",
		"XX1pk",
	};
	struct noise_pattern p;

	(void)state;
	memset(&p, 0xa5, sizeof p);
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
		assert_int_equal(noise_pattern_find(unknown[i], &p), ERR_UNSUPPORTED);
	}
	for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
		assert_int_equal(noise_pattern_find(malformed[i], &p), ERR_MALFORMED);
	}
	assert_int_equal(p.message_count, (size_t)0xa5a5a5a5a5a5a5a5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_a_pattern_with_its_psk_first),
		cmocka_unit_test(puts_psks_before_and_after),
		cmocka_unit_test(refuses_names_that_mean_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
