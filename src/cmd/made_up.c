#include "cmd/made_up.h"

#include <assert.h>
#include <stdlib.h>

#include "base/err.h"
#include "finger/extended.h"
#include "record/fmr.h"
#include "synth/dice.h"
#include "synth/minutiae.h"

_Static_assert(SYNTH_CELL == EXTENDED_CELL, "cells of the flow are those of the private data");
_Static_assert(SYNTH_CELLS <= EXTENDED_CELLS_MAX, "the flow fits");

/* The same print as private data hold it: angles clockwise, nothing of the record's. */
static int write_private(const struct synth_private *p, struct bytes iso, struct buf *out)
{
	struct extended *e = calloc(1, sizeof(*e));
	int err = ERR_NOMEM;

	if (e != NULL) {
		e->period = p->period;
		e->flow.columns = p->columns;
		e->flow.rows = p->rows;
		for (unsigned i = 0; i < (unsigned)p->columns * p->rows; i++) {
			e->flow.cell[i] = p->cell[i];
		}
		for (unsigned i = 0; i < p->count && i < MINUTIAE_MAX; i++) {
			const struct fmr_minutia *m = &p->minutia[i];

			e->second.at[e->second.count++] = (struct minutia){
				.x = (int16_t)m->x,
				.y = (int16_t)m->y,
				.angle = (uint8_t)(0U - m->angle),
				.type = m->type,
				.quality = m->quality,
			};
		}
		err = extended_write(e, iso, out);
	}
	free(e);
	return err;
}

uint64_t made_up_seed(uint64_t collection, uint64_t index)
{
	return dice_mix(collection ^ dice_mix(index));
}

int made_up_records(const struct made_up *m, struct buf *iso, struct buf *extended)
{
	struct fmr *view = malloc(sizeof(*view));
	struct synth_private *more = malloc(sizeof(*more));
	int err = ERR_NOMEM;

	assert(iso->len == 0);
	if (view != NULL && more != NULL) {
		synth_template(m->finger, m->touch, m->difficulty, view, more);
		view->position = m->position;
		err = fmr_write(view, 1, FMR_ISO_2005, iso);
	}
	if (err == ERR_OK && extended != NULL) {
		err = write_private(more, buf_bytes(iso), extended);
	}
	free(view);
	free(more);
	return err;
}

int made_up_template(const struct made_up *m, bool private_data, struct finger_template **out)
{
	struct buf iso = { 0 };
	struct buf extended = { 0 };
	int err = made_up_records(m, &iso, private_data ? &extended : NULL);

	if (err == ERR_OK) {
		err = finger_template_load(buf_bytes(&iso), buf_bytes(&extended), out, NULL);
	}
	buf_done(&iso);
	buf_done(&extended);
	return err;
}
