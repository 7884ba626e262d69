/* An image as a scanner of another resolution might have given it: Lanczos' window of three
 * lobes, widened when there is less to keep.  On purpose not what extraction itself does. */
#ifndef CMD_BENCH_RESAMPLE_H
#define CMD_BENCH_RESAMPLE_H

#include "record/image.h"

/* Replace the image by itself at ppi pixels per inch; ERR_LIMIT, ERR_NOMEM. */
int bench_resample(struct image *image, uint32_t ppi);

#endif
