/* Inside src/sync: what a side says of all that it holds where both may have it, in some 30
 * bytes: enough to see that nothing differs, or else about how much. */
#ifndef SYNC_STAND_H
#define SYNC_STAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/wire.h"
#include "sync/share.h"
#include "sync/sketch.h"

struct stand {
	struct summary both; /* of the classes that go both ways */
	uint32_t others;     /* ids in those that go from it to the peer only */
	bool counted;        /* it has sketches, and counts says how they begin */
	uint32_t counts[SKETCH_COUNTS];
};

void stand_init(struct stand *st, const struct shares *s);
/* One class more. */
void stand_add(struct stand *st, struct shares *s, struct share *h, bool send, bool take);
/* All classes shared now, as both sides said. */
void stand_of(struct stand *st, struct shares *s);
/* The first SKETCH_FEW counts go, modulo 256.  ERR_SHORT, ERR_MALFORMED, ERR_LIMIT. */
void stand_put(const struct stand *st, struct buf *out);
int stand_get(struct stand *st, struct wire *w);

#endif
