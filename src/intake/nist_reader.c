#include "intake/nist_reader.h"

#include <string.h>

#define DIGITS_MAX    9U /* of any number, so that it fits 32 bits */
#define TAG_BYTES_MAX 8U /* "99.9999:" */
#define FIELD_MAX     9999U
#define TYPE_MAX      99U
/* A length of any record fits here; more is refused before it is looked at. */
#define LENGTH_BYTES_MAX 32U

#define NIST__CODE(name, code, erm, what) code,
static const int codes[] = { NIST_REASONS(NIST__CODE) };
#undef NIST__CODE
#define NIST__ERM(name, code, erm, what) erm,
static const uint16_t erms[] = { NIST_REASONS(NIST__ERM) };
#undef NIST__ERM
#define NIST__WHAT(name, code, erm, what) what,
static const char *const words[] = { NIST_REASONS(NIST__WHAT) };
#undef NIST__WHAT

int nist_reader_refuse(struct nist_reader *r, enum nist_reason why, const uint8_t *place)
{
	size_t at = place != NULL ? (size_t)(place - r->file.data) : r->file.len;

	return err_at(r->fault, codes[why], at, words[why]);
}

void nist_reader_note(struct nist_reader *r, uint8_t type, const char *what, const uint8_t *place)
{
	if (r->out->notes < NIST_NOTES_MAX) {
		r->out->note[r->out->notes++] = (struct nist_note){
			.what = what, .at = (size_t)(place - r->file.data), .type = type
		};
	}
}

unsigned nist_reader_erm(const char *what)
{
	for (size_t i = 0; i < NIST_REASON_COUNT; i++) {
		if (strcmp(words[i], what) == 0) {
			return erms[i];
		}
	}
	return 0;
}

struct bytes nist_reader_split(struct bytes *rest, uint8_t separator)
{
	const uint8_t *end = rest->len > 0 ? memchr(rest->data, separator, rest->len) : NULL;
	struct bytes piece = *rest;

	if (end == NULL) {
		*rest = (struct bytes){ NULL, 0 };
		return piece;
	}
	piece.len = (size_t)(end - rest->data);
	rest->data = end + 1;
	rest->len -= piece.len + 1;
	return piece;
}

int nist_reader_number(struct nist_reader *r, struct bytes text, uint32_t max, uint32_t *out)
{
	uint32_t value = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9') {
			return nist_reader_refuse(r, NIST_NO_NUMBER, text.data + i);
		}
	}
	if (text.len == 0) {
		return nist_reader_refuse(r, NIST_NO_NUMBER, text.data);
	}
	if (text.len > DIGITS_MAX) {
		return nist_reader_refuse(r, NIST_LONG_NUMBER, text.data);
	}
	for (size_t i = 0; i < text.len; i++) {
		value = value * 10 + (uint32_t)(text.data[i] - '0');
	}
	if (value > max) {
		return nist_reader_refuse(r, NIST_BIG_NUMBER, text.data);
	}
	*out = value;
	return ERR_OK;
}

/* Read "14.013:" off the front of rest. */
static int read_tag(struct nist_reader *r, struct bytes *rest, uint32_t *type, uint32_t *number)
{
	const uint8_t *place = rest->data;
	size_t window = rest->len < TAG_BYTES_MAX ? rest->len : TAG_BYTES_MAX;
	const uint8_t *dot = memchr(place, '.', window);
	const uint8_t *colon = memchr(place, ':', window);

	if (dot == NULL || colon == NULL || colon < dot ||
	    nist_reader_number(r, (struct bytes){ place, (size_t)(dot - place) }, TYPE_MAX, type) !=
		ERR_OK ||
	    nist_reader_number(r, (struct bytes){ dot + 1, (size_t)(colon - dot - 1) }, FIELD_MAX,
			       number) != ERR_OK) {
		return nist_reader_refuse(r, NIST_BAD_TAG, place);
	}
	rest->len -= (size_t)(colon + 1 - place);
	rest->data = colon + 1;
	return ERR_OK;
}

