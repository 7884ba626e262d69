/* Passports: who a node is, what it may be, and who says so.
 *
 * A node makes a request, signed by itself; the region's issuer compares its fingerprint
 * with what the node shows, and signs a passport; the grant brings it back together with
 * what the node needs to be a member, sealed to it. */
#ifndef TRUST_PASSPORT_H
#define TRUST_PASSPORT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "record/entry.h"
#include "trust/keys.h"

#define PASSPORT_DAYS_MAX    400U /* 13 months */
#define PASSPORT_BYTES_MAX   1024U
#define PASSPORT_PRINT_BYTES 33U /* fingerprint text: "XXXX-XXXX-..." and its zero */

enum role { ROLE_POST = 1, ROLE_RELAY = 2, ROLE_REGION = 3, ROLE_HQ = 4 };

struct passport {
	uint8_t sign_public[KEYS_PUBLIC_BYTES];
	uint8_t dh_public[KEYS_PUBLIC_BYTES];
	uint8_t seal_public[KEYS_PUBLIC_BYTES];
	uint64_t role; /* enum role */
	struct bytes region;
	struct bytes country; /* alpha-3 */
	struct bytes label;   /* for people: "Post B"; never sent in clear */
	struct bytes owner;   /* the agency whose records it may write; empty: none */
	uint64_t serial;
	uint64_t not_before; /* days, both inclusive */
	uint64_t not_after;
	/* set by passport_read and passport_sign, not encoded: */
	uint8_t node[ENTRY_NODE_BYTES];
};

struct passport_request {
	uint8_t sign_public[KEYS_PUBLIC_BYTES];
	uint8_t dh_public[KEYS_PUBLIC_BYTES];
	uint8_t seal_public[KEYS_PUBLIC_BYTES];
	struct bytes label;
	uint64_t created_ms;
};

/* What a new member needs besides its passport. */
struct membership {
	uint8_t psk[32];
	uint8_t control_class[ENTRY_CLASS_BYTES];
	uint8_t control_key[32];
	struct bytes issuer; /* the issuer's own signed passport */
};

extern const struct schema passport_schema, passport_request_schema, passport_membership_schema;
/* Around the first two, and the grant file; for docs/FORMATS.md and fuzzing. */
extern const struct schema passport_signed_schema, passport_grant_schema;

/* Append a request signed by the node. */
int passport_request(const struct keys *k, struct bytes label, uint64_t now_ms, struct buf *out);
/* ERR_FORGED, ERR_MALFORMED ...; texts are borrowed from in. */
int passport_read_request(struct bytes in, struct passport_request *out, struct fault *fault);
/* Append {passport, signature} by the region key; fills p->node. */
int passport_sign(const struct keys *region, struct passport *p, struct buf *out);
/* Check the signature against the region's key and read.  Dates are not looked at. */
int passport_read(struct bytes in, const uint8_t region_public[KEYS_PUBLIC_BYTES],
		  struct passport *out, struct fault *fault);
bool passport_valid(const struct passport *p, uint32_t day);
/* The grant file: region key, signed passport, membership sealed to the node, all of it signed
 * by the region key.  ERR_STATE without one. */
int passport_grant(const struct keys *region, struct bytes signed_passport,
		   const uint8_t seal_public[KEYS_PUBLIC_BYTES], const struct membership *m,
		   struct buf *out);
/* Open a grant made for this node: ERR_FORGED, ERR_DENIED when it is for another node. */
struct grant {
	uint8_t region_public[KEYS_PUBLIC_BYTES];
	struct bytes passport; /* signed */
	struct membership membership;
};
int passport_open_grant(const struct keys *k, struct bytes in, struct arena *arena,
			struct grant *out, struct fault *fault);
/* 128 bits of a public key's hash as 26 base32 digits in groups of four, for people to
 * compare. */
void passport_fingerprint(const uint8_t public_key[KEYS_PUBLIC_BYTES],
			  char out[PASSPORT_PRINT_BYTES]);
const char *passport_role_name(uint64_t role);
/* ERR_NOTFOUND for words that are no role. */
int passport_role(const char *name, uint64_t *role);

#endif
