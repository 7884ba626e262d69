/* Extraction of small images: a window of a made-up print (or a stamp that tiles it) at any
 * resolution, damaged step by step.  Whatever comes of it, what extraction writes can be
 * loaded again.
 *
 * Bytes: width and height at 500 ppi, resolution (two bytes), which print, where its window
 * stands (two bytes), then steps of five bytes each, or the stamp. */
#include <stdint.h>
#include <stdlib.h>

#include "finger/finger.h"
#include "synth/print.h"

#define HEAD      7
#define SIDE      48U /* pixels at 500 ppi, least */
#define SPREAD    48U
#define PRINTS    4U
#define STEP      5U
#define STEPS_MAX 64U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct step {
	uint32_t x0, y0, x1, y1; /* the block */
	uint8_t kind;
	uint8_t value;
};

static const struct image *print(unsigned i)
{
	static struct image prints[PRINTS];

	if (prints[i].pixels == NULL) {
		struct synth_master *m = NULL;
		struct synth_params p;

		synth_params_init(&p, 0.2f + 0.2f * (float)i);
		if (synth_master_new(i / 2, &m) != ERR_OK ||
		    synth_impression(m, i, &p, &prints[i]) != ERR_OK) {
			abort();
		}
		synth_master_free(m);
	}
	return &prints[i];
}

static void draw(struct image *image, const uint8_t *data, size_t size)
{
	unsigned which = data[4] % (PRINTS + 1);

	if (which == PRINTS) {
		for (uint32_t i = 0; i < image->width * image->height; i++) {
			image->pixels[i] = size > HEAD ? data[HEAD + i % (size - HEAD)] : 0;
		}
		return;
	}
	for (uint32_t y = 0; y < image->height; y++) {
		const struct image *p = print(which);
		uint32_t from = (y * 500 / image->ppi + data[6]) % p->height;

		for (uint32_t x = 0; x < image->width; x++) {
			image->pixels[y * image->width + x] =
			    p->pixels[from * p->width +
				      (x * 500 / image->ppi + data[5]) % p->width];
		}
	}
}

static uint8_t cut(int v)
{
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* What becomes of a pixel of the block. */
static uint8_t damage(const struct step *s, const struct image *image, uint32_t x, uint32_t y,
		      uint32_t *dice)
{
	uint32_t at = y * image->width + x;
	uint8_t v = image->pixels[at];
	uint32_t wave = s->value % 16U + 1;

	*dice = *dice * 1664525U + 1013904223U;
	switch (s->kind % 10) {
	case 0:
		return s->value;
	case 1:
		return cut(128 + (v - 128) * s->value / 64);
	case 2:
		return cut(v + (int)(*dice >> 24) * s->value / 256 - s->value / 2);
	case 3:
		return y / wave % 2 ? 255 : 0;
	case 4:
		return (x + y) / wave % 2 ? 255 : 0;
	case 5:
		return (uint8_t)(255 - v);
	case 6:
		return image->pixels[(at + s->value * 7U) % (image->width * image->height)];
	case 7:
		return v < s->value ? 0 : 255;
	case 8:
		return cut(v + (int)x * (s->value - 128) / 32);
	default:
		return (x / wave + y / wave) % 2 ? 255 : v;
	}
}

static void damage_all(struct image *image, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < STEPS_MAX && (i + 1) * STEP <= size; i++) {
		const uint8_t *d = data + i * STEP;
		struct step s = { .kind = d[0],
				  .x0 = d[1] * image->width / 256,
				  .y0 = d[2] * image->height / 256,
				  .value = d[4] };
		uint32_t side = (d[3] + 1U) * image->width / 256 + 1;
		uint32_t dice = d[4];

		s.x1 = s.x0 + side < image->width ? s.x0 + side : image->width;
		s.y1 = s.y0 + side < image->height ? s.y0 + side : image->height;
		for (uint32_t y = s.y0; y < s.y1; y++) {
			for (uint32_t x = s.x0; x < s.x1; x++) {
				image->pixels[y * image->width + x] =
				    damage(&s, image, x, y, &dice);
			}
		}
	}
}

static uint32_t at_ppi(uint32_t pixels, uint32_t ppi)
{
	uint32_t n = pixels * ppi / 500;

	return n < IMAGE_SIDE_MIN ? IMAGE_SIDE_MIN : n;
}

static void judge(int rv, const struct buf *iso, const struct buf *extended)
{
	struct finger_template *t = NULL;

	if (rv != ERR_OK) {
		if ((rv != ERR_RANGE && rv != ERR_LIMIT && rv != ERR_NOMEM) || iso->len != 0) {
			abort();
		}
		return;
	}
	if (finger_template_load(buf_bytes(iso), buf_bytes(extended), &t, NULL) != ERR_OK ||
	    finger_compare(t, t) > 2000) {
		abort();
	}
	finger_template_unref(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image image;
	struct buf iso = { 0 };
	struct buf extended = { 0 };
	struct finger_quality quality;
	uint32_t ppi;
	int rv;

	if (size < HEAD) {
		return 0;
	}
	ppi = IMAGE_PPI_MIN + (data[2] * 256U + data[3]) % (IMAGE_PPI_MAX - IMAGE_PPI_MIN + 1);
	if (image_init(&image, at_ppi(SIDE + data[0] % SPREAD, ppi),
		       at_ppi(SIDE + data[1] % SPREAD, ppi), ppi) != ERR_OK) {
		return 0;
	}
	draw(&image, data, size);
	if (data[4] % (PRINTS + 1) < PRINTS) {
		damage_all(&image, data + HEAD, size - HEAD);
	}
	rv = finger_extract(&image, data[0] % 11, &iso, &extended, &quality);
	if (quality.score > 100) {
		abort();
	}
	judge(rv, &iso, &extended);
	buf_done(&iso);
	buf_done(&extended);
	image_done(&image);
	return 0;
}
