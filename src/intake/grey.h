/* Samples of any kind -> one grey byte, the same for every format and on every machine. */
#ifndef INTAKE_GREY_H
#define INTAKE_GREY_H

#include <stdint.h>

/* Luma of ITU-R BT.601, rounded: what JPEG's Y is. */
uint8_t grey_of_rgb(uint8_t red, uint8_t green, uint8_t blue);
/* A value 0..max (max 1..65535; more counts as max) as 0..255, rounded. */
uint8_t grey_of_depth(uint32_t value, uint32_t max);
/* Lay a grey value with its opacity on white paper. */
uint8_t grey_on_white(uint8_t grey, uint8_t alpha);
/* The same where the value has already been multiplied by its opacity. */
uint8_t grey_on_white_premultiplied(uint8_t grey, uint8_t alpha);

#endif
