#include "tests/lib/unit.h"

#include <string.h>

#include "trust/audit.h"

#define LINES 20U

static void write_lines(struct buf *lines)
{
	struct audit a = { 0 };

	for (unsigned i = 0; i < LINES; i++) {
		struct audit_line line = { .at_ms = i,
					   .verb = bytes_of("check"),
					   .officer = bytes_of("K. Officer") };

		buf_init(&lines[i], 0);
		assert_int_equal(audit_append(&a, &line, &lines[i]), ERR_OK);
		assert_int_equal(line.number, i + 1);
	}
}

/* Follow the lines in this order; the number of the first that does not fit, or 0. */
static unsigned follow(const struct buf *lines, const unsigned *order, unsigned n)
{
	struct audit a = { 0 };

	for (unsigned i = 0; i < n; i++) {
		struct audit_line line;
		struct arena arena;
		int rc;

		arena_init(&arena, 1024);
		rc = audit_follow(&a, buf_bytes(&lines[order[i]]), &arena, &line);
		arena_done(&arena);
		if (rc != ERR_OK) {
			assert_int_equal(rc, ERR_CORRUPT);
			return i + 1;
		}
	}
	return 0;
}

static void change_loss_and_another_order_are_seen(void **state)
{
	struct buf lines[LINES];
	unsigned order[LINES];

	(void)state;
	write_lines(lines);
	for (unsigned i = 0; i < LINES; i++) {
		order[i] = i;
	}
	assert_int_equal(follow(lines, order, LINES), 0);
	order[5] = 6; /* one lost, one twice */
	assert_int_equal(follow(lines, order, LINES), 6);
	order[5] = 5;
	order[7] = 8;
	order[8] = 7;
	assert_int_equal(follow(lines, order, LINES), 8);
	order[7] = 7;
	order[8] = 8;
	/* another officer in line 3: the line itself is well-formed, the next one disowns it */
	memcpy(memmem(lines[2].data, lines[2].len, "K. Officer", 10), "X. Officer", 10);
	assert_int_equal(follow(lines, order, LINES), 4);
	for (unsigned i = 0; i < LINES; i++) {
		buf_done(&lines[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(change_loss_and_another_order_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
