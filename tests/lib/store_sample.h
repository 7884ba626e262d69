/* Entries to keep in a store: whole in form, with bytes that follow from a number.  They are
 * not sealed or signed by anyone. */
#ifndef TESTS_STORE_SAMPLE_H
#define TESTS_STORE_SAMPLE_H

#include "base/arena.h"
#include "record/entry.h"

/* The n-th entry, in the arena; the wrap is 80 bytes for every fifth.  expiry_day is
 * STORE_SAMPLE_DAY + n % 100. */
struct entry store_sample_entry(struct arena *arena, uint64_t n, unsigned size_class);
/* Does e hold the same as the n-th entry, in all four parts and the header? */
bool store_sample_is(const struct entry *e, uint64_t n, unsigned size_class);
/* Next of a sequence that follows from *state alone. */
uint64_t store_sample_random(uint64_t *state);

#define STORE_SAMPLE_DAY 20000U

#endif
