#include "sync/answer.h"

#define LIST_HEAD     (FRAME_HEAD + 5U)
#define SPLIT_MAX     (FRAME_HEAD + ANSWER_WAYS * (5U + 8U))
#define WORK_SLACK    65536U
#define WORK_LEVELS   12U /* each id is hashed once for each depth, and once to be listed */
#define LIST_MORE     1U
#define CHUNK_TO_LIST 64U

void answer_init(struct answer *a, struct shares *shares, size_t chunk_bytes)
{
	*a = (struct answer){ .shares = shares };
	a->list_max = (chunk_bytes - CHUNK_TO_LIST) / (NAME_BYTES + 1);
	if (a->list_max > FRAME_NAMES) {
		a->list_max = FRAME_NAMES;
	}
}

void answer_round(struct answer *a)
{
	a->work = 0;
}

/* The prefix of depth digits stands in whole bytes; a last half digit is zero. */
static uint32_t get_prefix(struct wire *w, unsigned depth, bool *bad)
{
	uint32_t lo = 0;

	for (unsigned i = 0; i < (depth + 1) / 2; i++) {
		lo |= (uint32_t)wire_u8(w) << (24 - 8 * i);
	}
	if (depth < SHARE_DEPTH_MAX && (lo & (0xffffffffU >> (4 * depth))) != 0) {
		*bad = true;
	}
	return lo;
}

static int get_range(struct wire *w, uint64_t tag, struct range *r)
{
	uint8_t head = wire_u8(w);
	bool bad = false;

	*r = (struct range){ .tag = tag, .depth = head & 15U, .list = (head & ANSWER_LIST) != 0 };
	if ((head & ~(ANSWER_LIST | 15U)) != 0 || r->depth > SHARE_DEPTH_MAX ||
	    (r->depth == SHARE_DEPTH_MAX && !r->list)) {
		return ERR_MALFORMED;
	}
	r->lo = get_prefix(w, r->depth, &bad);
	if (r->list) {
		r->cursor = wire_u32(w);
		bad = bad || r->cursor < r->lo || r->cursor >= share_end(r->lo, r->depth);
	} else if (r->depth == 0) {
		r->whole.sum = wire_u64(w);
		r->whole.count = frame_get_count(w, &bad);
	}
	return bad ? ERR_MALFORMED : wire_error(w);
}

int answer_probe(struct answer *a, const struct frame *f, struct fault *fault)
{
	const struct share *share;
	struct wire w;
	uint64_t tag;

	wire_init(&w, f->content.data, f->content.len);
	tag = frame_get_tag(&w);
	share = share_by_tag(a->shares, tag);
	if (wire_left(&w) == 0) {
		return err_at(fault, ERR_MALFORMED, f->at, "probe");
	}
	if (share == NULL) {
		return err_at(fault, ERR_MALFORMED, f->at, "class");
	}
	if (share->drive) {
		return err_at(fault, ERR_STATE, f->at, "class");
	}
	while (wire_left(&w) > 0) {
		struct range r;
		size_t at = w.at;
		int rc = get_range(&w, tag, &r);

		if (rc == ERR_OK && a->n == ANSWER_WAITING_MAX) {
			rc = ERR_LIMIT;
		}
		if (rc != ERR_OK) {
			return err_at(fault, rc, f->at + at, "range");
		}
		a->waiting[(a->first + a->n++) % ANSWER_WAITING_MAX] = r;
	}
	return ERR_OK;
}

static void put_empty(struct buf *out, enum frame_type type)
{
	frame_end(out, frame_begin(out, type));
}

static void put_split(struct answer *a, const struct range *r, uint16_t class_number,
		      struct buf *out)
{
	size_t begun = frame_begin(out, FRAME_SPLIT);
	size_t from = set_lower(a->shares->set, class_number, r->lo);

	for (uint32_t i = 0; i < ANSWER_WAYS; i++) {
		uint32_t lo = r->lo | i << (28 - 4 * r->depth);
		size_t to = set_lower(a->shares->set, class_number, share_end(lo, r->depth + 1U));
		struct summary s = share_sum(a->shares, class_number, from, to);

		frame_put_count(out, s.count);
		if (s.count > 0) {
			buf_u64(out, s.sum);
		}
		from = to;
	}
	frame_end(out, begun);
}

/* List the positions; when there are too many, whole prefixes, and where to go on. */
static void put_list(struct answer *a, uint16_t class_number, size_t from, size_t to,
		     struct buf *out)
{
	const struct sync_set *set = a->shares->set;
	struct named list[FRAME_NAMES];
	size_t n = to - from;
	bool more = n > a->list_max;
	size_t begun = frame_begin(out, FRAME_LIST);
	uint32_t last = 0;

	buf_u8(out, more ? LIST_MORE : 0);
	if (more) {
		uint32_t next = name_prefix(set_at(set, class_number, from + a->list_max)->id);

		n = a->list_max;
		while (n > 1 && name_prefix(set_at(set, class_number, from + n - 1)->id) == next) {
			n--;
		}
		last = name_prefix(set_at(set, class_number, from + n - 1)->id);
		buf_u32(out, last);
	}
	for (size_t i = 0; i < n; i++) {
		const struct set_held *h = set_at(set, class_number, from + i);

		list[i] = (struct named){ name_of(&a->shares->keys, h->id), (uint8_t)h->lane };
	}
	a->shares->work += n;
	frame_put_names(out, list, n);
	frame_end(out, begun);
}

/* Answer one range; false when the message has no room for the answer. */
static bool put_answer(struct answer *a, const struct range *r, struct buf *out, size_t max)
{
	struct share *share = share_by_tag(a->shares, r->tag);
	uint16_t class_number;
	size_t from, to, n;
	bool list;

	if (out->len + SPLIT_MAX > max) {
		return false;
	}
	if (share == NULL || !share->send) {
		put_empty(out, FRAME_NO);
		return true;
	}
	class_number = set_class(a->shares->set, share->class_id);
	from = set_lower(a->shares->set, class_number, r->list ? r->cursor : r->lo);
	to = set_lower(a->shares->set, class_number, share_end(r->lo, r->depth));
	if (r->depth == 0 && !r->list) {
		struct summary whole = share_whole(a->shares, share);

		if (whole.sum == r->whole.sum && whole.count == r->whole.count) {
			put_empty(out, FRAME_EQUAL);
			return true;
		}
	}
	list = r->list || to - from <= ANSWER_LEAF;
	n = to - from < a->list_max ? to - from : a->list_max;
	if (list && out->len + LIST_HEAD + frame_names_bytes(n) > max) {
		return false;
	}
	if (list) {
		put_list(a, class_number, from, to, out);
	} else {
		put_split(a, r, class_number, out);
	}
	return true;
}

int answer_fill(struct answer *a, struct buf *out, size_t max)
{
	while (a->n > 0) {
		const struct range *r = &a->waiting[a->first];
		const struct share *share = share_by_tag(a->shares, r->tag);
		uint64_t before = a->shares->work;
		int rc = ERR_OK;

		if (share != NULL) {
			rc = set_order(a->shares->set, set_class(a->shares->set, share->class_id));
		}
		if (rc != ERR_OK) {
			return rc;
		}
		if (!put_answer(a, r, out, max)) {
			return ERR_OK;
		}
		a->work += a->shares->work - before;
		if (a->work > WORK_LEVELS * share_total(a->shares) + WORK_SLACK) {
			return ERR_LIMIT;
		}
		a->first = (a->first + 1) % ANSWER_WAITING_MAX;
		a->n--;
	}
	return ERR_OK;
}
