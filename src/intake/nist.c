#include "intake/nist.h"

#include <stdio.h>
#include <string.h>

#include "intake/nist_reader.h"

#define TYPE_MAX     99U
#define TCN_DIGITS   14U
#define CNT_FIELD    3U
#define TOT_FIELD    4U
#define TCN_FIELD    9U
#define TCR_FIELD    10U
#define NTR_FIELD    12U
#define DOM_FIELD    13U
#define CHARSET      15U
#define CHARSET_UTF8 "3" /* may have leading zeroes */

/* What field 1.003 says about a record. */
struct listed {
	uint8_t type;
	uint8_t idc;
};

struct contents {
	struct listed record[NIST_RECORDS_MAX];
	size_t count;
};

static int read_listed(struct nist_reader *r, struct bytes subfield, uint32_t type_max,
		       struct listed *out)
{
	struct bytes type = nist_reader_split(&subfield, NIST_US);
	uint32_t a = 0;
	uint32_t b = 0;
	int rv = nist_reader_number(r, type, type_max, &a);

	if (rv == ERR_OK && subfield.data == NULL) {
		return nist_reader_refuse(r, NIST_BAD_CONTENT, type.data);
	}
	if (rv == ERR_OK) {
		rv = nist_reader_number(r, subfield, UINT8_MAX, &b);
	}
	if (rv == ERR_OK) {
		*out = (struct listed){ .type = (uint8_t)a, .idc = (uint8_t)b };
	}
	return rv;
}

/* "1 US count", then one subfield for each record behind Type 1. */
static int read_contents(struct nist_reader *r, const struct nist_record *record,
			 struct contents *contents)
{
	const struct nist_field *field = nist_reader_find(record, CNT_FIELD);
	struct listed head = { 0 };
	struct bytes rest;
	int rv;

	if (field == NULL) {
		return nist_reader_refuse(r, NIST_NO_FIELD, record->bytes.data);
	}
	rest = field->value;
	rv = read_listed(r, nist_reader_split(&rest, NIST_RS), 1, &head);
	if (rv == ERR_OK && head.type != 1) {
		rv = nist_reader_refuse(r, NIST_BAD_CONTENT, field->value.data);
	}
	contents->count = 0;
	while (rv == ERR_OK && rest.data != NULL) {
		struct listed *next = &contents->record[contents->count];

		if (contents->count == NIST_RECORDS_MAX) {
			return nist_reader_refuse(r, NIST_MANY_RECORDS, rest.data);
		}
		rv = read_listed(r, nist_reader_split(&rest, NIST_RS), TYPE_MAX, next);
		if (rv == ERR_OK && next->type < 2) {
			return nist_reader_refuse(r, NIST_BAD_TYPE, field->value.data);
		}
		contents->count++;
	}
	if (rv == ERR_OK && contents->count != head.idc) {
		return nist_reader_refuse(r, NIST_BAD_CONTENT, field->value.data);
	}
	return rv;
}

/* Carriage returns come from other systems' line ends; they do no harm. */
static bool text_is_sound(struct bytes text)
{
	while (text.data != NULL) {
		if (!bytes_utf8(nist_reader_split(&text, '\r'))) {
			return false;
		}
	}
	return true;
}

static int append_text(struct nist_reader *r, struct nist_item item)
{
	if (item.text.len == 0) {
		return ERR_OK;
	}
	if (item.text.len > NIST_TEXT_MAX) {
		return nist_reader_refuse(r, NIST_LONG_TEXT, item.text.data);
	}
	if (!text_is_sound(item.text)) {
		if (r->utf8) {
			return nist_reader_refuse(r, NIST_BAD_TEXT, item.text.data);
		}
		nist_reader_note(r, (uint8_t)item.type, "text in an unknown character set left out",
				 item.text.data);
		return ERR_OK;
	}
	if (r->out->items == NIST_ITEMS_MAX) {
		return nist_reader_refuse(r, NIST_MANY_TEXTS, item.text.data);
	}
	r->out->item[r->out->items++] = item;
	return ERR_OK;
}

static int read_texts_of(struct nist_reader *r, uint8_t type, const struct nist_field *field)
{
	struct nist_item item = { .type = type, .field = (uint16_t)field->number };
	struct bytes rest = field->value;
	int rv = ERR_OK;

	item.single = memchr(rest.data, NIST_RS, rest.len) == NULL &&
		      memchr(rest.data, NIST_US, rest.len) == NULL;
	while (rv == ERR_OK && rest.data != NULL && item.subfield < UINT16_MAX) {
		struct bytes subfield = nist_reader_split(&rest, NIST_RS);

		item.subfield++;
		item.item = 0;
		while (rv == ERR_OK && subfield.data != NULL && item.item < UINT16_MAX) {
			item.text = nist_reader_split(&subfield, NIST_US);
			item.item++;
			rv = append_text(r, item);
		}
	}
	return rv;
}

