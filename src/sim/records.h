/* What outpost-worker does with a minutiae record, without its process: for the simulator, the
 * scenarios' world and measurements.  Images have tests of their own. */
#ifndef SIM_RECORDS_H
#define SIM_RECORDS_H

#include "base/buf.h"
#include "base/bytes.h"

/* Answer a request's frame; the answer's frame is appended to out.  Errors of worker_frame and
 * worker_read_request; what is wrong with the record stands in the answer. */
int records_examine(struct bytes frame, struct buf *out);

#endif
