#include "trust/passport.h"

#include <sodium.h>
#include <string.h>

#include "base/day.h"
#include "record/schema.h"

#define SIGN_REQUEST   "op1.request"
#define SIGN_PASSPORT  "op1.passport"
#define SIGN_GRANT     "op1.grant"
#define SIGNED_MAX     1536U
#define MEMBERSHIP_MAX 2048U

static const struct field passport_fields[] = {
	FIELD(struct passport, 1, true, FIELD_FIXED, sign_public, 32, NULL),
	FIELD(struct passport, 2, true, FIELD_FIXED, dh_public, 32, NULL),
	FIELD(struct passport, 3, true, FIELD_FIXED, seal_public, 32, NULL),
	FROM(struct passport, 4, role, ROLE_POST, ROLE_HQ),
	FIELD(struct passport, 5, true, FIELD_TEXT, region, 32, NULL),
	FIELD(struct passport, 6, true, FIELD_TEXT, country, 3, NULL),
	FIELD(struct passport, 7, true, FIELD_TEXT, label, 64, NULL),
	FIELD(struct passport, 8, false, FIELD_TEXT, owner, 32, NULL),
	FIELD(struct passport, 9, true, FIELD_UINT, serial, INT64_MAX, NULL),
	FIELD(struct passport, 10, true, FIELD_UINT, not_before, DAY_MAX, NULL),
	FIELD(struct passport, 11, true, FIELD_UINT, not_after, DAY_MAX, NULL),
};
const struct schema passport_schema = SCHEMA("passport", struct passport, passport_fields);

static const struct field request_fields[] = {
	FIELD(struct passport_request, 1, true, FIELD_FIXED, sign_public, 32, NULL),
	FIELD(struct passport_request, 2, true, FIELD_FIXED, dh_public, 32, NULL),
	FIELD(struct passport_request, 3, true, FIELD_FIXED, seal_public, 32, NULL),
	FIELD(struct passport_request, 4, true, FIELD_TEXT, label, 64, NULL),
	FIELD(struct passport_request, 5, true, FIELD_UINT, created_ms, INT64_MAX, NULL),
};
const struct schema passport_request_schema =
    SCHEMA("passport-request", struct passport_request, request_fields);

static const struct field membership_fields[] = {
	FIELD(struct membership, 1, true, FIELD_FIXED, psk, 32, NULL),
	FIELD(struct membership, 2, true, FIELD_FIXED, control_class, ENTRY_CLASS_BYTES, NULL),
	FIELD(struct membership, 3, true, FIELD_FIXED, control_key, 32, NULL),
	FIELD(struct membership, 4, true, FIELD_BYTES, issuer, SIGNED_MAX, NULL),
};
const struct schema passport_membership_schema =
    SCHEMA("membership", struct membership, membership_fields);

/* Content and the signature over it. */
struct signed_bytes {
	struct bytes content;
	uint8_t signature[KEYS_SIGNATURE_BYTES];
};
static const struct field signed_fields[] = {
	FIELD(struct signed_bytes, 1, true, FIELD_BYTES, content, PASSPORT_BYTES_MAX, NULL),
	FIELD(struct signed_bytes, 2, true, FIELD_FIXED, signature, KEYS_SIGNATURE_BYTES, NULL),
};
const struct schema passport_signed_schema = SCHEMA("signed", struct signed_bytes, signed_fields);

struct grant_file {
	uint8_t region_public[KEYS_PUBLIC_BYTES];
	struct bytes passport;
	struct bytes membership; /* sealed box */
	uint8_t signature[KEYS_SIGNATURE_BYTES];
};
static const struct field grant_fields[] = {
	FIELD(struct grant_file, 1, true, FIELD_FIXED, region_public, 32, NULL),
	FIELD(struct grant_file, 2, true, FIELD_BYTES, passport, SIGNED_MAX, NULL),
	FIELD(struct grant_file, 3, true, FIELD_BYTES, membership, 4096, NULL),
	FIELD(struct grant_file, 4, true, FIELD_FIXED, signature, KEYS_SIGNATURE_BYTES, NULL),
};
const struct schema passport_grant_schema = SCHEMA("grant", struct grant_file, grant_fields);

static int read_signed(struct bytes in, struct signed_bytes *out, struct fault *fault)
{
	struct arena none;
	int rc;

	arena_init(&none, 1);
	rc = schema_decode(&passport_signed_schema, in, &none, out, fault);
	arena_done(&none);
	return rc;
}

