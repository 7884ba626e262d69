/* The code of a finger: what the first look of a search of many needs, in 640 bytes.
 *
 * Of the best minutiae it keeps place, direction, and the flow around them in nibbles.  A
 * scan pairs each minutia of a code with that of the probe whose surroundings are most
 * alike, and counts how many of these pairs ask for one turn and shift.  All of it is whole
 * numbers: every variant of the scan, for whatever processor, gives the same values. */
#ifndef FINGER_CODE_H
#define FINGER_CODE_H

#include <stddef.h>
#include <stdint.h>

#include "finger/finger.h"

#define CODE_POINTS  32U
#define CODE_SAMPLES 32U
#define CODE_UNKNOWN 15U /* a nibble: no flow is known there */
#define CODE_PIXELS  2   /* a step of x and y */
#define CODE_ALIGN   32U

struct finger_code {
	/* Byte [k][i] holds sample 2k of minutia i in its low nibble and 2k + 1 in its high
	 * one: orientation relative to the minutia in 15 steps. */
	uint8_t flow[CODE_SAMPLES / 2][CODE_POINTS];
	uint8_t angle[CODE_POINTS];
	int8_t x[CODE_POINTS]; /* from the middle of the kept minutiae */
	int8_t y[CODE_POINTS];
	uint8_t count;
	uint8_t spare[31]; /* zeroes */
} __attribute__((aligned(CODE_ALIGN)));

/* The probe's side: its code, and what follows from it for every turn. */
struct code_probe;

void code_make(const struct finger_template *t, struct finger_code *out);
/* Given to the caller; ERR_NOMEM. */
int code_probe_new(const struct finger_code *c, struct code_probe **out);
void code_probe_free(struct code_probe *p);
/* How much the finger looks like the probe: 0 for nothing; not calibrated. */
unsigned code_alike(const struct code_probe *p, const struct finger_code *c);

/* The ways to compute it; which of them this processor has, and one of them for tests.
 * code_alike() takes the last that it has. */
enum code_variant { CODE_PLAIN, CODE_NEON, CODE_SSSE3, CODE_AVX2, CODE_AVX512, CODE_VARIANTS };
int code_has(enum code_variant v);
unsigned code_alike_by(enum code_variant v, const struct code_probe *p,
		       const struct finger_code *c);

#endif
