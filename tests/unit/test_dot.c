/* The wide registers' sums against the plain ones. */
#include "tests/lib/unit.h"

#include "finger/dot.h"

#define SIDE 64

static int16_t image[SIDE * SIDE];
static int16_t tap[25 * DOT_WIDE];

static void fill(uint32_t dice)
{
	for (int i = 0; i < SIDE * SIDE; i++) {
		dice = dice * 1664525U + 1013904223U;
		image[i] = (int16_t)((int)(dice >> 23) % 256);
	}
	for (int i = 0; i < 25 * DOT_WIDE; i++) {
		dice = dice * 1664525U + 1013904223U;
		tap[i] = (int16_t)((int)(dice >> 20) % 2048 - 1024);
	}
}

static void every_way_gives_the_sum_counted_by_hand(void **state)
{
	(void)state;
	fill(3);
	for (int width = DOT_NARROW; width <= DOT_WIDE; width += DOT_NARROW) {
		for (int rows = 1; rows <= 25; rows += 7) {
			int32_t plain[8];
			int32_t fast[8];

			for (int at = 0; at < 5; at++) {
				dot_plain(tap, rows, width, image + at, SIDE, plain, 8);
				dot_row(tap, rows, width, image + at, SIDE, fast, 8);
				assert_memory_equal(plain, fast, sizeof(plain));
			}
			for (int i = 0; i < 8; i++) {
				int32_t sum = 0;

				for (int k = 0; k < rows * width; k++) {
					sum += tap[k] * image[k / width * SIDE + k % width + 4 + i];
				}
				assert_int_equal(plain[i], sum);
			}
		}
	}
}

static void writes_no_more_than_asked_for(void **state)
{
	int32_t out[4] = { 7, 7, 7, 7 };

	(void)state;
	fill(9);
	dot_row(tap, 25, DOT_WIDE, image, SIDE, out, 3);
	assert_int_not_equal(out[2], 7);
	assert_int_equal(out[3], 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_gives_the_sum_counted_by_hand),
		cmocka_unit_test(writes_no_more_than_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
