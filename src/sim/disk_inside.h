/* The disk, within itself: what its files share.
 *
 * disk.c         disks by their names, opening, transactions, faults
 * disk_rows.c    entries, tombstones, the change feed
 * disk_values.c  named values, the audit log, jobs */
#ifndef SIM_DISK_INSIDE_H
#define SIM_DISK_INSIDE_H

#include "base/map.h"
#include "sim/disk.h"

/* An entry's bytes, shared by all disks that hold it. */
struct disk_entry {
	size_t holders;
	struct entry entry; /* its parts point into bytes */
	bool rotten;        /* a bit was turned: must be compared with the id */
	uint64_t sum;       /* of wrap and signature, as they were put */
	uint8_t *bytes;     /* owned */
	size_t len;
};

struct disk_row {
	uint64_t number;
	struct disk_entry *entry; /* a reference */
	bool ended;               /* in the transaction that runs */
};

struct disk_tomb {
	uint8_t id[ENTRY_ID_BYTES];
	uint32_t day;
};

struct disk_named {
	char key[STORE_KEY_MAX + 1];
	uint8_t *bytes; /* owned; NULL: not there */
	size_t len;
};

struct disk_line {
	uint8_t *bytes; /* owned */
	size_t len;
};

struct disk_job {
	uint64_t number;
	char queue[STORE_KEY_MAX + 1];
	uint8_t key[STORE_KEY_MAX];
	size_t key_len;
	uint8_t *body; /* owned; NULL when settled */
	size_t body_len;
	uint64_t until_ms;
	bool settled;
};

enum disk_op {
	DISK_OP_PUT,    /* row */
	DISK_OP_END,    /* row */
	DISK_OP_ERASE,  /* tomb */
	DISK_OP_LATER,  /* tomb, day before */
	DISK_OP_FORGET, /* tomb, owned */
	DISK_OP_SET,    /* at: which value; bytes, len before, owned */
	DISK_OP_AUDIT,
	DISK_OP_ENQUEUE,
	DISK_OP_LEASE,  /* at: which job; number: until before */
	DISK_OP_SETTLE, /* at */
};

struct disk_step {
	enum disk_op op;
	struct disk_row *row;
	struct disk_tomb *tomb;
	size_t at;
	uint64_t number;
	uint8_t *bytes;
	size_t len;
};

struct disk {
	char name[DISK_NAME_MAX];
	bool open;
	bool torn;
	enum store_state state;
	uint8_t identity[8];

	struct disk_row **rows; /* owned, ascending by number */
	size_t row_count, row_room;
	struct map by_id; /* struct disk_row, those not ended */
	uint64_t last_number;
	uint64_t committed_number;
	struct map tombs; /* struct disk_tomb, owned */
	uint64_t bytes;
	uint64_t first_day; /* nothing expires before it: purge need not look */

	struct disk_named *values; /* owned */
	size_t value_count, value_room;
	struct disk_line *lines; /* owned */
	size_t line_count, line_room;
	struct disk_job *jobs; /* owned, in the order of their numbers */
	size_t job_count, job_room;

	struct disk_step *journal; /* owned: this transaction */
	size_t steps, step_room;
	size_t mark;

	uint64_t fault_in[DISK_FAULTS]; /* 0: none */
	disk_change_fn *on_change;
	void *context;
};

/* Make room for one more of size bytes in a list; ERR_NOMEM. */
int disk_room(void **list, size_t *room, size_t count, size_t size);
/* Before a change: is there room?  ERR_FULL takes the transaction back. */
int disk_write(struct disk *d);
/* ERR_STORE when the fault that was asked for comes now; the disk is then broken. */
int disk_read(struct disk *d);
/* Note a step; on ERR_NOMEM the transaction is taken back. */
int disk_note(struct disk *d, const struct disk_step *step);

int disk_rows_put(void *self, const struct entry *e, uint64_t *number);
int disk_rows_get(void *self, const uint8_t *id, struct arena *arena, struct store_entry *out);
int disk_rows_has(void *self, const uint8_t *id);
int disk_rows_erase(void *self, const uint8_t *id, uint32_t expiry_day);
int disk_rows_is_erased(void *self, const uint8_t *id);
int disk_rows_drop(void *self, const uint8_t *id);
int disk_rows_purge(void *self, uint32_t day, size_t max, size_t *dropped);
int disk_rows_verify(void *self, uint64_t *number, size_t max, store_damaged_fn *on_damaged,
		     void *context);
int disk_rows_changes(void *self, uint8_t *cursor, size_t max, store_entry_fn *on_entry,
		      void *context);
int disk_rows_each_erased(void *self, store_erased_fn *on_erased, void *context);
/* Take back a step on rows or tombstones. */
void disk_rows_undo(struct disk *d, const struct disk_step *step);
/* The transaction is committed: what ended in it goes for good. */
void disk_rows_commit(struct disk *d);
void disk_rows_done(struct disk *d);
bool disk_rows_flip(struct disk_row *row, unsigned bit);

int disk_values_set(void *self, const char *key, struct bytes value);
int disk_values_value(void *self, const char *key, struct arena *arena, struct bytes *out);
int disk_values_audit(void *self, struct bytes line, uint64_t *number);
int disk_values_each_audit(void *self, uint64_t from, size_t max, store_audit_fn *on_line,
			   void *context);
int disk_values_enqueue(void *self, const char *queue, struct bytes key, struct bytes body);
int disk_values_lease(void *self, const char *queue, uint64_t now_ms, uint64_t until_ms,
		      struct arena *arena, struct store_job *out);
int disk_values_settle(void *self, uint64_t number);
void disk_values_undo(struct disk *d, const struct disk_step *step);
void disk_values_done(struct disk *d);
size_t disk_values_open_jobs(const struct disk *d);

#endif
