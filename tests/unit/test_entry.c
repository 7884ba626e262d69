/* record/entry.c: the shape of an entry, without keys. */
#include "tests/lib/unit.h"

#include <string.h>

#include "base/day.h"
#include "record/cbor.h"
#include "record/entry.h"
#include "record/kind.h"

static uint8_t sealed[ENTRY_BODY_MAX + ENTRY_SEAL_BYTES];
static uint8_t wrap[ENTRY_WRAP_RECIPIENT];
static uint8_t signature[ENTRY_SIGNATURE_BYTES];

static struct entry_header header(void)
{
	struct entry_header h = { .format = ENTRY_FORMAT,
				  .kind = KIND_NOTICE,
				  .class_id = { 1 },
				  .epoch = { 2 },
				  .author = { 3 },
				  .sequence = 1,
				  .clock = 77,
				  .expiry_day = 21000,
				  .commit = { 4 } };

	return h;
}

static void put(const struct entry_header *h, size_t sealed_len, size_t wrap_len, size_t sig_len,
		struct buf *out)
{
	struct buf b;

	buf_init(&b, 0);
	assert_int_equal(schema_encode(&entry_header_schema, h, &b), ERR_OK);
	cbor_put_array(out, 4);
	cbor_put_bytes(out, buf_bytes(&b));
	cbor_put_bytes(out, (struct bytes){ sealed, sealed_len });
	cbor_put_bytes(out, (struct bytes){ wrap, wrap_len });
	cbor_put_bytes(out, (struct bytes){ signature, sig_len });
	assert_int_equal(buf_error(out), ERR_OK);
	buf_done(&b);
}

static int decode(const struct entry_header *h, size_t sealed_len, size_t wrap_len, size_t sig_len,
		  const char **what)
{
	struct fault fault = { 0 };
	struct entry e;
	struct buf b;
	int rc;

	buf_init(&b, 0);
	put(h, sealed_len, wrap_len, sig_len, &b);
	rc = entry_decode(buf_bytes(&b), &e, &fault);
	buf_done(&b);
	*what = fault.what;
	return rc;
}

static void an_entry_is_encoded_as_it_was_decoded(void **state)
{
	struct entry_header h = header();

	(void)state;
	for (uint64_t c = 0; c <= ENTRY_SIZE_CLASS_MAX; c++) {
		static const size_t wraps[] = { 0, ENTRY_WRAP_CLASS, ENTRY_WRAP_RECIPIENT };

		for (size_t w = 0; w < 3; w++) {
			struct entry e;
			struct buf b;
			struct buf again;

			buf_init(&b, 0);
			buf_init(&again, 0);
			h.size_class = c;
			put(&h, entry_padded(c) + ENTRY_SEAL_BYTES, wraps[w], ENTRY_SIGNATURE_BYTES,
			    &b);
			assert_int_equal(entry_decode(buf_bytes(&b), &e, NULL), ERR_OK);
			assert_int_equal(entry_encode(&e, &again), ERR_OK);
			assert_true(bytes_equal(buf_bytes(&b), buf_bytes(&again)));
			assert_int_equal(entry_bytes(&e), b.len);
			assert_true(b.len <= ENTRY_BYTES_MAX);
			buf_done(&b);
			buf_done(&again);
		}
	}
}

static void the_greatest_header_fits_its_limit(void **state)
{
	struct entry_header h;
	struct buf b;

	(void)state;
	memset(&h, 0xff, sizeof h);
	h.format = UINT8_MAX;
	h.kind = UINT8_MAX;
	h.sequence = INT64_MAX;
	h.expiry_day = DAY_MAX;
	h.size_class = ENTRY_SIZE_CLASS_MAX;
	h.revision = INT64_MAX;
	buf_init(&b, ENTRY_HEADER_MAX);
	assert_int_equal(schema_encode(&entry_header_schema, &h, &b), ERR_OK);
	buf_done(&b);
}

static void parts_of_another_length_are_refused(void **state)
{
	struct entry_header h = header();
	const char *what;
	size_t fits = entry_padded(0) + ENTRY_SEAL_BYTES;

	(void)state;
	assert_int_equal(decode(&h, fits, 48, 64, &what), ERR_OK);
	assert_int_equal(decode(&h, fits + 1, 48, 64, &what), ERR_MALFORMED);
	assert_string_equal(what, "size_class");
	assert_int_equal(decode(&h, fits - 1, 48, 64, &what), ERR_MALFORMED);
	assert_int_equal(decode(&h, 0, 48, 64, &what), ERR_MALFORMED);
	for (size_t len = 0; len <= ENTRY_WRAP_RECIPIENT; len++) {
		bool good = len == 0 || len == 48 || len == 80;

		assert_int_equal(decode(&h, fits, len, 64, &what), good ? ERR_OK : ERR_MALFORMED);
	}
	assert_int_equal(decode(&h, fits, 48, 63, &what), ERR_MALFORMED);
	assert_string_equal(what, "signature");
	assert_int_equal(decode(&h, fits, 48, 0, &what), ERR_MALFORMED);
}

static void a_header_out_of_its_range_is_refused(void **state)
{
	struct entry_header h = header();
	const char *what;
	size_t fits = entry_padded(0) + ENTRY_SEAL_BYTES;

	(void)state;
	h.format = ENTRY_FORMAT + 1;
	assert_int_equal(decode(&h, fits, 48, 64, &what), ERR_UNSUPPORTED);
	h.format = 0;
	assert_int_equal(decode(&h, fits, 48, 64, &what), ERR_UNSUPPORTED);
}

