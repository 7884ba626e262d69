#include "finger/code.h"

#include <stdlib.h>
#include <string.h>

#include "finger/angle.h"
#include "finger/code_probe.h"
#include "finger/template.h"
#include "finger/work.h"

#if defined(__x86_64__)
#include <immintrin.h>
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

static void fill_table(struct code_probe *p)
{
	for (unsigned c = 0; c < CODE_CIRCLES; c++) {
		for (unsigned v = 0; v < STEPS; v++) {
			for (unsigned u = 0; u < STEPS; u++) {
				unsigned d = u > v ? u - v : v - u;

				d = d > STEPS / 2 ? STEPS - d : d;
				p->table[c * CODE_NIBBLES + v][u] = evidence[c][d];
			}
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
	for (unsigned i = 0; i < c->count; i++) {
		for (unsigned k = 0; k < CODE_SAMPLES; k++) {
			unsigned v = k % 2 == 0 ? c->flow[k / 2][i] & 15U : c->flow[k / 2][i] >> 4;

			p->row[i][k] = (uint8_t)(circle_of(k) * CODE_NIBBLES + v);
		}
	}
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

int code_has(enum code_variant v)
{
	switch (v) {
	case CODE_PLAIN:
		return 1;
	case CODE_SSSE3:
		return __builtin_cpu_supports("ssse3") != 0;
	case CODE_AVX2:
		return __builtin_cpu_supports("avx2") != 0;
	case CODE_VARIANTS:
	default:
		return 0;
	}
}

unsigned code_alike_by(enum code_variant v, const struct code_probe *p, const struct finger_code *c)
{
	if (v == CODE_AVX2) {
		return avx2_alike(p, c);
	}
	return v == CODE_SSSE3 ? ssse3_alike(p, c) : plain_alike(p, c);
}

#else

int code_has(enum code_variant v)
{
	return v == CODE_PLAIN;
}

unsigned code_alike_by(enum code_variant v, const struct code_probe *p, const struct finger_code *c)
{
	(void)v;
	return plain_alike(p, c);
}

#endif

unsigned code_alike(const struct code_probe *p, const struct finger_code *c)
{
	enum code_variant v = CODE_AVX2;

	while (!code_has(v)) {
		v--;
	}
	return code_alike_by(v, p, c);
}
