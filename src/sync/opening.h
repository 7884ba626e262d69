/* Inside src/sync: how a round begins: both sides say what they hold, and find out whether
 * anything differs and how it is to be compared.
 *
 *        initiator                                responder
 *        HELLO ROUND (its list and all that
 *          it holds of it, as digests)    ---->
 *                                         <----   HELLO ROUND START   same lists
 *                                                 HELLO ROUND CLASSES others
 *        CLASSES (what it holds of what
 *          is shared)                     ---->
 *                                         <----   START
 *
 * With START the responder says: nothing differs, cells follow, or ask by ranges.  When control
 * differs it is settled first, and the lists are told. */
#ifndef SYNC_OPENING_H
#define SYNC_OPENING_H

#include "sync/session.h"

void opening_put_hello(struct sync_session *s);
/* Say what we hold now. */
void opening_put_round(struct sync_session *s);
/* The caller's list of classes is here. */
int opening_classes(struct sync_session *s, const struct sync_class *classes, size_t n);
/* Frames: HELLO, ROUND, CLASSES, START. */
int opening_hello(struct sync_session *s, const struct frame *f);
int opening_round(struct sync_session *s, const struct frame *f);
int opening_their_classes(struct sync_session *s, const struct frame *f);
int opening_start(struct sync_session *s, const struct frame *f);

#endif
