/* How a snapshot is built, for match/ only.
 *
 * People are immutable and shared; they stand in blocks of GALLERY_BLOCK, which are shared
 * too.  A change makes one new person and one new block; a snapshot is a list of blocks.
 * A block also holds the codes of its people's fingers, side by side for the first look. */
#ifndef MATCH_SNAPSHOT_H
#define MATCH_SNAPSHOT_H

#include <stdatomic.h>

#include "finger/code.h"
#include "match/gallery.h"

#define GALLERY_BLOCK     256U
#define GALLERY_POSITIONS 11U /* ISO 19794-2 table 2: unknown, and ten fingers */

struct gallery_person {
	atomic_uint references;
	uint8_t id[GALLERY_PERSON_BYTES];
	uint8_t count;
	struct finger_card *finger[]; /* owned references */
};

struct gallery_block {
	atomic_uint references;
	unsigned count;
	unsigned codes;
	unsigned room; /* for codes */
	/* Codes of one position stand side by side, in no particular order: those of position
	 * p from begin[p] up to begin[p + 1]. */
	unsigned begin[GALLERY_POSITIONS + 1];
	struct finger_code *code; /* owned */
	uint8_t *owner;           /* owned; whose finger each code is: an index of person */
	struct gallery_person *person[GALLERY_BLOCK]; /* owned references */
	struct gallery_label label[GALLERY_BLOCK];
};

struct gallery_snapshot {
	atomic_uint references;
	size_t people;
	size_t blocks;
	struct gallery_block *block[]; /* owned references */
};

#endif
