#include "channel/noise_pattern.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"

#define ROW_TOKENS 5 /* the longest message without psk */

enum { E = NOISE_E, S = NOISE_S, EE = NOISE_EE, ES = NOISE_ES, SE = NOISE_SE, SS = NOISE_SS };

/* Whose static keys are known before the handshake. */
enum { NONE, INITIATOR, RESPONDER, BOTH };

/* Noise 7.4, 7.5 and appendix 18.1; the initiator writes first, then they take turns. */
static const struct row {
	char name[5];
	uint8_t known;
	uint8_t messages[NOISE_MESSAGES_MAX][ROW_TOKENS];
} rows[] = {
	/* one way */
	{ "N", RESPONDER, { { E, ES } } },
	{ "K", BOTH, { { E, ES, SS } } },
	{ "X", RESPONDER, { { E, ES, S, SS } } },
	/* interactive */
	{ "NN", NONE, { { E }, { E, EE } } },
	{ "NK", RESPONDER, { { E, ES }, { E, EE } } },
	{ "NX", NONE, { { E }, { E, EE, S, ES } } },
	{ "XN", NONE, { { E }, { E, EE }, { S, SE } } },
	{ "XK", RESPONDER, { { E, ES }, { E, EE }, { S, SE } } },
	{ "XX", NONE, { { E }, { E, EE, S, ES }, { S, SE } } },
	{ "KN", INITIATOR, { { E }, { E, EE, SE } } },
	{ "KK", BOTH, { { E, ES, SS }, { E, EE, SE } } },
	{ "KX", INITIATOR, { { E }, { E, EE, SE, S, ES } } },
	{ "IN", NONE, { { E, S }, { E, EE, SE } } },
	{ "IK", RESPONDER, { { E, ES, S, SS }, { E, EE, SE } } },
	{ "IX", NONE, { { E, S }, { E, EE, SE, S, ES } } },
	/* deferred */
	{ "NK1", RESPONDER, { { E }, { E, EE, ES } } },
	{ "NX1", NONE, { { E }, { E, EE, S }, { ES } } },
	{ "X1N", NONE, { { E }, { E, EE }, { S }, { SE } } },
	{ "X1K", RESPONDER, { { E, ES }, { E, EE }, { S }, { SE } } },
	{ "XK1", RESPONDER, { { E }, { E, EE, ES }, { S, SE } } },
	{ "X1K1", RESPONDER, { { E }, { E, EE, ES }, { S }, { SE } } },
	{ "X1X", NONE, { { E }, { E, EE, S, ES }, { S }, { SE } } },
	{ "XX1", NONE, { { E }, { E, EE, S }, { ES, S, SE } } },
	{ "X1X1", NONE, { { E }, { E, EE, S }, { ES, S }, { SE } } },
	{ "K1N", INITIATOR, { { E }, { E, EE }, { SE } } },
	{ "K1K", BOTH, { { E, ES }, { E, EE }, { SE } } },
	{ "KK1", BOTH, { { E }, { E, EE, SE, ES } } },
	{ "K1K1", BOTH, { { E }, { E, EE, ES }, { SE } } },
	{ "K1X", INITIATOR, { { E }, { E, EE, S, ES }, { SE } } },
	{ "KX1", INITIATOR, { { E }, { E, EE, SE, S }, { ES } } },
	{ "K1X1", INITIATOR, { { E }, { E, EE, S }, { SE, ES } } },
	{ "I1N", NONE, { { E, S }, { E, EE }, { SE } } },
	{ "I1K", RESPONDER, { { E, ES, S }, { E, EE }, { SE } } },
	{ "IK1", RESPONDER, { { E, S }, { E, EE, SE, ES } } },
	{ "I1K1", RESPONDER, { { E, S }, { E, EE, ES }, { SE } } },
	{ "I1X", NONE, { { E, S }, { E, EE, S, ES }, { SE } } },
	{ "IX1", NONE, { { E, S }, { E, EE, SE, S }, { ES } } },
	{ "I1X1", NONE, { { E, S }, { E, EE, S }, { SE, ES } } },
};

static const struct row *find_row(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0) {
			return &rows[i];
		}
	}
	return NULL;
}

/* psk0 stands before the first message's tokens, pskN after those of message N (Noise 9.4). */
static int add_psk(struct noise_pattern *p, size_t place)
{
	uint8_t *message;
	size_t len = 0;

	if (place > p->message_count) {
		return ERR_MALFORMED;
	}
	message = p->messages[place == 0 ? 0 : place - 1];
	while (message[len] != NOISE_END) {
		len++;
	}
	assert(len < NOISE_TOKENS_MAX);
	if (place == 0) {
		memmove(message + 1, message, len);
		message[0] = NOISE_PSK;
	} else {
		message[len] = NOISE_PSK;
	}
	p->psk_count++;
	return ERR_OK;
}

/* "psk0+psk2": the places ascend, so that none comes twice and one name means one pattern. */
static int add_psks(struct noise_pattern *p, const char *modifiers)
{
	const char *at = modifiers;
	int last = -1;

	while (*at != '\0') {
		if (at != modifiers && *at++ != '+') {
			return ERR_MALFORMED;
		}
		if (strncmp(at, "psk", 3) != 0 || at[3] < '0' || at[3] > '9' ||
		    at[3] - '0' <= last) {
			return ERR_MALFORMED;
		}
		last = at[3] - '0';
		int rc = add_psk(p, (size_t)last);

		if (rc != ERR_OK) {
			return rc;
		}
		at += 4;
	}
	return ERR_OK;
}

int noise_pattern_find(const char *name, struct noise_pattern *pattern)
{
	struct noise_pattern p = { .message_count = 0 };
	size_t base = strcspn(name, "p");
	const struct row *row = find_row(name, base);
	int rc;

	if (row == NULL) {
		return ERR_UNSUPPORTED;
	}
	if (strlen(name) >= sizeof p.name) {
		return ERR_MALFORMED;
	}
	memcpy(p.name, name, strlen(name));
	p.knows_initiator = row->known == INITIATOR || row->known == BOTH;
	p.knows_responder = row->known == RESPONDER || row->known == BOTH;
	for (size_t i = 0; i < NOISE_MESSAGES_MAX && row->messages[i][0] != NOISE_END; i++) {
		memcpy(p.messages[i], row->messages[i], ROW_TOKENS);
		p.message_count++;
	}
	rc = add_psks(&p, name + base);
	if (rc == ERR_OK) {
		*pattern = p;
	}
	return rc;
}
