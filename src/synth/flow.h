/* How the ridges of a made-up finger run: their direction and distance at every place.
 *
 * Loops and deltas are the zeroes and poles of a complex function whose argument is twice
 * the ridges' direction (Sherlock and Monro); arches have none and follow a bent sheet.
 * Gentle waves make each finger its own.  Places are pixels at 500 ppi from the middle of
 * the finger, x to the right and y UP; angles turn counter-clockwise from +x. */
#ifndef SYNTH_FLOW_H
#define SYNTH_FLOW_H

#include <stdint.h>

#define FLOW_WAVES 3

enum flow_class {
	FLOW_LEFT_LOOP,
	FLOW_RIGHT_LOOP,
	FLOW_WHORL,
	FLOW_ARCH,
	FLOW_TENTED_ARCH,
	FLOW_CLASSES
};

struct flow_point {
	float x;
	float y;
};

struct flow_wave {
	float kx; /* radians a pixel */
	float ky;
	float phase;
	float turn;    /* radians of ridge direction */
	float stretch; /* part of the ridge period */
};

struct flow {
	enum flow_class class;
	unsigned points;            /* loops, and as many deltas: 0 for arches, 1, 2 for whorls */
	struct flow_point loop[2];  /* where ridges turn back (the upper cores) */
	struct flow_point delta[2]; /* where three flows meet */
	float axis[2];              /* the direction that each loop opens to */
	float narrow;               /* how long ridges of a loop stay side by side, 0..0.7 */
	float arch;                 /* steepest slope of an arch */
	float bend;                 /* how far a delta's flow lies down, 0..0.5 */
	float period;               /* pixels from ridge to ridge, mean */
	float size;                 /* 1: an average finger */
	struct flow_wave wave[FLOW_WAVES];
};

/* Half axes of an average finger's pad. */
#define FLOW_HALF_WIDTH  168.0F
#define FLOW_HALF_HEIGHT 216.0F

/* The finger of a seed; its class falls as often as in people. */
void flow_init(struct flow *f, uint64_t seed);
/* The ridges' direction, -pi/2..pi/2. */
float flow_angle(const struct flow *f, float x, float y);
/* Pixels from ridge to ridge, 5..14. */
float flow_period(const struct flow *f, float x, float y);
/* 1 in the middle of the pad, 0 at its rim, negative outside. */
float flow_inside(const struct flow *f, float x, float y);

#endif
