#include "sync/set_inside.h"

#include <stdlib.h>

#define LABEL "outpost sync sketch "

/* One sketch for each class that is large enough, and no more than SET_SKETCHES_MAX. */
void set_sketch_follow(struct sync_set *s, struct set_class *c, const uint8_t id[ENTRY_ID_BYTES],
		       int times)
{
	size_t live = c->used - c->gone;

	if (c->sketch != NULL) {
		sketch_put(c->sketch, s->key, sketch_name(id), times);
	} else if (times > 0 && s->has_key && live >= SET_SKETCH_WORTH &&
		   (live & (live - 1)) == 0) {
		set_sketch_make(s, c);
	}
}

/* A class without a sketch is sketched when it is asked for; so want of memory is no error. */
void set_sketch_make(struct sync_set *s, struct set_class *c)
{
	if (s->n_sketches >= SET_SKETCHES_MAX) {
		return;
	}
	c->sketch = calloc(1, sizeof *c->sketch);
	if (c->sketch == NULL) {
		return;
	}
	s->n_sketches++;
	for (size_t i = 0; i < c->used; i++) {
		const struct set_held *h = set_item(s, c->at[i]);

		if (h->state == SET_LIVE) {
			sketch_put(c->sketch, s->key, sketch_name(h->id), 1);
		}
	}
}

void sync_set_key(struct sync_set *s, const uint8_t secret[SYNC_SECRET_BYTES])
{
	uint64_t half[2] = { siphash_24(secret, LABEL "0", sizeof LABEL),
			     siphash_24(secret + SIPHASH_KEY_BYTES, LABEL "1", sizeof LABEL) };

	for (size_t i = 0; i < sizeof s->key; i++) {
		s->key[i] = (uint8_t)(half[i / 8] >> (8 * (i % 8)));
	}
	s->has_key = true;
	for (size_t i = 0; i < s->n_classes; i++) {
		struct set_class *c = &s->classes[i];

		s->n_sketches -= c->sketch != NULL;
		free(c->sketch);
		c->sketch = NULL;
		if (c->used - c->gone >= SET_SKETCH_WORTH) {
			set_sketch_make(s, c);
		}
	}
}

const uint8_t *set_sketch_key(const struct sync_set *s)
{
	return s->has_key ? s->key : NULL;
}

size_t set_sketch_cells(const struct sync_set *s, uint16_t class_number, uint64_t *cells,
			size_t from, size_t to)
{
	const struct set_class *c;
	size_t looked = 0;

	if (class_number == SET_NO_CLASS) {
		return 0;
	}
	c = &s->classes[class_number];
	if (c->sketch != NULL) {
		for (; from < to && from < SKETCH_CELLS; from++) {
			*cells++ ^= c->sketch->cells[from];
		}
	}
	for (size_t i = 0; from < to && i < c->used; i++) {
		const struct set_held *h = set_item(s, c->at[i]);

		if (h->state == SET_LIVE) {
			sketch_cells(cells, from, to, s->key, sketch_name(h->id));
			looked++;
		}
	}
	return looked;
}

size_t set_sketch_counts(const struct sync_set *s, uint16_t class_number,
			 uint32_t counts[SKETCH_COUNTS])
{
	const struct set_class *c;
	size_t looked = 0;

	if (class_number == SET_NO_CLASS) {
		return 0;
	}
	c = &s->classes[class_number];
	for (size_t i = 0; c->sketch != NULL && i < SKETCH_COUNTS; i++) {
		counts[i] += c->sketch->counts[i];
	}
	for (size_t i = 0; c->sketch == NULL && i < c->used; i++) {
		const struct set_held *h = set_item(s, c->at[i]);

		if (h->state == SET_LIVE) {
			sketch_count(counts, s->key, sketch_name(h->id));
			looked++;
		}
	}
	return looked;
}
