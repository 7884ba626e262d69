#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"
#include "base/wire.h"
#include "sim/disk_inside.h"

#define CURSOR_NUMBER 8U

/* All entries that any disk holds, by their ids. */
static struct map shared = { .seed = 1 };

static uint64_t sum_of(const struct entry *e)
{
	static const uint8_t key[SIPHASH_KEY_BYTES] = "wrap, signature";

	return siphash_24(key, e->wrap.data, e->wrap.len) ^
	       siphash_24(key, e->signature.data, e->signature.len);
}

static struct bytes part(uint8_t **at, struct bytes from)
{
	struct bytes out = { *at, from.len };

	memcpy(*at, from.data, from.len);
	*at += from.len;
	return out;
}

/* A copy of an entry with all its parts in one piece of memory. */
static struct disk_entry *copy_of(const struct entry *e)
{
	struct disk_entry *x = calloc(1, sizeof *x);
	uint8_t *at;

	if (x == NULL) {
		return NULL;
	}
	x->len = e->header_bytes.len + e->sealed.len + e->wrap.len + e->signature.len;
	x->bytes = malloc(x->len);
	if (x->bytes == NULL) {
		free(x);
		return NULL;
	}
	at = x->bytes;
	x->holders = 1;
	x->entry = *e;
	x->entry.header_bytes = part(&at, e->header_bytes);
	x->entry.sealed = part(&at, e->sealed);
	x->entry.wrap = part(&at, e->wrap);
	x->entry.signature = part(&at, e->signature);
	x->sum = sum_of(e);
	return x;
}

static bool is_same(const struct disk_entry *x, const struct entry *e)
{
	return memcmp(x->entry.id, e->id, ENTRY_ID_BYTES) == 0 &&
	       bytes_equal(x->entry.wrap, e->wrap) &&
	       bytes_equal(x->entry.signature, e->signature) &&
	       bytes_equal(x->entry.header_bytes, e->header_bytes) &&
	       bytes_equal(x->entry.sealed, e->sealed);
}

static struct disk_entry *hold(const struct entry *e)
{
	struct disk_entry *x = map_get(&shared, e->id);
	bool known = x != NULL;

	if (known && is_same(x, e)) {
		x->holders++;
		return x;
	}
	x = copy_of(e);
	if (x != NULL && !known && map_put(&shared, e->id, x) != ERR_OK) {
		free(x->bytes);
		free(x);
		return NULL;
	}
	return x;
}

static void let_go(struct disk_entry *x)
{
	if (--x->holders > 0) {
		return;
	}
	if (map_get(&shared, x->entry.id) == x) {
		(void)map_remove(&shared, x->entry.id);
	}
	if (shared.count == 0) {
		map_done(&shared);
		map_init(&shared, 1);
	}
	free(x->bytes);
	free(x);
}

bool disk_rows_flip(struct disk_row *row, unsigned bit)
{
	struct disk_entry *x = copy_of(&row->entry->entry);

	if (x == NULL) {
		return false;
	}
	x->sum = row->entry->sum;
	x->rotten = true;
	x->bytes[bit / 8 % x->len] ^= (uint8_t)(1U << (bit % 8));
	let_go(row->entry);
	row->entry = x;
	return true;
}

/* Only what rot has touched can differ from what was put. */
static bool is_whole(const struct disk_entry *x)
{
	uint8_t id[ENTRY_ID_BYTES];

	if (!x->rotten) {
		return true;
	}
	entry_id(x->entry.header_bytes, x->entry.sealed, id);
	return memcmp(id, x->entry.id, sizeof id) == 0 && sum_of(&x->entry) == x->sum;
}

/* ---- entries ---- */

int disk_rows_put(void *self, const struct entry *e, uint64_t *number)
{
	struct disk *d = self;
	struct disk_row *row;
	int rc = disk_write(d);

	if (rc != ERR_OK) {
		return rc;
	}
	if (map_get(&d->tombs, e->id) != NULL) {
		return ERR_STALE;
	}
	if (map_get(&d->by_id, e->id) != NULL) {
		return ERR_EXISTS;
	}
	row = calloc(1, sizeof *row);
	rc = row == NULL ? ERR_NOMEM
			 : disk_room((void **)&d->rows, &d->row_room, d->row_count,
				     sizeof(struct disk_row *));
	if (rc == ERR_OK) {
		row->entry = hold(e);
		rc = row->entry == NULL ? ERR_NOMEM : map_put(&d->by_id, e->id, row);
	}
	if (rc == ERR_OK) {
		row->number = ++d->last_number;
		d->rows[d->row_count++] = row;
		d->bytes += row->entry->len;
		if (e->header.expiry_day < d->first_day) {
			d->first_day = e->header.expiry_day;
		}
		*number = row->number;
		return disk_note(d, &(struct disk_step){ .op = DISK_OP_PUT, .row = row });
	}
	if (row != NULL && row->entry != NULL) {
		let_go(row->entry);
	}
	free(row);
	return rc;
}

