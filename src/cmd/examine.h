/* Carries out one request of outpostd's inside the worker: foreign bytes in, samples out.
 *
 * This is where decoding (intake/) and extraction (finger/) meet.  No I/O, no state. */
#ifndef CMD_EXAMINE_H
#define CMD_EXAMINE_H

#include "base/arena.h"
#include "intake/worker.h"

#define EXAMINE_ARENA_BYTES (32UL * 1024 * 1024)

/* Always fills in an answer, with its code if something failed.  What it points at belongs to
 * the arena or is borrowed from the request's bytes. */
void examine_request(const struct worker_request *request, struct arena *arena,
		     struct worker_answer *answer);

#endif
