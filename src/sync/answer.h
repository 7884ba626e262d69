/* Inside src/sync: the answering side of the comparison.  It keeps nothing but the questions
 * that wait; each is answered from the set as it is then. */
#ifndef SYNC_ANSWER_H
#define SYNC_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "sync/frame.h"
#include "sync/share.h"

#define ANSWER_WAITING_MAX 256U /* ranges asked and not answered */
#define ANSWER_LEAF        16U  /* so few ids are listed rather than split */
#define ANSWER_WAYS        16U
#define ANSWER_LIST        0x10U /* of a range's head: list it, do not split it */

/* A range that the peer asks for. */
struct range {
	uint64_t tag;
	struct summary whole; /* of the peer; depth 0 and not list */
	uint32_t lo;
	uint32_t cursor; /* list from here */
	uint8_t depth;
	bool list;
};

struct answer {
	struct shares *shares;
	struct range waiting[ANSWER_WAITING_MAX]; /* a ring */
	size_t first, n;
	size_t list_max;
	uint64_t work; /* ids hashed in this round */
};

void answer_init(struct answer *a, struct shares *shares, size_t chunk_bytes);
/* A new round: the account of work starts again. */
void answer_round(struct answer *a);
/* PROBE.  ERR_MALFORMED, ERR_LIMIT, ERR_STATE. */
int answer_probe(struct answer *a, const struct frame *f, struct fault *fault);
/* SPLIT, LIST, EQUAL, NO frames; ERR_NOMEM, ERR_LIMIT when the peer asks beyond all need. */
int answer_fill(struct answer *a, struct buf *out, size_t max);

#endif
