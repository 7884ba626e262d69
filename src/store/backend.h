/* What a back end of the store must offer, and how it is made known.
 *
 * store.c checks arguments and states before it calls one of these, so a back end sees only
 * what is allowed: changes inside a transaction, one mark at a time, keys and bodies within
 * their limits, no change and no second walk from within a walk.  A back end keeps every
 * promise of store/store.h and says in state() whether it still can.
 *
 * When a call of the database fails for want of memory or room the back end takes the whole
 * transaction back (state() is then STORE_IDLE).  When reading, writing or syncing fails, or
 * the database is damaged, it stays STORE_BROKEN until it is closed and does no more I/O. */
#ifndef STORE_BACKEND_H
#define STORE_BACKEND_H

#include "store/store.h"

/* Grows with every change of struct store_backend. */
#define STORE_ABI          1U
#define STORE_BACKENDS_MAX 4U

enum store_state { STORE_IDLE, STORE_CHANGING, STORE_BROKEN };

struct store_backend {
	uint32_t abi;
	const char *scheme; /* what stands before the colon of the URL */

	/* where is what follows the colon. */
	int (*open)(const char *where, void **self, struct fault *fault);
	void (*close)(void *self);
	enum store_state (*state)(const void *self);

	int (*begin)(void *self);
	int (*commit)(void *self);
	void (*rollback)(void *self);
	int (*mark)(void *self);
	int (*release)(void *self);
	int (*undo)(void *self);

	int (*put)(void *self, const struct entry *e, uint64_t *number);
	int (*get)(void *self, const uint8_t *id, struct arena *arena, struct store_entry *out);
	/* ERR_OK, ERR_NOTFOUND, or what went wrong. */
	int (*has)(void *self, const uint8_t *id);
	int (*erase)(void *self, const uint8_t *id, uint32_t expiry_day);
	int (*is_erased)(void *self, const uint8_t *id);
	int (*drop)(void *self, const uint8_t *id);
	int (*purge)(void *self, uint32_t day, size_t max, size_t *dropped);
	int (*scrub)(void *self);
	int (*verify)(void *self, uint64_t *number, size_t max, store_damaged_fn *on_damaged,
		      void *context);

	int (*changes)(void *self, uint8_t *cursor, size_t max, store_entry_fn *on_entry,
		       void *context);
	int (*each_erased)(void *self, store_erased_fn *on_erased, void *context);

	int (*set)(void *self, const char *key, struct bytes value);
	int (*value)(void *self, const char *key, struct arena *arena, struct bytes *out);
	int (*audit)(void *self, struct bytes line, uint64_t *number);
	int (*each_audit)(void *self, uint64_t from, size_t max, store_audit_fn *on_line,
			  void *context);

	int (*enqueue)(void *self, const char *queue, struct bytes key, struct bytes body);
	int (*lease)(void *self, const char *queue, uint64_t now_ms, uint64_t until_ms,
		     struct arena *arena, struct store_job *out);
	int (*settle)(void *self, uint64_t number);
	int (*count)(void *self, struct store_counts *out);
};

/* Open to the tests of back ends only. */
struct store {
	const struct store_backend *backend;
	void *self;   /* owned */
	bool marked;  /* a mark stands */
	bool walking; /* a callback is being called */
};

/* Make a back end known to store_open(); it must stay.  ERR_UNSUPPORTED when it was built
 * for another ABI or lacks a function, ERR_EXISTS when its scheme is taken, ERR_FULL. */
int store_register(const struct store_backend *backend);

/* Always there. */
extern const struct store_backend store_sqlite;

#endif
