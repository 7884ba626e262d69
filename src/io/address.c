#include "io/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

static int parse_port(const char *text, uint16_t *out)
{
	unsigned long v = 0;

	if (*text == '\0') {
		return ERR_MALFORMED;
	}
	for (const char *c = text; *c != '\0'; c++) {
		if (*c < '0' || *c > '9') {
			return ERR_MALFORMED;
		}
		v = v * 10 + (unsigned long)(*c - '0');
		if (v > UINT16_MAX) {
			return ERR_RANGE;
		}
	}
	*out = (uint16_t)v;
	return ERR_OK;
}

/* A name as RFC 1123 allows it, or something that only looks like an address. */
static bool is_name(const char *host)
{
	bool letter = false;

	for (const char *c = host; *c != '\0'; c++) {
		bool alpha = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');

		if (!alpha && !(*c >= '0' && *c <= '9') && *c != '.' && *c != '-') {
			return false;
		}
		letter = letter || alpha;
	}
	return letter;
}

int address_parse(struct bytes text, struct address_parts *out)
{
	struct address_parts p = { 0 };
	char copy[ADDRESS_TEXT_MAX];
	char *host = copy;
	char *colon;
	bool bracketed;
	int rc = bytes_text(text, copy, sizeof copy);

	if (rc != ERR_OK) {
		return rc;
	}
	colon = strrchr(copy, ':');
	if (colon == NULL) {
		return ERR_MALFORMED;
	}
	*colon = '\0';
	rc = parse_port(colon + 1, &p.port);
	if (rc != ERR_OK) {
		return rc;
	}
	bracketed = host[0] == '[' && colon > host + 1 && colon[-1] == ']';
	if (bracketed) {
		host++;
		colon[-1] = '\0';
	}
	memcpy(p.host, host, strlen(host) + 1);
	if (bracketed) {
		p.numeric = uv_ip6_addr(p.host, p.port, (struct sockaddr_in6 *)&p.socket) == 0;
		if (!p.numeric) {
			return ERR_MALFORMED;
		}
	} else {
		p.numeric = uv_ip4_addr(p.host, p.port, (struct sockaddr_in *)&p.socket) == 0;
		if (!p.numeric && !is_name(p.host)) {
			return ERR_MALFORMED;
		}
	}
	*out = p;
	return ERR_OK;
}

int address_format(const struct sockaddr *socket, char out[ADDRESS_TEXT_MAX])
{
	char host[INET6_ADDRSTRLEN];

	if (socket->sa_family == AF_INET) {
		const struct sockaddr_in *v4 = (const void *)socket;

		(void)uv_ip4_name(v4, host, sizeof host);
		(void)snprintf(out, ADDRESS_TEXT_MAX, "%s:%u", host, ntohs(v4->sin_port));
		return ERR_OK;
	}
	if (socket->sa_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const void *)socket;
		char zone[IF_NAMESIZE + 1] = "";

		(void)uv_ip6_name(v6, host, sizeof host);
		/* A link-local address means nothing without its interface. */
		if (v6->sin6_scope_id != 0 && if_indextoname(v6->sin6_scope_id, zone + 1) != NULL) {
			zone[0] = '%';
		}
		return snprintf(out, ADDRESS_TEXT_MAX, "[%s%s]:%u", host, zone,
				ntohs(v6->sin6_port)) < (int)ADDRESS_TEXT_MAX
			   ? ERR_OK
			   : ERR_SPACE;
	}
	return ERR_UNSUPPORTED;
}

/* The four bytes of an IPv4 address that came in on an IPv6 socket. */
static const uint8_t *bytes_in(const struct sockaddr *s, size_t *len)
{
	if (s->sa_family == AF_INET) {
		*len = 4;
		return (const uint8_t *)&((const struct sockaddr_in *)(const void *)s)->sin_addr;
	}
	if (s->sa_family == AF_INET6) {
		const struct in6_addr *a =
		    &((const struct sockaddr_in6 *)(const void *)s)->sin6_addr;

		*len = IN6_IS_ADDR_V4MAPPED(a) ? 4 : 16;
		return a->s6_addr + (*len == 4 ? 12 : 0);
	}
	*len = 0;
	return NULL;
}

bool address_same_host(const struct sockaddr *a, const struct sockaddr *b)
{
	size_t a_len;
	size_t b_len;
	const uint8_t *a_bytes = bytes_in(a, &a_len);
	const uint8_t *b_bytes = bytes_in(b, &b_len);

	return a_len > 0 && a_len == b_len && memcmp(a_bytes, b_bytes, a_len) == 0;
}
