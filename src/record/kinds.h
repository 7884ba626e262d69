/* The bodies of entries, one struct a kind.  Field names follow ANSI/NIST-ITL, INT-I and
 * ICAO Doc 9303 where they have one.  The schemas give keys and limits; docs/FORMATS.md has
 * them as CDDL.
 *
 * Texts and bytes in a struct are borrowed: from the decoded input, or from the caller.
 * Dates of people's lives are numbers yyyymmdd, since they may lie before 1970. */
#ifndef RECORD_KINDS_H
#define RECORD_KINDS_H

#include "record/entry.h"
#include "record/schema.h"

#define KINDS_RECORD_BYTES    16U
#define KINDS_ENCOUNTER_BYTES 16U
#define KINDS_SAMPLES_MAX     10U
#define KINDS_ISO_MAX         4096U
#define KINDS_EXTENDED_MAX    8192U
#define KINDS_SAW_MAX         32U /* decisions that one decision names */
#define KINDS_ERASE_MAX       512U

enum purpose {
	PURPOSE_LOCATE = 1 << 0,   /* wanted persons */
	PURPOSE_IDENTIFY = 1 << 1, /* persons or bodies without a name */
	PURPOSE_MISSING = 1 << 2,
	PURPOSE_BORDER = 1 << 3, /* border management and control */
	PURPOSE_SECURITY = 1 << 4,
	PURPOSE_CHILD = 1 << 5,  /* child protection */
	PURPOSE_ASYLUM = 1 << 6, /* reception: only for protection lists */
};

enum record_status { STATUS_ACTIVE = 1, STATUS_BLOCKED = 2, STATUS_WITHDRAWN = 3 };

enum notice_type {
	NOTICE_UNDISCLOSED = 0, /* match only: the owner tells on request */
	NOTICE_RED = 1,
	NOTICE_BLUE = 2,
	NOTICE_GREEN = 3,
	NOTICE_YELLOW = 4,
	NOTICE_BLACK = 5,
	NOTICE_ORANGE = 6,
	NOTICE_UN_SPECIAL = 7,
	NOTICE_DIFFUSION = 8,
	NOTICE_NATIONAL = 9,
};

/* The owner's signed restrictions: every policy can only narrow them. */
struct restrictions {
	struct bytes exclude; /* ICAO alpha-3 codes, one after the other: "AAABBB" */
	uint64_t match_only;  /* 1: identity is shown by the owner alone */
	uint64_t reviewers;   /* people who must agree before any action; 0: policy decides */
	uint64_t relay_only;  /* 1: other owners' nodes may carry it but not read it */
};

/* In GROUP_MATCH: whom to look for, without saying who it is. */
struct notice {
	uint8_t record[KINDS_RECORD_BYTES];
	uint64_t revision; /* from 1, of the owner */
	uint64_t status;   /* enum record_status */
	struct bytes owner;
	struct bytes reference; /* the owner's control number */
	uint64_t type;          /* enum notice_type */
	uint64_t purposes;      /* searches it may answer, enum purpose bits */
	uint64_t valid_until;   /* day; no match after it */
	uint64_t lease_hours;   /* without word from headquarters: confirm before action; 0: none */
	struct restrictions restrictions;
	struct bytes caveats;
	uint64_t action; /* row of the action table; 0: from the type */
	uint64_t minor;  /* 1: outside automatic search unless the purpose is child protection */
};

struct person_name {
	uint64_t type; /* 0 primary, 1 also known as, 2 maiden */
	struct bytes family;
	struct bytes given;
};

struct travel_document {
	struct bytes type; /* "P", "I", "V" */
	struct bytes issuer;
	struct bytes number;
	uint64_t expiry; /* yyyymmdd */
};

/* In GROUP_IDENTITY: who it is. */
struct subject {
	uint8_t record[KINDS_RECORD_BYTES];
	uint64_t revision;
	struct list names;  /* struct person_name */
	uint64_t born_from; /* yyyymmdd; a range, since dates are often partly known */
	uint64_t born_to;
	struct bytes sex;         /* "M", "F", "X" */
	struct bytes nationality; /* alpha-3 codes, one after the other */
	struct list documents;    /* struct travel_document */
	uint64_t type;            /* enum notice_type, told to those who may read this */
	struct bytes grounds;     /* offence or reason, in the owner's words */
	struct bytes warnings;
};

