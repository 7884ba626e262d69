/* Counting what a comparison costs, for the test of its bounds (tests/unit/test_work.c).
 *
 * A unit is about a nanosecond of a fast core.  Innermost loops say what they do before they
 * do it; only the test's own copy of these files counts, in the product nothing is left. */
#ifndef FINGER_WORK_H
#define FINGER_WORK_H

#include <stdint.h>

#ifdef FINGER_COUNTS_WORK
extern uint64_t work_units; /* the test's */
#define WORK(units) (work_units += (uint64_t)(units))
#else
#define WORK(units) ((void)(units))
#endif

#endif
