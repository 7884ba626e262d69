/* Addresses as text: "192.0.2.1:4700", "[2001:db8::1]:4700", "hq.example.org:4700". */
#ifndef IO_ADDRESS_H
#define IO_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "base/err.h"

#define ADDRESS_TEXT_MAX 64U /* with its zero */

struct address_parts {
	char host[ADDRESS_TEXT_MAX]; /* without brackets */
	uint16_t port;
	bool numeric; /* socket is filled in; else host is a name to look up */
	struct sockaddr_storage socket;
};

/* ERR_MALFORMED, ERR_RANGE (port), ERR_SPACE (too long). */
int address_parse(struct bytes text, struct address_parts *out);
/* ERR_UNSUPPORTED for other families than IPv4 and IPv6. */
int address_format(const struct sockaddr *socket, char out[ADDRESS_TEXT_MAX]);
/* Do both have the same host address, ports aside? */
bool address_same_host(const struct sockaddr *a, const struct sockaddr *b);

#endif
