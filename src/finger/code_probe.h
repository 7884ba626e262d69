/* What code.c prepares and the variants of the scan read.  For those files only. */
#ifndef FINGER_CODE_PROBE_H
#define FINGER_CODE_PROBE_H

#include "finger/code.h"

#define CODE_TURN_MAX 64 /* of 256: prints turned by more than a quarter are not searched */
#define CODE_TURNS    (2 * CODE_TURN_MAX + 1)
#define CODE_CIRCLES  4
#define CODE_LEAST    10 /* likeness of a pair that may vote */
#define CODE_TURN_OFF 6  /* of 256: how differently pairs may be turned and agree */
#define CODE_OFF      5  /* steps of CODE_PIXELS */
#define CODE_NIBBLES  16
#define CODE_STEP     2U /* minutiae of the probe for each load of a sample */

/* Pairs of minutiae, one for each of the scanned code; x and y wrap. */
struct code_pairs {
	uint8_t like[CODE_POINTS]; /* 0: no pair */
	uint8_t turn[CODE_POINTS];
	uint8_t x[CODE_POINTS]; /* where the probe's middle would be */
	uint8_t y[CODE_POINTS];
};

struct code_probe {
	/* Likeness by the probe's minutia and sample, then by the other's value: two minutiae side
	 * by side, for vectors that take both at once. */
	int8_t table[CODE_POINTS / 2][CODE_SAMPLES][2][CODE_NIBBLES]
	    __attribute__((aligned(CODE_ALIGN)));
	struct finger_code code;
	/* Where each minutia comes to lie when the print is turned about its middle. */
	uint8_t turned_x[CODE_POINTS][CODE_TURNS];
	uint8_t turned_y[CODE_POINTS][CODE_TURNS];
};

#endif
