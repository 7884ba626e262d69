/* A row of transactions that touch everything a store keeps, numbered from 1, and the check
 * that exactly the first k of them are in a store.  For tests that stop in the middle. */
#ifndef TESTS_STORE_WORK_H
#define TESTS_STORE_WORK_H

#include "store/store.h"

/* Do the n-th transaction.  What failed; then the transaction has been rolled back, unless
 * the store did so itself. */
int store_work_do(struct store *s, unsigned n);
/* How many have been done, by the store's own account. */
unsigned store_work_done(struct store *s);
/* Assert that the first k are there and nothing else. */
void store_work_check(struct store *s, unsigned k);

#endif
