/* The worker's cell: after sandbox_enter the process can compute, read its standard input,
 * write its standard output, and nothing else.  Any other system call kills it.
 *
 * There is no way back and no exception: what a request needs must already be in memory. */
#ifndef CMD_SANDBOX_H
#define CMD_SANDBOX_H

#include "base/err.h"

#define SANDBOX_MEMORY_BYTES (1024UL * 1024 * 1024)
#define SANDBOX_CPU_REST_S   300U /* a worker this old ends after its answer */
#define SANDBOX_CPU_MAX_S    420U /* hence the most that one request can burn is 120 s */

/* ERR_STATE if any part of it fails: the process must then not touch foreign bytes. */
int sandbox_enter(void);
/* Try in child processes what must be impossible, print one line of TAP for each attempt on
 * standard output; the number of attempts that were not stopped. */
unsigned sandbox_selftest(void);

#endif
