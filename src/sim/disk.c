#include "sim/disk.h"

#include <stdlib.h>
#include <string.h>

#include "sim/disk_inside.h"

static struct disk **disks; /* owned */
static size_t disk_total, disk_total_room;
static uint64_t next_identity;

int disk_room(void **list, size_t *room, size_t count, size_t size)
{
	size_t more = *room == 0 ? 16 : *room * 2;
	void *grown;

	if (count < *room) {
		return ERR_OK;
	}
	grown = realloc(*list, more * size);
	if (grown == NULL) {
		return ERR_NOMEM;
	}
	*list = grown;
	*room = more;
	return ERR_OK;
}

static struct disk *find(const char *name)
{
	for (size_t i = 0; i < disk_total; i++) {
		if (strcmp(disks[i]->name, name) == 0) {
			return disks[i];
		}
	}
	return NULL;
}

static struct disk *make(const char *name)
{
	struct disk *d = find(name);

	if (d != NULL) {
		return d;
	}
	d = calloc(1, sizeof *d);
	if (d == NULL || disk_room((void **)&disks, &disk_total_room, disk_total,
				   sizeof(struct disk *)) != ERR_OK) {
		free(d);
		return NULL;
	}
	(void)bytes_text(bytes_of(name), d->name, sizeof d->name);
	next_identity++;
	memcpy(d->identity, &next_identity, sizeof d->identity);
	map_init(&d->by_id, next_identity);
	map_init(&d->tombs, next_identity);
	d->first_day = UINT64_MAX;
	disks[disk_total++] = d;
	return d;
}

void disk_forget_all(void)
{
	for (size_t i = 0; i < disk_total; i++) {
		disk_rows_done(disks[i]);
		disk_values_done(disks[i]);
		free(disks[i]->journal);
		free(disks[i]);
	}
	free(disks);
	disks = NULL;
	disk_total = 0;
	disk_total_room = 0;
	next_identity = 0;
}

/* ---- transactions ---- */

/* Take back everything after the step. */
static void undo_to(struct disk *d, size_t step)
{
	while (d->steps > step) {
		const struct disk_step *s = &d->journal[--d->steps];

		if (s->op <= DISK_OP_FORGET) {
			disk_rows_undo(d, s);
		} else {
			disk_values_undo(d, s);
		}
	}
}

static void take_back(void *self)
{
	struct disk *d = self;

	undo_to(d, 0);
	if (d->state == STORE_CHANGING) {
		d->state = STORE_IDLE;
	}
}

static bool comes_now(struct disk *d, enum disk_fault fault)
{
	uint64_t *in = &d->fault_in[fault];

	return *in > 0 && --*in == 0;
}

int disk_write(struct disk *d)
{
	if (comes_now(d, DISK_FULL)) {
		take_back(d);
		return ERR_FULL;
	}
	return ERR_OK;
}

int disk_read(struct disk *d)
{
	if (comes_now(d, DISK_READ)) {
		undo_to(d, 0);
		d->state = STORE_BROKEN;
		return ERR_STORE;
	}
	return ERR_OK;
}

int disk_note(struct disk *d, const struct disk_step *step)
{
	int rc = disk_room((void **)&d->journal, &d->step_room, d->steps, sizeof(struct disk_step));

	if (rc == ERR_OK) {
		d->journal[d->steps++] = *step;
	} else {
		take_back(d);
	}
	return rc;
}

static int begin(void *self)
{
	struct disk *d = self;

	d->state = STORE_CHANGING;
	return ERR_OK;
}

static void tell(const struct disk *d, const struct disk_step *s)
{
	struct disk_change c = { .kind = DISK_PUT };

	if (s->op == DISK_OP_ERASE) {
		c = (struct disk_change){ .kind = DISK_ERASED,
					  .id = s->tomb->id,
					  .day = s->tomb->day };
	} else {
		c.kind = s->op == DISK_OP_PUT ? DISK_PUT : DISK_ENDED;
		c.entry = &s->row->entry->entry;
		c.id = c.entry->id;
		c.day = (uint32_t)c.entry->header.expiry_day;
	}
	d->on_change(d->context, &c);
}

/* What was forgotten or replaced in the transaction is not needed any more. */
static void keep_all(struct disk *d)
{
	for (size_t i = 0; d->on_change != NULL && i < d->steps; i++) {
		const struct disk_step *s = &d->journal[i];

		if (s->op == DISK_OP_PUT || s->op == DISK_OP_END || s->op == DISK_OP_ERASE) {
			tell(d, s);
		}
	}
	disk_rows_commit(d);
	for (size_t i = 0; i < d->steps; i++) {
		if (d->journal[i].op == DISK_OP_FORGET) {
			free(d->journal[i].tomb);
		}
		free(d->journal[i].bytes);
	}
	d->steps = 0;
}

static int commit(void *self)
{
	struct disk *d = self;
	bool lost = comes_now(d, DISK_COMMIT_LOST);
	bool kept = comes_now(d, DISK_COMMIT_KEPT);

	if (lost) {
		undo_to(d, 0);
	} else {
		keep_all(d);
	}
	d->state = lost || kept ? STORE_BROKEN : STORE_IDLE;
	return lost || kept ? ERR_STORE : ERR_OK;
}

