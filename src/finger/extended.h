/* The private data that travel beside an ISO record: the second channel's minutiae and the
 * coarse ridge flow.  Versioned and strict; the checksum also covers the ISO record, so
 * that data of another print are refused.  The layout is in docs/FINGERPRINT.md. */
#ifndef FINGER_EXTENDED_H
#define FINGER_EXTENDED_H

#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "finger/minutiae.h"

#define EXTENDED_VERSION   1
#define EXTENDED_CELL      16 /* pixels */
#define EXTENDED_CELLS_MAX 6000

/* The flow in cells of 16 x 16 pixels; cell (0, 0) stands at (left, top). */
struct extended_flow {
	uint8_t columns;
	uint8_t rows;
	uint8_t left; /* in cells */
	uint8_t top;
	uint8_t cell[EXTENDED_CELLS_MAX]; /* 0: not known; else doubled orientation, 1..255 */
};

struct extended {
	uint8_t period; /* mean, in sixteenths of a pixel; 0: not known */
	struct minutiae second;
	struct extended_flow flow;
};

/* Cut the flow of a field into cells; at most EXTENDED_CELLS_MAX around its middle. */
void extended_from_field(const struct field *f, struct extended_flow *flow);
/* Append to out, bound to the ISO record; ERR_NOMEM. */
int extended_write(const struct extended *e, struct bytes iso, struct buf *out);
/* Read; *out is filled on success only.  ERR_SHORT, ERR_MALFORMED, ERR_UNSUPPORTED,
 * ERR_LIMIT, ERR_CORRUPT with the place. */
int extended_read(struct bytes data, struct bytes iso, struct extended *out, struct fault *fault);

#endif
