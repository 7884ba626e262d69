/* A store under test, and short ways to change it.  Where a call has no result it asserts that
 * all went well; n stands for the n-th sample of STORE_FIXTURE_SIZE. */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include "store/store.h"
#include "tests/lib/store_contract.h"

#define STORE_FIXTURE_URL  256U
#define STORE_FIXTURE_SIZE 4U /* size class: 256 bytes */

struct fixture {
	const struct store_contract *backend; /* borrowed */
	char url[STORE_FIXTURE_URL];
	struct store *s;
	struct arena arena; /* for the whole test */
};

/* The URL of a store that nobody has used. */
void store_fixture_url(const struct store_contract *backend, char url[STORE_FIXTURE_URL]);
/* A new store; the back end is the test's state. */
void store_fixture_open_new(struct fixture *f, void **state);
/* Close and open again, if the back end is durable. */
void store_fixture_reopen(struct fixture *f);
void store_fixture_close_it(struct fixture *f);
void store_fixture_begin(struct fixture *f);
void store_fixture_commit(struct fixture *f);
struct entry store_fixture_sample(struct fixture *f, uint64_t n);
int store_fixture_put(struct fixture *f, uint64_t n);
bool store_fixture_has(struct fixture *f, uint64_t n);
int store_fixture_drop(struct fixture *f, uint64_t n);
int store_fixture_erase(struct fixture *f, uint64_t n, uint32_t day);
/* Put from <= n < to in a transaction. */
void store_fixture_put_committed(struct fixture *f, uint64_t from, uint64_t to);
struct store_counts store_fixture_count(struct fixture *f);

#endif
