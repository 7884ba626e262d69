#include "sync/lists.h"

#include <stdlib.h>
#include <string.h>

#define TAG_SEND  1U
#define TAG_TAKE  2U
#define TAG_FLAGS 3U

static int by_tag(const void *a, const void *b)
{
	uint64_t x = ((const struct mine *)a)->tag;
	uint64_t y = ((const struct mine *)b)->tag;

	return x < y ? -1 : x > y;
}

int lists_check(const struct sync_class *classes, size_t n, const struct sync_class **control)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		if (classes[i].control) {
			*control = &classes[i];
			found++;
		}
	}
	if (n > SYNC_CLASSES_MAX || found != 1 || !(*control)->send || !(*control)->take) {
		return ERR_RANGE;
	}
	return ERR_OK;
}

/* Our list, without the control class, which is shared anyway. */
static void list_mine(struct lists *l, const struct shares *shares,
		      const struct sync_class *classes, size_t n)
{
	size_t kept = 0;

	l->n_mine = 0;
	for (size_t i = 0; i < n; i++) {
		if (!classes[i].control && (classes[i].send || classes[i].take)) {
			struct mine *m = &l->mine[l->n_mine++];

			*m = (struct mine){ .tag = name_tag(&shares->keys, classes[i].class_id),
					    .send = classes[i].send,
					    .take = classes[i].take,
					    .said_send = classes[i].send,
					    .said_take = classes[i].take };
			memcpy(m->class_id, classes[i].class_id, sizeof m->class_id);
		}
	}
	qsort(l->mine, l->n_mine, sizeof l->mine[0], by_tag);
	/* Two classes with one tag: one of them has to wait for another salt. */
	for (size_t i = 0; i < l->n_mine; i++) {
		if (kept == 0 || l->mine[kept - 1].tag != l->mine[i].tag) {
			l->mine[kept++] = l->mine[i];
		}
	}
	l->n_mine = kept;
}

/* The sum over all classes that we have to compare in both directions. */
static struct summary sum_mine(const struct lists *l, struct shares *shares)
{
	struct summary all = { 0 };

	for (size_t i = 0; i < l->n_mine; i++) {
		struct share *known = share_by_class(shares, l->mine[i].class_id);
		struct share unknown = { 0 };
		struct summary one;

		memcpy(unknown.class_id, l->mine[i].class_id, sizeof unknown.class_id);
		one = share_whole(shares, known != NULL ? known : &unknown);
		all.sum += one.sum;
		all.count += one.count;
	}
	return all;
}

void lists_set(struct lists *l, struct shares *shares, const struct sync_class *classes, size_t n)
{
	list_mine(l, shares, classes, n);
	l->mine_sum = sum_mine(l, shares);
}

void lists_put(const struct lists *l, uint32_t round, struct buf *out)
{
	size_t begun = frame_begin(out, FRAME_CLASSES);

	buf_u32(out, round);
	buf_u64(out, l->mine_sum.sum);
	buf_u32(out, l->mine_sum.count);
	for (size_t i = 0; i < l->n_mine; i++) {
		const struct mine *m = &l->mine[i];

		frame_put_tag(out, m->tag | (m->said_send ? TAG_SEND : 0) |
				       (m->said_take ? TAG_TAKE : 0));
	}
	frame_end(out, begun);
}

int lists_get(struct lists *l, const struct frame *f, uint32_t round, struct fault *fault)
{
	struct wire w;
	size_t n = 0;
	bool other;

	wire_init(&w, f->content.data, f->content.len);
	other = wire_u32(&w) != round;
	l->their_sum.sum = wire_u64(&w);
	l->their_sum.count = wire_u32(&w);
	if (wire_error(&w) != ERR_OK || wire_left(&w) % NAME_TAG_BYTES != 0) {
		return err_at(fault, ERR_MALFORMED, f->at, "classes");
	}
	if (wire_left(&w) / NAME_TAG_BYTES > SYNC_CLASSES_MAX ||
	    l->their_sum.count > SET_ITEMS_MAX) {
		return err_at(fault, ERR_LIMIT, f->at, "classes");
	}
	if (other || l->have_theirs) {
		return err_at(fault, ERR_STATE, f->at, "classes");
	}
	while (wire_left(&w) > 0) {
		size_t at = w.at;
		uint64_t tag = frame_get_tag(&w);

		if ((tag & TAG_FLAGS) == 0 || (n > 0 && l->theirs[n - 1] >> 2 >= tag >> 2)) {
			return err_at(fault, ERR_MALFORMED, f->at + at, "class");
		}
		l->theirs[n++] = tag;
	}
	l->n_theirs = n;
	l->have_theirs = true;
	return ERR_OK;
}

