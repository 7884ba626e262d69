#include "tests/lib/image_make.h"

#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <tiffio.h>

uint8_t image_make_ridge(uint32_t x, uint32_t y)
{
	double dx = (double)x - 40.0;
	double dy = (double)y - 60.0;

	return (uint8_t)lrint(127.5 + 120.0 * sin(sqrt(dx * dx + 1.7 * dy * dy) * 0.7));
}

void image_make_noise(uint8_t *bytes, size_t len, uint32_t seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(seed >> 24);
	}
}

static void on_png_write(png_structp png, png_bytep data, size_t len)
{
	buf_put(png_get_io_ptr(png), data, len);
}

static void on_png_flush(png_structp png)
{
	(void)png;
}

static void set_png_colours(png_structp png, png_infop info, const struct image_make_png *spec)
{
	png_color colours[256] = { 0 };

	for (int i = 0; i < spec->colour_count; i++) {
		colours[i] = (png_color){ spec->colours[3 * i], spec->colours[3 * i + 1],
					  spec->colours[3 * i + 2] };
	}
	png_set_PLTE(png, info, colours, spec->colour_count);
	if (spec->opacity != NULL) {
		png_set_tRNS(png, info, spec->opacity, spec->opacity_count, NULL);
	}
}

void image_make_png(struct buf *out, const struct image_make_png *spec, const uint8_t *rows)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	png_bytep *row = calloc(spec->height, sizeof *row);
	size_t row_bytes;

	if (png == NULL || info == NULL || row == NULL || setjmp(png_jmpbuf(png)) != 0) {
		abort();
	}
	png_set_write_fn(png, out, on_png_write, on_png_flush);
	png_set_IHDR(png, info, spec->width, spec->height, spec->depth, spec->type,
		     spec->is_interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
		     PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	if (spec->colour_count > 0) {
		set_png_colours(png, info, spec);
	}
	if (spec->per_metre_x != 0) {
		png_set_pHYs(png, info, spec->per_metre_x, spec->per_metre_y, PNG_RESOLUTION_METER);
	}
	row_bytes = png_get_rowbytes(png, info);
	for (uint32_t y = 0; y < spec->height; y++) {
		row[y] = (png_bytep)(uintptr_t)(rows + y * row_bytes);
	}
	png_set_rows(png, info, row);
	png_write_png(png, info, PNG_TRANSFORM_IDENTITY, NULL);
	png_destroy_write_struct(&png, &info);
	free(row);
}

static void set_jpeg(struct jpeg_compress_struct *jpeg, const struct image_make_jpeg *spec)
{
	jpeg->image_width = spec->width;
	jpeg->image_height = spec->height;
	jpeg->input_components = spec->components;
	jpeg->in_color_space = spec->components == 1   ? JCS_GRAYSCALE
			       : spec->components == 3 ? JCS_RGB
						       : JCS_CMYK;
	jpeg_set_defaults(jpeg);
	jpeg_set_quality(jpeg, spec->quality, TRUE);
	jpeg->density_unit = (UINT8)spec->density_unit;
	jpeg->X_density = spec->density_x;
	jpeg->Y_density = spec->density_y;
}

void image_make_jpeg(struct buf *out, const struct image_make_jpeg *spec, const uint8_t *rows)
{
	static const jpeg_scan_info split[3] = { { 1, { 0 }, 0, 63, 0, 0 },
						 { 1, { 1 }, 0, 63, 0, 0 },
						 { 1, { 2 }, 0, 63, 0, 0 } };
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr error;
	unsigned char *made = NULL;
	unsigned long len = 0;
	size_t row_bytes = (size_t)spec->width * (size_t)spec->components;

	jpeg.err = jpeg_std_error(&error);
	jpeg_create_compress(&jpeg);
	jpeg_mem_dest(&jpeg, &made, &len);
	set_jpeg(&jpeg, spec);
	if (spec->is_progressive) {
		jpeg_simple_progression(&jpeg);
	} else if (spec->has_split_scans) {
		jpeg.scan_info = split;
		jpeg.num_scans = 3;
	}
	jpeg_start_compress(&jpeg, TRUE);
	while (jpeg.next_scanline < jpeg.image_height) {
		JSAMPROW row = (JSAMPROW)(uintptr_t)(rows + jpeg.next_scanline * row_bytes);

		(void)jpeg_write_scanlines(&jpeg, &row, 1);
	}
	jpeg_finish_compress(&jpeg);
	jpeg_destroy_compress(&jpeg);
	buf_put(out, made, len);
	free(made);
}

/* A file in memory, as TIFF wants to go back and forth in it. */
struct tiff_file {
	struct buf data;
	size_t at;
};

static tmsize_t on_tiff_read(thandle_t handle, void *to, tmsize_t len)
{
	struct tiff_file *f = handle;
	size_t left = f->data.len - f->at;
	size_t n = (size_t)len < left ? (size_t)len : left;

	memcpy(to, f->data.data + f->at, n);
	f->at += n;
	return (tmsize_t)n;
}

