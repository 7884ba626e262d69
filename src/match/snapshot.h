/* How a snapshot is built, for gallery.c and search.c only.
 *
 * People are immutable and shared; they stand in blocks of GALLERY_BLOCK, which are shared
 * too.  A change makes one new person and one new block; a snapshot is a list of blocks. */
#ifndef MATCH_SNAPSHOT_H
#define MATCH_SNAPSHOT_H

#include <stdatomic.h>

#include "match/gallery.h"

#define GALLERY_BLOCK 256U

struct gallery_person {
	atomic_uint references;
	uint8_t id[GALLERY_PERSON_BYTES];
	uint8_t count;
	struct finger_template *finger[]; /* owned references */
};

struct gallery_block {
	atomic_uint references;
	unsigned count;
	struct gallery_person *person[GALLERY_BLOCK]; /* owned references */
};

struct gallery_snapshot {
	atomic_uint references;
	size_t people;
	size_t blocks;
	struct gallery_block *block[]; /* owned references */
};

#endif
