/* A WSQ encoder for tests: slow, in double precision, with one bin width for all bands and
 * fixed Huffman tables.  It splits the picture by its own code, so that it checks the
 * decoder's joining rather than mirrors it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/image_make.h"

#define BIN_CENTRE 0.44
#define SHIFT      128.0

/* The 9/7 filters of the specification, middle first, in units of 1e-9. */
static const int32_t low_taps[5] = { 852698679, 377402856, -110624404, -23849465, 37828456 };
static const int32_t high_taps[4] = { 788485616, -418092273, -40689418, 64538883 };

struct rectangle {
	uint32_t x;
	uint32_t y;
	uint32_t width;
	uint32_t height;
	bool flip_x;
	bool flip_y;
};

struct encoder {
	double *plane; /* owned */
	uint32_t stride;
	uint32_t width;
	uint32_t height;
	struct rectangle band[64];
	unsigned bands; /* found so far */
	uint32_t bits;  /* that wait for a whole byte */
	unsigned bit_count;
	bool has_long_codes;
	struct buf *out;
};

static double mirrored(const double *line, int n, int i)
{
	if (n == 1) {
		return line[0];
	}
	while (i < 0 || i >= n) {
		i = i < 0 ? -i : 2 * (n - 1) - i;
	}
	return line[i];
}

static void split_line(double *from, size_t step, uint32_t length, bool flip)
{
	int n = (int)length;
	double *line = calloc(length, sizeof *line);
	uint32_t low_at = flip ? length / 2 : 0;
	uint32_t high_at = flip ? 0 : (length + 1) / 2;

	for (int i = 0; i < n; i++) {
		line[i] = from[(size_t)i * step];
	}
	for (int i = 0; i < n; i++) {
		const int32_t *taps = i % 2 == 0 ? low_taps : high_taps;
		int half = i % 2 == 0 ? 4 : 3;
		double sum = taps[0] * line[i];

		for (int k = 1; k <= half; k++) {
			sum += taps[k] * (mirrored(line, n, i - k) + mirrored(line, n, i + k));
		}
		from[((i % 2 == 0 ? low_at : high_at) + (uint32_t)i / 2) * step] = sum * 1e-9;
	}
	free(line);
}

/* Split an area into its quarters: rows first, then columns. */
static void split(struct encoder *e, const struct rectangle *a, struct rectangle quarter[4])
{
	double *corner = e->plane + (size_t)a->y * e->stride + a->x;
	uint32_t left = a->flip_x ? a->width / 2 : (a->width + 1) / 2;
	uint32_t top = a->flip_y ? a->height / 2 : (a->height + 1) / 2;

	for (uint32_t y = 0; y < a->height; y++) {
		split_line(corner + (size_t)y * e->stride, 1, a->width, a->flip_x);
	}
	for (uint32_t x = 0; x < a->width; x++) {
		split_line(corner + x, e->stride, a->height, a->flip_y);
	}
	quarter[0] = (struct rectangle){ a->x, a->y, left, top, false, false };
	quarter[1] = (struct rectangle){ a->x + left, a->y, a->width - left, top, true, false };
	quarter[2] = (struct rectangle){ a->x, a->y + top, left, a->height - top, false, true };
	quarter[3] = (struct rectangle){ a->x + left,     a->y + top, a->width - left,
					 a->height - top, true,       true };
}

static void split_to_bands(struct encoder *e, const struct rectangle *a)
{
	split(e, a, e->band + e->bands);
	e->bands += 4;
}

/* The tree of the specification, bands numbered as they come. */
static void split_all(struct encoder *e)
{
	struct rectangle whole = { 0, 0, e->width, e->height, false, false };
	struct rectangle first[4];
	struct rectangle second[4];
	struct rectangle third[4];
	struct rectangle fourth[4];

	split(e, &whole, first);
	split(e, &first[0], second);
	split(e, &second[0], third);
	split(e, &third[0], fourth);
	split_to_bands(e, &fourth[0]);
	for (int i = 1; i < 4; i++) {
		e->band[e->bands++] = fourth[i];
	}
	for (int i = 1; i < 4; i++) {
		split_to_bands(e, &third[i]);
	}
	for (int i = 1; i < 3; i++) {
		struct rectangle quarter[4];

		split(e, &second[i], quarter);
		for (int q = 0; q < 4; q++) {
			split_to_bands(e, &quarter[q]);
		}
	}
	e->band[e->bands++] = second[3];
	for (int i = 1; i < 4; i++) {
		split_to_bands(e, &first[i]);
	}
}

static void put_bits(struct encoder *e, uint32_t value, unsigned count)
{
	e->bits = e->bits << count | value;
	e->bit_count += count;
	while (e->bit_count >= 8) {
		uint8_t byte = (uint8_t)(e->bits >> (e->bit_count - 8));

		buf_u8(e->out, byte);
		if (byte == 0xff) {
			buf_u8(e->out, 0);
		}
		e->bit_count -= 8;
	}
}

static void flush_bits(struct encoder *e)
{
	if (e->bit_count > 0) {
		put_bits(e, (1U << (8 - e->bit_count)) - 1, 8 - e->bit_count);
	}
}

/* Short codes for the usual symbols 177..184 and 1..20 in their order, 11 bits for others. */
static unsigned symbol_rank(unsigned symbol)
{
	unsigned rank = 28;

	if (symbol >= 177 && symbol <= 184) {
		return symbol - 177;
	}
	if (symbol >= 1 && symbol <= 20) {
		return 8 + symbol - 1;
	}
	for (unsigned s = 21; s < symbol; s++) {
		rank += s < 177 || s > 184;
	}
	return rank;
}

