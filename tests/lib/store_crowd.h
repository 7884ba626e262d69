/* Many writers and one reader of the feed at the same time. */
#ifndef TESTS_STORE_CROWD_H
#define TESTS_STORE_CROWD_H

#include <stdbool.h>

/* Assert that the feed misses nothing and all converges.  Concurrent: each writer opens the
 * URL for itself; else they share one store under a lock. */
void store_crowd_run(const char *url, bool is_concurrent);

#endif
