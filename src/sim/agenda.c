#include "sim/agenda.h"

#include <stdbool.h>
#include <stdlib.h>

static bool is_before(const struct happening *a, const struct happening *b)
{
	return a->at_ms < b->at_ms || (a->at_ms == b->at_ms && a->order < b->order);
}

int agenda_put(struct agenda *a, struct happening *h)
{
	size_t i = a->count;

	if (a->count == a->room) {
		size_t room = a->room == 0 ? 64 : a->room * 2;
		struct happening **grown = realloc(a->heap, room * sizeof(struct happening *));

		if (grown == NULL) {
			agenda_free(h);
			return ERR_NOMEM;
		}
		a->heap = grown;
		a->room = room;
	}
	h->order = ++a->order;
	a->count++;
	while (i > 0 && is_before(h, a->heap[(i - 1) / 2])) {
		a->heap[i] = a->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	a->heap[i] = h;
	return ERR_OK;
}

struct happening *agenda_take(struct agenda *a, uint64_t until_ms)
{
	struct happening *first;
	struct happening *last;
	size_t i = 0;

	if (a->count == 0 || a->heap[0]->at_ms > until_ms) {
		return NULL;
	}
	first = a->heap[0];
	last = a->heap[--a->count];
	while (2 * i + 1 < a->count) {
		size_t child = 2 * i + 1;

		if (child + 1 < a->count && is_before(a->heap[child + 1], a->heap[child])) {
			child++;
		}
		if (!is_before(a->heap[child], last)) {
			break;
		}
		a->heap[i] = a->heap[child];
		i = child;
	}
	if (a->count > 0) {
		a->heap[i] = last;
	}
	return first;
}

void agenda_free(struct happening *h)
{
	if (h != NULL) {
		free(h->bytes);
		free(h);
	}
}

void agenda_done(struct agenda *a)
{
	for (size_t i = 0; i < a->count; i++) {
		agenda_free(a->heap[i]);
	}
	free(a->heap);
	*a = (struct agenda){ 0 };
}
