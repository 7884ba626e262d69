/* Inside src/sync: which ids differ, for the side that asks.
 *
 * Ranges whose summaries differ are asked for; an answer is either the summaries of their 16
 * parts, or the names.  What the peer has and we lack goes to incoming, what we have and it
 * lacks to announce.  Questions go depth first, at most a window of them, and only while
 * there is room for the names that the answers may bring.
 *
 * This and answer.c are all that knows about ranges; another way to find the difference
 * replaces these two. */
#ifndef SYNC_COMPARE_H
#define SYNC_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "sync/announce.h"
#include "sync/answer.h"
#include "sync/frame.h"
#include "sync/incoming.h"
#include "sync/share.h"

#define COMPARE_STACK_MAX 32768U

/* A range to be asked for; small, since there may be many. */
struct question {
	uint32_t lo;
	uint32_t cursor; /* list from here */
	uint16_t share;
	uint8_t depth;
	bool list;
};

struct compare {
	struct shares *shares; /* these three are borrowed */
	struct incoming *incoming;
	struct announce *announce;
	struct question *stack; /* owned */
	size_t n, room;
	struct question asked[ANSWER_WAITING_MAX]; /* a ring: answers come in order */
	size_t first, n_asked;
	uint64_t answers_left, names_left;
};

void compare_init(struct compare *c, struct shares *shares, struct incoming *incoming,
		  struct announce *announce);
void compare_done(struct compare *c);
/* Begin to compare the control class, or those of the other classes that we drive and that go
 * one way or both; the peer says that it has so many in all of these.  ERR_LIMIT, ERR_NOMEM. */
enum compare_what { COMPARE_CONTROL = 1, COMPARE_ONE_WAY = 2, COMPARE_BOTH_WAYS = 4 };
int compare_start(struct compare *c, unsigned what, uint64_t declared);
/* SPLIT, LIST, EQUAL, NO. */
int compare_answer(struct compare *c, const struct frame *f, struct fault *fault);
/* PROBE frames. */
void compare_fill(struct compare *c, struct buf *out, size_t max);
bool compare_idle(const struct compare *c);

#endif
