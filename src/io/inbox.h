/* What has happened and the node has not been told yet, in order.
 *
 * Everything an event borrows is copied or taken, so that an item stands for itself.  An
 * event must not be lost (a link that is down for us and up for the node is never mended), so
 * want of memory marks the inbox as failed, and the loop then ends the process.
 *
 * Nor does it refuse what is put: who brings what others send asks first whether there is
 * room, and does not read on when there is none.  What comes without asking follows from what
 * the node has under way, each kind with a limit of its own: links that go up and down, answers
 * of the worker and the work pool. */
#ifndef IO_INBOX_H
#define IO_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node/node.h"

#define INBOX_ADDRESS_MAX 64U
#define INBOX_ITEMS_MAX   4096U
#define INBOX_BYTES_MAX   (96U << 20) /* two of the greatest questions, and all links' bytes */

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
	size_t bytes; /* of all items' events */
	bool failed;
	inbox_filled_fn *on_filled; /* the first item has come */
	void *context;
};

void inbox_init(struct inbox *b, inbox_filled_fn *on_filled, void *context);
void inbox_done(struct inbox *b);
/* Put an event at the end.  owned: memory from malloc() in which the event's bytes lie, taken
 * in any case; NULL: the bytes are copied.  Address and found are copied. */
void inbox_put(struct inbox *b, const struct event *event, uint8_t *owned);
/* May peers bring more?  Half of the room is theirs: however much they send, a question of the
 * people here still gets in. */
bool inbox_hears_peers(const struct inbox *b);
/* Is there room for a question of so many bytes? */
bool inbox_hears_people(const struct inbox *b, size_t bytes);
/* The oldest one is given; NULL when there is none. */
struct inbox_item *inbox_take(struct inbox *b);
void inbox_item_free(struct inbox_item *item);

#endif
