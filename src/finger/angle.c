#include "finger/angle.h"

#include <string.h>

#define QUARTER 16384
#define HALF    32768

/* Arc tangent on 0..1 by a polynomial, off by 1e-5 radian at most. */
#define ATAN_1 0.9998660f
#define ATAN_3 (-0.3302995f)
#define ATAN_5 0.1801410f
#define ATAN_7 (-0.0851330f)
#define ATAN_9 0.0208351f

/* Taylor's series to x^9: off by less than 4e-6 in a quarter turn. */
static float sine(int32_t fine)
{
	float x = (float)fine * (3.14159265f / (float)HALF);
	float q = x * x;

	return x * (1.0f +
		    q * (-1.0f / 6 + q * (1.0f / 120 + q * (-1.0f / 5040 + q * (1.0f / 362880)))));
}

float angle_sin(uint16_t fine)
{
	int32_t s = fine;

	if (s >= HALF) {
		s -= 2 * HALF;
	}
	if (s > QUARTER) {
		s = HALF - s;
	} else if (s < -QUARTER) {
		s = -HALF - s;
	}
	return sine(s);
}

float angle_cos(uint16_t fine)
{
	return angle_sin((uint16_t)(fine + QUARTER));
}

uint16_t angle_of(float x, float y)
{
	float ax = x < 0 ? -x : x;
	float ay = y < 0 ? -y : y;
	float r, q, a;

	if (ax + ay <= 0) {
		return 0;
	}
	r = ax > ay ? ay / ax : ax / ay;
	q = r * r;
	a = r * (ATAN_1 + q * (ATAN_3 + q * (ATAN_5 + q * (ATAN_7 + q * ATAN_9))));
	a *= (float)HALF / 3.14159265f;
	if (ay > ax) {
		a = (float)QUARTER - a;
	}
	if (x < 0) {
		a = (float)HALF - a;
	}
	if (y < 0) {
		a = 2.0f * (float)HALF - a;
	}
	return (uint16_t)(uint32_t)(a + 0.5f);
}

uint8_t angle_byte(float x, float y)
{
	return (uint8_t)((angle_of(x, y) + 128U) >> 8);
}

typedef float floats __attribute__((vector_size(16)));
typedef int32_t ints __attribute__((vector_size(16)));

static floats choose(ints mask, floats yes, floats no)
{
	return (floats)(((ints)yes & mask) | ((ints)no & ~mask));
}

/* angle_byte() in four lanes: the same operations in the same order. */
static ints four_bytes(floats x, floats y)
{
	floats zero = { 0 };
	floats ax = choose(x < zero, -x, x);
	floats ay = choose(y < zero, -y, y);
	ints nothing = ax + ay <= zero;
	ints steep = ay > ax;
	floats r = choose(steep, ax, ay) / choose(nothing, zero + 1.0f, choose(steep, ay, ax));
	floats q = r * r;
	floats a = r * (ATAN_1 + q * (ATAN_3 + q * (ATAN_5 + q * (ATAN_7 + q * ATAN_9))));
	ints fine;

	a *= (float)HALF / 3.14159265f;
	a = choose(steep, (float)QUARTER - a, a);
	a = choose(x < zero, (float)HALF - a, a);
	a = choose(y < zero, 2.0f * (float)HALF - a, a);
	fine = __builtin_convertvector(a + 0.5f, ints) & 0xffff & ~nothing;
	return ((fine + 128) >> 8) & 0xff;
}

void angle_bytes(const float *x, const float *y, uint8_t *out, size_t n)
{
	size_t i = 0;

	for (; i + 4 <= n; i += 4) {
		floats u, v;
		ints b;

		memcpy(&u, x + i, sizeof(u));
		memcpy(&v, y + i, sizeof(v));
		b = four_bytes(u, v);
		for (size_t k = 0; k < 4; k++) {
			out[i + k] = (uint8_t)b[k];
		}
	}
	for (; i < n; i++) {
		out[i] = angle_byte(x[i], y[i]);
	}
}

unsigned angle_apart(uint8_t a, uint8_t b)
{
	unsigned d = (uint8_t)(a - b);

	return d > 128 ? 256 - d : d;
}

int angle_signed(uint8_t a)
{
	return a < 128 ? a : (int)a - 256;
}

float angle_decay(float x)
{
	float r;

	if (x > 16.0f) {
		return 0;
	}
	/* Taylor's series at x / 64, then squared six times. */
	r = x / 64.0f;
	r = 1.0f - r * (1.0f - r * (0.5f - r * (1.0f / 6 - r / 24)));
	for (int i = 0; i < 6; i++) {
		r *= r;
	}
	return r;
}
