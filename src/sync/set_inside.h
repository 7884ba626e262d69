/* The set's own parts: set.c looks things up, holding.c changes them; for nobody else. */
#ifndef SYNC_SET_INSIDE_H
#define SYNC_SET_INSIDE_H

#include <string.h>

#include "base/siphash.h"
#include "sync/set.h"
#include "sync/sketch.h"

#define SET_CHUNK_ITEMS 4096U
#define SET_NOWHERE     UINT32_MAX

#define SET_SKETCHES_MAX 256U /* 16.4 kB each */
#define SET_SKETCH_WORTH 512U /* a smaller class is sketched when it is asked for, in 0.1 ms */

struct set_class {
	uint8_t class_id[ENTRY_CLASS_BYTES];
	uint32_t *at; /* owned; numbers of items: the first `sorted` by id, then as they came */
	size_t room, used, sorted;
	size_t gone; /* of used: removed or erased */
	uint64_t version;
	struct sketch *sketch; /* owned; of what is live, or NULL */
};

/* Items stand in chunks and keep their number while they live.  The table finds them by the
 * first four bytes of the id under the seed: ids are chosen by whoever writes entries, places
 * in the table are not. */
struct sync_set {
	uint8_t seed[SYNC_SEED_BYTES];
	struct set_held **chunks; /* owned */
	size_t n_chunks;
	uint32_t items;      /* numbers given so far */
	uint32_t free_first; /* a list through .bytes */
	uint32_t *table;     /* owned; item number + 1 */
	size_t table_room;
	size_t table_used; /* live and erased */
	size_t live;
	struct set_class *classes; /* owned */
	uint16_t *by_id;           /* owned; class numbers sorted by class id */
	size_t n_classes;
	uint8_t key[SIPHASH_KEY_BYTES]; /* of sketches */
	bool has_key;
	size_t n_sketches;
};

static inline struct set_held *set_item(const struct sync_set *s, uint32_t number)
{
	return &s->chunks[number / SET_CHUNK_ITEMS][number % SET_CHUNK_ITEMS];
}

static inline size_t set_home(const struct sync_set *s, uint32_t prefix)
{
	return (size_t)siphash_24(s->seed, &prefix, sizeof prefix) & (s->table_room - 1);
}

static inline size_t set_next(const struct sync_set *s, size_t at)
{
	return (at + 1) & (s->table_room - 1);
}

/* The place of the id, or the free one where it belongs. */
static inline size_t set_place(const struct sync_set *s, const uint8_t id[ENTRY_ID_BYTES])
{
	size_t at = set_home(s, name_prefix(id));

	while (s->table[at] != 0 &&
	       memcmp(set_item(s, s->table[at] - 1)->id, id, ENTRY_ID_BYTES) != 0) {
		at = set_next(s, at);
	}
	return at;
}

/* What is live in the class has come (1) or is going (-1): its sketch follows. */
void set_sketch_follow(struct sync_set *s, struct set_class *c, const uint8_t id[ENTRY_ID_BYTES],
		       int times);
void set_sketch_make(struct sync_set *s, struct set_class *c);
/* The item's number can be given to another. */
void set_free_item(struct sync_set *s, uint32_t number);
/* The class's number; ERR_LIMIT, ERR_NOMEM. */
int set_class_make(struct sync_set *s, const uint8_t class_id[ENTRY_CLASS_BYTES], uint16_t *number);
/* Room for one more in the class's array; ERR_NOMEM. */
int set_class_room(struct sync_set *s, struct set_class *c);

#endif
