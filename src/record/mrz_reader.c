#include <assert.h>
#include <string.h>

#include "record/mrz.h"
#include "record/mrz_layout.h"

#define NUMBER_MAX 24 /* nine characters and all of TD1's optional data */

static const char *const field_name[MRZ_F_FIELDS] = {
	"document code",
	"issuing state",
	"names",
	"document number",
	"nationality",
	"date of birth",
	"sex",
	"date of expiry",
	"optional data",
	"more optional data",
	"number check digit",
	"birth check digit",
	"expiry check digit",
	"optional check digit",
	"composite check digit",
};

/* The lines while they are read: where each begins in the input, for faults. */
struct reader {
	const struct mrz_layout *layout;
	const char *line[MRZ_LINES_MAX]; /* borrowed */
	size_t start[MRZ_LINES_MAX];
	struct fault *fault;
};

static bool is_in_set(char c)
{
	return mrz_is_letter(c) || mrz_is_digit(c) || c == '<';
}

static const char *chars(const struct reader *r, enum mrz_field f)
{
	const struct mrz_span *s = &r->layout->field[f];

	return r->line[s->line] + s->at;
}

static size_t length(const struct reader *r, enum mrz_field f)
{
	return r->layout->field[f].len;
}

static int fail(const struct reader *r, int code, enum mrz_field f, size_t offset)
{
	const struct mrz_span *s = &r->layout->field[f];

	return err_at(r->fault, code, r->start[s->line] + s->at + offset, field_name[f]);
}

/* How many characters stand before the trailing fillers. */
static size_t used(const char *text, size_t len)
{
	while (len > 0 && text[len - 1] == '<') {
		len--;
	}
	return len;
}

/* Cut the text into lines of one length, and find the format by it. */
static int split(struct bytes text, struct reader *r, enum mrz_format *format)
{
	const char *all = (const char *)text.data;
	size_t n = 0;
	size_t at = 0;
	size_t width = 0;

	if (text.len >= MRZ_TEXT + 4) {
		return err_at(r->fault, ERR_LIMIT, MRZ_TEXT, "zone");
	}
	while (at < text.len) {
		size_t end = at;

		if (n == MRZ_LINES_MAX) {
			return err_at(r->fault, ERR_MALFORMED, at, "lines");
		}
		while (end < text.len && all[end] != '\n' && all[end] != '\r') {
			if (!is_in_set(all[end])) {
				return err_at(r->fault, ERR_MALFORMED, end, "character");
			}
			end++;
		}
		if (n > 0 && end - at != width) {
			return err_at(r->fault, end - at < width ? ERR_SHORT : ERR_MALFORMED, end,
				      "line");
		}
		width = end - at;
		r->line[n] = all + at;
		r->start[n++] = at;
		at = end;
		if (at < text.len && all[at] == '\r') {
			at++;
			if (at == text.len || all[at] != '\n') {
				return err_at(r->fault, ERR_MALFORMED, at, "line end");
			}
		}
		at += at < text.len;
	}
	if (n == 0) {
		return err_at(r->fault, ERR_SHORT, 0, "lines");
	}
	bool visa = r->line[0][0] == 'V';

	for (int f = 0; f < MRZ_FORMATS; f++) {
		if (mrz_layouts[f].lines == n && mrz_layouts[f].width == width &&
		    (f == MRZ_TD1 || visa == (f >= MRZ_MRVA))) {
			*format = (enum mrz_format)f;
			r->layout = &mrz_layouts[f];
			return ERR_OK;
		}
	}
	return err_at(r->fault, ERR_MALFORMED, text.len, "lines");
}

static int check_code(const struct reader *r, enum mrz_format format)
{
	const char *code = chars(r, MRZ_F_TYPE);
	/* What may stand first: parts 4 to 7, "document code". */
	static const char *const first[MRZ_FORMATS] = { "IAC", "IAC", "P", "V", "V" };

	if (code[0] == '<' || strchr(first[format], code[0]) == NULL) {
		return fail(r, ERR_UNSUPPORTED, MRZ_F_TYPE, 0);
	}
	return mrz_is_digit(code[1]) ? fail(r, ERR_MALFORMED, MRZ_F_TYPE, 1) : ERR_OK;
}

/* Letters, then fillers. */
static int check_state(const struct reader *r, enum mrz_field f)
{
	const char *text = chars(r, f);
	size_t n = used(text, 3);

	for (size_t i = 0; i < 3; i++) {
		if ((i < n || i == 0) && !mrz_is_letter(text[i])) {
			return fail(r, ERR_MALFORMED, f, i);
		}
	}
	return ERR_OK;
}

