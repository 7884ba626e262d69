/* Where peers may be: one interface, several ways to know.
 *
 * A source reports addresses again and again; what is behind them, and whether it is alive,
 * only the node finds out.  Discovery is never liveness. */
#ifndef IO_DISCOVER_H
#define IO_DISCOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/bytes.h"

#define DISCOVER_SERVICE   "_outpost._tcp"
#define DISCOVER_TAG_BYTES 16U /* what a service is called: random, without meaning */

/* The address is borrowed for the call; fixed: somebody has written it down. */
typedef void discover_peer_fn(void *context, struct bytes address, bool fixed);

struct discover {
	int (*start)(struct discover *d);
	void (*stop)(struct discover *d); /* no report after this; the loop must run out */
	void (*free)(struct discover *d); /* after stop */
	discover_peer_fn *on_peer;
	void *context;
};

/* Addresses from the settings (static_peers.c), copied: reported once, at the start. */
int static_peers_new(const char *const *addresses, size_t count, discover_peer_fn *on_peer,
		     void *context, struct discover **out);
/* The local network, by Avahi (avahi.c): announces our port (settings: a uint16_t) under a
 * rotating tag and reports everybody else, every 30 s.  Without D-Bus or Avahi it says so once
 * and goes on trying.  While a daemon hangs, D-Bus blocks the loop for up to 25 s. */
int avahi_discover_new(uv_loop_t *loop, const void *settings, discover_peer_fn *on_peer,
		       void *context, struct discover **out);

/* A source that may block, in a thread with a loop of its own (discover_aside.c): what make
 * makes of the settings reports on the caller's loop.  A source that still blocks 2 s after its
 * stop is left behind: the process is about to end. */
typedef int discover_make_fn(uv_loop_t *loop, const void *settings, discover_peer_fn *on_peer,
			     void *context, struct discover **out);
int discover_aside_new(uv_loop_t *loop, discover_make_fn *make, const void *settings,
		       discover_peer_fn *on_peer, void *context, struct discover **out);

#endif
