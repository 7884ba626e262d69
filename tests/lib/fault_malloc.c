#include "tests/lib/fault_malloc.h"

#include <stdbool.h>
#include <stdlib.h>

/* How many allocations go on, that which fails first included; 0: all fail, negative: none. */
static int left = -1;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__real_sodium_malloc(size_t size);
void *__wrap_sodium_malloc(size_t size);

static bool is_refused(void)
{
	if (left > 0) {
		left--;
	}
	return left == 0;
}

void *__wrap_malloc(size_t size)
{
	return is_refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return is_refused() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return is_refused() ? NULL : __real_realloc(p, size);
}

void *__wrap_sodium_malloc(size_t size)
{
	return is_refused() ? NULL : __real_sodium_malloc(size);
}

void fault_malloc_from(int n)
{
	left = n;
}

void fault_malloc_stop(void)
{
	left = -1;
}
