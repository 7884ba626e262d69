#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "record/mrz.h"
#include "synth/person.h"

#define PEOPLE 5000U

static void papers_read_back_as_the_person(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < PEOPLE; i++) {
		struct synth_person p;
		struct mrz m;
		struct fault f = { 0 };
		char day[MRZ_DAY];

		synth_person(9, i, false, &p);
		const struct synth_document *papers[2] = { &p.passport, &p.card };

		for (int k = 0; k < 2; k++) {
			assert_int_equal(mrz_read(bytes_of(papers[k]->mrz), &m, &f), ERR_OK);
			assert_int_equal(m.format, k == 0 ? MRZ_TD3 : MRZ_TD1);
			assert_string_equal(m.number, papers[k]->number);
			assert_string_equal(m.nationality, p.nationality);
			assert_int_equal(m.sex, p.sex);
			assert_int_equal(mrz_date(m.birth, SYNTH_YEAR, day), ERR_OK);
			assert_string_equal(day, p.birth);
			assert_int_equal(mrz_date(m.expiry, SYNTH_YEAR + 50, day), ERR_OK);
			assert_string_equal(day, papers[k]->expiry);
			/* Cards are short of room and may cut names. */
			assert_int_equal(strncmp(m.surname, p.surname, strlen(m.surname)), 0);
			assert_int_equal(strncmp(m.given, p.given, strlen(m.given)), 0);
			assert_true(m.names_cut || strcmp(m.given, p.given) == 0);
		}
	}
}

/* Ages, kinds and odd cases come about as often as the tests that use them need. */
static void people_are_mixed(void **state)
{
	unsigned women = 0;
	unsigned minors = 0;
	unsigned partial = 0;
	unsigned utopians = 0;
	unsigned expired = 0;

	(void)state;
	for (uint64_t i = 0; i < PEOPLE; i++) {
		struct synth_person p;

		synth_person(1, i, false, &p);
		women += p.sex == 'F';
		minors += atoi(p.birth) > SYNTH_YEAR - 18;
		partial += strlen(p.birth) < 10;
		utopians += strcmp(p.nationality, "UTO") == 0;
		expired += atoi(p.passport.expiry) < SYNTH_YEAR;
		assert_true(atoi(p.birth) >= SYNTH_YEAR - 100);
		assert_string_not_equal(p.surname, p.other_surname);
		assert_true(strlen(p.surname) >= 3 && strlen(p.given) >= 3);
	}
	assert_in_range(women, PEOPLE * 43 / 100, PEOPLE * 51 / 100);
	assert_in_range(minors, PEOPLE * 5 / 100, PEOPLE * 10 / 100);
	assert_in_range(partial, PEOPLE * 4 / 100, PEOPLE * 8 / 100);
	assert_in_range(utopians, PEOPLE * 50 / 100, PEOPLE * 60 / 100);
	assert_in_range(expired, PEOPLE * 6 / 100, PEOPLE * 10 / 100);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void document_numbers_hardly_ever_repeat(void **state)
{
	static char number[PEOPLE][10];
	unsigned same = 0;

	(void)state;
	for (uint64_t i = 0; i < PEOPLE; i++) {
		struct synth_person p;

		synth_person(2, i, false, &p);
		memcpy(number[i], p.passport.number, sizeof number[i]);
	}
	qsort(number, PEOPLE, sizeof number[0], by_text);
	for (unsigned i = 1; i < PEOPLE; i++) {
		same += strcmp(number[i], number[i - 1]) == 0;
	}
	assert_true(same <= 1);
}

static void the_same_seed_gives_the_same_person(void **state)
{
	struct synth_person a;
	struct synth_person b;

	(void)state;
	synth_person(3, 7, false, &a);
	synth_person(3, 7, false, &b);
	assert_memory_equal(&a, &b, sizeof a);
	synth_person(3, 8, false, &b);
	assert_string_not_equal(a.passport.number, b.passport.number);
	synth_person(4, 7, false, &b);
	assert_string_not_equal(a.passport.number, b.passport.number);
}

static void canaries_sing_in_names_numbers_and_zones(void **state)
{
	char before[SYNTH_NAME] = "";

	(void)state;
	for (uint64_t i = 0; i < 200; i++) {
		struct synth_person p;

		synth_person(5, i, true, &p);
		assert_int_equal(strncmp(p.surname, "CANARY", 6), 0);
		assert_int_equal(strspn(p.surname + 6, "ABCDEF"), 8);
		assert_string_not_equal(p.surname, before);
		memcpy(before, p.surname, sizeof before);
		assert_int_equal(strncmp(p.other_surname, "CANARY", 6), 0);
		assert_int_equal(strncmp(p.passport.number, "CANARY", 6), 0);
		assert_int_equal(strncmp(p.card.number, "CANARY", 6), 0);
		assert_non_null(strstr(p.passport.mrz, p.surname));
		assert_non_null(strstr(p.card.mrz, p.card.number));
		synth_person(5, i, false, &p);
		assert_null(strstr(p.passport.mrz, "CANARY"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(papers_read_back_as_the_person),
		cmocka_unit_test(people_are_mixed),
		cmocka_unit_test(document_numbers_hardly_ever_repeat),
		cmocka_unit_test(the_same_seed_gives_the_same_person),
		cmocka_unit_test(canaries_sing_in_names_numbers_and_zones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
