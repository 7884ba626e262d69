/* The scan of one code, for code.c to include once for each variant.  The includer defines
 * LANES (how many bytes a vector has), LANES_NAME(x) (a name of the variant's own),
 * LANES_TARGET (an attribute, or nothing) and LANES_LOOKUP(out, table, index), which sets
 * out[i] = table[index[i]] for nibbles; LANES_HAS_PAIR if it has a pair() of its own.  Lanes
 * are the code's minutiae; every operation is on whole numbers and none depends on their
 * order. */

typedef uint8_t LANES_NAME(u8) __attribute__((vector_size(LANES)));
typedef int8_t LANES_NAME(i8) __attribute__((vector_size(LANES)));

/* Lanes of the pairs from the given one on that agree with the j-th. */
LANES_TARGET static inline void LANES_NAME(near)(const struct code_pairs *pairs, unsigned from,
						 unsigned j, LANES_NAME(u8) * out)
{
	LANES_NAME(u8) turn, x, y;

	memcpy(&turn, pairs->turn + from, sizeof(turn));
	memcpy(&x, pairs->x + from, sizeof(x));
	memcpy(&y, pairs->y + from, sizeof(y));
	/* Off either way, as numbers that wrap. */
	turn = turn - pairs->turn[j] + CODE_TURN_OFF;
	x = x - pairs->x[j] + CODE_OFF;
	y = y - pairs->y[j] + CODE_OFF;
	*out = (LANES_NAME(u8))(turn <= 2 * CODE_TURN_OFF) & (LANES_NAME(u8))(x <= 2 * CODE_OFF) &
	       (LANES_NAME(u8))(y <= 2 * CODE_OFF);
}

/* The most votes for one turn and shift, then the likeness of all pairs that ask for it. */
LANES_TARGET static unsigned LANES_NAME(vote)(const struct code_pairs *pairs, unsigned count)
{
	uint8_t votes[CODE_POINTS];
	LANES_NAME(u8) like, near;
	unsigned first = 0;
	unsigned total = 0;

	for (unsigned from = 0; from < count; from += LANES) {
		LANES_NAME(u8) sum = { 0 };

		WORK(2 * count);
		for (unsigned j = 0; j < count; j++) {
			/* At most 7 from each of 32: no lane overflows. */
			LANES_NAME(near)(pairs, from, j, &near);
			sum += near & (uint8_t)(1 + pairs->like[j] / 16);
		}
		memcpy(votes + from, &sum, sizeof(sum));
	}
	for (unsigned j = 1; j < count; j++) {
		first = votes[j] > votes[first] ? j : first;
	}
	for (unsigned from = 0; from < count; from += LANES) {
		LANES_NAME(near)(pairs, from, first, &near);
		memcpy(&like, pairs->like + from, sizeof(like));
		like &= near;
		memcpy(votes + from, &like, sizeof(like));
	}
	for (unsigned j = 0; j < count; j++) {
		total += votes[j];
	}
	return total;
}

#ifndef LANES_HAS_PAIR
/* For each minutia of the code from the given one on the most alike one of the probe. */
LANES_TARGET static void LANES_NAME(pair)(const struct code_probe *p, const struct finger_code *c,
					  unsigned from, uint8_t *partner, uint8_t *likeness)
{
	LANES_NAME(u8) nibble[CODE_SAMPLES];
	LANES_NAME(u8) angle;
	LANES_NAME(u8) who = { 0 };
	LANES_NAME(i8) best = (LANES_NAME(i8)){ 0 } + (CODE_LEAST - 1);

	for (size_t k = 0; k < CODE_SAMPLES; k += 2) {
		LANES_NAME(u8) both;

		memcpy(&both, c->flow[k / 2] + from, sizeof(both));
		nibble[k] = both & 15;
		nibble[k + 1] = (both >> 4) & 15;
	}
	memcpy(&angle, c->angle + from, sizeof(angle));
	for (unsigned i = 0; i < p->code.count; i += CODE_STEP) {
		LANES_NAME(i8) like[CODE_STEP] = { { 0 } };

		WORK(CODE_SAMPLES / 4);
#pragma GCC unroll 16
		for (size_t k = 0; k < CODE_SAMPLES; k++) {
#pragma GCC unroll 8
			for (unsigned a = 0; a < CODE_STEP; a++) {
				LANES_NAME(i8) v;

				LANES_LOOKUP(v, p->table[(i + a) / 2][k][(i + a) % 2], nibble[k]);
				like[a] += v;
			}
		}
#pragma GCC unroll 8
		for (unsigned a = 0; a < CODE_STEP; a++) {
			/* The other may be turned by a quarter each way: -64..64 as 0..128. */
			LANES_NAME(u8) turn = angle - p->code.angle[i + a] + CODE_TURN_MAX;
			LANES_NAME(i8)
			better = (like[a] > best) & (LANES_NAME(i8))(turn < CODE_TURNS);

			better &= (int8_t) - (i + a < p->code.count);
			best = (best & ~better) | (like[a] & better);
			who = (who & ~(LANES_NAME(u8))better) |
			      ((uint8_t)(i + a) & (LANES_NAME(u8))better);
		}
	}
	best &= (LANES_NAME(i8))(best >= CODE_LEAST);
	memcpy(partner + from, &who, sizeof(who));
	memcpy(likeness + from, &best, sizeof(best));
}
#endif

LANES_TARGET static unsigned LANES_NAME(alike)(const struct code_probe *p,
					       const struct finger_code *c)
{
	uint8_t partner[CODE_POINTS];
	uint8_t likeness[CODE_POINTS];
	struct code_pairs pairs = { .like = { 0 } };
	unsigned n = 0;

	for (unsigned from = 0; from < CODE_POINTS; from += LANES) {
		LANES_NAME(pair)(p, c, from, partner, likeness);
	}
	/* Those that are alike move up, in their order; without a branch, it cannot be foreseen. */
	for (unsigned j = 0; j < c->count; j++) {
		unsigned i = partner[j];
		uint8_t turn = (uint8_t)(c->angle[j] - p->code.angle[i] + CODE_TURN_MAX);

		/* Without likeness any turn in range will do. */
		turn = likeness[j] > 0 ? turn : 0;
		pairs.like[n] = likeness[j];
		pairs.turn[n] = turn;
		pairs.x[n] = (uint8_t)((uint8_t)c->x[j] - p->turned_x[i][turn]);
		pairs.y[n] = (uint8_t)((uint8_t)c->y[j] - p->turned_y[i][turn]);
		n += likeness[j] > 0;
	}
	return LANES_NAME(vote)(&pairs, n);
}

#undef LANES
#undef LANES_NAME
#undef LANES_TARGET
#undef LANES_LOOKUP
#undef LANES_HAS_PAIR
