/* How much memory a call asks for, libraries included: the sum of all requests.
 *
 * List alloc_watch.c among the sources of the one test that uses it, since it stands in
 * for the allocator of the whole program. */
#ifndef TESTS_ALLOC_WATCH_H
#define TESTS_ALLOC_WATCH_H

#include <stddef.h>

void alloc_watch_start(void);
/* Bytes asked for since the start. */
size_t alloc_watch_bytes(void);

#endif
