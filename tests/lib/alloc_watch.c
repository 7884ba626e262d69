#include "tests/lib/alloc_watch.h"

#include <stdlib.h>

/* Volatile: compilers know that malloc() does not touch what others see. */
static volatile bool is_watching;
static volatile size_t bytes;

static void count(size_t size)
{
	if (is_watching) {
		bytes = size > (size_t)-1 - bytes ? (size_t)-1 : bytes + size;
	}
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#ifdef __SANITIZE_ADDRESS__

/* As in sanitizer/allocator_interface.h, which gcc does not bring along. */
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
					      void (*on_free)(const volatile void *));

static void on_malloc(const volatile void *p, size_t size)
{
	(void)p;
	count(size);
}

static void on_free(const volatile void *p)
{
	(void)p;
}

void alloc_watch_start(void)
{
	static bool is_installed;

	if (!is_installed) {
		is_installed = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) > 0;
	}
	bytes = 0;
	is_watching = true;
}

bool alloc_watch_can_fail(void)
{
	return false;
}

void alloc_watch_fail(size_t n)
{
	(void)n;
}

bool alloc_watch_has_failed(void)
{
	return false;
}

#else

/* The C library's own entries, for those who replace the usual ones. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

static volatile size_t until_failure;
static volatile bool has_failed;

static bool is_to_fail(void)
{
	if (until_failure == 0) {
		return false;
	}
	until_failure--;
	if (until_failure > 0) {
		return false;
	}
	has_failed = true;
	return true;
}

bool alloc_watch_can_fail(void)
{
	return alloc_watch_sees();
}

void alloc_watch_fail(size_t n)
{
	until_failure = n;
	has_failed = false;
}

bool alloc_watch_has_failed(void)
{
	return has_failed;
}

void *malloc(size_t size)
{
	count(size);
	return is_to_fail() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	size_t all;

	count(__builtin_mul_overflow(n, size, &all) ? (size_t)-1 : all);
	return is_to_fail() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	count(size);
	return is_to_fail() ? NULL : __libc_realloc(p, size);
}

void alloc_watch_start(void)
{
	bytes = 0;
	is_watching = true;
}

#endif

size_t alloc_watch_bytes(void)
{
	is_watching = false;
	return bytes;
}

bool alloc_watch_sees(void)
{
	void *volatile p;

	alloc_watch_start();
	p = malloc(1);
	free(p);
	return alloc_watch_bytes() > 0;
}
