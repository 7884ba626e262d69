#include "sync/share.h"

#include <string.h>

struct share *share_by_class(struct shares *s, const uint8_t class_id[ENTRY_CLASS_BYTES])
{
	for (size_t i = 0; i < s->n; i++) {
		if (memcmp(s->list[i].class_id, class_id, ENTRY_CLASS_BYTES) == 0) {
			return &s->list[i];
		}
	}
	return NULL;
}

struct share *share_by_tag(struct shares *s, uint64_t tag)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->list[i].tag == tag) {
			return &s->list[i];
		}
	}
	return NULL;
}

bool share_may_send(struct shares *s, const struct set_held *h)
{
	const struct share *share;

	if (h == NULL || h->state != SET_LIVE) {
		return false;
	}
	share = share_by_class(s, set_class_id(s->set, h->class_number));
	return share != NULL && share->send;
}

struct summary share_sum(struct shares *s, uint16_t class_number, size_t from, size_t to)
{
	struct summary sum = { .count = (uint32_t)(to - from) };

	for (size_t i = from; i < to; i++) {
		sum.sum += name_hash(&s->keys, set_at(s->set, class_number, i)->id);
	}
	s->work += to - from;
	return sum;
}

struct summary share_whole(struct shares *s, struct share *h)
{
	uint16_t class_number = set_class(s->set, h->class_id);

	if (class_number == SET_NO_CLASS) {
		return (struct summary){ 0 };
	}
	if (h->seen != set_version(s->set, class_number)) {
		set_sweep(s->set, class_number);
		h->known = share_sum(s, class_number, 0, set_count(s->set, class_number));
		h->seen = set_version(s->set, class_number);
	}
	return h->known;
}

uint64_t share_total(const struct shares *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (s->list[i].send || s->list[i].take) {
			n += set_count(s->set, set_class(s->set, s->list[i].class_id));
		}
	}
	return n;
}

uint64_t share_end(uint32_t lo, unsigned depth)
{
	return (uint64_t)lo + (1ULL << (32 - 4 * depth));
}