/* Lengths, contents and IDC are the container's, not the sender's. */
static int read_texts(struct nist_reader *r, const struct nist_record *record)
{
	uint32_t first = record->type == 1 ? 2 : 3;
	int rv = ERR_OK;

	for (size_t i = 0; i < record->fields && rv == ERR_OK; i++) {
		const struct nist_field *field = &record->field[i];

		if (field->number >= first && (record->type != 1 || field->number != CNT_FIELD)) {
			rv = read_texts_of(r, record->type, field);
		}
	}
	return rv;
}

/* INT-I: YY and twelve digits as a number modulo 23 give the letter; I, O, S are not used. */
bool nist_tcn_is_sound(struct bytes tcn)
{
	static const char letters[] = "ZABCDEFGHJKLMNPQRTUVWXY";
	unsigned rest = 0;

	if (tcn.len != TCN_DIGITS + 1) {
		return false;
	}
	for (size_t i = 0; i < TCN_DIGITS; i++) {
		if (tcn.data[i] < '0' || tcn.data[i] > '9') {
			return false;
		}
		rest = (rest * 10 + (unsigned)(tcn.data[i] - '0')) % 23;
	}
	return tcn.data[TCN_DIGITS] == (uint8_t)letters[rest];
}

static bool says(const struct nist_record *record, uint32_t number, const char *const *words,
		 size_t count)
{
	const struct nist_field *field = nist_reader_find(record, number);

	for (size_t i = 0; i < count && field != NULL; i++) {
		if (bytes_is(field->value, words[i])) {
			return true;
		}
	}
	return false;
}

/* What INTERPOL's profile asks of Type 1 beyond the standard. */
static int check_int_i(struct nist_reader *r, const struct nist_record *record)
{
	static const char *const known[] = { "SRE", "ERR", "ATP", "CPS", "NPS", "MPS" };
	const struct nist_field *tot = nist_reader_find(record, TOT_FIELD);
	const struct nist_field *tcn = nist_reader_find(record, TCN_FIELD);
	const struct nist_field *tcr = nist_reader_find(record, TCR_FIELD);

	if (tot == NULL || tcn == NULL) {
		return nist_reader_refuse(r, NIST_NO_FIELD, record->bytes.data);
	}
	if (!says(record, TOT_FIELD, known, 6)) {
		return nist_reader_refuse(r, NIST_BAD_TOT, tot->value.data);
	}
	if (!nist_tcn_is_sound(tcn->value)) {
		return nist_reader_refuse(r, NIST_BAD_TCN, tcn->value.data);
	}
	if (says(record, TOT_FIELD, known, 2) && tcr == NULL) { /* the answers */
		return nist_reader_refuse(r, NIST_NO_FIELD, record->bytes.data);
	}
	if (tcr != NULL && tcr->value.len > 0 && !nist_tcn_is_sound(tcr->value)) {
		return nist_reader_refuse(r, NIST_BAD_TCN, tcr->value.data);
	}
	return ERR_OK;
}

/* "19.69" pixels a millimetre; anything else leaves the standard's 500 ppi. */
static uint16_t resolution(const struct nist_record *record)
{
	const struct nist_field *field = nist_reader_find(record, NTR_FIELD);
	uint32_t hundredths = 0;

	if (field == NULL || field->value.len != 5 || field->value.data[2] != '.') {
		return 0;
	}
	for (size_t i = 0; i < 5; i++) {
		uint8_t c = field->value.data[i];

		if (i != 2 && (c < '0' || c > '9')) {
			return 0;
		}
		hundredths = i == 2 ? hundredths : hundredths * 10 + (uint32_t)(c - '0');
	}
	return (uint16_t)((hundredths * 254 + 500) / 1000);
}

static bool charset_is_utf8(const struct nist_record *record)
{
	const struct nist_field *field = nist_reader_find(record, CHARSET);
	struct bytes rest = field != NULL ? field->value : (struct bytes){ NULL, 0 };
	struct bytes code = nist_reader_split(&rest, NIST_US);

	while (code.len > 1 && code.data[0] == '0') {
		code.data++;
		code.len--;
	}
	return bytes_is(code, CHARSET_UTF8);
}

