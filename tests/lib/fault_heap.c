#include "tests/lib/fault_heap.h"

#include <sqlite3.h>
#include <stdlib.h>

static struct {
	sqlite3_mem_methods real;
	sqlite3_mem_methods ours;
	unsigned long countdown;
	bool struck;
} heap;

static bool strikes(void)
{
	if (heap.countdown == 0 || --heap.countdown > 0) {
		return false;
	}
	heap.struck = true;
	return true;
}

static void *take(int bytes)
{
	return strikes() ? NULL : heap.real.xMalloc(bytes);
}

static void *resize(void *p, int bytes)
{
	return strikes() ? NULL : heap.real.xRealloc(p, bytes);
}

void fault_heap_install(void)
{
	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &heap.real) != SQLITE_OK) {
		abort();
	}
	heap.ours = heap.real;
	heap.ours.xMalloc = take;
	heap.ours.xRealloc = resize;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &heap.ours) != SQLITE_OK) {
		abort();
	}
}

void fault_heap_fail(unsigned long n)
{
	heap.countdown = n;
	heap.struck = false;
}

bool fault_heap_struck(void)
{
	return heap.struck;
}
