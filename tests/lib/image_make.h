/* Images for tests, made with the libraries' own writers (and WSQ with ours): what they
 * show is computed, nobody's. */
#ifndef TESTS_IMAGE_MAKE_H
#define TESTS_IMAGE_MAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* One byte of a picture of curved ridges, a little like a finger: 0..255. */
uint8_t image_make_ridge(uint32_t x, uint32_t y);

/* Bytes of noise, the same in every run for the same seed. */
void image_make_noise(uint8_t *bytes, size_t len, uint32_t seed);

struct image_make_png {
	uint32_t width;
	uint32_t height;
	int depth; /* bits: 1, 2, 4, 8, 16 */
	int type;  /* PNG_COLOR_TYPE_... */
	bool is_interlaced;
	uint32_t per_metre_x; /* 0: no pHYs chunk */
	uint32_t per_metre_y;
	const uint8_t *colours; /* of a palette: 3 bytes each */
	int colour_count;
	const uint8_t *opacity; /* tRNS of a palette, one byte each; NULL: none */
	int opacity_count;
};

/* rows are packed as PNG has them, height times the bytes of a row; append to out. */
void image_make_png(struct buf *out, const struct image_make_png *spec, const uint8_t *rows);

struct image_make_jpeg {
	uint32_t width;
	uint32_t height;
	int components; /* 1 grey, 3 RGB, 4 CMYK */
	bool is_progressive;
	bool has_split_scans; /* one scan for each component */
	int quality;
	int density_unit; /* 0 aspect, 1 inch, 2 centimetre */
	uint16_t density_x;
	uint16_t density_y;
};

void image_make_jpeg(struct buf *out, const struct image_make_jpeg *spec, const uint8_t *rows);

struct image_make_tiff {
	uint32_t width;
	uint32_t height;
	uint16_t bits;
	uint16_t samples;
	uint16_t photometric;
	uint16_t compression;
	uint16_t extra;       /* EXTRASAMPLE_... of the last sample, or IMAGE_MAKE_NO_EXTRA */
	uint16_t orientation; /* 0: none */
	uint16_t planar;      /* 0: contiguous */
	uint32_t tile;        /* side, 0: strips of 16 rows */
	uint16_t unit;        /* RESUNIT_..., 0: no resolution */
	float per_unit_x;
	float per_unit_y;
	const uint16_t *colours; /* of a palette: 1 << bits red, as many green, blue */
};

#define IMAGE_MAKE_NO_EXTRA 0xffffU

void image_make_tiff(struct buf *out, const struct image_make_tiff *spec, const uint8_t *rows);

struct image_make_wsq {
	uint32_t width;
	uint32_t height;
	double bin;          /* width of the bins of all bands */
	bool has_long_codes; /* codes of 3 to 11 bits, not 8 for all */
	const char *comment; /* NULL: none */
};

/* pixels are width * height grey bytes. */
void image_make_wsq(struct buf *out, const struct image_make_wsq *spec, const uint8_t *pixels);

#endif
