/* Inside src/sync: what we say about entries that come: ACK, WANT, PICK and RETURN. */
#ifndef SYNC_REPLIES_H
#define SYNC_REPLIES_H

#include "sync/incoming.h"

/* While the message stays within max bytes. */
void replies_fill(struct incoming *in, struct buf *out, size_t max);

#endif
