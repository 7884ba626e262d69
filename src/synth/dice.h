/* Chance that can be repeated: the same seed and stream give the same numbers everywhere.
 *
 * A permuted congruential generator (64 bits of state, 32 of output).  For made-up people
 * only: never for keys, nonces or anything that must not be guessed. */
#ifndef SYNTH_DICE_H
#define SYNTH_DICE_H

#include <stdint.h>

struct dice {
	uint64_t state;
	uint64_t step; /* odd; names the stream */
};

/* Numbers of one seed in different streams have nothing to do with each other. */
void dice_init(struct dice *d, uint64_t seed, uint64_t stream);
uint32_t dice_u32(struct dice *d);
/* 0..n-1, without bias; n > 0. */
uint32_t dice_below(struct dice *d, uint32_t n);
/* From 0 up to but not including 1. */
float dice_unit(struct dice *d);
float dice_range(struct dice *d, float low, float high);
/* Mean 0, deviation 1, never beyond 3.5: the sum of four uniform numbers. */
float dice_normal(struct dice *d);
/* One 64-bit number from another, as if at random. */
uint64_t dice_mix(uint64_t x);

#endif