static tmsize_t on_tiff_write(thandle_t handle, void *from, tmsize_t len)
{
	struct tiff_file *f = handle;
	size_t end = f->at + (size_t)len;

	if (end > f->data.len) {
		(void)buf_extend(&f->data, end - f->data.len);
	}
	memcpy(f->data.data + f->at, from, (size_t)len);
	f->at = end;
	return len;
}

static toff_t on_tiff_seek(thandle_t handle, toff_t offset, int whence)
{
	struct tiff_file *f = handle;
	size_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? f->at : f->data.len;
	size_t to = base + (size_t)offset;

	if (to > f->data.len) {
		memset(buf_extend(&f->data, to - f->data.len), 0, 1);
	}
	f->at = to;
	return to;
}

static int on_tiff_close(thandle_t handle)
{
	(void)handle;
	return 0;
}

static toff_t on_tiff_size(thandle_t handle)
{
	return ((struct tiff_file *)handle)->data.len;
}

static void set_tiff(TIFF *tiff, const struct image_make_tiff *spec)
{
	TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, spec->width);
	TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, spec->height);
	TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, spec->bits);
	TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, spec->samples);
	TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, spec->photometric);
	TIFFSetField(tiff, TIFFTAG_COMPRESSION, spec->compression);
	TIFFSetField(tiff, TIFFTAG_PLANARCONFIG,
		     spec->planar != 0 ? spec->planar : PLANARCONFIG_CONTIG);
	if (spec->extra != IMAGE_MAKE_NO_EXTRA) {
		TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &spec->extra);
	}
	if (spec->orientation != 0) {
		TIFFSetField(tiff, TIFFTAG_ORIENTATION, spec->orientation);
	}
	if (spec->tile != 0) {
		TIFFSetField(tiff, TIFFTAG_TILEWIDTH, spec->tile);
		TIFFSetField(tiff, TIFFTAG_TILELENGTH, spec->tile);
	} else {
		TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 16U);
	}
	if (spec->unit != 0) {
		TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, spec->unit);
		TIFFSetField(tiff, TIFFTAG_XRESOLUTION, (double)spec->per_unit_x);
		TIFFSetField(tiff, TIFFTAG_YRESOLUTION, (double)spec->per_unit_y);
	}
	if (spec->colours != NULL) {
		size_t n = (size_t)1 << spec->bits;

		TIFFSetField(tiff, TIFFTAG_COLORMAP, spec->colours, spec->colours + n,
			     spec->colours + 2 * n);
	}
	if (spec->compression == COMPRESSION_JPEG && spec->photometric == PHOTOMETRIC_YCBCR) {
		TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
	}
}

/* Whole bytes a pixel only. */
static void write_tiles(TIFF *tiff, const struct image_make_tiff *spec, const uint8_t *rows)
{
	size_t pixel = (size_t)spec->samples * spec->bits / 8;
	uint8_t *tile = calloc(spec->tile, spec->tile * pixel);

	if (tile == NULL) {
		abort();
	}
	for (uint32_t y = 0; y < spec->height; y += spec->tile) {
		for (uint32_t x = 0; x < spec->width; x += spec->tile) {
			uint32_t w = spec->width - x < spec->tile ? spec->width - x : spec->tile;

			for (uint32_t i = 0; i < spec->tile && y + i < spec->height; i++) {
				memcpy(tile + i * spec->tile * pixel,
				       rows + ((size_t)(y + i) * spec->width + x) * pixel,
				       w * pixel);
			}
			TIFFWriteTile(tiff, tile, x, y, 0, 0);
		}
	}
	free(tile);
}

void image_make_tiff(struct buf *out, const struct image_make_tiff *spec, const uint8_t *rows)
{
	struct tiff_file file = { 0 };
	bool is_separate = spec->planar == PLANARCONFIG_SEPARATE;
	size_t samples = is_separate ? 1 : spec->samples;
	size_t row_bytes = ((size_t)spec->width * samples * spec->bits + 7) / 8;
	TIFF *tiff;

	(void)TIFFSetWarningHandler(NULL); /* it has opinions on the older deflate */
	tiff = TIFFClientOpen("made", "wm", &file, on_tiff_read, on_tiff_write, on_tiff_seek,
			      on_tiff_close, on_tiff_size, NULL, NULL);

	if (tiff == NULL) {
		abort();
	}
	set_tiff(tiff, spec);
	if (spec->tile != 0) {
		write_tiles(tiff, spec, rows);
	} else {
		for (uint32_t y = 0; y < spec->height; y++) {
			for (uint16_t s = 0; s < (is_separate ? spec->samples : 1); s++) {
				TIFFWriteScanline(tiff, (void *)(uintptr_t)(rows + y * row_bytes),
						  y, s);
			}
		}
	}
	TIFFClose(tiff);
	buf_put(out, file.data.data, file.data.len);
	buf_done(&file.data);
}
