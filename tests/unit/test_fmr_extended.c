/* Cores and deltas in the extended data of a finger view. */
#include "tests/lib/unit.h"

#include <string.h>

#include "record/fmr.h"

/* One core with its direction and one delta with none, as ISO 19794-2:2005 7.5.3 has them. */
static const uint8_t area[] = {
	0, 2, 0, 15, 1, 0x40, 100, 0, 120, 0xc0, 1, 0x00, 200, 1, 0x2c,
};

static struct bytes span(const uint8_t *data, size_t len)
{
	return (struct bytes){ .data = data, .len = len };
}

static int read_area(const uint8_t *data, size_t len, struct fmr_points *p)
{
	return fmr_extended_read(span(data, len), 300, 400, p);
}

static void reads_a_core_and_a_delta(void **state)
{
	struct fmr_points p;

	(void)state;
	assert_int_equal(read_area(area, sizeof(area), &p), ERR_OK);
	assert_int_equal(p.cores, 1);
	assert_int_equal(p.core[0].x, 100);
	assert_int_equal(p.core[0].y, 120);
	assert_int_equal(p.core[0].angles, 1);
	assert_int_equal(p.core[0].angle[0], 0xc0);
	assert_int_equal(p.deltas, 1);
	assert_int_equal(p.delta[0].x, 200);
	assert_int_equal(p.delta[0].y, 300);
	assert_int_equal(p.delta[0].angles, 0);
	assert_int_equal(read_area(NULL, 0, &p), ERR_OK);
	assert_int_equal(p.cores + p.deltas, 0);
}

static void reads_lengths_that_do_not_count_their_head(void **state)
{
	uint8_t copy[sizeof(area) + 6] = { 1, 7, 0, 2, 9, 9 };
	struct fmr_points p;

	(void)state;
	memcpy(copy + 6, area, sizeof(area));
	copy[6 + 3] = 11;
	assert_int_equal(read_area(copy, sizeof(copy), &p), ERR_OK);
	assert_int_equal(p.cores, 1);
	/* the two ways are not mixed */
	copy[6 + 3] = 15;
	assert_int_not_equal(read_area(copy, sizeof(copy), &p), ERR_OK);
}

static void steps_over_areas_of_other_types(void **state)
{
	uint8_t copy[sizeof(area) + 6] = { 0, 1, 0, 6, 7, 7 };
	struct fmr_points p;

	(void)state;
	memcpy(copy + 6, area, sizeof(area));
	assert_int_equal(read_area(copy, sizeof(copy), &p), ERR_OK);
	assert_int_equal(p.cores, 1);
}

static void believes_it_as_a_whole_or_not_at_all(void **state)
{
	static const struct {
		uint8_t at;
		uint8_t value;
		int rv;
	} wrong[] = {
		{ 3, 3, ERR_SHORT }, { 3, 14, ERR_SHORT },       { 4, 16, ERR_LIMIT },
		{ 4, 2, ERR_RANGE }, { 5, 0x80, ERR_MALFORMED }, { 5, 0x41, ERR_RANGE },
		{ 7, 2, ERR_RANGE }, { 10, 0, ERR_MALFORMED },
	};
	struct fmr_points p = { .cores = 9 };

	(void)state;
	for (size_t len = 1; len < sizeof(area); len++) {
		assert_int_not_equal(read_area(area, len, &p), ERR_OK);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint8_t copy[sizeof(area)];

		memcpy(copy, area, sizeof(area));
		copy[wrong[i].at] = wrong[i].value;
		assert_int_not_equal(read_area(copy, sizeof(copy), &p), ERR_OK);
		if (wrong[i].at != 3) {
			assert_int_equal(read_area(copy, sizeof(copy), &p), wrong[i].rv);
		}
	}
	assert_int_equal(p.cores, 9);
}

static void refuses_the_area_twice(void **state)
{
	uint8_t copy[2 * sizeof(area)];
	struct fmr_points p;

	(void)state;
	memcpy(copy, area, sizeof(area));
	memcpy(copy + sizeof(area), area, sizeof(area));
	assert_int_equal(read_area(copy, sizeof(copy), &p), ERR_MALFORMED);
}

static struct fmr view = {
	.width = 300,
	.height = 400,
	.ppcm_x = 197,
	.ppcm_y = 197,
	.position = 2,
	.count = 1,
	.minutia = { { .x = 10, .y = 20, .angle = 30, .type = FMR_ENDING, .quality = 40 } },
	.points = { .cores = 1,
		    .deltas = 2,
		    .core = { { .x = 150, .y = 180, .angles = 1, .angle = { 192 } } },
		    .delta = { { .x = 60, .y = 300, .angles = 3, .angle = { 1, 86, 171 } },
			       { .x = 250, .y = 310 } } },
};

static void a_record_takes_them_there_and_back(void **state)
{
	static struct fmr back[2];
	struct fmr both[2] = { view, view };
	struct buf out = { 0 };
	size_t n;

	(void)state;
	both[0].points = (struct fmr_points){ 0 };
	assert_int_equal(fmr_write(both, 2, FMR_ISO_2005, &out), ERR_OK);
	assert_int_equal(out.len, 24 + 2 * (4 + 6 + 2) + 4 + 1 + 5 + 1 + 7 + 4);
	assert_int_equal(fmr_read(buf_bytes(&out), back, 2, &n, NULL), ERR_OK);
	assert_int_equal(n, 2);
	assert_int_equal(back[0].points.cores + back[0].points.deltas, 0);
	assert_memory_equal(&back[1].points, &view.points, sizeof(view.points));
	buf_done(&out);
}

static void a_record_is_not_refused_for_them(void **state)
{
	static struct fmr back[1];
	struct buf out = { 0 };
	size_t n;

	(void)state;
	assert_int_equal(fmr_write(&view, 1, FMR_ISO_2005, &out), ERR_OK);
	out.data[24 + 4 + 6 + 2 + 4] = 200; /* the number of cores */
	assert_int_equal(fmr_read(buf_bytes(&out), back, 1, &n, NULL), ERR_OK);
	assert_int_equal(back[0].count, 1);
	assert_int_equal(back[0].points.cores, 0);
	buf_done(&out);
}

static void writes_no_point_outside_the_image(void **state)
{
	struct fmr wrong = view;
	struct buf out = { 0 };

	(void)state;
	wrong.points.delta[1].x = 300;
	assert_int_equal(fmr_write(&wrong, 1, FMR_ISO_2005, &out), ERR_RANGE);
	wrong = view;
	wrong.points.core[0].angles = 3;
	assert_int_equal(fmr_write(&wrong, 1, FMR_ISO_2005, &out), ERR_RANGE);
	wrong = view;
	wrong.points.cores = 16;
	assert_int_equal(fmr_write(&wrong, 1, FMR_ISO_2005, &out), ERR_RANGE);
	assert_int_equal(out.len, 0);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_core_and_a_delta),
		cmocka_unit_test(reads_lengths_that_do_not_count_their_head),
		cmocka_unit_test(steps_over_areas_of_other_types),
		cmocka_unit_test(believes_it_as_a_whole_or_not_at_all),
		cmocka_unit_test(refuses_the_area_twice),
		cmocka_unit_test(a_record_takes_them_there_and_back),
		cmocka_unit_test(a_record_is_not_refused_for_them),
		cmocka_unit_test(writes_no_point_outside_the_image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
