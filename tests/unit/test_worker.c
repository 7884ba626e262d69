#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "intake/worker.h"

static const uint8_t foreign[] = { 1, 2, 3, 0xff };

static void a_request_comes_through_as_it_was(void **state)
{
	const struct worker_request request = { .id = UINT64_MAX,
						.op = WORKER_EXAMINE,
						.position = 10,
						.ppi = 500,
						.width = 300,
						.height = 400,
						.bytes = { foreign, sizeof foreign } };
	struct worker_request again;
	struct arena arena;
	struct buf out = { 0 };
	struct bytes body;
	size_t need = 0;

	(void)state;
	arena_init(&arena, WORKER_ARENA_BYTES);
	assert_int_equal(worker_put_request(&request, &out), ERR_OK);
	for (size_t len = 0; len < out.len; len++) {
		struct bytes part = { out.data, len };

		assert_int_equal(worker_frame(part, WORKER_REQUEST_MAX, &body, &need), ERR_SHORT);
		assert_int_equal(need, len < 4 ? 4 : out.len);
	}
	buf_u8(&out, 0); /* the beginning of another frame does not disturb */
	assert_int_equal(worker_frame(buf_bytes(&out), WORKER_REQUEST_MAX, &body, &need), ERR_OK);
	assert_int_equal(need, out.len - 1);
	assert_int_equal(worker_read_request(body, &arena, &again, NULL), ERR_OK);
	assert_int_equal(again.id, UINT64_MAX);
	assert_int_equal(again.op, WORKER_EXAMINE);
	assert_int_equal(again.position, 10);
	assert_int_equal(again.ppi, 500);
	assert_int_equal(again.width, 300);
	assert_int_equal(again.height, 400);
	assert_true(bytes_equal(again.bytes, request.bytes));
	buf_done(&out);
	arena_done(&arena);
}

static void the_largest_answer_fits_its_arena(void **state)
{
	struct worker_sample *samples = calloc(WORKER_SAMPLES_MAX, sizeof *samples);
	struct worker_item *items = calloc(WORKER_ITEMS_MAX, sizeof *items);
	uint8_t *text = calloc(1, WORKER_EXTENDED_MAX);
	struct worker_answer answer = { .id = 7,
					.code = (uint64_t)-ERR_SHORT,
					.at = 99,
					.last = 1,
					.place = bytes_of("width"),
					.samples = { samples, WORKER_SAMPLES_MAX },
					.items = { items, WORKER_ITEMS_MAX } };
	struct worker_answer again;
	const struct worker_sample *sample;
	const struct worker_item *item;
	struct arena arena;
	struct buf out = { 0 };
	struct bytes body;
	size_t need;

	(void)state;
	assert_true(samples != NULL && items != NULL && text != NULL);
	memset(text, 'x', WORKER_EXTENDED_MAX);
	for (size_t i = 0; i < WORKER_SAMPLES_MAX; i++) {
		samples[i] = (struct worker_sample){ .code = i,
						     .type = 14,
						     .position = 13,
						     .width = 65535,
						     .height = 1,
						     .ppi = 1000,
						     .score = 100,
						     .faults = UINT32_MAX,
						     .format = WORKER_FORMAT_MINUTIAE,
						     .at = WORKER_BYTES_MAX - 1,
						     .size = 1,
						     .place = bytes_of("x"),
						     .iso = { text, WORKER_ISO_MAX },
						     .extended = { text, WORKER_EXTENDED_MAX } };
	}
	for (size_t i = 0; i < WORKER_ITEMS_MAX; i++) {
		items[i] =
		    (struct worker_item){ { text, WORKER_TAG_MAX }, { text, WORKER_TEXT_MAX } };
	}
	arena_init(&arena, WORKER_ARENA_BYTES);
	assert_int_equal(worker_put_answer(&answer, &out), ERR_OK);
	assert_int_equal(worker_frame(buf_bytes(&out), WORKER_ANSWER_MAX, &body, &need), ERR_OK);
	assert_int_equal(worker_read_answer(body, &arena, &again, NULL), ERR_OK);
	assert_int_equal(again.id, 7);
	assert_int_equal(again.code, -ERR_SHORT);
	assert_int_equal(again.at, 99);
	assert_int_equal(again.last, 1);
	assert_true(bytes_is(again.place, "width"));
	assert_int_equal(again.samples.count, WORKER_SAMPLES_MAX);
	assert_int_equal(again.items.count, WORKER_ITEMS_MAX);
	sample = (const struct worker_sample *)again.samples.items + 63;
	assert_int_equal(sample->code, 63);
	assert_int_equal(sample->faults, UINT32_MAX);
	assert_int_equal(sample->extended.len, WORKER_EXTENDED_MAX);
	item = (const struct worker_item *)again.items.items + WORKER_ITEMS_MAX - 1;
	assert_int_equal(item->value.len, WORKER_TEXT_MAX);
	buf_done(&out);
	arena_done(&arena);
	free(samples);
	free(items);
	free(text);
}

