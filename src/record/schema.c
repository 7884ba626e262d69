#include "record/schema.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "record/cbor.h"

static const void *member(const struct field *f, const void *object)
{
	return (const uint8_t *)object + f->offset;
}

static bool is_empty(const struct field *f, const void *object);

static bool struct_is_empty(const struct schema *s, const void *object)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->fields[i].required || !is_empty(&s->fields[i], object)) {
			return false;
		}
	}
	return true;
}

static bool is_empty(const struct field *f, const void *object)
{
	const uint8_t *p = member(f, object);

	switch (f->type) {
	case FIELD_UINT:
		return *(const uint64_t *)member(f, object) == 0;
	case FIELD_FIXED:
		for (size_t i = 0; i < f->max; i++) {
			if (p[i] != 0) {
				return false;
			}
		}
		return true;
	case FIELD_BYTES:
	case FIELD_TEXT:
		return ((const struct bytes *)member(f, object))->len == 0;
	case FIELD_STRUCT:
		return struct_is_empty(f->of, p);
	case FIELD_LIST:
		return ((const struct list *)member(f, object))->count == 0;
	}
	return true;
}

static int encode(const struct schema *s, const void *object, struct buf *out, unsigned depth);

static int encode_list(const struct field *f, const struct list *list, struct buf *out,
		       unsigned depth)
{
	if (list->count > f->max) {
		return ERR_RANGE;
	}
	cbor_put_array(out, list->count);
	for (size_t i = 0; i < list->count; i++) {
		int rc = encode(f->of, (const uint8_t *)list->items + i * f->of->size, out, depth);

		if (rc != ERR_OK) {
			return rc;
		}
	}
	return ERR_OK;
}

static bool in_range(const struct field *f, uint64_t v)
{
	return v >= f->min && v <= f->max;
}

static int encode_field(const struct field *f, const void *object, struct buf *out, unsigned depth)
{
	const void *p = member(f, object);
	const struct bytes *b = p;

	switch (f->type) {
	case FIELD_UINT:
		if (!in_range(f, *(const uint64_t *)p)) {
			return ERR_RANGE;
		}
		cbor_put_uint(out, *(const uint64_t *)p);
		return ERR_OK;
	case FIELD_FIXED:
		cbor_put_bytes(out, (struct bytes){ .data = p, .len = f->max });
		return ERR_OK;
	case FIELD_BYTES:
	case FIELD_TEXT:
		if (b->len > f->max || b->len == 0) {
			return ERR_RANGE;
		}
		if (f->type == FIELD_BYTES) {
			cbor_put_bytes(out, *b);
		} else if (bytes_utf8(*b)) {
			cbor_put_text(out, *b);
		} else {
			return ERR_RANGE;
		}
		return ERR_OK;
	case FIELD_STRUCT:
		return encode(f->of, p, out, depth);
	case FIELD_LIST:
		return encode_list(f, p, out, depth);
	}
	return ERR_INTERNAL;
}

static int encode(const struct schema *s, const void *object, struct buf *out, unsigned depth)
{
	size_t pairs = 0;

	assert(s->count <= SCHEMA_FIELDS_MAX && depth < SCHEMA_DEPTH_MAX);
	for (size_t i = 0; i < s->count; i++) {
		assert(i == 0 || s->fields[i].key > s->fields[i - 1].key);
		pairs += s->fields[i].required || !is_empty(&s->fields[i], object);
	}
	cbor_put_map(out, pairs);
	for (size_t i = 0; i < s->count; i++) {
		const struct field *f = &s->fields[i];
		int rc;

		if (!f->required && is_empty(f, object)) {
			continue;
		}
		cbor_put_uint(out, f->key);
		rc = encode_field(f, object, out, depth + 1);
		if (rc != ERR_OK) {
			return rc;
		}
	}
	return ERR_OK;
}

int schema_encode(const struct schema *s, const void *object, struct buf *out)
{
	size_t before = out->len;
	int rc = encode(s, object, out, 0);

	if (rc == ERR_OK) {
		rc = buf_error(out);
	}
	if (rc != ERR_OK && out->len > before) {
		out->len = before;
	}
	return rc;
}

struct reading {
	struct cbor c;
	struct arena *arena;
	const char *what;
	size_t at;
};

static void decode(struct reading *r, const struct schema *s, void *object, unsigned depth);

static void fail(struct reading *r, int error)
{
	if (r->c.error == ERR_OK) {
		r->c.error = error;
	}
}

static void decode_list(struct reading *r, const struct field *f, struct list *list, unsigned depth)
{
	size_t n = cbor_array(&r->c, f->max);

	/* Each item takes at least one byte of input, so a lying count cannot make us
	 * allocate more than the input pays for. */
	if (r->c.error == ERR_OK && n > r->c.len - r->c.at) {
		fail(r, ERR_SHORT);
	}
	if (r->c.error != ERR_OK) {
		return;
	}
	list->items = arena_take(r->arena, n, f->of->size);
	if (list->items == NULL) {
		fail(r, ERR_NOMEM);
		return;
	}
	for (size_t i = 0; i < n && r->c.error == ERR_OK; i++) {
		decode(r, f->of, (uint8_t *)list->items + i * f->of->size, depth);
	}
	list->count = n;
}

