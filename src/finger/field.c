#include "finger/field.h"

#include <math.h>
#include <string.h>

#include "base/err.h"
#include "finger/angle.h"

#define RADIUS_MAX 12 /* of a smoothing kernel, in blocks */

/* Sums of gradient products: twice the angle, and the energy. */
struct tensor {
	float a; /* gxx - gyy */
	float b; /* 2 gxy */
	float e; /* gxx + gyy */
};

int field_init(struct field *f, int width, int height, struct arena *arena)
{
	size_t n;

	f->columns = plane_blocks(width);
	f->rows = plane_blocks(height);
	n = (size_t)f->columns * (size_t)f->rows;
	f->theta = arena_take(arena, n, 4);
	if (f->theta == NULL) {
		return ERR_NOMEM;
	}
	f->coherence = f->theta + n;
	f->period = f->theta + 2 * n;
	f->mask = f->theta + 3 * n;
	return ERR_OK;
}

/* Gradients by Sobel's operator; the last rows and columns read the margin's zeroes, so
 * the outermost pixels are left out. */
static struct tensor block_tensor(const struct plane *p, int bx, int by)
{
	int x0 = bx * PLANE_BLOCK > 1 ? bx * PLANE_BLOCK : 1;
	int y0 = by * PLANE_BLOCK > 1 ? by * PLANE_BLOCK : 1;
	int x1 = (bx + 1) * PLANE_BLOCK < p->width - 1 ? (bx + 1) * PLANE_BLOCK : p->width - 1;
	int y1 = (by + 1) * PLANE_BLOCK < p->height - 1 ? (by + 1) * PLANE_BLOCK : p->height - 1;
	int32_t a = 0;
	int32_t b = 0;
	int32_t e = 0;

	for (int y = y0; y < y1; y++) {
		const int16_t *u = p->at + (y - 1) * p->stride;
		const int16_t *m = p->at + y * p->stride;
		const int16_t *d = p->at + (y + 1) * p->stride;

		for (int x = x0; x < x1; x++) {
			int gx =
			    u[x + 1] + 2 * m[x + 1] + d[x + 1] - u[x - 1] - 2 * m[x - 1] - d[x - 1];
			int gy = d[x - 1] + 2 * d[x] + d[x + 1] - u[x - 1] - 2 * u[x] - u[x + 1];

			gx /= 4; /* keeps 64 squares within 31 bits */
			gy /= 4;
			a += gx * gx - gy * gy;
			b += 2 * gx * gy;
			e += gx * gx + gy * gy;
		}
	}
	return (struct tensor){ (float)a, (float)b, (float)e };
}

/* The weighted sum of the tensors around place `at` of a line of them, `step` apart. */
static struct tensor blurred(const struct tensor *line, int at, int count, ptrdiff_t step,
			     const float *kernel, int radius)
{
	struct tensor t = { 0 };

	for (int k = -radius; k <= radius; k++) {
		float w = kernel[k < 0 ? -k : k];

		if (at + k >= 0 && at + k < count) {
			t.a += w * line[(at + k) * step].a;
			t.b += w * line[(at + k) * step].b;
			t.e += w * line[(at + k) * step].e;
		}
	}
	return t;
}

/* Blur a grid of tensors; out must not be in. */
static void blur(const struct tensor *in, struct tensor *out, struct tensor *half, int columns,
		 int rows, float deviation)
{
	float kernel[RADIUS_MAX + 1];
	int radius = (int)(2.5f * deviation + 0.5f);

	radius = radius > RADIUS_MAX ? RADIUS_MAX : radius;
	for (int i = 0; i <= radius; i++) {
		kernel[i] = angle_decay((float)(i * i) / (2 * deviation * deviation));
	}
	for (int i = 0; i < columns * rows; i++) {
		half[i] = blurred(&in[i - i % columns], i % columns, columns, 1, kernel, radius);
	}
	for (int i = 0; i < columns * rows; i++) {
		out[i] = blurred(&half[i % columns], i / columns, rows, columns, kernel, radius);
	}
}

int field_flow(struct field *f, const struct plane *p, float smooth, float coarse,
	       struct arena *arena)
{
	size_t n = (size_t)f->columns * (size_t)f->rows;
	struct tensor *t = arena_take(arena, n, sizeof(*t));
	struct tensor *fine = arena_take(arena, n, sizeof(*t));
	struct tensor *wide = arena_take(arena, n, sizeof(*t));
	struct tensor *half = arena_take(arena, n, sizeof(*t));

	if (t == NULL || fine == NULL || wide == NULL || half == NULL) {
		return ERR_NOMEM;
	}
	for (int i = 0; i < (int)n; i++) {
		t[i] = block_tensor(p, i % f->columns, i / f->columns);
	}
	blur(t, fine, half, f->columns, f->rows, smooth);
	blur(t, wide, half, f->columns, f->rows, 3 * smooth);
	for (size_t i = 0; i < n; i++) {
		float length = sqrtf(fine[i].a * fine[i].a + fine[i].b * fine[i].b);
		float share = wide[i].e > 0 ? coarse * fine[i].e / wide[i].e : 0;

		/* The ridge runs across the gradient: half a turn of the doubled angle. */
		f->theta[i] =
		    angle_byte(-(fine[i].a + share * wide[i].a), -(fine[i].b + share * wide[i].b));
		f->coherence[i] =
		    fine[i].e > 1.0f ? (uint8_t)(255.0f * length / (fine[i].e + 1)) : 0;
	}
	return ERR_OK;
}

int field_area(const struct field *f)
{
	int n = 0;

	for (int i = 0; i < f->columns * f->rows; i++) {
		n += f->mask[i];
	}
	return n;
}
