/* Angles as whole numbers, and the few functions of them, the same on every machine.
 *
 * A turn is 65536 steps ("fine") or 256 steps (bytes).  Angles run from +x towards +y; in
 * images y points down.  An orientation (a line without direction) is kept doubled: one
 * byte, 256 steps for 180 degrees, so that it wraps as a direction does.  No function of
 * the C library's mathematics is used, because these differ between libraries. */
#ifndef FINGER_ANGLE_H
#define FINGER_ANGLE_H

#include <stddef.h>
#include <stdint.h>

float angle_sin(uint16_t fine);
float angle_cos(uint16_t fine);
/* The direction of (x, y); 0 for (0, 0). */
uint16_t angle_of(float x, float y);
/* The same as a byte, rounded. */
uint8_t angle_byte(float x, float y);
/* The same for n of them, several at once. */
void angle_bytes(const float *x, const float *y, uint8_t *out, size_t n);
/* How far apart two byte angles are, 0..128. */
unsigned angle_apart(uint8_t a, uint8_t b);
/* A byte angle as a turn the shorter way, -128..127. */
int angle_signed(uint8_t a);
/* e to the power -x, for x >= 0; 0 beyond 16. */
float angle_decay(float x);
/* The nearest whole number, for what fits one. */
static inline int angle_round(float v)
{
	return v < 0 ? -(int)(0.5f - v) : (int)(v + 0.5f);
}

#endif
