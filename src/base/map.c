#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/siphash.h"

#define ROOM_MIN 16U

void map_init(struct map *m, uint64_t seed)
{
	*m = (struct map){ .seed = seed };
}

void map_done(struct map *m)
{
	free(m->slot);
	free(m->index);
	*m = (struct map){ .seed = m->seed };
}

/* Peers choose keys: a hash that folds without a secret in every word would let them collide
 * at will. */
static size_t place(const struct map *m, const uint8_t key[MAP_KEY_BYTES])
{
	uint8_t secret[SIPHASH_KEY_BYTES] = { 0 };

	memcpy(secret, &m->seed, sizeof m->seed);
	return (size_t)siphash_24(secret, key, MAP_KEY_BYTES) & (m->room * 2 - 1);
}

/* The index cell that holds the key, or the empty one where it would stand. */
static size_t find(const struct map *m, const uint8_t key[MAP_KEY_BYTES])
{
	size_t mask = m->room * 2 - 1;
	size_t i = place(m, key);

	while (m->index[i] != 0 && memcmp(m->slot[m->index[i] - 1].key, key, MAP_KEY_BYTES) != 0) {
		i = (i + 1) & mask;
	}
	return i;
}

void *map_get(const struct map *m, const uint8_t key[MAP_KEY_BYTES])
{
	size_t i;

	if (m->room == 0) {
		return NULL;
	}
	i = find(m, key);
	return m->index[i] == 0 ? NULL : m->slot[m->index[i] - 1].value;
}

/* Lay the map anew without its removed slots, with room for one more. */
static int rebuild(struct map *m)
{
	struct map next = { .seed = m->seed, .room = ROOM_MIN };
	struct map old;

	while (next.room < m->count + m->count / 2 + 1) {
		next.room *= 2;
	}
	next.slot = calloc(next.room, sizeof *next.slot);
	next.index = calloc(next.room * 2, sizeof *next.index);
	if (next.slot == NULL || next.index == NULL) {
		free(next.slot);
		free(next.index);
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < m->used; i++) {
		if (m->slot[i].value != NULL) {
			next.slot[next.used] = m->slot[i];
			next.index[find(&next, m->slot[i].key)] = (uint32_t)++next.used;
		}
	}
	next.count = next.used;
	old = *m;
	*m = next;
	free(old.slot);
	free(old.index);
	return ERR_OK;
}

int map_put(struct map *m, const uint8_t key[MAP_KEY_BYTES], void *value)
{
	size_t i;

	if (m->used == m->room) {
		int rc = rebuild(m);

		if (rc != ERR_OK) {
			return rc;
		}
	}
	i = find(m, key);
	/* What was removed comes back at the end, not where it once stood. */
	if (m->index[i] != 0 && m->slot[m->index[i] - 1].value != NULL) {
		m->slot[m->index[i] - 1].value = value;
		return ERR_OK;
	}
	memcpy(m->slot[m->used].key, key, MAP_KEY_BYTES);
	m->slot[m->used].value = value;
	m->index[i] = (uint32_t)++m->used;
	m->count++;
	return ERR_OK;
}

void *map_remove(struct map *m, const uint8_t key[MAP_KEY_BYTES])
{
	struct map_slot *s;
	void *value;
	size_t i;

	if (m->room == 0) {
		return NULL;
	}
	i = find(m, key);
	if (m->index[i] == 0) {
		return NULL;
	}
	s = &m->slot[m->index[i] - 1];
	value = s->value;
	m->count -= value != NULL;
	s->value = NULL;
	return value;
}

void *map_next(const struct map *m, size_t *at)
{
	while (*at < m->used) {
		void *value = m->slot[(*at)++].value;

		if (value != NULL) {
			return value;
		}
	}
	return NULL;
}
