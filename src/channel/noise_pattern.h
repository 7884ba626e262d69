/* Handshake patterns by name: which keys and secrets each message carries.
 *
 * Knows the fundamental and the deferred patterns of Noise 7 with any pskN modifiers. */
#ifndef CHANNEL_NOISE_PATTERN_H
#define CHANNEL_NOISE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NOISE_MESSAGES_MAX 4
#define NOISE_TOKENS_MAX   7 /* in one message, with its psk before and after */
#define NOISE_NAME_ROOM    32
#define NOISE_PSKS_MAX     (NOISE_MESSAGES_MAX + 1)

/* What is done next with a message, in the words of Noise 7.1. */
enum noise_token {
	NOISE_END, /* of the message's tokens; its payload follows */
	NOISE_E,
	NOISE_S,
	NOISE_EE,
	NOISE_ES,
	NOISE_SE,
	NOISE_SS,
	NOISE_PSK,
};

struct noise_pattern {
	char name[NOISE_NAME_ROOM]; /* with its modifiers, such as XXpsk0 */
	bool knows_initiator;       /* the initiator's static key is known beforehand */
	bool knows_responder;
	size_t message_count; /* 1: the pattern goes one way */
	size_t psk_count;
	uint8_t messages[NOISE_MESSAGES_MAX][NOISE_TOKENS_MAX + 1]; /* each ends in NOISE_END */
};

/* ERR_UNSUPPORTED for a pattern that is not known, ERR_MALFORMED for modifiers that are
 * not pskN joined by +, repeat themselves or name a message that there is not. */
int noise_pattern_find(const char *name, struct noise_pattern *pattern);

#endif
