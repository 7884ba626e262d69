#include "tests/lib/unit.h"

#include <string.h>

#include "record/kind.h"
#include "record/kinds.h"
#include "record/schema.h"

#define MUTATIONS 20000U

static struct notice example(void)
{
	struct notice n = { .record = { 1 },
			    .revision = 2,
			    .status = STATUS_ACTIVE,
			    .owner = bytes_of("UTO-NCB"),
			    .reference = bytes_of("R-1"),
			    .type = NOTICE_RED,
			    .purposes = 3,
			    .valid_until = 20000,
			    .restrictions = { .exclude = bytes_of("AAABBB"), .reviewers = 2 } };

	return n;
}

static void a_struct_comes_back_as_it_went(void **state)
{
	struct notice n = example();
	struct notice back;
	struct arena arena;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	arena_init(&arena, 4096);
	assert_int_equal(schema_encode(&kinds_notice, &n, &b), ERR_OK);
	assert_int_equal(schema_decode(&kinds_notice, buf_bytes(&b), &arena, &back, NULL), ERR_OK);
	assert_true(bytes_equal(back.owner, n.owner));
	assert_int_equal(back.restrictions.reviewers, 2);
	assert_int_equal(back.caveats.len, 0);
	arena_done(&arena);
	buf_done(&b);
}

/* Whatever is accepted is encoded to the same bytes again: so nothing has two forms. */
static void decode_then_encode_gives_the_same_bytes_or_refuses(void **state)
{
	struct notice n = example();
	struct buf b;
	struct buf again;
	uint64_t dice = 7;
	unsigned accepted = 0;

	(void)state;
	buf_init(&b, 0);
	buf_init(&again, 0);
	assert_int_equal(schema_encode(&kinds_notice, &n, &b), ERR_OK);
	for (unsigned i = 0; i < MUTATIONS; i++) {
		struct arena arena;
		struct notice back;
		size_t at;
		uint8_t old;

		dice = dice * 6364136223846793005ULL + 1442695040888963407ULL;
		at = (size_t)(dice >> 33) % b.len;
		old = b.data[at];
		b.data[at] = (uint8_t)(dice >> 20);
		arena_init(&arena, 65536);
		if (schema_decode(&kinds_notice, buf_bytes(&b), &arena, &back, NULL) == ERR_OK) {
			buf_clear(&again);
			assert_int_equal(schema_encode(&kinds_notice, &back, &again), ERR_OK);
			assert_true(bytes_equal(buf_bytes(&b), buf_bytes(&again)));
			accepted++;
		}
		arena_done(&arena);
		b.data[at] = old;
	}
	assert_in_range(accepted, MUTATIONS / 100, MUTATIONS);
	buf_done(&b);
	buf_done(&again);
}

static void every_truncation_is_refused_and_named(void **state)
{
	struct notice n = example();
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(schema_encode(&kinds_notice, &n, &b), ERR_OK);
	for (size_t len = 0; len < b.len; len++) {
		struct fault fault = { 0 };
		struct arena arena;
		struct notice back;

		arena_init(&arena, 4096);
		assert_true(schema_decode(&kinds_notice,
					  (struct bytes){ .data = b.data, .len = len }, &arena,
					  &back, &fault) < 0);
		assert_non_null(fault.what);
		arena_done(&arena);
	}
	buf_done(&b);
}

static void a_lying_count_allocates_nothing(void **state)
{
	/* an erasure that says it has 512 items and brings none */
	static const uint8_t in[] = { 0xa1, 0x01, 0x99, 0x02, 0x00 };
	struct erasure back;
	struct arena arena;

	(void)state;
	arena_init(&arena, 64);
	assert_int_equal(schema_decode(&kinds_erasure,
				       (struct bytes){ .data = in, .len = sizeof in }, &arena,
				       &back, NULL),
			 ERR_SHORT);
	assert_int_equal(arena.used, 0);
	arena_done(&arena);
}

