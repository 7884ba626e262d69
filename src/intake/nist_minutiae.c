/* Type 9: four ways to write minutiae, all of which become a view of record/fmr.h.
 *
 *                     unit     y grows   angle                 fields
 *   M1 (INCITS 378)   pixel    down      as in ISO, 2 degrees  9.126 .. 9.150
 *   extended          0.01 mm  down      as in ISO, degrees    9.300 .. 9.399
 *   standard          0.01 mm  up        opposite, degrees     9.005 .. 9.012
 *   IAFIS             0.01 mm  down      as in ISO, degrees    9.013 .. 9.023
 *
 * NIST's reference files write one print in several of these ways; a test compares them. */
#include "intake/nist_reader.h"

#define IMPRESSION_MAX 42U
#define PPCM           197U
#define UNITS_PER_CM   1000U
#define UNITS_MAX      49999U
#define ITEMS_MAX      6U
#define XYT_DIGITS     11U
#define QUALITY_MAX    100U
#define WORST          63U /* of the standard form's grades */

/* One minutia on its way: all forms fill this in, y grows downwards. */
struct mark {
	uint32_t x;
	uint32_t y;
	uint32_t angle; /* as in struct fmr_minutia */
	uint8_t type;
	uint8_t quality;
};

static int bad(struct nist_reader *r, struct bytes place)
{
	return nist_reader_refuse(r, NIST_BAD_MINUTIAE, place.data);
}

/* The first items of a subfield; what is missing is empty. */
static void split_items(struct bytes subfield, struct bytes item[ITEMS_MAX])
{
	for (size_t i = 0; i < ITEMS_MAX; i++) {
		item[i] = subfield.data != NULL ? nist_reader_split(&subfield, NIST_US)
						: (struct bytes){ NULL, 0 };
	}
}

static uint32_t from_degrees(uint32_t degrees)
{
	return (degrees * 256 + 180) / 360 % 256;
}

static uint32_t from_units(uint32_t units)
{
	return (units * PPCM + UNITS_PER_CM / 2) / UNITS_PER_CM;
}

/* ISO 19794-2 knows fewer types of impression: latents are one, sensors without contact count
 * as plain or rolled, and what is not stated there counts as plain. */
static uint8_t impression_of(uint32_t code)
{
	if (code <= 3 || code == 8) {
		return (uint8_t)code;
	}
	return code <= 7 ? 7 /* latent */ : code == 21 || code == 23 || code == 25 ? 1 : 0;
}

static int number_at(struct nist_reader *r, struct bytes item, struct bytes place, uint32_t max,
		     uint32_t *out)
{
	if (item.len == 0) {
		return bad(r, place);
	}
	return nist_reader_number(r, item, max, out);
}

/* index | x | y | angle | type | quality */
static int read_m1(struct nist_reader *r, struct bytes subfield, struct mark *m)
{
	struct bytes item[ITEMS_MAX];
	uint32_t type = 0;
	uint32_t quality = 0;
	uint32_t angle = 0;
	int rv;

	split_items(subfield, item);
	rv = number_at(r, item[1], subfield, FMR_SIDE_MAX, &m->x);
	if (rv == ERR_OK) {
		rv = number_at(r, item[2], subfield, FMR_SIDE_MAX, &m->y);
	}
	if (rv == ERR_OK) {
		rv = number_at(r, item[3], subfield, 179, &angle);
	}
	if (rv == ERR_OK) {
		rv = number_at(r, item[4], subfield, FMR_BIFURCATION, &type);
	}
	if (rv == ERR_OK && item[5].len > 0) {
		rv = nist_reader_number(r, item[5], UINT8_MAX, &quality);
	}
	m->angle = from_degrees(angle * 2);
	m->type = (uint8_t)type;
	m->quality = quality <= QUALITY_MAX ? (uint8_t)quality : 0;
	return rv;
}

/* x | y | angle | E, B or X | ...  NIST's reference file has a 360, which is 0. */
static int read_extended(struct nist_reader *r, struct bytes subfield, struct mark *m)
{
	struct bytes item[ITEMS_MAX];
	uint32_t x = 0;
	uint32_t y = 0;
	uint32_t degrees = 0;
	int rv;

	split_items(subfield, item);
	rv = number_at(r, item[0], subfield, UNITS_MAX, &x);
	if (rv == ERR_OK) {
		rv = number_at(r, item[1], subfield, UNITS_MAX, &y);
	}
	if (rv == ERR_OK) {
		rv = number_at(r, item[2], subfield, 360, &degrees);
	}
	*m = (struct mark){ .x = from_units(x),
			    .y = from_units(y),
			    .angle = from_degrees(degrees),
			    .type = bytes_is(item[3], "E")   ? FMR_ENDING
				    : bytes_is(item[3], "B") ? FMR_BIFURCATION
							     : FMR_OTHER };
	return rv;
}