static int mark(void *self)
{
	struct disk *d = self;

	d->mark = d->steps;
	return ERR_OK;
}

static int release(void *self)
{
	(void)self;
	return ERR_OK;
}

static int undo(void *self)
{
	struct disk *d = self;

	undo_to(d, d->mark);
	return ERR_OK;
}

/* ---- opening ---- */

static int open_disk(const char *where, void **self, struct fault *fault)
{
	struct disk *d;

	if (strlen(where) >= DISK_NAME_MAX) {
		return err_at(fault, ERR_MALFORMED, 0, "url");
	}
	d = make(where);
	if (d == NULL) {
		return err_at(fault, ERR_NOMEM, 0, "disk");
	}
	if (d->open) {
		return err_at(fault, ERR_BUSY, 0, "disk");
	}
	if (d->torn) {
		return err_at(fault, ERR_CORRUPT, 0, "rows are missing");
	}
	d->open = true;
	d->state = STORE_IDLE;
	*self = d;
	return ERR_OK;
}

static void close_disk(void *self)
{
	struct disk *d = self;

	undo_to(d, 0);
	d->open = false;
}

static enum store_state state(const void *self)
{
	const struct disk *d = self;

	return d->state;
}

static int scrub(void *self)
{
	(void)self; /* what is removed is gone */
	return ERR_OK;
}

static int count(void *self, struct store_counts *out)
{
	const struct disk *d = self;

	*out = (struct store_counts){ .entries = d->by_id.count,
				      .erased = d->tombs.count,
				      .audit = d->line_count,
				      .jobs = disk_values_open_jobs(d),
				      .bytes = d->bytes };
	return ERR_OK;
}

const struct store_backend disk_backend = {
	.abi = STORE_ABI,
	.scheme = "sim",
	.open = open_disk,
	.close = close_disk,
	.state = state,
	.begin = begin,
	.commit = commit,
	.rollback = take_back,
	.mark = mark,
	.release = release,
	.undo = undo,
	.put = disk_rows_put,
	.get = disk_rows_get,
	.has = disk_rows_has,
	.erase = disk_rows_erase,
	.is_erased = disk_rows_is_erased,
	.drop = disk_rows_drop,
	.purge = disk_rows_purge,
	.scrub = scrub,
	.verify = disk_rows_verify,
	.changes = disk_rows_changes,
	.each_erased = disk_rows_each_erased,
	.set = disk_values_set,
	.value = disk_values_value,
	.audit = disk_values_audit,
	.each_audit = disk_values_each_audit,
	.enqueue = disk_values_enqueue,
	.lease = disk_values_lease,
	.settle = disk_values_settle,
	.count = count,
};

/* ---- faults, and looking on ---- */

bool disk_break(const char *name, enum disk_fault fault, uint64_t after)
{
	struct disk *d = find(name);

	if (d != NULL) {
		d->fault_in[fault] = after;
	}
	return d != NULL;
}

bool disk_flip(const char *name, uint64_t place, unsigned bit, uint8_t id[ENTRY_ID_BYTES])
{
	struct disk *d = find(name);
	struct disk_row *row;

	if (d == NULL || d->row_count == 0) {
		return false;
	}
	row = d->rows[place % d->row_count];
	if (id != NULL) {
		memcpy(id, row->entry->entry.id, ENTRY_ID_BYTES);
	}
	return disk_rows_flip(row, bit);
}

bool disk_tear(const char *name)
{
	struct disk *d = find(name);

	if (d != NULL && d->row_count > 0) {
		d->torn = true;
	}
	return d != NULL && d->torn;
}

int disk_watch(const char *name, disk_change_fn *on_change, void *context)
{
	struct disk *d = make(name);

	if (d == NULL) {
		return ERR_NOMEM;
	}
	d->on_change = on_change;
	d->context = context;
	return ERR_OK;
}

int disk_each(const char *name, int (*on_entry)(void *context, const struct entry *e),
	      void *context)
{
	const struct disk *d = find(name);
	int rc = ERR_OK;

	for (size_t i = 0; d != NULL && rc == ERR_OK && i < d->row_count; i++) {
		if (!d->rows[i]->ended) {
			rc = on_entry(context, &d->rows[i]->entry->entry);
		}
	}
	return rc;
}

bool disk_has(const char *name, const uint8_t id[ENTRY_ID_BYTES])
{
	const struct disk *d = find(name);

	return d != NULL && map_get(&d->by_id, id) != NULL;
}

size_t disk_count(const char *name)
{
	const struct disk *d = find(name);

	return d == NULL ? 0 : d->by_id.count;
}

struct bytes disk_value(const char *name, const char *key)
{
	const struct disk *d = find(name);

	for (size_t i = 0; d != NULL && i < d->value_count; i++) {
		if (strcmp(d->values[i].key, key) == 0) {
			return (struct bytes){ d->values[i].bytes, d->values[i].len };
		}
	}
	return (struct bytes){ NULL, 0 };
}
