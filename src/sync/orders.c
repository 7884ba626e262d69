#include "sync/orders.h"

#include <stdlib.h>
#include <string.h>

static int enqueue(struct outgoing *o, const struct set_held *h, uint64_t asked)
{
	uint64_t name = name_of(&o->shares->keys, h->id);
	struct parcel *p = calloc(1, sizeof *p);
	struct parcels *lane = &o->lanes[h->lane];
	int rc;

	if (p == NULL) {
		return ERR_NOMEM;
	}
	rc = table_add(&o->busy, name, h->lane);
	if (rc != ERR_OK) {
		free(p);
		return rc;
	}
	memcpy(p->id, h->id, sizeof p->id);
	p->name = name;
	p->lane = (uint8_t)h->lane;
	p->pushed = asked == 0;
	p->asked = asked;
	if (lane->first == NULL) {
		lane->first = p;
	} else {
		lane->last->next = p;
	}
	lane->last = p;
	o->queued += !p->pushed;
	o->pushed += p->pushed;
	return ERR_OK;
}

/* It is queued or on its way: no need to send it twice, but if it is given up the peer must
 * hear, since it waits now.  Who waits by two names hears of one of them at once; the entry
 * settles both. */
static void asked_too(struct outgoing *o, uint64_t name, uint32_t lane, uint64_t asked)
{
	struct parcel *p = o->lanes[lane].first;

	while (p != NULL && p->name != name) {
		p = p->next;
	}
	if (p != NULL && p->asked == 0) {
		p->asked = asked;
	} else if (p != NULL && p->asked != asked) {
		o->gone[o->n_gone++] = asked;
	}
}

static int order(struct outgoing *o, const struct set_held *h, uint64_t asked)
{
	uint64_t name;
	uint32_t lane;

	if (o->queued + o->n_gone >= OUTGOING_ASKED_MAX) {
		return ERR_LIMIT;
	}
	if (!share_may_send(o->shares, h)) {
		/* What is on its way although it is gone by now is given up by its parcel. */
		o->gone[o->n_gone++] = asked;
		return ERR_OK;
	}
	name = name_of(&o->shares->keys, h->id);
	if (table_find(&o->busy, name, &lane)) {
		asked_too(o, name, lane, asked);
		return ERR_OK;
	}
	return enqueue(o, h, asked);
}

int orders_wanted(struct outgoing *o, const struct frame *f, struct fault *fault)
{
	size_t bytes = f->type == FRAME_PICK ? SKETCH_NAME_BYTES : NAME_BYTES;
	struct sync_set *set = o->shares->set;
	struct wire w;
	int rc = ERR_OK;

	if (f->content.len == 0 || f->content.len % bytes != 0) {
		return err_at(fault, ERR_MALFORMED, f->at, "want");
	}
	wire_init(&w, f->content.data, f->content.len);
	while (rc == ERR_OK && wire_left(&w) > 0) {
		if (f->type == FRAME_PICK) {
			uint64_t plain = frame_get_plain(&w);

			rc = order(o, set_find_plain(set, plain), name_of_plain(plain));
		} else {
			uint64_t name = wire_u64(&w);

			rc = order(o, set_find_name(set, &o->shares->keys, name), name);
		}
	}
	return rc == ERR_OK ? rc : err_at(fault, rc, f->at + w.at, "want");
}

int orders_push(struct outgoing *o, const struct set_held *h)
{
	if (o->pushed >= OUTGOING_PUSHED_MAX) {
		return ERR_FULL;
	}
	if (table_find(&o->unwanted, name_of(&o->shares->keys, h->id), NULL)) {
		return ERR_DENIED;
	}
	return enqueue(o, h, 0);
}

int orders_push_found(struct outgoing *o, const struct set_held *h)
{
	if (table_find(&o->there, name_of(&o->shares->keys, h->id), NULL)) {
		return ERR_EXISTS;
	}
	return o->pushed >= OUTGOING_FOUND_MAX ? ERR_FULL : orders_push(o, h);
}
