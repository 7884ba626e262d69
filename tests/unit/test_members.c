/* trust/members.c: rosters, rights, passports and keys of a region, in any order and number. */
#include "tests/lib/unit.h"

#include <string.h>

#include "trust/members.h"
#include "trust/seal.h"

#define CLASSES 9U

static struct keys *region;
static struct keys *node;
static struct members *m;

static struct class_entry classes[CLASSES];
static struct buf encoded[CLASSES];
static struct member_rights rights[2];
static const uint8_t nobody[ENTRY_NODE_BYTES] = { 0xee };

static int start(void **state)
{
	(void)state;
	if (keys_new(true, &region) != ERR_OK || keys_new(false, &node) != ERR_OK ||
	    members_new(keys_region_public(region), &m) != ERR_OK) {
		return 1;
	}
	for (uint64_t i = 0; i < CLASSES; i++) {
		struct labels l = { .owner = bytes_of("O"),
				    .region = bytes_of("R"),
				    .sensitivity = 1,
				    .purposes = i,
				    .group = GROUP_MATCH };

		buf_init(&encoded[i], 0);
		if (schema_encode(&labels_schema, &l, &encoded[i]) != ERR_OK ||
		    labels_class(&l, classes[i].class_id) != ERR_OK) {
			return 1;
		}
		classes[i].labels = buf_bytes(&encoded[i]);
	}
	memcpy(rights[0].member, keys_node(node), ENTRY_NODE_BYTES);
	memset(rights[1].member, 7, ENTRY_NODE_BYTES);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	members_free(m);
	keys_free(region);
	keys_free(node);
	for (size_t i = 0; i < CLASSES; i++) {
		buf_done(&encoded[i]);
	}
	return 0;
}

static struct roster roster(uint64_t version, size_t members)
{
	struct roster r = { .version = version,
			    .classes = { classes, CLASSES },
			    .members = { rights, members } };

	return r;
}

static int add_to(struct members *to, struct keys *signer, uint64_t serial, uint64_t role,
		  const uint8_t sign_public[32])
{
	struct passport p = { .role = role,
			      .region = bytes_of("R"),
			      .country = bytes_of("UTO"),
			      .label = bytes_of("Post"),
			      .serial = serial,
			      .not_before = 100,
			      .not_after = 200 };
	struct buf b;
	int rc;

	memcpy(p.sign_public, sign_public, 32);
	buf_init(&b, 0);
	rc = passport_sign(signer, &p, &b);
	if (rc == ERR_OK) {
		rc = members_passport(to, buf_bytes(&b), NULL);
	}
	buf_done(&b);
	return rc;
}

static int add(struct keys *signer, uint64_t serial, uint64_t role, const uint8_t sign_public[32])
{
	return add_to(m, signer, serial, role, sign_public);
}

static void without_a_roster_nobody_has_a_right(void **state)
{
	struct roster r = roster(0, 0);
	struct labels l;

	(void)state;
	assert_int_equal(members_version(m), 0);
	assert_int_equal(members_class_count(m), 0);
	assert_null(members_class(m, 0, &l));
	assert_int_equal(members_right(m, keys_node(node), classes[0].class_id), RIGHT_NONE);
	assert_int_equal(members_labels(m, classes[0].class_id, &l), ERR_NOTFOUND);
	assert_int_equal(members_roster(m, &r), ERR_STALE); /* version 0 is none */
}

/* Rights are as long as they are: what lies beyond the bitmap is none, whatever follows it. */
static void a_short_bitmap_gives_nothing_beyond_its_end(void **state)
{
	uint8_t bits[3] = { 0xff, 0xff, 0xff };

	(void)state;
	for (size_t len = 1; len <= 3; len++) {
		struct roster r = roster(len, 2);

		rights[0].rights = (struct bytes){ bits, len };
		rights[1].rights = (struct bytes){ bits, 1 };
		assert_int_equal(members_roster(m, &r), ERR_OK);
		for (size_t i = 0; i < CLASSES; i++) {
			assert_int_equal(members_right(m, rights[0].member, classes[i].class_id),
					 i < 4 * len ? RIGHT_READ : RIGHT_NONE);
			assert_int_equal(members_right(m, rights[1].member, classes[i].class_id),
					 i < 4 ? RIGHT_READ : RIGHT_NONE);
			assert_int_equal(members_right(m, nobody, classes[i].class_id), RIGHT_NONE);
		}
		assert_int_equal(members_right(m, rights[0].member, nobody), RIGHT_NONE);
	}
}

