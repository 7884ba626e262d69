#include "io/inbox.h"

#include <stdlib.h>
#include <string.h>

void inbox_init(struct inbox *b, inbox_filled_fn *on_filled, void *context)
{
	*b = (struct inbox){ .on_filled = on_filled, .context = context };
}

void inbox_done(struct inbox *b)
{
	struct inbox_item *item;

	while ((item = inbox_take(b)) != NULL) {
		inbox_item_free(item);
	}
}

void inbox_item_free(struct inbox_item *item)
{
	if (item != NULL) {
		if (item->bytes != NULL) {
			/* A question's bytes are somebody's prints. */
			explicit_bzero(item->bytes + (item->event.bytes.data - item->bytes),
				       item->event.bytes.len);
		}
		free(item->bytes);
		free(item);
	}
}

static int fill(struct inbox_item *item, const struct event *event, uint8_t *owned)
{
	item->event = *event;
	item->bytes = owned;
	if (owned == NULL && event->bytes.len > 0) {
		item->bytes = malloc(event->bytes.len);
		if (item->bytes == NULL) {
			return ERR_NOMEM;
		}
		memcpy(item->bytes, event->bytes.data, event->bytes.len);
		item->event.bytes.data = item->bytes;
	}
	if (event->address.len > 0 &&
	    bytes_text(event->address, item->address, sizeof item->address) == ERR_OK) {
		item->event.address = bytes_of(item->address);
	}
	if (event->found != NULL) {
		item->found = *event->found;
		item->event.found = &item->found;
	}
	return ERR_OK;
}

void inbox_put(struct inbox *b, const struct event *event, uint8_t *owned)
{
	struct inbox_item *item = calloc(1, sizeof *item);

	if (item == NULL || fill(item, event, owned) != ERR_OK) {
		free(item);
		free(owned);
		b->failed = true;
	} else if (b->last == NULL) {
		b->first = item;
		b->last = item;
	} else {
		b->last->next = item;
		b->last = item;
	}
	b->count += b->failed ? 0 : 1;
	b->bytes += b->failed ? 0 : event->bytes.len;
	if (b->on_filled != NULL && (b->count == 1 || b->failed)) {
		b->on_filled(b->context);
	}
}

struct inbox_item *inbox_take(struct inbox *b)
{
	struct inbox_item *item = b->first;

	if (item != NULL) {
		b->first = item->next;
		b->last = b->first == NULL ? NULL : b->last;
		item->next = NULL;
		b->count--;
		b->bytes -= item->event.bytes.len;
	}
	return item;
}

bool inbox_hears_peers(const struct inbox *b)
{
	return b->count < INBOX_ITEMS_MAX / 2 && b->bytes < INBOX_BYTES_MAX / 2;
}

bool inbox_hears_people(const struct inbox *b, size_t bytes)
{
	return b->count < INBOX_ITEMS_MAX && bytes <= INBOX_BYTES_MAX &&
	       b->bytes <= INBOX_BYTES_MAX - bytes;
}
