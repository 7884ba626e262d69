/* Searches: the mate leads, parts do not matter, thresholds rise with the gallery. */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "match/search.h"
#include "tests/lib/prints.h"

#define PEOPLE 600U

static struct gallery *gallery;
static struct gallery_snapshot *snapshot;

static int fill(void **state)
{
	(void)state;
	assert_int_equal(gallery_new(&gallery), ERR_OK);
	for (unsigned i = 0; i < PEOPLE; i++) {
		uint8_t id[GALLERY_PERSON_BYTES];

		prints_person(i, id);
		for (uint8_t k = 0; k < 2; k++) {
			struct finger_card *card =
			    prints_card(10 * i + k, 0, 0.2f, (uint8_t)(2 + k));

			assert_int_equal(gallery_put(gallery, id, card), ERR_OK);
			finger_card_unref(card);
		}
	}
	assert_int_equal(gallery_snapshot(gallery, &snapshot), ERR_OK);
	return 0;
}

static int empty(void **state)
{
	(void)state;
	gallery_snapshot_unref(snapshot);
	gallery_free(gallery);
	return 0;
}

static void search_in(const struct gallery_snapshot *where, struct finger_template *const *probe,
		      size_t n, unsigned parts, bool backwards, struct search_result *out)
{
	struct search_result one;

	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < parts; i++) {
		unsigned part = backwards ? parts - 1 - i : i;

		assert_int_equal(search_part(where, probe, n, NULL, part, parts, &one), ERR_OK);
		search_merge(out, &one);
	}
}

static void in_parts(struct finger_template *const *probe, size_t n, unsigned parts, bool backwards,
		     struct search_result *out)
{
	search_in(snapshot, probe, n, parts, backwards, out);
}

static void assert_same(const struct search_result *a, const struct search_result *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->people, b->people);
	assert_int_equal(a->looked, b->looked);
	assert_int_equal(a->compared, b->compared);
	for (size_t i = 0; i < a->count; i++) {
		assert_memory_equal(a->candidate[i].person, b->candidate[i].person,
				    GALLERY_PERSON_BYTES);
		assert_int_equal(a->candidate[i].score, b->candidate[i].score);
		assert_int_equal(a->candidate[i].fingers, b->candidate[i].fingers);
	}
}

static void the_answer_does_not_depend_on_the_parts(void **state)
{
	(void)state;
	for (unsigned who = 5; who < PEOPLE; who += 150) {
		struct finger_template *probe[2] = { prints_template(10 * who, 1, 0.4f, 2),
						     prints_template(10 * who + 1, 1, 0.4f, 3) };
		struct search_result whole, parted;

		in_parts(probe, 2, 1, false, &whole);
		assert_int_equal(whole.people, PEOPLE);
		for (unsigned parts = 2; parts <= 5; parts++) {
			in_parts(probe, 2, parts, parts % 2 == 1, &parted);
			assert_same(&whole, &parted);
		}
		finger_template_unref(probe[0]);
		finger_template_unref(probe[1]);
	}
}

static void the_mate_leads_the_list(void **state)
{
	(void)state;
	for (unsigned who = 7; who < PEOPLE; who += 60) {
		struct finger_template *probe[2] = { prints_template(10 * who, 1, 0.4f, 2),
						     prints_template(10 * who + 1, 1, 0.4f, 3) };
		uint8_t id[GALLERY_PERSON_BYTES];
		struct search_result r;

		prints_person(who, id);
		in_parts(probe, 2, 1, false, &r);
		assert_in_range(r.count, 1, SEARCH_CANDIDATES_MAX);
		assert_memory_equal(r.candidate[0].person, id, GALLERY_PERSON_BYTES);
		assert_int_equal(r.candidate[0].fingers, 2);
		/* The score is that of the fingers, compared in full. */
		for (size_t i = 1; i < r.count; i++) {
			assert_true(r.candidate[i].score <= r.candidate[i - 1].score);
		}
		/* A few percent of the people are compared in full, no more. */
		assert_in_range(r.compared, 2, 2 * PEOPLE / 5);
		finger_template_unref(probe[0]);
		finger_template_unref(probe[1]);
	}
}

