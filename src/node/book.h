/* What the entries mean, in memory: people, cases, and where each entry belongs.
 *
 * The book is a function of the set of entries (record/merge.h), whatever order they came in.
 * It is filled from the store at start and kept up entry by entry. */
#ifndef NODE_BOOK_H
#define NODE_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "finger/finger.h"
#include "match/gallery.h"
#include "record/entry.h"
#include "record/kinds.h"
#include "record/merge.h"

struct person_finger {
	uint8_t id[ENTRY_ID_BYTES]; /* of its entry */
	struct finger_card *card;   /* a reference */
	uint64_t revision;
};

struct person {
	uint8_t record[KINDS_RECORD_BYTES];
	bool has_notice;
	uint8_t notice_id[ENTRY_ID_BYTES];
	struct version version;
	struct buf notice_bytes; /* the winning notice's body */
	struct notice notice;    /* borrowed from notice_bytes */
	bool has_subject;
	uint8_t subject_id[ENTRY_ID_BYTES]; /* its body stays sealed in the store */
	struct version subject_version;
	struct person_finger finger[GALLERY_FINGERS_MAX];
	size_t fingers;
	bool in_gallery;
	uint16_t group; /* in the gallery, node/permit.h */
};

/* One entry that is in the store. */
struct held {
	uint8_t id[ENTRY_ID_BYTES];
	uint8_t class_id[ENTRY_CLASS_BYTES];
	uint8_t author[ENTRY_NODE_BYTES];
	uint8_t tag[ENTRY_TAG_BYTES];
	uint8_t kind;
	bool opened; /* its body is in the book */
	uint32_t expiry_day;
	uint32_t bytes;
	uint64_t revision;
	uint64_t number;   /* in the store: ascending in order of arrival */
	uint8_t about[16]; /* record or encounter, once opened */
};

struct kase_opinion {
	uint8_t id[16];
	uint8_t author[ENTRY_NODE_BYTES]; /* the node at which it was given */
	uint8_t candidate[KINDS_RECORD_BYTES];
	uint64_t outcome;
	struct bytes reviewer; /* in the case's arena */
	struct bytes reason;
	struct bytes saw;
};

struct kase_action {
	uint64_t closes;
	struct bytes officer;
	struct bytes text;
};

#define KASE_OPINIONS_MAX 64U
#define KASE_ACTIONS_MAX  64U

/* One encounter: ours, or one that we search as headquarters. */
struct kase {
	uint8_t encounter[KINDS_ENCOUNTER_BYTES];
	struct arena arena; /* owns the texts below */
	bool has_search;
	struct search_record search;
	struct kase_opinion *opinion; /* in the arena, KASE_OPINIONS_MAX */
	size_t opinions;
	struct kase_action *action;
	size_t actions;
	bool has_verdict;
	struct verdict verdict;
	uint64_t verdict_clock;
	bool at_hq; /* its mail is for us */
	uint8_t origin[ENTRY_NODE_BYTES];
	bool has_mail;
	uint8_t mail_id[ENTRY_ID_BYTES]; /* our encounter on its way */
	uint32_t mail_expiry;
	bool carried;
	bool delivered;
};

struct book {
	struct map people; /* by record: struct person */
	struct map held;   /* by the first 16 bytes of the id: struct held */
	struct map tags;   /* by tag: struct held of the highest revision */
	struct map kases;  /* by encounter: struct kase */
	struct map claims; /* by first 16 of an id not seen yet: erasing author (16 bytes) */
};

int book_new(uint64_t seed, struct book **out);
void book_free(struct book *b);

/* The person or case of that id, made when it is not there; NULL on no memory. */
struct person *book_person(struct book *b, const uint8_t record[KINDS_RECORD_BYTES]);
struct kase *book_kase(struct book *b, const uint8_t encounter[KINDS_ENCOUNTER_BYTES]);
struct held *book_held(const struct book *b, const uint8_t id[ENTRY_ID_BYTES]);
/* Where a walk of `held` comes to the first entry with a number above this one. */
size_t book_after(const struct book *b, uint64_t number);
int book_hold(struct book *b, const struct entry *e, size_t bytes, struct held **out);
/* Forget an entry: it is taken out of its person or case too. */
void book_release(struct book *b, const uint8_t id[ENTRY_ID_BYTES]);

/* Take an opened body into the book.  ERR_STALE: a newer revision is there, and the entry may
 * be dropped; *loser (32 bytes, zeroes if none) names an entry that this one replaces. */
int book_notice(struct book *b, struct held *h, uint64_t clock, struct bytes body,
		uint8_t loser[ENTRY_ID_BYTES]);
int book_subject(struct book *b, struct held *h, uint64_t clock, const struct subject *s,
		 uint8_t loser[ENTRY_ID_BYTES]);
int book_finger(struct book *b, struct held *h, const struct finger_record *r,
		uint8_t loser[ENTRY_ID_BYTES]);
int book_search(struct book *b, struct held *h, struct bytes body);
int book_decision(struct book *b, struct held *h, const struct decision *d);
int book_action(struct book *b, struct held *h, const struct action *a);
int book_verdict(struct book *b, struct held *h, uint64_t clock, struct bytes body);

#endif
