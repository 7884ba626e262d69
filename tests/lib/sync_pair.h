/* Two nodes' sets and sessions joined by two queues of messages, without disk or network.
 *
 * Every step is chosen by a seed or by the test; every message is looked at as it leaves:
 * whatever must not travel fails the test there and then. */
#ifndef TESTS_SYNC_PAIR_H
#define TESTS_SYNC_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sync/name.h"
#include "sync/sync.h"
#include "sync/table.h"

#define PAIR_CLASSES       24 /* the first is the control class */
#define PAIR_PATTERN_BYTES 6U

struct pair_entry {
	uint8_t id[ENTRY_ID_BYTES];
	unsigned class_number;
	uint8_t lane;
	uint8_t *data; /* owned */
	uint32_t len;
};

struct pair_message {
	struct pair_message *next;
	size_t len;
	uint8_t data[];
};

struct pair_work {
	uint32_t entry;
	bool load; /* or store */
};

struct pair_node {
	struct sync_set *set;
	struct sync_session *session;
	struct sync_class classes[PAIR_CLASSES];
	size_t n_classes;
	bool *has, *erased, *refuses;      /* for each entry */
	bool *ever;                        /* made durable once */
	struct pair_message *first, *last; /* to this node */
	struct pair_work *work;            /* what it was asked to do and has not done */
	size_t n_work, work_room;
	bool classes_due;
	uint64_t wake_ms;
	uint64_t sent_bytes, sent_messages, longest, loads, kept, settled, stored;
	uint32_t last_stored;
	size_t memory_max;
};

struct pair_pattern {
	uint8_t bytes[PAIR_PATTERN_BYTES];
};

struct pair {
	struct pair_entry *entries;
	size_t n, room;
	struct table by_id;
	struct pair_node node[2]; /* the first is the initiator */
	uint8_t salt[SYNC_SALT_BYTES];
	uint64_t now_ms;
	uint64_t random;
	uint64_t repeat_ms;
	size_t chunk_bytes;
	bool suspicious;               /* look also for ids and names of what the lists close */
	struct pair_pattern *patterns; /* owned */
	size_t n_patterns, patterns_room;
	uint8_t begins[8192]; /* a bit for the first two bytes of each */
	int error;            /* what a session said last, if not ERR_OK */
	/* Called with each message as it leaves node `from`. */
	void (*on_message)(void *context, int from, const uint8_t *data, size_t len);
	void *context;
	/* Changes each message that node 1 sends, on its way. */
	void (*change)(struct pair *p, int from, uint8_t *data, size_t len);
	size_t cells_said; /* for tests/lib/sync_lies.h */
	uint32_t lied_about;
};

void pair_init(struct pair *p, uint64_t seed);
void pair_done(struct pair *p);
uint64_t pair_random(struct pair *p, uint64_t below);
/* A new entry that nobody holds yet; its number. */
uint32_t pair_entry(struct pair *p, unsigned class_number, uint8_t lane, unsigned size_class);
/* Into the node's set; offered to its session if there is one. */
void pair_hold(struct pair *p, int node, uint32_t entry);
void pair_erase(struct pair *p, int node, uint32_t entry);
/* Both sides share classes 1 to n in both directions. */
void pair_share(struct pair *p, size_t n);
/* May this entry go from the node to the other, as both lists say now? */
bool pair_may_go(const struct pair *p, int from, uint32_t entry);
/* New sessions with a new salt; what was under way is lost. */
void pair_connect(struct pair *p);
void pair_break(struct pair *p);
/* One step of a node; false when there was nothing to do. */
bool pair_deliver(struct pair *p, int node);
bool pair_poll(struct pair *p, int node);
bool pair_work(struct pair *p, int node, size_t which);
/* Each of the three once. */
bool pair_step(struct pair *p, int node);
/* Until nothing is left to do but to wait for more than wait_ms; false after too many steps. */
bool pair_settle(struct pair *p, uint64_t wait_ms);
bool pair_is_settled(const struct pair *p);
/* A small world that is always the same, in four variants; connected. */
#define PAIR_WORLDS 4U
void pair_world(struct pair *p, unsigned variant);

#endif
