/* Memory that runs out at any point of a bundle's making or reading: it says so, leaks nothing
 * and delivers nothing that is not authentic. */
#include "tests/lib/unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "tests/lib/bundle_make.h"
#include "tests/lib/fault_malloc.h"
#include "tests/lib/seeded.h"

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
		fault_malloc_from(n);
		rc = bundle_make_file(&make, 100, 1500, &file);
		fault_malloc_stop();
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
		fault_malloc_from(n);
		rc = bundle_make_read(&make, 1, buf_bytes(&file), 10000, &seen);
		fault_malloc_stop();
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
