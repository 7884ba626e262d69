#include "tests/lib/seeded.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

static uint64_t state;
static const uint8_t *given;
static size_t given_len;

static uint8_t next_byte(void)
{
	uint64_t z;

	if (given_len > 0) {
		given_len--;
		return *given++;
	}
	/* splitmix64 */
	state += 0x9e3779b97f4a7c15;
	z = state;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (uint8_t)(z ^ (z >> 31));
}

static void seeded_buf(void *const buf, const size_t len)
{
	uint8_t *out = buf;

	for (size_t i = 0; i < len; i++) {
		out[i] = next_byte();
	}
}

static uint32_t seeded_random(void)
{
	uint32_t v;

	seeded_buf(&v, sizeof v);
	return v;
}

static const char *seeded_name(void)
{
	return "seeded";
}

void seeded_start(uint64_t seed)
{
	static struct randombytes_implementation implementation = {
		.implementation_name = seeded_name,
		.random = seeded_random,
		.buf = seeded_buf,
	};

	state = seed;
	given_len = 0;
	if (randombytes_set_implementation(&implementation) != 0 || sodium_init() < 0) {
		abort();
	}
}

void seeded_give(const uint8_t *bytes, size_t len)
{
	given = bytes;
	given_len = len;
}
