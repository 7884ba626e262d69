#include "channel/link_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

int link_keys_new(const struct link_keys_config *config, struct link_keys **keys)
{
	struct link_keys *made = calloc(1, sizeof *made);
	struct noise_config noise = {
		.pattern = "XXpsk0",
		.prologue = config->prologue,
		.own_secret = config->own_secret,
		.own_public = config->own_public,
		.psks = (const uint8_t(*)[NOISE_KEY_BYTES])config->psk,
		.psk_count = 1,
	};
	int rc = ERR_NOMEM;

	if (made == NULL) {
		goto err;
	}
	memcpy(made->id, config->id, LINK_ID_BYTES);
	memcpy(made->own_public, config->own_public, NOISE_KEY_BYTES);
	rc = noise_new(&noise, &made->responder);
	if (rc != ERR_OK) {
		goto err;
	}
	noise.initiator = true;
	rc = noise_new(&noise, &made->initiator);
	if (rc != ERR_OK) {
		goto err;
	}
	*keys = made;
	return ERR_OK;
err:
	link_keys_free(made);
	return rc;
}

void link_keys_free(struct link_keys *keys)
{
	if (keys != NULL) {
		noise_free(keys->initiator);
		noise_free(keys->responder);
		free(keys);
	}
}