/* Whoever is listed has the score that a comparison of the fingers gives. */
static void scores_are_those_of_the_comparison(void **state)
{
	struct finger_template *probe[2] = { prints_template(70, 1, 0.4f, 2),
					     prints_template(71, 1, 0.4f, 3) };
	struct search_result r;

	(void)state;
	in_parts(probe, 2, 1, false, &r);
	assert_int_equal(r.looked, 2 * PEOPLE);
	for (size_t i = 0; i < r.count; i++) {
		unsigned who = r.candidate[i].person[0] + 256U * r.candidate[i].person[7];
		struct finger_template *a = prints_template(10 * who, 0, 0.2f, 2);
		struct finger_template *b = prints_template(10 * who + 1, 0, 0.2f, 3);

		assert_int_equal(r.candidate[i].score,
				 finger_compare(probe[0], a) + finger_compare(probe[1], b));
		finger_template_unref(a);
		finger_template_unref(b);
	}
	finger_template_unref(probe[0]);
	finger_template_unref(probe[1]);
}

/* More than ten cells of more than one block, and equal fingers: ties everywhere. */
static void large_galleries_do_not_depend_on_the_parts(void **state)
{
	enum { FINGERS = 100, MANY = 23 * 256 - 100 };
	struct finger_card *card[FINGERS];
	struct gallery *g = NULL;
	struct gallery_snapshot *s = NULL;
	struct finger_template *probe = prints_template(50, 1, 0.4f, 0);
	struct search_result whole, parted;
	uint8_t id[GALLERY_PERSON_BYTES];

	(void)state;
	assert_int_equal(gallery_new(&g), ERR_OK);
	for (unsigned i = 0; i < FINGERS; i++) {
		card[i] = prints_card(i, 0, 0.2f, (uint8_t)(i % 2));
	}
	for (unsigned i = 0; i < MANY; i++) {
		prints_person(i, id);
		assert_int_equal(gallery_put(g, id, card[i % FINGERS]), ERR_OK);
	}
	assert_int_equal(gallery_snapshot(g, &s), ERR_OK);
	search_in(s, &probe, 1, 1, false, &whole);
	assert_int_equal(whole.people, MANY);
	assert_int_equal(whole.looked, MANY);
	/* Ten cells of more than two blocks, twenty of each. */
	assert_int_equal(whole.compared, 10 * 20);
	assert_int_equal(whole.count, SEARCH_CANDIDATES_MAX);
	for (unsigned i = 0; i < whole.count; i++) {
		unsigned who = whole.candidate[i].person[0] + 256U * whole.candidate[i].person[7];

		assert_int_equal(who % FINGERS, 50);
	}
	for (unsigned parts = 2; parts <= 20; parts += 3) {
		search_in(s, &probe, 1, parts, parts % 2 == 0, &parted);
		assert_same(&whole, &parted);
	}
	/* Removed and not found again, though the snapshot before still shows it. */
	memcpy(id, whole.candidate[0].person, sizeof(id));
	assert_int_equal(gallery_remove(g, id), ERR_OK);
	assert_false(gallery_live(g, id));
	search_in(s, &probe, 1, 2, false, &parted);
	assert_same(&whole, &parted);
	gallery_snapshot_unref(s);
	assert_int_equal(gallery_snapshot(g, &s), ERR_OK);
	search_in(s, &probe, 1, 2, false, &parted);
	assert_int_equal(parted.people, MANY - 1);
	for (unsigned i = 0; i < parted.count; i++) {
		assert_memory_not_equal(parted.candidate[i].person, id, sizeof(id));
	}
	gallery_snapshot_unref(s);
	gallery_free(g);
	for (unsigned i = 0; i < FINGERS; i++) {
		finger_card_unref(card[i]);
	}
	finger_template_unref(probe);
}

