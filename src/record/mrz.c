#include "record/mrz.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "record/mrz_layout.h"

/* The second line begins alike in all formats of two lines. */
#define SECOND_LINE                                                                                \
	[MRZ_F_TYPE] = { 0, 0, 2 }, [MRZ_F_ISSUER] = { 0, 2, 3 }, [MRZ_F_NUMBER] = { 1, 0, 9 },    \
	[MRZ_F_NUMBER_CHECK] = { 1, 9, 1 }, [MRZ_F_NATIONALITY] = { 1, 10, 3 },                    \
	[MRZ_F_BIRTH] = { 1, 13, 6 }, [MRZ_F_BIRTH_CHECK] = { 1, 19, 1 },                          \
	[MRZ_F_SEX] = { 1, 20, 1 }, [MRZ_F_EXPIRY] = { 1, 21, 6 },                                 \
	[MRZ_F_EXPIRY_CHECK] = { 1, 27, 1 }

const struct mrz_layout mrz_layouts[MRZ_FORMATS] = {
	[MRZ_TD1] = { 3,
		      30,
		      { [MRZ_F_TYPE] = { 0, 0, 2 },
			[MRZ_F_ISSUER] = { 0, 2, 3 },
			[MRZ_F_NUMBER] = { 0, 5, 9 },
			[MRZ_F_NUMBER_CHECK] = { 0, 14, 1 },
			[MRZ_F_OPTIONAL] = { 0, 15, 15 },
			[MRZ_F_BIRTH] = { 1, 0, 6 },
			[MRZ_F_BIRTH_CHECK] = { 1, 6, 1 },
			[MRZ_F_SEX] = { 1, 7, 1 },
			[MRZ_F_EXPIRY] = { 1, 8, 6 },
			[MRZ_F_EXPIRY_CHECK] = { 1, 14, 1 },
			[MRZ_F_NATIONALITY] = { 1, 15, 3 },
			[MRZ_F_OPTIONAL2] = { 1, 18, 11 },
			[MRZ_F_COMPOSITE] = { 1, 29, 1 },
			[MRZ_F_NAMES] = { 2, 0, 30 } },
		      { { 0, 5, 25 }, { 1, 0, 7 }, { 1, 8, 7 }, { 1, 18, 11 } } },
	[MRZ_TD2] = { 2,
		      36,
		      { SECOND_LINE, [MRZ_F_NAMES] = { 0, 5, 31 }, [MRZ_F_OPTIONAL] = { 1, 28, 7 },
			[MRZ_F_COMPOSITE] = { 1, 35, 1 } },
		      { { 1, 0, 10 }, { 1, 13, 7 }, { 1, 21, 14 } } },
	[MRZ_TD3] = { 2,
		      44,
		      { SECOND_LINE, [MRZ_F_NAMES] = { 0, 5, 39 }, [MRZ_F_OPTIONAL] = { 1, 28, 14 },
			[MRZ_F_OPTIONAL_CHECK] = { 1, 42, 1 }, [MRZ_F_COMPOSITE] = { 1, 43, 1 } },
		      { { 1, 0, 10 }, { 1, 13, 7 }, { 1, 21, 22 } } },
	[MRZ_MRVA] = { 2,
		       44,
		       { SECOND_LINE, [MRZ_F_NAMES] = { 0, 5, 39 },
			 [MRZ_F_OPTIONAL] = { 1, 28, 16 } },
		       { { 0, 0, 0 } } },
	[MRZ_MRVB] = { 2,
		       36,
		       { SECOND_LINE, [MRZ_F_NAMES] = { 0, 5, 31 },
			 [MRZ_F_OPTIONAL] = { 1, 28, 8 } },
		       { { 0, 0, 0 } } },
};

static unsigned weigh(unsigned sum, size_t *at, const char *text, size_t len)
{
	static const unsigned weight[3] = { 7, 3, 1 };

	for (size_t i = 0; i < len; i++) {
		unsigned v = 0;

		assert(mrz_is_letter(text[i]) || mrz_is_digit(text[i]) || text[i] == '<');
		if (mrz_is_digit(text[i])) {
			v = (unsigned)(text[i] - '0');
		} else if (mrz_is_letter(text[i])) {
			v = (unsigned)(text[i] - 'A') + 10;
		}
		sum += v * weight[(*at)++ % 3];
	}
	return sum;
}

char mrz_check_digit(const char *text, size_t len)
{
	size_t at = 0;

	return (char)('0' + weigh(0, &at, text, len) % 10);
}

