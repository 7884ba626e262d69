/* What a prepared template holds.  For finger/ and for the first stage of match/ only. */
#ifndef FINGER_TEMPLATE_H
#define FINGER_TEMPLATE_H

#include <stdatomic.h>
#include <stdint.h>

#include "finger/finger.h"
#include "finger/minutiae.h"

#define TEMPLATE_KEPT       96 /* minutiae of a set that are compared */
#define TEMPLATE_SAMPLES    64 /* of the flow around a minutia */
#define TEMPLATE_NEIGHBOURS 8
#define TEMPLATE_SETS       2

struct template_point {
	int16_t x; /* pixels at 500 ppi */
	int16_t y;
	uint8_t angle;
	uint8_t type;
	uint8_t quality;
	uint8_t neighbours;
	/* The nearest others: their places in the minutia's own frame, their directions relative
	 * to its own.  Those that are missing stand at (127, 127), far from any other. */
	int8_t near_x[TEMPLATE_NEIGHBOURS];
	int8_t near_y[TEMPLATE_NEIGHBOURS];
	uint8_t near_turn[TEMPLATE_NEIGHBOURS];
	/* Flow around the minutia, relative to its angle: the upper seven bits, and a one in
	 * the lowest where it is known. */
	uint8_t flow[TEMPLATE_SAMPLES];
};

struct template_set {
	unsigned count;
	struct template_point at[]; /* best first */
};

/* Flow in cells of 16 pixels; 0 is not known. */
struct template_flow {
	int columns;
	int rows;
	int left; /* pixels */
	int top;
	uint8_t *cell; /* owned */
};

struct finger_template {
	atomic_uint references;
	uint8_t position;
	uint8_t quality;
	uint8_t period; /* sixteenths of a pixel, 0: not known */
	uint8_t sets;   /* 1, or 2 with extended data */
	uint64_t print; /* hash of what was read: gives pairs an order */
	struct template_flow flow;
	struct template_set *set[TEMPLATE_SETS]; /* owned */
};

/* Room for so many minutiae in each set, none there yet; given to the caller.  ERR_NOMEM. */
int template_new(unsigned sets, const uint8_t room[TEMPLATE_SETS], struct finger_template **out);
/* What stands in a record and its private data, both untrusted, and nothing that follows from
 * it; given to the caller.  Errors as of finger_template_load(). */
int template_read_record(struct bytes iso, struct bytes extended, struct finger_template **out,
			 struct fault *fault);
/* What follows from the minutiae's places and, with two sets, the flow: the flow itself with
 * one set, then the surroundings of each minutia.  ERR_NOMEM. */
int template_complete(struct finger_template *t);
/* Only the flow around so many minutiae of the first set: what a code is made of.  The flow
 * itself is taken as it is where there is one.  ERR_NOMEM. */
int template_sketch(struct finger_template *t, unsigned points);

#endif
