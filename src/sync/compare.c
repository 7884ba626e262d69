#include "sync/compare.h"

#include <stdlib.h>

#define STACK_MIN   64U
#define SLACK       65536U /* what may be added to the sets while they are compared */
#define LIST_MORE   1U
#define PROBE_HEAD  (FRAME_HEAD + NAME_TAG_BYTES)
#define RANGE_BYTES (1U + 13U) /* at most: the whole class with its summary */

void compare_init(struct compare *c, struct shares *shares, struct incoming *incoming,
		  struct announce *announce)
{
	*c = (struct compare){ .shares = shares, .incoming = incoming, .announce = announce };
}

void compare_done(struct compare *c)
{
	free(c->stack);
	*c = (struct compare){ 0 };
}

bool compare_idle(const struct compare *c)
{
	return c->n == 0 && c->n_asked == 0;
}

static int push(struct compare *c, const struct question *r)
{
	if (c->n >= COMPARE_STACK_MAX) {
		return ERR_LIMIT;
	}
	if (c->n == c->room) {
		size_t room = c->room == 0 ? STACK_MIN : c->room * 2;
		struct question *stack = realloc(c->stack, room * sizeof *stack);

		if (stack == NULL) {
			return ERR_NOMEM;
		}
		c->stack = stack;
		c->room = room;
	}
	c->stack[c->n++] = *r;
	return ERR_OK;
}

static bool is_meant(const struct shares *s, size_t i, unsigned what)
{
	const struct share *h = &s->list[i];

	if (i == 0) {
		return h->drive && (what & COMPARE_CONTROL) != 0;
	}
	return h->drive && (what & (h->said_send ? COMPARE_BOTH_WAYS : COMPARE_ONE_WAY)) != 0;
}

int compare_start(struct compare *c, unsigned what, uint64_t declared)
{
	uint64_t all = share_total(c->shares) + declared;

	/* A tree over `all` ids has fewer than twice as many ranges; ids are listed once. */
	c->answers_left = 2 * all + SLACK;
	c->names_left = 2 * declared + SLACK;
	for (size_t i = c->shares->n; i-- > 0;) {
		struct question r = { .share = (uint16_t)i };
		int rc = is_meant(c->shares, i, what) ? push(c, &r) : ERR_OK;

		if (rc != ERR_OK) {
			return rc;
		}
	}
	return ERR_OK;
}

/* ---- asking ---- */

static size_t may_bring(const struct question *r)
{
	return r->list ? FRAME_NAMES : ANSWER_LEAF;
}

static void put_range(struct compare *c, const struct question *r, struct buf *out)
{
	buf_u8(out, (uint8_t)(r->depth | (r->list ? ANSWER_LIST : 0)));
	for (unsigned i = 0; i < (r->depth + 1U) / 2; i++) {
		buf_u8(out, (uint8_t)(r->lo >> (24 - 8 * i)));
	}
	if (r->list) {
		buf_u32(out, r->cursor);
	} else if (r->depth == 0) {
		struct summary whole = share_whole(c->shares, &c->shares->list[r->share]);

		buf_u64(out, whole.sum);
		frame_put_count(out, whole.count);
	}
}

static bool may_ask(const struct compare *c)
{
	return c->n > 0 && c->n_asked < ANSWER_WAITING_MAX &&
	       c->announce->bytes < ANNOUNCE_BYTES_MAX &&
	       may_bring(&c->stack[c->n - 1]) <= incoming_room(c->incoming);
}

void compare_fill(struct compare *c, struct buf *out, size_t max)
{
	size_t begun = 0;
	uint16_t share = 0;

	while (may_ask(c)) {
		struct question r = c->stack[c->n - 1];

		if (!c->shares->list[r.share].take) {
			c->n--; /* no longer shared */
			continue;
		}
		if (begun != 0 && r.share != share) {
			frame_end(out, begun);
			begun = 0;
		}
		if (out->len + RANGE_BYTES + (begun == 0 ? PROBE_HEAD : 0) > max) {
			break;
		}
		if (begun == 0) {
			begun = frame_begin(out, FRAME_PROBE);
			frame_put_tag(out, c->shares->list[r.share].tag);
			share = r.share;
		}
		put_range(c, &r, out);
		c->n--;
		c->incoming->reserved += may_bring(&r);
		c->asked[(c->first + c->n_asked++) % ANSWER_WAITING_MAX] = r;
	}
	if (begun != 0) {
		frame_end(out, begun);
	}
}

/* ---- answers ---- */

/* One sixteenth of a range that differs: nothing to do, all ours, or ask on. */
static int on_part(struct compare *c, const struct question *r, struct summary theirs, size_t from,
		   size_t to, uint16_t class_number)
{
	const struct share *share = &c->shares->list[r->share];
	size_t ours = to - from;
	struct question part = *r;

	if (theirs.count == ours &&
	    (ours == 0 || share_sum(c->shares, class_number, from, to).sum == theirs.sum)) {
		return ERR_OK;
	}
	if (theirs.count == 0) {
		return share->send ? announce_stretch(c->announce, r->share, r->lo,
						      share_end(r->lo, r->depth), NULL, 0)
				   : ERR_OK;
	}
	/* Where one side has twice as much as the other, most would be listed in the end. */
	part.list = r->depth == SHARE_DEPTH_MAX || theirs.count <= ANSWER_LEAF ||
		    ours <= theirs.count / 2 || theirs.count <= ours / 2;
	part.cursor = r->lo;
	return push(c, &part);
}

