#include <string.h>

#include "intake/nist_reader.h"

#define HEAD_BYTES     18U /* of a Type-4 record */
#define IMPRESSION_MAX 42U
#define PPI_STANDARD   500U
#define PPI_MAX        10000U
#define UNUSED         255U /* a finger position that is not given */

/* Scale units of field 8. */
enum scale { SCALE_NONE = 0, SCALE_PPI = 1, SCALE_PPCM = 2 };

static const struct {
	const char *name;
	enum nist_compression compression;
} names[] = {
	{ "NONE", NIST_RAW },
	{ "WSQ20", NIST_WSQ },
	{ "WSQ", NIST_WSQ },
	{ "JPEGB", NIST_JPEG },
	{ "JPEGL", NIST_JPEG_LOSSLESS },
	{ "JP2", NIST_JP2 },
	{ "JP2L", NIST_JP2 },
	{ "PNG", NIST_PNG },
};

/* Compression codes of Type 4, from 0. */
static const enum nist_compression numbers[] = { NIST_RAW, NIST_WSQ, NIST_JPEG, NIST_JPEG_LOSSLESS,
						 NIST_JP2, NIST_JP2, NIST_PNG };

static bool begins(struct bytes data, const char *magic, size_t len)
{
	return data.len >= len && memcmp(data.data, magic, len) == 0;
}

/* Do the first bytes fit what the record says about them? */
static bool looks_right(const struct nist_image *image)
{
	switch (image->compression) {
	case NIST_WSQ:
		return begins(image->data, "\xff\xa0", 2);
	case NIST_JPEG:
	case NIST_JPEG_LOSSLESS:
		return begins(image->data, "\xff\xd8\xff", 3);
	case NIST_JP2:
		return begins(image->data, "\0\0\0\x0cjP  ", 8) ||
		       begins(image->data, "\xff\x4f\xff\x51", 4);
	case NIST_PNG:
		return begins(image->data, "\x89PNG\r\n\x1a\n", 8);
	case NIST_RAW:
		return image->bits != 8 || image->data.len == (size_t)image->width * image->height;
	case NIST_UNKNOWN:
	default:
		return true;
	}
}

/* Fingers and their groups: tables 8 and 12 of ANSI/NIST-ITL 1-2011 without palms and feet. */
static bool is_finger(uint32_t code)
{
	return code <= 19 || (code >= 40 && code <= 54);
}

static int append(struct nist_reader *r, const struct nist_record *record,
		  const struct nist_image *image)
{
	if (image->data.len == 0) {
		nist_reader_note(r, record->type, "image record without an image",
				 record->bytes.data);
	} else if (!looks_right(image)) {
		if (r->out->int_i) {
			return nist_reader_refuse(r, NIST_BAD_IMAGE, image->data.data);
		}
		nist_reader_note(r, record->type, "image is not what the record says",
				 image->data.data);
	}
	r->out->image[r->out->images++] = *image;
	return ERR_OK;
}

/* Bytes: length 4, IDC, impression, six positions, scanning resolution, width 2, height 2,
 * compression. */
static int read_binary(struct nist_reader *r, const struct nist_record *record)
{
	const uint8_t *p = record->bytes.data;
	struct nist_image image = { .type = record->type, .idc = record->idc, .bits = 8 };

	if (record->bytes.len < HEAD_BYTES) {
		return nist_reader_refuse(r, NIST_BAD_LENGTH, p);
	}
	if (p[5] > IMPRESSION_MAX) {
		return nist_reader_refuse(r, NIST_BAD_VALUE, p + 5);
	}
	image.impression = p[5];
	for (size_t i = 6; i < 12; i++) {
		if (p[i] == UNUSED) {
			continue;
		}
		if (!is_finger(p[i])) {
			return nist_reader_refuse(r, NIST_BAD_POSITION, p + i);
		}
		image.position[image.positions++] = p[i];
	}
	if (p[12] > 1) {
		return nist_reader_refuse(r, NIST_BAD_VALUE, p + 12);
	}
	image.ppi = p[12] == 1 && r->native_ppi > 0 ? r->native_ppi : PPI_STANDARD;
	image.width = (uint16_t)(p[13] << 8 | p[14]);
	image.height = (uint16_t)(p[15] << 8 | p[16]);
	if (p[17] >= sizeof numbers / sizeof numbers[0]) {
		return nist_reader_refuse(r, NIST_BAD_VALUE, p + 17);
	}
	image.compression = numbers[p[17]];
	image.data = (struct bytes){ p + HEAD_BYTES, record->bytes.len - HEAD_BYTES };
	return append(r, record, &image);
}

