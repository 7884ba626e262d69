#include "match/block.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "finger/card.h"

/* Room for codes grows in these steps: small blocks waste little, and one or two fingers of
 * each of GALLERY_BLOCK people waste nothing. */
#define STEP_SMALL 32U
#define STEP       GALLERY_BLOCK

void block_person_unref(struct gallery_person *p)
{
	if (p == NULL || atomic_fetch_sub_explicit(&p->references, 1, memory_order_acq_rel) > 1) {
		return;
	}
	for (unsigned i = 0; i < p->count; i++) {
		finger_card_unref(p->finger[i]);
	}
	free(p);
}

struct gallery_block *block_new(void)
{
	struct gallery_block *b = calloc(1, sizeof(*b));

	if (b != NULL) {
		atomic_init(&b->references, 1);
	}
	return b;
}

void block_unref(struct gallery_block *b)
{
	if (b == NULL || atomic_fetch_sub_explicit(&b->references, 1, memory_order_acq_rel) > 1) {
		return;
	}
	for (unsigned i = 0; i < b->count; i++) {
		block_person_unref(b->person[i]);
	}
	if (b->code != NULL) {
		explicit_bzero(b->code, b->codes * sizeof(*b->code));
	}
	free(b->code);
	free(b->owner);
	free(b);
}

int block_reserve(struct gallery_block *b, unsigned more)
{
	unsigned want = b->codes + more;
	unsigned room = want <= STEP / 2 ? (want + STEP_SMALL - 1) / STEP_SMALL * STEP_SMALL
					 : (want + STEP - 1) / STEP * STEP;
	struct finger_code *code;
	uint8_t *owner;

	if (want <= b->room) {
		return ERR_OK;
	}
	code = aligned_alloc(CODE_ALIGN, room * sizeof(*code));
	owner = malloc(room * sizeof(*owner));
	if (code == NULL || owner == NULL) {
		free(code);
		free(owner);
		return ERR_NOMEM;
	}
	if (b->codes > 0) {
		memcpy(code, b->code, b->codes * sizeof(*code));
		memcpy(owner, b->owner, b->codes * sizeof(*owner));
		explicit_bzero(b->code, b->codes * sizeof(*b->code));
	}
	free(b->code);
	free(b->owner);
	b->code = code;
	b->owner = owner;
	b->room = room;
	return ERR_OK;
}

struct gallery_block *block_copy(const struct gallery_block *b)
{
	struct gallery_block *c = block_new();

	if (c == NULL || block_reserve(c, b->codes) != ERR_OK) {
		free(c);
		return NULL;
	}
	c->count = b->count;
	for (unsigned k = 0; k < b->count; k++) {
		c->person[k] = b->person[k];
		atomic_fetch_add_explicit(&c->person[k]->references, 1, memory_order_relaxed);
	}
	memcpy(c->label, b->label, b->count * sizeof(*c->label));
	memcpy(c->begin, b->begin, sizeof(c->begin));
	c->codes = b->codes;
	if (b->codes > 0) {
		memcpy(c->code, b->code, b->codes * sizeof(*c->code));
		memcpy(c->owner, b->owner, b->codes * sizeof(*c->owner));
	}
	return c;
}

/* Each position after this one gives its first place to the one before it and takes one at
 * its end: so few codes move. */
void block_add_code(struct gallery_block *b, unsigned person, uint8_t position,
		    const struct finger_code *c)
{
	unsigned hole = b->codes;

	assert(b->codes < b->room && position < GALLERY_POSITIONS);
	for (unsigned p = GALLERY_POSITIONS - 1; p > position; p--) {
		b->code[hole] = b->code[b->begin[p]];
		b->owner[hole] = b->owner[b->begin[p]];
		hole = b->begin[p]++;
	}
	b->code[hole] = *c;
	b->owner[hole] = (uint8_t)person;
	b->begin[GALLERY_POSITIONS] = ++b->codes;
}

/* The reverse: the last of the position takes the place, and so on to the end. */
static void drop_code(struct gallery_block *b, unsigned at, unsigned position)
{
	unsigned hole = at;

	for (unsigned p = position; p < GALLERY_POSITIONS; p++) {
		unsigned last = --b->begin[p + 1];

		b->code[hole] = b->code[last];
		b->owner[hole] = b->owner[last];
		hole = last;
	}
	b->codes--;
	explicit_bzero(&b->code[hole], sizeof(b->code[0]));
}

void block_drop_codes(struct gallery_block *b, unsigned person)
{
	for (unsigned p = 0; p < GALLERY_POSITIONS; p++) {
		for (unsigned i = b->begin[p]; i < b->begin[p + 1];) {
			if (b->owner[i] == person) {
				drop_code(b, i, p);
			} else {
				i++;
			}
		}
	}
}

void block_move_codes(struct gallery_block *from, unsigned person, struct gallery_block *to,
		      unsigned place)
{
	for (unsigned p = 0; p < GALLERY_POSITIONS; p++) {
		for (unsigned i = from->begin[p]; i < from->begin[p + 1]; i++) {
			if (from->owner[i] != person) {
				continue;
			}
			if (from == to) {
				from->owner[i] = (uint8_t)place;
			} else {
				block_add_code(to, place, (uint8_t)p, &from->code[i]);
			}
		}
	}
	if (from != to) {
		block_drop_codes(from, person);
	}
}
