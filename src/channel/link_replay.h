/* Is this first message of a handshake new?  Its stamp says when it was made, and the last
 * ones that were answered are kept, so that a copy makes a node compute and send nothing.
 *
 * Every link of the node shares one table.  It holds a fixed number; the oldest goes first.
 * Only who knows the region's key can fill it, and such a one need not replay anything. */
#ifndef CHANNEL_LINK_REPLAY_H
#define CHANNEL_LINK_REPLAY_H

#include <stddef.h>
#include <stdint.h>

#include "channel/noise_cipher.h"

#define LINK_REPLAY_ROOM 512
#define LINK_STAMP_BYTES 12 /* milliseconds in 8 bytes, a counter in 4; big-endian */

struct link_replay {
	uint8_t tags[LINK_REPLAY_ROOM][NOISE_TAG_BYTES];
	size_t count;
	size_t next; /* where the next one goes */
};

void link_replay_init(struct link_replay *r);
/* ERR_SKEW or ERR_EXPIRED for a stamp that is more than the window later or earlier than now. */
int link_replay_stamp(const uint8_t stamp[LINK_STAMP_BYTES], uint64_t now_ms, uint64_t window_ms);
/* Remember the message that ends in this tag; ERR_EXISTS if it is known already. */
int link_replay_add(struct link_replay *r, const uint8_t tag[NOISE_TAG_BYTES]);

#endif
