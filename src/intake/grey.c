#include "intake/grey.h"

uint8_t grey_of_rgb(uint8_t red, uint8_t green, uint8_t blue)
{
	return (uint8_t)((299U * red + 587U * green + 114U * blue + 500U) / 1000U);
}

uint8_t grey_of_depth(uint32_t value, uint32_t max)
{
	if (value > max) {
		value = max;
	}
	return (uint8_t)((value * 255U + max / 2U) / max);
}

uint8_t grey_on_white(uint8_t grey, uint8_t alpha)
{
	return (uint8_t)(((uint32_t)grey * alpha + 255U * (255U - alpha) + 127U) / 255U);
}

uint8_t grey_on_white_premultiplied(uint8_t grey, uint8_t alpha)
{
	uint32_t sum = (uint32_t)grey + (255U - alpha);

	return (uint8_t)(sum > 255U ? 255U : sum);
}
