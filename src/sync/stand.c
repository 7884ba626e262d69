#include "sync/stand.h"

#include "base/err.h"
#include "sync/frame.h"

void stand_init(struct stand *st, const struct shares *s)
{
	*st = (struct stand){ .counted = set_sketch_key(s->set) != NULL };
}

void stand_add(struct stand *st, struct shares *s, struct share *h, bool send, bool take)
{
	struct summary one;

	if (!send) {
		return;
	}
	one = share_whole(s, h);
	if (!take) {
		st->others += one.count;
		return;
	}
	st->both.sum += one.sum;
	st->both.count += one.count;
	if (st->counted) {
		s->work += set_sketch_counts(s->set, set_class(s->set, h->class_id), st->counts);
	}
}

void stand_of(struct stand *st, struct shares *s)
{
	stand_init(st, s);
	for (size_t i = 1; i < s->n; i++) {
		struct share *h = &s->list[i];

		stand_add(st, s, h, h->said_send, h->said_take);
	}
}

void stand_put(const struct stand *st, struct buf *out)
{
	buf_u64(out, st->both.sum);
	frame_put_count(out, st->both.count);
	frame_put_count(out, st->others << 1 | st->counted);
	for (size_t i = 0; st->counted && i < SKETCH_FEW; i++) {
		buf_u8(out, (uint8_t)st->counts[i]);
	}
}

int stand_get(struct stand *st, struct wire *w)
{
	bool bad = false;

	*st = (struct stand){ .both.sum = wire_u64(w) };
	st->both.count = frame_get_count(w, &bad);
	st->others = frame_get_count(w, &bad);
	st->counted = (st->others & 1) != 0;
	st->others >>= 1;
	for (size_t i = 0; st->counted && i < SKETCH_FEW; i++) {
		st->counts[i] = wire_u8(w);
	}
	if (wire_error(w) != ERR_OK) {
		return wire_error(w);
	}
	if (bad) {
		return ERR_MALFORMED;
	}
	return st->both.count > SET_ITEMS_MAX || st->others > SET_ITEMS_MAX ? ERR_LIMIT : ERR_OK;
}
