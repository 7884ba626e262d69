/* Where the fields of the five formats stand; shared by mrz.c and mrz_reader.c. */
#ifndef RECORD_MRZ_LAYOUT_H
#define RECORD_MRZ_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "record/mrz.h"

#define MRZ_LINES_MAX 3
#define MRZ_LINE_MAX  44

/* A run of characters: line and column count from 0; len 0: the format has no such field. */
struct mrz_span {
	unsigned char line;
	unsigned char at;
	unsigned char len;
};

enum mrz_field {
	MRZ_F_TYPE,
	MRZ_F_ISSUER,
	MRZ_F_NAMES,
	MRZ_F_NUMBER,
	MRZ_F_NATIONALITY,
	MRZ_F_BIRTH,
	MRZ_F_SEX,
	MRZ_F_EXPIRY,
	MRZ_F_OPTIONAL,
	MRZ_F_OPTIONAL2,
	MRZ_F_NUMBER_CHECK,
	MRZ_F_BIRTH_CHECK,
	MRZ_F_EXPIRY_CHECK,
	MRZ_F_OPTIONAL_CHECK,
	MRZ_F_COMPOSITE,
	MRZ_F_FIELDS
};

/* Doc 9303 part 5 (TD1), part 6 (TD2), part 4 (TD3), part 7 (visas). */
struct mrz_layout {
	unsigned lines;
	unsigned width;
	struct mrz_span field[MRZ_F_FIELDS];
	struct mrz_span composite[4]; /* what the composite digit covers, in order */
};

extern const struct mrz_layout mrz_layouts[MRZ_FORMATS];

static inline bool mrz_is_letter(char c)
{
	return c >= 'A' && c <= 'Z';
}

static inline bool mrz_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The composite digit over these lines, whose characters are of the zone's set. */
char mrz_composite(const struct mrz_layout *l, const char *const line[MRZ_LINES_MAX]);
/* As mrz_read. */
int mrz_reader_read(struct bytes text, struct mrz *out, struct fault *fault);

#endif
