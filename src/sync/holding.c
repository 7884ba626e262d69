#include "sync/set_inside.h"

#include <stdlib.h>

#define TABLE_MIN 64U

int sync_set_new(const uint8_t seed[SYNC_SEED_BYTES], struct sync_set **out)
{
	struct sync_set *s = calloc(1, sizeof *s);

	if (s == NULL) {
		return ERR_NOMEM;
	}
	memcpy(s->seed, seed, sizeof s->seed);
	s->free_first = SET_NOWHERE;
	s->table = calloc(TABLE_MIN, sizeof *s->table);
	if (s->table == NULL) {
		free(s);
		return ERR_NOMEM;
	}
	s->table_room = TABLE_MIN;
	*out = s;
	return ERR_OK;
}

void sync_set_free(struct sync_set *s)
{
	if (s == NULL) {
		return;
	}
	for (size_t i = 0; i < s->n_chunks; i++) {
		free(s->chunks[i]);
	}
	for (size_t i = 0; i < s->n_classes; i++) {
		free(s->classes[i].at);
		free(s->classes[i].sketch);
	}
	free(s->chunks);
	free(s->classes);
	free(s->by_id);
	free(s->table);
	free(s);
}

/* ---- the table ---- */

static int table_grow(struct sync_set *s)
{
	uint32_t *old = s->table;
	size_t old_room = s->table_room;
	uint32_t *bigger;

	if (s->table_used * 4 < s->table_room * 3) {
		return ERR_OK;
	}
	bigger = calloc(old_room * 2, sizeof *bigger);
	if (bigger == NULL) {
		return ERR_NOMEM;
	}
	s->table = bigger;
	s->table_room = old_room * 2;
	for (size_t i = 0; i < old_room; i++) {
		if (old[i] != 0) {
			size_t at = set_home(s, name_prefix(set_item(s, old[i] - 1)->id));

			while (s->table[at] != 0) {
				at = set_next(s, at);
			}
			s->table[at] = old[i];
		}
	}
	free(old);
	return ERR_OK;
}

static void table_cut(struct sync_set *s, size_t hole)
{
	size_t mask = s->table_room - 1;

	s->table[hole] = 0;
	s->table_used--;
	for (size_t at = set_next(s, hole); s->table[at] != 0; at = set_next(s, at)) {
		size_t want = set_home(s, name_prefix(set_item(s, s->table[at] - 1)->id));

		if (((at - want) & mask) >= ((at - hole) & mask)) {
			s->table[hole] = s->table[at];
			s->table[at] = 0;
			hole = at;
		}
	}
}

/* ---- items ---- */

static int take_item(struct sync_set *s, uint32_t *number)
{
	if (s->free_first != SET_NOWHERE) {
		*number = s->free_first;
		s->free_first = set_item(s, *number)->bytes;
		return ERR_OK;
	}
	if (s->items >= SET_ITEMS_MAX) {
		return ERR_FULL;
	}
	if (s->items / SET_CHUNK_ITEMS == s->n_chunks) {
		struct set_held **chunks;
		struct set_held *chunk;

		chunks = realloc(s->chunks, (s->n_chunks + 1) * sizeof(struct set_held *));
		if (chunks == NULL) {
			return ERR_NOMEM;
		}
		s->chunks = chunks;
		chunk = calloc(SET_CHUNK_ITEMS, sizeof *chunk);
		if (chunk == NULL) {
			return ERR_NOMEM;
		}
		s->chunks[s->n_chunks++] = chunk;
	}
	*number = s->items++;
	return ERR_OK;
}

/* ---- what callers do ---- */