static int on_split(struct compare *c, const struct question *r, const struct share *share,
		    struct wire *w)
{
	uint16_t class_number = set_class(c->shares->set, share->class_id);
	size_t from;
	int rc = set_order(c->shares->set, class_number);

	if (rc != ERR_OK) {
		return rc;
	}
	if (r->list) {
		return ERR_STATE;
	}
	from = set_lower(c->shares->set, class_number, r->lo);
	for (uint32_t i = 0; i < ANSWER_WAYS; i++) {
		struct question part = { .share = r->share,
					 .lo = r->lo | i << (28 - 4 * r->depth),
					 .depth = (uint8_t)(r->depth + 1) };
		size_t to = set_lower(c->shares->set, class_number, share_end(part.lo, part.depth));
		struct summary theirs = { 0 };
		bool bad = false;

		theirs.count = frame_get_count(w, &bad);
		if (bad) {
			return ERR_MALFORMED;
		}
		if (theirs.count > 0) {
			theirs.sum = wire_u64(w);
		}
		rc = on_part(c, &part, theirs, from, to, class_number);
		if (rc != ERR_OK) {
			return rc;
		}
		from = to;
	}
	return wire_error(w) != ERR_OK || wire_left(w) != 0 ? ERR_MALFORMED : ERR_OK;
}

static int by_name(const void *a, const void *b)
{
	uint64_t x = ((const struct named *)a)->name;
	uint64_t y = ((const struct named *)b)->name;

	return x < y ? -1 : x > y;
}

/* The peer's names from the cursor to before end, all of them: what do we lack, what does
 * it lack? */
static int on_names(struct compare *c, const struct question *r, uint64_t end,
		    const struct named *list, size_t n)
{
	const struct share *share = &c->shares->list[r->share];
	struct sync_set *set = c->shares->set;
	uint16_t class_number = set_class(set, share->class_id);
	uint64_t held[FRAME_NAMES];
	size_t n_held = 0;
	size_t from, to;

	for (size_t i = 0; i < n; i++) {
		const struct set_held *h = set_find_name(set, &c->shares->keys, list[i].name);
		int rc = ERR_OK;

		if (name_place(list[i].name) < r->cursor || name_place(list[i].name) >= end ||
		    (i > 0 && list[i].name == list[i - 1].name)) {
			return ERR_MALFORMED;
		}
		if (h != NULL && h->state == SET_LIVE) {
			held[n_held++] = list[i].name;
		} else if (share->take) {
			rc = incoming_name(c->incoming, list[i], false);
		}
		if (rc != ERR_OK) {
			return rc;
		}
	}
	from = set_lower(set, class_number, r->cursor);
	to = set_lower(set, class_number, end);
	if (!share->send || to - from <= n_held) {
		return ERR_OK;
	}
	return announce_stretch(c->announce, r->share, r->cursor, end, held, n_held);
}

static int on_list(struct compare *c, const struct question *r, const struct share *share,
		   struct wire *w)
{
	struct named list[FRAME_NAMES];
	struct question rest = *r;
	uint64_t whole = share_end(r->lo, r->depth);
	uint64_t end = whole;
	uint8_t flags = wire_u8(w);
	size_t n;
	int rc = set_order(c->shares->set, set_class(c->shares->set, share->class_id));

	if (rc != ERR_OK) {
		return rc;
	}
	if (flags > LIST_MORE || (flags == LIST_MORE && !r->list)) {
		return ERR_MALFORMED;
	}
	if (flags == LIST_MORE) {
		end = (uint64_t)wire_u32(w) + 1;
	}
	rc = frame_get_names(w, list, &n);
	if (rc != ERR_OK) {
		return rc;
	}
	if (end <= r->cursor || end > whole || n > may_bring(r) || n > c->names_left) {
		return ERR_LIMIT;
	}
	c->names_left -= n;
	qsort(list, n, sizeof *list, by_name);
	rest.cursor = (uint32_t)end;
	if (end < whole) {
		rc = push(c, &rest);
	}
	return rc == ERR_OK ? on_names(c, r, end, list, n) : rc;
}

int compare_answer(struct compare *c, const struct frame *f, struct fault *fault)
{
	struct question r = c->asked[c->first];
	const struct share *share;
	struct wire w;
	int rc = ERR_OK;

	if (c->n_asked == 0) {
		return err_at(fault, ERR_STATE, f->at, "answer");
	}
	if (c->answers_left == 0) {
		return err_at(fault, ERR_LIMIT, f->at, "answer");
	}
	c->answers_left--;
	c->first = (c->first + 1) % ANSWER_WAITING_MAX;
	c->n_asked--;
	c->incoming->reserved -= may_bring(&r);
	share = &c->shares->list[r.share];
	wire_init(&w, f->content.data, f->content.len);
	if (f->type == FRAME_SPLIT) {
		rc = on_split(c, &r, share, &w);
	} else if (f->type == FRAME_LIST) {
		rc = on_list(c, &r, share, &w);
	} else if (f->content.len != 0 || (f->type == FRAME_EQUAL && r.depth != 0)) {
		rc = ERR_MALFORMED;
	}
	return rc == ERR_OK ? rc : err_at(fault, rc, f->at + w.at, "answer");
}
