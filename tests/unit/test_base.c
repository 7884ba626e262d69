#include "tests/lib/unit.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/day.h"
#include "base/err.h"
#include "base/wire.h"

static void every_error_has_a_text_and_a_name(void **state)
{
	(void)state;
	assert_string_equal(err_text(ERR_OK), "ok");
	assert_string_equal(err_name(ERR_NOMEM), "ERR_NOMEM");
	assert_string_equal(err_text(1), "unknown error");
}

static void a_cursor_past_the_end_stays_failed(void **state)
{
	const uint8_t in[] = { 1, 2, 3 };
	struct wire w;

	(void)state;
	wire_init(&w, in, sizeof in);
	assert_int_equal(wire_u16(&w), 0x0102);
	assert_int_equal(wire_u16(&w), 0);
	assert_int_equal(wire_error(&w), ERR_SHORT);
	assert_int_equal(wire_u8(&w), 0);
	assert_int_equal(wire_left(&w), 0);
}

static void a_cursor_reads_an_empty_span(void **state)
{
	struct wire w;

	(void)state;
	wire_init(&w, NULL, 0);
	assert_non_null(wire_bytes(&w, 0));
	assert_int_equal(wire_error(&w), ERR_OK);
	assert_int_equal(wire_u8(&w), 0);
	assert_int_equal(wire_error(&w), ERR_SHORT);
}

static void a_buffer_stops_at_its_limit(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 6);
	buf_u32(&b, 0x01020304);
	assert_int_equal(buf_error(&b), ERR_OK);
	buf_u32(&b, 5);
	assert_int_equal(buf_error(&b), ERR_SPACE);
	assert_int_equal(b.len, 4);
	buf_clear(&b);
	buf_u16(&b, 0xabcd);
	assert_int_equal(b.data[0], 0xab);
	buf_done(&b);
}

static void an_arena_refuses_what_passes_its_limit(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 8192);
	assert_non_null(arena_take(&a, 100, 40));
	assert_non_null(arena_take(&a, 0, 40));
	assert_null(arena_take(&a, 100, 50));
	assert_null(arena_take(&a, SIZE_MAX, 2));
	arena_done(&a);
	assert_non_null(arena_take(&a, 100, 50));
	arena_done(&a);
}

static void dates_go_to_days_and_back(void **state)
{
	uint32_t day;
	char text[DAY_TEXT];
	char moment[DAY_MOMENT];

	(void)state;
	assert_int_equal(day_parse("1970-01-01", &day), ERR_OK);
	assert_int_equal(day, 0);
	for (uint32_t d = 0; d <= DAY_MAX; d++) {
		day_format(d, text);
		assert_int_equal(day_parse(text, &day), ERR_OK);
		assert_int_equal(day, d);
	}
	assert_int_equal(day_parse("2023-02-29", &day), ERR_RANGE);
	assert_int_equal(day_parse("2024-02-29", &day), ERR_OK);
	assert_int_equal(day_parse("2024-2-29x", &day), ERR_MALFORMED);
	day_format_ms(1000ULL * 1700000000, moment);
	assert_string_equal(moment, "2023-11-14T22:13:20Z");
}

static void hex_and_utf8_are_strict(void **state)
{
	uint8_t b[2];

	(void)state;
	assert_int_equal(bytes_unhex("0aFf", b, 2), ERR_OK);
	assert_int_equal(b[1], 0xff);
	assert_int_equal(bytes_unhex("0aF", b, 2), ERR_MALFORMED);
	assert_int_equal(bytes_unhex("0aFg", b, 2), ERR_MALFORMED);
	assert_true(bytes_utf8(bytes_of("Müller 李 محمد 😀")));
	assert_false(bytes_utf8(bytes_of("a\x01")));
	assert_false(bytes_utf8(bytes_of("\xc0\x80")));
	assert_false(bytes_utf8(bytes_of("\xed\xa0\x80")));
	assert_false(bytes_utf8(bytes_of("\xf4\x90\x80\x80")));
	assert_false(bytes_utf8(bytes_of("\xe2\x82")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_error_has_a_text_and_a_name),
		cmocka_unit_test(a_cursor_past_the_end_stays_failed),
		cmocka_unit_test(a_cursor_reads_an_empty_span),
		cmocka_unit_test(a_buffer_stops_at_its_limit),
		cmocka_unit_test(an_arena_refuses_what_passes_its_limit),
		cmocka_unit_test(dates_go_to_days_and_back),
		cmocka_unit_test(hex_and_utf8_are_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
