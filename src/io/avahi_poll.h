/* Avahi's idea of an event loop (avahi-common/watch.h) on libuv. */
#ifndef IO_AVAHI_POLL_H
#define IO_AVAHI_POLL_H

#include <avahi-common/watch.h>
#include <uv.h>

struct avahi_poll;

int avahi_poll_new(uv_loop_t *loop, struct avahi_poll **out);
/* Borrowed; what was made with it must be freed before the loop ends. */
const AvahiPoll *avahi_poll_api(const struct avahi_poll *p);
/* After all watches and timeouts were freed; they may still be closing. */
void avahi_poll_free(struct avahi_poll *p);

#endif
