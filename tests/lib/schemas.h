/* All schemas that there are, and values for them, for tests of whatever they have in common. */
#ifndef TESTS_SCHEMAS_H
#define TESTS_SCHEMAS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "record/schema.h"

#define SCHEMAS_OBJECT_BYTES 1024U /* no struct is bigger */

/* Schema number i, from 0; NULL beyond the last.  Files and entries first, requests and
 * answers after them; nested ones are reached through those that hold them. */
const struct schema *schemas_at(size_t i);
/* Fill the object with values that may stand there, texts and lists from the arena.  Every
 * optional field is filled or not as the dice say. */
void schemas_roll(const struct schema *s, uint64_t *dice, struct arena *arena, void *object);
/* The next number of the dice. */
uint64_t schemas_dice(uint64_t *dice);

#endif
