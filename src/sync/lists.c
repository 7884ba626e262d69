#include "sync/lists.h"

#include <stdlib.h>
#include <string.h>

#define TAG_SEND  1U
#define TAG_TAKE  2U
#define TAG_FLAGS 3U
#define TAG_BITS  0xffffffffffffULL

static int by_tag(const void *a, const void *b)
{
	uint64_t x = ((const struct share *)a)->tag;
	uint64_t y = ((const struct share *)b)->tag;

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

/* Without the control class, which is shared anyway. */
void lists_set(struct lists *l, struct shares *shares)
{
	size_t kept = 0;

	l->n_mine = 0;
	for (size_t i = 0; i < l->n_given; i++) {
		const struct sync_class *c = &l->given[i];
		const struct share *known = share_by_class(shares, c->class_id);
		struct share *m = &l->mine[l->n_mine];

		if (c->control || (!c->send && !c->take)) {
			continue;
		}
		*m = known != NULL ? *known : (struct share){ 0 };
		memcpy(m->class_id, c->class_id, sizeof m->class_id);
		m->tag = name_tag(&shares->keys, c->class_id);
		m->send = m->said_send = c->send;
		m->take = m->said_take = c->take;
		l->n_mine++;
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

void lists_stand(struct lists *l, struct shares *shares, struct stand *st)
{
	stand_init(st, shares);
	for (size_t i = 0; i < l->n_mine; i++) {
		stand_add(st, shares, &l->mine[i], l->mine[i].said_send, l->mine[i].said_take);
	}
}

static uint64_t flags(bool send, bool take)
{
	return (send ? TAG_SEND : 0) | (take ? TAG_TAKE : 0);
}

/* Tells whether both sides' sketches have one key, and nothing about it. */
static uint32_t key_check(const struct shares *shares)
{
	const uint8_t *key = set_sketch_key(shares->set);

	return key == NULL ? 0
			   : (uint32_t)siphash_24(shares->keys.tag, key, SIPHASH_KEY_BYTES) | 1U;
}

uint64_t lists_digest(const struct lists *l, const struct shares *shares, bool initiator)
{
	uint8_t tags[(SYNC_CLASSES_MAX + 1) * 8];
	size_t n = 0;

	for (size_t i = 0; i <= l->n_mine; i++) {
		uint64_t v = key_check(shares);

		if (i < l->n_mine) {
			bool send = l->mine[i].said_send, take = l->mine[i].said_take;

			v = l->mine[i].tag | (initiator ? flags(send, take) : flags(take, send));
		}
		for (unsigned k = 0; k < 8; k++) {
			tags[n++] = (uint8_t)(v >> (8 * k));
		}
	}
	return siphash_24(shares->keys.tag, tags, n) & TAG_BITS;
}

void lists_put(const struct lists *l, const struct shares *shares, uint32_t round,
	       const struct stand *st, struct buf *out)
{
	size_t begun = frame_begin(out, FRAME_CLASSES);

	frame_put_count(out, round);
	if (st != NULL) {
		stand_put(st, out);
	} else {
		buf_u32(out, key_check(shares));
	}
	for (size_t i = 0; i < l->n_mine; i++) {
		const struct share *m = &l->mine[i];

		frame_put_tag(out, m->tag | flags(m->said_send, m->said_take));
	}
	frame_end(out, begun);
}

int lists_get(struct lists *l, const struct frame *f, const struct shares *shares, uint32_t round,
	      bool initiator, struct stand *st, struct fault *fault)
{
	struct wire w;
	size_t n = 0;
	bool other, bad = false;
	int rc = ERR_OK;

	wire_init(&w, f->content.data, f->content.len);
	other = frame_get_count(&w, &bad) != round;
	if (initiator) {
		uint32_t check = wire_u32(&w);

		*st = (struct stand){ .counted = check != 0 && check == key_check(shares) };
		rc = wire_error(&w);
	} else {
		rc = stand_get(st, &w);
	}
	if (rc != ERR_OK || bad || wire_left(&w) % NAME_TAG_BYTES != 0) {
		return err_at(fault, rc == ERR_LIMIT ? rc : ERR_MALFORMED, f->at, "classes");
	}
	if (wire_left(&w) / NAME_TAG_BYTES > SYNC_CLASSES_MAX) {
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

void lists_mirror(struct lists *l)
{
	for (size_t i = 0; i < l->n_mine; i++) {
		const struct share *m = &l->mine[i];

		l->theirs[i] = m->tag | flags(m->said_take, m->said_send);
	}
	l->n_theirs = l->n_mine;
	l->have_theirs = true;
}

static void add_share(struct lists *l, struct shares *to, const struct share *m, uint64_t theirs,
		      bool initiator)
{
	struct share *h = &to->list[to->n];

	*h = *m;
	h->said_send = m->said_send && (theirs & TAG_TAKE) != 0;
	h->said_take = m->said_take && (theirs & TAG_SEND) != 0;
	l->one_way = l->one_way || h->said_send != h->said_take;
	/* Who asks follows from what both have said ... */
	h->drive = h->said_take && (initiator || !h->said_send);
	/* ... but what our list has lost since then does not travel. */
	h->send = h->said_send && m->send;
	h->take = h->said_take && m->take;
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
	l->one_way = false;
	while (i < l->n_mine && j < l->n_theirs) {
		uint64_t theirs = l->theirs[j] & ~(uint64_t)TAG_FLAGS;

		if (l->mine[i].tag == theirs) {
			add_share(l, to, &l->mine[i++], l->theirs[j++], initiator);
		} else if (l->mine[i].tag < theirs) {
			i++;
		} else {
			j++;
		}
	}
	for (i = 1; i < shares->n && to->n < SHARE_MAX; i++) {
		struct share old = shares->list[i];

		if (share_by_tag(to, old.tag) == NULL) {
			old.send = old.said_send = false;
			old.take = old.said_take = false;
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

static bool narrow(struct share *h, const struct sync_class *classes, size_t n)
{
	const struct sync_class *c = find(classes, n, h->class_id);
	bool send = h->send && c != NULL && c->send;
	bool take = h->take && c != NULL && c->take;
	bool lost = send != h->send || take != h->take;

	h->send = send;
	h->take = take;
	return lost;
}

bool lists_given(struct lists *l, struct shares *shares, const struct sync_class *classes, size_t n)
{
	bool lost = false;

	memcpy(l->given, classes, n * sizeof *classes);
	l->n_given = n;
	for (size_t i = 1; i < shares->n; i++) {
		lost |= narrow(&shares->list[i], classes, n);
	}
	for (size_t i = 0; i < l->n_mine; i++) {
		lost |= narrow(&l->mine[i], classes, n);
	}
	return lost;
}