/* In GROUP_MATCH: one finger of the person. */
struct finger_record {
	uint8_t record[KINDS_RECORD_BYTES];
	uint64_t revision;
	uint64_t position; /* ISO 19794-2 table 2 */
	uint64_t quality;
	struct bytes iso;      /* ISO/IEC 19794-2 or ANSI 378 record, one view */
	struct bytes extended; /* finger/finger.h */
};

struct sample {
	uint64_t position;
	uint64_t quality;
	struct bytes iso;
	struct bytes extended;
};

enum local_outcome { LOCAL_NONE = 1, LOCAL_CANDIDATES = 2, LOCAL_NOT_SEARCHED = 3 };

/* What a search did not look at, or could not; each has a sentence in the answer. */
enum not_searched {
	UNSEARCHED_FACE = 1 << 0,
	UNSEARCHED_NAME = 1 << 1,
	UNSEARCHED_DOCUMENT = 1 << 2,
	UNSEARCHED_FINGERS = 1 << 3,
	UNSEARCHED_MINOR = 1 << 4,      /* the person is, or may be, under 18 */
	UNSEARCHED_PROTECTION = 1 << 5, /* the person claims protection */
	UNSEARCHED_QUALITY = 1 << 6,    /* a finger was too poor to be used */
	UNSEARCHED_HQ = 1 << 7,         /* headquarters' gallery: queued */
	UNSEARCHED_SEALED = 1 << 8,     /* records held here that this node may not open */
	UNSEARCHED_STALE = 1 << 9,      /* records past their lease */
	UNSEARCHED_PRINTLESS = 1 << 10, /* notices whose fingerprints are not here (yet) */
};

/* Mail to headquarters: one check of one person. */
struct encounter {
	uint8_t encounter[KINDS_ENCOUNTER_BYTES];
	uint64_t captured_ms;
	struct bytes officer;
	uint64_t purpose; /* one bit of enum purpose */
	struct bytes legal_basis;
	struct bytes operation;
	struct bytes claimed_family;
	struct bytes claimed_given;
	uint64_t claimed_birth; /* yyyymmdd */
	struct bytes claimed_nationality;
	struct bytes claimed_document;
	struct list samples;                   /* struct sample */
	uint64_t local;                        /* enum local_outcome */
	uint8_t candidate[KINDS_RECORD_BYTES]; /* the best local one */
	uint64_t probe_delete_day;
};

struct candidate {
	uint8_t record[KINDS_RECORD_BYTES];
	uint64_t score; /* 100 x log10 likelihood ratio + 10000, so that it has no sign */
	uint64_t fingers;
};

/* In GROUP_OWN: the search of an encounter, as audit and for review. */
struct search_record {
	uint8_t encounter[KINDS_ENCOUNTER_BYTES];
	uint64_t captured_ms;
	struct bytes officer;
	uint64_t purpose;
	struct bytes legal_basis;
	uint64_t people;        /* in the gallery searched */
	uint64_t synced_ms;     /* when word from headquarters last came; 0: never */
	uint64_t threshold;     /* as struct candidate.score */
	uint64_t fpir_ppm;      /* the false-positive rate a search was held to, per million */
	uint64_t not_searched;  /* enum not_searched bits */
	struct list candidates; /* struct candidate, best first */
	uint64_t hq_queued;     /* 1: an encounter went to headquarters' mail */
	struct bytes operation;
	uint64_t reviewers;               /* different people who must agree */
	uint8_t origin[ENTRY_NODE_BYTES]; /* at headquarters: the post that asked; else zeroes */
	struct list samples; /* struct sample_note: what was captured, without the templates */
};

/* What is remembered of a capture. */
struct sample_note {
	uint64_t position;
	uint64_t quality;
	uint64_t faults; /* finger/finger.h */
	uint64_t usable;
};

enum decision_outcome { DECISION_POTENTIAL = 1, DECISION_NONE = 2, DECISION_INCONCLUSIVE = 3 };

