#include "sim/chance.h"

#include <string.h>

#include <sodium.h>

#define MILLION 1000000U

static uint64_t *in_use;

uint64_t chance_next(uint64_t *stream)
{
	uint64_t z;

	*stream += 0x9e3779b97f4a7c15ULL; /* splitmix64 */
	z = *stream;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

uint64_t chance_below(uint64_t *stream, uint64_t n)
{
	return chance_next(stream) % n;
}

bool chance_ppm(uint64_t *stream, uint64_t ppm)
{
	return ppm > 0 && chance_next(stream) % MILLION < ppm;
}

uint64_t chance_stream(uint64_t seed, uint64_t n)
{
	uint64_t a = seed;
	uint64_t b = n ^ 0x5851f42d4c957f2dULL;

	return chance_next(&a) ^ chance_next(&b);
}

static void fill(void *const buf, const size_t len)
{
	uint8_t *out = buf;

	for (size_t at = 0; at < len; at += sizeof(uint64_t)) {
		uint64_t word = chance_next(in_use);
		size_t some = len - at < sizeof word ? len - at : sizeof word;

		memcpy(out + at, &word, some);
	}
}

static uint32_t number(void)
{
	return (uint32_t)chance_next(in_use);
}

static const char *name(void)
{
	return "chance";
}

bool chance_use(uint64_t *stream)
{
	static struct randombytes_implementation implementation = {
		.implementation_name = name,
		.random = number,
		.buf = fill,
	};
	static bool started;
	static uint64_t starting;

	if (!started) { /* what starting takes is not the stream's */
		in_use = &starting;
		started =
		    randombytes_set_implementation(&implementation) == 0 && sodium_init() >= 0;
	}
	in_use = stream;
	return started;
}