char mrz_composite(const struct mrz_layout *l, const char *const line[MRZ_LINES_MAX])
{
	unsigned sum = 0;
	size_t at = 0;

	for (int i = 0; i < 4; i++) {
		const struct mrz_span *s = &l->composite[i];

		if (s->len > 0) {
			sum = weigh(sum, &at, line[s->line] + s->at, s->len);
		}
	}
	return (char)('0' + sum % 10);
}

int mrz_read(struct bytes text, struct mrz *out, struct fault *fault)
{
	return mrz_reader_read(text, out, fault);
}

/* The lines while they are written; failed as soon as one field did not fit. */
struct writer {
	const struct mrz_layout *layout;
	char line[MRZ_LINES_MAX][MRZ_LINE_MAX];
	bool failed;
};

static char *place(struct writer *w, enum mrz_field f)
{
	const struct mrz_span *s = &w->layout->field[f];

	return &w->line[s->line][s->at];
}

static void put(struct writer *w, enum mrz_field f, const char *text, size_t from)
{
	size_t room = w->layout->field[f].len;
	char *out = place(w, f);

	for (; *text != '\0'; text++) {
		bool fits = from < room && (mrz_is_letter(*text) || mrz_is_digit(*text) ||
					    *text == '<' || *text == ' ');

		if (!fits) {
			w->failed = true;
			return;
		}
		out[from] = *text;
		if (*text == ' ') {
			out[from] = '<';
		}
		from++;
	}
}

static void put_digit(struct writer *w, enum mrz_field digit, enum mrz_field f)
{
	if (!w->failed && w->layout->field[digit].len > 0) {
		*place(w, digit) = mrz_check_digit(place(w, f), w->layout->field[f].len);
	}
}

/* Part 3, 4.6: hyphens and spaces become one filler, apostrophes go. */
static size_t spell(struct writer *w, const char *name, char out[MRZ_NAMES])
{
	size_t n = 0;

	for (; *name != '\0' && n < MRZ_NAMES - 1; name++) {
		bool gap = *name == ' ' || *name == '-';

		w->failed |= !mrz_is_letter(*name) && !gap && *name != '\'';
		if (mrz_is_letter(*name)) {
			out[n++] = *name;
		} else if (gap && n > 0 && out[n - 1] != '<') {
			out[n++] = '<';
		}
	}
	w->failed |= *name != '\0';
	n -= n > 0 && out[n - 1] == '<';
	out[n] = '\0';
	return n;
}

/* Too long: the given names are cut first, but never altogether.  Part 3, 4.6.3: a letter
 * in the last place says that something is missing, so a cut never ends at a filler. */
static void put_names(struct writer *w, const struct mrz *m)
{
	char surname[MRZ_NAMES];
	char given[MRZ_NAMES];
	size_t room = w->layout->field[MRZ_F_NAMES].len;
	size_t first = spell(w, m->surname, surname);
	size_t second = spell(w, m->given, given);
	char *out = place(w, MRZ_F_NAMES);

	assert(room > 3 && room < MRZ_NAMES);
	if (!mrz_is_letter(surname[0]) || (second > 0 && !mrz_is_letter(given[0]))) {
		w->failed = true;
		return;
	}
	size_t keep = second > 0 ? room - 3 : room;

	if (first > keep) {
		first = keep;
		if (second == 0 && surname[keep - 1] == '<') {
			surname[keep - 1] = surname[keep];
		}
	}
	if (second > 0 && second > room - first - 2) {
		second = room - first - 2;
		if (given[second - 1] == '<' && first > 1) {
			first--;
			second++;
		}
	}
	memcpy(out, surname, first);
	if (second > 0) {
		memcpy(out + first + 2, given, second);
	}
}