static void decode_field(struct reading *r, const struct field *f, void *object, unsigned depth)
{
	void *p = (uint8_t *)object + f->offset;
	struct bytes b;
	uint64_t v;

	switch (f->type) {
	case FIELD_UINT:
		v = cbor_uint(&r->c);
		if (!in_range(f, v)) {
			fail(r, ERR_RANGE);
			return;
		}
		*(uint64_t *)p = v;
		return;
	case FIELD_FIXED:
		b = cbor_bytes(&r->c, f->max);
		if (b.len != f->max) {
			fail(r, ERR_MALFORMED);
			return;
		}
		memcpy(p, b.data, b.len);
		return;
	case FIELD_BYTES:
		*(struct bytes *)p = cbor_bytes(&r->c, f->max);
		return;
	case FIELD_TEXT:
		*(struct bytes *)p = cbor_text(&r->c, f->max);
		return;
	case FIELD_STRUCT:
		decode(r, f->of, p, depth);
		return;
	case FIELD_LIST:
		decode_list(r, f, p, depth);
		return;
	}
}

/* Is this the one way to write the field's value?  Empty optional fields are left out, and
 * required texts and byte strings are never empty. */
static bool is_canonical(const struct field *f, const void *object)
{
	if (!is_empty(f, object)) {
		return true;
	}
	return f->required && f->type != FIELD_BYTES && f->type != FIELD_TEXT;
}

static void decode(struct reading *r, const struct schema *s, void *object, unsigned depth)
{
	size_t pairs = cbor_map(&r->c, s->count);
	size_t i = 0;

	assert(depth < SCHEMA_DEPTH_MAX);
	memset(object, 0, s->size);
	while (pairs > 0 && r->c.error == ERR_OK) {
		size_t at = r->c.at;
		uint64_t key = cbor_uint(&r->c);

		while (i < s->count && s->fields[i].key < key && !s->fields[i].required) {
			i++;
		}
		if (i == s->count || s->fields[i].key != key) {
			/* unknown, repeated, out of order, or a required one is missing */
			r->what =
			    i < s->count && s->fields[i].required ? s->fields[i].name : s->name;
			r->at = at;
			fail(r, ERR_MALFORMED);
			return;
		}
		r->what = s->fields[i].name;
		r->at = at;
		decode_field(r, &s->fields[i], object, depth + 1);
		if (r->c.error == ERR_OK && !is_canonical(&s->fields[i], object)) {
			r->what = s->fields[i].name;
			r->at = at;
			fail(r, ERR_MALFORMED);
		}
		i++;
		pairs--;
	}
	for (; r->c.error == ERR_OK && i < s->count; i++) {
		if (s->fields[i].required) {
			r->what = s->fields[i].name;
			r->at = r->c.at;
			fail(r, ERR_MALFORMED);
		}
	}
}

int schema_decode(const struct schema *s, struct bytes in, struct arena *arena, void *object,
		  struct fault *fault)
{
	struct reading r = { .arena = arena, .what = s->name };

	cbor_init(&r.c, in);
	decode(&r, s, object, 0);
	if (r.c.error == ERR_OK && r.c.at != in.len) {
		r.what = s->name;
		r.at = r.c.at;
	}
	if (cbor_end(&r.c) != ERR_OK) {
		return err_at(fault, r.c.error, r.at, r.what);
	}
	return ERR_OK;
}

static void print(struct buf *out, const char *text)
{
	buf_put(out, text, strlen(text));
}

static void cddl_type(const struct field *f, struct buf *out)
{
	char line[96] = "";

	switch (f->type) {
	case FIELD_UINT:
		/* an optional 0 is left out */
		(void)snprintf(line, sizeof line, "%llu..%llu",
			       f->required ? (unsigned long long)f->min : 1,
			       (unsigned long long)f->max);
		break;
	case FIELD_FIXED:
		(void)snprintf(line, sizeof line, "bstr .size %llu", (unsigned long long)f->max);
		break;
	case FIELD_BYTES:
		(void)snprintf(line, sizeof line, "bstr .size (1..%llu)",
			       (unsigned long long)f->max);
		break;
	case FIELD_TEXT:
		(void)snprintf(line, sizeof line, "tstr .size (1..%llu)",
			       (unsigned long long)f->max);
		break;
	case FIELD_STRUCT:
		(void)snprintf(line, sizeof line, "%s", f->of->name);
		break;
	case FIELD_LIST:
		(void)snprintf(line, sizeof line, "[%s*%llu %s]", f->required ? "" : "1",
			       (unsigned long long)f->max, f->of->name);
		break;
	}
	print(out, line);
}

void schema_cddl(const struct schema *s, struct buf *out)
{
	print(out, s->name);
	print(out, " = {\n");
	for (size_t i = 0; i < s->count; i++) {
		const struct field *f = &s->fields[i];
		char line[96];

		(void)snprintf(line, sizeof line, "  %s%u: ", f->required ? "" : "? ", f->key);
		print(out, line);
		cddl_type(f, out);
		(void)snprintf(line, sizeof line, ", ; %s\n", f->name);
		print(out, line);
	}
	print(out, "}\n");
}