static int check_names(const struct reader *r)
{
	const char *text = chars(r, MRZ_F_NAMES);

	if (!mrz_is_letter(text[0])) {
		return fail(r, ERR_MALFORMED, MRZ_F_NAMES, 0);
	}
	for (size_t i = 0; i < length(r, MRZ_F_NAMES); i++) {
		if (mrz_is_digit(text[i])) {
			return fail(r, ERR_MALFORMED, MRZ_F_NAMES, i);
		}
	}
	return ERR_OK;
}

/* Two digits as a number; 0 for "<<", which means unknown, as 00 does; -1: neither. */
static int part(const char *text)
{
	if (text[0] == '<' && text[1] == '<') {
		return 0;
	}
	return mrz_is_digit(text[0]) && mrz_is_digit(text[1])
		   ? (text[0] - '0') * 10 + (text[1] - '0')
		   : -1;
}

static int check_date(const struct reader *r, enum mrz_field f)
{
	static const unsigned char days[13] = {
		31, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};
	const char *text = chars(r, f);
	int year = part(text);
	int month = part(text + 2);
	int day = part(text + 4);

	if (year < 0) {
		return fail(r, ERR_MALFORMED, f, 0);
	}
	if (month < 0 || month > 12) {
		return fail(r, ERR_MALFORMED, f, 2);
	}
	if (day < 0 || day > days[month] || (month == 2 && day == 29 && year % 4 != 0)) {
		return fail(r, ERR_MALFORMED, f, 4);
	}
	return ERR_OK;
}

static int check_digit(const struct reader *r, enum mrz_field f, enum mrz_field digit)
{
	return mrz_check_digit(chars(r, f), length(r, f)) == chars(r, digit)[0]
		   ? ERR_OK
		   : fail(r, ERR_CORRUPT, digit, 0);
}

/* A number longer than nine: a filler instead of its check digit, the rest and the digit at
 * the start of the optional data, then a filler (part 5, 4.2.2 note j). */
static bool number_goes_on(const struct reader *r)
{
	return chars(r, MRZ_F_NUMBER_CHECK)[0] == '<' &&
	       r->layout->field[MRZ_F_COMPOSITE].len > 0 &&
	       r->layout->field[MRZ_F_OPTIONAL_CHECK].len == 0;
}

static size_t number_rest(const struct reader *r)
{
	const char *optional = chars(r, MRZ_F_OPTIONAL);
	size_t n = 0;

	while (n < length(r, MRZ_F_OPTIONAL) && optional[n] != '<') {
		n++;
	}
	return n;
}

static int check_number(const struct reader *r)
{
	char whole[NUMBER_MAX];
	const char *number = chars(r, MRZ_F_NUMBER);

	if (number[0] == '<') {
		return fail(r, ERR_MALFORMED, MRZ_F_NUMBER, 0);
	}
	if (!number_goes_on(r)) {
		return check_digit(r, MRZ_F_NUMBER, MRZ_F_NUMBER_CHECK);
	}
	size_t n = number_rest(r);

	if (n < 2 || used(number, 9) < 9) {
		return fail(r, ERR_CORRUPT, MRZ_F_NUMBER_CHECK, 0);
	}
	memcpy(whole, number, 9);
	memcpy(whole + 9, chars(r, MRZ_F_OPTIONAL), n);
	return mrz_check_digit(whole, 9 + n - 1) == whole[9 + n - 1]
		   ? ERR_OK
		   : fail(r, ERR_CORRUPT, MRZ_F_OPTIONAL, n - 1);
}

static int check_digits(const struct reader *r)
{
	int e = check_number(r);

	if (e == ERR_OK) {
		e = check_digit(r, MRZ_F_BIRTH, MRZ_F_BIRTH_CHECK);
	}
	if (e == ERR_OK) {
		e = check_digit(r, MRZ_F_EXPIRY, MRZ_F_EXPIRY_CHECK);
	}
	/* Part 4: without a personal number its digit may be 0 or a filler. */
	if (e == ERR_OK && length(r, MRZ_F_OPTIONAL_CHECK) > 0 &&
	    !(used(chars(r, MRZ_F_OPTIONAL), length(r, MRZ_F_OPTIONAL)) == 0 &&
	      chars(r, MRZ_F_OPTIONAL_CHECK)[0] == '<')) {
		e = check_digit(r, MRZ_F_OPTIONAL, MRZ_F_OPTIONAL_CHECK);
	}
	if (e == ERR_OK && length(r, MRZ_F_COMPOSITE) > 0 &&
	    chars(r, MRZ_F_COMPOSITE)[0] != mrz_composite(r->layout, r->line)) {
		e = fail(r, ERR_CORRUPT, MRZ_F_COMPOSITE, 0);
	}
	return e;
}

