/* The sketch alone, without sets or sessions. */
#include "tests/lib/unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "sync/set.h"
#include "sync/sketch.h"

#define RUNS 1000U

static const uint8_t key[SIPHASH_KEY_BYTES] = { 1, 2, 3 };

static uint64_t random_name(uint64_t *state)
{
	*state += 0x9e3779b97f4a7c15U;
	return siphash_24(key, state, sizeof *state) >> 16;
}

/* The sketch of d names, and the names, sorted. */
static void make(uint64_t *cells, size_t n, uint64_t *names, size_t d, uint64_t seed)
{
	memset(cells, 0, n * sizeof *cells);
	for (size_t i = 0; i < d; i++) {
		names[i] = random_name(&seed);
		sketch_cells(cells, 0, n, key, names[i]);
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* With how many cells does it decode?  And then all names must be there. */
static size_t needed(size_t d, uint64_t seed)
{
	static uint64_t cells[SKETCH_MAX], names[SKETCH_MAX];
	size_t n = d;
	uint64_t *found;
	size_t n_found;

	make(cells, SKETCH_MAX, names, d, seed);
	while (sketch_decode(key, cells, n, &found, &n_found) == ERR_NOTFOUND) {
		n += 1 + d / 100;
		assert_in_range(n, 1, SKETCH_MAX);
	}
	qsort(names, d, sizeof *names, by_value);
	assert_int_equal(n_found, d);
	assert_memory_equal(found, names, d * sizeof *names);
	free(found);
	return n;
}

static void a_difference_takes_few_more_cells_than_names(void **state)
{
	static const struct {
		size_t d, runs, median, p99;
	} rows[] = { { 1, 100, 1, 1 },
		     { 10, RUNS, 17, 40 },
		     { 100, 200, 150, 195 },
		     { 1000, 50, 1400, 1480 },
		     { 10000, 5, 13900, 14200 } };

	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
		static uint64_t sorted[RUNS];

		for (size_t i = 0; i < rows[r].runs; i++) {
			sorted[i] = needed(rows[r].d, i * 1000003);
		}
		qsort(sorted, rows[r].runs, sizeof *sorted, by_value);
		print_message("# %d names: %d cells in the median, %d in 99 of 100\n",
			      (int)rows[r].d, (int)sorted[rows[r].runs / 2],
			      (int)sorted[rows[r].runs * 99 / 100]);
		assert_in_range(sorted[rows[r].runs / 2], rows[r].d, rows[r].median);
		assert_in_range(sorted[rows[r].runs * 99 / 100], rows[r].d, rows[r].p99);
	}
}

/* Cell i takes a name with probability 1 / (1 + i / 2). */
static void names_go_where_the_method_says(void **state)
{
	enum { NAMES = 200000, CELLS = 400 };
	static uint32_t hits[CELLS];
	uint64_t seed = 7;

	(void)state;
	for (int k = 0; k < NAMES; k++) {
		uint64_t cells[CELLS] = { 0 };

		sketch_cells(cells, 0, CELLS, key, random_name(&seed));
		for (size_t i = 0; i < CELLS; i++) {
			hits[i] += cells[i] != 0;
		}
	}
	for (size_t i = 0; i < CELLS; i++) {
		double p = 1 / (1 + (double)i / 2);
		double sigma = sqrt(NAMES * p * (1 - p));

		assert_true(fabs(hits[i] - NAMES * p) <= 5 * sigma);
	}
}

/* The same on every machine: a peer's cells must fit ours. */
static void places_and_checks_are_fixed(void **state)
{
	uint64_t cells[40] = { 0 };
	uint64_t places = 0;

	(void)state;
	sketch_cells(cells, 0, 40, key, 0x123456789abcU);
	for (size_t i = 0; i < 40; i++) {
		places |= (uint64_t)(cells[i] != 0) << i;
		assert_true(cells[i] == 0 || cells[i] >> 16 == 0x123456789abcU);
	}
	assert_int_equal(cells[0] & 0xffff, 0xbcccU);
	assert_int_equal(places, 0xa092fU);
}

static void a_row_in_two_pieces_is_the_same_row(void **state)
{
	static uint64_t whole[5000], pieces[5000];
	uint64_t seed = 3;

	(void)state;
	for (int k = 0; k < 300; k++) {
		uint64_t name = random_name(&seed);

		sketch_cells(whole, 0, 5000, key, name);
		sketch_cells(pieces, 0, 2048, key, name);
		sketch_cells(pieces + 2048, 2048, 5000, key, name);
	}
	assert_memory_equal(whole, pieces, sizeof whole);
}

static void what_is_kept_follows_what_comes_and_goes(void **state)
{
	static struct sketch a, b;
	uint64_t seed = 9;

	(void)state;
	for (int k = 0; k < 3000; k++) {
		uint64_t name = random_name(&seed);

		sketch_put(&a, key, name, 1);
		if (k % 3 == 0) {
			sketch_put(&a, key, name, -1);
		} else {
			sketch_cells(b.cells, 0, SKETCH_CELLS, key, name);
			sketch_count(b.counts, key, name);
		}
	}
	assert_memory_equal(&a, &b, sizeof a);
}

/* Whatever the cells: no more work than a few looks at each, and no names out of nothing. */
static void cells_that_are_made_up_do_not_decode(void **state)
{
	static uint64_t cells[SKETCH_MAX];
	static uint64_t names[4];
	uint64_t seed = 1, *found;
	size_t n_found;
	clock_t start = clock();

	(void)state;
	for (size_t i = 0; i < SKETCH_MAX; i++) {
		cells[i] = siphash_24(key, &i, sizeof i);
	}
	assert_int_equal(sketch_decode(key, cells, SKETCH_MAX, &found, &n_found), ERR_NOTFOUND);
	/* The same single name in every cell: taking it out puts it in elsewhere, for ever. */
	memset(cells, 0, sizeof cells);
	sketch_cells(cells, 0, 1, key, random_name(&seed));
	for (size_t i = 1; i < SKETCH_MAX; i++) {
		cells[i] = cells[0];
	}
	assert_int_equal(sketch_decode(key, cells, SKETCH_MAX, &found, &n_found), ERR_NOTFOUND);
	/* One name more in some of its cells only. */
	make(cells, 100, names, 4, 5);
	sketch_cells(cells + 3, 3, 60, key, 77);
	assert_int_equal(sketch_decode(key, cells, 100, &found, &n_found), ERR_NOTFOUND);
	assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
}

static void the_size_of_a_difference_is_guessed(void **state)
{
	static uint64_t cells[SKETCH_MAX], names[20000];
	uint64_t seed = 12;
	size_t few = 0, all = 0;

	(void)state;
	for (int run = 0; run < 100; run++) {
		uint32_t ours[SKETCH_COUNTS] = { 0 }, theirs[SKETCH_COUNTS] = { 0 };

		for (int i = 0; i < 900; i++) {
			sketch_count(i % 3 == 0 ? ours : theirs, key, random_name(&seed));
		}
		for (size_t i = 0; i < SKETCH_COUNTS; i++) {
			theirs[i] &= 0xff;
		}
		few += sketch_guess(ours, theirs, 0, SKETCH_FEW, 300);
		all += sketch_guess(ours, theirs, SKETCH_FEW, SKETCH_COUNTS, 300);
	}
	print_message("# 900: guessed %d and %d in the mean\n", (int)few / 100, (int)all / 100);
	assert_in_range(few / 100, 800, 1000);
	assert_in_range(all / 100, 800, 1000);
	for (size_t d = 1000; d <= 20000; d *= 2) {
		make(cells, d, names, d, d);
		assert_in_range(sketch_guess_cells(cells, d), d * 85 / 100, d * 115 / 100);
	}
	make(cells, 1000, names, 5000, 4);
	assert_int_equal(sketch_guess_cells(cells, 1000), 0);
}

/* ---- sketches of classes in a set ---- */

static struct sync_item item(uint32_t number, unsigned class_number)
{
	struct sync_item i = { .bytes = 100, .lane = LANE_CASE };

	for (size_t at = 0; at < ENTRY_ID_BYTES; at += 8) {
		uint64_t v[2] = { number, at };
		uint64_t h = siphash_24(key, v, sizeof v);

		memcpy(i.id + at, &h, sizeof h);
	}
	memset(i.class_id, (int)class_number, sizeof i.class_id);
	return i;
}

/* XOR of the cells of classes 1 to n. */
static void row_of(const struct sync_set *s, unsigned n, uint64_t *cells, size_t to)
{
	memset(cells, 0, to * sizeof *cells);
	for (unsigned c = 1; c <= n; c++) {
		uint8_t class_id[ENTRY_CLASS_BYTES];

		memset(class_id, (int)c, sizeof class_id);
		(void)set_sketch_cells(s, set_class(s, class_id), cells, 0, to);
	}
}

/* Two sets that came to hold the same by different ways have the same cells: kept from the
 * beginning, kept since a key was set, or made when they are asked for. */
static void a_set_s_sketch_tells_what_it_holds_and_nothing_else(void **state)
{
	const uint8_t seed[SYNC_SEED_BYTES] = { 1 }, secret[SYNC_SECRET_BYTES] = { 5 };
	static uint64_t a[5000], b[5000];
	struct sync_set *x, *y;
	uint8_t class_id[ENTRY_CLASS_BYTES];
	uint64_t scratch[SKETCH_CELLS] = { 0 };

	(void)state;
	assert_int_equal(sync_set_new(seed, &x), ERR_OK);
	assert_int_equal(sync_set_new(seed, &y), ERR_OK);
	assert_null(set_sketch_key(x));
	sync_set_key(x, secret);
	for (uint32_t i = 0; i < 6000; i++) {
		struct sync_item it = item(i, 1 + i % 5 / 4); /* one large class, one small */

		assert_int_equal(sync_set_add(x, &it), ERR_OK);
		if (i % 3 == 0) {
			assert_int_equal(i % 2 == 0 ? sync_set_remove(x, it.id)
						    : sync_set_erase(x, it.id),
					 ERR_OK);
		}
	}
	for (uint32_t i = 6000; i-- > 0;) {
		struct sync_item it = item(i, 1 + i % 5 / 4);

		if (i % 3 != 0) {
			assert_int_equal(sync_set_add(y, &it), ERR_OK);
		}
	}
	sync_set_key(y, secret);
	row_of(x, 2, a, 5000);
	row_of(y, 2, b, 5000);
	assert_memory_equal(a, b, sizeof a);
	memset(class_id, 1, sizeof class_id);
	assert_int_equal(set_sketch_cells(x, set_class(x, class_id), scratch, 0, SKETCH_CELLS), 0);
	sync_set_free(x);
	sync_set_free(y);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_difference_takes_few_more_cells_than_names),
		cmocka_unit_test(names_go_where_the_method_says),
		cmocka_unit_test(places_and_checks_are_fixed),
		cmocka_unit_test(a_row_in_two_pieces_is_the_same_row),
		cmocka_unit_test(what_is_kept_follows_what_comes_and_goes),
		cmocka_unit_test(cells_that_are_made_up_do_not_decode),
		cmocka_unit_test(the_size_of_a_difference_is_guessed),
		cmocka_unit_test(a_set_s_sketch_tells_what_it_holds_and_nothing_else),
	};

	return cmocka_run_group_tests_name("sync sketch", tests, NULL, NULL);
}
