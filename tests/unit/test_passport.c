/* trust/passport.c and trust/members.c: who may be a member, and with which rights. */
#include "tests/lib/unit.h"

#include <string.h>

#include "record/cbor.h"
#include "record/schema.h"
#include "trust/members.h"
#include "trust/seal.h"

static struct keys *region;
static struct keys *node;
static struct keys *stranger;

static int make_keys(void **state)
{
	(void)state;
	return keys_new(true, &region) != ERR_OK || keys_new(false, &node) != ERR_OK ||
	       keys_new(true, &stranger) != ERR_OK;
}

static int drop_keys(void **state)
{
	(void)state;
	keys_free(region);
	keys_free(node);
	keys_free(stranger);
	return 0;
}

static struct passport passport(const struct keys *k, uint64_t serial)
{
	struct passport p = { .role = ROLE_POST,
			      .region = bytes_of("UTO-NORTH"),
			      .country = bytes_of("UTO"),
			      .label = bytes_of("Post"),
			      .serial = serial,
			      .not_before = 100,
			      .not_after = 200 };

	memcpy(p.sign_public, keys_sign_public(k), 32);
	memcpy(p.dh_public, keys_dh_public(k), 32);
	memcpy(p.seal_public, keys_seal_public(k), 32);
	return p;
}

static void a_request_is_signed_by_its_node(void **state)
{
	struct passport_request r;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(passport_request(node, bytes_of("Post B"), 5, &b), ERR_OK);
	assert_int_equal(passport_read_request(buf_bytes(&b), &r, NULL), ERR_OK);
	assert_true(bytes_is(r.label, "Post B"));
	for (size_t i = 0; i < b.len; i++) {
		b.data[i] ^= 0x10;
		assert_true(passport_read_request(buf_bytes(&b), &r, NULL) < 0);
		b.data[i] ^= 0x10;
	}
	buf_done(&b);
}

static void a_passport_counts_only_under_its_region(void **state)
{
	struct passport p = passport(node, 1);
	struct passport back;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(passport_sign(region, &p, &b), ERR_OK);
	assert_int_equal(passport_read(buf_bytes(&b), keys_region_public(region), &back, NULL),
			 ERR_OK);
	assert_memory_equal(back.node, keys_node(node), 16);
	assert_int_equal(passport_read(buf_bytes(&b), keys_region_public(stranger), &back, NULL),
			 ERR_FORGED);
	assert_true(passport_valid(&back, 100) && passport_valid(&back, 200));
	assert_false(passport_valid(&back, 99) || passport_valid(&back, 201));
	assert_int_equal(passport_sign(node, &p, &b), ERR_STATE);
	p.not_after = p.not_before + PASSPORT_DAYS_MAX + 1;
	assert_int_equal(passport_sign(region, &p, &b), ERR_RANGE);
	buf_done(&b);
}

static void a_grant_opens_for_its_node_only(void **state)
{
	struct passport p = passport(node, 1);
	struct membership m = { .psk = { 1 }, .control_class = { 2 }, .control_key = { 3 } };
	struct grant g;
	struct arena arena;
	struct buf signed_passport;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	buf_init(&signed_passport, 0);
	arena_init(&arena, 0);
	assert_int_equal(passport_sign(region, &p, &signed_passport), ERR_OK);
	m.issuer = buf_bytes(&signed_passport);
	assert_int_equal(
	    passport_grant(region, buf_bytes(&signed_passport), keys_seal_public(node), &m, &b),
	    ERR_OK);
	assert_int_equal(passport_open_grant(node, buf_bytes(&b), &arena, &g, NULL), ERR_OK);
	assert_memory_equal(g.membership.control_key, m.control_key, 32);
	assert_int_equal(passport_open_grant(stranger, buf_bytes(&b), &arena, &g, NULL),
			 ERR_DENIED);
	arena_done(&arena);
	buf_done(&b);
	buf_done(&signed_passport);
}

