/* One node, without its wires.
 *
 * A node is told what happened (an event) and answers with what to do about it (effects).
 * It never waits, never asks the time and never opens anything but its store: the caller,
 * src/io or a scenario, does that.  The chapters of its story are the files beside this
 * one: capture, search, review, share, meet, exchange, report, forget.
 *
 * Between node_begin() and node_commit() any number of steps is one durable transaction;
 * effects may leave only after node_commit() has returned ERR_OK.  After an error from
 * node_begin(), node_commit(), or ERR_STORE or ERR_CORRUPT from a step, the process must
 * stop and start again from disk. */
#ifndef NODE_NODE_H
#define NODE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "match/search.h"
#include "node/effects.h"
#include "policy/policy.h"
#include "store/store.h"
#include "trust/keys.h"

#define NODE_LINKS_MAX    64U
#define NODE_LABEL_MAX    96U /* bytes of a policy's label, with its zero */
#define NODE_DIGEST_BYTES 16U

struct node;

enum event_kind {
	EVENT_START = 1, /* the first one: read the store, pick up where it stopped */
	EVENT_WAKE,      /* the time of EFFECT_WAKE_AT has come */
	EVENT_PEER_SEEN, /* an address where a peer may be; from discovery or the settings */
	EVENT_LINK_UP,   /* a connection is there: link, dialled, address if dialled */
	EVENT_LINK_BYTES,
	EVENT_LINK_DRAINED, /* what was sent has left: the next bulk may follow */
	EVENT_LINK_DOWN,    /* also the answer to an EFFECT_DIAL that failed: link 0, address */
	EVENT_ASK,          /* somebody at the control socket asks: ask, bytes (node/ask.h) */
	EVENT_EXAMINED, /* answer to EFFECT_EXAMINE: job, body of the worker's answer, or code */
	EVENT_FOUND,    /* answer to EFFECT_SEARCH: job, found; or code, and found is NULL */
	EVENT_POLICY,   /* the coordinator has given another policy */
};

/* A policy, and what it goes by in status and audit log. */
struct node_policy {
	struct policy *policy;             /* borrowed while it counts; NULL: every answer is
					      the default */
	const char *label;                 /* its name and version, copied; NULL: not told */
	uint8_t digest[NODE_DIGEST_BYTES]; /* of its source */
};

struct event {
	enum event_kind kind;
	uint64_t now_ms;      /* wall time at which it happened */
	uint32_t link;        /* chosen by the caller, never 0, not used again for a while */
	bool dialled;         /* LINK_UP: we called */
	bool fixed;           /* PEER_SEEN: from the settings, to be tried for ever */
	struct bytes address; /* "192.0.2.1:4700", "[2001:db8::1]:4700" */
	uint64_t ask;         /* ASK: which question, for the REPLY */
	uint64_t job;         /* EXAMINED, FOUND */
	int code;             /* EXAMINED, FOUND: ERR_OK, ERR_WORKER, ERR_TIMEOUT, ... */
	struct bytes bytes;   /* borrowed for the step */
	const struct search_result *found;
	const struct node_policy *policy; /* POLICY: counts from this step on */
};

/* What an issuer says of itself when it founds a region: its own passport's content. */
struct founding {
	const char *region;
	const char *country; /* alpha-3 */
	const char *owner;
	const char *label;
};

struct node_config {
	struct store *store;   /* borrowed, open */
	struct keys *keys;     /* borrowed */
	struct policy *policy; /* these three as in struct node_policy */
	const char *policy_label;
	uint8_t policy_digest[NODE_DIGEST_BYTES];
	struct founding founding; /* used once, by a node whose keys have a region's key */
	size_t arena_bytes;       /* limit of one step's memory; 0: 128 MiB */
};

int node_new(const struct node_config *config, struct node **out);
void node_free(struct node *n);

int node_begin(struct node *n);
int node_commit(struct node *n);
/* Take one event; effects are appended.  On an error nothing has changed, no effect was
 * added, and what has to be told is told: the caller only logs it. */
int node_step(struct node *n, const struct event *event, struct effects *effects);

/* For traces and logs: a short word for the event's kind. */
const char *node_event_name(enum event_kind kind);

#endif
