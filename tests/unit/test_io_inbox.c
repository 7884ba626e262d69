#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "io/inbox.h"

/* Want of memory: the n-th allocation from now on fails; 0: none. */
static unsigned fail_at;

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size)
{
	return fail_at > 0 && --fail_at == 0 ? NULL : __real_calloc(n, size);
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return fail_at > 0 && --fail_at == 0 ? NULL : __real_malloc(size);
}

static unsigned filled;

static void on_filled(void *context)
{
	(void)context;
	filled++;
}

static void events_come_out_in_order_and_stand_for_themselves(void **state)
{
	char bytes[] = "bytes";
	char address[] = "192.0.2.1:4700";
	struct search_result found = { .people = 7 };
	struct inbox b;
	struct inbox_item *item;

	(void)state;
	inbox_init(&b, NULL, NULL);
	inbox_put(&b,
		  &(struct event){ .kind = EVENT_LINK_BYTES, .link = 3, .bytes = bytes_of(bytes) },
		  NULL);
	inbox_put(&b, &(struct event){ .kind = EVENT_PEER_SEEN, .address = bytes_of(address) },
		  NULL);
	inbox_put(&b, &(struct event){ .kind = EVENT_FOUND, .found = &found }, NULL);
	memset(bytes, 'x', sizeof bytes - 1);
	memset(address, 'x', sizeof address - 1);
	found.people = 0;
	assert_int_equal(b.count, 3);
	item = inbox_take(&b);
	assert_int_equal(item->event.link, 3);
	assert_true(bytes_is(item->event.bytes, "bytes"));
	inbox_item_free(item);
	item = inbox_take(&b);
	assert_true(bytes_is(item->event.address, "192.0.2.1:4700"));
	inbox_item_free(item);
	item = inbox_take(&b);
	assert_int_equal(item->event.found->people, 7);
	inbox_item_free(item);
	assert_null(inbox_take(&b));
	assert_int_equal(b.count, 0);
	inbox_done(&b);
}

static void memory_that_is_handed_over_is_not_copied(void **state)
{
	uint8_t *owned = malloc(8);
	struct inbox b;
	struct inbox_item *item;

	(void)state;
	memcpy(owned, "\0\0\0\4abcd", 8);
	inbox_init(&b, NULL, NULL);
	inbox_put(&b, &(struct event){ .kind = EVENT_ASK, .bytes = { owned + 4, 4 } }, owned);
	item = inbox_take(&b);
	assert_ptr_equal(item->event.bytes.data, owned + 4);
	inbox_item_free(item);
	inbox_done(&b);
}

static void whoever_waits_is_told_of_the_first_one(void **state)
{
	struct inbox b;

	(void)state;
	filled = 0;
	inbox_init(&b, on_filled, NULL);
	inbox_put(&b, &(struct event){ .kind = EVENT_WAKE }, NULL);
	inbox_put(&b, &(struct event){ .kind = EVENT_WAKE }, NULL);
	assert_int_equal(filled, 1);
	inbox_item_free(inbox_take(&b));
	inbox_item_free(inbox_take(&b));
	inbox_put(&b, &(struct event){ .kind = EVENT_WAKE }, NULL);
	assert_int_equal(filled, 2);
	inbox_done(&b);
}

static void an_event_that_is_lost_is_never_forgotten(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 2; n++) {
		struct inbox b;
		uint8_t *owned = malloc(4);

		filled = 0;
		inbox_init(&b, on_filled, NULL);
		fail_at = n;
		inbox_put(&b, &(struct event){ .kind = EVENT_LINK_BYTES, .bytes = bytes_of("abc") },
			  NULL);
		fail_at = 0;
		assert_true(b.failed);
		assert_int_equal(filled, 1);
		assert_null(inbox_take(&b));
		/* What was handed over is taken all the same. */
		fail_at = 1;
		inbox_put(&b, &(struct event){ .kind = EVENT_ASK, .bytes = { owned, 4 } }, owned);
		fail_at = 0;
		assert_true(b.failed);
		inbox_done(&b);
	}
}

/* What peers send never takes the room of a question. */
static void room_is_counted_in_items(void **state)
{
	struct inbox b;

	(void)state;
	inbox_init(&b, NULL, NULL);
	for (size_t i = 0; i < INBOX_ITEMS_MAX; i++) {
		assert_int_equal(inbox_hears_peers(&b), i < INBOX_ITEMS_MAX / 2);
		assert_true(inbox_hears_people(&b, 1));
		inbox_put(&b, &(struct event){ .kind = EVENT_WAKE }, NULL);
	}
	assert_false(inbox_hears_people(&b, 1));
	inbox_put(&b, &(struct event){ .kind = EVENT_LINK_DOWN }, NULL); /* never lost */
	assert_int_equal(b.count, INBOX_ITEMS_MAX + 1);
	inbox_item_free(inbox_take(&b));
	assert_false(inbox_hears_people(&b, 1));
	inbox_item_free(inbox_take(&b));
	assert_true(inbox_hears_people(&b, 1));
	while (!inbox_hears_peers(&b)) {
		inbox_item_free(inbox_take(&b));
	}
	assert_int_equal(b.count, INBOX_ITEMS_MAX / 2 - 1);
	inbox_done(&b);
}

static void room_is_counted_in_bytes(void **state)
{
	static uint8_t much[INBOX_BYTES_MAX / 4];
	const struct event event = { .kind = EVENT_ASK, .bytes = { much, sizeof much } };
	struct inbox b;

	(void)state;
	inbox_init(&b, NULL, NULL);
	inbox_put(&b, &event, NULL);
	assert_true(inbox_hears_peers(&b));
	inbox_put(&b, &event, NULL);
	assert_int_equal(b.bytes, INBOX_BYTES_MAX / 2);
	assert_false(inbox_hears_peers(&b));
	assert_true(inbox_hears_people(&b, INBOX_BYTES_MAX / 2));
	assert_false(inbox_hears_people(&b, INBOX_BYTES_MAX / 2 + 1));
	assert_false(inbox_hears_people(&b, SIZE_MAX));
	inbox_item_free(inbox_take(&b));
	assert_true(inbox_hears_peers(&b));
	inbox_item_free(inbox_take(&b));
	assert_int_equal(b.bytes, 0);
	inbox_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_out_in_order_and_stand_for_themselves),
		cmocka_unit_test(memory_that_is_handed_over_is_not_copied),
		cmocka_unit_test(whoever_waits_is_told_of_the_first_one),
		cmocka_unit_test(an_event_that_is_lost_is_never_forgotten),
		cmocka_unit_test(room_is_counted_in_items),
		cmocka_unit_test(room_is_counted_in_bytes),
	};

	return cmocka_run_group_tests_name("inbox", tests, NULL, NULL);
}
