/* Inside src/sync: how sessions look at the set.
 *
 * Each class is an array in the order of the ids, sorted when somebody asks for the order;
 * positions are good until the set changes. */
#ifndef SYNC_SET_H
#define SYNC_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sync/name.h"
#include "sync/sketch.h"
#include "sync/sync.h"

#define SET_CLASSES_MAX 4096U
#define SET_ITEMS_MAX   (1U << 26)
#define SET_NO_CLASS    UINT16_MAX

enum set_state { SET_FREE = 0, SET_LIVE, SET_REMOVED, SET_ERASED };

/* 40 bytes, a million times. */
struct set_held {
	uint8_t id[ENTRY_ID_BYTES];
	uint32_t bytes;
	unsigned class_number : 16;
	unsigned lane : 4;
	unsigned state : 3;   /* enum set_state */
	unsigned ordered : 1; /* stands in its class's array */
};

/* The entry with this id or name, held or erased; NULL when neither.  Two ids with one name:
 * either. */
const struct set_held *set_find(const struct sync_set *s, const uint8_t id[ENTRY_ID_BYTES]);
const struct set_held *set_find_name(const struct sync_set *s, const struct name_keys *k,
				     uint64_t name);
/* The same by its first six bytes, the name in sketches. */
const struct set_held *set_find_plain(const struct sync_set *s, uint64_t plain);
bool set_is_erased(const struct sync_set *s, const uint8_t id[ENTRY_ID_BYTES]);

/* SET_NO_CLASS when nothing of it was ever held. */
uint16_t set_class(const struct sync_set *s, const uint8_t class_id[ENTRY_CLASS_BYTES]);
const uint8_t *set_class_id(const struct sync_set *s, uint16_t class_number);
/* Another number whenever something of the class comes or goes. */
uint64_t set_version(const struct sync_set *s, uint16_t class_number);
/* Forget what is gone: positions 0 to the count are then what the class holds, in no order. */
void set_sweep(struct sync_set *s, uint16_t class_number);
/* Make positions valid, in order; ERR_NOMEM.  SET_NO_CLASS is an empty class, here and below. */
int set_order(struct sync_set *s, uint16_t class_number);
size_t set_count(const struct sync_set *s, uint16_t class_number);
/* The first position whose id begins with prefix or more; 1 << 32 gives the count. */
size_t set_lower(const struct sync_set *s, uint16_t class_number, uint64_t prefix);
const struct set_held *set_at(const struct sync_set *s, uint16_t class_number, size_t position);

/* Sketches of classes: NULL while the set has no key. */
const uint8_t *set_sketch_key(const struct sync_set *s);
/* XOR the class's cells from `from` to before `to` into cells, of which the first is `from`; the
 * set has a key.  Returns how many ids had to be looked at: none when the class's sketch is
 * kept and reaches that far. */
size_t set_sketch_cells(const struct sync_set *s, uint16_t class_number, uint64_t *cells,
			size_t from, size_t to);
/* Add how many names of the class are in cells 1 to 16. */
size_t set_sketch_counts(const struct sync_set *s, uint16_t class_number,
			 uint32_t counts[SKETCH_COUNTS]);

#endif