/* A header with a sequence, expiry day or size class beyond the limit cannot be written by us. */
static void a_header_that_somebody_else_wrote_keeps_our_limits(void **state)
{
	static const struct {
		size_t field;
		uint64_t value;
		const char *name;
	} wrong[] = { { 6, 0, "sequence" },
		      { 9, DAY_MAX + 1, "expiry_day" },
		      { 10, ENTRY_SIZE_CLASS_MAX + 1, "size_class" } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct buf h;
		struct buf b;
		struct entry e;
		struct fault fault = { 0 };
		static const uint8_t zero[16];

		buf_init(&h, 0);
		buf_init(&b, 0);
		cbor_put_map(&h, 10);
		for (uint64_t key = 1; key <= 13; key++) {
			size_t fixed = key == 4 ? 8 : 16;

			if (key == 7 || key == 11 || key == 12) {
				continue;
			}
			cbor_put_uint(&h, key);
			if (key == 3 || key == 4 || key == 5 || key == 13) {
				cbor_put_bytes(&h, (struct bytes){ zero, fixed });
			} else {
				cbor_put_uint(&h, key == wrong[i].field ? wrong[i].value : 1);
			}
		}
		cbor_put_array(&b, 4);
		cbor_put_bytes(&b, buf_bytes(&h));
		cbor_put_bytes(&b, (struct bytes){ sealed, entry_padded(1) + ENTRY_SEAL_BYTES });
		cbor_put_bytes(&b, (struct bytes){ wrap, 48 });
		cbor_put_bytes(&b, (struct bytes){ signature, 64 });
		assert_int_equal(entry_decode(buf_bytes(&b), &e, &fault), ERR_RANGE);
		assert_string_equal(fault.what, wrong[i].name);
		buf_done(&h);
		buf_done(&b);
	}
}

static void an_entry_has_four_parts(void **state)
{
	struct entry_header h = header();
	struct entry e;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	put(&h, entry_padded(0) + ENTRY_SEAL_BYTES, 48, 64, &b);
	for (unsigned parts = 0; parts < 24; parts++) {
		b.data[0] = (uint8_t)(0x80 | parts);
		assert_int_equal(entry_decode(buf_bytes(&b), &e, NULL) == ERR_OK, parts == 4);
	}
	b.data[0] = 0x84;
	buf_u8(&b, 0);
	assert_int_equal(entry_decode(buf_bytes(&b), &e, NULL), ERR_MALFORMED);
	buf_done(&b);
}

/* Re-wrapping and erasing do not rename an entry; anything else does. */
static void the_id_is_of_header_and_sealed_body_alone(void **state)
{
	struct entry_header h = header();
	struct entry a;
	struct entry b;
	struct buf in;

	(void)state;
	buf_init(&in, 0);
	put(&h, entry_padded(0) + ENTRY_SEAL_BYTES, 48, 64, &in);
	assert_int_equal(entry_decode(buf_bytes(&in), &a, NULL), ERR_OK);
	for (size_t i = 0; i < in.len; i++) {
		const uint8_t *p = in.data + i;
		bool named =
		    (p >= a.header_bytes.data && p < a.header_bytes.data + a.header_bytes.len) ||
		    (p >= a.sealed.data && p < a.sealed.data + a.sealed.len);

		in.data[i] ^= 1;
		if (entry_decode(buf_bytes(&in), &b, NULL) == ERR_OK) {
			assert_int_equal(memcmp(a.id, b.id, sizeof a.id) != 0, named);
		}
		in.data[i] ^= 1;
	}
	buf_done(&in);
}

static void what_would_be_refused_is_not_written(void **state)
{
	struct entry_header h = header();
	struct entry e;
	struct buf in;
	struct buf out;

	(void)state;
	buf_init(&in, 0);
	buf_init(&out, 0);
	put(&h, entry_padded(0) + ENTRY_SEAL_BYTES, 48, 64, &in);
	assert_int_equal(entry_decode(buf_bytes(&in), &e, NULL), ERR_OK);
	e.wrap.len = 47;
	assert_int_equal(entry_encode(&e, &out), ERR_RANGE);
	e.wrap.len = 48;
	e.signature.len = 63;
	assert_int_equal(entry_encode(&e, &out), ERR_RANGE);
	assert_int_equal(out.len, 0);
	buf_done(&in);
	buf_done(&out);
}

static void size_classes_grow_and_end(void **state)
{
	uint64_t c = 99;

	(void)state;
	for (uint64_t i = 1; i <= ENTRY_SIZE_CLASS_MAX; i++) {
		assert_true(entry_padded(i) > entry_padded(i - 1));
		assert_int_equal(entry_size_class(entry_padded(i) - 1, &c), ERR_OK);
		assert_int_equal(c, i);
		if (i < ENTRY_SIZE_CLASS_MAX) {
			assert_int_equal(entry_size_class(entry_padded(i), &c), ERR_OK);
			assert_int_equal(c, i + 1);
		}
	}
	assert_int_equal(entry_size_class(ENTRY_BODY_MAX - 1, &c), ERR_OK);
	assert_int_equal(entry_size_class(ENTRY_BODY_MAX, &c), ERR_LIMIT);
	assert_int_equal(entry_size_class(SIZE_MAX, &c), ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_is_encoded_as_it_was_decoded),
		cmocka_unit_test(the_greatest_header_fits_its_limit),
		cmocka_unit_test(parts_of_another_length_are_refused),
		cmocka_unit_test(a_header_out_of_its_range_is_refused),
		cmocka_unit_test(a_header_that_somebody_else_wrote_keeps_our_limits),
		cmocka_unit_test(an_entry_has_four_parts),
		cmocka_unit_test(the_id_is_of_header_and_sealed_body_alone),
		cmocka_unit_test(what_would_be_refused_is_not_written),
		cmocka_unit_test(size_classes_grow_and_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
