/* SQLite's memory runs out at the n-th allocation, once. */
#ifndef TESTS_FAULT_HEAP_H
#define TESTS_FAULT_HEAP_H

#include <stdbool.h>

/* Before SQLite is first used in the process. */
void fault_heap_install(void);
/* Fail the n-th allocation from now, from 1; 0: none. */
void fault_heap_fail(unsigned long n);
bool fault_heap_struck(void);

#endif
