#include "match/gallery.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "finger/card.h"
#include "match/block.h"

#define SLOTS_MIN 64U
#define FREE      UINT32_MAX

/* Where each person stands is found by open addressing; people are numbered without gaps,
 * the last takes the place of one who is removed. */
struct gallery {
	struct gallery_block **block; /* owned references */
	size_t blocks;
	size_t room; /* for blocks */
	size_t people;
	size_t fingers;
	uint32_t *slot;                  /* owned: index of a person, or FREE */
	size_t slots;                    /* a power of two */
	struct gallery_snapshot *latest; /* owned reference, NULL after a change */
};

void gallery_snapshot_unref(struct gallery_snapshot *s)
{
	if (s == NULL || atomic_fetch_sub_explicit(&s->references, 1, memory_order_acq_rel) > 1) {
		return;
	}
	for (size_t i = 0; i < s->blocks; i++) {
		block_unref(s->block[i]);
	}
	free(s);
}

size_t gallery_snapshot_people(const struct gallery_snapshot *s)
{
	return s->people;
}

int gallery_new(struct gallery **out)
{
	struct gallery *g = calloc(1, sizeof(*g));

	if (g == NULL) {
		return ERR_NOMEM;
	}
	g->slots = SLOTS_MIN;
	g->slot = malloc(g->slots * sizeof(*g->slot));
	if (g->slot == NULL) {
		free(g);
		return ERR_NOMEM;
	}
	memset(g->slot, 0xff, g->slots * sizeof(*g->slot));
	*out = g;
	return ERR_OK;
}

void gallery_free(struct gallery *g)
{
	if (g == NULL) {
		return;
	}
	gallery_snapshot_unref(g->latest);
	for (size_t i = 0; i < g->blocks; i++) {
		block_unref(g->block[i]);
	}
	free(g->block);
	free(g->slot);
	free(g);
}

static struct gallery_person **person_at(const struct gallery *g, size_t i)
{
	return &g->block[i / GALLERY_BLOCK]->person[i % GALLERY_BLOCK];
}

/* Ids are hashes already, but a peer may choose them: mix all bytes. */
static size_t home(const struct gallery *g, const uint8_t id[GALLERY_PERSON_BYTES])
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < GALLERY_PERSON_BYTES; i++) {
		h = (h ^ id[i]) * 0x100000001b3ULL;
	}
	return (size_t)(h ^ (h >> 32)) & (g->slots - 1);
}

/* The slot that holds the person, or the free one where it would go.  At most half of the
 * slots are taken, so the walk ends. */
static size_t find(const struct gallery *g, const uint8_t id[GALLERY_PERSON_BYTES])
{
	size_t at = home(g, id);

	while (g->slot[at] != FREE &&
	       memcmp((*person_at(g, g->slot[at]))->id, id, GALLERY_PERSON_BYTES) != 0) {
		at = (at + 1) & (g->slots - 1);
	}
	return at;
}

static int grow_slots(struct gallery *g)
{
	uint32_t *old = g->slot;
	uint32_t *slot;

	if ((g->people + 1) * 2 <= g->slots) {
		return ERR_OK;
	}
	if (g->people >= FREE / 4) {
		return ERR_FULL;
	}
	slot = malloc(g->slots * 2 * sizeof(*slot));
	if (slot == NULL) {
		return ERR_NOMEM;
	}
	memset(slot, 0xff, g->slots * 2 * sizeof(*slot));
	g->slot = slot;
	g->slots *= 2;
	for (size_t i = 0; i < g->people; i++) {
		g->slot[find(g, (*person_at(g, i))->id)] = (uint32_t)i;
	}
	free(old);
	return ERR_OK;
}

/* Take a slot out and move up what stood behind it, so that walks still find it. */
static void free_slot(struct gallery *g, size_t at)
{
	size_t next = at;

	g->slot[at] = FREE;
	for (;;) {
		size_t want;

		next = (next + 1) & (g->slots - 1);
		if (g->slot[next] == FREE) {
			return;
		}
		want = home(g, (*person_at(g, g->slot[next]))->id);
		/* Does its walk from home to here pass the free slot? */
		if (((next - want) & (g->slots - 1)) >= ((next - at) & (g->slots - 1))) {
			g->slot[at] = g->slot[next];
			g->slot[next] = FREE;
			at = next;
		}
	}
}

