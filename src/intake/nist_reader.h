/* Inside of nist.h: where the reader is, how it refuses, and how records split into fields.
 *
 * Nobody but nist*.c includes this. */
#ifndef INTAKE_NIST_READER_H
#define INTAKE_NIST_READER_H

#include "intake/nist.h"

#define NIST_FS 0x1cU /* ends a record */
#define NIST_GS 0x1dU /* between fields */
#define NIST_RS 0x1eU /* between subfields */
#define NIST_US 0x1fU /* between items */

#define NIST_BINARY_FIELD 999U

/* Why a file is refused: our code, INT-I's code, and the words that fault.what gets. */
#define NIST_REASONS(X)                                                                            \
	X(NIST_NO_FILE, ERR_SHORT, 101, "empty file")                                              \
	X(NIST_NO_TYPE_1, ERR_MALFORMED, 101, "Type-1 record")                                     \
	X(NIST_NO_TYPE_2, ERR_MALFORMED, 101, "missing Type-2 record")                             \
	X(NIST_NO_FIELD, ERR_MALFORMED, 101, "missing mandatory field")                            \
	X(NIST_BAD_TYPE, ERR_MALFORMED, 102, "record type")                                        \
	X(NIST_MANY_RECORDS, ERR_LIMIT, 104, "number of records")                                  \
	X(NIST_MANY_FIELDS, ERR_LIMIT, 104, "number of fields")                                    \
	X(NIST_MANY_TEXTS, ERR_LIMIT, 104, "number of texts")                                      \
	X(NIST_LONG_TEXT, ERR_LIMIT, 107, "length of a text")                                      \
	X(NIST_LONG_FILE, ERR_LIMIT, 107, "length of the file")                                    \
	X(NIST_LONG_NUMBER, ERR_LIMIT, 107, "digits of a number")                                  \
	X(NIST_NO_NUMBER, ERR_MALFORMED, 108, "number")                                            \
	X(NIST_BIG_NUMBER, ERR_RANGE, 110, "size of a number")                                     \
	X(NIST_BAD_TEXT, ERR_MALFORMED, 111, "characters of a text")                               \
	X(NIST_BAD_VALUE, ERR_RANGE, 115, "value of a code")                                       \
	X(NIST_BAD_POSITION, ERR_RANGE, 115, "finger position")                                    \
	X(NIST_BAD_TOT, ERR_UNSUPPORTED, 116, "type of transaction")                               \
	X(NIST_BAD_TAG, ERR_MALFORMED, 117, "field tag")                                           \
	X(NIST_BAD_END, ERR_MALFORMED, 117, "end of record")                                       \
	X(NIST_BAD_CONTENT, ERR_MALFORMED, 117, "list of records")                                 \
	X(NIST_NO_RECORD, ERR_SHORT, 117, "record that is listed")                                 \
	X(NIST_TRAILING, ERR_MALFORMED, 117, "bytes behind the last record")                       \
	X(NIST_BAD_IMAGE, ERR_MALFORMED, 117, "image data")                                        \
	X(NIST_BAD_MINUTIAE, ERR_MALFORMED, 117, "minutiae")                                       \
	X(NIST_BAD_LENGTH, ERR_SHORT, 118, "record length")                                        \
	X(NIST_BAD_TCN, ERR_MALFORMED, 201, "transaction control number")

#define NIST__ENUM(name, code, erm, what) name,
enum nist_reason { NIST_REASONS(NIST__ENUM) NIST_REASON_COUNT };
#undef NIST__ENUM

struct nist_field {
	uint32_t number;
	struct bytes value;
};

/* One record; the fields are borrowed from the reader until the next record. */
struct nist_record {
	uint8_t type;
	uint8_t idc;
	struct bytes bytes;
	const struct nist_field *field;
	size_t fields;
};

struct nist_reader {
	struct bytes file;
	size_t at; /* where the next record begins */
	struct arena *arena;
	struct fault *fault;
	struct nist *out;
	struct nist_field *field; /* room for NIST_FIELDS_MAX */
	uint16_t native_ppi;      /* from 1.012; 0: not stated */
	bool utf8;                /* declared in 1.015, or INT-I */
};

/* Fill in the fault for a place in the file; returns the reason's code. */
int nist_reader_refuse(struct nist_reader *r, enum nist_reason why, const uint8_t *place);
void nist_reader_note(struct nist_reader *r, uint8_t type, const char *what, const uint8_t *place);
unsigned nist_reader_erm(const char *what);

/* Split off what stands before the next separator; the last piece leaves rest NULL. */
struct bytes nist_reader_split(struct bytes *rest, uint8_t separator);
/* Decimal digits only, at most max. */
int nist_reader_number(struct nist_reader *r, struct bytes text, uint32_t max, uint32_t *out);

/* Cut the record that begins at r->at, of the type that the list promises, and split it
 * into fields unless its type is binary.  Moves r->at behind it. */
int nist_reader_record(struct nist_reader *r, uint8_t type, struct nist_record *record);
/* NULL if the record has no such field. */
const struct nist_field *nist_reader_find(const struct nist_record *record, uint32_t number);
/* The field as a number; 0 if it is absent or empty. */
int nist_reader_value(struct nist_reader *r, const struct nist_record *record, uint32_t number,
		      uint32_t max, uint32_t *out);

/* The chapters: image and minutiae records append to r->out. */
int nist_image_read(struct nist_reader *r, const struct nist_record *record);
int nist_minutiae_read(struct nist_reader *r, const struct nist_record *record);

#endif