static void other_positions_are_not_compared(void **state)
{
	struct finger_template *right = prints_template(70, 1, 0.1f, 2);
	struct finger_template *wrong = prints_template(70, 1, 0.1f, 9);
	struct finger_template *unknown = prints_template(70, 1, 0.1f, 0);
	uint8_t id[GALLERY_PERSON_BYTES];
	struct search_result r;

	(void)state;
	prints_person(7, id);
	in_parts(&right, 1, 1, false, &r);
	assert_memory_equal(r.candidate[0].person, id, GALLERY_PERSON_BYTES);
	in_parts(&unknown, 1, 1, false, &r);
	assert_memory_equal(r.candidate[0].person, id, GALLERY_PERSON_BYTES);
	in_parts(&wrong, 1, 1, false, &r);
	assert_int_equal(r.count, 0);
	assert_int_equal(r.compared, 0);
	finger_template_unref(right);
	finger_template_unref(wrong);
	finger_template_unref(unknown);
}

static void refuses_parts_and_probes_out_of_range(void **state)
{
	struct finger_template *t = prints_template(1, 1, 0.1f, 0);
	struct finger_template *many[SEARCH_PROBES_MAX + 1];
	struct search_result r;

	(void)state;
	for (unsigned i = 0; i <= SEARCH_PROBES_MAX; i++) {
		many[i] = t;
	}
	assert_int_equal(search_part(snapshot, many, 0, NULL, 0, 1, &r), ERR_RANGE);
	assert_int_equal(search_part(snapshot, many, SEARCH_PROBES_MAX + 1, NULL, 0, 1, &r),
			 ERR_RANGE);
	assert_int_equal(search_part(snapshot, many, 1, NULL, 1, 1, &r), ERR_RANGE);
	assert_int_equal(search_part(snapshot, many, 1, NULL, 0, 0, &r), ERR_RANGE);
	finger_template_unref(t);
}

static void the_threshold_rises_with_people_and_caution(void **state)
{
	int before = search_threshold(1, 1, 0.01);

	(void)state;
	for (uint64_t people = 2; people < 1000000000; people *= 3) {
		int t = search_threshold(people, 1, 0.01);

		assert_true(t >= before);
		assert_true(search_threshold(people, 1, 0.001) > t);
		assert_true(search_threshold(people, 1, 0.1) <= t);
		before = t;
	}
	assert_true(search_threshold(0, 1, 0.0) > 0);
	assert_int_equal(search_threshold(0, 1, 1.0), 0);
	assert_in_range(search_threshold(10000, 1, 0.01), 432, 434);
	assert_true(search_threshold(1000000, 2, 0.01) > search_threshold(1000, 2, 0.01));
}

static void fewer_fingers_have_to_say_more(void **state)
{
	struct search_candidate c = { .fingers = 2 };

	(void)state;
	c.score = search_threshold(PEOPLE, 2, 0.01);
	assert_true(search_reaches(&c, PEOPLE, 0.01));
	assert_false(search_reaches(&c, PEOPLE, 0.001));
	c.score--;
	assert_false(search_reaches(&c, PEOPLE, 0.01));
	c.score++;
	c.fingers = 1;
	assert_false(search_reaches(&c, PEOPLE, 0.01));
	c.fingers = 0;
	c.score = 2000;
	assert_false(search_reaches(&c, PEOPLE, 0.01));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_answer_does_not_depend_on_the_parts),
		cmocka_unit_test(the_mate_leads_the_list),
		cmocka_unit_test(scores_are_those_of_the_comparison),
		cmocka_unit_test(large_galleries_do_not_depend_on_the_parts),
		cmocka_unit_test(other_positions_are_not_compared),
		cmocka_unit_test(refuses_parts_and_probes_out_of_range),
		cmocka_unit_test(the_threshold_rises_with_people_and_caution),
		cmocka_unit_test(fewer_fingers_have_to_say_more),
	};

	return cmocka_run_group_tests(tests, fill, empty);
}
