#include "tests/lib/unit.h"

#include <string.h>

#include "node/book.h"
#include "record/kind.h"
#include "tests/lib/prints.h"

#define ORDERS 300U
#define PIECES 6U

/* One entry of a record's history, unsealed. */
struct piece {
	uint64_t kind;
	uint64_t revision;
	uint64_t status;
	uint64_t clock;
};

static const struct piece history[PIECES] = {
	{ KIND_NOTICE, 1, STATUS_ACTIVE, 100 },
	{ KIND_NOTICE, 2, STATUS_BLOCKED, 200 },
	{ KIND_NOTICE, 3, STATUS_ACTIVE, 50 },
	{ KIND_SUBJECT, 1, 0, 100 },
	{ KIND_SUBJECT, 3, 0, 50 },
	{ KIND_NOTICE, 3, STATUS_BLOCKED, 40 },
};

static const uint8_t record[KINDS_RECORD_BYTES] = { 7 };

static void encode_notice(const struct piece *p, struct buf *out)
{
	struct notice n = { .revision = p->revision,
			    .status = p->status,
			    .owner = bytes_of("UTO-NCB"),
			    .reference = bytes_of("R"),
			    .purposes = 1,
			    .valid_until = 30000 };

	memcpy(n.record, record, sizeof record);
	assert_int_equal(schema_encode(&kinds_notice, &n, out), ERR_OK);
}

/* Take piece i into the book as apply_entry() does, losers dropped. */
static void take(struct book *b, const struct piece *p, uint8_t number)
{
	struct entry e = { .header = {
			       .kind = p->kind, .revision = p->revision, .expiry_day = 30000 } };
	uint8_t loser[ENTRY_ID_BYTES] = { 0 };
	static const uint8_t none[ENTRY_ID_BYTES];
	struct subject s = { .revision = p->revision };
	struct held *h;
	struct buf body;
	int rc;

	e.id[0] = number;
	assert_int_equal(book_hold(b, &e, 100, &h), ERR_OK);
	buf_init(&body, 0);
	if (p->kind == KIND_NOTICE) {
		encode_notice(p, &body);
		rc = book_notice(b, h, p->clock, buf_bytes(&body), loser);
	} else {
		memcpy(s.record, record, sizeof record);
		rc = book_subject(b, h, p->clock, &s, loser);
	}
	buf_done(&body);
	if (rc == ERR_STALE) {
		book_release(b, e.id);
	} else {
		assert_int_equal(rc, ERR_OK);
	}
	if (memcmp(loser, none, sizeof none) != 0) {
		book_release(b, loser);
	}
}

static uint64_t roll(uint64_t *dice)
{
	*dice = *dice * 6364136223846793005ULL + 1442695040888963407ULL;
	return *dice >> 33;
}

static void any_order_of_arrival_means_the_same(void **state)
{
	uint64_t dice = 1;

	(void)state;
	for (unsigned o = 0; o < ORDERS; o++) {
		uint8_t order[PIECES];
		struct book *b;
		const struct person *p;

		for (uint8_t i = 0; i < PIECES; i++) {
			uint8_t at = (uint8_t)(roll(&dice) % (i + 1U));

			order[i] = order[at];
			order[at] = i;
		}
		assert_int_equal(book_new(o, &b), ERR_OK);
		for (unsigned i = 0; i < PIECES; i++) {
			take(b, &history[order[i]], (uint8_t)(order[i] + 1));
		}
		p = map_get(&b->people, record);
		assert_non_null(p);
		/* At revision 3 blocked beats active, whatever the clocks say. */
		assert_int_equal(p->notice_id[0], 6);
		assert_int_equal(p->version.status, STATUS_BLOCKED);
		assert_int_equal(p->subject_id[0], 5);
		assert_int_equal(b->held.count, 2);
		book_free(b);
	}
}

