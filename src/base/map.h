/* A map from 16-byte keys to pointers, walked in the order of insertion.
 *
 * Keys are ids and hashes; the caller's seed keeps a peer that chooses them from making them
 * collide.  The map does not own its values. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

#define MAP_KEY_BYTES 16U

struct map_slot {
	uint8_t key[MAP_KEY_BYTES];
	void *value; /* NULL: removed */
};

struct map {
	struct map_slot *slot; /* owned, in order of insertion */
	uint32_t *index;       /* owned: slot number + 1, or 0 */
	size_t used;           /* slots taken, removed ones included */
	size_t count;
	size_t room; /* a power of two; the index has twice as many */
	uint64_t seed;
};

void map_init(struct map *m, uint64_t seed);
void map_done(struct map *m);
/* NULL when it is not there. */
void *map_get(const struct map *m, const uint8_t key[MAP_KEY_BYTES]);
/* Set or replace; value is not NULL.  ERR_NOMEM. */
int map_put(struct map *m, const uint8_t key[MAP_KEY_BYTES], void *value);
/* The value that was there, or NULL. */
void *map_remove(struct map *m, const uint8_t key[MAP_KEY_BYTES]);
/* Walk: start with *at = 0; NULL at the end.  Removing during a walk is fine, adding is not. */
void *map_next(const struct map *m, size_t *at);

#endif