int disk_rows_get(void *self, const uint8_t *id, struct arena *arena, struct store_entry *out)
{
	struct disk *d = self;
	const struct disk_row *row = map_get(&d->by_id, id);
	struct store_entry e;
	int rc = disk_read(d);

	if (rc != ERR_OK || row == NULL) {
		return rc != ERR_OK ? rc : ERR_NOTFOUND;
	}
	if (!is_whole(row->entry)) {
		return ERR_CORRUPT;
	}
	e = (struct store_entry){ .number = row->number, .entry = row->entry->entry };
	e.entry.header_bytes = arena_copy(arena, row->entry->entry.header_bytes);
	e.entry.sealed = arena_copy(arena, row->entry->entry.sealed);
	e.entry.wrap = arena_copy(arena, row->entry->entry.wrap);
	e.entry.signature = arena_copy(arena, row->entry->entry.signature);
	if (e.entry.header_bytes.data == NULL || e.entry.sealed.data == NULL ||
	    e.entry.wrap.data == NULL || e.entry.signature.data == NULL) {
		return ERR_NOMEM;
	}
	*out = e;
	return ERR_OK;
}

int disk_rows_has(void *self, const uint8_t *id)
{
	const struct disk *d = self;

	return map_get(&d->by_id, id) != NULL ? ERR_OK : ERR_NOTFOUND;
}

static int end_row(struct disk *d, struct disk_row *row)
{
	int rc = disk_note(d, &(struct disk_step){ .op = DISK_OP_END, .row = row });

	if (rc == ERR_OK) {
		(void)map_remove(&d->by_id, row->entry->entry.id);
		row->ended = true;
		d->bytes -= row->entry->len;
	}
	return rc;
}

int disk_rows_drop(void *self, const uint8_t *id)
{
	struct disk *d = self;
	struct disk_row *row = map_get(&d->by_id, id);
	int rc = disk_write(d);

	if (rc == ERR_OK) {
		rc = row == NULL ? ERR_NOTFOUND : end_row(d, row);
	}
	return rc;
}

/* ---- tombstones ---- */

int disk_rows_is_erased(void *self, const uint8_t *id)
{
	const struct disk *d = self;

	return map_get(&d->tombs, id) != NULL ? ERR_OK : ERR_NOTFOUND;
}

int disk_rows_erase(void *self, const uint8_t *id, uint32_t expiry_day)
{
	struct disk *d = self;
	struct disk_tomb *t = map_get(&d->tombs, id);
	int rc = disk_rows_drop(d, id);

	if (rc != ERR_OK && rc != ERR_NOTFOUND) {
		return rc;
	}
	if (t != NULL) {
		struct disk_step step = { .op = DISK_OP_LATER, .tomb = t, .number = t->day };

		rc = expiry_day > t->day ? disk_note(d, &step) : ERR_OK;
		t->day = rc == ERR_OK && expiry_day > t->day ? expiry_day : t->day;
		return rc;
	}
	t = malloc(sizeof *t);
	if (t == NULL) {
		return ERR_NOMEM;
	}
	memcpy(t->id, id, sizeof t->id);
	t->day = expiry_day;
	rc = map_put(&d->tombs, id, t);
	if (rc != ERR_OK) {
		free(t);
		return rc;
	}
	if (expiry_day < d->first_day) {
		d->first_day = expiry_day;
	}
	return disk_note(d, &(struct disk_step){ .op = DISK_OP_ERASE, .tomb = t });
}

int disk_rows_each_erased(void *self, store_erased_fn *on_erased, void *context)
{
	const struct disk *d = self;
	const struct disk_tomb *t;
	size_t at = 0;
	int rc = ERR_OK;

	while (rc == ERR_OK && (t = map_next(&d->tombs, &at)) != NULL) {
		rc = on_erased(context, t->id, t->day);
	}
	return rc;
}

static int forget_tomb(struct disk *d, struct disk_tomb *t)
{
	int rc = disk_note(d, &(struct disk_step){ .op = DISK_OP_FORGET, .tomb = t });

	if (rc == ERR_OK) {
		(void)map_remove(&d->tombs, t->id);
	}
	return rc;
}

int disk_rows_purge(void *self, uint32_t day, size_t max, size_t *dropped)
{
	struct disk *d = self;
	struct disk_tomb *t;
	size_t at = 0;
	size_t n = 0;
	uint64_t first = UINT64_MAX;
	int rc = disk_write(d);

	if (rc != ERR_OK || d->first_day >= day) {
		*dropped = rc == ERR_OK ? 0 : *dropped;
		return rc;
	}
	for (size_t i = 0; rc == ERR_OK && i < d->row_count; i++) {
		uint64_t ends = d->rows[i]->entry->entry.header.expiry_day;

		if (!d->rows[i]->ended && ends < day && n < max) {
			rc = end_row(d, d->rows[i]);
			n++;
		} else if (!d->rows[i]->ended) {
			first = ends < first ? ends : first;
		}
	}
	while (rc == ERR_OK && (t = map_next(&d->tombs, &at)) != NULL) {
		if (t->day < day && n < max) {
			rc = forget_tomb(d, t);
			n++;
		} else {
			first = t->day < first ? t->day : first;
		}
	}
	if (rc == ERR_OK) {
		d->first_day = first;
		*dropped = n;
	}
	return rc;
}