static void a_withdrawal_wins_over_later_revisions(void **state)
{
	static const struct piece gone = { KIND_NOTICE, 2, STATUS_WITHDRAWN, 10 };
	static const struct piece later = { KIND_NOTICE, 9, STATUS_ACTIVE, 900 };

	(void)state;
	for (unsigned first = 0; first < 2; first++) {
		struct book *b;
		const struct person *p;

		assert_int_equal(book_new(1, &b), ERR_OK);
		take(b, first == 0 ? &gone : &later, first == 0 ? 1 : 2);
		take(b, first == 0 ? &later : &gone, first == 0 ? 2 : 1);
		p = map_get(&b->people, record);
		assert_int_equal(p->version.status, STATUS_WITHDRAWN);
		book_free(b);
	}
}

static void a_person_goes_when_nothing_of_it_is_left(void **state)
{
	struct finger_record r = { .revision = 1 };
	struct entry e = { .header = { .kind = KIND_TEMPLATE, .revision = 1 } };
	uint8_t loser[ENTRY_ID_BYTES];
	struct held *h;
	struct book *b;
	struct buf iso;

	(void)state;
	assert_int_equal(book_new(1, &b), ERR_OK);
	buf_init(&iso, 0);
	prints_record(1, 1, 0.0F, 0, &iso);
	memcpy(r.record, record, sizeof record);
	r.iso = buf_bytes(&iso);
	e.id[0] = 9;
	assert_int_equal(book_hold(b, &e, 100, &h), ERR_OK);
	assert_int_equal(book_finger(b, h, &r, loser), ERR_OK);
	assert_int_equal(b->people.count, 1);
	book_release(b, e.id);
	assert_int_equal(b->people.count, 0);
	assert_int_equal(b->held.count, 0);
	buf_done(&iso);
	book_free(b);
}

static void a_bad_template_is_not_taken(void **state)
{
	struct finger_record r = { .revision = 1, .iso = bytes_of("FMR rubbish") };
	struct entry e = { .header = { .kind = KIND_TEMPLATE, .revision = 1 } };
	uint8_t loser[ENTRY_ID_BYTES];
	struct held *h;
	struct book *b;

	(void)state;
	assert_int_equal(book_new(1, &b), ERR_OK);
	assert_int_equal(book_hold(b, &e, 100, &h), ERR_OK);
	assert_true(book_finger(b, h, &r, loser) < 0);
	assert_false(h->opened);
	book_free(b);
}

/* Whatever has gone meanwhile, and wherever the walk is taken up again. */
static void a_walk_goes_on_behind_a_number(void **state)
{
	struct book *b;

	(void)state;
	assert_int_equal(book_new(1, &b), ERR_OK);
	assert_int_equal(book_after(b, 0), 0);
	for (unsigned i = 1; i <= 100; i++) {
		struct entry e = { .header = { .kind = KIND_DECISION } };
		struct held *h;

		e.id[0] = (uint8_t)i;
		assert_int_equal(book_hold(b, &e, 1, &h), ERR_OK);
		h->number = 10 * i;
	}
	for (unsigned i = 1; i <= 100; i++) {
		if (i % 7 < 5 || i > 90) {
			book_release(b, (const uint8_t[ENTRY_ID_BYTES]){ (uint8_t)i });
		}
	}
	for (uint64_t number = 0; number <= 1010; number += 5) {
		size_t begin = 0;
		size_t at = book_after(b, number);
		const struct held *next = map_next(&b->held, &at);
		const struct held *first = map_next(&b->held, &begin);

		while (first != NULL && first->number <= number) {
			first = map_next(&b->held, &begin);
		}
		assert_ptr_equal(next, first);
	}
	book_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_walk_goes_on_behind_a_number),
		cmocka_unit_test(any_order_of_arrival_means_the_same),
		cmocka_unit_test(a_withdrawal_wins_over_later_revisions),
		cmocka_unit_test(a_person_goes_when_nothing_of_it_is_left),
		cmocka_unit_test(a_bad_template_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
