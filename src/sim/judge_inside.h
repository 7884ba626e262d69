/* The judge, within itself: judge.c watches single changes, judge_control.c
 * learns who may what, judge_quiet.c compares stores. */
#ifndef SIM_JUDGE_INSIDE_H
#define SIM_JUDGE_INSIDE_H

#include "base/arena.h"
#include "base/map.h"
#include "record/kinds.h"
#include "sim/disk.h"
#include "sim/judge.h"
#include "trust/members.h"

#define JUDGE_PLACES_MAX 256U
#define JUDGE_KINDS      64U

/* One entry that was ever committed anywhere. */
struct known {
	uint8_t id[ENTRY_ID_BYTES];
	struct entry_header header;
	size_t author; /* its place; JUDGE_PLACES_MAX: nobody's */
	uint64_t born_ms;
	uint64_t erased_ms;    /* 0: not erased by anybody who may */
	struct known *erasure; /* that did */
	struct known *next;    /* of the same tag */
	uint64_t *arrived_ms;  /* owned; by place; 0: never */
};

struct watched {
	struct judge *judge;
	size_t place;
	char disk[DISK_NAME_MAX];
	bool hostile;
	bool clock_wrong;                  /* now */
	bool clock_was_wrong;              /* ever */
	uint64_t last_put_ms[JUDGE_KINDS]; /* by its own hand */
};

struct judge {
	struct crowd *crowd;                       /* borrowed */
	struct watched *watched[JUDGE_PLACES_MAX]; /* owned */
	size_t count;
	size_t headquarters;
	bool founded;
	uint8_t control_class[ENTRY_CLASS_BYTES];
	uint8_t control_key[32];
	struct members *members; /* owned: as headquarters knows them */
	struct map known;        /* by id: owned */
	struct map tags;         /* by tag: the first struct known */
	struct map rights;       /* by class xor node: any right there has ever been */
	struct buf classes;
	struct judge_finding finding;
};

void judge_watch_say(struct judge *j, enum breach breach, size_t place, const struct known *k,
		     const char *text);
bool judge_has(const struct judge *j, size_t place, const struct known *k);
bool judge_may_hold(const struct judge *j, size_t place, const uint8_t class_id[ENTRY_CLASS_BYTES]);
/* Another version of the same thing that replaces it, at that place; NULL. */
const struct known *judge_newer(const struct judge *j, size_t place, const struct known *k);

/* ---- judge_control.c ---- */
/* Under which a right is kept in judge.rights. */
void judge_control_key(const uint8_t node[ENTRY_NODE_BYTES],
		       const uint8_t class_id[ENTRY_CLASS_BYTES], uint8_t key[MAP_KEY_BYTES]);
/* A control entry is seen for the first time. */
void judge_control_open(struct judge *j, struct known *k, const struct entry *e);

#endif
