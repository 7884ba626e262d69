/* The region's key and this node's own, made ready: every handshake of a link starts from a
 * copy, so that refusing a stranger costs a few hashes.
 *
 * Make one for each psk that is in force, and keep it as long as the psk is. */
#ifndef CHANNEL_LINK_KEYS_H
#define CHANNEL_LINK_KEYS_H

#include <stdint.h>

#include "base/bytes.h"
#include "channel/noise.h"

#define LINK_ID_BYTES 4

/* Read-only for everybody but link_keys.c. */
struct link_keys {
	uint8_t id[LINK_ID_BYTES];
	uint8_t own_public[NOISE_KEY_BYTES];
	struct noise *initiator; /* owned, not begun */
	struct noise *responder; /* likewise */
};

/* All borrowed during link_keys_new; the public key belongs to the secret one. */
struct link_keys_config {
	uint8_t id[LINK_ID_BYTES]; /* of the psk, sent in clear */
	const uint8_t *psk;        /* NOISE_KEY_BYTES each */
	const uint8_t *own_secret;
	const uint8_t *own_public;
	struct bytes prologue; /* both sides must name the same */
};

/* ERR_NOMEM. */
int link_keys_new(const struct link_keys_config *config, struct link_keys **keys);
void link_keys_free(struct link_keys *keys);

#endif
