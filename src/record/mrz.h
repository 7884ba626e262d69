/* Machine-readable zones of travel documents: ICAO Doc 9303, parts 3 to 7.
 *
 * The reader is strict: the exact line lengths, no characters but A-Z, 0-9 and the filler,
 * every check digit right.  It says where the first fault is, so that the officer looks at
 * that field of the paper.  A zone that reads well proves nothing about the document. */
#ifndef RECORD_MRZ_H
#define RECORD_MRZ_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/err.h"

#define MRZ_TEXT   93 /* room for the longest zone, its line feeds and a zero */
#define MRZ_NAMES  40 /* room for a part of the name and a zero */
#define MRZ_NUMBER 23
#define MRZ_DATE   7  /* "YYMMDD" and a zero */
#define MRZ_DAY    11 /* "1974-08-12" and a zero */

enum mrz_format {
	MRZ_TD1,  /* cards: three lines of 30 */
	MRZ_TD2,  /* two lines of 36 */
	MRZ_TD3,  /* passports: two lines of 44 */
	MRZ_MRVA, /* visas of TD3's size */
	MRZ_MRVB, /* visas of TD2's size */
	MRZ_FORMATS
};

/* All texts are without fillers; a single filler between letters became a space. */
struct mrz {
	enum mrz_format format;
	char type[3];   /* document code, such as "P" or "ID" */
	char issuer[4]; /* "UTO", or shorter such as "D" */
	char surname[MRZ_NAMES];
	char given[MRZ_NAMES]; /* may be empty */
	bool names_cut;        /* the field is full: names may go on */
	char number[MRZ_NUMBER];
	char nationality[4];
	char birth[MRZ_DATE]; /* as printed; '<' where a part is unknown */
	char sex;             /* 'M', 'F', or 'X' where the zone has a filler */
	char expiry[MRZ_DATE];
	char optional[17];  /* passports: the personal number */
	char optional2[12]; /* TD1 only */
};

/* Read the lines (each but the last ended by LF or CR LF).  Nothing is written but on
 * success.  ERR_UNSUPPORTED for a document code that is none of the five formats',
 * ERR_SHORT, ERR_LIMIT, ERR_MALFORMED, and ERR_CORRUPT for a check digit that does not fit. */
int mrz_read(struct bytes text, struct mrz *out, struct fault *fault);
/* The zone with its check digits, lines ended by LF except the last.  Names that are too
 * long are cut.  ERR_RANGE if a field does not fit its format or holds a character that
 * it must not. */
int mrz_write(const struct mrz *m, char out[MRZ_TEXT]);
/* A printed date as ISO 8601, reduced where parts are unknown ("1974-08", "1974", ""), in
 * the last century that makes it no later than latest_year.  ERR_MALFORMED. */
int mrz_date(const char date[MRZ_DATE], unsigned latest_year, char out[MRZ_DAY]);
/* The check digit over the characters, weights 7, 3, 1; they must be of the zone's set. */
char mrz_check_digit(const char *text, size_t len);

#endif
