/* Skeletons and minutiae of lines drawn by hand. */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "finger/angle.h"
#include "finger/minutiae.h"
#include "finger/skeleton.h"

#define SIDE 160

struct work {
	struct arena arena;
	struct plane response;
	struct skeleton skeleton;
	struct field field;
	struct minutiae found;
};

static void open_work(struct work *w)
{
	memset(w, 0, sizeof(*w));
	arena_init(&w->arena, 0);
	assert_int_equal(plane_init(&w->response, SIDE, SIDE, &w->arena), ERR_OK);
	assert_int_equal(field_init(&w->field, SIDE, SIDE, &w->arena), ERR_OK);
	for (int y = 0; y < SIDE; y++) {
		for (int x = 0; x < SIDE; x++) {
			w->response.at[y * w->response.stride + x] = -100;
		}
	}
	memset(w->field.mask, 1, (size_t)(w->field.columns * w->field.rows));
	memset(w->field.coherence, 200, (size_t)(w->field.columns * w->field.rows));
}

/* A line four pixels thick. */
static void line(struct work *w, int x0, int y0, int x1, int y1)
{
	for (int i = 0; i <= 400; i++) {
		int x = x0 + (x1 - x0) * i / 400;
		int y = y0 + (y1 - y0) * i / 400;

		for (int k = 0; k < 16; k++) {
			w->response.at[(y + k / 4) * w->response.stride + x + k % 4] = 100;
		}
	}
}

static void find(struct work *w)
{
	assert_int_equal(skeleton_make(&w->response, &w->skeleton, &w->arena), ERR_OK);
	assert_int_equal(minutiae_find(&w->skeleton, &w->field, &w->found, &w->arena), ERR_OK);
}

static void thins_a_bar_to_one_line_without_branches(void **state)
{
	struct work w;
	ptrdiff_t ring[8];
	int ends = 0;

	(void)state;
	open_work(&w);
	line(&w, 20, 80, 130, 80);
	assert_int_equal(skeleton_make(&w.response, &w.skeleton, &w.arena), ERR_OK);
	skeleton_ring(&w.skeleton, ring);
	for (int y = 0; y < SIDE; y++) {
		for (int x = 0; x < SIDE; x++) {
			const uint8_t *at = w.skeleton.at + y * w.skeleton.stride + x;

			if (*at) {
				unsigned lines = skeleton_crossing(skeleton_around(at, ring));

				assert_in_range(lines, 1, 2);
				ends += lines == 1;
			}
		}
	}
	assert_int_equal(ends, 2);
	arena_done(&w.arena);
}

static void drops_islands_and_fills_pores(void **state)
{
	struct work w;

	(void)state;
	open_work(&w);
	line(&w, 20, 80, 130, 80);
	w.response.at[81 * w.response.stride + 60] = -100;
	w.response.at[81 * w.response.stride + 61] = -100;
	line(&w, 100, 20, 101, 20);
	find(&w);
	for (int y = 10; y < 40; y++) {
		for (int x = 90; x < 120; x++) {
			assert_int_equal(w.skeleton.at[y * w.skeleton.stride + x], 0);
		}
	}
	/* A pore left open would be a ring: two bifurcations. */
	for (size_t i = 0; i < w.found.count; i++) {
		assert_int_equal(w.found.at[i].type, MINUTIAE_ENDING);
	}
	arena_done(&w.arena);
}

static void points_an_ending_into_its_ridge(void **state)
{
	struct work w;

	(void)state;
	open_work(&w);
	line(&w, 70, 80, 150, 80);
	find(&w);
	assert_int_equal(w.found.count, 1);
	assert_int_equal(w.found.at[0].type, MINUTIAE_ENDING);
	assert_in_range(w.found.at[0].x, 68, 74);
	assert_in_range(w.found.at[0].y, 79, 84);
	assert_true(angle_apart(w.found.at[0].angle, 0) <= 4);
	arena_done(&w.arena);
}

static void points_a_bifurcation_into_the_valley(void **state)
{
	struct work w;

	(void)state;
	open_work(&w);
	line(&w, 5, 80, 80, 80);
	line(&w, 80, 80, 150, 55);
	line(&w, 80, 80, 150, 105);
	find(&w);
	assert_int_equal(w.found.count, 1);
	assert_int_equal(w.found.at[0].type, MINUTIAE_BIFURCATION);
	assert_in_range(w.found.at[0].x, 76, 92);
	assert_in_range(w.found.at[0].y, 78, 85);
	assert_true(angle_apart(w.found.at[0].angle, 0) <= 6);
	arena_done(&w.arena);
}

static void takes_a_broken_ridge_for_one(void **state)
{
	struct work w;

	(void)state;
	open_work(&w);
	line(&w, 5, 80, 68, 80);
	line(&w, 75, 80, 150, 80);
	find(&w);
	assert_int_equal(w.found.count, 0);
	arena_done(&w.arena);
}

static void cuts_spurs_and_bridges(void **state)
{
	struct work w;

	(void)state;
	open_work(&w);
	line(&w, 5, 70, 150, 70);
	line(&w, 5, 80, 150, 80);
	line(&w, 60, 70, 60, 80);   /* a bridge */
	line(&w, 100, 62, 100, 70); /* a spur */
	find(&w);
	assert_int_equal(w.found.count, 0);
	arena_done(&w.arena);
}

static void believes_nothing_at_the_edge_of_the_print(void **state)
{
	struct work w;

	(void)state;
	open_work(&w);
	line(&w, 70, 80, 150, 80);
	for (int i = 0; i < w.field.columns * w.field.rows; i++) {
		w.field.mask[i] = i % w.field.columns >= 8;
	}
	find(&w);
	assert_int_equal(w.found.count, 0);
	arena_done(&w.arena);
}

static void never_keeps_more_than_its_limit(void **state)
{
	struct work w;
	uint32_t dice = 7;

	(void)state;
	open_work(&w);
	for (int y = 0; y < SIDE; y++) {
		for (int x = 0; x < SIDE; x++) {
			dice = dice * 1664525U + 1013904223U;
			w.response.at[y * w.response.stride + x] =
			    (int16_t)((int)(dice >> 24) - 128);
		}
	}
	find(&w);
	assert_in_range(w.found.count, 0, MINUTIAE_MAX);
	for (size_t i = 1; i < w.found.count; i++) {
		assert_true(w.found.at[i].quality <= w.found.at[i - 1].quality);
	}
	arena_done(&w.arena);
}

static void raises_what_both_channels_found(void **state)
{
	static struct minutiae a = {
		2, { { 50, 50, 10, MINUTIAE_ENDING, 60 }, { 90, 90, 10, MINUTIAE_ENDING, 60 } }
	};
	static struct minutiae b = { 1, { { 53, 48, 14, MINUTIAE_BIFURCATION, 60 } } };

	(void)state;
	minutiae_confirm(&a, &b);
	assert_int_equal(a.at[0].x, 50);
	assert_true(a.at[0].quality > a.at[1].quality + 30);
	assert_true(b.at[0].quality > 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thins_a_bar_to_one_line_without_branches),
		cmocka_unit_test(drops_islands_and_fills_pores),
		cmocka_unit_test(points_an_ending_into_its_ridge),
		cmocka_unit_test(points_a_bifurcation_into_the_valley),
		cmocka_unit_test(takes_a_broken_ridge_for_one),
		cmocka_unit_test(cuts_spurs_and_bridges),
		cmocka_unit_test(believes_nothing_at_the_edge_of_the_print),
		cmocka_unit_test(never_keeps_more_than_its_limit),
		cmocka_unit_test(raises_what_both_channels_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
