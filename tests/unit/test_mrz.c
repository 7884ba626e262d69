#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "record/mrz.h"

#define VECTORS "data/mrz/vectors.txt"

/* Made up for this test; its digits come from a separate program. */
static const char passport[] = "P<UTOVORZAN<<ELKE<MIRO<<<<<<<<<<<<<<<<<<<<<<\n"
			       "X123456785UTO7001017M3012316<<<<<<<<<<<<<<<0";

static int read_text(const char *text, struct mrz *m, struct fault *f)
{
	return mrz_read(bytes_of(text), m, f);
}

static struct mrz sample(enum mrz_format format)
{
	struct mrz m = { .format = format,
			 .issuer = "UTO",
			 .surname = "VAN DER QUELM",
			 .given = "ISKRA LO",
			 .number = "AB1234567",
			 .nationality = "D",
			 .birth = "740812",
			 .sex = 'F',
			 .expiry = "290415",
			 .optional = "Z9 1" };

	(void)snprintf(m.type, sizeof m.type, "%s",
		       format >= MRZ_MRVA  ? "V"
		       : format == MRZ_TD3 ? "P"
					   : "ID");
	return m;
}

static void check_digits_are_those_of_doc_9303(void **state)
{
	(void)state;
	/* The examples of part 3, 4.9. */
	assert_int_equal(mrz_check_digit("520727", 6), '3');
	assert_int_equal(mrz_check_digit("AB2134<<<", 9), '5');
}

static void reads_the_fields_of_a_passport(void **state)
{
	struct mrz m;
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(read_text(passport, &m, &f), ERR_OK);
	assert_int_equal(m.format, MRZ_TD3);
	assert_string_equal(m.surname, "VORZAN");
	assert_string_equal(m.given, "ELKE MIRO");
	assert_string_equal(m.number, "X12345678");
	assert_string_equal(m.birth, "700101");
	assert_int_equal(m.sex, 'M');
	assert_false(m.names_cut);
}

static void assert_same(const struct mrz *a, const struct mrz *b)
{
	assert_int_equal(a->format, b->format);
	assert_string_equal(a->type, b->type);
	assert_string_equal(a->issuer, b->issuer);
	assert_string_equal(a->surname, b->surname);
	assert_string_equal(a->given, b->given);
	assert_string_equal(a->number, b->number);
	assert_string_equal(a->nationality, b->nationality);
	assert_string_equal(a->birth, b->birth);
	assert_int_equal(a->sex, b->sex);
	assert_string_equal(a->expiry, b->expiry);
	assert_string_equal(a->optional, b->optional);
	assert_string_equal(a->optional2, b->optional2);
}

static void what_is_written_reads_back(void **state)
{
	char text[MRZ_TEXT];
	struct fault f;

	(void)state;
	for (int format = 0; format < MRZ_FORMATS; format++) {
		struct mrz m = sample((enum mrz_format)format);
		struct mrz back;

		assert_int_equal(mrz_write(&m, text), ERR_OK);
		assert_int_equal(read_text(text, &back, &f), ERR_OK);
		assert_same(&m, &back);
	}
}

static void long_numbers_of_cards_go_on_in_the_optional_data(void **state)
{
	struct mrz m = sample(MRZ_TD1);
	struct mrz back;
	char text[MRZ_TEXT];

	(void)state;
	(void)strcpy(m.number, "AB12345678901");
	(void)strcpy(m.optional2, "MORE");
	assert_int_equal(mrz_write(&m, text), ERR_OK);
	assert_int_equal(text[14], '<');
	assert_int_equal(read_text(text, &back, NULL), ERR_OK);
	assert_same(&m, &back);
	m.format = MRZ_TD3;
	assert_int_equal(mrz_write(&m, text), ERR_RANGE);
}

static void names_that_are_too_long_are_cut_and_say_so(void **state)
{
	struct mrz m = sample(MRZ_TD1);
	struct mrz back;
	char text[MRZ_TEXT];

	(void)state;
	(void)strcpy(m.surname, "PAPANDROPOULOUSKA QUELMARINO");
	(void)strcpy(m.given, "JONATHANA");
	assert_int_equal(mrz_write(&m, text), ERR_OK);
	assert_int_equal(read_text(text, &back, NULL), ERR_OK);
	assert_string_equal(back.surname, "PAPANDROPOULOUSKA QUELMARIN");
	assert_string_equal(back.given, "J");
	assert_true(back.names_cut);
	/* Cut between two names, the field would not look cut: a letter more goes in. */
	(void)strcpy(m.surname, "PAPANDROPOULOUSKALIS");
	(void)strcpy(m.given, "LENARTA JO");
	assert_int_equal(mrz_write(&m, text), ERR_OK);
	assert_int_equal(read_text(text, &back, NULL), ERR_OK);
	assert_string_equal(back.surname, "PAPANDROPOULOUSKALI");
	assert_string_equal(back.given, "LENARTA J");
	assert_true(back.names_cut);
}

