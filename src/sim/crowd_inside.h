/* The crowd, within itself. */
#ifndef SIM_CROWD_INSIDE_H
#define SIM_CROWD_INSIDE_H

#include "base/siphash.h"
#include "sim/crowd.h"
#include "store/store.h"

struct place {
	char name[CROWD_NAME_MAX];
	char url[CROWD_URL_MAX];
	bool founds;
	struct keys *keys; /* owned */
	uint64_t stream;   /* its random numbers */
	struct node_policy policy;
	struct store *store; /* owned; NULL while down */
	struct node *node;   /* owned; NULL while down, or replaced */
	const struct crowd_actor *actor;
	void *self; /* owned, of the actor */
	uint32_t life;
	int64_t skew_ms;
	uint64_t wake_ms;   /* wanted, by the world's clock; 0: none */
	uint64_t queued_ms; /* the earliest HAPPENING_WAKE under way; 0: none */
};

/* Bytes of one direction of a wire. */
struct stream {
	uint64_t busy_us; /* until then the line is taken */
	uint64_t last_ms; /* what follows arrives no earlier */
	bool unsent;      /* HAPPENING_DRAINED is under way */
	bool dead;        /* what is sent does not arrive */
};

struct wire {
	uint32_t number;
	size_t way;
	size_t end[2];
	uint32_t life[2];
	struct stream stream[2]; /* from end 0, from end 1 */
};

struct way {
	size_t end[2];
	bool up;
	bool cut[2];
	struct crowd_way quality;
};

struct crowd {
	struct crowd_hooks hooks;
	uint64_t seed;
	uint64_t stream; /* the world's own random numbers */
	uint64_t now_ms;
	struct agenda agenda;
	struct place *places; /* owned */
	size_t place_count, place_room;
	struct way *ways; /* owned */
	size_t way_count, way_room;
	struct wire **wires; /* owned, by number; NULL: gone */
	size_t wire_count, wire_room;
	uint64_t bytes, steps, stops, hash;
};

/* Put an event for a node on the agenda, with copies of bytes and address. */
int crowd_later(struct crowd *c, size_t place, uint64_t at_ms, const struct event *event);
/* The same for what is not an event. */
int crowd_note(struct crowd *c, enum happening_kind kind, size_t place, uint64_t at_ms,
	       uint64_t number);

/* ---- crowd_effects.c ---- */
int crowd_effects_carry_out(struct crowd *c, size_t place, const struct effects *effects);

/* ---- crowd_wires.c ---- */
int crowd_wires_dial(struct crowd *c, size_t from, struct bytes address);
/* The bytes are taken. */
int crowd_wires_send(struct crowd *c, size_t from, uint32_t number, struct bytes bytes);
int crowd_wires_drained(struct crowd *c, size_t from, uint32_t number);
/* One end hangs up (SIZE_MAX: the way is gone); the other end hears of it. */
int crowd_wires_close(struct crowd *c, uint32_t number, size_t by, bool silent);
int crowd_wires_crash(struct crowd *c, size_t place, bool silent);
/* ---- crowd_outside.c ---- */
int crowd_outside_examine(struct crowd *c, size_t place, const struct effect *e);
int crowd_outside_search(struct crowd *c, size_t place, const struct effect *e);

#endif
