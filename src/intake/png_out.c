#include "intake/png_out.h"

#include <png.h>
#include <setjmp.h>
#include <stdbool.h>

#include "record/image.h"

#define NIBBLE 17 /* a grey of four bits, as eight */

struct writing {
	struct buf *out;
	struct bytes pixels;
	size_t row_bytes;
	bool nibbles; /* four bits a pixel are enough */
	png_structp png;
	png_infop info;
	uint8_t packed[(IMAGE_SIDE_MAX + 1) / 2]; /* packed greys */
	jmp_buf escape;
};

static void on_write(png_structp png, png_bytep data, size_t len)
{
	struct writing *w = png_get_io_ptr(png);

	buf_put(w->out, data, len);
}

static void on_flush(png_structp png)
{
	(void)png;
}

static void on_error(png_structp png, png_const_charp text)
{
	struct writing *w = png_get_error_ptr(png);

	(void)text;
	longjmp(w->escape, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

static bool fits_nibbles(struct bytes pixels)
{
	for (size_t i = 0; i < pixels.len; i++) {
		if (pixels.data[i] % NIBBLE != 0) {
			return false;
		}
	}
	return true;
}

static void write_rows(struct writing *w)
{
	for (size_t at = 0; at < w->pixels.len; at += w->row_bytes) {
		const uint8_t *from = w->pixels.data + at;

		for (size_t x = 0; w->nibbles && x < w->row_bytes; x += 2) {
			unsigned second = x + 1 < w->row_bytes ? from[x + 1] / NIBBLE : 0;

			w->packed[x / 2] = (uint8_t)((unsigned)(from[x] / NIBBLE) << 4 | second);
		}
		png_write_row(w->png, w->nibbles ? w->packed : from);
	}
}

/* The only frame that libpng jumps back to; what it needs afterwards lives in *w. */
static int write_guarded(struct writing *w, uint32_t columns, uint32_t rows, unsigned channels)
{
	if (setjmp(w->escape) != 0) {
		return ERR_NOMEM;
	}
	w->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, w, on_error, on_warning);
	w->info = w->png != NULL ? png_create_info_struct(w->png) : NULL;
	if (w->info == NULL) {
		return ERR_NOMEM;
	}
	png_set_write_fn(w->png, w, on_write, on_flush);
	png_set_compression_level(w->png, 9);
	png_set_IHDR(w->png, w->info, columns, rows, w->nibbles ? 4 : 8,
		     channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
		     PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(w->png, w->info);
	write_rows(w);
	png_write_end(w->png, NULL);
	return ERR_OK;
}

int intake_write_png(struct bytes pixels, uint32_t columns, unsigned channels, struct buf *out)
{
	size_t row = (size_t)columns * channels;
	struct writing w = { .out = out, .pixels = pixels, .row_bytes = row };
	size_t begin = out->len;
	int rv;

	if (columns == 0 || (channels != 1 && channels != 3) || pixels.len == 0 ||
	    pixels.len % row != 0) {
		return ERR_RANGE;
	}
	if (columns > IMAGE_SIDE_MAX || pixels.len / row > IMAGE_SIDE_MAX) {
		return ERR_LIMIT;
	}
	w.nibbles = channels == 1 && fits_nibbles(pixels);
	rv = write_guarded(&w, columns, (uint32_t)(pixels.len / row), channels);
	if (w.png != NULL) {
		png_destroy_write_struct(&w.png, &w.info);
	}
	rv = rv == ERR_OK ? buf_error(out) : rv;
	if (rv != ERR_OK && !out->failed) {
		out->len = begin;
	}
	return rv;
}