/* Make sure that nobody else reads block i, so that it may change. */
static int own_block(struct gallery *g, size_t i)
{
	struct gallery_block *old = g->block[i];
	struct gallery_block *b;

	/* Only the writer takes references, so one reference stays one. */
	if (atomic_load_explicit(&old->references, memory_order_acquire) == 1) {
		return ERR_OK;
	}
	b = block_copy(old);
	if (b == NULL) {
		return ERR_NOMEM;
	}
	g->block[i] = b;
	block_unref(old);
	return ERR_OK;
}

/* Room for one more person at the end. */
static int extend(struct gallery *g)
{
	struct gallery_block *b;

	if (g->people < g->blocks * GALLERY_BLOCK) {
		return own_block(g, g->people / GALLERY_BLOCK);
	}
	if (g->blocks == g->room) {
		size_t room = g->room > 0 ? g->room * 2 : 16;
		struct gallery_block **all =
		    realloc(g->block, room * sizeof(struct gallery_block *));

		if (all == NULL) {
			return ERR_NOMEM;
		}
		g->block = all;
		g->room = room;
	}
	b = block_new();
	if (b == NULL) {
		return ERR_NOMEM;
	}
	g->block[g->blocks++] = b;
	return ERR_OK;
}

/* A person with the fingers of old, which may be NULL, and one more. */
static struct gallery_person *person_with(const uint8_t id[GALLERY_PERSON_BYTES],
					  const struct gallery_person *old,
					  struct finger_card *card)
{
	unsigned n = old != NULL ? old->count : 0;
	struct gallery_person *p = malloc(sizeof(*p) + (n + 1) * sizeof(struct finger_card *));

	if (p == NULL) {
		return NULL;
	}
	atomic_init(&p->references, 1);
	memcpy(p->id, id, GALLERY_PERSON_BYTES);
	p->count = (uint8_t)(n + 1);
	for (unsigned i = 0; i < n; i++) {
		p->finger[i] = finger_card_ref(old->finger[i]);
	}
	p->finger[n] = finger_card_ref(card);
	return p;
}

static void changed(struct gallery *g)
{
	gallery_snapshot_unref(g->latest);
	g->latest = NULL;
}

static int put_finger(struct gallery *g, size_t at, const uint8_t id[GALLERY_PERSON_BYTES],
		      struct finger_card *card, const struct finger_code *code)
{
	struct gallery_person *old = *person_at(g, at);
	struct gallery_person *p;
	int err = own_block(g, at / GALLERY_BLOCK);

	if (err == ERR_OK) {
		err = block_reserve(g->block[at / GALLERY_BLOCK], 1);
	}
	if (err != ERR_OK) {
		return err;
	}
	p = person_with(id, old, card);
	if (p == NULL) {
		return ERR_NOMEM;
	}
	*person_at(g, at) = p;
	block_add_code(g->block[at / GALLERY_BLOCK], at % GALLERY_BLOCK, finger_card_position(card),
		       code);
	block_person_unref(old);
	return ERR_OK;
}

static int put_person(struct gallery *g, const uint8_t id[GALLERY_PERSON_BYTES],
		      struct finger_card *card, const struct finger_code *code)
{
	struct gallery_person *p;
	struct gallery_block *last;
	int err = grow_slots(g);

	if (err == ERR_OK) {
		err = extend(g);
	}
	if (err == ERR_OK) {
		err = block_reserve(g->block[g->people / GALLERY_BLOCK], 1);
	}
	if (err != ERR_OK) {
		return err;
	}
	p = person_with(id, NULL, card);
	if (p == NULL) {
		return ERR_NOMEM;
	}
	last = g->block[g->people / GALLERY_BLOCK];
	block_add_code(last, last->count, finger_card_position(card), code);
	last->label[last->count] = (struct gallery_label){ .until = UINT32_MAX };
	last->person[last->count++] = p;
	g->slot[find(g, id)] = (uint32_t)g->people;
	g->people++;
	return ERR_OK;
}

/* May the person at a place get this finger too? */
static int check_new(const struct gallery_person *p, const struct finger_card *card)
{
	for (unsigned i = 0; i < p->count; i++) {
		if (p->finger[i] == card ||
		    (finger_card_position(p->finger[i]) == finger_card_position(card) &&
		     finger_card_print(p->finger[i]) == finger_card_print(card))) {
			return ERR_EXISTS;
		}
	}
	return p->count >= GALLERY_FINGERS_MAX ? ERR_FULL : ERR_OK;
}

