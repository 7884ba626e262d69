/* The private data beside a record: what is written is read, what is damaged is refused. */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "finger/extended.h"
#include "finger/finger.h"

static const uint8_t record[] = "a record that the data belong to";
static const struct bytes iso = { record, sizeof(record) };
static struct extended made;
static struct extended got;

static void write_made(struct buf *out)
{
	memset(&made, 0, sizeof(made));
	made.period = 144;
	made.second.count = 3;
	for (size_t i = 0; i < 3; i++) {
		made.second.at[i] = (struct minutia){ (int16_t)(100 + i), (int16_t)(200 - i),
						      (uint8_t)(80 * i), (uint8_t)(1 + i % 2), 50 };
	}
	made.flow.columns = 9;
	made.flow.rows = 7;
	made.flow.left = 2;
	made.flow.top = 1;
	for (int i = 20; i < 50; i++) {
		made.flow.cell[i] = (uint8_t)(i * 5);
	}
	assert_int_equal(extended_write(&made, iso, out), ERR_OK);
}

static void reads_what_was_written(void **state)
{
	struct buf out = { 0 };

	(void)state;
	write_made(&out);
	assert_int_equal(extended_read(buf_bytes(&out), iso, &got, NULL), ERR_OK);
	assert_memory_equal(&got, &made, sizeof(got));
	buf_done(&out);
}

static void refuses_every_cut_and_every_flipped_bit(void **state)
{
	struct buf out = { 0 };

	(void)state;
	write_made(&out);
	for (size_t n = 0; n < out.len; n++) {
		struct fault fault = { 0 };
		int rv = extended_read((struct bytes){ out.data, n }, iso, &got, &fault);

		assert_int_not_equal(rv, ERR_OK);
		assert_int_equal(fault.code, rv);
		assert_non_null(fault.what);
	}
	for (size_t i = 0; i < out.len * 8; i++) {
		out.data[i / 8] ^= (uint8_t)(1U << i % 8);
		assert_int_not_equal(extended_read(buf_bytes(&out), iso, &got, NULL), ERR_OK);
		out.data[i / 8] ^= (uint8_t)(1U << i % 8);
	}
	buf_done(&out);
}

static void refuses_data_of_another_print(void **state)
{
	static const uint8_t other[] = "a record of somebody else's hand";
	struct buf out = { 0 };
	struct fault fault;

	(void)state;
	write_made(&out);
	assert_int_equal(
	    extended_read(buf_bytes(&out), (struct bytes){ other, sizeof(other) }, &got, &fault),
	    ERR_CORRUPT);
	assert_string_equal(fault.what, "extended checksum");
	buf_done(&out);
}

static void refuses_what_is_too_long(void **state)
{
	static uint8_t much[FINGER_EXTENDED_MAX + 1];

	(void)state;
	assert_int_equal(extended_read((struct bytes){ much, sizeof(much) }, iso, &got, NULL),
			 ERR_LIMIT);
}

static void names_a_version_that_it_does_not_know(void **state)
{
	struct buf out = { 0 };
	struct fault fault;

	(void)state;
	write_made(&out);
	out.data[0] = EXTENDED_VERSION + 1;
	assert_int_equal(extended_read(buf_bytes(&out), iso, &got, &fault), ERR_UNSUPPORTED);
	assert_string_equal(fault.what, "extended version");
	buf_done(&out);
}

static void cuts_a_flow_that_is_too_large_around_its_middle(void **state)
{
	struct arena arena;
	struct field f;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(field_init(&f, 2048, 1536, &arena), ERR_OK);
	memset(f.mask, 1, (size_t)(f.columns * f.rows));
	extended_from_field(&f, &got.flow);
	assert_in_range(got.flow.columns * got.flow.rows, EXTENDED_CELLS_MAX - 300,
			EXTENDED_CELLS_MAX);
	assert_in_range(got.flow.left + got.flow.columns / 2, 62, 66);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_was_written),
		cmocka_unit_test(refuses_every_cut_and_every_flipped_bit),
		cmocka_unit_test(refuses_data_of_another_print),
		cmocka_unit_test(refuses_what_is_too_long),
		cmocka_unit_test(names_a_version_that_it_does_not_know),
		cmocka_unit_test(cuts_a_flow_that_is_too_large_around_its_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
