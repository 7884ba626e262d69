/* Ask a node at its control socket and wait for the answer: for commands, not the node. */
#ifndef IO_ASK_CLIENT_H
#define IO_ASK_CLIENT_H

#include <stdint.h>

#include "base/arena.h"
#include "node/ask.h"

/* Connect to the socket at path, ask, and read the answer; its parts live in the arena.
 * ERR_IO: nobody is there; ERR_DENIED: the socket may not be opened; ERR_TIMEOUT: no answer
 * within timeout_ms; ERR_LIMIT, ERR_RANGE: the question cannot be encoded; ERR_SHORT: the node
 * hung up; else what schema_decode() says of the answer. */
int ask_client_ask(const char *path, const struct ask *ask, uint64_t timeout_ms,
		   struct arena *arena, struct answer *out);

#endif
