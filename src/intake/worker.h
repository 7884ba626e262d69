/* What outpostd and outpost-worker say to each other (docs/PROTOCOL-WORKER.md).
 *
 * The worker is the only process that touches foreign bytes.  It gets one request at a time
 * on its standard input and gives one answer to each on its standard output, in order: a
 * frame is a length of four bytes, big-endian, and that many bytes of the encoding of
 * record/schema.h.  It keeps nothing from one request to the next, so that a request which
 * kills it is the only one that is lost.  How long a request may take is the parent's
 * business: it kills the worker and starts another.
 *
 * The parent must not believe an answer more than the bytes it came from: a worker that has
 * been taken over can say anything that fits these limits. */
#ifndef INTAKE_WORKER_H
#define INTAKE_WORKER_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "record/schema.h"

#define WORKER_LENGTH_BYTES 4U
#define WORKER_BYTES_MAX    (32UL * 1024 * 1024)     /* foreign bytes in a request */
#define WORKER_REQUEST_MAX  (WORKER_BYTES_MAX + 256) /* body of a frame */
#define WORKER_ANSWER_MAX   (16UL * 1024 * 1024)     /* body of a frame */
#define WORKER_SAMPLES_MAX  64U
#define WORKER_ITEMS_MAX    2048U
#define WORKER_PLACE_MAX    64U
#define WORKER_TAG_MAX      32U
#define WORKER_TEXT_MAX     4096U
#define WORKER_ISO_MAX      2048U /* one view */
#define WORKER_EXTENDED_MAX 8192U
/* A sight: see there for what they count. */
#define WORKER_SIGHT_SIDE_MAX   2048U
#define WORKER_SIGHT_PIXELS_MAX (3UL << 20)
#define WORKER_SIGHT_BLOCKS_MAX 49664UL
#define WORKER_SIGHT_RIDGES_MAX 395008UL
#define WORKER_SIGHT_BLOCK      8U
#define WORKER_ARENA_BYTES      (1024UL * 1024) /* enough to read any request or answer */

enum worker_op {
	WORKER_EXAMINE = 1,  /* one image of one finger: quality and template */
	WORKER_TEMPLATE = 2, /* a minutiae record, ISO or ANSI */
	WORKER_NIST = 3,     /* an ANSI/NIST-ITL file */
	WORKER_PING = 4,     /* nothing; the bytes are not looked at */
	WORKER_SHOW = 5,     /* as WORKER_EXAMINE, and what was seen on the way */
};

struct worker_request {
	uint64_t id;
	uint64_t op;        /* enum worker_op */
	uint64_t position;  /* finger position 0..10, for WORKER_EXAMINE */
	uint64_t ppi;       /* 0: as the image says */
	uint64_t width;     /* not 0: the bytes are 8-bit grey pixels without a header */
	uint64_t height;    /* together with width and ppi */
	struct bytes bytes; /* the foreign bytes, borrowed */
};

/* What a sample's bytes were. */
enum worker_format {
	WORKER_FORMAT_OTHER = 0,
	WORKER_FORMAT_PNG = 1,
	WORKER_FORMAT_JPEG = 2,
	WORKER_FORMAT_PGM = 3,
	WORKER_FORMAT_TIFF = 4,
	WORKER_FORMAT_WSQ = 5,
	WORKER_FORMAT_RAW = 6,
	WORKER_FORMAT_JP2 = 7,
	WORKER_FORMAT_MINUTIAE = 16,
};

/* One finger, or one image of something else (type 10) that is only located. */
struct worker_sample {
	uint64_t code;     /* 0, or -code is an enum err: this sample failed, others may not have */
	uint64_t type;     /* ANSI/NIST record type 4, 9, 10 or 14; 0 outside such files */
	uint64_t position; /* as the file says: 11 and more are slaps and groups */
	uint64_t width;    /* pixels */
	uint64_t height;
	uint64_t ppi;
	uint64_t score;        /* quality 0..100 */
	uint64_t faults;       /* enum finger_fault, or-ed */
	uint64_t format;       /* enum worker_format */
	uint64_t at;           /* where the sample's own bytes begin in the request's bytes */
	uint64_t size;         /* and how many they are; 0: not a part of its own */
	struct bytes place;    /* the field at fault, if code is not 0 */
	struct bytes iso;      /* ISO 19794-2:2005, one view; empty if there is none */
	struct bytes extended; /* finger.h's private data beside it */
};

/* What extraction saw of one finger, for pictures: the grey image at 500 ppi, its blocks of
 * WORKER_SIGHT_BLOCK x WORKER_SIGHT_BLOCK pixels, and the ridges of both channels.  Rows stand
 * one below the other; all empty where there is nothing to be shown. */
struct worker_sight {
	uint64_t width;        /* pixels at 500 ppi */
	uint64_t height;       /* width x height is at most WORKER_SIGHT_PIXELS_MAX */
	struct bytes grey;     /* a byte a pixel, 0 is black */
	struct bytes mask;     /* a byte a block: 1 is print, 0 is background */
	struct bytes clarity;  /* a byte a block: how much of it is ridges, 0..255 */
	struct bytes flow;     /* a byte a block: direction of the ridges, 256 steps for 180
				  degrees, from +x towards +y, where y points down */
	struct bytes ridges;   /* channel B: a bit a pixel, the first is the highest of its byte;
				  rows begin with a byte, bits beyond the width are 0 */
	struct bytes ridges_a; /* channel A; both channels or none */
};

/* A text of an ANSI/NIST-ITL file. */
struct worker_item {
	struct bytes tag;   /* "2.030", "2.064.1.5" */
	struct bytes value; /* line ends are \n */
};

struct worker_answer {
	uint64_t id;
	uint64_t code;             /* 0, or -code is an enum err for the whole request */
	uint64_t at;               /* the place of the fault in the request's bytes */
	uint64_t last;             /* 1: the worker ends now, ask another one */
	struct bytes place;        /* the field at fault */
	struct list samples;       /* struct worker_sample */
	struct list items;         /* struct worker_item */
	struct worker_sight sight; /* for WORKER_SHOW */
};

/* Tables of the above, for docs and tests. */
extern const struct schema worker_request_schema;
extern const struct schema worker_sample_schema;
extern const struct schema worker_item_schema;
extern const struct schema worker_sight_schema;
extern const struct schema worker_answer_schema;

/* Append a whole frame; ERR_RANGE for values beyond the limits, ERR_NOMEM, ERR_SPACE. */
int worker_put_request(const struct worker_request *request, struct buf *out);
int worker_put_answer(const struct worker_answer *answer, struct buf *out);
/* Find the body of the frame that in begins with; max is one of the limits above.  ERR_SHORT:
 * not all of it is there yet, *need says how many bytes in must have before it is worth
 * asking again.  ERR_LIMIT: longer than max. */
int worker_frame(struct bytes in, size_t max, struct bytes *body, size_t *need);
/* Read a frame's body.  Spans are borrowed from it, lists belong to the arena.  A sight that is
 * read has parts of just the lengths that its width and height ask for. */
int worker_read_request(struct bytes body, struct arena *arena, struct worker_request *out,
			struct fault *fault);
int worker_read_answer(struct bytes body, struct arena *arena, struct worker_answer *out,
		       struct fault *fault);

#endif
