#include "sync/wants.h"

#include <stdlib.h>

#include "base/err.h"

#define NOWHERE  UINT32_MAX
#define ROOM_MIN 64U

static const size_t most[WANT_ORIGINS] = { WANTS_ANNOUNCED_MAX, WANTS_FOUND_MAX, WANTS_PUSHED_MAX };

void wants_init(struct wants *w)
{
	*w = (struct wants){ .free_first = NOWHERE };
	table_init(&w->index, WANTS_MAX);
	for (size_t i = 0; i < LANE_COUNT; i++) {
		w->first[i] = NOWHERE;
		w->last[i] = NOWHERE;
	}
}

void wants_done(struct wants *w)
{
	free(w->list);
	table_done(&w->index);
	*w = (struct wants){ 0 };
}

size_t wants_bytes(const struct wants *w)
{
	return w->room * sizeof *w->list + table_bytes(&w->index);
}

struct want *wants_find(const struct wants *w, uint64_t name)
{
	uint32_t number;

	return table_find(&w->index, name, &number) ? &w->list[number] : NULL;
}

static int make_room(struct wants *w)
{
	uint32_t room = w->room == 0 ? ROOM_MIN : w->room * 2;
	struct want *list;

	if (w->free_first != NOWHERE || w->used < w->room) {
		return ERR_OK;
	}
	list = realloc(w->list, room * sizeof *list);
	if (list == NULL) {
		return ERR_NOMEM;
	}
	w->list = list;
	w->room = room;
	return ERR_OK;
}

int wants_add(struct wants *w, struct named named, enum want_origin origin)
{
	uint32_t number;
	int rc;

	if (w->count[origin] >= most[origin]) {
		return ERR_LIMIT;
	}
	rc = make_room(w);
	if (rc != ERR_OK) {
		return rc;
	}
	number = w->free_first != NOWHERE ? w->free_first : w->used;
	rc = table_add(&w->index, named.name, number);
	if (rc != ERR_OK) {
		return rc;
	}
	if (number == w->free_first) {
		w->free_first = w->list[number].next;
	} else {
		w->used++;
	}
	w->list[number] = (struct want){ .name = named.name,
					 .next = NOWHERE,
					 .lane = named.lane,
					 .state = WANT_FRESH,
					 .origin = (uint8_t)origin };
	w->count[origin]++;
	if (w->last[named.lane] == NOWHERE) {
		w->first[named.lane] = number;
	} else {
		w->list[w->last[named.lane]].next = number;
	}
	w->last[named.lane] = number;
	return ERR_OK;
}

/* It leaves its lane's queue, wherever it stands there. */
static void unqueue(struct wants *w, const struct want *want)
{
	uint32_t number = (uint32_t)(want - w->list);
	uint32_t *link = &w->first[want->lane];
	uint32_t before = NOWHERE;

	while (*link != number) {
		before = *link;
		link = &w->list[before].next;
	}
	*link = want->next;
	if (w->last[want->lane] == number) {
		w->last[want->lane] = before;
	}
}

struct want *wants_next(struct wants *w)
{
	for (size_t lane = 0; lane < LANE_COUNT; lane++) {
		if (w->first[lane] != NOWHERE) {
			return &w->list[w->first[lane]];
		}
	}
	return NULL;
}

static void leave(struct wants *w, const struct want *want)
{
	if (want->state == WANT_FRESH) {
		unqueue(w, want);
	}
	w->asked -= want->state == WANT_ASKED;
}

void wants_ask(struct wants *w, struct want *want)
{
	leave(w, want);
	want->state = WANT_ASKED;
	w->asked++;
}

void wants_give(struct wants *w, struct want *want)
{
	leave(w, want);
	want->state = WANT_GIVEN;
}

void wants_drop(struct wants *w, struct want *want)
{
	leave(w, want);
	w->count[want->origin]--;
	table_remove(&w->index, want->name);
	want->state = WANT_FREE;
	want->next = w->free_first;
	w->free_first = (uint32_t)(want - w->list);
}