static void every_changed_bit_of_a_passport_and_a_grant_is_refused(void **state)
{
	struct passport p = passport(node, 1);
	struct passport back;
	struct membership m = { .psk = { 1 }, .control_class = { 2 }, .control_key = { 3 } };
	struct buf signed_passport;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	buf_init(&signed_passport, 0);
	assert_int_equal(passport_sign(region, &p, &signed_passport), ERR_OK);
	for (size_t bit = 0; bit < signed_passport.len * 8; bit++) {
		signed_passport.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_true(passport_read(buf_bytes(&signed_passport), keys_region_public(region),
					  &back, NULL) < 0);
		signed_passport.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	m.issuer = buf_bytes(&signed_passport);
	assert_int_equal(
	    passport_grant(region, buf_bytes(&signed_passport), keys_seal_public(node), &m, &b),
	    ERR_OK);
	assert_null(memmem(b.data, b.len, m.control_key, 32));
	for (size_t i = 0; i < b.len; i++) {
		struct grant g;
		struct arena arena;

		arena_init(&arena, 0);
		b.data[i] ^= 0x04;
		assert_true(passport_open_grant(node, buf_bytes(&b), &arena, &g, NULL) < 0);
		b.data[i] ^= 0x04;
		assert_true(
		    passport_open_grant(node, (struct bytes){ b.data, i }, &arena, &g, NULL) < 0);
		arena_done(&arena);
	}
	buf_done(&b);
	buf_done(&signed_passport);
}

/* A grant whose passport is ours but whose box is not, and the other way round. */
static void a_grant_for_two_nodes_is_for_none(void **state)
{
	struct passport p = passport(node, 1);
	struct membership m = { .psk = { 1 } };
	struct fault fault = { 0 };
	struct grant g;
	struct arena arena;
	struct buf signed_passport;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	buf_init(&signed_passport, 0);
	arena_init(&arena, 0);
	assert_int_equal(passport_sign(region, &p, &signed_passport), ERR_OK);
	m.issuer = buf_bytes(&signed_passport);
	assert_int_equal(
	    passport_grant(region, buf_bytes(&signed_passport), keys_seal_public(stranger), &m, &b),
	    ERR_OK);
	assert_int_equal(passport_open_grant(node, buf_bytes(&b), &arena, &g, &fault), ERR_FORGED);
	assert_string_equal(fault.what, "membership");
	assert_int_equal(passport_open_grant(stranger, buf_bytes(&b), &arena, &g, &fault),
			 ERR_DENIED);
	/* another region's key over the same passport */
	buf_clear(&b);
	assert_int_equal(
	    passport_grant(stranger, buf_bytes(&signed_passport), keys_seal_public(node), &m, &b),
	    ERR_OK);
	assert_int_equal(passport_open_grant(node, buf_bytes(&b), &arena, &g, &fault), ERR_FORGED);
	arena_done(&arena);
	buf_done(&b);
	buf_done(&signed_passport);
}

/* Who holds a node's passport knows all that is public about it, and could box a membership of
 * his own making to it: other keys, another control class. */
static void only_the_region_makes_grants(void **state)
{
	struct passport p = passport(node, 1);
	struct fault fault = { 0 };
	struct grant g;
	struct arena arena;
	struct buf signed_passport;
	struct buf plain;
	struct buf box;
	struct buf message;
	struct buf b;
	struct membership m = { .psk = { 9 }, .control_class = { 9 }, .control_key = { 9 } };
	uint8_t signature[KEYS_SIGNATURE_BYTES];

	(void)state;
	buf_init(&signed_passport, 0);
	buf_init(&plain, 0);
	buf_init(&box, 0);
	buf_init(&message, 0);
	buf_init(&b, 0);
	arena_init(&arena, 0);
	assert_int_equal(passport_sign(region, &p, &signed_passport), ERR_OK);
	m.issuer = buf_bytes(&signed_passport);
	assert_int_equal(schema_encode(&passport_membership_schema, &m, &plain), ERR_OK);
	assert_int_equal(keys_box(keys_seal_public(node), buf_bytes(&plain), &box), ERR_OK);
	buf_put(&message, keys_region_public(region), 32);
	buf_put(&message, signed_passport.data, signed_passport.len);
	buf_put(&message, box.data, box.len);
	for (int honest = 0; honest < 2; honest++) {
		assert_int_equal(keys_sign_region(honest ? region : stranger, "op1.grant",
						  buf_bytes(&message), signature),
				 ERR_OK);
		buf_clear(&b);
		cbor_put_map(&b, 4);
		cbor_put_uint(&b, 1);
		cbor_put_bytes(&b, (struct bytes){ keys_region_public(region), 32 });
		cbor_put_uint(&b, 2);
		cbor_put_bytes(&b, buf_bytes(&signed_passport));
		cbor_put_uint(&b, 3);
		cbor_put_bytes(&b, buf_bytes(&box));
		cbor_put_uint(&b, 4);
		cbor_put_bytes(&b, (struct bytes){ signature, sizeof signature });
		assert_int_equal(passport_open_grant(node, buf_bytes(&b), &arena, &g, &fault),
				 honest ? ERR_OK : ERR_FORGED);
		assert_true(honest || strcmp(fault.what, "signature") == 0);
	}
	/* and who has no region key makes none at all */
	assert_int_equal(
	    passport_grant(node, buf_bytes(&signed_passport), keys_seal_public(node), &m, &b),
	    ERR_STATE);
	arena_done(&arena);
	buf_done(&signed_passport);
	buf_done(&plain);
	buf_done(&box);
	buf_done(&message);
	buf_done(&b);
}

static void a_passport_that_says_too_much_is_not_signed(void **state)
{
	struct passport p;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	p = passport(node, 1);
	p.role = 0;
	assert_int_equal(passport_sign(region, &p, &b), ERR_RANGE);
	p.role = ROLE_HQ + 1;
	assert_int_equal(passport_sign(region, &p, &b), ERR_RANGE);
	p = passport(node, 1);
	p.not_after = p.not_before - 1;
	assert_int_equal(passport_sign(region, &p, &b), ERR_RANGE);
	p = passport(node, 1);
	p.country = bytes_of("UTOP");
	assert_int_equal(passport_sign(region, &p, &b), ERR_RANGE);
	p = passport(node, 1);
	p.not_after = p.not_before + PASSPORT_DAYS_MAX;
	assert_int_equal(b.len, 0);
	assert_int_equal(passport_sign(region, &p, &b), ERR_OK);
	buf_done(&b);
}

static void roles_have_names(void **state)
{
	uint64_t role = 9;

	(void)state;
	for (uint64_t r = ROLE_POST; r <= ROLE_HQ; r++) {
		assert_int_equal(passport_role(passport_role_name(r), &role), ERR_OK);
		assert_int_equal(role, r);
	}
	assert_int_equal(passport_role("", &role), ERR_NOTFOUND);
	assert_int_equal(passport_role("unknown", &role), ERR_NOTFOUND);
	assert_string_equal(passport_role_name(0), "unknown");
	assert_string_equal(passport_role_name(UINT64_MAX), "unknown");
}

static void a_fingerprint_has_twenty_six_signs(void **state)
{
	char print[PASSPORT_PRINT_BYTES + 8];

	(void)state;
	passport_fingerprint(keys_sign_public(node), print);
	assert_int_equal(strlen(print), 32); /* with six dashes */
}

static void put_passport(struct members *m, const struct keys *k, uint64_t serial, int want)
{
	struct passport p = passport(k, serial);
	struct buf b;

	buf_init(&b, 0);
	assert_int_equal(passport_sign(region, &p, &b), ERR_OK);
	assert_int_equal(members_passport(m, buf_bytes(&b), NULL), want);
	buf_done(&b);
}

static void the_latest_passport_of_a_node_counts(void **state)
{
	struct members *m;

	(void)state;
	assert_int_equal(members_new(keys_region_public(region), &m), ERR_OK);
	put_passport(m, node, 2, ERR_OK);
	put_passport(m, node, 1, ERR_STALE);
	put_passport(m, node, 3, ERR_OK);
	assert_int_equal(members_count(m), 1);
	assert_int_equal(members_find(m, keys_node(node))->serial, 3);
	assert_null(members_find(m, keys_node(stranger)));
	members_free(m);
}

static void rights_stand_in_two_bits_a_class(void **state)
{
	struct labels labels[5];
	struct class_entry classes[5];
	struct member_rights rights;
	struct roster r = { .version = 2, .classes = { classes, 5 }, .members = { &rights, 1 } };
	uint8_t bits[2] = { 0 };
	struct buf b[5];
	struct members *m;

	(void)state;
	assert_int_equal(members_new(keys_region_public(region), &m), ERR_OK);
	for (uint64_t i = 0; i < 5; i++) {
		labels[i] = (struct labels){ .owner = bytes_of("O"),
					     .region = bytes_of("R"),
					     .sensitivity = 1,
					     .group = i + 1 };
		buf_init(&b[i], 0);
		assert_int_equal(schema_encode(&labels_schema, &labels[i], &b[i]), ERR_OK);
		assert_int_equal(labels_class(&labels[i], classes[i].class_id), ERR_OK);
		classes[i].labels = buf_bytes(&b[i]);
		bits[i / 4] |= (uint8_t)((i % 4) << (2 * (i % 4)));
	}
	memcpy(rights.member, keys_node(node), 16);
	rights.rights = (struct bytes){ bits, 2 };
	assert_int_equal(members_roster(m, &r), ERR_OK);
	assert_int_equal(members_roster(m, &r), ERR_STALE);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(members_right(m, keys_node(node), classes[i].class_id), i % 4);
		assert_int_equal(members_right(m, keys_node(stranger), classes[i].class_id), 0);
	}
	/* a class that is not what its id says */
	r.version = 3;
	classes[0].class_id[0] ^= 1;
	assert_int_equal(members_roster(m, &r), ERR_MALFORMED);
	assert_int_equal(members_version(m), 2);
	for (unsigned i = 0; i < 5; i++) {
		buf_done(&b[i]);
	}
	members_free(m);
}

