/* Randomness that repeats: streams of numbers from a seed, and libsodium drawing from one of
 * them, so that the same seed plays the same world byte for byte.  Not hard to guess. */
#ifndef SIM_CHANCE_H
#define SIM_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

/* The next number of a stream; any state is a good one to begin with. */
uint64_t chance_next(uint64_t *stream);
/* 0 <= x < n; n > 0. */
uint64_t chance_below(uint64_t *stream, uint64_t n);
/* True in so many of a million cases. */
bool chance_ppm(uint64_t *stream, uint64_t ppm);
/* A stream of its own for the n-th part of a world. */
uint64_t chance_stream(uint64_t seed, uint64_t n);
/* From now on libsodium's random bytes come from this stream, which is borrowed until the next
 * call.  Also starts libsodium; false when that fails. */
bool chance_use(uint64_t *stream);

#endif
