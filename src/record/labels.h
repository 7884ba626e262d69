/* Labels say what a record is about and for whom; their hash is its class.
 *
 * The class is the unit of entitlement, of keys and of synchronisation: a record is in
 * exactly one.  Policy gives the labels when the record is written. */
#ifndef RECORD_LABELS_H
#define RECORD_LABELS_H

#include "record/entry.h"
#include "record/schema.h"

/* What belongs together in rights: who may match is not who may know the identity. */
enum label_group {
	GROUP_CONTROL = 1,  /* passports, roster, epochs, erasures: every member reads */
	GROUP_MATCH = 2,    /* notices without names, templates */
	GROUP_IDENTITY = 3, /* names, dates of birth, documents */
	GROUP_CASE = 4,     /* human decisions, action reports */
	GROUP_MAIL = 5,     /* sealed to one recipient, carried by all */
	GROUP_OWN = 6,      /* never leaves the node */
};

enum sensitivity { SENSITIVITY_OPEN = 1, SENSITIVITY_RESTRICTED = 2, SENSITIVITY_CONFIDENTIAL = 3 };

/* How far the owner's restrictions close a class to nodes of other owners. */
enum label_closed {
	CLOSED_NOT = 0,
	CLOSED_IDENTITY = 1, /* match only: they may hold templates, not identities */
	CLOSED_ALL = 2,      /* they may carry it, sealed */
};

struct labels {
	struct bytes owner;   /* who decides: "UTO-NCB"; the region's issuer for control and mail */
	uint64_t purposes;    /* enum purpose bits, record/kinds.h; 0: none in particular */
	uint64_t sensitivity; /* enum sensitivity */
	struct bytes region;  /* where it may be used: "UTO-NORTH" */
	uint64_t group;       /* enum label_group */
	struct bytes exclude; /* of the owner's restrictions: alpha-3 codes, one after the other */
	uint64_t closed;      /* enum label_closed, of the owner's restrictions */
};

extern const struct schema labels_schema;

/* BLAKE2b-128 of the canonical labels; ERR_RANGE when a label is beyond its limit. */
int labels_class(const struct labels *l, uint8_t class_id[ENTRY_CLASS_BYTES]);

#endif