int gallery_put(struct gallery *g, const uint8_t person[GALLERY_PERSON_BYTES],
		struct finger_card *card)
{
	uint32_t at = g->slot[find(g, person)];
	struct finger_code code;
	int err = at == FREE ? ERR_OK : check_new(*person_at(g, at), card);

	if (err == ERR_OK) {
		err = finger_card_code(card, &code);
	}
	if (err != ERR_OK) {
		return err;
	}
	err = at == FREE ? put_person(g, person, card, &code)
			 : put_finger(g, at, person, card, &code);
	if (err == ERR_OK) {
		g->fingers++;
		changed(g);
	}
	return err;
}

int gallery_set_label(struct gallery *g, const uint8_t person[GALLERY_PERSON_BYTES],
		      struct gallery_label label)
{
	uint32_t at = g->slot[find(g, person)];
	int err;

	if (at == FREE) {
		return ERR_NOTFOUND;
	}
	if (label.group >= GALLERY_GROUPS) {
		return ERR_RANGE;
	}
	err = own_block(g, at / GALLERY_BLOCK);
	if (err == ERR_OK) {
		g->block[at / GALLERY_BLOCK]->label[at % GALLERY_BLOCK] = label;
		changed(g);
	}
	return err;
}

int gallery_remove(struct gallery *g, const uint8_t person[GALLERY_PERSON_BYTES])
{
	size_t slot = find(g, person);
	uint32_t at = g->slot[slot];
	size_t last = g->people - 1;
	struct gallery_person *gone;
	struct gallery_block *tail;
	int err;

	if (at == FREE) {
		return ERR_NOTFOUND;
	}
	err = own_block(g, at / GALLERY_BLOCK);
	if (err == ERR_OK) {
		err = own_block(g, last / GALLERY_BLOCK);
	}
	if (err == ERR_OK) {
		err = block_reserve(g->block[at / GALLERY_BLOCK], (*person_at(g, last))->count);
	}
	if (err != ERR_OK) {
		return err;
	}
	free_slot(g, slot);
	gone = *person_at(g, at);
	tail = g->block[last / GALLERY_BLOCK];
	block_drop_codes(g->block[at / GALLERY_BLOCK], at % GALLERY_BLOCK);
	if (at != last) {
		struct gallery_person *moved = *person_at(g, last);

		g->slot[find(g, moved->id)] = at;
		*person_at(g, at) = moved;
		g->block[at / GALLERY_BLOCK]->label[at % GALLERY_BLOCK] =
		    tail->label[last % GALLERY_BLOCK];
		block_move_codes(tail, last % GALLERY_BLOCK, g->block[at / GALLERY_BLOCK],
				 at % GALLERY_BLOCK);
	}
	tail->count--;
	g->people--;
	if (tail->count == 0 && last / GALLERY_BLOCK == g->blocks - 1) {
		block_unref(tail);
		g->blocks--;
	}
	g->fingers -= gone->count;
	block_person_unref(gone);
	changed(g);
	return ERR_OK;
}

size_t gallery_people(const struct gallery *g)
{
	return g->people;
}

size_t gallery_fingers(const struct gallery *g)
{
	return g->fingers;
}

bool gallery_live(const struct gallery *g, const uint8_t person[GALLERY_PERSON_BYTES])
{
	return g->slot[find(g, person)] != FREE;
}

int gallery_snapshot(struct gallery *g, struct gallery_snapshot **out)
{
	struct gallery_snapshot *s = g->latest;

	if (s == NULL) {
		s = malloc(sizeof(*s) + g->blocks * sizeof(struct gallery_block *));
		if (s == NULL) {
			return ERR_NOMEM;
		}
		atomic_init(&s->references, 1);
		s->people = g->people;
		s->blocks = g->blocks;
		for (size_t i = 0; i < g->blocks; i++) {
			s->block[i] = g->block[i];
			atomic_fetch_add_explicit(&s->block[i]->references, 1,
						  memory_order_relaxed);
		}
		g->latest = s;
	}
	atomic_fetch_add_explicit(&s->references, 1, memory_order_relaxed);
	*out = s;
	return ERR_OK;
}
