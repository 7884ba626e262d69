#include "sync/table.h"

#include <assert.h>
#include <stdlib.h>

#include "base/err.h"

#define ROOM_MIN 32U

void table_init(struct table *t, size_t max)
{
	*t = (struct table){ .max = max };
}

void table_done(struct table *t)
{
	free(t->keys);
	free(t->values);
	*t = (struct table){ .max = t->max };
}

/* The lower half of a name is a keyed hash, so no peer but the one that knows the salt can
 * choose where it goes; that one is held back by max. */
static size_t home(const struct table *t, uint64_t key)
{
	return (size_t)(key ^ key >> 32) & (t->room - 1);
}

static size_t place(const struct table *t, uint64_t key)
{
	size_t at = home(t, key);

	while (t->values[at] != 0 && t->keys[at] != key) {
		at = (at + 1) & (t->room - 1);
	}
	return at;
}

static int grow(struct table *t)
{
	struct table bigger = { .room = t->room == 0 ? ROOM_MIN : t->room * 2,
				.count = t->count,
				.max = t->max };
	struct table old;

	bigger.keys = calloc(bigger.room, sizeof *bigger.keys);
	bigger.values = calloc(bigger.room, sizeof *bigger.values);
	if (bigger.keys == NULL || bigger.values == NULL) {
		table_done(&bigger);
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < t->room; i++) {
		if (t->values[i] != 0) {
			size_t at = place(&bigger, t->keys[i]);

			bigger.keys[at] = t->keys[i];
			bigger.values[at] = t->values[i];
		}
	}
	old = *t;
	*t = bigger;
	table_done(&old);
	return ERR_OK;
}

int table_add(struct table *t, uint64_t key, uint32_t value)
{
	size_t at;

	assert(value < UINT32_MAX);
	if (table_find(t, key, NULL)) {
		return ERR_EXISTS;
	}
	if (t->count >= t->max) {
		return ERR_FULL;
	}
	if (t->count * 4 >= t->room * 3 && grow(t) != ERR_OK) {
		return ERR_NOMEM;
	}
	at = place(t, key);
	t->keys[at] = key;
	t->values[at] = value + 1;
	t->count++;
	return ERR_OK;
}

bool table_find(const struct table *t, uint64_t key, uint32_t *value)
{
	size_t at;

	if (t->count == 0) {
		return false;
	}
	at = place(t, key);
	if (t->values[at] == 0) {
		return false;
	}
	if (value != NULL) {
		*value = t->values[at] - 1;
	}
	return true;
}

void table_set(struct table *t, uint64_t key, uint32_t value)
{
	size_t at = place(t, key);

	assert(t->values[at] != 0);
	assert(value < UINT32_MAX);
	t->values[at] = value + 1;
}

void table_remove(struct table *t, uint64_t key)
{
	size_t hole, at;

	if (!table_find(t, key, NULL)) {
		return;
	}
	hole = place(t, key);
	t->values[hole] = 0;
	t->count--;
	/* Whatever was pushed past the hole moves back, so that searches need no tombstones. */
	for (at = (hole + 1) & (t->room - 1); t->values[at] != 0; at = (at + 1) & (t->room - 1)) {
		size_t want = home(t, t->keys[at]);

		if (((at - want) & (t->room - 1)) >= ((at - hole) & (t->room - 1))) {
			t->keys[hole] = t->keys[at];
			t->values[hole] = t->values[at];
			t->values[at] = 0;
			hole = at;
		}
	}
}

size_t table_bytes(const struct table *t)
{
	return t->room * (sizeof *t->keys + sizeof *t->values);
}
