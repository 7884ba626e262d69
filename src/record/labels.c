#include "record/labels.h"

#include <sodium.h>

static const struct field fields[] = {
	FIELD(struct labels, 1, true, FIELD_TEXT, owner, 32, NULL),
	FIELD(struct labels, 2, false, FIELD_UINT, purposes, UINT16_MAX, NULL),
	FROM(struct labels, 3, sensitivity, SENSITIVITY_OPEN, SENSITIVITY_CONFIDENTIAL),
	FIELD(struct labels, 4, true, FIELD_TEXT, region, 32, NULL),
	FROM(struct labels, 5, group, GROUP_CONTROL, GROUP_OWN),
	FIELD(struct labels, 6, false, FIELD_TEXT, exclude, 96, NULL),
	FIELD(struct labels, 7, false, FIELD_UINT, closed, 2, NULL),
};

const struct schema labels_schema = SCHEMA("labels", struct labels, fields);

int labels_class(const struct labels *l, uint8_t class_id[ENTRY_CLASS_BYTES])
{
	struct buf b;
	int rc;

	buf_init(&b, 256);
	rc = schema_encode(&labels_schema, l, &b);
	if (rc == ERR_OK) {
		(void)crypto_generichash(class_id, ENTRY_CLASS_BYTES, b.data, b.len, NULL, 0);
	}
	buf_done(&b);
	return rc;
}