/* index | xxxxyyyyttt | grade | A, B, C or D | ...: the standard's form and IAFIS's. */
static int read_packed(struct nist_reader *r, struct bytes subfield, struct mark *m)
{
	struct bytes item[ITEMS_MAX];
	uint32_t x = 0;
	uint32_t y = 0;
	uint32_t degrees = 0;
	uint32_t grade = 0;
	int rv;

	split_items(subfield, item);
	if (item[1].len != XYT_DIGITS) {
		return bad(r, subfield);
	}
	rv = nist_reader_number(r, (struct bytes){ item[1].data, 4 }, UNITS_MAX, &x);
	if (rv == ERR_OK) {
		rv = nist_reader_number(r, (struct bytes){ item[1].data + 4, 4 }, UNITS_MAX, &y);
	}
	if (rv == ERR_OK) {
		rv = nist_reader_number(r, (struct bytes){ item[1].data + 8, 3 }, 359, &degrees);
	}
	if (rv == ERR_OK && item[2].len > 0) {
		rv = nist_reader_number(r, item[2], WORST, &grade);
	}
	*m = (struct mark){ .x = from_units(x),
			    .y = from_units(y),
			    .angle = from_degrees(degrees),
			    .type = bytes_is(item[3], "A")   ? FMR_ENDING
				    : bytes_is(item[3], "B") ? FMR_BIFURCATION
							     : FMR_OTHER };
	/* 0: by hand, 1: no method; then 2 is the best and 63 the worst. */
	if (grade >= 2) {
		m->quality = (uint8_t)(QUALITY_MAX - (grade - 2) * (QUALITY_MAX - 1) / (WORST - 2));
	}
	return rv;
}

typedef int read_mark(struct nist_reader *, struct bytes, struct mark *);

/* The lowest and rightmost minutia make the size where none is stated.  In the standard form y
 * grows upwards from an edge that the record does not know, so the lowest minutia gets the last
 * row; and its angle points the other way. */
static void turn(struct fmr *v)
{
	uint32_t top = 0;

	for (size_t i = 0; i < v->count; i++) {
		top = v->minutia[i].y > top ? v->minutia[i].y : top;
	}
	for (size_t i = 0; i < v->count; i++) {
		v->minutia[i].y = (uint16_t)(top - v->minutia[i].y);
		v->minutia[i].angle = (uint8_t)(v->minutia[i].angle + 128);
	}
}

static void enclose(struct fmr *v)
{
	for (size_t i = 0; i < v->count; i++) {
		if (v->minutia[i].x >= v->width) {
			v->width = (uint16_t)(v->minutia[i].x + 1);
		}
		if (v->minutia[i].y >= v->height) {
			v->height = (uint16_t)(v->minutia[i].y + 1);
		}
	}
	v->width = v->width > 0 ? v->width : 1;
	v->height = v->height > 0 ? v->height : 1;
}

/* Read the minutiae of a list field.  *whole says whether all found room. */
static int read_list(struct nist_reader *r, struct bytes list, read_mark *read, struct fmr *v,
		     uint32_t *found)
{
	*found = 0;
	while (list.data != NULL && list.len > 0) {
		struct bytes subfield = nist_reader_split(&list, NIST_RS);
		struct mark m = { 0 };
		int rv = read(r, subfield, &m);

		if (rv != ERR_OK) {
			return rv;
		}
		if (v->count < FMR_MINUTIAE_MAX) {
			v->minutia[v->count++] = (struct fmr_minutia){ .x = (uint16_t)m.x,
								       .y = (uint16_t)m.y,
								       .angle = (uint8_t)m.angle,
								       .type = m.type,
								       .quality = m.quality };
		}
		(*found)++;
	}
	return ERR_OK;
}

/* Width, height, unit and scale of the M1 form, where they must be stated. */
static int read_m1_size(struct nist_reader *r, const struct nist_record *record, struct fmr *v)
{
	uint32_t value[5]; /* 9.128 to 9.132 */
	uint32_t quality = 0;
	const struct nist_field *q = nist_reader_find(record, 135);
	int rv = ERR_OK;

	for (uint32_t i = 0; i < 5 && rv == ERR_OK; i++) {
		rv = nist_reader_value(r, record, 128 + i, FMR_SIDE_MAX, &value[i]);
	}
	if (rv == ERR_OK && q != NULL) {
		struct bytes rest = q->value;

		rv = nist_reader_number(r, nist_reader_split(&rest, NIST_US), UINT8_MAX, &quality);
	}
	if (rv != ERR_OK) {
		return rv;
	}
	for (size_t i = 3; i < 5; i++) {
		value[i] = value[2] == 1 ? (value[i] * 100 + 127) / 254 : value[i];
		if (value[i] < FMR_PPCM_MIN || value[i] > FMR_PPCM_MAX) {
			return bad(r, record->bytes);
		}
	}
	if (value[0] < 1 || value[1] < 1 || value[2] < 1 || value[2] > 2) {
		return bad(r, record->bytes);
	}
	v->width = (uint16_t)value[0];
	v->height = (uint16_t)value[1];
	v->ppcm_x = (uint16_t)value[3];
	v->ppcm_y = (uint16_t)value[4];
	v->quality = quality <= QUALITY_MAX ? (uint8_t)quality : 0; /* 254: not computed */
	for (size_t i = 0; i < v->count; i++) {
		if (v->minutia[i].x >= v->width || v->minutia[i].y >= v->height) {
			return bad(r, record->bytes);
		}
	}
	return ERR_OK;
}