static void empty_optional_fields_are_left_out_and_must_be(void **state)
{
	/* beacon: the required field may be zero; a second, unknown key may not stand there */
	static const uint8_t zero[] = { 0xa1, 0x01, 0x00 };
	static const uint8_t unknown[] = { 0xa2, 0x01, 0x00, 0x02, 0x00 };
	static const uint8_t none[] = { 0xa0 };
	/* receipt-like: an optional text that is there and empty (person-name, key 3) */
	struct beacon back;
	struct arena arena;

	(void)state;
	arena_init(&arena, 64);
	assert_int_equal(
	    schema_decode(&kinds_beacon, (struct bytes){ zero, sizeof zero }, &arena, &back, NULL),
	    ERR_OK);
	assert_true(schema_decode(&kinds_beacon, (struct bytes){ unknown, sizeof unknown }, &arena,
				  &back, NULL) < 0);
	assert_true(schema_decode(&kinds_beacon, (struct bytes){ none, sizeof none }, &arena, &back,
				  NULL) < 0);
	arena_done(&arena);
}

static void values_beyond_their_limits_are_not_written(void **state)
{
	struct notice n = example();
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	n.status = 4;
	assert_int_equal(schema_encode(&kinds_notice, &n, &b), ERR_RANGE);
	n.status = 0;
	assert_int_equal(schema_encode(&kinds_notice, &n, &b), ERR_RANGE);
	n = example();
	n.owner = bytes_of("");
	assert_int_equal(schema_encode(&kinds_notice, &n, &b), ERR_RANGE);
	n = example();
	n.caveats = bytes_of("\xff");
	assert_int_equal(schema_encode(&kinds_notice, &n, &b), ERR_RANGE);
	assert_int_equal(b.len, 0);
	buf_done(&b);
}

static void each_kind_of_a_body_has_its_schema(void **state)
{
	(void)state;
	for (uint64_t k = 0; k < 64; k++) {
		if (kind_known(k) && k != KIND_POLICY && k != KIND_REVOCATION) {
			assert_non_null(kinds_schema(k));
		}
	}
	assert_string_equal(kind_name(KIND_NOTICE), "notice");
	assert_string_equal(kind_name(63), "unknown");
	assert_int_equal(kind_lane(KIND_ERASURE), LANE_TRUST);
	assert_int_equal(kind_lane(KIND_NOTICE), LANE_ALERT);
}

static bool is_listed(const struct schema *s)
{
	unsigned times = 0;

	for (const struct schema *const *all = kinds_all(); *all != NULL; all++) {
		times += *all == s;
	}
	return times == 1;
}

/* Everything that a body can hold is in the list that docs/FORMATS.md is made from. */
static void all_schemas_are_listed_once_and_well_formed(void **state)
{
	(void)state;
	for (uint64_t k = 0; k < 64; k++) {
		assert_true(kinds_schema(k) == NULL || is_listed(kinds_schema(k)));
	}
	for (const struct schema *const *all = kinds_all(); *all != NULL; all++) {
		const struct schema *s = *all;

		assert_true(is_listed(s) && s->count > 0 && s->count <= SCHEMA_FIELDS_MAX);
		for (size_t i = 0; i < s->count; i++) {
			const struct field *f = &s->fields[i];
			bool nested = f->type == FIELD_STRUCT || f->type == FIELD_LIST;

			assert_true(i == 0 || f->key > s->fields[i - 1].key);
			assert_true((f->of != NULL) == nested);
			assert_true(!nested || is_listed(f->of));
			assert_true(f->max > 0 || f->type == FIELD_STRUCT);
		}
	}
}

/* Bytes from a dice, heads and keys as they might be: each schema refuses them or writes the
 * same bytes again. */
