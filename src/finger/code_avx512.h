/* The pairs of one code with AVX-512, for code.c to include before code_lanes.h: the code's 32
 * minutiae against two of the probe's at once.  Lanes go by sixteens: the code's first half
 * with an even one of the probe's, with the odd one after it, then its second half. */

#define AVX512      __attribute__((target("avx512f,avx512bw,avx512vl")))
#define AVX512_ODD  0xffff0000ffff0000ULL
#define AVX512_STEP 4U /* minutiae of the probe for each load of a sample */

/* 32 bytes, each half of them twice. */
AVX512 static inline __m512i avx512_twice(const uint8_t *v)
{
	__m256i once = _mm256_loadu_si256((const void *)v);

	return _mm512_permutexvar_epi64(_mm512_set_epi64(3, 2, 3, 2, 1, 0, 1, 0),
					_mm512_castsi256_si512(once));
}

/* The best partner so far of each of the code's minutiae, among even and among odd ones. */
struct avx512_best {
	__m512i like;
	__m512i who;
};

AVX512 static inline void avx512_better(const struct code_probe *p, unsigned i, __m512i angle,
					__m512i like, struct avx512_best *best)
{
	const uint8_t *ours = p->code.angle + i;
	__m512i turn = _mm512_sub_epi8(angle, _mm512_mask_set1_epi8(_mm512_set1_epi8((char)ours[0]),
								    AVX512_ODD, (char)ours[1]));
	__mmask64 better = _mm512_cmpgt_epi8_mask(like, best->like);

	/* The other may be turned by a quarter each way: -64..64 as 0..128. */
	turn = _mm512_add_epi8(turn, _mm512_set1_epi8(CODE_TURN_MAX));
	better &= _mm512_cmplt_epu8_mask(turn, _mm512_set1_epi8((char)CODE_TURNS));
	better &= i + 1 < p->code.count ? UINT64_MAX : i < p->code.count ? ~AVX512_ODD : 0;
	best->like = _mm512_mask_mov_epi8(best->like, better, like);
	best->who = _mm512_mask_mov_epi8(
	    best->who, better,
	    _mm512_mask_set1_epi8(_mm512_set1_epi8((char)i), AVX512_ODD, (char)(i + 1)));
}

/* The better of even and odd, equal ones by number as when they are taken in turn. */
AVX512 static inline void avx512_settle(const struct avx512_best *best, uint8_t *partner,
					uint8_t *likeness)
{
	const __m512i sorted = _mm512_set_epi64(7, 6, 3, 2, 5, 4, 1, 0);
	__m512i like = _mm512_permutexvar_epi64(sorted, best->like);
	__m512i who = _mm512_permutexvar_epi64(sorted, best->who);
	__m256i even = _mm512_castsi512_si256(like);
	__m256i odd = _mm512_extracti64x4_epi64(like, 1);
	__m256i who_even = _mm512_castsi512_si256(who);
	__m256i who_odd = _mm512_extracti64x4_epi64(who, 1);
	__mmask32 take =
	    _mm256_cmpgt_epi8_mask(odd, even) |
	    (_mm256_cmpeq_epi8_mask(odd, even) & _mm256_cmplt_epu8_mask(who_odd, who_even));

	even = _mm256_mask_mov_epi8(even, take, odd);
	who_even = _mm256_mask_mov_epi8(who_even, take, who_odd);
	take = _mm256_cmpge_epi8_mask(even, _mm256_set1_epi8(CODE_LEAST));
	_mm256_storeu_si256((void *)likeness, _mm256_maskz_mov_epi8(take, even));
	_mm256_storeu_si256((void *)partner, who_even);
}

/* What the variants of code_lanes.h call pair: all of the code at once, so from is 0. */
AVX512 static void avx512_pair(const struct code_probe *p, const struct finger_code *c,
			       unsigned from, uint8_t *partner, uint8_t *likeness)
{
	const __m512i low = _mm512_set1_epi8(15);
	struct avx512_best best = { _mm512_set1_epi8(CODE_LEAST - 1), _mm512_setzero_si512() };
	__m512i angle = avx512_twice(c->angle);
	__m512i nibble[CODE_SAMPLES];

	(void)from;
	for (size_t k = 0; k < CODE_SAMPLES; k += 2) {
		__m512i both = avx512_twice(c->flow[k / 2]);

		nibble[k] = _mm512_and_si512(both, low);
		nibble[k + 1] = _mm512_and_si512(_mm512_srli_epi16(both, 4), low);
	}
	for (unsigned i = 0; i < p->code.count; i += AVX512_STEP) {
		__m512i like[AVX512_STEP / 2] = { _mm512_setzero_si512(), _mm512_setzero_si512() };

#pragma GCC unroll 16
		for (size_t k = 0; k < CODE_SAMPLES; k++) {
#pragma GCC unroll 2
			for (unsigned a = 0; a < AVX512_STEP / 2; a++) {
				const void *row = p->table[i / 2 + a][k];
				__m512i two = _mm512_broadcast_i64x4(_mm256_load_si256(row));

				like[a] =
				    _mm512_add_epi8(like[a], _mm512_shuffle_epi8(two, nibble[k]));
			}
		}
		avx512_better(p, i, angle, like[0], &best);
		avx512_better(p, i + 2, angle, like[1], &best);
	}
	avx512_settle(&best, partner, likeness);
}
