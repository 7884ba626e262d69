/* Foreign image bytes -> a checked grey image.  Nothing in the bytes is believed.
 *
 * The size that the file declares is checked against the limits of record/image.h before
 * pixels are decoded or room for them is taken.  Damage is an error, never half a picture:
 * a bad checksum, a warning inside the pixel data and an early end all refuse the image.
 * Colour becomes luma (ITU-R BT.601), transparency is laid on white, 16 bits are rounded
 * to 8.  What follows the end of a PNG, JPEG or WSQ is not looked at.  No files, no
 * environment, no global state: fit for the sandboxed worker.
 *
 * A quarter or half turn that TIFF or Exif ask for is carried out.  A mirrored image is
 * refused: a mirrored finger is another finger, and a wrong tag would go unnoticed.
 *
 * Resolution: hint->ppi if given, else what the file states if it lies within IMAGE_PPI_MIN
 * and IMAGE_PPI_MAX, else DECODE_PPI_DEFAULT with image.ppi_assumed set.  Where a file says
 * that its pixels are not square, it is refused unless hint->ppi overrules it. */
#ifndef INTAKE_DECODE_H
#define INTAKE_DECODE_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "record/image.h"

#define DECODE_PPI_DEFAULT 500U
#define DECODE_BYTES_MAX   (64UL * 1024 * 1024)

enum image_format {
	IMAGE_ANY, /* in a hint: look at the first bytes; as an answer: none of those below */
	IMAGE_PNG,
	IMAGE_JPEG, /* baseline, extended and progressive, 8 bits, grey or three components */
	IMAGE_PGM,  /* binary, "P5", 8 or 16 bits */
	IMAGE_TIFF, /* the first page */
	IMAGE_WSQ,
	IMAGE_RAW, /* 8 bits a pixel without a header; never found by looking */
};

/* What the carrier of the bytes says about them; all zero says nothing. */
struct decode_hint {
	enum image_format format; /* if not IMAGE_ANY, the bytes must be of this format */
	uint32_t width;           /* needed for IMAGE_RAW; others must agree with it unless 0;
				     as stored, before any turn */
	uint32_t height;          /* as width */
	uint32_t pixels_max;      /* refuse larger images; 0: IMAGE_PIXELS_MAX */
	uint32_t ppi;             /* needed for IMAGE_RAW; 0 for others: what the file says */
};

/* Call once before the process gives up its rights: what the libraries below ask of the system
 * only the first time (the sort of the C library asks how much memory there is), they ask
 * here.  Afterwards decoding only takes and gives back memory. */
void decode_prepare(void);
/* The format that the first bytes announce, IMAGE_ANY if none that is known. */
enum image_format decode_sniff(struct bytes in);
/* Decode into *out, given to the caller (image_done).  hint and fault may be NULL.
 * ERR_LIMIT (too small, too large, too many scans or tags), ERR_SHORT, ERR_MALFORMED,
 * ERR_UNSUPPORTED (a kind of file that is not read here, such as CMYK or JPEG 2000),
 * ERR_RANGE (a hint that contradicts the file or itself), ERR_NOMEM; *fault says where,
 * and *out is untouched. */
int decode_image(struct bytes in, const struct decode_hint *hint, struct image *out,
		 struct fault *fault);

#endif
