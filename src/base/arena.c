#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 4096

struct arena_block {
	struct arena_block *next;
	size_t len;
	size_t used;
	alignas(max_align_t) uint8_t data[];
};

void arena_init(struct arena *a, size_t limit)
{
	*a = (struct arena){ .limit = limit };
}

void arena_done(struct arena *a)
{
	while (a->block != NULL) {
		struct arena_block *next = a->block->next;

		explicit_bzero(a->block->data, a->block->used);
		free(a->block);
		a->block = next;
	}
	a->used = 0;
}

void *arena_take(struct arena *a, size_t n, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct arena_block *b = a->block;
	size_t bytes;
	void *p;

	if (size > 0 && n > (SIZE_MAX / 4) / size) {
		return NULL;
	}
	bytes = (n * size + align - 1) / align * align;
	if (a->limit > 0 && (bytes > a->limit || a->used > a->limit - bytes)) {
		return NULL;
	}
	if (b == NULL || b->len - b->used < bytes) {
		size_t len = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;

		b = malloc(sizeof *b + len);
		if (b == NULL) {
			return NULL;
		}
		b->next = a->block;
		b->len = len;
		b->used = 0;
		a->block = b;
	}
	p = b->data + b->used;
	b->used += bytes;
	a->used += bytes;
	memset(p, 0, bytes);
	return p;
}

struct bytes arena_copy(struct arena *a, struct bytes b)
{
	uint8_t *p = arena_take(a, b.len, 1);

	if (p == NULL) {
		return (struct bytes){ NULL, 0 };
	}
	if (b.len > 0) {
		memcpy(p, b.data, b.len);
	}
	return (struct bytes){ .data = p, .len = b.len };
}
