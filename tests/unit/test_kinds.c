/* record/schema.c with the table of every body, file, request and answer that there is: what
 * holds for one holds for all. */
#include "tests/lib/unit.h"

#include <string.h>

#include "intake/worker.h"
#include "record/cbor.h"
#include "record/kind.h"
#include "record/kinds.h"
#include "record/labels.h"
#include "tests/lib/cbor_other.h"
#include "tests/lib/schemas.h"
#include "trust/passport.h"

#define ROUNDS 60U

struct object {
	_Alignas(16) uint8_t bytes[SCHEMAS_OBJECT_BYTES];
};

static int decode(const struct schema *s, struct bytes in, size_t limit)
{
	struct object object;
	struct arena arena;
	int rc;

	arena_init(&arena, limit);
	rc = schema_decode(s, in, &arena, &object, NULL);
	arena_done(&arena);
	return rc;
}

/* Bytes of a value of this schema. */
static void roll(const struct schema *s, uint64_t *dice, struct buf *out)
{
	struct object object;
	struct arena arena;

	assert_true(s->size <= sizeof object.bytes);
	arena_init(&arena, 0);
	buf_clear(out);
	schemas_roll(s, dice, &arena, &object);
	assert_int_equal(schema_encode(s, &object, out), ERR_OK);
	arena_done(&arena);
}

static void what_goes_out_comes_in_and_goes_out_the_same(void **state)
{
	uint64_t dice = 1;
	struct buf b;
	struct buf again;

	(void)state;
	buf_init(&b, 0);
	buf_init(&again, 0);
	for (size_t i = 0; schemas_at(i) != NULL; i++) {
		for (unsigned round = 0; round < ROUNDS; round++) {
			struct object back;
			struct arena arena;
			struct cbor c;

			roll(schemas_at(i), &dice, &b);
			arena_init(&arena, 0);
			assert_int_equal(
			    schema_decode(schemas_at(i), buf_bytes(&b), &arena, &back, NULL),
			    ERR_OK);
			buf_clear(&again);
			assert_int_equal(schema_encode(schemas_at(i), &back, &again), ERR_OK);
			assert_true(bytes_equal(buf_bytes(&b), buf_bytes(&again)));
			cbor_init(&c, buf_bytes(&b));
			assert_true(!cbor_other_is_there() ||
				    cbor_other_agrees(b.data, b.len, CBOR_MAP, cbor_map(&c, 99)));
			arena_done(&arena);
		}
	}
	buf_done(&b);
	buf_done(&again);
}

/* Where the head at this place ends, and what it says. */
static size_t head(struct bytes in, size_t at, uint64_t *value)
{
	size_t more = (in.data[at] & 31) < 24 ? 0 : (size_t)1 << ((in.data[at] & 31) - 24);

	*value = in.data[at] & 31;
	for (size_t i = 0; i < more; i++) {
		*value = (i == 0 ? 0 : *value << 8) | in.data[at + 1 + i];
	}
	return at + 1 + more;
}

/* Where the item at this place ends, nested ones included. */
static size_t item(struct bytes in, size_t at)
{
	uint64_t left = 1;

	while (left > 0) {
		unsigned type = in.data[at] >> 5;
		uint64_t value;

		at = head(in, at, &value);
		left--;
		if (type == CBOR_BYTES || type == CBOR_TEXT) {
			at += (size_t)value;
		} else if (type == CBOR_ARRAY || type == CBOR_MAP) {
			left += type == CBOR_MAP ? 2 * value : value;
		}
	}
	return at;
}

/* The same bytes with those from at to end replaced. */
static void refuse(const struct schema *s, struct bytes in, size_t at, size_t end,
		   struct bytes instead)
{
	struct buf b;

	buf_init(&b, 0);
	buf_put(&b, in.data, at);
	buf_put(&b, instead.data, instead.len);
	buf_put(&b, in.data + end, in.len - end);
	assert_int_equal(buf_error(&b), ERR_OK);
	if (decode(s, buf_bytes(&b), 0) == ERR_OK) {
		fail_msg("%s: another spelling at %zu was accepted", s->name, at);
	}
	buf_done(&b);
}

