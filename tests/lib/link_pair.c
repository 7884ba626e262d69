#include "tests/lib/link_pair.h"

#include <string.h>

#include <sodium.h>

#include "base/err.h"
#include "tests/lib/seeded.h"

static const char *const hellos[2] = { "CANARY passport of the initiator",
				       "CANARY passport of the responder" };

void link_pair_init(struct link_pair *p)
{
	*p = (struct link_pair){ 0 };
	seeded_start(7);
	randombytes_buf(p->psk, sizeof p->psk);
	link_replay_init(&p->replay);
	arena_init(&p->arena, 0);
	for (int i = 0; i < 2; i++) {
		struct link_keys_config config = {
			.id = { 0xc0, 0xff, 0xee, 0x01 },
			.psk = p->psk,
			.own_secret = p->secret[i],
			.own_public = p->public[i],
			.prologue = bytes_of("OP1 region"),
		};

		randombytes_buf(p->secret[i], NOISE_KEY_BYTES);
		(void)crypto_scalarmult_base(p->public[i], p -> secret[i]);
		(void)link_keys_new(&config, &p->keys[i]);
		p->config[i] = (struct link_config){
			.initiator = i == INITIATOR,
			.keys = { p->keys[i] },
			.replay = i == RESPONDER ? &p->replay : NULL,
			.hello = bytes_of(hellos[i]),
		};
	}
}

void link_pair_drop(struct link_pair *p)
{
	for (int i = 0; i < 2; i++) {
		link_free(p->links[i]);
		p->links[i] = NULL;
		p->events[i] = NULL;
		buf_done(&p->wire[i]);
	}
	arena_done(&p->arena);
}

void link_pair_done(struct link_pair *p)
{
	link_pair_drop(p);
	link_keys_free(p->keys[INITIATOR]);
	link_keys_free(p->keys[RESPONDER]);
	*p = (struct link_pair){ 0 };
}

int link_pair_open(struct link_pair *p)
{
	int rc = ERR_OK;

	for (int i = 0; i < 2 && rc == ERR_OK; i++) {
		rc = link_new(&p->config[i], &p->links[i]);
	}
	if (rc == ERR_OK) {
		rc = link_start(p->links[INITIATOR], PAIR_NOW_MS, 1, &p->wire[INITIATOR]);
	}
	return rc;
}

int link_pair_setup(void **state)
{
	struct link_pair *p = malloc(sizeof *p);

	if (p == NULL) {
		return -1;
	}
	link_pair_init(p);
	*state = p;
	return 0;
}

int link_pair_teardown(void **state)
{
	link_pair_done(*state);
	free(*state);
	return 0;
}

int link_pair_take(struct link_pair *p, int side)
{
	struct buf in = p->wire[1 - side];
	int rc;

	p->wire[1 - side] = (struct buf){ 0 };
	rc = link_feed(p->links[side], buf_bytes(&in), PAIR_NOW_MS, &p->arena, &p->events[side],
		       &p->wire[side]);
	buf_done(&in);
	return rc;
}

int link_pair_ready(struct link_pair *p)
{
	int rc = link_pair_open(p);

	for (int i = 0; i < 3 && rc == ERR_OK; i++) {
		rc = link_pair_take(p, i == 1 ? INITIATOR : RESPONDER);
	}
	return rc;
}
