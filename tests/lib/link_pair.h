/* Two nodes of one region and the wires between them, for tests and fuzz targets of links. */
#ifndef TESTS_LINK_PAIR_H
#define TESTS_LINK_PAIR_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "channel/link.h"

#define PAIR_NOW_MS 1795516260000ULL

enum { INITIATOR = 0, RESPONDER = 1 };

struct link_pair {
	uint8_t psk[NOISE_KEY_BYTES];
	uint8_t secret[2][NOISE_KEY_BYTES];
	uint8_t public[2][NOISE_KEY_BYTES];
	struct link_keys *keys[2];
	struct link_replay replay;
	struct link_config config[2]; /* may be changed before link_pair_open */
	struct link *links[2];
	struct buf wire[2];           /* what this side has sent and nobody has taken yet */
	struct link_event *events[2]; /* of its last feed */
	struct arena arena;
};

/* Keys and configs, always the same ones; no links yet. */
void link_pair_init(struct link_pair *p);
/* Forget the links and what happened on them, not the keys or the replay table. */
void link_pair_drop(struct link_pair *p);
void link_pair_done(struct link_pair *p);
/* A pair for each test, for cmocka: *state is the pair. */
int link_pair_setup(void **state);
int link_pair_teardown(void **state);
/* New links; message 1 lies on the initiator's wire. */
int link_pair_open(struct link_pair *p);
/* Let the side take all that the other one has sent. */
int link_pair_take(struct link_pair *p, int side);
/* The whole handshake. */
int link_pair_ready(struct link_pair *p);

#endif