/* ---- reading on ---- */

/* The last number that the feed may show: see store_changes(). */
static uint64_t last_shown(const struct disk *d)
{
	uint64_t last = d->committed_number;

	for (size_t i = 0; i < d->steps; i++) {
		const struct disk_step *s = &d->journal[i];

		if (s->op == DISK_OP_END && s->row->number <= last) {
			last = s->row->number - 1;
		}
	}
	return last;
}

/* The place of the first row with a higher number. */
static size_t place_after(const struct disk *d, uint64_t number)
{
	size_t low = 0;
	size_t high = d->row_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (d->rows[middle]->number <= number) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

int disk_rows_changes(void *self, uint8_t *cursor, size_t max, store_entry_fn *on_entry,
		      void *context)
{
	struct disk *d = self;
	uint64_t last = last_shown(d);
	uint64_t after;
	int rc = disk_read(d);

	memcpy(&after, cursor, CURSOR_NUMBER);
	if (memcmp(cursor + CURSOR_NUMBER, d->identity, sizeof d->identity) != 0) {
		after = 0;
	}
	for (size_t i = place_after(d, after);
	     rc == ERR_OK && max > 0 && i < d->row_count && d->rows[i]->number <= last; i++) {
		const struct disk_row *row = d->rows[i];
		struct store_entry e = { .number = row->number, .entry = row->entry->entry };

		if (row->ended) {
			continue;
		}
		rc = is_whole(row->entry) ? on_entry(context, &e) : ERR_CORRUPT;
		if (rc == ERR_OK) {
			memcpy(cursor, &row->number, CURSOR_NUMBER);
			memcpy(cursor + CURSOR_NUMBER, d->identity, sizeof d->identity);
			max--;
		}
	}
	return rc;
}

int disk_rows_verify(void *self, uint64_t *number, size_t max, store_damaged_fn *on_damaged,
		     void *context)
{
	struct disk *d = self;
	size_t i = place_after(d, *number);
	size_t seen = 0;
	uint64_t after = *number;
	int rc = disk_read(d);

	for (; rc == ERR_OK && seen < max && i < d->row_count; i++) {
		const struct disk_row *row = d->rows[i];

		if (!row->ended) {
			rc = is_whole(row->entry) ? ERR_OK
						  : on_damaged(context, row->entry->entry.id);
			after = row->number;
			seen++;
		}
	}
	if (rc == ERR_OK) {
		*number = seen < max ? 0 : after;
	}
	return rc;
}

/* ---- the transaction ends ---- */

void disk_rows_undo(struct disk *d, const struct disk_step *step)
{
	struct disk_row *row = step->row;

	switch (step->op) {
	case DISK_OP_PUT:
		(void)map_remove(&d->by_id, row->entry->entry.id);
		d->bytes -= row->entry->len;
		d->row_count--;
		d->last_number--;
		let_go(row->entry);
		free(row);
		break;
	case DISK_OP_END:
		row->ended = false;
		d->bytes += row->entry->len;
		/* There was room for it. */
		(void)map_put(&d->by_id, row->entry->entry.id, row);
		break;
	case DISK_OP_ERASE:
		(void)map_remove(&d->tombs, step->tomb->id);
		free(step->tomb);
		break;
	case DISK_OP_LATER:
		step->tomb->day = (uint32_t)step->number;
		break;
	case DISK_OP_FORGET:
		(void)map_put(&d->tombs, step->tomb->id, step->tomb);
		break;
	case DISK_OP_SET:
	case DISK_OP_AUDIT:
	case DISK_OP_ENQUEUE:
	case DISK_OP_LEASE:
	case DISK_OP_SETTLE:
		break; /* disk_values.c */
	}
	d->first_day = 0; /* look again */
}

void disk_rows_commit(struct disk *d)
{
	size_t kept = 0;
	bool ended = false;

	for (size_t i = 0; i < d->steps; i++) {
		ended = ended || d->journal[i].op == DISK_OP_END;
	}
	d->committed_number = d->last_number;
	for (size_t i = 0; ended && i < d->row_count; i++) {
		struct disk_row *row = d->rows[i];

		if (row->ended) {
			let_go(row->entry);
			free(row);
		} else {
			d->rows[kept++] = row;
		}
	}
	d->row_count = ended ? kept : d->row_count;
}

void disk_rows_done(struct disk *d)
{
	struct disk_tomb *t;
	size_t at = 0;

	for (size_t i = 0; i < d->row_count; i++) {
		let_go(d->rows[i]->entry);
		free(d->rows[i]);
	}
	free(d->rows);
	map_done(&d->by_id);
	while ((t = map_next(&d->tombs, &at)) != NULL) {
		free(t);
	}
	map_done(&d->tombs);
}
