#include "tests/lib/unit.h"

#include <string.h>

#include "record/labels.h"

static struct labels example(void)
{
	struct labels l = { .owner = bytes_of("UTO-NCB"),
			    .purposes = 3,
			    .sensitivity = SENSITIVITY_RESTRICTED,
			    .region = bytes_of("UTO-NORTH"),
			    .group = GROUP_MATCH,
			    .exclude = bytes_of("AAABBB"),
			    .closed = CLOSED_IDENTITY };

	return l;
}

static void any_other_label_is_another_class(void **state)
{
	struct labels l[9];
	uint8_t id[9][ENTRY_CLASS_BYTES];
	uint8_t again[ENTRY_CLASS_BYTES];

	(void)state;
	for (size_t i = 0; i < 9; i++) {
		l[i] = example();
	}
	l[1].owner = bytes_of("UTO-NCC");
	l[2].purposes = 2;
	l[3].sensitivity = SENSITIVITY_OPEN;
	l[4].region = bytes_of("UTO-SOUTH");
	l[5].group = GROUP_IDENTITY;
	l[6].exclude = bytes_of("AAA");
	l[7].closed = CLOSED_ALL;
	/* what stands in one label may not slide into the next */
	l[8].owner = bytes_of("UTO-NCBUTO");
	l[8].region = bytes_of("-NORTH");
	for (size_t i = 0; i < 9; i++) {
		assert_int_equal(labels_class(&l[i], id[i]), ERR_OK);
		for (size_t k = 0; k < i; k++) {
			assert_memory_not_equal(id[i], id[k], ENTRY_CLASS_BYTES);
		}
	}
	assert_int_equal(labels_class(&l[0], again), ERR_OK);
	assert_memory_equal(again, id[0], ENTRY_CLASS_BYTES);
}

static void labels_beyond_their_limits_have_no_class(void **state)
{
	static const char long_text[] = "0123456789abcdef0123456789abcdef0";
	uint8_t id[ENTRY_CLASS_BYTES] = { 9 };
	const uint8_t before[ENTRY_CLASS_BYTES] = { 9 };
	struct labels l[5];

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		l[i] = example();
	}
	l[0].owner = bytes_of("");
	l[1].owner = bytes_of(long_text);
	l[2].region = bytes_of("\xff");
	l[3].group = GROUP_OWN + 1;
	l[4].closed = CLOSED_ALL + 1;
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(labels_class(&l[i], id), ERR_RANGE);
		assert_memory_equal(id, before, sizeof id);
	}
}

static void the_longest_labels_have_a_class(void **state)
{
	char text[97];
	uint8_t id[ENTRY_CLASS_BYTES];
	struct labels l = example();

	(void)state;
	memset(text, 'A', 96);
	text[96] = '\0';
	l.exclude = bytes_of(text);
	l.owner = (struct bytes){ (const uint8_t *)text, 32 };
	l.region = l.owner;
	l.purposes = UINT16_MAX;
	assert_int_equal(labels_class(&l, id), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_other_label_is_another_class),
		cmocka_unit_test(labels_beyond_their_limits_have_no_class),
		cmocka_unit_test(the_longest_labels_have_a_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