static int read_content(const struct schema *s, struct bytes in, void *out, struct fault *fault)
{
	struct arena none;
	int rc;

	arena_init(&none, 1);
	rc = schema_decode(s, in, &none, out, fault);
	arena_done(&none);
	return rc;
}

int passport_request(const struct keys *k, struct bytes label, uint64_t now_ms, struct buf *out)
{
	struct passport_request r = { .label = label, .created_ms = now_ms };
	struct signed_bytes s;
	struct buf content;
	int rc;

	memcpy(r.sign_public, keys_sign_public(k), 32);
	memcpy(r.dh_public, keys_dh_public(k), 32);
	memcpy(r.seal_public, keys_seal_public(k), 32);
	buf_init(&content, PASSPORT_BYTES_MAX);
	rc = schema_encode(&passport_request_schema, &r, &content);
	if (rc == ERR_OK) {
		s.content = buf_bytes(&content);
		keys_sign(k, SIGN_REQUEST, s.content, s.signature);
		rc = schema_encode(&passport_signed_schema, &s, out);
	}
	buf_done(&content);
	return rc;
}

int passport_read_request(struct bytes in, struct passport_request *out, struct fault *fault)
{
	struct signed_bytes s;
	int rc = read_signed(in, &s, fault);

	if (rc == ERR_OK) {
		rc = read_content(&passport_request_schema, s.content, out, fault);
	}
	if (rc == ERR_OK &&
	    keys_verify(out->sign_public, SIGN_REQUEST, s.content, s.signature) != 0) {
		rc = err_at(fault, ERR_FORGED, 0, "signature");
	}
	return rc;
}

int passport_sign(const struct keys *region, struct passport *p, struct buf *out)
{
	struct signed_bytes s;
	struct buf content;
	int rc;

	if (p->not_after < p->not_before || p->not_after - p->not_before > PASSPORT_DAYS_MAX) {
		return ERR_RANGE;
	}
	buf_init(&content, PASSPORT_BYTES_MAX);
	rc = schema_encode(&passport_schema, p, &content);
	if (rc == ERR_OK) {
		s.content = buf_bytes(&content);
		rc = keys_sign_region(region, SIGN_PASSPORT, s.content, s.signature);
	}
	if (rc == ERR_OK) {
		rc = schema_encode(&passport_signed_schema, &s, out);
	}
	if (rc == ERR_OK) {
		keys_node_of(p->sign_public, p->node);
	}
	buf_done(&content);
	return rc;
}

int passport_read(struct bytes in, const uint8_t region_public[KEYS_PUBLIC_BYTES],
		  struct passport *out, struct fault *fault)
{
	struct signed_bytes s;
	int rc = read_signed(in, &s, fault);

	if (rc == ERR_OK &&
	    keys_verify(region_public, SIGN_PASSPORT, s.content, s.signature) != 0) {
		rc = err_at(fault, ERR_FORGED, 0, "signature");
	}
	if (rc == ERR_OK) {
		rc = read_content(&passport_schema, s.content, out, fault);
	}
	if (rc == ERR_OK && (out->not_after < out->not_before ||
			     out->not_after - out->not_before > PASSPORT_DAYS_MAX)) {
		rc = err_at(fault, ERR_RANGE, 0, "not_after");
	}
	if (rc == ERR_OK) {
		keys_node_of(out->sign_public, out->node);
	}
	return rc;
}

bool passport_valid(const struct passport *p, uint32_t day)
{
	return day >= p->not_before && day <= p->not_after;
}

/* What a grant's signature is over: all of it, in the order of the file. */
static int grant_content(const struct grant_file *f, struct buf *out)
{
	buf_init(out, 8192);
	buf_put(out, f->region_public, 32);
	buf_put(out, f->passport.data, f->passport.len);
	buf_put(out, f->membership.data, f->membership.len);
	return buf_error(out);
}

static int sign_grant(const struct keys *region, struct grant_file *f)
{
	struct buf content;
	int rc = grant_content(f, &content);

	if (rc == ERR_OK) {
		rc = keys_sign_region(region, SIGN_GRANT, buf_bytes(&content), f->signature);
	}
	buf_done(&content);
	return rc;
}

static int verify_grant(const struct grant_file *f)
{
	struct buf content;
	int rc = grant_content(f, &content);

	if (rc == ERR_OK) {
		rc = keys_verify(f->region_public, SIGN_GRANT, buf_bytes(&content), f->signature);
	}
	buf_done(&content);
	return rc;
}

