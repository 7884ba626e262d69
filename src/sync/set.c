#include "config.h"

#include "sync/set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"

#define CHUNK_ITEMS 4096U
#define TABLE_MIN   64U
#define NOWHERE     UINT32_MAX

struct set_class {
	uint8_t class_id[ENTRY_CLASS_BYTES];
	uint32_t *at; /* owned; numbers of items: the first `sorted` by id, then as they came */
	size_t room, used, sorted;
	size_t gone; /* of used: removed or erased */
	uint64_t version;
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
};

struct tail_item {
	uint64_t head; /* the first eight bytes of the id */
	uint32_t number;
};

static struct set_held *item_of(const struct sync_set *s, uint32_t number)
{
	return &s->chunks[number / CHUNK_ITEMS][number % CHUNK_ITEMS];
}

int sync_set_new(const uint8_t seed[SYNC_SEED_BYTES], struct sync_set **out)
{
	struct sync_set *s = calloc(1, sizeof *s);

	if (s == NULL) {
		return ERR_NOMEM;
	}
	memcpy(s->seed, seed, sizeof s->seed);
	s->free_first = NOWHERE;
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
	}
	free(s->chunks);
	free(s->classes);
	free(s->by_id);
	free(s->table);
	free(s);
}

/* ---- the table ---- */

static size_t home(const struct sync_set *s, uint32_t prefix)
{
	return (size_t)siphash_24(s->seed, &prefix, sizeof prefix) & (s->table_room - 1);
}

static size_t next_place(const struct sync_set *s, size_t at)
{
	return (at + 1) & (s->table_room - 1);
}

