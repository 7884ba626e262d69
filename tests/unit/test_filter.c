/* Filters: whoever is left out is not there, and whoever has expired is left out. */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "match/search.h"
#include "match/snapshot.h"
#include "tests/lib/prints.h"

#define FINGERS 90U
#define PEOPLE  2900U /* twelve blocks; prints that many share, so that all ties occur */
#define DAY     20000U

static struct finger_card *card[FINGERS];

static int cards(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FINGERS; i++) {
		card[i] = prints_card(i, 0, 0.2F, (uint8_t)(i % 4));
	}
	return 0;
}

static int no_cards(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FINGERS; i++) {
		if (finger_card_references(card[i]) != 1) {
			return 1;
		}
		finger_card_unref(card[i]);
	}
	return 0;
}

static struct gallery_label label_of(unsigned person)
{
	return (struct gallery_label){ .until = DAY + person % 3,
				       .group = (uint16_t)(person * 7 % GALLERY_GROUPS) };
}

static void put(struct gallery *g, unsigned person)
{
	uint8_t id[GALLERY_PERSON_BYTES];

	prints_person(person, id);
	assert_int_equal(gallery_put(g, id, card[person % FINGERS]), ERR_OK);
	if (person % 5 == 0) {
		assert_int_equal(gallery_put(g, id, card[(person + 1) % FINGERS]), ERR_OK);
	}
	assert_int_equal(gallery_set_label(g, id, label_of(person)), ERR_OK);
}

static void everybody(struct search_filter *f)
{
	f->today = 0;
	memset(f->group, 0xff, sizeof(f->group));
}

static void only_one_group_in(struct search_filter *f, unsigned n)
{
	memset(f->group, 0, sizeof(f->group));
	for (unsigned i = 0; i < GALLERY_GROUPS; i += n) {
		f->group[i / 8] |= (uint8_t)(1U << i % 8);
	}
}

static bool lets_through(const struct search_filter *f, unsigned person)
{
	struct gallery_label l = label_of(person);

	return l.until >= f->today && (f->group[l.group / 8] >> l.group % 8 & 1) != 0;
}

/* A gallery of those whom the filter lets through, in order; NULL: of all. */
static struct gallery_snapshot *snapshot_of(const struct search_filter *f)
{
	struct gallery_snapshot *s;
	struct gallery *g;

	assert_int_equal(gallery_new(&g), ERR_OK);
	for (unsigned i = 0; i < PEOPLE; i++) {
		if (f == NULL || lets_through(f, i)) {
			put(g, i);
		}
	}
	assert_int_equal(gallery_snapshot(g, &s), ERR_OK);
	gallery_free(g);
	return s;
}

static void search(const struct gallery_snapshot *s, const struct search_filter *f, unsigned parts,
		   uint8_t position, struct search_result *out)
{
	struct finger_template *probe[2] = { prints_template(50, 1, 0.3F, position),
					     prints_template(7, 1, 0.3F, 3) };
	struct search_result one;

	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < parts; i++) {
		assert_int_equal(search_part(s, probe, 2, f, i, parts, &one), ERR_OK);
		search_merge(out, &one);
	}
	finger_template_unref(probe[0]);
	finger_template_unref(probe[1]);
}

static void assert_same(const struct search_result *a, const struct search_result *b)
{
	assert_int_equal(a->people, b->people);
	assert_int_equal(a->looked, b->looked);
	assert_int_equal(a->compared, b->compared);
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert_memory_equal(a->candidate[i].person, b->candidate[i].person,
				    GALLERY_PERSON_BYTES);
		assert_int_equal(a->candidate[i].score, b->candidate[i].score);
		assert_int_equal(a->candidate[i].fingers, b->candidate[i].fingers);
	}
}

/* Not only do they not appear: who goes on, what is compared and every score is the same. */
static void the_answer_is_that_of_a_gallery_without_them(void **state)
{
	struct gallery_snapshot *all = snapshot_of(NULL);

	(void)state;
	for (unsigned n = 1; n <= 64; n *= 2) {
		for (uint32_t today = DAY; today <= DAY + 2; today++) {
			struct search_filter f = { .today = today };
			struct search_result filtered;
			struct search_result without;
			struct gallery_snapshot *some;

			only_one_group_in(&f, n);
			some = snapshot_of(&f);
			search(some, NULL, 1, 2, &without);
			for (unsigned parts = 1; parts <= 3; parts++) {
				search(all, &f, parts, 2, &filtered);
				assert_same(&filtered, &without);
			}
			assert_int_equal(filtered.people, gallery_snapshot_people(some));
			for (size_t i = 0; i < filtered.count; i++) {
				const uint8_t *id = filtered.candidate[i].person;

				assert_true(lets_through(&f, id[0] + 256U * id[7]));
			}
			gallery_snapshot_unref(some);
		}
	}
	gallery_snapshot_unref(all);
}

static void a_filter_for_everybody_changes_nothing(void **state)
{
	struct gallery_snapshot *all = snapshot_of(NULL);
	struct search_filter f;
	struct search_result a, b;

	(void)state;
	everybody(&f);
	search(all, &f, 2, 0, &a);
	search(all, NULL, 2, 0, &b);
	assert_same(&a, &b);
	assert_int_equal(a.people, PEOPLE);
	gallery_snapshot_unref(all);
}