static void put_symbol(struct encoder *e, unsigned symbol)
{
	unsigned rank = symbol_rank(symbol);

	if (!e->has_long_codes) {
		put_bits(e, symbol - 1, 8);
	} else if (rank < 4) {
		put_bits(e, rank, 3);
	} else if (rank < 28) {
		put_bits(e, 4 * 8 + rank - 4, 6);
	} else {
		put_bits(e, (4 * 8 + 24) * 32 + rank - 28, 11);
	}
}

static void put_table(struct encoder *e)
{
	uint8_t counts[16] = { 0 };

	if (e->has_long_codes) {
		counts[2] = 4;
		counts[5] = 24;
		counts[10] = 226;
	} else {
		counts[7] = 254;
	}
	buf_u16(e->out, 0xffa6);
	buf_u16(e->out, 2 + 1 + 16 + 254);
	buf_u8(e->out, 0);
	buf_put(e->out, counts, sizeof counts);
	for (unsigned rank = 0; rank < 254; rank++) {
		for (unsigned symbol = 1; symbol <= 254; symbol++) {
			if ((e->has_long_codes ? symbol_rank(symbol) : symbol - 1) == rank) {
				buf_u8(e->out, (uint8_t)symbol);
			}
		}
	}
}

static void put_run(struct encoder *e, uint32_t run)
{
	while (run > 0) {
		uint32_t step = run > 0xffff ? 0xffff : run;

		if (step <= 100) {
			put_symbol(e, step);
		} else if (step <= 0xff) {
			put_symbol(e, 105);
			put_bits(e, step, 8);
		} else {
			put_symbol(e, 106);
			put_bits(e, step, 16);
		}
		run -= step;
	}
}

static void put_coefficient(struct encoder *e, int index)
{
	unsigned size = (unsigned)abs(index);

	if (index >= -73 && index <= 74) {
		put_symbol(e, (unsigned)(index + 180));
	} else if (size <= 0xff) {
		put_symbol(e, index > 0 ? 101 : 102);
		put_bits(e, size, 8);
	} else {
		put_symbol(e, index > 0 ? 103 : 104);
		put_bits(e, size, 16);
	}
}

/* The zero bin is as wide as the others. */
static int quantise(double v, double bin)
{
	int index = (int)floor((fabs(v) - bin / 2) / bin) + 1;

	return index <= 0 ? 0 : v < 0 ? -index : index;
}

static void put_block(struct encoder *e, unsigned from, unsigned end, double bin)
{
	uint32_t run = 0;

	buf_u16(e->out, 0xffa3);
	buf_u16(e->out, 3);
	buf_u8(e->out, 0);
	for (unsigned b = from; b < end; b++) {
		const struct rectangle *a = &e->band[b];

		for (uint32_t i = 0; i < a->width * a->height; i++) {
			size_t at = (size_t)(a->y + i / a->width) * e->stride + a->x + i % a->width;
			int index = quantise(e->plane[at], bin);

			if (index == 0) {
				run++;
				continue;
			}
			put_run(e, run);
			run = 0;
			put_coefficient(e, index);
		}
	}
	put_run(e, run);
	flush_bits(e);
}

static void put_filter(struct buf *out, const int32_t *taps, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		buf_u8(out, taps[i] < 0);
		buf_u8(out, 9);
		buf_u32(out, (uint32_t)abs(taps[i]));
	}
}

static void put_tables(struct buf *out, const struct image_make_wsq *spec)
{
	buf_u16(out, 0xffa0);
	if (spec->comment != NULL) {
		buf_u16(out, 0xffa8);
		buf_u16(out, (uint16_t)(2 + strlen(spec->comment)));
		buf_put(out, spec->comment, strlen(spec->comment));
	}
	buf_u16(out, 0xffa4);
	buf_u16(out, 2 + 2 + 9 * 6);
	buf_u8(out, 9);
	buf_u8(out, 7);
	put_filter(out, low_taps, 5);
	put_filter(out, high_taps, 4);
	buf_u16(out, 0xffa5);
	buf_u16(out, 2 + 3 + 64 * 6);
	buf_u8(out, 2);
	buf_u16(out, (uint16_t)(BIN_CENTRE * 100));
	for (unsigned i = 0; i < 64; i++) {
		uint16_t bin = (uint16_t)(i < 60 ? lrint(spec->bin * 1000) : 0);

		buf_u8(out, 3);
		buf_u16(out, bin);
		buf_u8(out, 3);
		buf_u16(out, bin);
	}
	buf_u16(out, 0xffa2);
	buf_u16(out, 17);
	buf_u8(out, 0);
	buf_u8(out, 255);
	buf_u16(out, (uint16_t)spec->height);
	buf_u16(out, (uint16_t)spec->width);
	buf_u8(out, 0);
	buf_u16(out, (uint16_t)SHIFT);
	buf_u8(out, 0);
	buf_u16(out, 1);
	buf_u8(out, 0);
	buf_u16(out, 0);
}

void image_make_wsq(struct buf *out, const struct image_make_wsq *spec, const uint8_t *pixels)
{
	size_t count = (size_t)spec->width * spec->height;
	struct encoder e = { .stride = spec->width,
			     .width = spec->width,
			     .height = spec->height,
			     .has_long_codes = spec->has_long_codes,
			     .out = out };

	e.plane = calloc(count, sizeof *e.plane);
	for (size_t i = 0; i < count; i++) {
		e.plane[i] = pixels[i] - SHIFT;
	}
	split_all(&e);
	put_tables(out, spec);
	put_table(&e);
	put_block(&e, 0, 19, spec->bin);
	put_block(&e, 19, 52, spec->bin);
	put_block(&e, 52, 60, spec->bin);
	buf_u16(out, 0xffa1);
	free(e.plane);
}
