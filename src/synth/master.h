/* Inside a master: print.c makes it, impression.c looks at it. */
#ifndef SYNTH_MASTER_H
#define SYNTH_MASTER_H

#include <stdint.h>

#include "synth/flow.h"
#include "synth/grow.h"

#define MASTER_PIXELS (GROW_WIDTH * GROW_HEIGHT)

struct synth_master {
	uint64_t seed;
	struct flow flow;
	int8_t ridge[MASTER_PIXELS]; /* -127 furrow .. 127 ridge */
	uint8_t gap[MASTER_PIXELS];  /* pores and creases: skin that does not touch, 0..255 */
};

#endif
