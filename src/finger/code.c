#include "finger/code.h"

#include <stdlib.h>
#include <string.h>

#include "finger/angle.h"
#include "finger/code_probe.h"
#include "finger/template.h"
#include "finger/work.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define STEPS 15 /* of an orientation */

/* Every second sample of the template's four circles. */
static const uint8_t circle_ends[CODE_CIRCLES] = { 4, 11, 20, 32 };

/* Bits of evidence for the same place, by circle and by how many steps the flow differs:
 * measured on the development sets, cut so that 32 samples fit eight bits. */
static const int8_t evidence[CODE_CIRCLES][STEPS / 2 + 1] = {
	{ 1, -1, -3, -4, -4, -3, -3, -3 },
	{ 2, 0, -4, -4, -4, -4, -4, -4 },
	{ 2, 0, -3, -4, -4, -4, -4, -4 },
	{ 3, 1, -3, -4, -4, -4, -4, -4 },
};

static unsigned circle_of(unsigned sample)
{
	unsigned c = 0;

	while (sample >= circle_ends[c]) {
		c++;
	}
	return c;
}

static int8_t place(int pixels)
{
	int v = (pixels + (pixels < 0 ? -1 : 1)) / CODE_PIXELS;

	return (int8_t)(v > INT8_MAX ? INT8_MAX : v < INT8_MIN ? INT8_MIN : v);
}

void code_make(const struct finger_template *t, struct finger_code *out)
{
	const struct template_set *set = t->set[0];
	unsigned n = set->count < CODE_POINTS ? set->count : CODE_POINTS;
	int cx = 0;
	int cy = 0;

	memset(out, 0, sizeof(*out));
	memset(out->flow, 0xff, sizeof(out->flow));
	out->count = (uint8_t)n;
	for (unsigned i = 0; i < n; i++) {
		cx += set->at[i].x;
		cy += set->at[i].y;
	}
	for (unsigned i = 0; i < n; i++) {
		const struct template_point *p = &set->at[i];

		WORK(2 * CODE_SAMPLES);
		out->angle[i] = p->angle;
		out->x[i] = place(p->x - cx / (int)n);
		out->y[i] = place(p->y - cy / (int)n);
		for (unsigned k = 0; k < CODE_SAMPLES; k++) {
			uint8_t v = p->flow[k * TEMPLATE_SAMPLES / CODE_SAMPLES];
			unsigned nibble = v & 1 ? (v >> 1) * STEPS / 128U : CODE_UNKNOWN;
			uint8_t *to = &out->flow[k / 2][i];

			*to = (uint8_t)(k % 2 == 0 ? (*to & 0xf0U) | nibble
						   : (*to & 0x0fU) | nibble << 4);
		}
	}
}

/* What the other's value of a sample says, given ours. */
static void fill_row(unsigned circle, unsigned ours, int8_t row[CODE_NIBBLES])
{
	for (unsigned u = 0; u < STEPS && ours < STEPS; u++) {
		unsigned d = u > ours ? u - ours : ours - u;

		row[u] = evidence[circle][d > STEPS / 2 ? STEPS - d : d];
	}
}

static void fill_table(struct code_probe *p)
{
	for (unsigned i = 0; i < p->code.count; i++) {
		for (unsigned k = 0; k < CODE_SAMPLES; k++) {
			uint8_t both = p->code.flow[k / 2][i];

			fill_row(circle_of(k), k % 2 == 0 ? both & 15U : both >> 4,
				 p->table[i / 2][k][i % 2]);
		}
	}
}

static void turn_places(struct code_probe *p)
{
	for (int t = 0; t < CODE_TURNS; t++) {
		uint16_t fine = (uint16_t)((t - CODE_TURN_MAX) * 256);
		float co = angle_cos(fine);
		float si = angle_sin(fine);

		for (unsigned i = 0; i < p->code.count; i++) {
			float x = p->code.x[i];
			float y = p->code.y[i];

			p->turned_x[i][t] = (uint8_t)angle_round(co * x - si * y);
			p->turned_y[i][t] = (uint8_t)angle_round(si * x + co * y);
		}
	}
}

