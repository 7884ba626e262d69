#include "config.h"

#include "sync/set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sync/set_inside.h"

struct tail_item {
	uint64_t head; /* the first eight bytes of the id */
	uint32_t number;
};

void set_free_item(struct sync_set *s, uint32_t number)
{
	struct set_held *h = set_item(s, number);

	*h = (struct set_held){ .bytes = s->free_first, .state = SET_FREE };
	s->free_first = number;
}

/* ---- classes ---- */

/* Where in by_id the class stands or belongs. */
static size_t class_place(const struct sync_set *s, const uint8_t class_id[ENTRY_CLASS_BYTES],
			  bool *found)
{
	size_t low = 0, high = s->n_classes;

	*found = false;
	while (low < high) {
		size_t mid = (low + high) / 2;
		int c = memcmp(s->classes[s->by_id[mid]].class_id, class_id, ENTRY_CLASS_BYTES);

		if (c == 0) {
			*found = true;
			return mid;
		}
		if (c < 0) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return low;
}

int set_class_make(struct sync_set *s, const uint8_t class_id[ENTRY_CLASS_BYTES], uint16_t *number)
{
	struct set_class *classes;
	uint16_t *by_id;
	bool found;
	size_t at = class_place(s, class_id, &found);

	if (found) {
		*number = s->by_id[at];
		return ERR_OK;
	}
	if (s->n_classes >= SET_CLASSES_MAX) {
		return ERR_LIMIT;
	}
	classes = realloc(s->classes, (s->n_classes + 1) * sizeof *classes);
	if (classes == NULL) {
		return ERR_NOMEM;
	}
	s->classes = classes;
	by_id = realloc(s->by_id, (s->n_classes + 1) * sizeof *by_id);
	if (by_id == NULL) {
		return ERR_NOMEM;
	}
	s->by_id = by_id;
	memmove(by_id + at + 1, by_id + at, (s->n_classes - at) * sizeof *by_id);
	*number = (uint16_t)s->n_classes;
	by_id[at] = *number;
	classes[*number] = (struct set_class){ .version = 1 };
	memcpy(classes[*number].class_id, class_id, ENTRY_CLASS_BYTES);
	s->n_classes++;
	return ERR_OK;
}

uint16_t set_class(const struct sync_set *s, const uint8_t class_id[ENTRY_CLASS_BYTES])
{
	bool found;
	size_t at = class_place(s, class_id, &found);

	return found ? s->by_id[at] : SET_NO_CLASS;
}

const uint8_t *set_class_id(const struct sync_set *s, uint16_t class_number)
{
	return s->classes[class_number].class_id;
}

/* ---- order ---- */

/* Forget what is gone from the class's array; numbers of removed items become free. */
static void sweep(struct sync_set *s, struct set_class *c)
{
	size_t kept = 0, sorted = 0;

	if (c->gone == 0) {
		return;
	}
	for (size_t i = 0; i < c->used; i++) {
		struct set_held *h = set_item(s, c->at[i]);

		if (h->state == SET_LIVE) {
			sorted += i < c->sorted;
			c->at[kept++] = c->at[i];
		} else if (h->state == SET_REMOVED) {
			set_free_item(s, c->at[i]);
		} else {
			h->ordered = 0;
		}
	}
	c->used = kept;
	c->sorted = sorted;
	c->gone = 0;
}

void set_sweep(struct sync_set *s, uint16_t class_number)
{
	if (class_number != SET_NO_CLASS) {
		sweep(s, &s->classes[class_number]);
	}
}

int set_class_room(struct sync_set *s, struct set_class *c)
{
	size_t room = c->room < 16 ? 16 : c->room * 2;
	uint32_t *at;

	if (c->gone > 64 && c->gone > c->used / 2) {
		sweep(s, c);
	}
	if (c->used < c->room) {
		return ERR_OK;
	}
	at = realloc(c->at, room * sizeof *at);
	if (at == NULL) {
		return ERR_NOMEM;
	}
	c->at = at;
	c->room = room;
	return ERR_OK;
}

static uint64_t id_head(const uint8_t id[ENTRY_ID_BYTES])
{
	uint64_t v = 0;

	for (size_t i = 0; i < 8; i++) {
		v = v << 8 | id[i];
	}
	return v;
}

static int by_id_order(const void *a, const void *b, void *context)
{
	const struct tail_item *x = a, *y = b;
	const struct sync_set *s = context;

	if (x->head != y->head) {
		return x->head < y->head ? -1 : 1;
	}
	return memcmp(set_item(s, x->number)->id, set_item(s, y->number)->id, ENTRY_ID_BYTES);
}

/* Of the first n of the class: how many have a smaller id? */
static size_t below(const struct sync_set *s, const struct set_class *c, size_t n,
		    const uint8_t id[ENTRY_ID_BYTES])
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (memcmp(set_item(s, c->at[mid])->id, id, ENTRY_ID_BYTES) < 0) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return low;
}

