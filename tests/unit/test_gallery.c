/* The gallery: what a snapshot shows never changes, and everything is given back. */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "match/gallery.h"
#include "match/snapshot.h"
#include "tests/lib/prints.h"

static int put(struct gallery *g, unsigned person, struct finger_card *t)
{
	uint8_t id[GALLERY_PERSON_BYTES];

	prints_person(person, id);
	return gallery_put(g, id, t);
}

static int take_out(struct gallery *g, unsigned person)
{
	uint8_t id[GALLERY_PERSON_BYTES];

	prints_person(person, id);
	return gallery_remove(g, id);
}

static bool live(const struct gallery *g, unsigned person)
{
	uint8_t id[GALLERY_PERSON_BYTES];

	prints_person(person, id);
	return gallery_live(g, id);
}

static void counts_people_and_fingers(void **state)
{
	struct gallery *g;
	struct finger_card *a = prints_card(1, 0, 0.2F, 2);
	struct finger_card *b = prints_card(2, 0, 0.2F, 3);

	(void)state;
	assert_int_equal(gallery_new(&g), ERR_OK);
	assert_int_equal(put(g, 1, a), ERR_OK);
	assert_int_equal(put(g, 1, b), ERR_OK);
	assert_int_equal(put(g, 2, a), ERR_OK);
	assert_int_equal(put(g, 1, a), ERR_EXISTS);
	assert_int_equal(gallery_people(g), 2);
	assert_int_equal(gallery_fingers(g), 3);
	assert_int_equal(take_out(g, 1), ERR_OK);
	assert_int_equal(take_out(g, 1), ERR_NOTFOUND);
	assert_int_equal(gallery_people(g), 1);
	assert_int_equal(gallery_fingers(g), 1);
	assert_false(live(g, 1));
	assert_true(live(g, 2));
	gallery_free(g);
	/* Only our own references are left. */
	assert_int_equal(finger_card_references(a), 1);
	assert_int_equal(finger_card_references(b), 1);
	finger_card_unref(a);
	finger_card_unref(b);
}

static void knows_an_equal_template_again(void **state)
{
	struct gallery *g;
	struct finger_card *a = prints_card(1, 0, 0.2F, 2);
	struct finger_card *same = prints_card(1, 0, 0.2F, 2);
	struct finger_card *other = prints_card(1, 0, 0.2F, 3);

	(void)state;
	assert_int_equal(gallery_new(&g), ERR_OK);
	assert_int_equal(put(g, 1, a), ERR_OK);
	assert_int_equal(put(g, 1, same), ERR_EXISTS);
	assert_int_equal(put(g, 1, other), ERR_OK);
	gallery_free(g);
	finger_card_unref(a);
	finger_card_unref(same);
	finger_card_unref(other);
}

static void takes_no_more_than_twenty_fingers(void **state)
{
	struct gallery *g;

	(void)state;
	assert_int_equal(gallery_new(&g), ERR_OK);
	for (unsigned i = 0; i <= GALLERY_FINGERS_MAX; i++) {
		struct finger_card *t = prints_card(i, 0, 0.2F, (uint8_t)(i % 11));

		assert_int_equal(put(g, 5, t), i < GALLERY_FINGERS_MAX ? ERR_OK : ERR_FULL);
		finger_card_unref(t);
	}
	assert_int_equal(gallery_fingers(g), GALLERY_FINGERS_MAX);
	gallery_free(g);
}

static void a_snapshot_never_changes(void **state)
{
	struct gallery *g;
	struct gallery_snapshot *before;
	struct gallery_snapshot *again;
	struct gallery_snapshot *after;
	struct finger_card *t = prints_card(1, 0, 0.2F, 1);

	(void)state;
	assert_int_equal(gallery_new(&g), ERR_OK);
	for (unsigned i = 0; i < 600; i++) {
		assert_int_equal(put(g, i, t), ERR_OK);
	}
	assert_int_equal(gallery_snapshot(g, &before), ERR_OK);
	assert_int_equal(gallery_snapshot(g, &again), ERR_OK);
	assert_ptr_equal(before, again);
	assert_int_equal(take_out(g, 3), ERR_OK);
	assert_int_equal(put(g, 700, t), ERR_OK);
	assert_int_equal(put(g, 701, t), ERR_OK);
	assert_int_equal(gallery_snapshot(g, &after), ERR_OK);
	assert_int_equal(gallery_snapshot_people(before), 600);
	assert_int_equal(gallery_snapshot_people(after), 601);
	for (unsigned i = 0; i < 600; i++) {
		uint8_t id[GALLERY_PERSON_BYTES];

		prints_person(i, id);
		assert_memory_equal(before->block[i / GALLERY_BLOCK]->person[i % GALLERY_BLOCK]->id,
				    id, GALLERY_PERSON_BYTES);
	}
	/* The block in the middle did not change and is shared. */
	assert_ptr_equal(before->block[1], after->block[1]);
	gallery_free(g);
	gallery_snapshot_unref(before);
	gallery_snapshot_unref(again);
	assert_int_equal(gallery_snapshot_people(after), 601);
	gallery_snapshot_unref(after);
	assert_int_equal(finger_card_references(t), 1);
	finger_card_unref(t);
}

