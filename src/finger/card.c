#include "finger/card.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "finger/template.h"

#define EACH    6 /* bytes a minutia */
#define RUN_MAX 255

struct finger_card {
	uint64_t print;
	atomic_uint references;
	uint32_t bytes;  /* of data */
	int16_t columns; /* of the flow */
	int16_t rows;
	int16_t left;
	int16_t top;
	uint8_t position;
	uint8_t quality;
	uint8_t period;
	uint8_t sets;
	uint8_t count[TEMPLATE_SETS];
	/* The minutiae of each set, then, if there are two, the flow: cells as they are, a run
	 * of unknown ones as a zero and how many. */
	uint8_t data[];
};

static size_t flow_pack(const struct template_flow *f, uint8_t *out)
{
	size_t cells = (size_t)f->columns * (size_t)f->rows;
	size_t n = 0;

	for (size_t i = 0; i < cells;) {
		size_t run = 0;

		while (run < RUN_MAX && i + run < cells && f->cell[i + run] == 0) {
			run++;
		}
		out[n++] = f->cell[i];
		if (run > 0) {
			out[n++] = (uint8_t)run;
		}
		i += run > 0 ? run : 1;
	}
	return n;
}

static uint8_t *points_pack(const struct template_set *s, uint8_t *to)
{
	for (unsigned i = 0; i < s->count; i++, to += EACH) {
		const struct template_point *p = &s->at[i];

		assert(p->x >= 0 && p->x < 4096 && p->y >= 0 && p->y < 4096 && p->type < 4);
		to[0] = (uint8_t)(p->type << 6 | p->x >> 8);
		to[1] = (uint8_t)p->x;
		to[2] = (uint8_t)(p->y >> 8);
		to[3] = (uint8_t)p->y;
		to[4] = p->angle;
		to[5] = p->quality;
	}
	return to;
}

int finger_card_make(const struct finger_template *t, struct finger_card **out)
{
	size_t points = 0;
	size_t most;
	uint8_t *data;
	uint8_t *end;
	struct finger_card *c = NULL;
	size_t n;

	for (unsigned k = 0; k < t->sets; k++) {
		points += t->set[k]->count;
	}
	/* A single unknown cell takes two bytes. */
	most = points * EACH + 2 * (size_t)t->flow.columns * (size_t)t->flow.rows + 1;
	data = malloc(most);
	if (data == NULL) {
		return ERR_NOMEM;
	}
	end = data;
	for (unsigned k = 0; k < t->sets; k++) {
		end = points_pack(t->set[k], end);
	}
	/* One set alone: its minutiae tell the flow. */
	if (t->sets == TEMPLATE_SETS) {
		end += flow_pack(&t->flow, end);
	}
	n = (size_t)(end - data);
	c = malloc(sizeof(*c) + n);
	if (c != NULL) {
		*c = (struct finger_card){ .print = t->print,
					   .bytes = (uint32_t)n,
					   .columns = (int16_t)t->flow.columns,
					   .rows = (int16_t)t->flow.rows,
					   .left = (int16_t)t->flow.left,
					   .top = (int16_t)t->flow.top,
					   .position = t->position,
					   .quality = t->quality,
					   .period = t->period,
					   .sets = t->sets };
		atomic_init(&c->references, 1);
		for (unsigned k = 0; k < t->sets; k++) {
			c->count[k] = (uint8_t)t->set[k]->count;
		}
		memcpy(c->data, data, n);
	}
	explicit_bzero(data, n);
	free(data);
	if (c == NULL) {
		return ERR_NOMEM;
	}
	*out = c;
	return ERR_OK;
}

int finger_card_load(struct bytes iso, struct bytes extended, struct finger_card **out,
		     struct fault *fault)
{
	struct finger_template *t;
	int err = template_read_record(iso, extended, &t, fault);

	if (err == ERR_OK) {
		err = finger_card_make(t, out);
		finger_template_unref(t);
	}
	return err;
}

struct finger_card *finger_card_ref(struct finger_card *c)
{
	atomic_fetch_add_explicit(&c->references, 1, memory_order_relaxed);
	return c;
}

void finger_card_unref(struct finger_card *c)
{
	if (c == NULL || atomic_fetch_sub_explicit(&c->references, 1, memory_order_acq_rel) > 1) {
		return;
	}
	explicit_bzero(c->data, c->bytes);
	free(c);
}

static const uint8_t *points_unpack(struct template_set *s, unsigned n, const uint8_t *from)
{
	s->count = n;
	for (unsigned i = 0; i < n; i++, from += EACH) {
		struct template_point *p = &s->at[i];

		p->type = from[0] >> 6;
		p->x = (int16_t)((from[0] & 0x3f) << 8 | from[1]);
		p->y = (int16_t)(from[2] << 8 | from[3]);
		p->angle = from[4];
		p->quality = from[5];
	}
	return from;
}

static int flow_unpack(const struct finger_card *c, const uint8_t *from, struct template_flow *f)
{
	size_t cells = (size_t)c->columns * (size_t)c->rows;

	f->cell = calloc(cells + 1, 1);
	if (f->cell == NULL) {
		return ERR_NOMEM;
	}
	f->columns = c->columns;
	f->rows = c->rows;
	f->left = c->left;
	f->top = c->top;
	for (size_t i = 0; i < cells;) {
		f->cell[i] = *from++;
		i += f->cell[i] == 0 ? *from++ : 1;
	}
	return ERR_OK;
}

int finger_card_open(const struct finger_card *c, struct finger_template **out)
{
	const uint8_t *from = c->data;
	struct finger_template *t;
	int err = template_new(c->sets, c->count, &t);

	if (err != ERR_OK) {
		return err;
	}
	t->position = c->position;
	t->quality = c->quality;
	t->period = c->period;
	t->print = c->print;
	for (unsigned k = 0; k < c->sets; k++) {
		from = points_unpack(t->set[k], c->count[k], from);
	}
	if (c->sets == TEMPLATE_SETS) {
		err = flow_unpack(c, from, &t->flow);
	}
	if (err == ERR_OK) {
		err = template_complete(t);
	}
	if (err != ERR_OK) {
		finger_template_unref(t);
		return err;
	}
	*out = t;
	return ERR_OK;
}

/* The first set and the flow are enough: no private data of the second is unpacked. */
int finger_card_code(const struct finger_card *c, struct finger_code *out)
{
	const uint8_t *from = c->data;
	struct finger_template *t;
	int err = template_new(1, c->count, &t);

	if (err != ERR_OK) {
		return err;
	}
	from = points_unpack(t->set[0], c->count[0], from);
	if (c->sets == TEMPLATE_SETS) {
		err = flow_unpack(c, from + (size_t)c->count[1] * EACH, &t->flow);
	}
	if (err == ERR_OK) {
		err = template_sketch(t, CODE_POINTS);
	}
	if (err == ERR_OK) {
		code_make(t, out);
	}
	finger_template_unref(t);
	return err;
}

uint8_t finger_card_position(const struct finger_card *c)
{
	return c->position;
}

uint64_t finger_card_print(const struct finger_card *c)
{
	return c->print;
}

unsigned finger_card_references(const struct finger_card *c)
{
	return atomic_load_explicit(&c->references, memory_order_acquire);
}

size_t finger_card_bytes(const struct finger_card *c)
{
	return sizeof(*c) + c->bytes;
}
