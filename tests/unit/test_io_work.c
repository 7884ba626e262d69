#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "base/buf.h"
#include "io/work.h"
#include "tests/lib/prints.h"

#define PEOPLE   1200U
#define SEARCHES 12U

static uv_loop_t loop;
static struct inbox inbox;
static struct gallery *gallery;

static void put(uint64_t person)
{
	uint8_t id[GALLERY_PERSON_BYTES] = { 0 };
	struct finger_card *card = prints_card(person, 0, 0.1F, 0);

	memcpy(id, &person, sizeof person);
	assert_int_equal(gallery_put(gallery, id, card), ERR_OK);
	finger_card_unref(card);
}

static int set_up(void **state)
{
	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	inbox_init(&inbox, NULL, NULL);
	assert_int_equal(gallery_new(&gallery), ERR_OK);
	for (uint64_t i = 0; i < PEOPLE; i++) {
		put(i);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	while (uv_run(&loop, UV_RUN_DEFAULT) != 0) {
	}
	gallery_free(gallery);
	inbox_done(&inbox);
	return uv_loop_close(&loop);
}

static void order(struct effect *e, uint64_t job, uint64_t person)
{
	*e = (struct effect){ .kind = EFFECT_SEARCH, .job = job, .probes = 1 };
	memset(e->filter.group, 0xff, sizeof e->filter.group);
	e->probe[0] = prints_template(person, 1, 0.1F, 0);
	assert_int_equal(gallery_snapshot(gallery, &e->snapshot), ERR_OK);
}

static struct inbox_item *wait_for_item(void)
{
	for (int i = 0; i < 60000 && inbox.count == 0; i++) {
		(void)uv_run(&loop, UV_RUN_NOWAIT);
		(void)usleep(1000);
	}
	return inbox_take(&inbox);
}

static void parts_find_what_one_search_finds(void **state)
{
	struct search_result alone;
	struct effect e;

	(void)state;
	order(&e, 1, 17);
	assert_int_equal(search_part(e.snapshot, e.probe, 1, NULL, 0, 1, &alone), ERR_OK);
	assert_int_equal(alone.candidate[0].person[0], 17);
	gallery_snapshot_unref(e.snapshot);
	finger_template_unref(e.probe[0]);
	for (unsigned parts = 1; parts <= 4; parts++) {
		struct work *work = NULL;
		struct inbox_item *item;

		assert_int_equal(work_new(&loop, &inbox, parts, &work), ERR_OK);
		order(&e, parts, 17);
		work_search(work, &e);
		assert_null(e.snapshot);
		assert_int_equal(e.probes, 0);
		item = wait_for_item();
		assert_non_null(item);
		assert_int_equal(item->event.kind, EVENT_FOUND);
		assert_int_equal(item->event.job, parts);
		assert_int_equal(item->event.code, ERR_OK);
		assert_int_equal(item->event.found->count, alone.count);
		assert_int_equal(item->event.found->people, PEOPLE);
		for (size_t i = 0; i < alone.count; i++) {
			const struct search_candidate *c = &item->event.found->candidate[i];

			assert_memory_equal(c->person, alone.candidate[i].person,
					    GALLERY_PERSON_BYTES);
			assert_int_equal(c->score, alone.candidate[i].score);
		}
		inbox_item_free(item);
		work_stop(work);
		work_free(work);
	}
}

/* The snapshot still shows him, but nobody believes it; the next one does not. */
static void whoever_is_removed_during_a_search_is_gone(void **state)
{
	uint8_t id[GALLERY_PERSON_BYTES] = { 17 };
	struct work *work = NULL;
	struct inbox_item *item;
	struct effect e;

	(void)state;
	assert_int_equal(work_new(&loop, &inbox, 2, &work), ERR_OK);
	for (uint64_t job = 1; job <= 2; job++) {
		order(&e, job, 17);
		work_search(work, &e);
		assert_int_equal(gallery_remove(gallery, id), job == 1 ? ERR_OK : ERR_NOTFOUND);
		assert_false(gallery_live(gallery, id));
		item = wait_for_item();
		assert_non_null(item);
		assert_int_equal(item->event.found->people, PEOPLE + 1 - job);
		assert_int_equal(memcmp(item->event.found->candidate[0].person, id, sizeof id) == 0,
				 job == 1);
		inbox_item_free(item);
	}
	work_stop(work);
	work_free(work);
}

static void a_filter_travels_with_its_search(void **state)
{
	struct work *work = NULL;
	struct inbox_item *item;
	struct effect e;

	(void)state;
	assert_int_equal(work_new(&loop, &inbox, 2, &work), ERR_OK);
	order(&e, 1, 17);
	memset(&e.filter, 0, sizeof e.filter);
	work_search(work, &e);
	item = wait_for_item();
	assert_non_null(item);
	assert_int_equal(item->event.found->people, 0);
	assert_int_equal(item->event.found->count, 0);
	inbox_item_free(item);
	work_stop(work);
	work_free(work);
}

/* For the thread sanitizer: the gallery changes while it is searched. */
static void searches_run_while_the_gallery_changes(void **state)
{
	struct work *work = NULL;
	struct effect e;

	(void)state;
	assert_int_equal(work_new(&loop, &inbox, 0, &work), ERR_OK);
	for (uint64_t i = 0; i < SEARCHES; i++) {
		uint8_t id[GALLERY_PERSON_BYTES] = { 0 };
		uint64_t gone = 500 + i;

		order(&e, i + 1, i * 7);
		work_search(work, &e);
		memcpy(id, &gone, sizeof gone);
		assert_int_equal(gallery_remove(gallery, id), ERR_OK);
		put(PEOPLE + i);
		gone = i * 7 + 1;
		memcpy(id, &gone, sizeof gone);
		assert_int_equal(
		    gallery_set_label(gallery, id, (struct gallery_label){ .group = 1 }), ERR_OK);
	}
	for (uint64_t i = 0; i < SEARCHES; i++) {
		struct inbox_item *item = wait_for_item();
		uint64_t who = 0;

		assert_non_null(item);
		assert_int_equal(item->event.code, ERR_OK);
		assert_int_equal(item->event.found->people, PEOPLE);
		memcpy(&who, item->event.found->candidate[0].person, sizeof who);
		assert_int_equal(who, (item->event.job - 1) * 7);
		inbox_item_free(item);
	}
	work_stop(work);
	work_free(work);
}

static void half_a_search_is_no_answer(void **state)
{
	struct work *work = NULL;
	struct inbox_item *item;
	struct effect e = { .kind = EFFECT_SEARCH, .job = 9 };

	(void)state;
	assert_int_equal(work_new(&loop, &inbox, 2, &work), ERR_OK);
	assert_int_equal(gallery_snapshot(gallery, &e.snapshot), ERR_OK);
	work_search(work, &e); /* no probe: out of range */
	item = wait_for_item();
	assert_non_null(item);
	assert_int_equal(item->event.job, 9);
	assert_int_equal(item->event.code, ERR_RANGE);
	assert_null(item->event.found);
	inbox_item_free(item);
	work_stop(work);
	work_free(work);
}

static void nothing_is_reported_after_the_end(void **state)
{
	struct work *work = NULL;
	struct effect e;

	(void)state;
	assert_int_equal(work_new(&loop, &inbox, 2, &work), ERR_OK);
	order(&e, 1, 3);
	work_search(work, &e);
	work_stop(work);
	while (uv_run(&loop, UV_RUN_DEFAULT) != 0) {
	}
	assert_int_equal(inbox.count, 0);
	work_free(work);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH(parts_find_what_one_search_finds),
		WITH(whoever_is_removed_during_a_search_is_gone),
		WITH(a_filter_travels_with_its_search),
		WITH(searches_run_while_the_gallery_changes),
		WITH(half_a_search_is_no_answer),
		WITH(nothing_is_reported_after_the_end),
	};

	return cmocka_run_group_tests_name("work", tests, NULL, NULL);
}
