/* One request to an outpost-worker of one's own, waiting for it: for commands, not the node. */
#ifndef IO_WORKER_ONCE_H
#define IO_WORKER_ONCE_H

#include "base/arena.h"
#include "intake/worker.h"

#define WORKER_ONCE_MS 10000 /* then the child is killed */

/* Where outpost-worker is: path, else $OUTPOST_WORKER, else beside the program that runs (as in
 * a build tree), else where it was installed.  Borrows from its arguments. */
const char *worker_once_find(const char *path, char *room, size_t size);
/* Start the worker at path (NULL: the one that is found),
 * ask it, end it.  The answer's parts live in the arena.  ERR_IO: it could not be started;
 * ERR_WORKER: it died; ERR_TIMEOUT. */
int worker_once_ask(const char *path, const struct worker_request *request, struct arena *arena,
		    struct worker_answer *out);
int worker_once_ping(const char *path);

#endif
