/* The wall clock.  The node never reads it: each event brings the time with it. */
#ifndef IO_WALL_H
#define IO_WALL_H

#include <stdint.h>

/* Milliseconds since 1970 by UTC, as this machine's clock has it. */
uint64_t wall_ms(void);

#endif
