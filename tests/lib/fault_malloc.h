/* The program's memory runs out.  For test programs that are linked with --wrap of malloc, calloc,
 * realloc and sodium_malloc, and with fault_malloc.c itself. */
#ifndef TESTS_FAULT_MALLOC_H
#define TESTS_FAULT_MALLOC_H

/* The n-th allocation from now, from 1, and all after it fail. */
void fault_malloc_from(int n);
void fault_malloc_stop(void);

#endif
