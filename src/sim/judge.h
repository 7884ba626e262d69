/* The judge sees every disk, every clock and every key, and says when a promise is broken
 * (docs/SIMULATION.md, "What must hold").  The first breach counts. */
#ifndef SIM_JUDGE_H
#define SIM_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "record/entry.h"
#include "sim/crowd.h"

/* What is counted for the summary; the first letters of a breach's name say which. */
enum breach {
	BREACH_NONE = 0,
	BREACH_DIVERGENCE,  /* quiet and connected, but stores or galleries differ */
	BREACH_LOST,        /* acknowledged or committed, and gone */
	BREACH_RESURRECTED, /* erased, and visible, stored or sent again */
	BREACH_OUTSIDE,     /* outside of the entitlement, or written by who may not */
	BREACH_FORGED,      /* kept although nobody signed it */
	BREACH_EXPIRED,     /* kept or taken after its day */
	BREACH_CLOCK,       /* a wrong clock was believed */
	BREACH_LATE,        /* an alert waited too long */
	BREACH_STUCK,       /* a node that does not start again */
};

struct judge_finding {
	enum breach breach; /* BREACH_NONE: nothing was found */
	uint64_t at_ms;
	size_t place;
	char text[160];
};

struct judge;

/* Watches from before the first node is added; the crowd is borrowed. */
int judge_new(struct judge **out);
void judge_free(struct judge *j);
/* The disk of the place that is to be added next. */
int judge_watch(struct judge *j, struct crowd *c, size_t place, const char *disk);
/* Headquarters is founded: its keys open what all members read. */
int judge_founded(struct judge *j, size_t place);
/* From now on it does not count as honest. */
void judge_hostile(struct judge *j, size_t place);
/* From now on its clock is (not) right. */
void judge_clock(struct judge *j, size_t place, bool right);
/* A dishonest member was given an entry by the node at that place. */
void judge_received(struct judge *j, size_t by, size_t from, const struct entry *e);
/* The node said that something is done: since that moment an entry of this kind, which it
 * wrote, must be on its disk. */
void judge_promised(struct judge *j, size_t place, uint64_t kind, uint64_t since_ms);
void judge_found(struct judge *j, enum breach breach, size_t place, const char *text);

/* All is quiet.  reach(context, a, b): are two honest nodes linked? */
void judge_quiet_check(struct judge *j, bool (*reach)(void *context, size_t a, size_t b),
		       void *context);

const struct judge_finding *judge_finding(const struct judge *j);
const char *judge_breach_name(enum breach breach);
/* Class ids that the region has, one after the other, borrowed; a hostile member guesses them. */
struct bytes judge_classes(const struct judge *j);
/* Entries seen, for statistics. */
size_t judge_entries(const struct judge *j);
/* When an entry was first committed at that place, 0: never or erased since. */
uint64_t judge_arrival(const struct judge *j, const uint8_t id[ENTRY_ID_BYTES], size_t place);

#endif