static void each_pair_of_bits_is_its_own_class(void **state)
{
	uint64_t version = 10;

	(void)state;
	for (size_t i = 0; i < CLASSES; i++) {
		for (unsigned right = 0; right <= RIGHT_READ; right++) {
			uint8_t bits[3] = { 0 };
			struct roster r = roster(version++, 1);

			bits[i / 4] = (uint8_t)(right << (2 * (i % 4)));
			rights[0].rights = (struct bytes){ bits, 3 };
			assert_int_equal(members_roster(m, &r), ERR_OK);
			for (size_t k = 0; k < CLASSES; k++) {
				assert_int_equal(
				    members_right(m, rights[0].member, classes[k].class_id),
				    k == i ? right : RIGHT_NONE);
			}
		}
	}
}

static void an_older_roster_takes_nothing_back(void **state)
{
	uint8_t all[3] = { 0xff, 0xff, 0xff };
	uint8_t none[3] = { 0 };
	struct roster r = roster(100, 1);

	(void)state;
	rights[0].rights = (struct bytes){ none, 3 };
	assert_int_equal(members_roster(m, &r), ERR_OK);
	rights[0].rights = (struct bytes){ all, 3 };
	for (uint64_t version = 0; version < 100; version++) {
		r.version = version;
		assert_int_equal(members_roster(m, &r), ERR_STALE);
	}
	assert_int_equal(members_version(m), 100);
	assert_int_equal(members_right(m, rights[0].member, classes[0].class_id), RIGHT_NONE);
}

/* An issuer that went back to a backup gives a number twice: all nodes keep the same one. */
static void of_two_with_one_number_all_keep_the_same(void **state)
{
	uint8_t bits[2][3] = { { 1, 0, 0 }, { 2, 0, 0 } };
	uint8_t public_key[32] = { 9 };
	uint64_t kept_role = 0;

	(void)state;
	for (unsigned first = 0; first < 2; first++) {
		struct roster r = roster(150, 1);
		struct members *other;
		uint8_t id[ENTRY_NODE_BYTES];

		assert_int_equal(members_new(keys_region_public(region), &other), ERR_OK);
		for (unsigned i = 0; i < 2; i++) {
			unsigned which = i ^ first;
			int rc;

			rights[0].rights = (struct bytes){ bits[which], 3 };
			assert_int_equal(members_roster(other, &r),
					 first == 1 && i == 1 ? ERR_STALE : ERR_OK);
			rc = add_to(other, region, 1, which == 0 ? ROLE_POST : ROLE_RELAY,
				    public_key);
			assert_true(rc == ERR_OK || (i == 1 && rc == ERR_STALE));
		}
		assert_int_equal(members_right(other, rights[0].member, classes[0].class_id), 2);
		keys_node_of(public_key, id);
		assert_true(first == 0 || members_find(other, id)->role == kept_role);
		kept_role = members_find(other, id)->role;
		members_free(other);
	}
}