static void each_schema_has_one_form_for_each_value(void **state)
{
	uint64_t dice = 5;
	unsigned accepted = 0;
	struct buf b;
	struct buf again;

	(void)state;
	buf_init(&b, 0);
	buf_init(&again, 0);
	for (const struct schema *const *all = kinds_all(); *all != NULL; all++) {
		static uint8_t object[2048]; /* bigger than any */
		assert_true((*all)->size <= sizeof object);
		memset(object, 0, sizeof object);
		for (size_t i = 0; i < (*all)->count; i++) { /* the least of each required field */
			const struct field *f = &(*all)->fields[i];

			if (f->type == FIELD_UINT && f->required) {
				memcpy(object + f->offset, &f->min, sizeof f->min);
			}

			if (f->required && (f->type == FIELD_TEXT || f->type == FIELD_BYTES)) {
				struct bytes x = bytes_of("x");

				memcpy(object + f->offset, &x, sizeof x);
			}
		}
		buf_clear(&b);
		assert_int_equal(schema_encode(*all, object, &b), ERR_OK);
		for (unsigned i = 0; i < 2000; i++) {
			struct arena arena;
			size_t at;
			uint8_t old;

			dice = dice * 6364136223846793005ULL + 1442695040888963407ULL;
			at = (size_t)(dice >> 33) % b.len;
			old = b.data[at];
			b.data[at] = (uint8_t)(dice >> 20);
			arena_init(&arena, 1 << 20);
			if (schema_decode(*all, buf_bytes(&b), &arena, object, NULL) == ERR_OK) {
				buf_clear(&again);
				assert_int_equal(schema_encode(*all, object, &again), ERR_OK);
				assert_true(bytes_equal(buf_bytes(&b), buf_bytes(&again)));
				accepted++;
			}
			arena_done(&arena);
			b.data[at] = old;
		}
	}
	assert_in_range(accepted, 1000, 100000);
	buf_done(&b);
	buf_done(&again);
}

static void a_fault_names_the_field_and_its_place(void **state)
{
	/* beacon: no key 1, and key 2 instead */
	static const uint8_t in[] = { 0xa1, 0x02, 0x00 };
	/* action: a number where the encounter should be */
	static const uint8_t number[] = { 0xa2, 0x01, 0x00, 0x02, 0x60 };
	struct receipt receipt = { .encounter = { 1 }, .state = RECEIPT_DELIVERED, .entry = { 1 } };
	struct buf b;
	struct beacon beacon;
	struct action action;
	struct fault fault = { 0 };
	struct arena arena;

	(void)state;
	arena_init(&arena, 64);
	assert_int_equal(
	    schema_decode(&kinds_beacon, (struct bytes){ in, sizeof in }, &arena, &beacon, &fault),
	    ERR_MALFORMED);
	assert_string_equal(fault.what, "at_ms");
	assert_int_equal(fault.at, 1);
	assert_true(schema_decode(&kinds_action, (struct bytes){ number, sizeof number }, &arena,
				  &action, &fault) < 0);
	assert_string_equal(fault.what, "encounter");
	/* a receipt that says neither that it arrived nor anything else */
	buf_init(&b, 0);
	assert_int_equal(schema_encode(&kinds_receipt, &receipt, &b), ERR_OK);
	assert_int_equal(b.data[19], 2); /* the map, key and encounter stand before it */
	b.data[20] = 0;
	assert_int_equal(schema_decode(&kinds_receipt, buf_bytes(&b), &arena, &receipt, &fault),
			 ERR_RANGE);
	assert_string_equal(fault.what, "state");
	assert_int_equal(fault.at, 19);
	buf_done(&b);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_struct_comes_back_as_it_went),
		cmocka_unit_test(decode_then_encode_gives_the_same_bytes_or_refuses),
		cmocka_unit_test(every_truncation_is_refused_and_named),
		cmocka_unit_test(a_lying_count_allocates_nothing),
		cmocka_unit_test(empty_optional_fields_are_left_out_and_must_be),
		cmocka_unit_test(values_beyond_their_limits_are_not_written),
		cmocka_unit_test(all_schemas_are_listed_once_and_well_formed),
		cmocka_unit_test(each_schema_has_one_form_for_each_value),
		cmocka_unit_test(a_fault_names_the_field_and_its_place),
		cmocka_unit_test(each_kind_of_a_body_has_its_schema),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
