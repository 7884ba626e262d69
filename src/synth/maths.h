/* The few functions of mathematics that synth/ needs, with the same bits on every machine.
 *
 * The C library's own may differ in the last bit from version to version; a print must
 * not.  Only + - * / and comparisons are used, so IEEE 754 fixes every result (configure
 * forbids the compiler to fuse them).  The error
 * is below 2e-5, which is nothing for a finger. */
#ifndef SYNTH_MATHS_H
#define SYNTH_MATHS_H

#define MATHS_PI 3.14159265F

/* For |x| < 2^30. */
static inline float maths_floor(float x)
{
	float whole = (float)(int)x;

	return whole > x ? whole - 1.0F : whole;
}

static inline float maths_clamp(float x, float low, float high)
{
	if (x < low) {
		return low;
	}
	return x > high ? high : x;
}

/* 0 up to 0, 1 from 1 on, smooth between. */
static inline float maths_smooth(float x)
{
	x = maths_clamp(x, 0.0F, 1.0F);
	return x * x * (3.0F - 2.0F * x);
}

/* Radians. */
static inline float maths_sin(float x)
{
	float turns = x * (0.5F / MATHS_PI);
	float t = turns - maths_floor(turns + 0.5F); /* -0.5..0.5 of a turn */

	/* sin is symmetric about a quarter turn. */
	if (t > 0.25F) {
		t = 0.5F - t;
	} else if (t < -0.25F) {
		t = -0.5F - t;
	}
	float a = t * (2.0F * MATHS_PI);
	float b = a * a;

	return a * (1.0F +
		    b * (-1.0F / 6 + b * (1.0F / 120 + b * (-1.0F / 5040 + b * (1.0F / 362880)))));
}

static inline float maths_cos(float x)
{
	return maths_sin(x + MATHS_PI / 2);
}

/* The angle of (x, y), -pi..pi; 0 at the origin.  The polynomial is that of Abramowitz and
 * Stegun 4.4.49. */
static inline float maths_angle(float y, float x)
{
	float ax = x < 0 ? -x : x;
	float ay = y < 0 ? -y : y;
	float big = ax > ay ? ax : ay;

	if (big < 1e-20F) {
		return 0;
	}
	float q = (ax > ay ? ay : ax) / big;
	float s = q * q;
	float a = q * (0.9998660F +
		       s * (-0.3302995F + s * (0.1801410F + s * (-0.0851330F + s * 0.0208351F))));

	a = ay > ax ? MATHS_PI / 2 - a : a;
	a = x < 0 ? MATHS_PI - a : a;
	return y < 0 ? -a : a;
}

/* Square root of x >= 0 by Newton's steps, to about 1e-6 of it. */
static inline float maths_root(float x)
{
	if (x < 1e-20F) {
		return 0;
	}
	float r = 1.0F + x * 0.5F;
	int n = 0;

	do {
		r = 0.5F * (r + x / r);
	} while (++n < 24 && (r * r - x > x * 1e-6F));
	return r;
}

#endif
