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

static void every_changed_bit_is_seen(void **state)
{
	struct buf lines[LINES];
	unsigned order[LINES];

	(void)state;
	write_lines(lines);
	for (unsigned i = 0; i < LINES; i++) {
		order[i] = i;
	}
	for (size_t bit = 0; bit < lines[3].len * 8; bit++) {
		unsigned at;

		lines[3].data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		at = follow(lines, order, 5);
		assert_true(at == 4 || at == 5); /* at the line, or at the next */
		lines[3].data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	for (unsigned i = 0; i < LINES; i++) {
		buf_done(&lines[i]);
	}
}

/* A chain that was cut at its end is whole in itself: its head tells. */
static void what_was_cut_off_is_seen_by_the_head(void **state)
{
	struct audit whole = { 0 };
	struct audit cut = { 0 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct audit_line line = { .verb = bytes_of("check") };
		struct buf b;

		buf_init(&b, 0);
		assert_int_equal(audit_append(&whole, &line, &b), ERR_OK);
		if (i < 2) {
			struct arena arena;

			arena_init(&arena, 1024);
			assert_int_equal(audit_follow(&cut, buf_bytes(&b), &arena, &line), ERR_OK);
			arena_done(&arena);
		}
		buf_done(&b);
	}
	assert_int_equal(cut.number, 2);
	assert_memory_not_equal(cut.head, whole.head, sizeof cut.head);
}

/* A line that names the one before and counts wrongly was not written by audit_append(). */
static void a_line_with_another_number_does_not_follow(void **state)
{
	for (uint64_t number = 1; number < 6; number++) {
		struct audit a = { .number = 1, .head = { 7 } };
		struct audit_line line = { .number = number,
					   .before = { 7 },
					   .verb = bytes_of("check") };
		struct arena arena;
		struct buf b;

		(void)state;
		buf_init(&b, 0);
		arena_init(&arena, 1024);
		assert_int_equal(schema_encode(&audit_line_schema, &line, &b), ERR_OK);
		assert_int_equal(audit_follow(&a, buf_bytes(&b), &arena, &line),
				 number == 2 ? ERR_OK : ERR_CORRUPT);
		assert_int_equal(a.number, number == 2 ? 2 : 1);
		arena_done(&arena);
		buf_done(&b);
	}
}

static void a_line_that_cannot_be_written_does_not_move_the_chain(void **state)
{
	struct audit a = { .number = 4, .head = { 1 } };
	struct audit before = a;
	struct audit_line line = { .verb = bytes_of("") };
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(audit_append(&a, &line, &b), ERR_RANGE);
	line = (struct audit_line){ .verb = bytes_of("check"), .code = 256 };
	assert_int_equal(audit_append(&a, &line, &b), ERR_RANGE);
	assert_int_equal(a.number, before.number);
	assert_memory_equal(a.head, before.head, sizeof a.head);
	assert_int_equal(b.len, 0);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(change_loss_and_another_order_are_seen),
		cmocka_unit_test(every_changed_bit_is_seen),
		cmocka_unit_test(what_was_cut_off_is_seen_by_the_head),
		cmocka_unit_test(a_line_with_another_number_does_not_follow),
		cmocka_unit_test(a_line_that_cannot_be_written_does_not_move_the_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
