/* Memory that runs out at any point of a bundle's making or reading: it says so, leaks nothing
 * and delivers nothing that is not authentic. */
#include "tests/lib/unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "tests/lib/bundle_make.h"
#include "tests/lib/seeded.h"

/* How many more allocations succeed; negative: all. */
static int left = -1;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__real_sodium_malloc(size_t size);
void *__wrap_sodium_malloc(size_t size);

static bool is_refused(void)
{
	if (left > 0) {
		left--;
	}
	return left == 0;
}

void *__wrap_malloc(size_t size)
{
	return is_refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return is_refused() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return is_refused() ? NULL : __real_realloc(p, size);
}

void *__wrap_sodium_malloc(size_t size)
{
	return is_refused() ? NULL : __real_sodium_malloc(size);
}

static void makes_one_or_says_so(void **state)
{
	struct bundle_make make;
	struct buf file = { 0 };
	int failures = 0;
	int rc = ERR_NOMEM;

	(void)state;
	bundle_make_init(&make);
	for (int n = 1; rc != ERR_OK; n++) {
		buf_done(&file);
		left = n;
		rc = bundle_make_file(&make, 100, 1500, &file);
		left = -1;
		assert_true(rc == ERR_OK || rc == ERR_NOMEM);
		failures += rc != ERR_OK;
		assert_in_range(n, 1, 100);
	}
	assert_in_range(failures, 7, 60);
	buf_done(&file);
}

static void reads_one_or_says_so(void **state)
{
	struct bundle_make make;
	struct bundle_seen seen;
	struct buf file = { 0 };
	int failures = 0;
	int rc = ERR_NOMEM;

	(void)state;
	bundle_make_init(&make);
	assert_int_equal(bundle_make_file(&make, 100, 1500, &file), ERR_OK);
	for (int n = 1; rc != ERR_OK; n++) {
		left = n;
		rc = bundle_make_read(&make, 1, buf_bytes(&file), 10000, &seen);
		left = -1;
		assert_true(rc == ERR_OK || (rc == ERR_NOMEM && seen.records == 0));
		failures += rc != ERR_OK;
		assert_in_range(n, 1, 100);
	}
	/* reader, responder, its copy, the key: nothing after the head, however long the file */
	assert_in_range(failures, 3, 4);
	assert_int_equal(seen.entries, 100);
	buf_done(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_one_or_says_so),
		cmocka_unit_test(reads_one_or_says_so),
	};

	seeded_start(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
