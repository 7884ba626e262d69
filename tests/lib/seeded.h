/* Randomness that repeats: libsodium takes it instead of the kernel's, so that a test gives
 * the same bytes each time.  For tests only, and not hard to guess. */
#ifndef TESTS_SEEDED_H
#define TESTS_SEEDED_H

#include <stddef.h>
#include <stdint.h>

/* From now on everything random follows from the seed.  Also starts libsodium. */
void seeded_start(uint64_t seed);
/* The next random bytes are these (borrowed until they are used up), then the seed's again. */
void seeded_give(const uint8_t *bytes, size_t len);

#endif
