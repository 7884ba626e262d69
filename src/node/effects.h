/* What a node asks for after a step, in order.
 *
 * Bytes and objects belong to the list until effects_clear(). */
#ifndef NODE_EFFECTS_H
#define NODE_EFFECTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "finger/finger.h"
#include "match/search.h"

enum effect_kind {
	EFFECT_SEND = 1, /* bytes to link */
	EFFECT_CLOSE,    /* link; LINK_DOWN follows */
	EFFECT_DIAL,     /* address in bytes; LINK_UP or LINK_DOWN follows */
	EFFECT_WAKE_AT,  /* at_ms; only the earliest counts */
	EFFECT_EXAMINE,  /* bytes, a whole frame of intake/worker.h, to outpost-worker; job */
	EFFECT_SEARCH,   /* snapshot, probes and filter to the work pool; job */
	EFFECT_REPLY,    /* bytes (struct answer, node/ask.h) to the asker; ask */
	EFFECT_TELL,     /* bytes: one logfmt line without personal data */
};

struct effect {
	enum effect_kind kind;
	uint8_t *owned; /* the list's own: what bytes points to */
	uint32_t link;
	uint64_t ask;
	uint64_t job;
	uint64_t at_ms;
	struct bytes bytes;                /* owned by the list */
	struct gallery_snapshot *snapshot; /* owned by the list */
	struct finger_template *probe[SEARCH_PROBES_MAX];
	size_t probes;
	struct search_filter filter; /* as it is, nobody gets through */
};

struct effects {
	struct effect *list; /* owned */
	size_t count;
	size_t room;
};

void effects_init(struct effects *e);
/* Give everything back; the list can be used again. */
void effects_clear(struct effects *e);
void effects_done(struct effects *e);
/* Append a copy of the effect; its bytes are copied, its snapshot and probes are taken on
 * success.  ERR_NOMEM. */
int effects_add(struct effects *e, const struct effect *effect);
/* Give an effect's bytes to the caller, who frees them; the effect has none after it. */
struct bytes effects_take_bytes(struct effect *effect);
/* Take back what was appended after the first `count`. */
void effects_cut(struct effects *e, size_t count);

#endif
