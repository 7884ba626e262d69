#include "tests/lib/unit.h"

#include <string.h>

#include "io/log.h"

static void the_journal_gets_the_level_first(void **state)
{
	char out[LOG_LINE_MAX];
	size_t len;

	(void)state;
	len = log_format(bytes_of("level=warn at=x"), true, 0, out);
	assert_int_equal(len, 19);
	assert_memory_equal(out, "<4>level=warn at=x\n", len);
	(void)log_format(bytes_of("level=error at=x"), true, 0, out);
	assert_memory_equal(out, "<3>", 3);
	(void)log_format(bytes_of("level=notice at=x"), true, 0, out);
	assert_memory_equal(out, "<5>", 3);
	(void)log_format(bytes_of("level=info at=x"), true, 0, out);
	assert_memory_equal(out, "<6>", 3);
	(void)log_format(bytes_of("anything"), true, 0, out);
	assert_memory_equal(out, "<6>", 3);
}

static void elsewhere_the_time_stands_first(void **state)
{
	const char *want = "time=1970-01-02T00:00:01.007Z level=info at=x\n";
	char out[LOG_LINE_MAX];
	size_t len;

	(void)state;
	len = log_format(bytes_of("level=info at=x"), false, 86401007, out);
	assert_int_equal(len, strlen(want));
	assert_memory_equal(out, want, len);
}

static void nobody_can_forge_a_second_line(void **state)
{
	const char *want = "<6>level=info a?<3>b?c?\n";
	char out[LOG_LINE_MAX];
	size_t len;

	(void)state;
	len = log_format(bytes_of("level=info a\n<3>b\x1b"
				  "c\x7f"),
			 true, 0, out);
	assert_int_equal(len, strlen(want));
	assert_memory_equal(out, want, len);
}

static void a_line_without_end_is_cut(void **state)
{
	static uint8_t line[3 * LOG_LINE_MAX];
	char out[LOG_LINE_MAX];

	(void)state;
	memset(line, 'a', sizeof line);
	assert_int_equal(log_format((struct bytes){ line, sizeof line }, true, 0, out),
			 LOG_LINE_MAX);
	assert_int_equal(out[LOG_LINE_MAX - 1], '\n');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_journal_gets_the_level_first),
		cmocka_unit_test(elsewhere_the_time_stands_first),
		cmocka_unit_test(nobody_can_forge_a_second_line),
		cmocka_unit_test(a_line_without_end_is_cut),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