/* The first field of a tagged record is its own length. */
static int read_length(struct nist_reader *r, uint8_t type, uint32_t *length)
{
	struct bytes rest = { r->file.data + r->at, r->file.len - r->at };
	uint32_t stated = 0;
	uint32_t number = 0;
	size_t n = 0;
	int rv = read_tag(r, &rest, &stated, &number);

	if (rv != ERR_OK) {
		return rv;
	}
	if (stated != type) {
		return nist_reader_refuse(r, NIST_BAD_TYPE, r->file.data + r->at);
	}
	if (number != 1) {
		return nist_reader_refuse(r, NIST_BAD_TAG, r->file.data + r->at);
	}
	while (n < rest.len && n < LENGTH_BYTES_MAX && rest.data[n] != NIST_GS &&
	       rest.data[n] != NIST_FS) {
		n++;
	}
	return nist_reader_number(r, (struct bytes){ rest.data, n }, UINT32_MAX, length);
}

static int read_field(struct nist_reader *r, struct nist_record *record, struct bytes *rest)
{
	uint32_t type = 0;
	uint32_t number = 0;
	struct bytes value;
	const uint8_t *tag = rest->data;
	int rv = read_tag(r, rest, &type, &number);

	if (rv != ERR_OK) {
		return rv;
	}
	/* Only the record's length ends a binary field: its bytes may be separators. */
	if (number == NIST_BINARY_FIELD) {
		value = *rest;
		*rest = (struct bytes){ NULL, 0 };
	} else {
		value = nist_reader_split(rest, NIST_GS);
		if (value.len > 0 && memchr(value.data, NIST_FS, value.len) != NULL) {
			return nist_reader_refuse(r, NIST_BAD_END, value.data);
		}
	}
	if (type != record->type) {
		nist_reader_note(r, record->type, "field of another type left out", tag);
		return ERR_OK;
	}
	if (record->fields == NIST_FIELDS_MAX) {
		return nist_reader_refuse(r, NIST_MANY_FIELDS, tag);
	}
	r->field[record->fields++] = (struct nist_field){ .number = number, .value = value };
	return ERR_OK;
}

static int read_tagged(struct nist_reader *r, struct nist_record *record)
{
	struct bytes rest = record->bytes;
	uint32_t idc = 0;
	int rv = ERR_OK;

	rest.len--;
	if (rest.data[rest.len] != NIST_FS) {
		return nist_reader_refuse(r, NIST_BAD_END, rest.data + rest.len);
	}
	record->field = r->field;
	while (rv == ERR_OK && rest.data != NULL) {
		rv = read_field(r, record, &rest);
	}
	/* In Type 1 the second field is the version. */
	if (rv == ERR_OK && record->type != 1) {
		rv = nist_reader_value(r, record, 2, UINT8_MAX, &idc);
	}
	record->idc = (uint8_t)idc;
	return rv;
}

int nist_reader_record(struct nist_reader *r, uint8_t type, struct nist_record *record)
{
	const uint8_t *place = r->file.data + r->at;
	size_t left = r->file.len - r->at;
	bool binary = type >= 3 && type <= 8;
	uint32_t length = 0;
	int rv = ERR_OK;

	if (left == 0) {
		return nist_reader_refuse(r, NIST_NO_RECORD, place);
	}
	if (!binary) {
		rv = read_length(r, type, &length);
	} else if (left >= 4) {
		length = (uint32_t)place[0] << 24 | (uint32_t)place[1] << 16 |
			 (uint32_t)place[2] << 8 | place[3];
	}
	if (rv != ERR_OK) {
		return rv;
	}
	/* Five bytes hold the head of any binary record: length and IDC. */
	if (length > left || length < 5) {
		return nist_reader_refuse(r, NIST_BAD_LENGTH, place);
	}
	*record = (struct nist_record){ .type = type, .bytes = { place, length } };
	if (binary) {
		record->idc = place[4];
	} else {
		rv = read_tagged(r, record);
	}
	r->at += length;
	return rv;
}

const struct nist_field *nist_reader_find(const struct nist_record *record, uint32_t number)
{
	for (size_t i = 0; i < record->fields; i++) {
		if (record->field[i].number == number) {
			return &record->field[i];
		}
	}
	return NULL;
}

int nist_reader_value(struct nist_reader *r, const struct nist_record *record, uint32_t number,
		      uint32_t max, uint32_t *out)
{
	const struct nist_field *field = nist_reader_find(record, number);

	*out = 0;
	if (field == NULL || field->value.len == 0) {
		return ERR_OK;
	}
	return nist_reader_number(r, field->value, max, out);
}
