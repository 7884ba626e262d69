/* A block of the gallery: up to GALLERY_BLOCK people and the codes of their fingers.  A block
 * that a snapshot shares must not be changed; gallery.c copies it first. */
#ifndef MATCH_BLOCK_H
#define MATCH_BLOCK_H

#include "match/snapshot.h"

void block_person_unref(struct gallery_person *p);
/* Empty, with one reference; NULL on no memory. */
struct gallery_block *block_new(void);
struct gallery_block *block_copy(const struct gallery_block *b);
void block_unref(struct gallery_block *b);

/* Make room for so many more codes; what follows cannot fail then.  ERR_NOMEM. */
int block_reserve(struct gallery_block *b, unsigned more);
void block_add_code(struct gallery_block *b, unsigned person, uint8_t position,
		    const struct finger_code *c);
/* Drop the codes of a person. */
void block_drop_codes(struct gallery_block *b, unsigned person);
/* Give the codes of a person to another place, in this block or in another one. */
void block_move_codes(struct gallery_block *from, unsigned person, struct gallery_block *to,
		      unsigned place);

#endif
