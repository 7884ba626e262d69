/* Inside src/sync: what the peer is to be sent, and why: it asked, or we know that it lacks it. */
#ifndef SYNC_ORDERS_H
#define SYNC_ORDERS_H

#include "sync/frame.h"
#include "sync/outgoing.h"

/* The peer asks: WANT by names of the session, PICK by the first six bytes of ids. */
int orders_wanted(struct outgoing *o, const struct frame *f, struct fault *fault);
/* Send without being asked.  ERR_EXISTS when on its way, ERR_DENIED when the peer has refused
 * it before, ERR_FULL. */
int orders_push(struct outgoing *o, const struct set_held *h);
/* The same, but leave room for alerts; ERR_EXISTS also when the peer is known to have it. */
int orders_push_found(struct outgoing *o, const struct set_held *h);

#endif
