#include "synth/lattice.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/err.h"
#include "synth/maths.h"

int lattice_init(struct lattice *l, struct dice *d, int width, int height, float cell)
{
	l->per_pixel = 1.0F / cell;
	l->columns = (int)((float)width / cell) + 2;
	l->rows = (int)((float)height / cell) + 2;
	size_t n = (size_t)l->columns * (size_t)l->rows;

	l->at = calloc(n, sizeof *l->at);
	if (l->at == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		l->at[i] = dice_normal(d);
	}
	return ERR_OK;
}

void lattice_done(struct lattice *l)
{
	free(l->at);
	l->at = NULL;
}

float lattice_at(const struct lattice *l, float x, float y)
{
	x = maths_clamp(x * l->per_pixel, 0, (float)(l->columns - 1) - 0.001F);
	y = maths_clamp(y * l->per_pixel, 0, (float)(l->rows - 1) - 0.001F);
	int ix = (int)x;
	int iy = (int)y;
	float fx = x - (float)ix;
	float fy = y - (float)iy;
	const float *p = l->at + (ptrdiff_t)iy * l->columns + ix;

	fx = fx * fx * (3 - 2 * fx);
	fy = fy * fy * (3 - 2 * fy);
	float up = p[0] + fx * (p[1] - p[0]);
	float low = p[l->columns] + fx * (p[l->columns + 1] - p[l->columns]);

	return up + fy * (low - up);
}