static void refuses_values_beyond_the_limits(void **state)
{
	static const struct worker_request bad[] = {
		{ .id = 1 },
		{ .id = 1, .op = 6 },
		{ .id = 1, .op = 1, .position = 11 },
		{ .id = 1, .op = 1, .ppi = 2001 },
		{ .id = 1, .op = 1, .width = 8193 },
		{ .id = 1, .op = 1, .height = 8193 },
		{ .id = 1, .op = 1, .bytes = { foreign, WORKER_BYTES_MAX + 1 } },
	};
	static const uint8_t no_op[] = { 0xa2, 0x01, 0x01, 0x02, 0x00 };
	static struct worker_sample beyond = { .at = WORKER_BYTES_MAX, .size = 1 };
	const struct worker_answer answer = { .id = 1, .samples = { &beyond, 1 } };
	struct worker_request request;
	struct worker_answer again;
	struct fault fault = { 0 };
	struct arena arena;
	struct buf out = { 0 };
	struct bytes body;
	size_t need;

	(void)state;
	arena_init(&arena, WORKER_ARENA_BYTES);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(worker_put_request(&bad[i], &out), ERR_RANGE);
		assert_int_equal(out.len, 0);
	}
	body = (struct bytes){ no_op, sizeof no_op };
	assert_int_equal(worker_read_request(body, &arena, &request, &fault), ERR_RANGE);
	assert_string_equal(fault.what, "op");
	assert_int_equal(worker_put_answer(&answer, &out), ERR_OK);
	assert_int_equal(worker_frame(buf_bytes(&out), 100, &body, &need), ERR_OK);
	assert_int_equal(worker_read_answer(body, &arena, &again, &fault), ERR_RANGE);
	assert_string_equal(fault.what, "size");
	assert_int_equal(worker_frame(buf_bytes(&out), 3, &body, &need), ERR_LIMIT);
	buf_done(&out);
	arena_done(&arena);
}

static int read_sight(const struct worker_sight *sight, struct fault *fault)
{
	const struct worker_answer answer = { .id = 1, .sight = *sight };
	struct worker_answer again;
	struct arena arena;
	struct buf out = { 0 };
	struct bytes body;
	size_t need;
	int rv;

	arena_init(&arena, WORKER_ARENA_BYTES);
	assert_int_equal(worker_put_answer(&answer, &out), ERR_OK);
	assert_int_equal(worker_frame(buf_bytes(&out), WORKER_ANSWER_MAX, &body, &need), ERR_OK);
	rv = worker_read_answer(body, &arena, &again, fault);
	if (rv == ERR_OK) {
		assert_int_equal(again.sight.width, sight->width);
		assert_true(bytes_equal(again.sight.grey, sight->grey));
		assert_true(bytes_equal(again.sight.ridges_a, sight->ridges_a));
	}
	buf_done(&out);
	arena_done(&arena);
	return rv;
}

/* 20 x 9 pixels: 3 x 2 blocks, rows of 3 bytes. */
static const uint8_t pixels[180];
static const uint8_t blocks[] = { 1, 0, 1, 1, 0, 1 };
static const struct worker_sight good_sight = { .width = 20,
						.height = 9,
						.grey = { pixels, 180 },
						.mask = { blocks, 6 },
						.clarity = { pixels, 6 },
						.flow = { pixels, 6 },
						.ridges = { pixels, 27 },
						.ridges_a = { pixels, 27 } };