static int check_fields(const struct reader *r, enum mrz_format format)
{
	int e = check_code(r, format);

	if (e == ERR_OK) {
		e = check_state(r, MRZ_F_ISSUER);
	}
	if (e == ERR_OK) {
		e = check_names(r);
	}
	if (e == ERR_OK) {
		e = check_state(r, MRZ_F_NATIONALITY);
	}
	if (e == ERR_OK) {
		e = check_date(r, MRZ_F_BIRTH);
	}
	if (e == ERR_OK) {
		e = check_date(r, MRZ_F_EXPIRY);
	}
	char sex = *chars(r, MRZ_F_SEX);

	if (e == ERR_OK && sex != 'M' && sex != 'F' && sex != '<') {
		e = fail(r, ERR_MALFORMED, MRZ_F_SEX, 0);
	}
	return e == ERR_OK ? check_digits(r) : e;
}

/* Without trailing fillers; those inside become spaces. */
static void take(char *out, const char *text, size_t len)
{
	len = used(text, len);
	for (size_t i = 0; i < len; i++) {
		out[i] = text[i];
		if (text[i] == '<') {
			out[i] = ' ';
		}
	}
	out[len] = '\0';
}

static void take_names(const struct reader *r, struct mrz *m)
{
	const char *text = chars(r, MRZ_F_NAMES);
	size_t len = length(r, MRZ_F_NAMES);
	size_t cut = 0;

	while (cut + 1 < len && !(text[cut] == '<' && text[cut + 1] == '<')) {
		cut++;
	}
	if (cut + 1 == len) { /* no second part at all */
		cut = len;
	}
	take(m->surname, text, cut);
	m->names_cut = used(text, len) == len;
	size_t n = 0;

	/* Further double fillers, which ought not to be there, count as single ones. */
	for (size_t i = cut; i < used(text, len); i++) {
		if (text[i] != '<') {
			m->given[n++] = text[i];
		} else if (n > 0 && m->given[n - 1] != ' ') {
			m->given[n++] = ' ';
		}
	}
	m->given[n] = '\0';
}

static void take_number(const struct reader *r, struct mrz *m)
{
	size_t rest = 0;

	take(m->number, chars(r, MRZ_F_NUMBER), 9);
	if (number_goes_on(r)) {
		rest = number_rest(r);
		take(m->number + 9, chars(r, MRZ_F_OPTIONAL), rest - 1);
	}
	take(m->optional, chars(r, MRZ_F_OPTIONAL) + rest, length(r, MRZ_F_OPTIONAL) - rest);
	if (rest > 0 && m->optional[0] == ' ') {
		memmove(m->optional, m->optional + 1, strlen(m->optional));
	}
}

int mrz_reader_read(struct bytes text, struct mrz *out, struct fault *fault)
{
	struct reader r = { .fault = fault };
	struct mrz m = { 0 };
	int e = split(text, &r, &m.format);

	if (e == ERR_OK) {
		assert(r.layout != NULL);
		e = check_fields(&r, m.format);
	}
	if (e != ERR_OK) {
		return e;
	}
	take(m.type, chars(&r, MRZ_F_TYPE), 2);
	take(m.issuer, chars(&r, MRZ_F_ISSUER), 3);
	take(m.nationality, chars(&r, MRZ_F_NATIONALITY), 3);
	memcpy(m.birth, chars(&r, MRZ_F_BIRTH), 6);
	memcpy(m.expiry, chars(&r, MRZ_F_EXPIRY), 6);
	m.sex = *chars(&r, MRZ_F_SEX);
	if (m.sex == '<') {
		m.sex = 'X';
	}
	take_names(&r, &m);
	take_number(&r, &m);
	if (length(&r, MRZ_F_OPTIONAL2) > 0) {
		take(m.optional2, chars(&r, MRZ_F_OPTIONAL2), length(&r, MRZ_F_OPTIONAL2));
	}
	*out = m;
	return ERR_OK;
}
