#include "trust/audit.h"

#include <sodium.h>
#include <string.h>

static const struct field fields[] = {
	FROM(struct audit_line, 1, number, 1, INT64_MAX),
	FIELD(struct audit_line, 2, false, FIELD_FIXED, before, AUDIT_HASH_BYTES, NULL),
	FIELD(struct audit_line, 3, true, FIELD_UINT, at_ms, INT64_MAX, NULL),
	FIELD(struct audit_line, 4, true, FIELD_TEXT, verb, 32, NULL),
	FIELD(struct audit_line, 5, false, FIELD_TEXT, officer, 64, NULL),
	FIELD(struct audit_line, 6, false, FIELD_FIXED, object, 16, NULL),
	FIELD(struct audit_line, 7, false, FIELD_UINT, purpose, UINT16_MAX, NULL),
	FIELD(struct audit_line, 8, false, FIELD_TEXT, legal_basis, 64, NULL),
	FIELD(struct audit_line, 9, false, FIELD_UINT, candidates, 255, NULL),
	FIELD(struct audit_line, 10, false, FIELD_UINT, code, 255, NULL),
	FIELD(struct audit_line, 11, false, FIELD_TEXT, detail, 256, NULL),
};
const struct schema audit_line_schema = SCHEMA("audit-line", struct audit_line, fields);

static void hash_line(struct bytes encoded, uint8_t out[AUDIT_HASH_BYTES])
{
	(void)crypto_generichash(out, AUDIT_HASH_BYTES, encoded.data, encoded.len, NULL, 0);
}

int audit_append(struct audit *a, struct audit_line *line, struct buf *out)
{
	size_t before = out->len;
	int rc;

	line->number = a->number + 1;
	memcpy(line->before, a->head, AUDIT_HASH_BYTES);
	rc = schema_encode(&audit_line_schema, line, out);
	if (rc == ERR_OK) {
		hash_line((struct bytes){ .data = out->data + before, .len = out->len - before },
			  a->head);
		a->number++;
	}
	return rc;
}

int audit_follow(struct audit *a, struct bytes encoded, struct arena *arena,
		 struct audit_line *line)
{
	int rc = schema_decode(&audit_line_schema, encoded, arena, line, NULL);

	if (rc != ERR_OK || line->number != a->number + 1 ||
	    memcmp(line->before, a->head, AUDIT_HASH_BYTES) != 0) {
		return ERR_CORRUPT;
	}
	hash_line(encoded, a->head);
	a->number++;
	return ERR_OK;
}