int passport_grant(const struct keys *region, struct bytes signed_passport,
		   const uint8_t seal_public[KEYS_PUBLIC_BYTES], const struct membership *m,
		   struct buf *out)
{
	struct grant_file f = { .passport = signed_passport };
	struct buf plain;
	struct buf box;
	int rc;

	if (keys_region_public(region) == NULL) {
		return ERR_STATE;
	}
	memcpy(f.region_public, keys_region_public(region), 32);
	buf_init(&plain, MEMBERSHIP_MAX);
	/* one block from the start, so that no copy of the keys is left behind */
	(void)buf_extend(&plain, MEMBERSHIP_MAX);
	buf_clear(&plain);
	buf_init(&box, 4096);
	rc = schema_encode(&passport_membership_schema, m, &plain);
	if (rc == ERR_OK) {
		rc = keys_box(seal_public, buf_bytes(&plain), &box);
	}
	if (rc == ERR_OK) {
		f.membership = buf_bytes(&box);
		rc = sign_grant(region, &f);
	}
	if (rc == ERR_OK) {
		rc = schema_encode(&passport_grant_schema, &f, out);
	}
	if (plain.data != NULL) {
		sodium_memzero(plain.data, plain.room);
	}
	buf_done(&plain);
	buf_done(&box);
	return rc;
}

int passport_open_grant(const struct keys *k, struct bytes in, struct arena *arena,
			struct grant *out, struct fault *fault)
{
	struct grant_file f;
	struct passport p;
	struct bytes plain;
	int rc = schema_decode(&passport_grant_schema, in, arena, &f, fault);

	if (rc == ERR_OK) {
		rc = passport_read(f.passport, f.region_public, &p, fault);
	}
	if (rc == ERR_OK && memcmp(p.sign_public, keys_sign_public(k), 32) != 0) {
		rc = err_at(fault, ERR_DENIED, 0, "passport");
	}
	if (rc == ERR_OK) {
		rc = verify_grant(&f);
		if (rc == ERR_FORGED) {
			rc = err_at(fault, rc, 0, "signature");
		}
	}
	if (rc == ERR_OK) {
		rc = keys_unbox(k, f.membership, arena, &plain);
		if (rc == ERR_FORGED) {
			rc = err_at(fault, rc, 0, "membership");
		}
	}
	if (rc == ERR_OK) {
		rc = schema_decode(&passport_membership_schema, plain, arena, &out->membership,
				   fault);
	}
	if (rc == ERR_OK) {
		rc = passport_read(out->membership.issuer, f.region_public, &p, fault);
	}
	if (rc == ERR_OK) {
		memcpy(out->region_public, f.region_public, 32);
		out->passport = f.passport;
	}
	return rc;
}

void passport_fingerprint(const uint8_t public_key[KEYS_PUBLIC_BYTES],
			  char out[PASSPORT_PRINT_BYTES])
{
	/* Crockford's alphabet: no letters that are read for digits. */
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint8_t hash[16];
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;
	size_t at = 0;

	(void)crypto_generichash(hash, sizeof hash, public_key, KEYS_PUBLIC_BYTES,
				 (const uint8_t *)"op1.fingerprint!", 16);
	for (size_t i = 0; i < sizeof hash; i++) {
		bits = bits << 8 | hash[i];
		have += 8;
		while (have >= 5 || (i + 1 == sizeof hash && have > 0)) {
			unsigned shift = have >= 5 ? have - 5 : 0;
			uint32_t v = have >= 5 ? bits >> shift : bits << (5 - have);

			if (n > 0 && n % 4 == 0) {
				out[at++] = '-';
			}
			out[at++] = digits[v & 31];
			n++;
			have = shift;
			bits &= (1U << have) - 1;
		}
	}
	out[at] = '\0';
}

static const char *const roles[] = { "", "post", "relay", "region", "hq" };

const char *passport_role_name(uint64_t role)
{
	return role >= ROLE_POST && role <= ROLE_HQ ? roles[role] : "unknown";
}

int passport_role(const char *name, uint64_t *role)
{
	for (uint64_t r = ROLE_POST; r <= ROLE_HQ; r++) {
		if (strcmp(roles[r], name) == 0) {
			*role = r;
			return ERR_OK;
		}
	}
	return ERR_NOTFOUND;
}
