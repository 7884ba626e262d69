/* After J.-P. Aumasson and D. J. Bernstein, "SipHash: a fast short-input PRF" (2012):
 * two rounds for each word of eight bytes, little-endian, four at the end; the last word
 * carries what is left of the input and, in its top byte, the length. */
#include "base/siphash.h"

struct state {
	uint64_t a, b, c, d; /* v0 to v3 of the paper */
};

static uint64_t little_endian(const uint8_t *p, size_t len)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len; i++) {
		v |= (uint64_t)p[i] << (8 * i);
	}
	return v;
}

static uint64_t turn(uint64_t v, unsigned bits)
{
	return v << bits | v >> (64 - bits);
}

static void sip_round(struct state *s)
{
	s->a += s->b;
	s->c += s->d;
	s->b = turn(s->b, 13) ^ s->a;
	s->d = turn(s->d, 16) ^ s->c;
	s->a = turn(s->a, 32) + s->d;
	s->c += s->b;
	s->d = turn(s->d, 21) ^ s->a;
	s->b = turn(s->b, 17) ^ s->c;
	s->c = turn(s->c, 32);
}

static void take_word(struct state *s, uint64_t word)
{
	s->d ^= word;
	sip_round(s);
	sip_round(s);
	s->a ^= word;
}

uint64_t siphash_24(const uint8_t key[SIPHASH_KEY_BYTES], const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t k0 = little_endian(key, 8);
	uint64_t k1 = little_endian(key + 8, 8);
	/* The constants spell "somepseudorandomlygeneratedbytes". */
	struct state s = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
			   k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573 };
	size_t left = len;

	for (; left >= 8; left -= 8, p += 8) {
		take_word(&s, little_endian(p, 8));
	}
	take_word(&s, little_endian(p, left) | (uint64_t)(len & 0xff) << 56);
	s.c ^= 0xff;
	for (int i = 0; i < 4; i++) {
		sip_round(&s);
	}
	return s.a ^ s.b ^ s.c ^ s.d;
}