/* The head says its value in more bytes than it needs. */
static void refuse_long_heads(const struct schema *s, struct bytes in, size_t at)
{
	uint64_t value;
	size_t end = head(in, at, &value);
	uint8_t type = in.data[at] & 0xe0;

	for (unsigned width = 0; width < 4; width++) {
		size_t len = (size_t)1 << width;
		uint8_t wide[9] = { (uint8_t)(type | (24 + width)) };

		if (1 + len <= end - at) {
			continue;
		}
		for (size_t i = 0; i < len; i++) {
			wide[len - i] = (uint8_t)(i < 8 ? value >> (8 * i) : 0);
		}
		refuse(s, in, at, end, (struct bytes){ wide, 1 + len });
	}
	for (uint8_t reserved = 28; reserved < 32; reserved++) {
		uint8_t first = type | reserved;

		refuse(s, in, at, end, (struct bytes){ &first, 1 });
	}
}

/* With its length left open, and an end mark behind it. */
static void refuse_indefinite(const struct schema *s, struct bytes in, size_t at)
{
	unsigned type = in.data[at] >> 5;
	uint64_t value;
	size_t content = head(in, at, &value);
	size_t end = item(in, at);
	size_t from = type == CBOR_BYTES || type == CBOR_TEXT ? at : content;
	struct buf b;

	if (type == CBOR_UINT) {
		return;
	}
	buf_init(&b, 0);
	buf_u8(&b, (uint8_t)(type << 5 | 31));
	buf_put(&b, in.data + from, end - from);
	buf_u8(&b, 0xff);
	refuse(s, in, at, end, buf_bytes(&b));
	buf_done(&b);
}

/* Another type in its place, or a tag before it. */
static void refuse_other_types(const struct schema *s, struct bytes in, size_t at)
{
	static const uint8_t others[][3] = { { 0x20 }, { 0xf4 }, { 0xf5 }, { 0xf6 },
					     { 0xf7 }, { 0xe0 }, { 0xff }, { 0xf9, 0x3c, 0x00 } };
	static const uint8_t tag = 0xc1;
	size_t end = item(in, at);

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		refuse(s, in, at, end, (struct bytes){ others[i], others[i][0] == 0xf9 ? 3 : 1 });
	}
	refuse(s, in, at, at, (struct bytes){ &tag, 1 });
}

/* A map with two pairs changed over, with a pair twice, with one that is not there. */
static void refuse_other_pairs(const struct schema *s, struct bytes in, size_t at)
{
	uint64_t pairs;
	size_t first = head(in, at, &pairs);
	size_t second;
	size_t third;
	struct buf b;

	if (in.data[at] >> 5 != CBOR_MAP || pairs < 2) {
		return;
	}
	second = item(in, item(in, first));
	third = item(in, item(in, second));
	buf_init(&b, 0);
	buf_put(&b, in.data + second, third - second);
	buf_put(&b, in.data + first, second - first);
	refuse(s, in, first, third, buf_bytes(&b));
	buf_clear(&b);
	cbor_put_map(&b, (size_t)pairs + 1);
	buf_put(&b, in.data + first, second - first);
	buf_put(&b, in.data + first, third - first);
	refuse(s, in, at, third, buf_bytes(&b));
	buf_clear(&b);
	cbor_put_map(&b, (size_t)pairs + 1);
	refuse(s, in, at, first, buf_bytes(&b));
	buf_clear(&b);
	cbor_put_map(&b, (size_t)pairs - 1);
	refuse(s, in, at, first, buf_bytes(&b));
	buf_done(&b);
}