static void a_sight_has_the_parts_that_its_size_asks_for(void **state)
{
	static const uint8_t twos[6] = { 1, 2, 1, 1, 1, 1 };
	static const uint8_t beyond[27] = { [26] = 0x08 };
	static const uint8_t within[27] = { [26] = 0x10 };
	static const struct {
		size_t part;
		struct bytes bytes;
		const char *at;
	} bad[] = {
		{ offsetof(struct worker_sight, grey), { pixels, 179 }, "grey" },
		{ offsetof(struct worker_sight, grey), { NULL, 0 }, "grey" },
		{ offsetof(struct worker_sight, mask), { blocks, 5 }, "mask" },
		{ offsetof(struct worker_sight, mask), { twos, 6 }, "mask" },
		{ offsetof(struct worker_sight, clarity), { pixels, 7 }, "clarity" },
		{ offsetof(struct worker_sight, flow), { NULL, 0 }, "flow" },
		{ offsetof(struct worker_sight, ridges), { pixels, 26 }, "ridges" },
		{ offsetof(struct worker_sight, ridges), { NULL, 0 }, "ridges" },
		{ offsetof(struct worker_sight, ridges), { beyond, 27 }, "ridges" },
		{ offsetof(struct worker_sight, ridges_a), { beyond, 27 }, "ridges" },
	};
	struct worker_sight s = good_sight;
	struct fault fault = { 0 };

	(void)state;
	assert_int_equal(read_sight(&good_sight, &fault), ERR_OK);
	s.ridges.data = within;
	assert_int_equal(read_sight(&s, &fault), ERR_OK);
	s.ridges = s.ridges_a = (struct bytes){ NULL, 0 };
	assert_int_equal(read_sight(&s, &fault), ERR_OK);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		s = good_sight;
		memcpy((uint8_t *)&s + bad[i].part, &bad[i].bytes, sizeof(struct bytes));
		assert_int_equal(read_sight(&s, &fault), ERR_RANGE);
		assert_string_equal(fault.what, bad[i].at);
	}
	s = (struct worker_sight){ .width = 20 };
	assert_int_equal(read_sight(&s, &fault), ERR_RANGE);
	s = (struct worker_sight){ .ridges = { pixels, 3 }, .ridges_a = { pixels, 3 } };
	assert_int_equal(read_sight(&s, &fault), ERR_RANGE);
}

static void the_largest_sight_fits_an_answer_and_no_larger_one(void **state)
{
	static const struct {
		uint64_t width;
		uint64_t height;
	} sizes[] = { { 2048, 1536 }, { 1536, 2048 }, { 2041, 1541 }, { 1541, 2041 } };
	uint8_t *zeroes = calloc(1, WORKER_SIGHT_PIXELS_MAX + 1);
	struct worker_answer beyond = { .id = 1 };
	struct buf out = { 0 };

	(void)state;
	assert_non_null(zeroes);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		uint64_t w = sizes[i].width;
		uint64_t h = sizes[i].height;
		struct bytes parts = { zeroes, (w + 7) / 8 * ((h + 7) / 8) };
		struct bytes ridges = { zeroes, (w + 7) / 8 * h };
		struct worker_sight s = { w,      h,     { zeroes, w * h }, parts, parts, parts,
					  ridges, ridges };

		assert_int_equal(read_sight(&s, NULL), ERR_OK);
	}
	beyond.sight = good_sight;
	beyond.sight.width = WORKER_SIGHT_SIDE_MAX + 1;
	assert_int_equal(worker_put_answer(&beyond, &out), ERR_RANGE);
	beyond.sight = good_sight;
	beyond.sight.grey = (struct bytes){ zeroes, WORKER_SIGHT_PIXELS_MAX + 1 };
	assert_int_equal(worker_put_answer(&beyond, &out), ERR_RANGE);
	beyond.sight = good_sight;
	beyond.sight.mask = (struct bytes){ zeroes, WORKER_SIGHT_BLOCKS_MAX + 1 };
	assert_int_equal(worker_put_answer(&beyond, &out), ERR_RANGE);
	beyond.sight = good_sight;
	beyond.sight.ridges = (struct bytes){ zeroes, WORKER_SIGHT_RIDGES_MAX + 1 };
	assert_int_equal(worker_put_answer(&beyond, &out), ERR_RANGE);
	buf_done(&out);
	free(zeroes);
}

/* docs/PROTOCOL-WORKER.md shows the tables as they are. */
static void the_page_shows_the_tables(void **state)
{
	const struct schema *const schemas[] = { &worker_request_schema, &worker_answer_schema,
						 &worker_sample_schema, &worker_item_schema,
						 &worker_sight_schema };
	const char *srcdir = getenv("srcdir");
	static char page[32768];
	char path[1024];
	FILE *in;

	(void)state;
	(void)snprintf(path, sizeof path, "%s/docs/PROTOCOL-WORKER.md",
		       srcdir != NULL ? srcdir : ".");
	in = fopen(path, "rb");
	assert_non_null(in);
	assert_in_range(fread(page, 1, sizeof page - 1, in), 1000, sizeof page - 2);
	(void)fclose(in);
	for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++) {
		struct buf table = { 0 };

		schema_cddl(schemas[i], &table);
		buf_u8(&table, 0);
		assert_int_equal(buf_error(&table), ERR_OK);
		assert_non_null(strstr(page, (const char *)table.data));
		buf_done(&table);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_comes_through_as_it_was),
		cmocka_unit_test(the_largest_answer_fits_its_arena),
		cmocka_unit_test(refuses_values_beyond_the_limits),
		cmocka_unit_test(a_sight_has_the_parts_that_its_size_asks_for),
		cmocka_unit_test(the_largest_sight_fits_an_answer_and_no_larger_one),
		cmocka_unit_test(the_page_shows_the_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