/* Weights 7, 3, 1 catch every change of one character but those whose values differ by ten
 * (A for 0, K for A, ...): 7, 3 and 1 have no factor in common with ten. */
static void every_changed_character_under_a_digit_is_noticed(void **state)
{
	(void)state;
	for (int format = 0; format < MRZ_FORMATS; format++) {
		struct mrz m = sample((enum mrz_format)format);
		struct mrz back;
		char text[MRZ_TEXT];
		struct fault f;

		assert_int_equal(mrz_write(&m, text), ERR_OK);
		size_t number = format == MRZ_TD1 ? 5 : strcspn(text, "\n") + 1;

		for (size_t i = number; i < number + 10; i++) {
			char was = text[i];

			for (char c = '0'; c <= '9'; c++) {
				/* Letters A and B have the values 10 and 11. */
				if (c == was || (was == 'A' && c == '0') ||
				    (was == 'B' && c == '1')) {
					continue;
				}
				text[i] = c;
				assert_int_equal(read_text(text, &back, &f), ERR_CORRUPT);
				assert_int_equal(f.at, number + 9);
				assert_string_equal(f.what, "number check digit");
			}
			text[i] = was;
		}
	}
}

static void the_first_wrong_digit_is_named(void **state)
{
	static const struct {
		size_t at;
		const char *what;
	} digits[] = { { 54, "number check digit" },
		       { 64, "birth check digit" },
		       { 72, "expiry check digit" },
		       { 87, "optional check digit" },
		       { 88, "composite check digit" } };
	struct mrz m = sample(MRZ_TD3);
	struct mrz back;
	struct fault f;
	char text[MRZ_TEXT];

	(void)state;
	assert_int_equal(mrz_write(&m, text), ERR_OK);
	for (size_t i = sizeof digits / sizeof digits[0]; i-- > 0;) {
		char *c = &text[digits[i].at];

		*c = (char)('0' + (*c - '0' + 1) % 10); /* from the last to the first */
		assert_int_equal(read_text(text, &back, &f), ERR_CORRUPT);
		assert_int_equal(f.at, digits[i].at);
		assert_string_equal(f.what, digits[i].what);
	}
}

static void refuses_what_is_no_zone(void **state)
{
	struct mrz m = sample(MRZ_TD3);
	struct mrz back = { .number = "UNTOUCHED" };
	struct fault f;
	char text[MRZ_TEXT];

	(void)state;
	assert_int_equal(read_text("", &back, &f), ERR_SHORT);
	assert_int_equal(read_text("P<UTO", &back, &f), ERR_MALFORMED);
	assert_int_equal(mrz_write(&m, text), ERR_OK);
	text[60] = 'a';
	assert_int_equal(read_text(text, &back, &f), ERR_MALFORMED);
	assert_int_equal(f.at, 60);
	assert_int_equal(mrz_write(&m, text), ERR_OK);
	text[88] = '\0';
	assert_int_equal(read_text(text, &back, &f), ERR_SHORT);
	assert_int_equal(mrz_write(&m, text), ERR_OK);
	text[0] = 'Q';
	assert_int_equal(read_text(text, &back, &f), ERR_UNSUPPORTED);
	assert_int_equal(mrz_write(&m, text), ERR_OK);
	text[60] = '9'; /* month 98 */
	assert_int_equal(read_text(text, &back, &f), ERR_MALFORMED);
	assert_string_equal(f.what, "date of birth");
	assert_int_equal(mrz_write(&m, text), ERR_OK);
	text[8] = '7';
	assert_int_equal(read_text(text, &back, &f), ERR_MALFORMED);
	assert_string_equal(f.what, "names");
	assert_string_equal(back.number, "UNTOUCHED");
}

static void carriage_returns_and_a_last_line_end_are_fine(void **state)
{
	struct mrz m = sample(MRZ_TD1);
	struct mrz back;
	char text[MRZ_TEXT];
	char with[MRZ_TEXT + 8];

	(void)state;
	assert_int_equal(mrz_write(&m, text), ERR_OK);
	(void)snprintf(with, sizeof with, "%.30s\r\n%.30s\r\n%.30s\r\n", text, text + 31,
		       text + 62);
	assert_int_equal(read_text(with, &back, NULL), ERR_OK);
	assert_same(&m, &back);
	with[31] = 'X';
	assert_int_equal(read_text(with, &back, NULL), ERR_MALFORMED);
}

