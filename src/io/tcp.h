/* Links over TCP: what is heard on them goes to the inbox, what is to be said comes from the
 * loop.
 *
 * A link has a number that is never 0 and comes again only after all others were used.  For
 * each LINK_UP there is exactly one LINK_DOWN, and for each dial exactly one of the two.
 * Nobody is waited for longer than TCP_DIAL_MS, nor kept alive that does not answer. */
#ifndef IO_TCP_H
#define IO_TCP_H

#include <stdint.h>

#include <uv.h>

#include "io/address.h"
#include "io/inbox.h"

#define TCP_LINKS_MAX   NODE_LINKS_MAX
#define TCP_INBOUND_MAX 48U /* so that there is always room to call somebody */
#define TCP_YOUNG_MAX   16U /* links from one address that are younger than this: */
#define TCP_YOUNG_MS    5000U
#define TCP_DIAL_MS     10000U
#define TCP_SEND_MAX    (8U << 20)   /* bytes waiting on one link; beyond, it is closed */
#define TCP_UNREAD_MAX  (256U << 10) /* bytes in the inbox from one link; then it waits */

struct tcp;

int tcp_new(uv_loop_t *loop, struct inbox *inbox, struct tcp **out);
/* Listen at the address ("[::]:4700"; port 0: any); *port is the one it has become.  ERR_IO,
 * ERR_EXISTS when the port is taken, ERR_DENIED, and what address_parse() says. */
int tcp_listen(struct tcp *t, const char *address, uint16_t *port);
void tcp_dial(struct tcp *t, struct bytes address);
/* Copies the bytes; a link that is not there any more is no error. */
void tcp_send(struct tcp *t, uint32_t link, struct bytes bytes);
void tcp_close(struct tcp *t, uint32_t link);
/* The node has taken this many bytes of the link from the inbox. */
void tcp_taken(struct tcp *t, uint32_t link, size_t bytes);
/* The inbox has room again: listen to those that were not listened to for want of it. */
void tcp_resume(struct tcp *t);
/* Links that are up. */
size_t tcp_links(const struct tcp *t);
/* Close everything; from here on nothing goes to the inbox.  The loop must run until it ends
 * before tcp_free(). */
void tcp_stop(struct tcp *t);
void tcp_free(struct tcp *t);

#endif