static void any_other_spelling_is_refused(void **state)
{
	uint64_t dice = 2;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; schemas_at(i) != NULL; i++) {
		for (unsigned round = 0; round < 3; round++) {
			const struct schema *s = schemas_at(i);
			struct bytes in;
			size_t at = 0;

			roll(s, &dice, &b);
			in = buf_bytes(&b);
			while (at < in.len) {
				unsigned type = in.data[at] >> 5;
				uint64_t value;

				refuse_long_heads(s, in, at);
				refuse_indefinite(s, in, at);
				refuse_other_types(s, in, at);
				refuse_other_pairs(s, in, at);
				at = head(in, at, &value);
				at += type == CBOR_BYTES || type == CBOR_TEXT ? (size_t)value : 0;
			}
			refuse(s, in, in.len, in.len, (struct bytes){ (const uint8_t *)"", 1 });
			for (size_t len = 0; len < in.len; len += 1 + in.len / 200) {
				refuse(s, in, len, in.len, (struct bytes){ NULL, 0 });
			}
		}
	}
	buf_done(&b);
}

/* The encoding of an object whose field i is this row instead, which allows more. */
static int encode_as(const struct schema *s, size_t i, const struct field *row, const void *object,
		     struct buf *out)
{
	struct field rows[SCHEMA_FIELDS_MAX];
	struct schema wider = *s;

	memcpy(rows, s->fields, s->count * sizeof rows[0]);
	rows[i] = *row;
	wider.fields = rows;
	buf_clear(out);
	return schema_encode(&wider, object, out);
}

/* An optional field that says nothing must not be said. */
static void an_empty_optional_field_is_refused(void **state)
{
	uint64_t dice = 3;
	struct buf b;
	unsigned tried = 0;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; schemas_at(i) != NULL; i++) {
		const struct schema *s = schemas_at(i);

		for (size_t k = 0; k < s->count; k++) {
			static const uint8_t texts[] = { 0x60, 0x40 };
			struct field row = s->fields[k];
			struct object object;
			struct arena arena;

			arena_init(&arena, 0);
			schemas_roll(s, &dice, &arena, &object);
			/* a list, text or number of the smallest size, which is then emptied */
			if (!row.required && row.type != FIELD_TEXT && row.type != FIELD_BYTES) {
				bool is_list = row.type == FIELD_LIST;

				memset(object.bytes + row.offset, 0,
				       row.type == FIELD_UINT     ? sizeof(uint64_t)
				       : is_list                  ? sizeof(struct list)
				       : row.type == FIELD_STRUCT ? row.of->size
								  : (size_t)row.max);
				row.required = true;
				assert_int_equal(encode_as(s, k, &row, &object, &b), ERR_OK);
				assert_int_equal(decode(s, buf_bytes(&b), 0), ERR_MALFORMED);
				tried++;
			} else if (row.type == FIELD_TEXT || row.type == FIELD_BYTES) {
				/* written as a number, then as an empty string of its type */
				uint64_t zero = 0;

				memcpy(object.bytes + row.offset, &zero, sizeof zero);
				row.type = FIELD_UINT;
				row.required = true;
				assert_int_equal(encode_as(s, k, &row, &object, &b), ERR_OK);
				for (size_t at = 0; at < b.len; at++) {
					if (b.data[at] == row.key && b.data[at + 1] == 0) {
						b.data[at + 1] =
						    texts[s->fields[k].type == FIELD_BYTES];
						assert_true(decode(s, buf_bytes(&b), 0) < 0);
						b.data[at + 1] = 0;
						tried++;
						break;
					}
				}
			}
			arena_done(&arena);
		}
	}
	assert_in_range(tried, 100, 10000);
	buf_done(&b);
}

static void *take(struct arena *arena, size_t n, size_t size)
{
	void *p = arena_take(arena, n, size);

	assert_non_null(p);
	return p;
}

/* Make the field as great as its row allows, or greater by one. */
static void stretch(const struct field *f, bool by_one, uint64_t *dice, struct arena *arena,
		    struct object *object)
{
	uint64_t v = f->max + by_one;
	struct bytes b;
	struct list list;

