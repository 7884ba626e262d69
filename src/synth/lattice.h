/* A smooth random field: dice at the points of a square lattice, blended in between. */
#ifndef SYNTH_LATTICE_H
#define SYNTH_LATTICE_H

#include "synth/dice.h"

struct lattice {
	int columns;
	int rows;
	float per_pixel; /* lattice steps a pixel */
	float *at;       /* owned */
};

/* Cover width x height pixels, a point every cell (> 0) pixels.  ERR_NOMEM. */
int lattice_init(struct lattice *l, struct dice *d, int width, int height, float cell);
void lattice_done(struct lattice *l);
/* Mean 0, deviation about 0.7; places outside get the value at the edge. */
float lattice_at(const struct lattice *l, float x, float y);

#endif
