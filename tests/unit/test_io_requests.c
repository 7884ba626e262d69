#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "intake/worker.h"
#include "io/requests.h"
#include "io/workers.h"

static struct requests queue;
static struct effects effects;

static int begin(void **state)
{
	(void)state;
	memset(&queue, 0, sizeof queue);
	effects_init(&effects);
	return 0;
}

static int end(void **state)
{
	(void)state;
	requests_done(&queue);
	effects_done(&effects);
	return 0;
}

/* Put a question of these bytes; what became of it stands in the last effect. */
static int put(uint64_t job, struct bytes frame)
{
	const struct effect e = { .kind = EFFECT_EXAMINE, .job = job, .bytes = frame };

	assert_int_equal(effects_add(&effects, &e), ERR_OK);
	return requests_put(&queue, &effects.list[effects.count - 1]);
}

static void the_first_goes_first_and_knows_its_number(void **state)
{
	struct worker_request question = { .id = 77, .op = WORKER_PING };
	struct request *r;
	struct buf frame = { 0 };

	(void)state;
	assert_int_equal(worker_put_request(&question, &frame), ERR_OK);
	assert_int_equal(put(1, buf_bytes(&frame)), ERR_OK);
	assert_int_equal(put(2, bytes_of("no frame at all")), ERR_OK);
	assert_int_equal(queue.count, 2);
	r = requests_take(&queue);
	assert_int_equal(r->job, 1);
	assert_int_equal(r->id, 77);
	assert_int_equal(r->frame_bytes, frame.len);
	assert_memory_equal(r->frame, frame.data, frame.len);
	requests_free(r);
	r = requests_take(&queue);
	assert_int_equal(r->job, 2);
	assert_int_equal(r->id, 0);
	requests_free(r);
	assert_null(requests_take(&queue));
	assert_int_equal(queue.count, 0);
	assert_int_equal(queue.bytes, 0);
	/* and it can be filled again */
	assert_int_equal(put(3, buf_bytes(&frame)), ERR_OK);
	assert_ptr_equal(queue.first, queue.last);
	buf_done(&frame);
}

static void who_finds_no_room_keeps_the_bytes(void **state)
{
	(void)state;
	for (uint64_t job = 0; job < WORKERS_QUEUE_MAX; job++) {
		assert_int_equal(put(job, bytes_of("x")), ERR_OK);
		assert_null(effects.list[effects.count - 1].owned);
	}
	assert_int_equal(put(WORKERS_QUEUE_MAX, bytes_of("x")), ERR_BUSY);
	assert_non_null(effects.list[effects.count - 1].owned);
	assert_int_equal(queue.count, WORKERS_QUEUE_MAX);
}

static void bytes_are_bounded_too(void **state)
{
	(void)state;
	queue.bytes = WORKERS_BYTES_MAX - 3;
	assert_int_equal(put(1, bytes_of("four")), ERR_BUSY);
	assert_int_equal(put(2, bytes_of("all")), ERR_OK);
	assert_int_equal(queue.bytes, WORKERS_BYTES_MAX);
	assert_int_equal(put(3, bytes_of("x")), ERR_BUSY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_first_goes_first_and_knows_its_number, begin,
						end),
		cmocka_unit_test_setup_teardown(who_finds_no_room_keeps_the_bytes, begin, end),
		cmocka_unit_test_setup_teardown(bytes_are_bounded_too, begin, end),
	};

	return cmocka_run_group_tests_name("requests", tests, NULL, NULL);
}