static bool same_lists(const struct lists *l)
{
	if (l->n_mine != l->n_theirs) {
		return false;
	}
	for (size_t i = 0; i < l->n_mine; i++) {
		if (!l->mine[i].said_send || !l->mine[i].said_take ||
		    l->theirs[i] != (l->mine[i].tag | TAG_FLAGS)) {
			return false;
		}
	}
	return true;
}

bool lists_equal(const struct lists *l)
{
	return same_lists(l) && l->mine_sum.sum == l->their_sum.sum &&
	       l->mine_sum.count == l->their_sum.count;
}

static void add_share(const struct shares *from, struct shares *to, const struct mine *m,
		      uint64_t theirs, bool initiator)
{
	const struct share *before = NULL;
	struct share *h = &to->list[to->n];

	for (size_t i = 0; i < from->n && before == NULL; i++) {
		if (memcmp(from->list[i].class_id, m->class_id, ENTRY_CLASS_BYTES) == 0) {
			before = &from->list[i];
		}
	}
	*h = before != NULL ? *before : (struct share){ .tag = m->tag };
	memcpy(h->class_id, m->class_id, sizeof h->class_id);
	h->send = m->said_send && (theirs & TAG_TAKE) != 0;
	h->take = m->said_take && (theirs & TAG_SEND) != 0;
	/* Who asks follows from what both have said ... */
	h->drive = h->take && (initiator || !h->send);
	/* ... but what our list has lost since then does not travel. */
	h->send = h->send && m->send;
	h->take = h->take && m->take;
	to->n++;
}

/* Intersect both lists.  Classes that were shared stay known for a while: what the peer sent
 * before it heard is dropped, not punished. */
int lists_share(struct lists *l, struct shares *shares, bool initiator)
{
	struct shares *to = calloc(1, sizeof *to);
	size_t i = 0, j = 0;

	if (to == NULL) {
		return ERR_NOMEM;
	}
	to->list[0] = shares->list[0];
	to->n = 1;
	while (i < l->n_mine && j < l->n_theirs) {
		uint64_t theirs = l->theirs[j] & ~(uint64_t)TAG_FLAGS;

		if (l->mine[i].tag == theirs) {
			add_share(shares, to, &l->mine[i++], l->theirs[j++], initiator);
		} else if (l->mine[i].tag < theirs) {
			i++;
		} else {
			j++;
		}
	}
	for (i = 1; i < shares->n && to->n < SHARE_MAX; i++) {
		struct share old = shares->list[i];

		if (share_by_tag(to, old.tag) == NULL) {
			old.send = false;
			old.take = false;
			old.drive = false;
			to->list[to->n++] = old;
		}
	}
	memcpy(shares->list, to->list, sizeof to->list);
	shares->n = to->n;
	free(to);
	l->have_theirs = false;
	return ERR_OK;
}

static const struct sync_class *find(const struct sync_class *classes, size_t n,
				     const uint8_t class_id[ENTRY_CLASS_BYTES])
{
	for (size_t i = 0; i < n; i++) {
		if (memcmp(classes[i].class_id, class_id, ENTRY_CLASS_BYTES) == 0) {
			return &classes[i];
		}
	}
	return NULL;
}

void lists_narrow(struct lists *l, struct shares *shares, const struct sync_class *classes,
		  size_t n)
{
	for (size_t i = 1; i < shares->n; i++) {
		struct share *h = &shares->list[i];
		const struct sync_class *c = find(classes, n, h->class_id);

		h->send = h->send && c != NULL && c->send;
		h->take = h->take && c != NULL && c->take;
	}
	for (size_t i = 0; i < l->n_mine; i++) {
		struct mine *m = &l->mine[i];
		const struct sync_class *c = find(classes, n, m->class_id);

		m->send = m->send && c != NULL && c->send;
		m->take = m->take && c != NULL && c->take;
	}
}
