/* A member that has gone over to the other side: it has a node's keys, passport and store, and
 * speaks the protocol, but says what it likes. */
#ifndef SIM_HOSTILE_H
#define SIM_HOSTILE_H

#include "sim/region.h"

/* What it does; a seed picks some. */
enum hostile_way {
	HOSTILE_GREEDY = 1 << 0,    /* says that it may have every class */
	HOSTILE_REPLAY = 1 << 1,    /* offers what was erased, expired or replaced */
	HOSTILE_STRANGER = 1 << 2,  /* entries of an author who is no member */
	HOSTILE_UNSIGNED = 1 << 3,  /* entries in others' names, without their signature */
	HOSTILE_PRESUME = 1 << 4,   /* entries that only others may write */
	HOSTILE_ERASE = 1 << 5,     /* erasures of what is not its own */
	HOSTILE_FUTURE = 1 << 6,    /* stamps from years ahead */
	HOSTILE_TWO_FACED = 1 << 7, /* two entries of one sequence */
	HOSTILE_FLOOD = 1 << 8,     /* many entries */
	HOSTILE_LIE = 1 << 9,       /* turns over bits of its messages */
};

/* The node at the place is replaced by it.  value: its dice. */
int hostile_begin(struct region *r, size_t place, uint64_t value);

#endif