/* Rights to one class may not be had under the name of another. */
static void labels_that_do_not_make_the_id_are_refused(void **state)
{
	uint8_t bits[3] = { 0xff, 0xff, 0xff };
	struct roster r = roster(200, 1);
	struct class_entry kept = classes[3];
	struct bytes shorter = { encoded[0].data, encoded[0].len - 1 };

	(void)state;
	rights[0].rights = (struct bytes){ bits, 3 };
	classes[3].labels = classes[4].labels; /* another's */
	assert_int_equal(members_roster(m, &r), ERR_MALFORMED);
	classes[3].labels = shorter; /* cut off */
	assert_int_equal(members_roster(m, &r), ERR_MALFORMED);
	classes[3] = kept;
	for (size_t bit = 0; bit < encoded[3].len * 8; bit++) {
		encoded[3].data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_equal(members_roster(m, &r), ERR_MALFORMED);
		encoded[3].data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	assert_int_equal(members_version(m), 100);
	assert_int_equal(members_roster(m, &r), ERR_OK);
}

/* Which of two lines counts must not be for the reader to choose. */
static void who_or_what_is_named_twice_is_refused(void **state)
{
	uint8_t bits[3] = { 0xff, 0xff, 0xff };
	struct roster r = roster(250, 2);
	struct member_rights other = rights[1];
	struct class_entry kept = classes[CLASSES - 1];

	(void)state;
	rights[0].rights = (struct bytes){ bits, 3 };
	rights[1] = rights[0]; /* to the byte, or with other rights */
	assert_int_equal(members_roster(m, &r), ERR_MALFORMED);
	rights[1].rights = (struct bytes){ bits, 1 };
	assert_int_equal(members_roster(m, &r), ERR_MALFORMED);
	rights[1] = other;
	rights[1].rights = (struct bytes){ bits, 1 };
	classes[CLASSES - 1] = classes[0];
	assert_int_equal(members_roster(m, &r), ERR_MALFORMED);
	classes[CLASSES - 1] = kept;
	assert_true(members_version(m) < 250);
	assert_int_equal(members_roster(m, &r), ERR_OK);
}

/* What is kept is a copy: the caller's roster may go. */
static void a_roster_is_copied(void **state)
{
	uint8_t bits[3] = { 0xff, 0, 0 };
	struct roster r = roster(300, 1);
	struct labels l;

	(void)state;
	rights[0].rights = (struct bytes){ bits, 3 };
	assert_int_equal(members_roster(m, &r), ERR_OK);
	bits[0] = 0;
	encoded[1].data[1] ^= 0xff;
	assert_int_equal(members_right(m, rights[0].member, classes[0].class_id), RIGHT_READ);
	assert_int_equal(members_labels(m, classes[1].class_id, &l), ERR_OK);
	assert_int_equal(l.purposes, 1);
	encoded[1].data[1] ^= 0xff;
	assert_memory_equal(members_class(m, 2, NULL), classes[2].class_id, ENTRY_CLASS_BYTES);
	assert_null(members_class(m, CLASSES, NULL));
}

static void only_the_region_names_members(void **state)
{
	struct keys *other;
	uint8_t public_key[32] = { 1 };

	(void)state;
	assert_int_equal(keys_new(true, &other), ERR_OK);
	assert_int_equal(add(other, 1, ROLE_HQ, public_key), ERR_FORGED);
	assert_int_equal(add(region, 1, ROLE_HQ + 1, public_key), ERR_RANGE);
	assert_int_equal(members_count(m), 0);
	assert_null(members_at(m, 0));
	keys_free(other);
}

static void a_region_has_so_many_members_and_no_more(void **state)
{
	uint8_t public_key[32] = { 0 };
	uint8_t id[ENTRY_NODE_BYTES];

	(void)state;
	for (unsigned i = 0; i < MEMBERS_MAX; i++) {
		memcpy(public_key, &i, sizeof i);
		assert_int_equal(add(region, 5, ROLE_POST, public_key), ERR_OK);
	}
	keys_node_of(public_key, id);
	assert_int_equal(add(region, 5, ROLE_POST, public_key), ERR_STALE);
	assert_int_equal(add(region, 4, ROLE_HQ, public_key), ERR_STALE);
	assert_int_equal(add(region, 6, ROLE_RELAY, public_key), ERR_OK); /* not another member */
	assert_int_equal(members_find(m, id)->role, ROLE_RELAY);
	assert_true(members_signed(m, id).len > 0);
	public_key[31] = 1;
	assert_int_equal(add(region, 1, ROLE_POST, public_key), ERR_FULL);
	assert_int_equal(members_count(m), MEMBERS_MAX);
	assert_int_equal(members_signed(m, nobody).len, 0);
}

static void a_key_is_of_one_class_and_one_epoch(void **state)
{
	uint8_t key[32] = { 0 };
	uint8_t commit[32];
	uint8_t epoch[ENTRY_EPOCH_BYTES];
	unsigned held = 0;
	int rc = ERR_OK;

	(void)state;
	seal_epoch(key, commit, epoch);
	assert_int_equal(members_key(m, classes[0].class_id, key), ERR_OK);
	assert_int_equal(members_key(m, classes[0].class_id, key), ERR_EXISTS);
	assert_null(members_epoch_key(m, classes[1].class_id, epoch));
	assert_null(members_write_key(m, classes[1].class_id));
	assert_int_equal(members_key(m, classes[1].class_id, key), ERR_OK);
	while (rc == ERR_OK) {
		held++;
		memcpy(key, &held, sizeof held);
		rc = members_key(m, classes[2].class_id, key);
	}
	assert_int_equal(rc, ERR_FULL);
	assert_in_range(held, MEMBERS_CLASSES_MAX, MEMBERS_CLASSES_MAX * 8);
	assert_non_null(members_epoch_key(m, classes[0].class_id, epoch));
}

/* Keys and what announces them, in some order; with which key is written then? */
struct told {
	uint8_t key; /* all its bytes */
	bool comes;  /* the key itself; else that it is announced */
	uint64_t clock;
};

static uint8_t written_with(const struct told *told, const size_t *order, size_t count)
{
	struct members *other;
	const uint8_t *with;
	uint8_t which;

	assert_int_equal(members_new(keys_region_public(region), &other), ERR_OK);
	for (size_t i = 0; i < count; i++) {
		const struct told *t = &told[order[i]];
		uint8_t key[32];
		uint8_t commit[32];
		uint8_t epoch[ENTRY_EPOCH_BYTES];
		int rc;

		memset(key, t->key, sizeof key);
		seal_epoch(key, commit, epoch);
		rc = t->comes ? members_key(other, classes[0].class_id, key)
			      : members_epoch(other, classes[0].class_id, epoch, t->clock);
		assert_int_equal(rc, ERR_OK);
	}
	with = members_write_key(other, classes[0].class_id);
	which = with == NULL ? 0 : with[0];
	members_free(other);
	return which;
}

/* Every order of at most six things (Heap's way, without recursion). */
static uint8_t whatever_the_order(const struct told *told, size_t count)
{
	size_t order[6] = { 0, 1, 2, 3, 4, 5 };
	size_t turns[6] = { 0 };
	uint8_t first = written_with(told, order, count);

	for (size_t i = 0; i < count;) {
		if (turns[i] < i) {
			size_t with = i % 2 == 0 ? 0 : turns[i];
			size_t swap = order[with];

			order[with] = order[i];
			order[i] = swap;
			assert_int_equal(written_with(told, order, count), first);
			turns[i]++;
			i = 0;
		} else {
			turns[i++] = 0;
		}
	}
	return first;
}

/* Two issuers that do not hear each other each make a key: once all know both, all write with
 * the same one, or what one writes could be unreadable for those who came between. */
static void all_write_with_the_same_of_two_keys(void **state)
{
	const struct told later[] = {
		{ 1, true, 0 }, { 2, true, 0 }, { 1, false, 2000 }, { 2, false, 1000 }
	};
	const struct told handed_on[] = { { 1, true, 0 },     { 2, true, 0 },
					  { 1, false, 1000 }, { 2, false, 2000 },
					  { 1, false, 3000 }, { 2, false, 2500 } };
	const struct told at_once[] = {
		{ 1, true, 0 }, { 2, true, 0 }, { 1, false, 1000 }, { 2, false, 1000 }
	};
	const struct told not_ours[] = { { 1, true, 0 }, { 1, false, 1000 }, { 2, false, 2000 } };
	const struct told unheard_of[] = { { 1, true, 0 }, { 2, true, 0 }, { 1, false, 0 } };
	const struct told from_the_start[] = {
		{ 1, true, 0 }, { 2, true, 0 }, { 1, false, 0 }, { 1, false, 9 }, { 2, false, 5 }
	};
	uint8_t key[2][32];
	uint8_t commit[32];
	uint8_t epoch[2][ENTRY_EPOCH_BYTES];

	(void)state;
	for (int i = 0; i < 2; i++) {
		memset(key[i], i + 1, sizeof key[i]);
		seal_epoch(key[i], commit, epoch[i]);
	}
	assert_int_equal(whatever_the_order(later, 4), 1);
	assert_int_equal(whatever_the_order(handed_on, 6), 2);
	assert_int_equal(whatever_the_order(at_once, 4),
			 memcmp(epoch[0], epoch[1], sizeof epoch[0]) > 0 ? 1 : 2);
	assert_int_equal(whatever_the_order(not_ours, 3), 1);
	assert_int_equal(whatever_the_order(unheard_of, 3), 1);
	assert_int_equal(whatever_the_order(from_the_start, 5), 2);
	assert_int_equal(whatever_the_order(&not_ours[2], 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_roster_nobody_has_a_right),
		cmocka_unit_test(a_short_bitmap_gives_nothing_beyond_its_end),
		cmocka_unit_test(each_pair_of_bits_is_its_own_class),
		cmocka_unit_test(an_older_roster_takes_nothing_back),
		cmocka_unit_test(of_two_with_one_number_all_keep_the_same),
		cmocka_unit_test(labels_that_do_not_make_the_id_are_refused),
		cmocka_unit_test(who_or_what_is_named_twice_is_refused),
		cmocka_unit_test(a_roster_is_copied),
		cmocka_unit_test(only_the_region_names_members),
		cmocka_unit_test(a_region_has_so_many_members_and_no_more),
		cmocka_unit_test(a_key_is_of_one_class_and_one_epoch),
		cmocka_unit_test(all_write_with_the_same_of_two_keys),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