/* The region of interest, in whose frame the extended form counts. */
static int read_region(struct nist_reader *r, const struct nist_record *record, struct fmr *v)
{
	const struct nist_field *field = nist_reader_find(record, 300);
	struct bytes item[ITEMS_MAX];
	uint32_t width = 0;
	uint32_t height = 0;
	int rv;

	if (field == NULL) {
		return ERR_OK;
	}
	split_items(field->value, item);
	rv = number_at(r, item[0], field->value, UNITS_MAX, &width);
	if (rv == ERR_OK) {
		rv = number_at(r, item[1], field->value, UNITS_MAX, &height);
	}
	v->width = (uint16_t)from_units(width);
	v->height = (uint16_t)from_units(height);
	return rv;
}

/* Where each form keeps its parts; the first whose list is there is read. */
static const struct form {
	enum nist_form form;
	uint16_t list;
	uint16_t count; /* 0: not stated */
	uint16_t position;
	read_mark *read;
} forms[] = {
	{ NIST_FORM_M1, 137, 136, 134, read_m1 },
	{ NIST_FORM_EXTENDED, 331, 0, 302, read_extended },
	{ NIST_FORM_STANDARD, 12, 10, 6, read_packed },
	{ NIST_FORM_IAFIS, 23, 15, 14, read_packed },
};

static int read_position(struct nist_reader *r, const struct nist_record *record,
			 const struct form *form, uint32_t *position)
{
	const struct nist_field *field = nist_reader_find(record, form->position);
	struct bytes rest = field != NULL ? field->value : (struct bytes){ NULL, 0 };
	struct bytes subfield = nist_reader_split(&rest, NIST_RS);

	*position = 0;
	if (subfield.len == 0) {
		return ERR_OK;
	}
	return nist_reader_number(r, nist_reader_split(&subfield, NIST_US), UINT8_MAX, position);
}

/* Check the stated count, then give the view its size. */
static int finish(struct nist_reader *r, const struct nist_record *record, const struct form *form,
		  uint32_t found, struct fmr *v)
{
	uint32_t stated = found;
	int rv = ERR_OK;

	if (form->count != 0) {
		rv = nist_reader_value(r, record, form->count, UINT16_MAX, &stated);
	}
	if (rv != ERR_OK) {
		return rv;
	}
	if (stated != found) {
		return bad(r, record->bytes);
	}
	if (form->form == NIST_FORM_M1) {
		return read_m1_size(r, record, v);
	}
	v->ppcm_x = PPCM;
	v->ppcm_y = PPCM;
	if (form->form == NIST_FORM_EXTENDED) {
		rv = read_region(r, record, v);
	} else if (form->form == NIST_FORM_STANDARD) {
		turn(v);
	}
	enclose(v);
	return rv;
}

static int read_form(struct nist_reader *r, const struct nist_record *record,
		     const struct form *form)
{
	struct nist_minutiae *m = arena_take(r->arena, 1, sizeof *m);
	uint32_t position;
	uint32_t impression;
	uint32_t found;
	int rv = read_position(r, record, form, &position);

	if (m == NULL) {
		return err_at(r->fault, ERR_NOMEM, 0, "minutiae");
	}
	if (rv != ERR_OK || position > FMR_POSITION_MAX) {
		nist_reader_note(r, record->type, "minutiae of no single finger left out",
				 record->bytes.data);
		return rv;
	}
	rv = nist_reader_value(r, record, 3, IMPRESSION_MAX, &impression);
	if (rv == ERR_OK) {
		rv = read_list(r, nist_reader_find(record, form->list)->value, form->read, &m->view,
			       &found);
	}
	if (rv == ERR_OK) {
		rv = finish(r, record, form, found, &m->view);
	}
	if (rv != ERR_OK) {
		return rv;
	}
	if (found > FMR_MINUTIAE_MAX) {
		nist_reader_note(r, record->type, "too many minutiae, the first ones are read",
				 record->bytes.data);
	}
	m->idc = record->idc;
	m->form = form->form;
	m->view.position = (uint8_t)position;
	m->view.impression = impression_of(impression);
	r->out->minutiae[r->out->prints++] = m;
	return ERR_OK;
}

int nist_minutiae_read(struct nist_reader *r, const struct nist_record *record)
{
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		if (nist_reader_find(record, forms[i].list) != NULL) {
			return read_form(r, record, &forms[i]);
		}
	}
	nist_reader_note(r, record->type, "no minutiae that are understood", record->bytes.data);
	return ERR_OK;
}
