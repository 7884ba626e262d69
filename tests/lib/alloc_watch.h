/* How much memory a call asks for, libraries included: the sum of all requests; and what it
 * does when there is none.
 *
 * List alloc_watch.c among the sources of the one test that uses it, since it stands in
 * for the allocator of the whole program. */
#ifndef TESTS_ALLOC_WATCH_H
#define TESTS_ALLOC_WATCH_H

#include <stdbool.h>
#include <stddef.h>

void alloc_watch_start(void);
/* Bytes asked for since the start. */
size_t alloc_watch_bytes(void);
/* Does the watch see requests at all?  Not under valgrind, which has its own allocator. */
bool alloc_watch_sees(void);
/* Can requests be made to fail?  Not under a sanitizer either. */
bool alloc_watch_can_fail(void);
/* Let the n-th request from here on fail (1 is the next one; 0 none). */
void alloc_watch_fail(size_t n);
/* Has it come to that? */
bool alloc_watch_has_failed(void);

#endif