static int read_type_1(struct nist_reader *r, struct contents *contents)
{
	static const char *const int_i[] = { "INT-I\x1f"
					     "0600" };
	struct nist_record record;
	int rv;

	if (r->file.len == 0) {
		return nist_reader_refuse(r, NIST_NO_FILE, NULL);
	}
	if (r->file.len < 3 || memcmp(r->file.data, "1.", 2) != 0) {
		return nist_reader_refuse(r, NIST_NO_TYPE_1, r->file.data);
	}
	rv = nist_reader_record(r, 1, &record);
	if (rv == ERR_OK) {
		rv = read_contents(r, &record, contents);
	}
	if (rv != ERR_OK) {
		return rv;
	}
	r->out->int_i = says(&record, DOM_FIELD, int_i, 1);
	r->utf8 = r->out->int_i || charset_is_utf8(&record);
	r->native_ppi = resolution(&record);
	rv = read_texts(r, &record);
	return rv == ERR_OK && r->out->int_i ? check_int_i(r, &record) : rv;
}

static int read_record(struct nist_reader *r, const struct nist_record *record)
{
	switch (record->type) {
	case 2:
		return read_texts(r, record);
	case 4:
	case 10:
	case 14:
		return nist_image_read(r, record);
	case 9:
		return nist_minutiae_read(r, record);
	default:
		nist_reader_note(r, record->type, "record of a type that is not read",
				 record->bytes.data);
		r->out->skipped++;
		return ERR_OK;
	}
}

/* Doubtful but seen in files that NIST published, hence only noted. */
static void check_idc(struct nist_reader *r, const struct contents *contents, size_t i,
		      const struct nist_record *record)
{
	const struct listed *listed = &contents->record[i];

	if (record->idc != listed->idc) {
		nist_reader_note(r, record->type, "IDC is not the listed one", record->bytes.data);
	}
	for (size_t k = 0; k < i; k++) {
		if (contents->record[k].type == listed->type &&
		    contents->record[k].idc == listed->idc) {
			nist_reader_note(r, record->type, "IDC is listed twice",
					 record->bytes.data);
			return;
		}
	}
}

static int read_records(struct nist_reader *r, const struct contents *contents)
{
	bool type_2 = false;

	for (size_t i = 0; i < contents->count; i++) {
		struct nist_record record;
		int rv = nist_reader_record(r, contents->record[i].type, &record);

		if (rv == ERR_OK) {
			check_idc(r, contents, i, &record);
			rv = read_record(r, &record);
		}
		if (rv != ERR_OK) {
			return rv;
		}
		type_2 = type_2 || record.type == 2;
	}
	if (r->at < r->file.len) {
		return nist_reader_refuse(r, NIST_TRAILING, r->file.data + r->at);
	}
	if (r->out->int_i && !type_2) {
		return nist_reader_refuse(r, NIST_NO_TYPE_2, r->file.data + r->at);
	}
	return ERR_OK;
}

int nist_read(struct bytes file, struct arena *arena, struct nist *out, struct fault *fault)
{
	struct nist result = { 0 };
	struct nist_reader r = { .file = file, .arena = arena, .fault = fault, .out = &result };
	struct contents *contents = arena_take(arena, 1, sizeof *contents);
	int rv;

	if (file.len > NIST_BYTES_MAX) {
		return nist_reader_refuse(&r, NIST_LONG_FILE, NULL);
	}
	r.field = arena_take(arena, NIST_FIELDS_MAX, sizeof *r.field);
	result.item = arena_take(arena, NIST_ITEMS_MAX, sizeof *result.item);
	result.image = arena_take(arena, NIST_RECORDS_MAX, sizeof *result.image);
	result.minutiae = arena_take(arena, NIST_RECORDS_MAX, sizeof(struct nist_minutiae *));
	result.note = arena_take(arena, NIST_NOTES_MAX, sizeof *result.note);
	if (contents == NULL || r.field == NULL || result.item == NULL || result.image == NULL ||
	    result.minutiae == NULL || result.note == NULL) {
		return err_at(fault, ERR_NOMEM, 0, "file");
	}
	rv = read_type_1(&r, contents);
	if (rv == ERR_OK) {
		rv = read_records(&r, contents);
	}
	if (rv == ERR_OK) {
		*out = result;
	}
	return rv;
}

unsigned nist_erm(const struct fault *fault)
{
	return fault->what != NULL ? nist_reader_erm(fault->what) : 0;
}

struct bytes nist_text(const struct nist *n, unsigned type, unsigned field)
{
	for (size_t i = 0; i < n->items; i++) {
		if (n->item[i].type == type && n->item[i].field == field) {
			return n->item[i].text;
		}
	}
	return (struct bytes){ NULL, 0 };
}

void nist_tag(const struct nist_item *item, char out[NIST_TAG_MAX])
{
	if (item->single) {
		(void)snprintf(out, NIST_TAG_MAX, "%u.%03u", item->type, item->field);
	} else {
		(void)snprintf(out, NIST_TAG_MAX, "%u.%03u.%u.%u", item->type, item->field,
			       item->subfield, item->item);
	}
}