	if (f->type == FIELD_UINT) {
		memcpy(object->bytes + f->offset, &v, sizeof v);
	} else if (f->type == FIELD_BYTES || f->type == FIELD_TEXT) {
		b = (struct bytes){ memset(take(arena, (size_t)v, 1), 'x', (size_t)v), (size_t)v };
		memcpy(object->bytes + f->offset, &b, sizeof b);
	} else {
		list = (struct list){ take(arena, (size_t)v, f->of->size), (size_t)v };
		for (size_t i = 0; i < list.count; i++) {
			schemas_roll(f->of, dice, arena, (uint8_t *)list.items + i * f->of->size);
		}
		memcpy(object->bytes + f->offset, &list, sizeof list);
	}
}

/* What is exactly at its limit passes; one more is neither written nor read. */
static void limits_are_kept_by_one(void **state)
{
	uint64_t dice = 4;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; schemas_at(i) != NULL; i++) {
		const struct schema *s = schemas_at(i);

		for (size_t k = 0; k < s->count; k++) {
			struct field row = s->fields[k];
			struct object object;
			struct arena arena;

			if (row.type == FIELD_FIXED || row.type == FIELD_STRUCT ||
			    row.max == UINT64_MAX || (row.type != FIELD_UINT && row.max > 10000)) {
				continue;
			}
			arena_init(&arena, 0);
			schemas_roll(s, &dice, &arena, &object);
			stretch(&row, false, &dice, &arena, &object);
			buf_clear(&b);
			assert_int_equal(schema_encode(s, &object, &b), ERR_OK);
			assert_int_equal(decode(s, buf_bytes(&b), 0), ERR_OK);
			stretch(&row, true, &dice, &arena, &object);
			buf_clear(&b);
			assert_int_equal(schema_encode(s, &object, &b), ERR_RANGE);
			assert_int_equal(b.len, 0);
			row.max++;
			assert_int_equal(encode_as(s, k, &row, &object, &b), ERR_OK);
			assert_int_equal(decode(s, buf_bytes(&b), 0),
					 row.type == FIELD_UINT ? ERR_RANGE : ERR_LIMIT);
			arena_done(&arena);
		}
	}
	buf_done(&b);
}

/* A choice that is no member of its list, as 0 often is, is neither written nor read. */
static void what_is_below_its_least_is_refused(void **state)
{
	uint64_t dice = 6;
	struct buf b;
	unsigned tried = 0;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; schemas_at(i) != NULL; i++) {
		const struct schema *s = schemas_at(i);

		for (size_t k = 0; k < s->count; k++) {
			struct field row = s->fields[k];
			uint64_t v = row.min;
			struct object object;
			struct arena arena;

			if (v == 0) {
				continue;
			}
			arena_init(&arena, 0);
			schemas_roll(s, &dice, &arena, &object);
			memcpy(object.bytes + row.offset, &v, sizeof v);
			buf_clear(&b);
			assert_int_equal(schema_encode(s, &object, &b), ERR_OK);
			assert_int_equal(decode(s, buf_bytes(&b), 0), ERR_OK);
			v--;
			memcpy(object.bytes + row.offset, &v, sizeof v);
			buf_clear(&b);
			assert_int_equal(schema_encode(s, &object, &b), ERR_RANGE);
			assert_int_equal(b.len, 0);
			row.min = v;
			assert_int_equal(encode_as(s, k, &row, &object, &b), ERR_OK);
			assert_int_equal(decode(s, buf_bytes(&b), 0), ERR_RANGE);
			tried++;
			arena_done(&arena);
		}
	}
	assert_in_range(tried, 15, 100);
	buf_done(&b);
}