/* A number of more than nine goes on in the optional data: see number_goes_on(). */
static void put_number(struct writer *w, const struct mrz *m)
{
	char first[10];
	char rest[MRZ_NUMBER];
	size_t len = strlen(m->number);
	bool may_go_on = m->format == MRZ_TD1 || m->format == MRZ_TD2;

	if (len <= 9) {
		put(w, MRZ_F_NUMBER, m->number, 0);
		put(w, MRZ_F_OPTIONAL, m->optional, 0);
		put_digit(w, MRZ_F_NUMBER_CHECK, MRZ_F_NUMBER);
		w->failed |= len == 0 || m->number[0] == '<' || m->number[0] == ' ';
		return;
	}
	for (size_t i = 0; i < len; i++) {
		may_go_on &= mrz_is_letter(m->number[i]) || mrz_is_digit(m->number[i]);
	}
	if (!may_go_on) {
		w->failed = true;
		return;
	}
	memcpy(first, m->number, 9);
	first[9] = '\0';
	put(w, MRZ_F_NUMBER, first, 0);
	int n = snprintf(rest, sizeof rest, "%s%c", m->number + 9, mrz_check_digit(m->number, len));

	assert(n > 0 && (size_t)n < sizeof rest);
	put(w, MRZ_F_OPTIONAL, rest, 0);
	if (m->optional[0] != '\0') {
		put(w, MRZ_F_OPTIONAL, m->optional, (size_t)n + 1);
	}
}

static void put_fields(struct writer *w, const struct mrz *m)
{
	const char sex[2] = { m->sex, '\0' };

	put(w, MRZ_F_TYPE, m->type, 0);
	put(w, MRZ_F_ISSUER, m->issuer, 0);
	put(w, MRZ_F_NATIONALITY, m->nationality, 0);
	put(w, MRZ_F_BIRTH, m->birth, 0);
	put(w, MRZ_F_EXPIRY, m->expiry, 0);
	if (m->sex != 'X') {
		put(w, MRZ_F_SEX, sex, 0);
	}
	put_names(w, m);
	put_number(w, m);
	put(w, MRZ_F_OPTIONAL2, m->optional2, 0);
	put_digit(w, MRZ_F_BIRTH_CHECK, MRZ_F_BIRTH);
	put_digit(w, MRZ_F_EXPIRY_CHECK, MRZ_F_EXPIRY);
	put_digit(w, MRZ_F_OPTIONAL_CHECK, MRZ_F_OPTIONAL);
}

int mrz_write(const struct mrz *m, char out[MRZ_TEXT])
{
	struct writer w = { 0 };
	char text[MRZ_TEXT];
	struct mrz again;
	size_t at = 0;

	if (m->format < 0 || m->format >= MRZ_FORMATS) {
		return ERR_RANGE;
	}
	w.layout = &mrz_layouts[m->format];
	memset(w.line, '<', sizeof w.line);
	put_fields(&w, m);
	if (w.failed) {
		return ERR_RANGE;
	}
	if (w.layout->field[MRZ_F_COMPOSITE].len > 0) {
		const char *const line[MRZ_LINES_MAX] = { w.line[0], w.line[1], w.line[2] };

		*place(&w, MRZ_F_COMPOSITE) = mrz_composite(w.layout, line);
	}
	for (unsigned i = 0; i < w.layout->lines; i++) {
		memcpy(text + at, w.line[i], w.layout->width);
		at += w.layout->width;
		text[at++] = '\n';
	}
	text[--at] = '\0';
	/* What we would refuse ourselves (a wrong date, a state of digits) we do not write. */
	if (mrz_reader_read((struct bytes){ (const uint8_t *)text, at }, &again, NULL) != ERR_OK) {
		return ERR_RANGE;
	}
	memcpy(out, text, at + 1);
	return ERR_OK;
}

static void two_digits(char *out, unsigned n)
{
	out[0] = (char)('0' + n / 10 % 10);
	out[1] = (char)('0' + n % 10);
}

int mrz_date(const char date[MRZ_DATE], unsigned latest_year, char out[MRZ_DAY])
{
	unsigned part[3] = { 0 };

	for (unsigned i = 0; i < 3; i++) {
		const char *p = date + (size_t)2 * i;

		if (mrz_is_digit(p[0]) && mrz_is_digit(p[1])) {
			part[i] = (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
		} else if (p[0] != '<' || p[1] != '<') {
			return ERR_MALFORMED;
		}
	}
	if (date[0] == '<') {
		out[0] = '\0';
		return ERR_OK;
	}
	if (part[1] > 12 || part[2] > 31 || latest_year < 1900 || latest_year > 9999) {
		return ERR_MALFORMED;
	}
	unsigned year = latest_year - latest_year % 100 + part[0];

	if (year > latest_year) {
		year -= 100;
	}
	two_digits(out, year / 100);
	two_digits(out + 2, year % 100);
	char *end = out + 4;

	for (unsigned i = 1; i < 3 && part[i] != 0; i++) {
		*end = '-';
		two_digits(end + 1, part[i]);
		end += 3;
	}
	*end = '\0';
	return ERR_OK;
}