/* In GROUP_CASE: what a human says of one candidate. */
struct decision {
	uint8_t encounter[KINDS_ENCOUNTER_BYTES];
	uint8_t candidate[KINDS_RECORD_BYTES];
	uint64_t outcome; /* enum decision_outcome */
	struct bytes reviewer;
	struct bytes reason;
	struct bytes saw; /* first 16 bytes of the ids of decisions known to the reviewer */
};

/* In GROUP_CASE: what was done, or that a task was dealt with. */
struct action {
	uint8_t encounter[KINDS_ENCOUNTER_BYTES];
	struct bytes officer;
	uint64_t closes; /* enum case_task that this settles, record/merge.h; 0: none */
	struct bytes text;
};

enum verdict_outcome {
	VERDICT_NO_HIT = 1,
	VERDICT_CANDIDATES = 2, /* being examined there */
	VERDICT_CONFIRMED = 3,
	VERDICT_ERROR = 4, /* could not be searched: capture again */
};

/* Mail from headquarters to the post of an encounter. */
struct verdict {
	uint8_t encounter[KINDS_ENCOUNTER_BYTES];
	uint64_t outcome;
	uint8_t record[KINDS_RECORD_BYTES]; /* whom it confirms */
	uint64_t people;                    /* in headquarters' gallery */
	struct bytes owner;
	struct bytes reference;
	struct bytes examiner;
	struct bytes text;
	uint64_t decided_ms;
};

enum receipt_state { RECEIPT_DELIVERED = 1 };

/* Mail: an encounter has arrived; its carriers may let it go. */
struct receipt {
	uint8_t encounter[KINDS_ENCOUNTER_BYTES];
	uint64_t state;
	uint8_t entry[ENTRY_ID_BYTES]; /* the mail that arrived */
	uint64_t expiry_day;           /* of that entry */
};

struct erased {
	uint8_t id[ENTRY_ID_BYTES];
	uint64_t expiry_day; /* of the erased entry: its tombstone may go after it */
};

/* In GROUP_CONTROL: entries that must be gone, everywhere and for good. */
struct erasure {
	struct list erased; /* struct erased */
};

struct member_key {
	uint8_t member[ENTRY_NODE_BYTES];
	struct bytes box; /* the class key, sealed to the member's seal key */
};

/* In GROUP_CONTROL: a passport as the region signed it (trust/passport.h). */
struct passport_entry {
	struct bytes signed_passport;
};

/* In GROUP_CONTROL: headquarters' time.  What has expired by it may be deleted; a node's own
 * clock alone only ends use. */
struct beacon {
	uint64_t at_ms;
};

/* In GROUP_CONTROL: the key of a class from now on. */
struct epoch {
	uint8_t class_id[ENTRY_CLASS_BYTES];
	uint8_t epoch[ENTRY_EPOCH_BYTES];
	uint8_t commit[32];  /* BLAKE2b-256 of the key; its first bytes are the epoch */
	struct list members; /* struct member_key */
};

struct class_entry {
	uint8_t class_id[ENTRY_CLASS_BYTES];
	struct bytes labels; /* canonical struct labels, which hash to class_id */
};

struct member_rights {
	uint8_t member[ENTRY_NODE_BYTES];
	struct bytes
	    rights; /* two bits a class (enum right), in the roster's order, low bits first */
};

/* In GROUP_CONTROL: policy's answers, compiled, so that sync never asks Lua. */
struct roster {
	uint64_t version; /* the greatest counts */
	struct list classes;
	struct list members;
};

extern const struct schema kinds_notice, kinds_subject, kinds_finger, kinds_encounter;
extern const struct schema kinds_search, kinds_decision, kinds_action, kinds_verdict;
extern const struct schema kinds_receipt, kinds_erasure, kinds_epoch, kinds_roster;
extern const struct schema kinds_passport, kinds_beacon;
/* Of a notice, and of a question that makes one. */
extern const struct schema kinds_restrictions;

/* The schema of a kind's body; NULL for kinds that have none yet. */
const struct schema *kinds_schema(uint64_t kind);
/* All schemas including nested ones, for docs/FORMATS.md; ends with NULL. */
const struct schema *const *kinds_all(void);

#endif
