#include "sync/announce.h"

#include <stdlib.h>
#include <string.h>

#define HAVE_MIN (FRAME_HEAD + NAME_BYTES + 8U)

struct stretch {
	struct stretch *next;
	uint64_t lo, end;
	size_t share;
	size_t n;
	uint64_t skip[];
};

int announce_init(struct announce *a, struct shares *shares)
{
	*a = (struct announce){ .shares = shares };
	a->offers = calloc(ANNOUNCE_OFFERS_MAX, sizeof *a->offers);
	return a->offers == NULL ? ERR_NOMEM : ERR_OK;
}

static void drop_first(struct announce *a)
{
	struct stretch *s = a->first;

	a->first = s->next;
	a->bytes -= sizeof *s + s->n * sizeof *s->skip;
	free(s);
}

void announce_done(struct announce *a)
{
	while (a->first != NULL) {
		drop_first(a);
	}
	free(a->offers);
	*a = (struct announce){ 0 };
}

bool announce_idle(const struct announce *a)
{
	return a->first == NULL && a->n_offers == 0 && a->out == 0;
}

int announce_offer(struct announce *a, struct named named)
{
	if (a->n_offers == ANNOUNCE_OFFERS_MAX) {
		return ERR_FULL;
	}
	a->offers[(a->offer_first + a->n_offers++) % ANNOUNCE_OFFERS_MAX] = named;
	return ERR_OK;
}

int announce_stretch(struct announce *a, size_t share, uint64_t lo, uint64_t end,
		     const uint64_t *skip, size_t n)
{
	struct stretch *s = malloc(sizeof *s + n * sizeof *skip);

	if (s == NULL) {
		return ERR_NOMEM;
	}
	*s = (struct stretch){ .lo = lo, .end = end, .share = share, .n = n };
	if (n > 0) {
		memcpy(s->skip, skip, n * sizeof *skip);
	}
	if (a->first == NULL) {
		a->first = s;
	} else {
		a->last->next = s;
	}
	a->last = s;
	a->bytes += sizeof *s + n * sizeof *skip;
	return ERR_OK;
}

int announce_returned(struct announce *a, const struct frame *f, struct fault *fault)
{
	struct wire w;
	size_t n;

	wire_init(&w, f->content.data, f->content.len);
	n = wire_u16(&w);
	if (wire_error(&w) != ERR_OK || wire_left(&w) != 0 || n == 0) {
		return err_at(fault, ERR_MALFORMED, f->at, "return");
	}
	if (n > a->out) {
		return err_at(fault, ERR_STATE, f->at, "return");
	}
	a->out -= n;
	return ERR_OK;
}

static int by_name(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Up to room names of the first stretch; it shrinks to what is left of it. */
static int take_stretch(struct announce *a, struct named *list, size_t room, size_t *n)
{
	struct stretch *s = a->first;
	const struct share *share = &a->shares->list[s->share];
	struct sync_set *set = a->shares->set;
	uint16_t class_number = set_class(set, share->class_id);
	size_t from, to, at;
	int rc = set_order(set, class_number);

	if (rc != ERR_OK) {
		return rc;
	}
	if (!share->send) {
		s->lo = s->end;
		return ERR_OK;
	}
	from = set_lower(set, class_number, s->lo);
	to = set_lower(set, class_number, s->end);
	for (at = from; at < to && *n < room; at++) {
		const struct set_held *h = set_at(set, class_number, at);
		uint64_t name = name_of(&a->shares->keys, h->id);

		if (s->n == 0 || bsearch(&name, s->skip, s->n, sizeof *s->skip, by_name) == NULL) {
			list[(*n)++] = (struct named){ name, (uint8_t)h->lane };
		}
	}
	a->shares->work += at - from;
	/* Names with the prefix at which we stopped are told twice; they make no progress only
	 * if one prefix fills a frame, which nobody can bring about. */
	if (at == to) {
		s->lo = s->end;
	} else if (name_prefix(set_at(set, class_number, at)->id) > s->lo) {
		s->lo = name_prefix(set_at(set, class_number, at)->id);
	} else {
		s->lo++;
	}
	return ERR_OK;
}

static size_t room_for(const struct announce *a, const struct buf *out, size_t max)
{
	size_t room = ANNOUNCE_WINDOW - a->out;
	size_t fits;

	if (out->len + HAVE_MIN > max) {
		return 0;
	}
	/* A name with its share of a group head takes at most 9 bytes. */
	fits = (max - out->len - FRAME_HEAD) / (NAME_BYTES + 1);
	if (room > FRAME_NAMES) {
		room = FRAME_NAMES;
	}
	return fits < room ? fits : room;
}

int announce_fill(struct announce *a, struct buf *out, size_t max)
{
	struct named list[FRAME_NAMES];
	size_t room = room_for(a, out, max);
	size_t n = 0;
	size_t begun;

	while (n < room && a->n_offers > 0) {
		const struct named *named = &a->offers[a->offer_first];
		const struct set_held *h =
		    set_find_name(a->shares->set, &a->shares->keys, named->name);

		if (share_may_send(a->shares, h)) {
			list[n++] = *named;
		}
		a->offer_first = (a->offer_first + 1) % ANNOUNCE_OFFERS_MAX;
		a->n_offers--;
	}
	while (n < room && a->first != NULL) {
		int rc = take_stretch(a, list, room, &n);

		if (rc != ERR_OK) {
			return rc;
		}
		if (a->first->lo >= a->first->end) {
			drop_first(a);
		}
	}
	if (n > 0) {
		a->out += n;
		begun = frame_begin(out, FRAME_HAVE);
		frame_put_names(out, list, n);
		frame_end(out, begun);
	}
	return ERR_OK;
}
