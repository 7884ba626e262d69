/* A message is a sequence of frames: type (1 byte), length (2, big-endian), content.
 *
 * docs/protocol-sync.md lists the frames byte by byte; this is the list of their types and
 * how they are put into a message and taken out again. */
#ifndef SYNC_FRAME_H
#define SYNC_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/wire.h"
#include "sync/name.h"

#define FRAME_HEAD  3U
#define FRAME_NAMES 448U /* the most names in one frame */

enum frame_type {
	FRAME_HELLO = 1,
	FRAME_ROUND = 2,
	FRAME_CLASSES = 3,
	FRAME_DONE = 4,
	FRAME_AGAIN = 5,
	FRAME_PROBE = 6,
	FRAME_SPLIT = 7,
	FRAME_LIST = 8,
	FRAME_EQUAL = 9,
	FRAME_NO = 10,
	FRAME_HAVE = 11,
	FRAME_RETURN = 12,
	FRAME_WANT = 13,
	FRAME_GONE = 14,
	FRAME_WHOLE = 15,
	FRAME_BEGIN = 16,
	FRAME_MORE = 17,
	FRAME_CUT = 18,
	FRAME_ACK = 19,
	FRAME_START = 20,
	FRAME_CELLS = 21,
	FRAME_GROW = 22,
	FRAME_PICK = 23,
	FRAME_TYPES
};

struct frame {
	enum frame_type type;
	struct bytes content; /* borrowed from the message */
	size_t at;            /* of the content in the message */
};

/* Take the next frame off the message; *in moves on.  ERR_SHORT, ERR_UNSUPPORTED. */
int frame_next(struct wire *in, struct frame *out, struct fault *fault);
/* Write a head, then the content, then end with what begin gave. */
size_t frame_begin(struct buf *out, enum frame_type type);
void frame_end(struct buf *out, size_t begun);

/* Names in groups by lane: a byte (lane << 5 | n, n from 1 to 31), then n names. */
struct named {
	uint64_t name;
	uint8_t lane;
};
/* Bytes that n names take at most, groups included. */
size_t frame_names_bytes(size_t n);
/* Sorts list by lane. */
void frame_put_names(struct buf *out, struct named *list, size_t n);
/* All that is left of w; at most FRAME_NAMES.  ERR_SHORT, ERR_MALFORMED, ERR_LIMIT. */
int frame_get_names(struct wire *w, struct named list[FRAME_NAMES], size_t *n);

/* A class: six bytes, the tag with two flags in its lowest bits. */
void frame_put_tag(struct buf *out, uint64_t tag);
uint64_t frame_get_tag(struct wire *w);
/* The first six bytes of an id. */
void frame_put_plain(struct buf *out, uint64_t plain);
uint64_t frame_get_plain(struct wire *w);
/* Seven bits a byte, the lowest first, the highest bit set when more follow; at most five
 * bytes, no needless ones.  ERR through *bad. */
void frame_put_count(struct buf *out, uint32_t v);
uint32_t frame_get_count(struct wire *w, bool *bad);

#endif