/* The place of the id, or the free one where it belongs. */
static size_t place_of(const struct sync_set *s, const uint8_t id[ENTRY_ID_BYTES])
{
	size_t at = home(s, name_prefix(id));

	while (s->table[at] != 0 &&
	       memcmp(item_of(s, s->table[at] - 1)->id, id, ENTRY_ID_BYTES) != 0) {
		at = next_place(s, at);
	}
	return at;
}

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
			size_t at = home(s, name_prefix(item_of(s, old[i] - 1)->id));

			while (s->table[at] != 0) {
				at = next_place(s, at);
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
	for (size_t at = next_place(s, hole); s->table[at] != 0; at = next_place(s, at)) {
		size_t want = home(s, name_prefix(item_of(s, s->table[at] - 1)->id));

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
	if (s->free_first != NOWHERE) {
		*number = s->free_first;
		s->free_first = item_of(s, *number)->bytes;
		return ERR_OK;
	}
	if (s->items >= SET_ITEMS_MAX) {
		return ERR_FULL;
	}
	if (s->items / CHUNK_ITEMS == s->n_chunks) {
		struct set_held **chunks;
		struct set_held *chunk;

		chunks = realloc(s->chunks, (s->n_chunks + 1) * sizeof *chunks);
		if (chunks == NULL) {
			return ERR_NOMEM;
		}
		s->chunks = chunks;
		chunk = calloc(CHUNK_ITEMS, sizeof *chunk);
		if (chunk == NULL) {
			return ERR_NOMEM;
		}
		s->chunks[s->n_chunks++] = chunk;
	}
	*number = s->items++;
	return ERR_OK;
}

static void free_item(struct sync_set *s, uint32_t number)
{
	struct set_held *h = item_of(s, number);

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

static int class_make(struct sync_set *s, const uint8_t class_id[ENTRY_CLASS_BYTES],
		      uint16_t *number)
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
		struct set_held *h = item_of(s, c->at[i]);

		if (h->state == SET_LIVE) {
			sorted += i < c->sorted;
			c->at[kept++] = c->at[i];
		} else if (h->state == SET_REMOVED) {
			free_item(s, c->at[i]);
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

static int class_room(struct sync_set *s, struct set_class *c)
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
	return memcmp(item_of(s, x->number)->id, item_of(s, y->number)->id, ENTRY_ID_BYTES);
}

/* Of the first n of the class: how many have a smaller id? */
static size_t below(const struct sync_set *s, const struct set_class *c, size_t n,
		    const uint8_t id[ENTRY_ID_BYTES])
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (memcmp(item_of(s, c->at[mid])->id, id, ENTRY_ID_BYTES) < 0) {
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

		tail[i] = (struct tail_item){ id_head(item_of(s, number)->id), number };
	}
	qsort_r(tail, n, sizeof *tail, by_id_order, s);
	/* From the largest down: every block of the old order moves once. */
	left = c->sorted;
	for (size_t i = n; i-- > 0;) {
		size_t at = below(s, c, left, item_of(s, tail[i].number)->id);

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

		if (name_prefix(item_of(s, c->at[mid])->id) < prefix) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return low;
}

const struct set_held *set_at(const struct sync_set *s, uint16_t class_number, size_t position)
{
	return item_of(s, s->classes[class_number].at[position]);
}

/* ---- what callers do ---- */

int sync_set_add(struct sync_set *s, const struct sync_item *item)
{
	struct set_class *c;
	uint32_t number;
	uint16_t class_number;
	size_t at;
	int rc;

	at = place_of(s, item->id);
	if (s->table[at] != 0) {
		return item_of(s, s->table[at] - 1)->state == SET_ERASED ? ERR_STALE : ERR_EXISTS;
	}
	rc = class_make(s, item->class_id, &class_number);
	if (rc != ERR_OK) {
		return rc;
	}
	c = &s->classes[class_number];
	rc = class_room(s, c);
	if (rc == ERR_OK) {
		rc = table_grow(s);
	}
	if (rc == ERR_OK) {
		rc = take_item(s, &number);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	*item_of(s, number) = (struct set_held){ .bytes = item->bytes,
						 .class_number = class_number,
						 .lane = item->lane & 15U,
						 .state = SET_LIVE,
						 .ordered = 1 };
	memcpy(item_of(s, number)->id, item->id, ENTRY_ID_BYTES);
	s->table[place_of(s, item->id)] = number + 1;
	s->table_used++;
	s->live++;
	c->at[c->used++] = number;
	c->version++;
	return ERR_OK;
}

static void leave_class(struct sync_set *s, const struct set_held *h)
{
	struct set_class *c = &s->classes[h->class_number];

	c->gone++;
	c->version++;
	s->live--;
}

int sync_set_remove(struct sync_set *s, const uint8_t id[ENTRY_ID_BYTES])
{
	size_t at = place_of(s, id);
	struct set_held *h;

	if (s->table[at] == 0 || item_of(s, s->table[at] - 1)->state != SET_LIVE) {
		return ERR_NOTFOUND;
	}
	h = item_of(s, s->table[at] - 1);
	leave_class(s, h);
	table_cut(s, at);
	h->state = SET_REMOVED; /* the number is free once the class has been swept */
	return ERR_OK;
}

int sync_set_erase(struct sync_set *s, const uint8_t id[ENTRY_ID_BYTES])
{
	size_t at = place_of(s, id);
	uint32_t number;
	int rc;

	if (s->table[at] != 0) {
		struct set_held *h = item_of(s, s->table[at] - 1);

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
	*item_of(s, number) =
	    (struct set_held){ .class_number = SET_NO_CLASS, .state = SET_ERASED };
	memcpy(item_of(s, number)->id, id, ENTRY_ID_BYTES);
	s->table[place_of(s, id)] = number + 1;
	s->table_used++;
	return ERR_OK;
}

int sync_set_forget(struct sync_set *s, const uint8_t id[ENTRY_ID_BYTES])
{
	size_t at = place_of(s, id);
	uint32_t number;

	if (s->table[at] == 0 || item_of(s, s->table[at] - 1)->state != SET_ERASED) {
		return ERR_NOTFOUND;
	}
	number = s->table[at] - 1;
	table_cut(s, at);
	if (item_of(s, number)->ordered) {
		item_of(s, number)->state = SET_REMOVED;
	} else {
		free_item(s, number);
	}
	return ERR_OK;
}

const struct set_held *set_find(const struct sync_set *s, const uint8_t id[ENTRY_ID_BYTES])
{
	size_t at = place_of(s, id);

	return s->table[at] == 0 ? NULL : item_of(s, s->table[at] - 1);
}

const struct set_held *set_find_name(const struct sync_set *s, const struct name_keys *k,
				     uint64_t name)
{
	for (size_t at = home(s, name_place(name)); s->table[at] != 0; at = next_place(s, at)) {
		const struct set_held *h = item_of(s, s->table[at] - 1);

		if (name_prefix(h->id) == name_place(name) && name_of(k, h->id) == name) {
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
	size_t n = sizeof *s + s->n_chunks * sizeof *s->chunks +
		   s->n_chunks * CHUNK_ITEMS * sizeof(struct set_held) +
		   s->table_room * sizeof *s->table +
		   s->n_classes * (sizeof *s->classes + sizeof *s->by_id);

	for (size_t i = 0; i < s->n_classes; i++) {
		n += s->classes[i].room * sizeof *s->classes[i].at;
	}
	return n;
}
