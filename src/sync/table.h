/* A bounded map from names (64-bit) to 32-bit values, for what a session remembers. */
#ifndef SYNC_TABLE_H
#define SYNC_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table {
	uint64_t *keys;   /* owned */
	uint32_t *values; /* owned; 0 marks a free place, so value + 1 is kept */
	size_t room;      /* a power of two, or 0 */
	size_t count;
	size_t max;
};

void table_init(struct table *t, size_t max);
void table_done(struct table *t);
/* ERR_EXISTS, ERR_FULL at max, ERR_NOMEM.  value < UINT32_MAX. */
int table_add(struct table *t, uint64_t key, uint32_t value);
bool table_find(const struct table *t, uint64_t key, uint32_t *value);
/* A key that is there gets another value. */
void table_set(struct table *t, uint64_t key, uint32_t value);
/* Nothing happens when it is not there. */
void table_remove(struct table *t, uint64_t key);
size_t table_bytes(const struct table *t);

#endif