static int read_size(struct nist_reader *r, const struct nist_record *record,
		     struct nist_image *image)
{
	uint32_t width;
	uint32_t height;
	uint32_t unit;
	uint32_t scale;
	int rv = nist_reader_value(r, record, 6, UINT16_MAX, &width);

	if (rv == ERR_OK) {
		rv = nist_reader_value(r, record, 7, UINT16_MAX, &height);
	}
	if (rv == ERR_OK) {
		rv = nist_reader_value(r, record, 8, SCALE_PPCM, &unit);
	}
	if (rv == ERR_OK) {
		rv = nist_reader_value(r, record, 9, PPI_MAX, &scale);
	}
	if (rv != ERR_OK) {
		return rv;
	}
	image->width = (uint16_t)width;
	image->height = (uint16_t)height;
	if (unit == SCALE_PPI) {
		image->ppi = (uint16_t)scale;
	} else if (unit == SCALE_PPCM) {
		image->ppi = (uint16_t)((scale * 254 + 50) / 100);
	}
	return ERR_OK;
}

static void read_compression(struct nist_reader *r, const struct nist_record *record,
			     struct nist_image *image)
{
	const struct nist_field *field = nist_reader_find(record, 11);

	if (field == NULL) {
		nist_reader_note(r, record->type, "compression is not stated", record->bytes.data);
		return;
	}
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (bytes_is(field->value, names[i].name)) {
			image->compression = names[i].compression;
			return;
		}
	}
	nist_reader_note(r, record->type, "compression is not known", field->value.data);
}

/* Each subfield's first item is a position. */
static int read_positions(struct nist_reader *r, const struct nist_record *record,
			  struct nist_image *image)
{
	const struct nist_field *field = nist_reader_find(record, 13);
	struct bytes rest = field != NULL ? field->value : (struct bytes){ NULL, 0 };

	while (rest.data != NULL && image->positions < NIST_POSITIONS_MAX) {
		struct bytes subfield = nist_reader_split(&rest, NIST_RS);
		struct bytes item = nist_reader_split(&subfield, NIST_US);
		uint32_t code;
		int rv = nist_reader_number(r, item, UINT8_MAX, &code);

		if (rv != ERR_OK) {
			return rv;
		}
		if (!is_finger(code) && code != UNUSED) {
			return nist_reader_refuse(r, NIST_BAD_POSITION, item.data);
		}
		image->position[image->positions++] = code == UNUSED ? 0 : (uint8_t)code;
	}
	return ERR_OK;
}

static int read_finger(struct nist_reader *r, const struct nist_record *record,
		       struct nist_image *image)
{
	uint32_t impression;
	uint32_t bits;
	int rv = nist_reader_value(r, record, 3, IMPRESSION_MAX, &impression);

	if (rv == ERR_OK) {
		rv = nist_reader_value(r, record, 12, UINT8_MAX, &bits);
	}
	if (rv != ERR_OK) {
		return rv;
	}
	image->impression = (uint8_t)impression;
	image->bits = (uint8_t)bits;
	return read_positions(r, record, image);
}

static struct bytes value_of(const struct nist_record *record, uint32_t number)
{
	const struct nist_field *field = nist_reader_find(record, number);

	return field != NULL ? field->value : (struct bytes){ NULL, 0 };
}

static int read_tagged(struct nist_reader *r, const struct nist_record *record)
{
	struct nist_image image = { .type = record->type, .idc = record->idc };
	int rv = read_size(r, record, &image);

	if (rv == ERR_OK && record->type == 14) {
		rv = read_finger(r, record, &image);
	}
	if (rv != ERR_OK) {
		return rv;
	}
	if (record->type == 10) {
		image.kind = value_of(record, 3);
	}
	image.date = value_of(record, 5);
	image.data = value_of(record, NIST_BINARY_FIELD);
	read_compression(r, record, &image);
	return append(r, record, &image);
}

int nist_image_read(struct nist_reader *r, const struct nist_record *record)
{
	return record->type == 4 ? read_binary(r, record) : read_tagged(r, record);
}
