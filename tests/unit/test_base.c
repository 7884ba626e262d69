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

static void a_buffer_without_memory_says_so(void **state)
{
	struct buf limited;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_null(buf_extend(&b, SIZE_MAX / 2));
	assert_int_equal(buf_error(&b), ERR_NOMEM);
	buf_u8(&b, 1); /* nothing follows a failure */
	assert_int_equal(b.len, 0);
	buf_clear(&b);
	buf_u8(&b, 1);
	assert_int_equal(buf_error(&b), ERR_OK);
	buf_init(&limited, 2);
	assert_null(buf_extend(&limited, 3));
	assert_int_equal(buf_error(&limited), ERR_SPACE);
	buf_done(&b);
	buf_done(&limited);
}

static void a_buffer_grows_and_drops(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (uint32_t i = 0; i < 1000; i++) {
		buf_u32(&b, i);
	}
	assert_int_equal(b.len, 4000);
	buf_drop(&b, 0);
	buf_drop(&b, 3996);
	assert_int_equal(b.len, 4);
	assert_int_equal(b.data[2] << 8 | b.data[3], 999);
	buf_drop(&b, 4);
	assert_int_equal(buf_bytes(&b).len, 0);
	assert_non_null(buf_extend(&b, 0));
	buf_done(&b);
	buf_done(NULL);
}

static void an_arena_gives_zeroes_that_are_aligned(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	for (size_t n = 0; n < 300; n++) {
		uint8_t *p = arena_take(&a, n, 37);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < n * 37; i++) {
			assert_int_equal(p[i], 0);
			p[i] = 0xff;
		}
	}
	arena_done(&a);
	arena_done(&a);
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
	assert_false(bytes_utf8(bytes_of("a\x7f")));
	assert_false(bytes_utf8(bytes_of("\xc2\x80"))); /* C1: terminals obey these */
	assert_false(bytes_utf8(bytes_of("\xc2\x9b"
					 "2J")));
	assert_true(bytes_utf8(bytes_of("\xc2\xa0")));
	assert_true(bytes_utf8(bytes_of("a\tb\n")));
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
		cmocka_unit_test(a_buffer_without_memory_says_so),
		cmocka_unit_test(a_buffer_grows_and_drops),
		cmocka_unit_test(an_arena_gives_zeroes_that_are_aligned),
		cmocka_unit_test(an_arena_refuses_what_passes_its_limit),
		cmocka_unit_test(dates_go_to_days_and_back),
		cmocka_unit_test(hex_and_utf8_are_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
