/* A responder whose cells lie, in a pair of sessions (pair.change).
 *
 * Noise: cells are not those of any set, now and then.  Names: some entry's name is put into
 * the sketch or, if it is there, taken out of it, as when another one with the same beginning
 * hides it. */
#ifndef TESTS_SYNC_LIES_H
#define TESTS_SYNC_LIES_H

#include "tests/lib/sync_pair.h"

void lies_noise(struct pair *p, int from, uint8_t *data, size_t len);
void lies_names(struct pair *p, int from, uint8_t *data, size_t len);

#endif
