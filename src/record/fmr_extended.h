/* Cores and deltas of a finger view: the one kind of extended data that we read and write.
 *
 * Layout of ISO/IEC 19794-2:2005 clause 7.5: areas of a type, a length (ours counts its own
 * four bytes, as NIST's software has it) and data; cores and deltas are type 2 (7.5.3).  Other
 * types are stepped over.  The block is believed as a whole or not at all. */
#ifndef RECORD_FMR_EXTENDED_H
#define RECORD_FMR_EXTENDED_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"

#define FMR_POINTS_MAX   15U /* of a kind */
#define FMR_DELTA_ANGLES 3U

struct fmr_point {
	uint16_t x; /* pixels from the left and from the top, as of minutiae */
	uint16_t y;
	uint8_t angles; /* how many are stated: 0, or 1 of a core, 3 of a delta */
	/* 256 steps a turn, counter-clockwise from +x: where a core's ridges open to; where the
	 * ridges of a delta run away from it. */
	uint8_t angle[FMR_DELTA_ANGLES];
};

struct fmr_points {
	uint8_t cores;
	uint8_t deltas;
	struct fmr_point core[FMR_POINTS_MAX];
	struct fmr_point delta[FMR_POINTS_MAX];
};

/* Read a view's extended data, without the two bytes of their length, for an image of this
 * size.  None there: no points.  ERR_SHORT, ERR_MALFORMED, ERR_LIMIT, ERR_RANGE; *out is
 * written on success only. */
int fmr_extended_read(struct bytes data, uint16_t width, uint16_t height, struct fmr_points *out);
/* May they be written for an image of this size: ERR_OK or ERR_RANGE. */
int fmr_extended_check(const struct fmr_points *p, uint16_t width, uint16_t height);
/* Bytes that fmr_extended_write appends, 2 without any point. */
size_t fmr_extended_bytes(const struct fmr_points *p);
/* Append the length of the extended data and the data; what fmr_extended_check accepts. */
void fmr_extended_write(const struct fmr_points *p, struct buf *out);

#endif
