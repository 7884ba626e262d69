/* The scan of one code, for code.c to include once for each variant.  The includer defines
 * LANES_NAME and LANES_VOTE (the two functions), LANES_TARGET (an attribute, or nothing) and
 * LANES_LOOKUP(out, table, index): out[i] = table[index[i]] for nibbles.  Lanes are the
 * code's minutiae; every operation is on whole numbers and none depends on their order. */

/* The most votes for one turn and shift, then the likeness of all pairs that ask for it. */
LANES_TARGET static unsigned LANES_VOTE(const struct code_pairs *pairs, unsigned count)
{
	lanes_u8 turn, x, y, like;
	lanes_u8 sum = { 0 };
	uint8_t votes[CODE_POINTS];
	unsigned first = 0;
	unsigned total = 0;

	memcpy(&turn, pairs->turn, sizeof(turn));
	memcpy(&x, pairs->x, sizeof(x));
	memcpy(&y, pairs->y, sizeof(y));
	memcpy(&like, pairs->like, sizeof(like));
	for (unsigned j = 0; j < count; j++) {
		if (pairs->like[j] > 0) {
			/* At most 7 from each of 32: no lane overflows. */
			sum += LANES_NEAR(j) & (uint8_t)(1 + pairs->like[j] / 16);
		}
	}
	sum &= (lanes_u8)(like > 0);
	memcpy(votes, &sum, sizeof(votes));
	for (unsigned j = 1; j < count; j++) {
		first = votes[j] > votes[first] ? j : first;
	}
	like &= LANES_NEAR(first);
	memcpy(votes, &like, sizeof(votes));
	for (unsigned j = 0; j < count; j++) {
		total += votes[j];
	}
	return total;
}

/* For each minutia of the code the most alike one of the probe, and where that pair asks
 * the probe's middle to be. */
LANES_TARGET static unsigned LANES_NAME(const struct code_probe *p, const struct finger_code *c)
{
	lanes_u8 nibble[CODE_SAMPLES];
	lanes_u8 angle;
	lanes_u8 who = { 0 };
	lanes_i8 best = (lanes_i8){ 0 } + (CODE_LEAST - 1);
	uint8_t partner[CODE_POINTS];
	struct code_pairs pairs;

	for (size_t k = 0; k < CODE_SAMPLES; k += 2) {
		lanes_u8 both;

		memcpy(&both, c->flow[k / 2], sizeof(both));
		nibble[k] = both & 15;
		nibble[k + 1] = (both >> 4) & 15;
	}
	memcpy(&angle, c->angle, sizeof(angle));
	for (unsigned i = 0; i < p->code.count; i++) {
		/* The other may be turned by a quarter each way: -64..64 as 0..128. */
		lanes_u8 turn = angle - p->code.angle[i] + CODE_TURN_MAX;
		lanes_i8 like = { 0 };
		lanes_i8 better;

#pragma GCC unroll 16
		for (size_t k = 0; k < CODE_SAMPLES; k++) {
			lanes_i8 v;

			LANES_LOOKUP(v, p->table[p->row[i][k]], nibble[k]);
			like += v;
		}
		better = (like > best) & (lanes_i8)(turn < CODE_TURNS);
		best = (best & ~better) | (like & better);
		who = (who & ~(lanes_u8)better) | ((uint8_t)i & (lanes_u8)better);
	}
	best &= (lanes_i8)(best >= CODE_LEAST);
	memcpy(partner, &who, sizeof(partner));
	memcpy(pairs.like, &best, sizeof(best));
	for (unsigned j = 0; j < CODE_POINTS; j++) {
		unsigned i = partner[j];
		uint8_t turn = (uint8_t)(c->angle[j] - p->code.angle[i] + CODE_TURN_MAX);

		/* A pair that is not alike has no vote: any turn in range will do. */
		turn = pairs.like[j] > 0 ? turn : 0;
		pairs.turn[j] = turn;
		pairs.x[j] = (uint8_t)((uint8_t)c->x[j] - p->turned_x[i][turn]);
		pairs.y[j] = (uint8_t)((uint8_t)c->y[j] - p->turned_y[i][turn]);
	}
	return LANES_VOTE(&pairs, c->count);
}

#undef LANES_NAME
#undef LANES_VOTE
#undef LANES_TARGET
#undef LANES_LOOKUP
