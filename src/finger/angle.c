#include "finger/angle.h"

#define QUARTER 16384
#define HALF    32768

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
	/* Arc tangent on 0..1 by a polynomial, off by 1e-5 radian at most. */
	a = r * (0.9998660f +
		 q * (-0.3302995f + q * (0.1801410f + q * (-0.0851330f + q * 0.0208351f))));
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

int angle_round(float v)
{
	return v < 0 ? -(int)(0.5f - v) : (int)(v + 0.5f);
}
