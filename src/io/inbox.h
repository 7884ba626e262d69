/* What has happened and the node has not been told yet, in order.
 *
 * Everything an event borrows is copied or taken, so that an item stands for itself.  An
 * event must not be lost (a link that is down for us and up for the node is never mended), so
 * want of memory marks the inbox as failed, and the loop then ends the process. */
#ifndef IO_INBOX_H
#define IO_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node/node.h"

#define INBOX_ADDRESS_MAX 64U

struct inbox_item {
	struct event event;
	uint8_t *bytes; /* owned */
	char address[INBOX_ADDRESS_MAX];
	struct search_result found;
	struct inbox_item *next;
};

typedef void inbox_filled_fn(void *context);

struct inbox {
	struct inbox_item *first; /* owned */
	struct inbox_item *last;
	size_t count;
	bool failed;
	inbox_filled_fn *on_filled; /* the first item has come */
	void *context;
};

void inbox_init(struct inbox *b, inbox_filled_fn *on_filled, void *context);
void inbox_done(struct inbox *b);
/* Put an event at the end.  owned: memory from malloc() in which the event's bytes lie, taken
 * in any case; NULL: the bytes are copied.  Address and found are copied. */
void inbox_put(struct inbox *b, const struct event *event, uint8_t *owned);
/* The oldest one is given; NULL when there is none. */
struct inbox_item *inbox_take(struct inbox *b);
void inbox_item_free(struct inbox_item *item);

#endif