static void several_epochs_of_a_class_are_held(void **state)
{
	static const uint8_t class_id[ENTRY_CLASS_BYTES] = { 5 };
	static const uint8_t one[32] = { 1 };
	static const uint8_t two[32] = { 2 };
	uint8_t commit[32];
	uint8_t epoch[ENTRY_EPOCH_BYTES];
	struct members *m;

	(void)state;
	assert_int_equal(members_new(keys_region_public(region), &m), ERR_OK);
	assert_null(members_write_key(m, class_id));
	assert_int_equal(members_key(m, class_id, one), ERR_OK);
	assert_int_equal(members_key(m, class_id, two), ERR_OK);
	assert_int_equal(members_key(m, class_id, one), ERR_EXISTS);
	seal_epoch(two, commit, epoch);
	assert_int_equal(members_epoch(m, class_id, epoch, 1), ERR_OK);
	assert_memory_equal(members_write_key(m, class_id), two, 32);
	seal_epoch(one, commit, epoch);
	assert_memory_equal(members_epoch_key(m, class_id, epoch), one, 32);
	members_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_signed_by_its_node),
		cmocka_unit_test(a_passport_counts_only_under_its_region),
		cmocka_unit_test(a_grant_opens_for_its_node_only),
		cmocka_unit_test(every_changed_bit_of_a_passport_and_a_grant_is_refused),
		cmocka_unit_test(a_grant_for_two_nodes_is_for_none),
		cmocka_unit_test(only_the_region_makes_grants),
		cmocka_unit_test(a_passport_that_says_too_much_is_not_signed),
		cmocka_unit_test(roles_have_names),
		cmocka_unit_test(a_fingerprint_has_twenty_six_signs),
		cmocka_unit_test(the_latest_passport_of_a_node_counts),
		cmocka_unit_test(rights_stand_in_two_bits_a_class),
		cmocka_unit_test(several_epochs_of_a_class_are_held),
	};

	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