int set_order(struct sync_set *s, uint16_t class_number)
{
	struct set_class *c;
	struct tail_item *tail;
	size_t n, left;

	if (class_number == SET_NO_CLASS) {
		return ERR_OK;
	}
	c = &s->classes[class_number];
	sweep(s, c);
	n = c->used - c->sorted;
	if (n == 0) {
		return ERR_OK;
	}
	tail = calloc(n, sizeof *tail);
	if (tail == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t number = c->at[c->sorted + i];

		tail[i] = (struct tail_item){ id_head(set_item(s, number)->id), number };
	}
	qsort_r(tail, n, sizeof *tail, by_id_order, s);
	/* From the largest down: every block of the old order moves once. */
	left = c->sorted;
	for (size_t i = n; i-- > 0;) {
		size_t at = below(s, c, left, set_item(s, tail[i].number)->id);

		memmove(c->at + at + i + 1, c->at + at, (left - at) * sizeof *c->at);
		c->at[at + i] = tail[i].number;
		left = at;
	}
	c->sorted = c->used;
	free(tail);
	return ERR_OK;
}

size_t set_count(const struct sync_set *s, uint16_t class_number)
{
	if (class_number == SET_NO_CLASS) {
		return 0;
	}
	return s->classes[class_number].used - s->classes[class_number].gone;
}

uint64_t set_version(const struct sync_set *s, uint16_t class_number)
{
	return class_number == SET_NO_CLASS ? 0 : s->classes[class_number].version;
}

size_t set_lower(const struct sync_set *s, uint16_t class_number, uint64_t prefix)
{
	const struct set_class *c;
	size_t low = 0, high;

	if (class_number == SET_NO_CLASS) {
		return 0;
	}
	c = &s->classes[class_number];
	assert(c->sorted == c->used && c->gone == 0);
	high = c->used;
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (name_prefix(set_item(s, c->at[mid])->id) < prefix) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return low;
}

const struct set_held *set_at(const struct sync_set *s, uint16_t class_number, size_t position)
{
	return set_item(s, s->classes[class_number].at[position]);
}

/* ---- looking up ---- */

const struct set_held *set_find(const struct sync_set *s, const uint8_t id[ENTRY_ID_BYTES])
{
	size_t at = set_place(s, id);

	return s->table[at] == 0 ? NULL : set_item(s, s->table[at] - 1);
}

const struct set_held *set_find_name(const struct sync_set *s, const struct name_keys *k,
				     uint64_t name)
{
	for (size_t at = set_home(s, name_place(name)); s->table[at] != 0; at = set_next(s, at)) {
		const struct set_held *h = set_item(s, s->table[at] - 1);

		if (name_prefix(h->id) == name_place(name) && name_of(k, h->id) == name) {
			return h;
		}
	}
	return NULL;
}

const struct set_held *set_find_plain(const struct sync_set *s, uint64_t plain)
{
	for (size_t at = set_home(s, (uint32_t)(plain >> 16)); s->table[at] != 0;
	     at = set_next(s, at)) {
		const struct set_held *h = set_item(s, s->table[at] - 1);

		if (sketch_name(h->id) == plain) {
			return h;
		}
	}
	return NULL;
}

bool set_is_erased(const struct sync_set *s, const uint8_t id[ENTRY_ID_BYTES])
{
	const struct set_held *h = set_find(s, id);

	return h != NULL && h->state == SET_ERASED;
}
