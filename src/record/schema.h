/* Structs and their one encoding, from one table each.
 *
 * A schema lists the fields of a struct with their keys and limits.  The same table
 * encodes, decodes, prints the CDDL of docs/FORMATS.md and names the fields in JSON at the
 * edges.  A field that is empty (0, no bytes, no items) is left out unless it is required,
 * and must be left out: so each value has exactly one encoding. */
#ifndef RECORD_SCHEMA_H
#define RECORD_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"

#define SCHEMA_FIELDS_MAX 32U
#define SCHEMA_DEPTH_MAX  4U

enum field_type {
	FIELD_UINT,   /* uint64_t, from min to max */
	FIELD_FIXED,  /* uint8_t[max] */
	FIELD_BYTES,  /* struct bytes, at most max */
	FIELD_TEXT,   /* struct bytes of UTF-8, at most max bytes */
	FIELD_STRUCT, /* the struct of another schema, inline */
	FIELD_LIST,   /* struct list of such structs, at most max */
};

struct schema;

struct field {
	uint8_t key; /* ascending in the table */
	bool required;
	enum field_type type;
	size_t offset;
	uint64_t min; /* for FIELD_UINT that is required; else 0 */
	uint64_t max;
	const char *name;
	const struct schema *of; /* for FIELD_STRUCT and FIELD_LIST */
};

struct schema {
	const char *name;
	size_t size;
	const struct field *fields;
	size_t count;
};

/* Items are as large as their schema says; a decoded list belongs to the arena. */
struct list {
	void *items;
	size_t count;
};

/* One row of a table: FIELD(struct notice, 4, required, FIELD_TEXT, owner, 16, NULL), or, for
 * a required number of which 0 is none: FROM(struct notice, 3, status, 1, 3) */
#define FIELD(s, k, need, t, member, limit, sub)                                                   \
	{                                                                                          \
		.key = (k), .required = (need), .type = (t), .offset = offsetof(s, member),        \
		.max = (limit), .name = #member, .of = (sub)                                       \
	}
#define FROM(s, k, member, least, most)                                                            \
	{                                                                                          \
		.key = (k), .required = true, .type = FIELD_UINT, .offset = offsetof(s, member),   \
		.min = (least), .max = (most), .name = #member                                     \
	}
#define SCHEMA(title, s, rows)                                                                     \
	{                                                                                          \
		.name = (title), .size = sizeof(s), .fields = (rows),                              \
		.count = sizeof(rows) / sizeof((rows)[0])                                          \
	}

/* Append the encoding; ERR_RANGE when a value is beyond its limits or a required field is
 * empty text or bytes, ERR_NOMEM or ERR_SPACE from the buffer. */
int schema_encode(const struct schema *s, const void *object, struct buf *out);
/* Decode all of in.  Texts and bytes are borrowed from in, lists come from the arena.
 * ERR_RANGE for a number beyond its limits.  On error the object's content is undefined and
 * *fault (may be NULL) names the field. */
int schema_decode(const struct schema *s, struct bytes in, struct arena *arena, void *object,
		  struct fault *fault);
/* Append the CDDL rule of this schema (not of those it refers to). */
void schema_cddl(const struct schema *s, struct buf *out);

#endif
