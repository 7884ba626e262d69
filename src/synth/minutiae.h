/* Prints of people who do not exist as templates, without drawing the finger: for galleries
 * of hundreds of thousands.
 *
 * A finger's minutiae keep the distance from one another that real ones keep, crowd a
 * little around cores and deltas, and point along a flow like that of print.h.  A template
 * is one touch of it: turned, shifted, stretched, cut by the contact's rim.  It is seen by
 * two channels, as extraction sees a print: each misses some minutiae and invents some, both
 * together more often than chance would have it.  (The minutiae are not those of the
 * master of the same seed: that one grows its own.) */
#ifndef SYNTH_MINUTIAE_H
#define SYNTH_MINUTIAE_H

#include <stdint.h>

#include "record/fmr.h"

#define SYNTH_CELL    16 /* pixels */
#define SYNTH_COLUMNS 24
#define SYNTH_ROWS    30
#define SYNTH_CELLS   (SYNTH_COLUMNS * SYNTH_ROWS)

/* What an extraction knows beside the record: what its second channel saw, and the flow. */
struct synth_private {
	uint8_t period; /* of the ridges, mean, in sixteenths of a pixel */
	uint8_t columns;
	uint8_t rows;
	uint8_t count;
	struct fmr_minutia minutia[FMR_MINUTIAE_MAX]; /* by falling quality */
	/* From the top, row by row: twice the ridges' direction in 256 steps of a turn,
	 * CLOCKWISE from +x; 0: not known. */
	uint8_t cell[SYNTH_CELLS];
};

/* The same finger seed gives mates.  difficulty: of the post, 0..1, as in
 * synth_params_init; touches differ about it.  Writes all of *view (its position stays 0,
 * unknown) and of *more (NULL: not wanted). */
void synth_template(uint64_t finger, uint64_t touch, float difficulty, struct fmr *view,
		    struct synth_private *more);

#endif
