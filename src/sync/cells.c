#include "sync/cells.h"

#include <stdlib.h>
#include <string.h>

/* ---- a row ---- */

/* Whatever was said to go both ways is in the row; false when a list has closed some of it. */
static bool version_of(const struct shares *s, uint64_t *version)
{
	bool all = true;

	*version = 0;
	for (size_t i = 1; i < s->n; i++) {
		const struct share *h = &s->list[i];

		if (h->said_send && h->said_take) {
			*version += set_version(s->set, set_class(s->set, h->class_id));
			all = all && h->send && h->take;
		}
	}
	return all;
}

size_t cells_room(size_t n)
{
	size_t room = SKETCH_CELLS;

	while (room < n) {
		room *= 2;
	}
	return room;
}

int cells_extend(struct row *row, struct shares *shares, size_t n)
{
	uint64_t *cells;
	uint64_t version;

	if (n <= row->n) {
		return ERR_OK;
	}
	n = cells_room(n);
	if (!version_of(shares, &version) || (row->n > 0 && row->version != version)) {
		return ERR_STALE;
	}
	cells = realloc(row->cells, n * sizeof *cells);
	if (cells == NULL) {
		return ERR_NOMEM;
	}
	memset(cells + row->n, 0, (n - row->n) * sizeof *cells);
	for (size_t i = 1; i < shares->n; i++) {
		const struct share *h = &shares->list[i];

		if (h->said_send && h->said_take) {
			shares->work +=
			    set_sketch_cells(shares->set, set_class(shares->set, h->class_id),
					     cells + row->n, row->n, n);
		}
	}
	row->version = version;
	row->cells = cells;
	row->n = n;
	return ERR_OK;
}

void cells_drop(struct row *row)
{
	free(row->cells);
	*row = (struct row){ 0 };
}

/* ---- serving it ---- */

void cells_init(struct cells *c, struct shares *shares)
{
	*c = (struct cells){ .shares = shares };
}

void cells_stop(struct cells *c)
{
	cells_drop(&c->row);
	cells_init(c, c->shares);
}

static int extend(struct cells *c, size_t n)
{
	int rc = cells_extend(&c->row, c->shares, n);

	c->ended = rc == ERR_STALE;
	return rc == ERR_STALE ? ERR_OK : rc;
}

int cells_start(struct cells *c, size_t n)
{
	cells_stop(c);
	c->on = true;
	c->allowed = n;
	return extend(c, n);
}

void cells_close(struct cells *c)
{
	if (c->on) {
		cells_drop(&c->row);
		c->ended = true;
	}
}

int cells_grow(struct cells *c, const struct frame *f, struct fault *fault)
{
	struct wire w;
	bool bad = false;
	size_t n;

	wire_init(&w, f->content.data, f->content.len);
	n = frame_get_count(&w, &bad);
	if (bad || wire_left(&w) != 0) {
		return err_at(fault, ERR_MALFORMED, f->at, "grow");
	}
	if (!c->on) {
		return err_at(fault, ERR_STATE, f->at, "grow");
	}
	if (n == 0) {
		cells_stop(c);
		return ERR_OK;
	}
	if (n > SKETCH_MAX || n <= c->allowed) {
		return err_at(fault, ERR_LIMIT, f->at, "grow");
	}
	c->allowed = n;
	if (c->ended) {
		return ERR_OK;
	}
	return extend(c, n);
}

void cells_fill(struct cells *c, struct buf *out, size_t max)
{
	size_t end = c->row.n < c->allowed ? c->row.n : c->allowed;
	size_t begun;

	if (c->on && c->said < end && out->len + FRAME_HEAD + CELL_BYTES <= max) {
		begun = frame_begin(out, FRAME_CELLS);
		while (c->said < end && out->len + CELL_BYTES <= max) {
			buf_u64(out, c->row.cells[c->said++]);
		}
		frame_end(out, begun);
	}
	if (c->ended && !c->told && c->said >= end && out->len + FRAME_HEAD <= max) {
		frame_end(out, frame_begin(out, FRAME_CELLS));
		cells_drop(&c->row);
		c->told = true;
	}
}
