/* A file system in memory for SQLite that fails on demand and forgets, in a power cut, what
 * was not synced.
 *
 * Each file has what reads see and what would survive.  Between two syncs the 512-byte
 * sectors written (each whole or not at all) and the truncations are remembered; a power cut
 * keeps each with one half probability, drawn from the seed.  A run is repeated by its seed
 * and the number of its fault. */
#ifndef TESTS_FAULT_VFS_H
#define TESTS_FAULT_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault_vfs_kind {
	FAULT_VFS_NONE,
	FAULT_VFS_READ,      /* one read fails */
	FAULT_VFS_WRITE,     /* one write or truncation fails, half of its sectors done */
	FAULT_VFS_FULL,      /* from then on nothing can grow */
	FAULT_VFS_SYNC_LOST, /* one sync fails and what it should have kept is gone */
	FAULT_VFS_SYNC_SEEN, /* the same, but reads go on seeing it until the power goes */
	FAULT_VFS_POWER,     /* at a write, truncation, sync or deletion: all fails from then on */
};

/* Become SQLite's default. */
void fault_vfs_install(void);
void fault_vfs_remove(void);
/* Forget all files. */
void fault_vfs_clear(uint64_t seed);
/* Fail at the n-th call from now that this kind can strike, from 1. */
void fault_vfs_fail(enum fault_vfs_kind kind, unsigned long n);
/* Has it struck? */
bool fault_vfs_struck(void);
/* The power goes, and comes back: files hold what survived. */
void fault_vfs_power_cycle(void);
/* What reads of a file see, borrowed until the next call; NULL when there is no such file. */
uint8_t *fault_vfs_content(const char *name, size_t *len);

#endif
