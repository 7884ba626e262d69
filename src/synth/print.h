/* Fingerprints of people who do not exist.
 *
 * A master is a whole finger: ridges grown from a seed, with pores and creases.  An
 * impression is one touch of it: somewhere, turned, stretched, too wet or too dry, on an
 * imperfect sensor.  The same seeds and parameters give the same bytes on every machine.
 * Nothing here comes from a real finger, and accuracy measured on it is no accuracy in the
 * field: it is for tests, demonstrations, speed, and the tail of the impostors. */
#ifndef SYNTH_PRINT_H
#define SYNTH_PRINT_H

#include <stdint.h>

#include "record/image.h"
#include "synth/flow.h"

#define SYNTH_SIDE_MIN 64U
#define SYNTH_SIDE_MAX 1024U

struct synth_master;

/* How far touches vary; synth_params_init sets all of it from one number. */
struct synth_params {
	uint32_t width; /* pixels at 500 ppi */
	uint32_t height;
	float rotation_deg;  /* at most this, either way */
	float shift_px;      /* deviation of the finger's place */
	float distortion_px; /* how far skin moves, at the worst places */
	float area;          /* smallest part of the pad's width that touches, 0.3..1 */
	float wetness;       /* deviation from dry (thin) to wet (thick), 0..1 */
	float grain;         /* ragged ridges, 0..1 */
	float noise;         /* the sensor's, in grey levels */
	float fade;          /* contrast that is lost, 0..0.8 */
	uint32_t scratches;  /* at most */
};

/* difficulty: 0 a good enrolment, 0.5 an ordinary post on an ordinary day, 1 hardly
 * usable; beyond it is cut. */
void synth_params_init(struct synth_params *p, float difficulty);
/* Grow the finger of a seed; given to the caller.  ERR_NOMEM. */
int synth_master_new(uint64_t seed, struct synth_master **m);
void synth_master_free(struct synth_master *m);
/* The flow that it grew along, borrowed. */
const struct flow *synth_master_flow(const struct synth_master *m);
/* One touch, dark ridges on light ground, 500 ppi; the image is given to the caller.
 * ERR_RANGE for parameters out of range, ERR_NOMEM. */
int synth_impression(const struct synth_master *m, uint64_t seed, const struct synth_params *p,
		     struct image *out);

#endif
