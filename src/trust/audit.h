/* The audit log's lines and the chain that makes loss and change visible.
 *
 * Each line names the hash of the line before; the head is gossiped with the node's status.
 * Lines hold no names and no templates; they are locked for this node when stored. */
#ifndef TRUST_AUDIT_H
#define TRUST_AUDIT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "record/schema.h"

#define AUDIT_HASH_BYTES 32U

struct audit_line {
	uint64_t number;                  /* from 1 */
	uint8_t before[AUDIT_HASH_BYTES]; /* hash of the line before; zeroes first */
	uint64_t at_ms;
	struct bytes verb;    /* "check", "review", "notice.withdraw", "link.up" ... */
	struct bytes officer; /* empty: the node itself */
	uint8_t object[16];   /* encounter, record or node */
	uint64_t purpose;
	struct bytes legal_basis;
	uint64_t candidates; /* disclosed */
	uint64_t code;       /* 0, or minus the error */
	struct bytes detail; /* short, without personal data */
};
extern const struct schema audit_line_schema;

struct audit {
	uint64_t number; /* of the last line */
	uint8_t head[AUDIT_HASH_BYTES];
};

/* Fill in number and before, move the chain, append the encoded line. */
int audit_append(struct audit *a, struct audit_line *line, struct buf *out);
/* Take a stored line as the next of the chain: ERR_CORRUPT when it does not follow. */
int audit_follow(struct audit *a, struct bytes encoded, struct arena *arena,
		 struct audit_line *line);

#endif
