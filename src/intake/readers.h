/* The readers behind decode.h, one file for each format, and what they share.
 *
 * A reader finds the size, calls decode_start() with it, and only then decodes into
 * job->image.  It returns ERR_OK or the error that it has put into job->fault; whatever
 * it leaves in job->image belongs to decode_image(). */
#ifndef INTAKE_READERS_H
#define INTAKE_READERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "intake/decode.h"
#include "record/image.h"

struct decode_job {
	struct bytes in;         /* borrowed */
	struct decode_hint hint; /* all zero if there is none */
	struct image image;      /* owned; zeroed until decode_start() */
	struct fault *fault;     /* borrowed, may be NULL */
};

/* Check a size that stands at the offset, and make the (black) image; ERR_LIMIT, ERR_RANGE
 * or ERR_NOMEM, which the reader passes on. */
int decode_start(struct decode_job *job, uint32_t width, uint32_t height, size_t at);
/* The file states a resolution in pixels per inch at the offset; any value will do, as 0
 * and nonsense count as not stated.  ERR_UNSUPPORTED if the pixels are not square. */
int decode_stated_ppi(struct decode_job *job, double x, double y, size_t at);

/* Turn the decoded image upright, given the orientation of TIFF and Exif (1 to 8, others count
 * as 1); ERR_UNSUPPORTED if it is a mirrored one, ERR_NOMEM. */
int decode_turn(struct decode_job *job, unsigned orientation, size_t at);

/* Refuse what libtiff must not see; the input has at least the 4 bytes of its magic. */
int tiff_check_directory(const struct decode_job *job);
/* A number of 1 to 4 bytes as TIFF and Exif write it. */
uint32_t tiff_check_number(const uint8_t *p, size_t len, bool big_endian);

/* The orientation that a JPEG APP1 segment states in its Exif part, 1 if it states none or
 * cannot be read. */
unsigned exif_orientation(struct bytes segment);

int intake_png(struct decode_job *job);
int intake_jpeg(struct decode_job *job);
int intake_pgm(struct decode_job *job);
int intake_tiff(struct decode_job *job);
int intake_wsq(struct decode_job *job);
int intake_raw(struct decode_job *job);

#endif
