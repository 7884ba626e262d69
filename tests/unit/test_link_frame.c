#include "tests/lib/unit.h"

#include <string.h>

#include "base/err.h"
#include "channel/link_frame.h"

static void shows_only_whole_units(void **state)
{
	(void)state;
	for (size_t len = 0; len <= LINK_FRAME_CONTENT_MAX; len++) {
		size_t small = link_frame_bytes(0, len, LINK_FRAME_PAD);
		size_t large = link_frame_bytes(0, len, LINK_FRAME_PAD_LARGE);

		assert_true(small % 64 == 0 && small >= len + 21 && small < len + 21 + 64);
		assert_true(large % 256 == 0 && large >= len + 21 && large < len + 21 + 256);
	}
	assert_int_equal(link_frame_bytes(0, LINK_FRAME_CONTENT_MAX, LINK_FRAME_PAD), 65536);
	assert_int_equal(link_frame_bytes(0, LINK_FRAME_CONTENT_MAX, LINK_FRAME_PAD_LARGE), 65536);
	assert_int_equal(link_frame_bytes(80, 0, LINK_FRAME_PAD), 128);
}

static void finds_what_it_filled(void **state)
{
	uint8_t inner[46];
	struct bytes content = { 0 };
	const char *what;

	(void)state;
	for (size_t len = 0; len <= sizeof inner - LINK_FRAME_HEAD; len++) {
		uint8_t text[46];

		memset(text, 0xee, sizeof text);
		link_frame_fill(inner, sizeof inner, LINK_FRAME_MESSAGE,
				(struct bytes){ text, len });
		assert_int_equal(link_frame_content((struct bytes){ inner, sizeof inner },
						    LINK_FRAME_MESSAGE, len, &content, &what),
				 ERR_OK);
		assert_int_equal(content.len, len);
		assert_memory_equal(content.data, text, len);
	}
}

static void refuses_every_other_form(void **state)
{
	uint8_t inner[46];
	const struct bytes all = { inner, sizeof inner };
	struct bytes content = { 0 };
	const char *what;

	(void)state;
	link_frame_fill(inner, sizeof inner, LINK_FRAME_MESSAGE, bytes_of("CANARY"));
	assert_int_equal(link_frame_content(all, LINK_FRAME_HELLO, 43, &content, &what),
			 ERR_UNSUPPORTED);
	assert_string_equal(what, "type");
	assert_int_equal(
	    link_frame_content((struct bytes){ inner, 2 }, LINK_FRAME_MESSAGE, 43, &content, &what),
	    ERR_SHORT);
	assert_int_equal(link_frame_content(all, LINK_FRAME_MESSAGE, 5, &content, &what),
			 ERR_LIMIT);
	assert_string_equal(what, "content length");
	inner[2] = 44;
	assert_int_equal(link_frame_content(all, LINK_FRAME_MESSAGE, 100, &content, &what),
			 ERR_MALFORMED);
	inner[2] = 5; /* the last letter becomes padding */
	assert_int_equal(link_frame_content(all, LINK_FRAME_MESSAGE, 43, &content, &what),
			 ERR_MALFORMED);
	assert_string_equal(what, "padding");
	inner[2] = 6;
	for (size_t i = LINK_FRAME_HEAD + 6; i < sizeof inner; i++) {
		inner[i] = 1;
		assert_int_equal(link_frame_content(all, LINK_FRAME_MESSAGE, 43, &content, &what),
				 ERR_MALFORMED);
		inner[i] = 0;
	}
	assert_null(content.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_only_whole_units),
		cmocka_unit_test(finds_what_it_filled),
		cmocka_unit_test(refuses_every_other_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
