/* node/ledger.c: a position moves only where nothing can be lost by it. */
#include "tests/lib/unit.h"

#include <string.h>

#include "base/err.h"
#include "node/ledger.h"

static const uint8_t post_b[ENTRY_NODE_BYTES] = { 0xb };
static const uint8_t post_c[ENTRY_NODE_BYTES] = { 0xc };
static const uint8_t classes[LEDGER_CLASS_BYTES] = { 1 };
static const uint8_t others[LEDGER_CLASS_BYTES] = { 2 };

static struct store *store;
static struct keys *keys;
static struct arena arena;
static struct ledger ledger;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 0);
	memset(&ledger, 0, sizeof ledger);
	assert_int_equal(keys_new(false, &keys), ERR_OK);
	return store_open("sqlite::memory:", &store, NULL);
}

static int teardown(void **state)
{
	(void)state;
	store_close(store);
	keys_free(keys);
	arena_done(&arena);
	return 0;
}

/* Bundle number `id` for post B, and C if told, with alerts from..to. */
static void send(uint8_t id, bool for_c, uint64_t from, uint64_t to)
{
	struct ledger_span span = { .lane = LANE_ALERT, .from = from, .to = to };
	struct ledger_member members[2];
	struct ledger_sent sent = { .bundle = { id },
				    .spans = { .items = &span, .count = 1 },
				    .members = { .items = members, .count = for_c ? 2 : 1 } };

	memcpy(members[0].node, post_b, sizeof post_b);
	memcpy(members[1].node, post_c, sizeof post_c);
	memcpy(sent.classes, classes, sizeof classes);
	assert_int_equal(ledger_sent(&ledger, &arena, &sent), ERR_OK);
}

static bool hear(uint8_t id, const uint8_t *who, const uint8_t *shared, uint64_t refused)
{
	struct parcel_taken taken = { .lane = LANE_ALERT, .ok = 1, .refused = refused };
	struct parcel_receipt receipt = { .bundle = { id },
					  .lanes = { .items = &taken, .count = 1 } };
	bool news;

	assert_int_equal(ledger_heard(&ledger, &arena, who, shared, &receipt, &news), ERR_OK);
	return news;
}

static uint64_t position(const uint8_t *who)
{
	return ledger_position(&ledger, who, classes, LANE_ALERT);
}

static void moves_by_a_receipt_and_by_nothing_else(void **state)
{
	(void)state;
	send(1, false, 0, 50);
	assert_int_equal(position(post_b), 0);
	assert_true(hear(1, post_b, classes, 0));
	assert_int_equal(position(post_b), 50);
	assert_false(hear(1, post_b, classes, 0)); /* again: nothing new */
	assert_int_equal(ledger_position(&ledger, post_b, classes, LANE_CASE), 0);
}

static void stays_when_the_lane_was_not_taken_whole(void **state)
{
	(void)state;
	send(1, false, 0, 50);
	assert_false(hear(1, post_b, classes, 1));
	assert_int_equal(position(post_b), 0);
}

static void hears_only_those_for_whom_it_was(void **state)
{
	(void)state;
	send(1, false, 0, 50);
	assert_false(hear(1, post_c, classes, 0));
	assert_false(hear(9, post_b, classes, 0)); /* never sent */
	send(2, true, 0, 60);
	assert_true(hear(2, post_c, classes, 0));
	assert_int_equal(position(post_c), 60);
	assert_int_equal(position(post_b), 0);
}

static void never_jumps_over_a_gap(void **state)
{
	(void)state;
	send(1, false, 40, 90);
	assert_false(hear(1, post_b, classes, 0));
	assert_int_equal(position(post_b), 0);
	send(2, false, 0, 45);
	assert_true(hear(2, post_b, classes, 0));
	assert_true(hear(1, post_b, classes, 0));
	assert_int_equal(position(post_b), 90);
	assert_false(hear(2, post_b, classes, 0)); /* nor back */
	assert_int_equal(position(post_b), 90);
}

static void begins_again_when_other_classes_are_shared(void **state)
{
	(void)state;
	send(1, false, 0, 50);
	send(2, false, 50, 70);
	assert_true(hear(1, post_b, classes, 0));
	assert_int_equal(ledger_position(&ledger, post_b, others, LANE_ALERT), 0);
	/* what was sent with fewer classes says nothing of those that came */
	assert_false(hear(2, post_b, others, 0));
	assert_int_equal(position(post_b), 50);
}

static void forgets_a_member_that_has_lost_its_store(void **state)
{
	(void)state;
	send(1, true, 0, 50);
	send(2, true, 0, 60);
	assert_true(hear(1, post_b, classes, 0));
	assert_true(hear(1, post_c, classes, 0));
	ledger_forget(&ledger, post_b);
	assert_int_equal(position(post_b), 0);
	assert_false(hear(2, post_b, classes, 0)); /* a receipt from before */
	assert_int_equal(position(post_b), 0);
	assert_int_equal(position(post_c), 50);
}

static void owe(uint8_t bundle, const uint8_t *who, uint64_t ok)
{
	struct parcel_taken taken = { .lane = LANE_CASE, .ok = ok };
	struct ledger_due due = { .receipt = { .bundle = { bundle },
					       .lanes = { .items = &taken, .count = 1 } } };

	memcpy(due.node, who, ENTRY_NODE_BYTES);
	assert_int_equal(ledger_owe(&ledger, &arena, &due), ERR_OK);
}