int code_probe_new(const struct finger_code *c, struct code_probe **out)
{
	struct code_probe *p = aligned_alloc(CODE_ALIGN, sizeof(*p));

	if (p == NULL) {
		return ERR_NOMEM;
	}
	memset(p, 0, sizeof(*p));
	p->code = *c;
	fill_table(p);
	turn_places(p);
	*out = p;
	return ERR_OK;
}

void code_probe_free(struct code_probe *p)
{
	if (p != NULL) {
		explicit_bzero(p, sizeof(*p));
	}
	free(p);
}

#define LANES         16
#define LANES_NAME(x) plain_##x
#define LANES_TARGET
#define PICK(t, i, k) (t)[(i)[k]], (t)[(i)[(k) + 1]], (t)[(i)[(k) + 2]], (t)[(i)[(k) + 3]]
#define LANES_LOOKUP(out, table, index)                                                            \
	((out) = (plain_i8){ PICK(table, index, 0), PICK(table, index, 4), PICK(table, index, 8),  \
			     PICK(table, index, 12) })
#include "finger/code_lanes.h"

#if defined(__aarch64__)

#define LANES         16
#define LANES_NAME(x) neon_##x
#define LANES_TARGET
#define LANES_LOOKUP(out, table, index)                                                            \
	((out) = (neon_i8)vqtbl1q_s8(vld1q_s8(table), (uint8x16_t)(index)))
#include "finger/code_lanes.h"

#endif

#if defined(__x86_64__)

#define LANES         16
#define LANES_NAME(x) ssse3_##x
#define LANES_TARGET  __attribute__((target("ssse3")))
#define LANES_LOOKUP(out, table, index)                                                            \
	((out) =                                                                                   \
	     (ssse3_i8)_mm_shuffle_epi8(_mm_load_si128((const void *)(table)), (__m128i)(index)))
#include "finger/code_lanes.h"

#define LANES         32
#define LANES_NAME(x) avx2_##x
#define LANES_TARGET  __attribute__((target("avx2")))
#define LANES_LOOKUP(out, table, index)                                                            \
	((out) = (avx2_i8)_mm256_shuffle_epi8(                                                     \
	     _mm256_broadcastsi128_si256(_mm_load_si128((const void *)(table))),                   \
	     (__m256i)(index)))
#include "finger/code_lanes.h"

#include "finger/code_avx512.h"
#define LANES         32
#define LANES_NAME(x) avx512_##x
#define LANES_TARGET  AVX512
#define LANES_HAS_PAIR
#include "finger/code_lanes.h"

#endif

/* What this build knows, by variant; NULL for what it does not. */
typedef unsigned look_fn(const struct code_probe *p, const struct finger_code *c);
static look_fn *const variants[CODE_VARIANTS] = {
	[CODE_PLAIN] = plain_alike,
#if defined(__aarch64__)
	[CODE_NEON] = neon_alike,
#elif defined(__x86_64__)
	[CODE_SSSE3] = ssse3_alike,
	[CODE_AVX2] = avx2_alike,
	[CODE_AVX512] = avx512_alike,
#endif
};

int code_has(enum code_variant v)
{
#if defined(__x86_64__)
	if (v == CODE_SSSE3) {
		return __builtin_cpu_supports("ssse3") != 0;
	}
	if (v == CODE_AVX2) {
		return __builtin_cpu_supports("avx2") != 0;
	}
	if (v == CODE_AVX512) {
		/* VBMI is not used: processors without it lower their clock for wide vectors. */
		return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
		       __builtin_cpu_supports("avx512vbmi");
	}
#endif
	return v < CODE_VARIANTS && variants[v] != NULL;
}

unsigned code_alike_by(enum code_variant v, const struct code_probe *p, const struct finger_code *c)
{
	return variants[v](p, c);
}

unsigned code_alike(const struct code_probe *p, const struct finger_code *c)
{
	enum code_variant v = CODE_VARIANTS - 1;

	while (!code_has(v)) {
		v--;
	}
	return variants[v](p, c);
}
