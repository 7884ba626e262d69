/* Inside src/sync: names of entries that we lack, and how far each has come.
 *
 *               WANT              came           acknowledged
 *     FRESH ----------> ASKED ----------> GIVEN ---------> (dropped)
 *
 * A name has one origin: the peer announced it, our comparison found it, or its entry was
 * pushed.  Each origin has its own bound. */
#ifndef SYNC_WANTS_H
#define SYNC_WANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/kind.h"
#include "sync/frame.h"
#include "sync/table.h"

#define WANTS_ANNOUNCED_MAX 4096U /* names from HAVE that wait to be settled */
#define WANTS_PUSHED_MAX    512U
#define WANTS_FOUND_MAX     3584U
#define WANTS_MAX           (WANTS_FOUND_MAX + WANTS_ANNOUNCED_MAX + WANTS_PUSHED_MAX)

enum want_state { WANT_FREE = 0, WANT_FRESH, WANT_ASKED, WANT_GIVEN };
enum want_origin { WANT_ANNOUNCED = 0, WANT_FOUND, WANT_PUSHED, WANT_ORIGINS };

struct want {
	uint64_t name;
	uint32_t next;   /* in the lane's queue while FRESH, or among the free ones */
	uint32_t bytes;  /* of the entry, once GIVEN */
	uint32_t serial; /* of its arrival, once GIVEN */
	uint8_t lane;
	uint8_t state;
	uint8_t origin;
	bool plain; /* the name is the beginning of the id */
};

struct wants {
	struct want *list; /* owned */
	uint32_t room, used, free_first;
	struct table index;                           /* name -> place in list */
	uint32_t first[LANE_COUNT], last[LANE_COUNT]; /* FRESH ones */
	size_t count[WANT_ORIGINS];
	size_t asked;
};

void wants_init(struct wants *w);
void wants_done(struct wants *w);
/* NULL when there is none; good until the next wants_add(). */
struct want *wants_find(const struct wants *w, uint64_t name);
/* FRESH, at the end of its lane's queue.  ERR_EXISTS, ERR_LIMIT, ERR_NOMEM. */
int wants_add(struct wants *w, struct named named, enum want_origin origin);
/* The next FRESH one, urgent lanes first, still in its queue; NULL if there is none. */
struct want *wants_next(struct wants *w);
void wants_ask(struct wants *w, struct want *want);
/* Its entry is here, asked for or not. */
void wants_give(struct wants *w, struct want *want);
/* The name is settled, one way or another. */
void wants_drop(struct wants *w, struct want *want);
size_t wants_bytes(const struct wants *w);

#endif
