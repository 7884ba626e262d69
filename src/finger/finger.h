/* Fingerprints: image to template, and template against template.
 *
 * A template is an ISO/IEC 19794-2:2005 record for anybody, plus private extended data of
 * our own (versioned, strict, untrusted when it comes from a peer) that makes comparison
 * better.  A record of another vendor's without extended data works too.  Everything here
 * is deterministic: the same bytes give the same bits on every machine. */
#ifndef FINGER_FINGER_H
#define FINGER_FINGER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "record/image.h"

#define FINGER_EXTENDED_MAX 8192U /* bytes */

/* What a person at the scanner can do something about. */
enum finger_fault {
	FINGER_TOO_DRY = 1 << 0,
	FINGER_TOO_WET = 1 << 1,
	FINGER_TOO_SMALL = 1 << 2, /* too little of the finger */
	FINGER_LOW_CONTRAST = 1 << 3,
	FINGER_FEW_MINUTIAE = 1 << 4,
	FINGER_SMEARED = 1 << 5,      /* moved while it was taken, or ridges unclear otherwise */
	FINGER_WRONG_REGION = 1 << 6, /* no core in sight: not the middle of the fingertip */
};

struct finger_quality {
	/* 0..100, ours, not NFIQ 2: what prints like this one score against their mates.  From
	 * 60 on one genuine pair in 140 is missed at FMR 1e-3, below one in seven. */
	uint8_t score;
	uint32_t faults; /* enum finger_fault, or-ed: why the score is below 60; 0 above */
};

/* Extract the template of one finger: append the ISO record to iso and the private data to
 * extended.  position is ISO 19794-2 table 2 (0: unknown).  ERR_RANGE when nothing that
 * looks like a fingerprint is there (quality is still filled in), ERR_NOMEM. */
int finger_extract(const struct image *image, uint8_t position, struct buf *iso,
		   struct buf *extended, struct finger_quality *quality);

/* A template prepared for comparison; immutable, shared by reference count. */
struct finger_template;
/* Prepare from an ISO or ANSI record (its first view) and extended data (may be empty).
 * Both are untrusted: ERR_MALFORMED, ERR_LIMIT, ... with the place. */
int finger_template_load(struct bytes iso, struct bytes extended, struct finger_template **out,
			 struct fault *fault);
struct finger_template *finger_template_ref(struct finger_template *t);
void finger_template_unref(struct finger_template *t);
uint8_t finger_template_position(const struct finger_template *t);
/* Bytes of memory that the prepared template takes. */
size_t finger_template_bytes(const struct finger_template *t);

/* Similarity of two templates as a calibrated score: 100 x log10 of the likelihood ratio
 * (same finger against different fingers), cut to -1000..2000.  Symmetric; bounded work
 * whatever the templates hold. */
int finger_compare(const struct finger_template *a, const struct finger_template *b);

#endif
