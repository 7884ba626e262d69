#include "synth/dice.h"

#include <assert.h>

uint64_t dice_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

void dice_init(struct dice *d, uint64_t seed, uint64_t stream)
{
	d->state = dice_mix(seed);
	d->step = dice_mix(seed ^ dice_mix(stream)) | 1;
	(void)dice_u32(d);
}

uint32_t dice_u32(struct dice *d)
{
	uint64_t s = d->state;
	uint32_t shifted = (uint32_t)(((s >> 18) ^ s) >> 27);
	uint32_t turn = (uint32_t)(s >> 59);

	d->state = s * 6364136223846793005ULL + d->step;
	return (shifted >> turn) | (shifted << ((32 - turn) & 31));
}

uint32_t dice_below(struct dice *d, uint32_t n)
{
	assert(n > 0);
	/* Numbers below 2^32 mod n would favour the small results: roll again. */
	uint32_t skip = (uint32_t)(-n) % n;
	uint32_t roll;

	do {
		roll = dice_u32(d);
	} while (roll < skip);
	return roll % n;
}

float dice_unit(struct dice *d)
{
	return (float)(dice_u32(d) >> 8) * (1.0F / 16777216.0F);
}

float dice_range(struct dice *d, float low, float high)
{
	return low + (high - low) * dice_unit(d);
}

float dice_normal(struct dice *d)
{
	uint32_t a = dice_u32(d);
	uint32_t b = dice_u32(d);
	uint32_t sum = (a >> 16) + (a & 0xffff) + (b >> 16) + (b & 0xffff);

	/* Four uniform numbers of 0..65535: mean 131070, deviation 65536 / sqrt(3). */
	return ((float)sum - 131070.0F) * (1.7320508F / 65536.0F);
}
