#include "tests/lib/unit.h"

#include <string.h>

#include "base/err.h"
#include "record/cbor.h"

static void every_number_has_one_form(void **state)
{
	static const uint64_t values[] = { 0,     23,    24,          255,           256,
					   65535, 65536, 4294967295U, 4294967296ULL, UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		struct buf b;
		struct cbor c;

		buf_init(&b, 0);
		cbor_put_uint(&b, values[i]);
		cbor_init(&c, buf_bytes(&b));
		assert_true(cbor_uint(&c) == values[i]);
		assert_int_equal(cbor_end(&c), ERR_OK);
		buf_done(&b);
	}
}

struct refusal {
	const char *hex;
	int code;
};

/* RFC 8949: forms that mean something, but not in one way only. */
static const struct refusal refusals[] = {
	{ "1817", ERR_MALFORMED },               /* 23 in two bytes */
	{ "1900ff", ERR_MALFORMED },             /* 255 in three */
	{ "1a0000ffff", ERR_MALFORMED },         /* 65535 in five */
	{ "1b00000000ffffffff", ERR_MALFORMED }, /* 2^32 - 1 in nine */
	{ "20", ERR_MALFORMED },                 /* -1 */
	{ "5f4101ff", ERR_MALFORMED },           /* indefinite bytes */
	{ "9fff", ERR_MALFORMED },               /* indefinite array */
	{ "c001", ERR_MALFORMED },               /* a tag */
	{ "f93c00", ERR_MALFORMED },             /* a float */
	{ "f5", ERR_MALFORMED },                 /* true */
	{ "1c", ERR_MALFORMED },                 /* reserved */
	{ "18", ERR_SHORT },
	{ "", ERR_SHORT },
	{ "0000", ERR_MALFORMED }, /* something is left over */
};

static void any_other_form_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
		uint8_t in[16];
		size_t len = strlen(refusals[i].hex) / 2;
		struct cbor c;

		assert_int_equal(bytes_unhex(refusals[i].hex, in, len), ERR_OK);
		cbor_init(&c, (struct bytes){ .data = in, .len = len });
		(void)cbor_uint(&c);
		assert_int_equal(cbor_end(&c), refusals[i].code);
	}
}

static void strings_keep_their_limits(void **state)
{
	static const uint8_t long_one[] = { 0x45, 1, 2, 3, 4, 5 };
	static const uint8_t lying[] = { 0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	static const uint8_t bad_text[] = { 0x61, 0xff };
	struct cbor c;

	(void)state;
	cbor_init(&c, (struct bytes){ .data = long_one, .len = sizeof long_one });
	(void)cbor_bytes(&c, 4);
	assert_int_equal(c.error, ERR_LIMIT);
	cbor_init(&c, (struct bytes){ .data = lying, .len = sizeof lying });
	(void)cbor_bytes(&c, SIZE_MAX);
	assert_int_equal(c.error, ERR_SHORT);
	cbor_init(&c, (struct bytes){ .data = bad_text, .len = sizeof bad_text });
	(void)cbor_text(&c, 10);
	assert_int_equal(c.error, ERR_MALFORMED);
	assert_true(cbor_uint(&c) == 0); /* the first error stays */
	assert_int_equal(cbor_end(&c), ERR_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_has_one_form),
		cmocka_unit_test(any_other_form_is_refused),
		cmocka_unit_test(strings_keep_their_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
