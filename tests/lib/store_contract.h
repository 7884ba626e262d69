/* What every back end of the store must do, as tests against store/store.h alone. */
#ifndef TESTS_STORE_CONTRACT_H
#define TESTS_STORE_CONTRACT_H

#include "tests/lib/unit.h"

#include <stdbool.h>

#define STORE_CONTRACT_TESTS   22U
#define STORE_CONTRACT_READING 11U /* of these: in store_contract_reading.c */

struct store_contract {
	/* Write the URL of a store into url; for another number another one, which is empty
	 * when it is asked for the first time. */
	void (*url)(unsigned number, char *url, size_t size);
	/* May several be open on the same URL, and change it, at the same time?  If not, the
	 * writers share one under a lock. */
	bool is_concurrent;
	/* Does it outlive closing? */
	bool is_durable;
};

/* The tests, to be run by cmocka with the back end as their state. */
void store_contract_tests(const struct store_contract *backend,
			  struct CMUnitTest tests[STORE_CONTRACT_TESTS]);

extern const struct CMUnitTest store_contract_reading[STORE_CONTRACT_READING];

#endif
