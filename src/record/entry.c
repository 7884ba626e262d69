#include "record/entry.h"

#include <sodium.h>
#include <string.h>

#include "base/day.h"
#include "record/cbor.h"
#include "record/kind.h"

static const struct field header_fields[] = {
	FIELD(struct entry_header, 1, true, FIELD_UINT, format, UINT8_MAX, NULL),
	FIELD(struct entry_header, 2, true, FIELD_UINT, kind, UINT8_MAX, NULL),
	FIELD(struct entry_header, 3, true, FIELD_FIXED, class_id, ENTRY_CLASS_BYTES, NULL),
	FIELD(struct entry_header, 4, true, FIELD_FIXED, epoch, ENTRY_EPOCH_BYTES, NULL),
	FIELD(struct entry_header, 5, true, FIELD_FIXED, author, ENTRY_NODE_BYTES, NULL),
	FROM(struct entry_header, 6, sequence, 1, INT64_MAX),
	FIELD(struct entry_header, 7, false, FIELD_FIXED, previous, ENTRY_PREVIOUS_BYTES, NULL),
	FIELD(struct entry_header, 8, true, FIELD_UINT, clock, UINT64_MAX, NULL),
	FIELD(struct entry_header, 9, true, FIELD_UINT, expiry_day, DAY_MAX, NULL),
	FIELD(struct entry_header, 10, true, FIELD_UINT, size_class, ENTRY_SIZE_CLASS_MAX, NULL),
	FIELD(struct entry_header, 11, false, FIELD_FIXED, tag, ENTRY_TAG_BYTES, NULL),
	FIELD(struct entry_header, 12, false, FIELD_UINT, revision, INT64_MAX, NULL),
	FIELD(struct entry_header, 13, true, FIELD_FIXED, commit, ENTRY_COMMIT_BYTES, NULL),
};

const struct schema entry_header_schema =
    SCHEMA("entry-header", struct entry_header, header_fields);

uint32_t entry_padded(uint64_t size_class)
{
	uint32_t whole = 64U << (size_class / 2);

	return size_class % 2 == 0 ? whole : whole + whole / 2;
}

int entry_size_class(size_t body, uint64_t *size_class)
{
	for (uint64_t c = 0; c <= ENTRY_SIZE_CLASS_MAX; c++) {
		if (entry_padded(c) > body) {
			*size_class = c;
			return ERR_OK;
		}
	}
	return ERR_LIMIT;
}

void entry_id(struct bytes header, struct bytes sealed, uint8_t id[ENTRY_ID_BYTES])
{
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, NULL, 0, ENTRY_ID_BYTES);
	(void)crypto_generichash_update(&state, header.data, header.len);
	(void)crypto_generichash_update(&state, sealed.data, sealed.len);
	(void)crypto_generichash_final(&state, id, ENTRY_ID_BYTES);
}

static bool is_wrap(struct bytes wrap)
{
	return wrap.len == 0 || wrap.len == ENTRY_WRAP_CLASS || wrap.len == ENTRY_WRAP_RECIPIENT;
}

static int check_parts(const struct entry *e, struct fault *fault, size_t at)
{
	if (e->header.format != ENTRY_FORMAT) {
		return err_at(fault, ERR_UNSUPPORTED, at, "format");
	}
	if (e->sealed.len != entry_padded(e->header.size_class) + ENTRY_SEAL_BYTES) {
		return err_at(fault, ERR_MALFORMED, at, "size_class");
	}
	if (!is_wrap(e->wrap)) {
		return err_at(fault, ERR_MALFORMED, at, "wrap");
	}
	if (e->signature.len != ENTRY_SIGNATURE_BYTES) {
		return err_at(fault, ERR_MALFORMED, at, "signature");
	}
	return ERR_OK;
}

int entry_decode(struct bytes in, struct entry *e, struct fault *fault)
{
	struct cbor c;
	struct arena none;
	size_t parts;
	int rc;

	memset(e, 0, sizeof *e);
	cbor_init(&c, in);
	parts = cbor_array(&c, 4);
	e->header_bytes = cbor_bytes(&c, ENTRY_HEADER_MAX);
	e->sealed = cbor_bytes(&c, ENTRY_BODY_MAX + ENTRY_SEAL_BYTES);
	e->wrap = cbor_bytes(&c, ENTRY_WRAP_RECIPIENT);
	e->signature = cbor_bytes(&c, ENTRY_SIGNATURE_BYTES);
	rc = cbor_end(&c);
	if (rc == ERR_OK && parts != 4) {
		rc = ERR_MALFORMED;
	}
	if (rc != ERR_OK) {
		return err_at(fault, rc, c.at, "entry");
	}
	arena_init(&none, 1); /* a header has no lists */
	rc = schema_decode(&entry_header_schema, e->header_bytes, &none, &e->header, fault);
	arena_done(&none);
	if (rc == ERR_OK) {
		rc = check_parts(e, fault, c.at);
	}
	if (rc == ERR_OK) {
		entry_id(e->header_bytes, e->sealed, e->id);
	}
	return rc;
}

int entry_encode(const struct entry *e, struct buf *out)
{
	if (e->header_bytes.len > ENTRY_HEADER_MAX ||
	    e->sealed.len > ENTRY_BODY_MAX + ENTRY_SEAL_BYTES || !is_wrap(e->wrap) ||
	    e->signature.len != ENTRY_SIGNATURE_BYTES) {
		return ERR_RANGE;
	}
	cbor_put_array(out, 4);
	cbor_put_bytes(out, e->header_bytes);
	cbor_put_bytes(out, e->sealed);
	cbor_put_bytes(out, e->wrap);
	cbor_put_bytes(out, e->signature);
	return buf_error(out);
}

static size_t part_bytes(struct bytes part)
{
	size_t head = part.len < 24            ? 1
		      : part.len <= UINT8_MAX  ? 2
		      : part.len <= UINT16_MAX ? 3
					       : 5;

	return head + part.len;
}

size_t entry_bytes(const struct entry *e)
{
	return 1 + part_bytes(e->header_bytes) + part_bytes(e->sealed) + part_bytes(e->wrap) +
	       part_bytes(e->signature);
}
