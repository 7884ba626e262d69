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

#define GALLERY_BLOCK 256U

struct gallery_person {
	atomic_uint references;
	uint8_t id[GALLERY_PERSON_BYTES];
	uint8_t count;
	struct finger_card *finger[]; /* owned references */
};

/* Whose finger a code is, as an index of the block's people. */
struct gallery_owner {
	uint8_t person;
	uint8_t position;
};

struct gallery_block {
	atomic_uint references;
	unsigned count;
	unsigned codes;
	unsigned room;                                /* for codes */
	struct finger_code *code;                     /* owned; in no particular order */
	struct gallery_owner *owner;                  /* owned; one for each code */
	struct gallery_person *person[GALLERY_BLOCK]; /* owned references */
};

struct gallery_snapshot {
	atomic_uint references;
	size_t people;
	size_t blocks;
	struct gallery_block *block[]; /* owned references */
};

#endif
