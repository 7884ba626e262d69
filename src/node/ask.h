/* What can be asked of a node at its control socket, and the answers.
 *
 * A request is struct ask, an answer struct answer; their bodies are the structs that the
 * table of verbs names.  All are canonical CBOR (record/schema.h); names for JSON come from
 * the same tables.  On the socket each is preceded by its length as u32, big-endian. */
#ifndef NODE_ASK_H
#define NODE_ASK_H

#include "record/kinds.h"
#include "record/schema.h"

#define ASK_BYTES_MAX    (40U << 20) /* ten uncompressed prints */
#define ANSWER_BYTES_MAX (8U << 20)
#define ASK_FILES_MAX    20U
#define ASK_FILE_MAX     (32U << 20)
#define ASK_ROWS_MAX     10000U
#define ASK_CASES_MAX    1000U        /* in one answer to "queue" */
#define ASK_PIECE_BYTES  (256U << 10) /* of a bundle; all but the last have exactly these */

struct ask {
	struct bytes verb;
	struct bytes officer; /* who asks; named in the audit log */
	struct bytes body;    /* empty for verbs without one */
};

struct answer {
	uint64_t code;      /* 0, or minus an enum err */
	struct bytes text;  /* a sentence for people */
	struct bytes place; /* the field that was refused */
	struct bytes body;
};

/* A file as it was handed in: an image, a template record or an ANSI/NIST file. */
struct ask_file {
	struct bytes name; /* for messages; never stored */
	uint64_t position; /* finger, ISO 19794-2 table 2; 0: unknown, or as the file says */
	uint64_t ppi;      /* 0: as the file says, else 500 */
	struct bytes content;
};

struct ask_label {
	struct bytes label;
};
struct ask_sign {
	struct bytes request;
	struct bytes role;
	struct bytes region; /* empty: the issuer's own */
	struct bytes country;
	struct bytes owner;
	uint64_t days; /* 0: 365 */
};
struct ask_install {
	struct bytes grant;
};
struct ask_notice {
	struct bytes record; /* 16 bytes: amend that one; empty: a new one */
	struct bytes reference;
	uint64_t type;
	uint64_t purposes;
	uint64_t valid_until; /* day */
	uint64_t lease_hours;
	struct restrictions restrictions;
	struct bytes caveats;
	uint64_t minor;
	struct bytes family;
	struct bytes given;
	uint64_t born_from;
	uint64_t born_to;
	struct bytes sex;
	struct bytes nationality;
	struct bytes document_type;
	struct bytes document_issuer;
	struct bytes document_number;
	struct bytes grounds;
	struct bytes warnings;
	struct list files; /* struct ask_file */
};
struct ask_standing {
	struct bytes reference; /* the owner's reference of the notice */
	struct bytes reason;    /* for the audit log; never leaves the node */
};
struct ask_check {
	uint64_t purpose; /* one bit of enum purpose */
	struct bytes legal_basis;
	struct bytes operation;
	struct bytes family;
	struct bytes given;
	uint64_t birth; /* yyyymmdd */
	struct bytes nationality;
	struct bytes document;
	uint64_t minor;
	uint64_t protection;
	struct list files;
};
struct ask_case {
	uint8_t encounter[KINDS_ENCOUNTER_BYTES];
};
struct ask_review {
	uint8_t encounter[KINDS_ENCOUNTER_BYTES];
	uint64_t candidate; /* its number in the answer, from 1 */
	uint64_t outcome;   /* enum decision_outcome */
	struct bytes reason;
};
struct ask_action {
	uint8_t encounter[KINDS_ENCOUNTER_BYTES];
	uint64_t closes; /* enum case_task; 0: a plain report */
	struct bytes text;
};
struct ask_range {
	uint64_t from;
	uint64_t max; /* 0: 100 */
};