int sync_set_add(struct sync_set *s, const struct sync_item *item)
{
	struct set_class *c;
	uint32_t number;
	uint16_t class_number;
	size_t at;
	int rc;

	at = set_place(s, item->id);
	if (s->table[at] != 0) {
		return set_item(s, s->table[at] - 1)->state == SET_ERASED ? ERR_STALE : ERR_EXISTS;
	}
	rc = set_class_make(s, item->class_id, &class_number);
	if (rc != ERR_OK) {
		return rc;
	}
	c = &s->classes[class_number];
	rc = set_class_room(s, c);
	if (rc == ERR_OK) {
		rc = table_grow(s);
	}
	if (rc == ERR_OK) {
		rc = take_item(s, &number);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	*set_item(s, number) = (struct set_held){ .bytes = item->bytes,
						  .class_number = class_number,
						  .lane = item->lane & 15U,
						  .state = SET_LIVE,
						  .ordered = 1 };
	memcpy(set_item(s, number)->id, item->id, ENTRY_ID_BYTES);
	s->table[set_place(s, item->id)] = number + 1;
	s->table_used++;
	s->live++;
	c->at[c->used++] = number;
	c->version++;
	set_sketch_follow(s, c, item->id, 1);
	return ERR_OK;
}

static void leave_class(struct sync_set *s, const struct set_held *h)
{
	struct set_class *c = &s->classes[h->class_number];

	c->gone++;
	c->version++;
	s->live--;
	set_sketch_follow(s, c, h->id, -1);
}

int sync_set_remove(struct sync_set *s, const uint8_t id[ENTRY_ID_BYTES])
{
	size_t at = set_place(s, id);
	struct set_held *h;

	if (s->table[at] == 0 || set_item(s, s->table[at] - 1)->state != SET_LIVE) {
		return ERR_NOTFOUND;
	}
	h = set_item(s, s->table[at] - 1);
	leave_class(s, h);
	table_cut(s, at);
	h->state = SET_REMOVED; /* the number is free once the class has been swept */
	return ERR_OK;
}

int sync_set_erase(struct sync_set *s, const uint8_t id[ENTRY_ID_BYTES])
{
	size_t at = set_place(s, id);
	uint32_t number;
	int rc;

	if (s->table[at] != 0) {
		struct set_held *h = set_item(s, s->table[at] - 1);

		if (h->state == SET_LIVE) {
			leave_class(s, h);
			h->state = SET_ERASED;
		}
		return ERR_OK;
	}
	rc = table_grow(s);
	if (rc == ERR_OK) {
		rc = take_item(s, &number);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	*set_item(s, number) =
	    (struct set_held){ .class_number = SET_NO_CLASS, .state = SET_ERASED };
	memcpy(set_item(s, number)->id, id, ENTRY_ID_BYTES);
	s->table[set_place(s, id)] = number + 1;
	s->table_used++;
	return ERR_OK;
}

int sync_set_forget(struct sync_set *s, const uint8_t id[ENTRY_ID_BYTES])
{
	size_t at = set_place(s, id);
	uint32_t number;

	if (s->table[at] == 0 || set_item(s, s->table[at] - 1)->state != SET_ERASED) {
		return ERR_NOTFOUND;
	}
	number = s->table[at] - 1;
	table_cut(s, at);
	if (set_item(s, number)->ordered) {
		set_item(s, number)->state = SET_REMOVED;
	} else {
		set_free_item(s, number);
	}
	return ERR_OK;
}

bool sync_set_has(const struct sync_set *s, const uint8_t id[ENTRY_ID_BYTES])
{
	const struct set_held *h = set_find(s, id);

	return h != NULL && h->state == SET_LIVE;
}

size_t sync_set_count(const struct sync_set *s)
{
	return s->live;
}

size_t sync_set_bytes(const struct sync_set *s)
{
	size_t n = sizeof *s + s->n_chunks * sizeof(struct set_held *) +
		   s->n_chunks * SET_CHUNK_ITEMS * sizeof(struct set_held) +
		   s->table_room * sizeof *s->table +
		   s->n_classes * (sizeof *s->classes + sizeof *s->by_id) +
		   s->n_sketches * sizeof(struct sketch);

	for (size_t i = 0; i < s->n_classes; i++) {
		n += s->classes[i].room * sizeof *s->classes[i].at;
	}
	return n;
}
