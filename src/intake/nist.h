/* Reads ANSI/NIST-ITL transaction files in the traditional encoding (docs: FORMATS.md).
 *
 * Gives the text of Types 1 and 2 item by item, the images of Types 4, 10 and 14 as they
 * are (decoding is decode.h's work) and the minutiae of Type 9 in the form of record/fmr.h.
 * Records of other types are passed over with a note.  What real files get wrong without
 * doing harm (a tag of another type, an IDC that is listed twice) is a note too.  Anything
 * that makes lengths, counts or numbers doubtful refuses the whole file, with the place.
 *
 * Files that say INT-I 0600 in field 1.013 are held to INTERPOL's profile as well: a Type-2
 * record, a known type of transaction, sound control numbers, images that are what they
 * claim to be.  Nothing is copied: all spans are borrowed from the file. */
#ifndef INTAKE_NIST_H
#define INTAKE_NIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "record/fmr.h"

#define NIST_BYTES_MAX     (32UL * 1024 * 1024) /* a card of 14 images has 0.7 MB */
#define NIST_RECORDS_MAX   255U                 /* behind the Type-1 record */
#define NIST_FIELDS_MAX    512U                 /* in one record */
#define NIST_ITEMS_MAX     2048U                /* texts in one file */
#define NIST_TEXT_MAX      4096U                /* bytes of one text */
#define NIST_NOTES_MAX     64U
#define NIST_POSITIONS_MAX 6U
#define NIST_TAG_MAX       32U /* room for "2.9999.65535.65535" and its zero */

/* One text of Type 1 or 2: well-formed UTF-8, never empty, without separators. */
struct nist_item {
	uint16_t type;
	uint16_t field;
	uint16_t subfield; /* from 1 */
	uint16_t item;     /* from 1 */
	bool single;       /* the field's only text */
	struct bytes text;
};

enum nist_compression {
	NIST_UNKNOWN, /* not stated, or a name that is not below: look at the bytes */
	NIST_RAW,
	NIST_WSQ,
	NIST_JPEG,          /* JPEGB */
	NIST_JPEG_LOSSLESS, /* JPEGL: baseline files carry this name too */
	NIST_JP2,           /* JP2 and JP2L */
	NIST_PNG,
};

struct nist_image {
	uint8_t type; /* 4, 10 or 14 */
	uint8_t idc;
	uint8_t impression; /* Types 4 and 14, as in table 7 of ANSI/NIST-ITL 1-2011 */
	uint8_t bits;       /* a pixel; 0: not stated */
	uint8_t positions;  /* how many of these follow */
	uint8_t position[NIST_POSITIONS_MAX]; /* finger position codes, 0: unknown */
	uint16_t width;                       /* pixels, as stated; 0: not stated */
	uint16_t height;
	uint16_t ppi; /* 0: not stated */
	enum nist_compression compression;
	struct bytes kind; /* Type 10: FACE, TATTOO ...; unchecked bytes */
	struct bytes date; /* of capture, Types 10 and 14; unchecked bytes */
	struct bytes data;
};

/* How a Type-9 record wrote its minutiae. */
enum nist_form {
	NIST_FORM_M1,       /* fields 9.126 to 9.150, INCITS 378 */
	NIST_FORM_EXTENDED, /* 9.300 to 9.399 */
	NIST_FORM_STANDARD, /* 9.005 to 9.012; the image's height is not known, hence the
			       view's is that of the lowest minutia */
	NIST_FORM_IAFIS,    /* 9.013 to 9.023 */
};

struct nist_minutiae {
	uint8_t idc;
	enum nist_form form;
	struct fmr view; /* 197 pixels per cm unless the form is M1 */
};

struct nist_note {
	const char *what; /* a string constant */
	size_t at;
	uint8_t type; /* of the record */
};

/* All lists belong to the arena, all spans to the file. */
struct nist {
	bool int_i; /* INT-I 0600 */
	struct nist_item *item;
	size_t items;
	struct nist_image *image;
	size_t images;
	struct nist_minutiae **minutiae;
	size_t prints;
	struct nist_note *note;
	size_t notes;   /* at most NIST_NOTES_MAX; further ones are dropped */
	size_t skipped; /* records of types that are not read */
};

/* Read the whole file.  ERR_SHORT, ERR_MALFORMED, ERR_LIMIT, ERR_RANGE or ERR_UNSUPPORTED
 * with the place in *fault (may be NULL), or ERR_NOMEM; *out is written on success only. */
int nist_read(struct bytes file, struct arena *arena, struct nist *out, struct fault *fault);
/* INT-I's error code (field 2.074) for a fault of nist_read, 0 if it has none. */
unsigned nist_erm(const struct fault *fault);
/* The first text of a field, such as 1.009; empty if there is none. */
struct bytes nist_text(const struct nist *n, unsigned type, unsigned field);
/* "2.030", or "2.064.1.5" where the field has several texts. */
void nist_tag(const struct nist_item *item, char out[NIST_TAG_MAX]);
/* INT-I control number: 14 digits and a check letter. */
bool nist_tcn_is_sound(struct bytes tcn);

#endif
