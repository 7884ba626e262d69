/* What is to happen, by its time: a heap.  Of two happenings at one time the one that was put
 * in first comes first. */
#ifndef SIM_AGENDA_H
#define SIM_AGENDA_H

#include <stddef.h>
#include <stdint.h>

#include "node/node.h"

#define AGENDA_ADDRESS_MAX 16U

enum happening_kind {
	HAPPENING_EVENT = 1, /* for a node */
	HAPPENING_WAKE,      /* a node's timer */
	HAPPENING_DRAINED,   /* has a wire sent all? */
	HAPPENING_START,     /* a node that was down starts again */
	HAPPENING_ACT,       /* of the plan: which one is in number */
};

struct happening {
	uint64_t at_ms;
	uint64_t order;
	enum happening_kind kind;
	size_t node;
	uint32_t life; /* of the node: what was meant for a dead process is lost */
	uint64_t number;
	struct event event;
	uint8_t *bytes; /* owned */
	struct search_result found;
	char address[AGENDA_ADDRESS_MAX];
};

struct agenda {
	struct happening **heap; /* owned */
	size_t count, room;
	uint64_t order;
};

/* The happening is taken, also on error; ERR_NOMEM. */
int agenda_put(struct agenda *a, struct happening *h);
/* Given to the caller; NULL when the earliest is later than until_ms, or nothing is left. */
struct happening *agenda_take(struct agenda *a, uint64_t until_ms);
void agenda_free(struct happening *h);
void agenda_done(struct agenda *a);

#endif