struct line {
	struct bytes text;
};
/* Make a bundle, then fetch it with bundle.next until it is done. */
struct ask_bundle_export {
	struct list to;       /* struct line: label, or 8 hex digits or more; empty: all members */
	uint64_t limit_bytes; /* of the file */
	uint64_t whole;       /* they have lost what they had: begin from the start */
};
struct ask_bundle_next {
	uint64_t handle;
};
/* Take a bundle: bundle.piece from its start, and once more when the answer says again. */
struct ask_bundle_import {
	uint64_t bytes; /* of the file */
	uint64_t dry;   /* only look */
};
struct ask_bundle_piece {
	uint64_t handle;
	struct bytes content;
};
struct answer_file {
	struct bytes content;
	struct bytes fingerprint;
	struct bytes node; /* first 8 hex digits */
};
struct answer_sample {
	uint64_t position;
	uint64_t quality;
	uint64_t usable;
	struct bytes faults; /* "too dry (moisten the fingertip, ...), too small (...)" */
};
struct answer_notice {
	uint8_t record[KINDS_RECORD_BYTES];
	struct bytes reference;
	uint64_t revision;
	uint64_t entries; /* written */
	struct list samples;
};
struct answer_candidate {
	uint64_t number;
	struct bytes owner;
	struct bytes reference;
	struct bytes disclosed; /* "full", "reference" */
	struct bytes notice;    /* "red"; empty until the policy discloses it */
	struct bytes name;
	struct bytes born;
	struct bytes review; /* enum review_state in words */
	struct bytes action; /* what may be done; only after the review that it needs */
	struct bytes caveats;
	struct list opinions; /* struct line: "potential candidate, by K. Officer: reason" */
};
struct answer_case {
	uint8_t encounter[KINDS_ENCOUNTER_BYTES];
	struct bytes state;
	struct bytes result;
	struct bytes sentence; /* the answer in words; never "clear" */
	struct bytes gallery;  /* name of what was searched */
	uint64_t people;
	struct bytes synced; /* age of headquarters' last word, in words */
	uint64_t captured_ms;
	struct list not_searched; /* struct line */
	struct list candidates;
	struct list tasks; /* struct line */
	struct list samples;
	struct bytes headquarters; /* its verdict in words */
};
struct answer_queue {
	struct list cases; /* struct answer_case, newest first */
};
struct answer_row {
	uint8_t record[KINDS_RECORD_BYTES];
	struct bytes owner;
	struct bytes reference;
	struct bytes notice;
	struct bytes status;
	uint64_t revision;
	struct bytes valid_until;
	uint64_t fingers;
	struct bytes name;
};
struct answer_gallery {
	struct bytes gallery;
	uint64_t people;
	uint64_t fingers;
	struct bytes synced;
	struct list rows;
};
struct answer_peer {
	struct bytes node; /* first 8 hex digits */
	struct bytes label;
	struct bytes role;
	struct bytes address;
	struct bytes state; /* "up", "down", "greeting" */
	uint64_t to_send;
	uint64_t to_receive;
	uint64_t sent_bytes;
	uint64_t received_bytes;
	struct bytes sentence; /* what is missing, why, and what happens next */
};
struct answer_peers {
	struct list peers;
};
struct answer_status {
	struct bytes node;
	struct bytes fingerprint;
	struct bytes role;
	struct bytes region;
	struct bytes label;
	struct bytes enrolled; /* "yes until 2027-11-24", "no" */
	uint64_t people;
	uint64_t fingers;
	uint64_t entries;
	uint64_t erased;
	uint64_t members;
	uint64_t classes;
	uint64_t links;
	uint64_t open_cases;
	uint64_t tasks;
	uint64_t audit;
	struct bytes audit_head; /* first 16 hex digits */
	struct bytes synced;
	struct bytes policy;
	uint64_t store_bytes;
};
struct answer_audit {
	struct list lines;  /* struct line, logfmt */
	struct bytes chain; /* "whole, 17 lines", or where it breaks */
};

struct answer_bundle_lane {
	struct bytes lane; /* "alerts" */
	uint64_t entries;  /* in the bundle */
	uint64_t left;     /* that did not fit */
	uint64_t taken;
	uint64_t known; /* or not needed any more */
	uint64_t refused;
};
/* To all four verbs; what is not known yet is empty. */
struct answer_bundle {
	uint64_t handle;
	struct bytes content; /* the next piece of the file */
	uint64_t again;       /* it is good: send it once more, to be taken */
	uint64_t done;
	struct bytes id;       /* in hex */
	struct bytes node;     /* the sender's first 8 hex digits */
	struct bytes label;    /* and its name */
	struct bytes made;     /* a moment */
	uint64_t recipients;   /* members */
	uint64_t roster;       /* its version */
	uint64_t bytes;        /* of the file */
	uint64_t receipts;     /* in the bundle */
	struct list lanes;     /* struct answer_bundle_lane */
	struct list reasons;   /* struct line: "3 x not allowed" */
	struct bytes sentence; /* what it comes to */
};

extern const struct schema ask_schema, answer_schema;

/* Everything about a verb that both ends need. */
struct ask_verb {
	const char *name;
	const struct schema *ask;    /* NULL: no body */
	const struct schema *answer; /* NULL: no body */
};
/* NULL when there is no such verb. */
const struct ask_verb *ask_find(struct bytes name);

#endif