/* The fields of which 0 is no member, wherever they stand. */
static void every_choice_begins_with_its_first_member(void **state)
{
	static const struct {
		const struct schema *of;
		const char *field;
	} choice[] = {
		{ &kinds_notice, "status" },      { &kinds_encounter, "local" },
		{ &kinds_encounter, "purpose" },  { &kinds_search, "purpose" },
		{ &kinds_decision, "outcome" },   { &kinds_verdict, "outcome" },
		{ &kinds_receipt, "state" },      { &labels_schema, "sensitivity" },
		{ &labels_schema, "group" },      { &passport_schema, "role" },
		{ &worker_request_schema, "op" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof choice / sizeof choice[0]; i++) {
		unsigned found = 0;

		for (size_t k = 0; k < choice[i].of->count; k++) {
			const struct field *f = &choice[i].of->fields[k];

			found += strcmp(f->name, choice[i].field) == 0 && f->min == 1;
		}
		assert_int_equal(found, 1);
	}
}

/* Memory that ends at any place: the decoder says so, and takes no more than it was given. */
static void memory_may_end_anywhere(void **state)
{
	uint64_t dice = 5;
	struct buf b;
	unsigned ended = 0;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; schemas_at(i) != NULL; i++) {
		size_t limit = 1;
		int rc;

		roll(schemas_at(i), &dice, &b);
		while ((rc = decode(schemas_at(i), buf_bytes(&b), limit)) != ERR_OK) {
			assert_int_equal(rc, ERR_NOMEM);
			assert_in_range(limit, 1, 1 << 20);
			limit += 16;
			ended++;
		}
	}
	assert_in_range(ended, 20, 1000000);
	buf_done(&b);
}

/* What makes the rules above hold: see record/schema.h. */
static void check_rows(const struct schema *s, unsigned depth)
{
	assert_true(depth < SCHEMA_DEPTH_MAX && s->count <= SCHEMA_FIELDS_MAX);
	for (size_t i = 0; i < s->count; i++) {
		const struct field *f = &s->fields[i];

		assert_true(i == 0 || f->key > s->fields[i - 1].key);
		assert_true(f->key > 0 && f->key < 24 && f->offset < s->size);
		/* an optional number begins at 1 anyway */
		assert_true(f->min == 0 ||
			    (f->type == FIELD_UINT && f->required && f->min <= f->max));
		if (f->type == FIELD_STRUCT || f->type == FIELD_LIST) {
			check_rows(f->of, depth + 1);
		}
		/* a struct that is left out must have been able to be empty */
		for (size_t k = 0; f->type == FIELD_STRUCT && !f->required && k < f->of->count;
		     k++) {
			assert_false(f->of->fields[k].required);
		}
	}
}

static void every_table_is_well_formed(void **state)
{
	(void)state;
	for (size_t i = 0; schemas_at(i) != NULL; i++) {
		check_rows(schemas_at(i), 0);
	}
}

static void kinds_say_what_follows_from_them(void **state)
{
	unsigned known = 0;

	(void)state;
	for (uint64_t k = 0; k < 300; k++) {
		known += kind_known(k);
		assert_int_equal(kind_known(k), strcmp(kind_name(k), "unknown") != 0);
		assert_in_range(kind_lane(k), LANE_TRUST, LANE_COUNT - 1);
		assert_true(kind_known(k) || (kind_lane(k) == LANE_AUDIT && !kind_is_owned(k)));
		for (uint64_t other = 0; kind_known(k) && other < k; other++) {
			assert_string_not_equal(kind_name(k), kind_name(other));
		}
	}
	assert_int_equal(known, 16);
	assert_false(kind_known(UINT64_MAX));
	/* rule 6: what takes away comes before what gives */
	assert_true(kind_lane(KIND_ERASURE) < kind_lane(KIND_NOTICE));
	assert_true(kind_lane(KIND_REVOCATION) < kind_lane(KIND_TEMPLATE));
	assert_true(kind_is_owned(KIND_NOTICE) && kind_is_owned(KIND_SUBJECT) &&
		    kind_is_owned(KIND_TEMPLATE));
	assert_false(kind_is_owned(KIND_DECISION) || kind_is_owned(KIND_ENCOUNTER));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_table_is_well_formed),
		cmocka_unit_test(what_goes_out_comes_in_and_goes_out_the_same),
		cmocka_unit_test(any_other_spelling_is_refused),
		cmocka_unit_test(an_empty_optional_field_is_refused),
		cmocka_unit_test(limits_are_kept_by_one),
		cmocka_unit_test(what_is_below_its_least_is_refused),
		cmocka_unit_test(every_choice_begins_with_its_first_member),
		cmocka_unit_test(memory_may_end_anywhere),
		cmocka_unit_test(kinds_say_what_follows_from_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