static void names_are_spelt_as_doc_9303_says(void **state)
{
	struct mrz m = sample(MRZ_TD3);
	struct mrz back;
	char text[MRZ_TEXT];

	(void)state;
	(void)strcpy(m.surname, " O'QUEL -  MARN ");
	(void)strcpy(m.given, "");
	assert_int_equal(mrz_write(&m, text), ERR_OK);
	assert_int_equal(read_text(text, &back, NULL), ERR_OK);
	assert_string_equal(back.surname, "OQUEL MARN");
	assert_string_equal(back.given, "");
}

static void unwritable_fields_are_refused(void **state)
{
	char text[MRZ_TEXT];
	struct mrz m;

	(void)state;
	m = sample(MRZ_TD3);
	(void)strcpy(m.surname, "lower");
	assert_int_equal(mrz_write(&m, text), ERR_RANGE);
	m = sample(MRZ_TD3);
	(void)strcpy(m.birth, "740230");
	assert_int_equal(mrz_write(&m, text), ERR_RANGE);
	m = sample(MRZ_TD3);
	m.number[0] = '\0';
	assert_int_equal(mrz_write(&m, text), ERR_RANGE);
	m = sample(MRZ_TD2);
	(void)strcpy(m.optional, "TOO LONG IT IS");
	assert_int_equal(mrz_write(&m, text), ERR_RANGE);
}

static void dates_get_their_century_and_keep_their_gaps(void **state)
{
	char out[MRZ_DAY];

	(void)state;
	assert_int_equal(mrz_date("740812", 2026, out), ERR_OK);
	assert_string_equal(out, "1974-08-12");
	assert_int_equal(mrz_date("260812", 2026, out), ERR_OK);
	assert_string_equal(out, "2026-08-12");
	assert_int_equal(mrz_date("27<<<<", 2026, out), ERR_OK);
	assert_string_equal(out, "1927");
	assert_int_equal(mrz_date("1205<<", 2076, out), ERR_OK);
	assert_string_equal(out, "2012-05");
	assert_int_equal(mrz_date("<<<<<<", 2026, out), ERR_OK);
	assert_string_equal(out, "");
	assert_int_equal(mrz_date("12A5<<", 2026, out), ERR_MALFORMED);
}

/* Lines of the file: "TD3 [44, 44] PASS" and then the lines of the zone. */
static void reads_the_specimens_of_doc_9303(void **state)
{
	char path[512];
	char line[128];
	unsigned read = 0;
	const char *dir = getenv("srcdir");

	(void)state;
	(void)snprintf(path, sizeof path, "%s/../shared/%s", dir != NULL ? dir : ".", VECTORS);
	FILE *f = fopen(path, "r");

	if (f == NULL) {
		print_message("the specimens (../shared/%s) are not here\n", VECTORS);
		skip();
	}
	while (fgets(line, sizeof line, f) != NULL) {
		char zone[256] = "";
		unsigned lines = strncmp(line, "TD1", 3) == 0 ? 3 : 2;
		bool pass = strstr(line, "PASS") != NULL;
		struct mrz m;
		struct mrz back;
		struct fault fault = { 0 };

		for (unsigned i = 0; i < lines; i++) {
			size_t at = strlen(zone);

			assert_non_null(fgets(zone + at, (int)(sizeof zone - at), f));
		}
		assert_int_equal(read_text(zone, &m, &fault) == ERR_OK, pass);
		assert_string_equal(m.surname, "ERIKSSON");
		assert_string_equal(m.given, "ANNA MARIA");
		assert_int_equal(mrz_write(&m, line), ERR_OK);
		assert_int_equal(read_text(line, &back, NULL), ERR_OK);
		assert_same(&m, &back);
		read++;
	}
	(void)fclose(f);
	assert_int_equal(read, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_digits_are_those_of_doc_9303),
		cmocka_unit_test(reads_the_fields_of_a_passport),
		cmocka_unit_test(what_is_written_reads_back),
		cmocka_unit_test(long_numbers_of_cards_go_on_in_the_optional_data),
		cmocka_unit_test(names_that_are_too_long_are_cut_and_say_so),
		cmocka_unit_test(every_changed_character_under_a_digit_is_noticed),
		cmocka_unit_test(the_first_wrong_digit_is_named),
		cmocka_unit_test(refuses_what_is_no_zone),
		cmocka_unit_test(carriage_returns_and_a_last_line_end_are_fine),
		cmocka_unit_test(names_are_spelt_as_doc_9303_says),
		cmocka_unit_test(unwritable_fields_are_refused),
		cmocka_unit_test(dates_get_their_century_and_keep_their_gaps),
		cmocka_unit_test(reads_the_specimens_of_doc_9303),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
