/* What store.c does by itself: URLs, and which back ends it takes. */
#include "tests/lib/unit.h"

#include <string.h>

#include "store/backend.h"

static void refuses_a_url_that_names_no_store(void **state)
{
	static const struct {
		const char *url;
		int wanted;
	} urls[] = {
		{ "", ERR_MALFORMED },
		{ ":", ERR_MALFORMED },
		{ "sqlite", ERR_MALFORMED },
		{ "sqlite:", ERR_MALFORMED },
		{ ":memory:", ERR_MALFORMED },
		{ "oracle:db", ERR_UNSUPPORTED },
		{ "sqlit:db", ERR_UNSUPPORTED },
		{ "sqlite:file:db?vfs=none", ERR_MALFORMED },
		{ "sqlite:/no/such/folder/db", ERR_STORE },
	};
	struct store *s = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
		struct fault fault = { ERR_OK, 0, NULL };

		assert_int_equal(store_open(urls[i].url, &s, &fault), urls[i].wanted);
		assert_int_equal(fault.code, urls[i].wanted);
		assert_non_null(fault.what);
	}
	assert_null(s);
	store_close(NULL);
}

static void takes_only_whole_back_ends_of_its_abi(void **state)
{
	static struct store_backend others[STORE_BACKENDS_MAX];
	static const char *const schemes[STORE_BACKENDS_MAX] = { "a", "b", "c", "d" };
	struct store_backend bad = store_sqlite;
	struct store *s = NULL;

	(void)state;
	assert_int_equal(store_register(&store_sqlite), ERR_EXISTS);
	bad.scheme = "bad";
	bad.abi = STORE_ABI + 1;
	assert_int_equal(store_register(&bad), ERR_UNSUPPORTED);
	bad.abi = STORE_ABI;
	bad.settle = NULL;
	assert_int_equal(store_register(&bad), ERR_UNSUPPORTED);
	for (size_t i = 0; i < STORE_BACKENDS_MAX; i++) {
		others[i] = store_sqlite;
		others[i].scheme = schemes[i];
		assert_int_equal(store_register(&others[i]),
				 i + 1 < STORE_BACKENDS_MAX ? ERR_OK : ERR_FULL);
	}
	assert_int_equal(store_open("c::memory:", &s, NULL), ERR_OK);
	assert_ptr_equal(s->backend, &others[2]);
	store_close(s);
	assert_int_equal(store_open("d::memory:", &s, NULL), ERR_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_a_url_that_names_no_store),
		cmocka_unit_test(takes_only_whole_back_ends_of_its_abi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
