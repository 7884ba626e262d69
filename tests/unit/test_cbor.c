#include "tests/lib/unit.h"

#include <string.h>

#include "base/err.h"
#include "record/cbor.h"
#include "tests/lib/cbor_other.h"

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

#define DEPTH_MAX 8

/* Read one item of whatever type stands there; nested items one after the other. */
static void read_any(struct cbor *c)
{
	size_t left[DEPTH_MAX] = { 1 };
	unsigned depth = 0;

	while (c->error == ERR_OK && (depth > 0 || left[0] > 0)) {
		size_t more = 0;

		if (left[depth] == 0) {
			depth--;
			continue;
		}
		left[depth]--;
		switch (c->at < c->len ? c->data[c->at] >> 5 : 0) {
		case CBOR_BYTES:
			(void)cbor_bytes(c, 64);
			break;
		case CBOR_TEXT:
			(void)cbor_text(c, 64);
			break;
		case CBOR_ARRAY:
			more = cbor_array(c, 16);
			break;
		case CBOR_MAP:
			more = 2 * cbor_map(c, 16);
			break;
		default:
			(void)cbor_uint(c);
		}
		if (more > 0 && depth + 1 == DEPTH_MAX) {
			c->error = ERR_LIMIT;
		} else if (more > 0) {
			left[++depth] = more;
		}
	}
}

/* Write again what is read, with the same calls. */
static void copy_any(struct cbor *c, struct buf *out)
{
	while (c->error == ERR_OK && c->at < c->len) {
		switch (c->data[c->at] >> 5) {
		case CBOR_BYTES:
			cbor_put_bytes(out, cbor_bytes(c, 64));
			break;
		case CBOR_TEXT:
			cbor_put_text(out, cbor_text(c, 64));
			break;
		case CBOR_ARRAY:
			cbor_put_array(out, cbor_array(c, 16));
			break;
		case CBOR_MAP:
			cbor_put_map(out, cbor_map(c, 16));
			break;
		default:
			cbor_put_uint(out, cbor_uint(c));
		}
	}
}

/* The first item's value, or its number of bytes, items or pairs. */
static uint64_t first_size(struct cbor *c)
{
	switch (c->data[0] >> 5) {
	case CBOR_BYTES:
		return cbor_bytes(c, 64).len;
	case CBOR_TEXT:
		return cbor_text(c, 64).len;
	case CBOR_ARRAY:
		return cbor_array(c, 16);
	case CBOR_MAP:
		return cbor_map(c, 16);
	default:
		return cbor_uint(c);
	}
}

static size_t roll_input(uint64_t *dice, uint8_t in[48])
{
	size_t len;

	for (size_t i = 0; i < 48; i++) {
		*dice = *dice * 6364136223846793005ULL + 1442695040888963407ULL;
		in[i] = (uint8_t)(*dice >> 33);
		/* mostly small heads of the types that we have, and letters */
		if ((*dice >> 45 & 7) != 0) {
			in[i] &= 0x67;
		}
		if ((*dice >> 48 & 7) == 0) {
			in[i] |= 0x80;
		}
	}
	len = 1 + (size_t)(*dice >> 50) % 48;
	return len;
}

static void what_is_read_is_written_the_same_and_others_read_it_too(void **state)
{
	uint64_t dice = 17;
	unsigned accepted = 0;

	(void)state;
	for (unsigned i = 0; i < 300000; i++) {
		uint8_t in[48];
		size_t len = roll_input(&dice, in);
		struct cbor c;
		struct buf out;

		cbor_init(&c, (struct bytes){ in, len });
		read_any(&c);
		if (c.error != ERR_OK) {
			continue;
		}
		len = c.at; /* one item, and nothing else */
		buf_init(&out, 0);
		cbor_init(&c, (struct bytes){ in, len });
		copy_any(&c, &out);
		assert_int_equal(cbor_end(&c), ERR_OK);
		assert_true(bytes_equal(buf_bytes(&out), (struct bytes){ in, len }));
		cbor_init(&c, (struct bytes){ in, len });
		assert_true(!cbor_other_is_there() ||
			    cbor_other_agrees(in, len, in[0] >> 5, first_size(&c)));
		buf_done(&out);
		accepted++;
	}
	assert_in_range(accepted, 10000, 300000);
}

/* Each first byte there is, followed by enough zeroes. */
static void each_head_is_of_one_type_or_of_none(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 256; first++) {
		uint8_t in[64] = { (uint8_t)first };
		unsigned types = 0;
		struct cbor c;

		for (size_t i = 1; i < 9; i++) {
			in[i] = (uint8_t)((first & 31) > 23 && i == 1);
		}
		/* 24: one byte that needs it; 25 to 27: the first byte is not zero */
		in[1] = (first & 31) == 24 ? 24 : in[1];
		for (unsigned t = 0; t < 5; t++) {
			cbor_init(&c, (struct bytes){ in, sizeof in });
			switch (t) {
			case 0:
				(void)cbor_uint(&c);
				break;
			case 1:
				(void)cbor_bytes(&c, SIZE_MAX);
				break;
			case 2:
				(void)cbor_text(&c, SIZE_MAX);
				break;
			case 3:
				(void)cbor_array(&c, SIZE_MAX);
				break;
			default:
				(void)cbor_map(&c, SIZE_MAX);
			}
			/* text of zeroes is refused, and long strings end too early: both are
			 * of their type all the same */
			types += c.error == ERR_OK || c.error == ERR_SHORT ||
				 (t == 2 && first >> 5 == CBOR_TEXT && (first & 31) < 28);
		}
		assert_int_equal(types, (first & 31) < 28 && first >> 5 != 1 && first >> 5 < 6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_has_one_form),
		cmocka_unit_test(any_other_form_is_refused),
		cmocka_unit_test(strings_keep_their_limits),
		cmocka_unit_test(what_is_read_is_written_the_same_and_others_read_it_too),
		cmocka_unit_test(each_head_is_of_one_type_or_of_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
