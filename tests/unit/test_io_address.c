#include "tests/lib/unit.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "io/address.h"

static void an_address_is_read_and_written_the_same(void **state)
{
	static const char *const good[] = { "192.0.2.1:4700", "[2001:db8::1]:4700", "[::]:0",
					    "0.0.0.0:65535", "[::1]:1" };

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct address_parts parts;
		char again[ADDRESS_TEXT_MAX];

		assert_int_equal(address_parse(bytes_of(good[i]), &parts), ERR_OK);
		assert_true(parts.numeric);
		assert_int_equal(address_format((const struct sockaddr *)&parts.socket, again),
				 ERR_OK);
		assert_string_equal(again, good[i]);
	}
}

static void the_interface_of_a_local_address_comes_along(void **state)
{
	struct address_parts parts;
	char again[ADDRESS_TEXT_MAX];

	(void)state;
	assert_int_equal(address_parse(bytes_of("[fe80::1%lo]:4700"), &parts), ERR_OK);
	assert_true(parts.numeric);
	assert_int_equal(address_format((const struct sockaddr *)&parts.socket, again), ERR_OK);
	assert_string_equal(again, "[fe80::1%lo]:4700");
}

static void a_name_is_left_to_be_looked_up(void **state)
{
	struct address_parts parts;

	(void)state;
	assert_int_equal(address_parse(bytes_of("hq.example.org:4700"), &parts), ERR_OK);
	assert_false(parts.numeric);
	assert_string_equal(parts.host, "hq.example.org");
	assert_int_equal(parts.port, 4700);
}

static void what_is_no_address_is_refused(void **state)
{
	static const char *const bad[] = { "",      "192.0.2.1",     "192.0.2.1:", ":4700",
					   "[::1]", "[::1:4700",     "::1:4700",   "a b:1",
					   "[a]:1", "192.0.2.300:1", "x:-1",       "x:1x",
					   "x:+1",  "[]:1",          "x/y:1",      "[::1]x:1" };
	struct address_parts parts;
	char text[100];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(address_parse(bytes_of(bad[i]), &parts), ERR_MALFORMED);
	}
	assert_int_equal(address_parse(bytes_of("x:65536"), &parts), ERR_RANGE);
	memset(text, 'a', sizeof text);
	(void)snprintf(text + 70, sizeof text - 70, ":4700");
	assert_int_equal(address_parse(bytes_of(text), &parts), ERR_SPACE);
}

static bool same(const char *a, const char *b)
{
	struct address_parts x;
	struct address_parts y;

	assert_int_equal(address_parse(bytes_of(a), &x), ERR_OK);
	assert_int_equal(address_parse(bytes_of(b), &y), ERR_OK);
	return address_same_host((const struct sockaddr *)&x.socket,
				 (const struct sockaddr *)&y.socket);
}

static void one_host_is_known_by_both_families(void **state)
{
	(void)state;
	assert_true(same("192.0.2.1:1", "192.0.2.1:2"));
	assert_true(same("192.0.2.1:1", "[::ffff:192.0.2.1]:2"));
	assert_true(same("[2001:db8::1]:1", "[2001:db8::1]:2"));
	assert_false(same("192.0.2.1:1", "192.0.2.2:1"));
	assert_false(same("[2001:db8::1]:1", "[2001:db8::2]:1"));
	assert_false(same("192.0.2.1:1", "[::192.0.2.1]:1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_read_and_written_the_same),
		cmocka_unit_test(the_interface_of_a_local_address_comes_along),
		cmocka_unit_test(a_name_is_left_to_be_looked_up),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(one_host_is_known_by_both_families),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