/* Thousands of puts and removals against a plain list of who is there. */
static void finds_everybody_after_many_changes(void **state)
{
	enum { PEOPLE = 700, MOVES = 6000 };
	static bool there[PEOPLE];
	struct gallery *g;
	struct gallery_snapshot *s = NULL;
	struct finger_card *t = prints_card(1, 0, 0.2F, 1);
	uint32_t dice = 11;
	size_t people = 0;

	(void)state;
	memset(there, 0, sizeof(there));
	assert_int_equal(gallery_new(&g), ERR_OK);
	for (unsigned k = 0; k < MOVES; k++) {
		unsigned who;

		dice = dice * 1664525U + 1013904223U;
		who = (dice >> 16) % PEOPLE;
		if (there[who]) {
			assert_int_equal(take_out(g, who), ERR_OK);
			people--;
		} else {
			assert_int_equal(put(g, who, t), ERR_OK);
			people++;
		}
		there[who] = !there[who];
		if (k % 500 == 0) {
			gallery_snapshot_unref(s);
			assert_int_equal(gallery_snapshot(g, &s), ERR_OK);
		}
		assert_int_equal(gallery_people(g), people);
	}
	for (unsigned i = 0; i < PEOPLE; i++) {
		assert_int_equal(live(g, i), there[i]);
	}
	for (unsigned i = 0; i < PEOPLE; i++) {
		assert_int_equal(take_out(g, i), there[i] ? ERR_OK : ERR_NOTFOUND);
	}
	assert_int_equal(gallery_people(g), 0);
	assert_int_equal(gallery_fingers(g), 0);
	gallery_snapshot_unref(s);
	gallery_free(g);
	assert_int_equal(finger_card_references(t), 1);
	finger_card_unref(t);
}

/* Each block holds the codes of its own people's fingers, and no others. */
static void assert_codes(const struct gallery_snapshot *s)
{
	for (size_t i = 0; i < s->blocks; i++) {
		const struct gallery_block *b = s->block[i];
		unsigned fingers = 0;

		for (unsigned k = 0; k < b->count; k++) {
			for (unsigned f = 0; f < b->person[k]->count; f++, fingers++) {
				const struct finger_card *card = b->person[k]->finger[f];
				struct finger_template *t = NULL;
				struct finger_code code;
				unsigned found = 0;

				assert_int_equal(finger_card_open(card, &t), ERR_OK);
				code_make(t, &code);
				finger_template_unref(t);
				for (unsigned c = b->begin[finger_card_position(card)];
				     c < b->begin[finger_card_position(card) + 1]; c++) {
					found += b->owner[c] == k &&
						 memcmp(&b->code[c], &code, sizeof(code)) == 0;
				}
				assert_int_equal(found, 1);
			}
		}
		assert_int_equal(b->codes, fingers);
		assert_int_equal(b->begin[0], 0);
		assert_int_equal(b->begin[GALLERY_POSITIONS], fingers);
	}
}

static void codes_follow_their_people(void **state)
{
	enum { PEOPLE = 600, CARDS = 40 };
	struct gallery *g;
	struct gallery_snapshot *s = NULL;
	struct finger_card *card[CARDS];

	(void)state;
	for (unsigned i = 0; i < CARDS; i++) {
		card[i] = prints_card(i, 0, 0.2F, (uint8_t)(i % 11));
	}
	assert_int_equal(gallery_new(&g), ERR_OK);
	for (unsigned i = 0; i < PEOPLE; i++) {
		for (unsigned k = 0; k <= i % 3; k++) {
			assert_int_equal(put(g, i, card[(7 * i + k) % CARDS]), ERR_OK);
		}
	}
	for (unsigned round = 0; round < 6; round++) {
		assert_int_equal(gallery_snapshot(g, &s), ERR_OK);
		assert_codes(s);
		for (unsigned i = round; i < PEOPLE; i += 11) {
			assert_int_equal(take_out(g, i), ERR_OK);
		}
		assert_codes(s);
		gallery_snapshot_unref(s);
	}
	assert_int_equal(gallery_snapshot(g, &s), ERR_OK);
	assert_codes(s);
	gallery_snapshot_unref(s);
	gallery_free(g);
	for (unsigned i = 0; i < CARDS; i++) {
		assert_int_equal(finger_card_references(card[i]), 1);
		finger_card_unref(card[i]);
	}
}

static void gives_back_nothing_gracefully(void **state)
{
	(void)state;
	gallery_free(NULL);
	gallery_snapshot_unref(NULL);
	finger_card_unref(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_people_and_fingers),
		cmocka_unit_test(knows_an_equal_template_again),
		cmocka_unit_test(takes_no_more_than_twenty_fingers),
		cmocka_unit_test(a_snapshot_never_changes),
		cmocka_unit_test(finds_everybody_after_many_changes),
		cmocka_unit_test(codes_follow_their_people),
		cmocka_unit_test(gives_back_nothing_gracefully),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
