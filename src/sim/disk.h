/* A disk that exists only in memory, as a back end of the store (URL "sim:NAME"), with faults
 * on demand.
 *
 * A transaction is a journal of what to take back: a crash, which is store_close(), loses
 * exactly what was not committed, and nothing else.  Disks stay, under their names, until
 * disk_forget_all().  Entries that several disks hold are kept once.  Not for threads, and not
 * for anything that must outlive the process. */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/entry.h"
#include "store/backend.h"

#define DISK_NAME_MAX 64U

extern const struct store_backend disk_backend;

enum disk_fault {
	DISK_FULL = 1,    /* a change finds no room: ERR_FULL, the transaction is taken back */
	DISK_COMMIT_LOST, /* a commit fails: ERR_STORE, and nothing of it is there */
	DISK_COMMIT_KEPT, /* a commit fails: ERR_STORE, and all of it is there */
	DISK_READ,        /* an entry cannot be read: ERR_STORE */
};
#define DISK_FAULTS 5U

/* The fault comes once, with the after-th such call from now on (1: the next).  False when
 * there is no such disk. */
bool disk_break(const char *name, enum disk_fault fault, uint64_t after);
/* Turn over one bit of the entry that stands in that place (modulo their number), as rot does;
 * false when there is none.  id, if not NULL: of which one. */
bool disk_flip(const char *name, uint64_t place, unsigned bit, uint8_t id[ENTRY_ID_BYTES]);
/* Rows that were committed go missing, as behind a disk that lies about syncing: the next
 * opening must notice.  False when there is none. */
bool disk_tear(const char *name);

enum disk_change_kind {
	DISK_PUT = 1, /* entry */
	DISK_ERASED,  /* id, day: a new tombstone */
	DISK_ENDED,   /* entry: it was dropped, erased or purged */
};
struct disk_change {
	enum disk_change_kind kind;
	const struct entry *entry; /* borrowed for the call; NULL for DISK_ERASED */
	const uint8_t *id;
	uint32_t day;
};
/* Called after a commit for each of its changes that was not taken back, in their order. */
typedef void disk_change_fn(void *context, const struct disk_change *change);
/* Must be said before the disk is opened; makes it if there is none. */
int disk_watch(const char *name, disk_change_fn *on_change, void *context);
/* What the disk holds, committed or not; stops when on_entry is not ERR_OK. */
int disk_each(const char *name, int (*on_entry)(void *context, const struct entry *e),
	      void *context);
bool disk_has(const char *name, const uint8_t id[ENTRY_ID_BYTES]);
size_t disk_count(const char *name);
/* A named value, borrowed until the next change. */
struct bytes disk_value(const char *name, const char *key);
/* All disks go; none may be open. */
void disk_forget_all(void);

#endif