static void nobody_let_through_is_nobody_found(void **state)
{
	struct gallery_snapshot *all = snapshot_of(NULL);
	struct search_filter f = { .today = DAY };
	struct search_result r;

	(void)state;
	search(all, &f, 2, 0, &r);
	assert_int_equal(r.count + r.people + r.looked + r.compared, 0);
	everybody(&f);
	f.today = DAY + 3;
	search(all, &f, 2, 0, &r);
	assert_int_equal(r.count + r.people + r.looked + r.compared, 0);
	gallery_snapshot_unref(all);
}

/* The clock moves, the snapshot stays. */
static void who_has_expired_is_not_found_in_an_old_snapshot(void **state)
{
	struct gallery_snapshot *all = snapshot_of(NULL);
	struct search_filter f;
	struct search_result r;
	size_t found = 0;

	(void)state;
	everybody(&f);
	for (f.today = DAY; f.today <= DAY + 2; f.today++) {
		search(all, &f, 1, 0, &r);
		assert_int_equal(r.count, SEARCH_CANDIDATES_MAX);
		for (size_t i = 0; i < r.count; i++) {
			const uint8_t *id = r.candidate[i].person;

			assert_true(label_of(id[0] + 256U * id[7]).until >= f.today);
			found++;
		}
	}
	assert_int_equal(found, 3 * SEARCH_CANDIDATES_MAX);
	gallery_snapshot_unref(all);
}

static void labels_follow_their_people(void **state)
{
	struct gallery *g;
	struct gallery_snapshot *s;
	uint8_t id[GALLERY_PERSON_BYTES];

	(void)state;
	assert_int_equal(gallery_new(&g), ERR_OK);
	for (unsigned i = 0; i < PEOPLE; i++) {
		put(g, i);
	}
	for (unsigned i = 0; i < PEOPLE; i += 3) {
		prints_person(i, id);
		assert_int_equal(gallery_remove(g, id), ERR_OK);
	}
	assert_int_equal(gallery_snapshot(g, &s), ERR_OK);
	for (size_t i = 0; i < s->blocks; i++) {
		for (unsigned k = 0; k < s->block[i]->count; k++) {
			const uint8_t *who = s->block[i]->person[k]->id;
			struct gallery_label l = label_of(who[0] + 256U * who[7]);

			assert_int_equal(s->block[i]->label[k].until, l.until);
			assert_int_equal(s->block[i]->label[k].group, l.group);
		}
	}
	gallery_snapshot_unref(s);
	gallery_free(g);
}

static void a_label_does_not_change_in_a_snapshot(void **state)
{
	struct gallery_label later = { .until = DAY + 9, .group = 5 };
	struct gallery_snapshot *before;
	struct gallery_snapshot *after;
	struct gallery *g;
	uint8_t id[GALLERY_PERSON_BYTES];

	(void)state;
	assert_int_equal(gallery_new(&g), ERR_OK);
	prints_person(1, id);
	assert_int_equal(gallery_set_label(g, id, later), ERR_NOTFOUND);
	assert_int_equal(gallery_put(g, id, card[0]), ERR_OK);
	assert_int_equal(gallery_snapshot(g, &before), ERR_OK);
	assert_int_equal(gallery_set_label(g, id, later), ERR_OK);
	later.group = GALLERY_GROUPS;
	assert_int_equal(gallery_set_label(g, id, later), ERR_RANGE);
	assert_int_equal(gallery_snapshot(g, &after), ERR_OK);
	assert_int_equal(before->block[0]->label[0].until, UINT32_MAX);
	assert_int_equal(before->block[0]->label[0].group, 0);
	assert_int_equal(after->block[0]->label[0].until, DAY + 9);
	assert_int_equal(after->block[0]->label[0].group, 5);
	gallery_snapshot_unref(before);
	gallery_snapshot_unref(after);
	gallery_free(g);
}

/* Fingers of that position and of none; a finger of none is looked at beside all. */
static void only_fingers_that_may_be_the_probes_are_looked_at(void **state)
{
	struct gallery_snapshot *all = snapshot_of(NULL);
	uint64_t fingers[5] = { 0 };
	struct search_result r;

	(void)state;
	for (unsigned i = 0; i < PEOPLE; i++) {
		fingers[finger_card_position(card[i % FINGERS])]++;
		if (i % 5 == 0) {
			fingers[finger_card_position(card[(i + 1) % FINGERS])]++;
		}
	}
	for (uint8_t p = 0; p < 5; p++) {
		uint64_t want = p == 0 ? fingers[0] + fingers[1] + fingers[2] + fingers[3]
				       : fingers[0] + fingers[p];

		search(all, NULL, 1, p, &r);
		assert_int_equal(r.looked, want + fingers[0] + fingers[3]);
	}
	gallery_snapshot_unref(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_answer_is_that_of_a_gallery_without_them),
		cmocka_unit_test(a_filter_for_everybody_changes_nothing),
		cmocka_unit_test(nobody_let_through_is_nobody_found),
		cmocka_unit_test(who_has_expired_is_not_found_in_an_old_snapshot),
		cmocka_unit_test(labels_follow_their_people),
		cmocka_unit_test(a_label_does_not_change_in_a_snapshot),
		cmocka_unit_test(only_fingers_that_may_be_the_probes_are_looked_at),
	};

	return cmocka_run_group_tests_name("filter", tests, cards, no_cards);
}