static void owes_each_sender_its_last_receipts_once(void **state)
{
	const struct ledger_due *due;

	(void)state;
	owe(99, post_c, 1);
	for (uint8_t i = 0; i < 20; i++) {
		owe(i, post_b, i);
	}
	owe(19, post_b, 1000); /* imported once more: it replaces the first one */
	due = ledger.due.items;
	assert_int_equal(ledger.due.count, 1 + LEDGER_DUE_EACH);
	assert_int_equal(due[0].receipt.bundle[0], 99);
	for (uint8_t i = 0; i < LEDGER_DUE_EACH; i++) {
		assert_int_equal(due[1 + i].receipt.bundle[0], 20 - LEDGER_DUE_EACH + i);
	}
	assert_int_equal(
	    ((const struct parcel_taken *)due[LEDGER_DUE_EACH].receipt.lanes.items)->ok, 1000);
}

static void is_bounded_and_the_oldest_goes_first(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LEDGER_SENT_MAX + 3; i++) {
		send((uint8_t)i, true, 0, i + 1);
	}
	for (unsigned i = 0; i < LEDGER_DUE_MAX + 9; i++) {
		uint8_t who[ENTRY_NODE_BYTES] = { (uint8_t)i, (uint8_t)(i >> 8) };

		owe(1, who, 1);
	}
	assert_int_equal(ledger.sent.count, LEDGER_SENT_MAX);
	assert_int_equal(ledger.due.count, LEDGER_DUE_MAX);
	assert_false(hear(2, post_b, classes, 0));
	assert_true(hear(3, post_b, classes, 0));
}

/* As full as it can be, it fits into one value, and comes back as it was. */
static void survives_on_disk_as_full_as_it_can_be(void **state)
{
	struct ledger_span spans[LANE_COUNT];
	struct ledger_member members[BUNDLE_SLOTS_MAX];
	struct ledger_sent sent = { .spans = { .items = spans, .count = LANE_COUNT },
				    .members = { .items = members, .count = BUNDLE_SLOTS_MAX } };
	struct parcel_taken taken[LANE_COUNT];
	struct parcel_receipt receipt = { .lanes = { .items = taken, .count = 0 } };
	struct ledger again;
	bool news;

	(void)state;
	memset(members, 0xff, sizeof members);
	for (size_t k = 0; k < LANE_COUNT; k++) {
		spans[k] = (struct ledger_span){ .lane = k, .to = INT64_MAX };
		taken[k] = (struct parcel_taken){ k, INT64_MAX, INT64_MAX };
	}
	memcpy(sent.classes, classes, sizeof classes);
	for (unsigned i = 0; i < MEMBERS_MAX; i++) {
		struct ledger_due due = { .node = { (uint8_t)i, (uint8_t)(i >> 8), 1 },
					  .receipt = { .lanes = { taken, LANE_COUNT } } };

		memcpy(members[i % BUNDLE_SLOTS_MAX].node, due.node, ENTRY_NODE_BYTES);
		sent.bundle[0] = (uint8_t)i;
		receipt.bundle[0] = (uint8_t)i;
		assert_int_equal(ledger_sent(&ledger, &arena, &sent), ERR_OK);
		assert_int_equal(ledger_heard(&ledger, &arena, due.node, classes, &receipt, &news),
				 ERR_OK);
		assert_int_equal(ledger_owe(&ledger, &arena, &due), ERR_OK);
	}
	assert_int_equal(ledger.peers.count, MEMBERS_MAX);
	assert_int_equal(store_begin(store), ERR_OK);
	assert_int_equal(ledger_save(store, keys, &ledger), ERR_OK);
	assert_int_equal(store_commit(store), ERR_OK);
	assert_int_equal(ledger_load(store, keys, &arena, &again), ERR_OK);
	assert_int_equal(again.sent.count, LEDGER_SENT_MAX);
	assert_int_equal(again.peers.count, MEMBERS_MAX);
	assert_int_equal(again.due.count, LEDGER_DUE_MAX);
	assert_int_equal(
	    ledger_position(&again, (const uint8_t[ENTRY_NODE_BYTES]){ 7, 1, 1 }, classes, 5),
	    INT64_MAX);
}

static void is_empty_before_the_first_bundle_and_damage_is_seen(void **state)
{
	(void)state;
	assert_int_equal(ledger_load(store, keys, &arena, &ledger), ERR_OK);
	assert_int_equal(ledger.sent.count + ledger.peers.count + ledger.due.count, 0);
	assert_int_equal(store_begin(store), ERR_OK);
	assert_int_equal(store_set(store, "bundles",
				   bytes_of("no ledger at all, but long enough "
					    "to be one")),
			 ERR_OK);
	assert_int_equal(store_commit(store), ERR_OK);
	assert_int_equal(ledger_load(store, keys, &arena, &ledger), ERR_CORRUPT);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(moves_by_a_receipt_and_by_nothing_else),
		T(stays_when_the_lane_was_not_taken_whole),
		T(hears_only_those_for_whom_it_was),
		T(never_jumps_over_a_gap),
		T(begins_again_when_other_classes_are_shared),
		T(forgets_a_member_that_has_lost_its_store),
		T(owes_each_sender_its_last_receipts_once),
		T(is_bounded_and_the_oldest_goes_first),
		T(survives_on_disk_as_full_as_it_can_be),
		T(is_empty_before_the_first_bundle_and_damage_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
