/* TIFF by libtiff, which sees only files that tiff_check.c has let through.
 *
 * While the directory is read, warnings are mostly private tags and do not count; while
 * pixels are read, a warning means invented ones and refuses the image. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

#include "intake/grey.h"
#include "intake/readers.h"

#define SAMPLES_MAX    4U
#define TILE_SIDE_MIN  16U
#define TILE_BYTES_MAX (16L * 1024 * 1024)
#define ALLOC_SLACK    (64L * 1024) /* libtiff's own state beside strips and arrays */

enum alpha { ALPHA_NONE, ALPHA_PLAIN, ALPHA_PREMULTIPLIED };

struct reading {
	struct decode_job *job;
	TIFF *tiff;
	size_t at;
	bool in_pixels; /* from here on warnings count */
	bool damaged;
	bool ended;        /* libtiff asked for more than there is */
	unsigned bits;     /* a sample: 1, 2, 4, 8 or 16 */
	unsigned samples;  /* a pixel */
	unsigned colours;  /* 1 or 3 of the samples */
	enum alpha alpha;  /* the sample after the colours */
	uint8_t grey[256]; /* of a single sample up to 8 bits: palette, inversion, depth */
	bool inverted;
	uint8_t *rows; /* owned: a row or a tile */
};

static tmsize_t on_read(thandle_t handle, void *to, tmsize_t len)
{
	struct reading *r = handle;
	size_t left = r->job->in.len - r->at;
	size_t want = len < 0 ? 0 : (size_t)len;

	if (want > left) {
		r->ended = true;
		want = left;
	}
	memcpy(to, r->job->in.data + r->at, want);
	r->at += want;
	return (tmsize_t)want;
}

static tmsize_t on_write(thandle_t handle, void *from, tmsize_t len)
{
	(void)handle;
	(void)from;
	(void)len;
	return -1;
}

static toff_t on_seek(thandle_t handle, toff_t offset, int whence)
{
	struct reading *r = handle;

	if (whence == SEEK_CUR) {
		offset += r->at;
	} else if (whence == SEEK_END) {
		offset += r->job->in.len;
	}
	if (offset > r->job->in.len) {
		r->ended = true;
		return (toff_t)-1;
	}
	r->at = (size_t)offset;
	return offset;
}

static int on_close(thandle_t handle)
{
	(void)handle;
	return 0;
}

static toff_t on_size(thandle_t handle)
{
	const struct reading *r = handle;

	return r->job->in.len;
}

static int on_error(TIFF *tiff, void *context, const char *module, const char *format, va_list ap)
{
	struct reading *r = context;

	(void)tiff;
	(void)module;
	(void)format;
	(void)ap;
	r->damaged = true;
	return 1; /* handled: nothing is printed */
}

static int on_warning(TIFF *tiff, void *context, const char *module, const char *format, va_list ap)
{
	struct reading *r = context;

	(void)tiff;
	(void)module;
	(void)format;
	(void)ap;
	r->damaged = r->damaged || r->in_pixels;
	return 1;
}

static int refuse(const struct reading *r, const char *what)
{
	return err_at(r->job->fault, r->ended ? ERR_SHORT : ERR_MALFORMED, r->at, what);
}

static uint16_t field_u16(TIFF *tiff, uint32_t tag, uint16_t otherwise)
{
	uint16_t v = otherwise;

	return TIFFGetFieldDefaulted(tiff, tag, &v) == 1 ? v : otherwise;
}

static int read_resolution(struct reading *r)
{
	uint16_t unit = field_u16(r->tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
	double scale = unit == RESUNIT_CENTIMETER ? 2.54 : 1.0;
	float x = 0;
	float y = 0;

	if (unit == RESUNIT_NONE || TIFFGetField(r->tiff, TIFFTAG_XRESOLUTION, &x) != 1 ||
	    TIFFGetField(r->tiff, TIFFTAG_YRESOLUTION, &y) != 1) {
		return ERR_OK;
	}
	return decode_stated_ppi(r->job, (double)x * scale, (double)y * scale, r->at);
}

static int read_palette(struct reading *r)
{
	uint16_t *map[3];
	size_t count = (size_t)1 << r->bits;
	bool is_wide = false; /* some writers put 8-bit values into the 16-bit map */

	if (r->bits > 8 || r->samples != 1 ||
	    TIFFGetField(r->tiff, TIFFTAG_COLORMAP, &map[0], &map[1], &map[2]) != 1) {
		return refuse(r, "TIFF palette");
	}
	for (size_t i = 0; i < count; i++) {
		is_wide = is_wide || map[0][i] > 255 || map[1][i] > 255 || map[2][i] > 255;
	}
	for (size_t i = 0; i < count; i++) {
		uint32_t max = is_wide ? 65535 : 255;

		r->grey[i] =
		    grey_of_rgb(grey_of_depth(map[0][i], max), grey_of_depth(map[1][i], max),
				grey_of_depth(map[2][i], max));
	}
	return ERR_OK;
}

static void read_alpha(struct reading *r)
{
	uint16_t count = 0;
	uint16_t *kinds = NULL;

	r->alpha = ALPHA_NONE;
	if (r->samples > r->colours &&
	    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds) == 1 &&
	    count > 0) {
		if (kinds[0] == EXTRASAMPLE_UNASSALPHA) {
			r->alpha = ALPHA_PLAIN;
		} else if (kinds[0] == EXTRASAMPLE_ASSOCALPHA) {
			r->alpha = ALPHA_PREMULTIPLIED;
		}
	}
}

/* How the photometric tag and the number of samples make a grey value. */
static int read_colours(struct reading *r)
{
	uint16_t compression = field_u16(r->tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
	uint16_t photometric;

	if (TIFFGetField(r->tiff, TIFFTAG_PHOTOMETRIC, &photometric) != 1) {
		return refuse(r, "TIFF photometric interpretation");
	}
	if (photometric == PHOTOMETRIC_YCBCR && compression == COMPRESSION_JPEG) {
		(void)TIFFSetField(r->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
		photometric = PHOTOMETRIC_RGB;
	}
	r->colours = photometric == PHOTOMETRIC_RGB ? 3 : 1;
	r->inverted = photometric == PHOTOMETRIC_MINISWHITE;
	if (r->samples < r->colours || (r->samples > 1 && r->bits < 8)) {
		return err_at(r->job->fault, ERR_UNSUPPORTED, r->at, "TIFF samples");
	}
	read_alpha(r);
	if (photometric == PHOTOMETRIC_PALETTE) {
		return read_palette(r);
	}
	if (photometric != PHOTOMETRIC_RGB && photometric != PHOTOMETRIC_MINISBLACK &&
	    photometric != PHOTOMETRIC_MINISWHITE) {
		return err_at(r->job->fault, ERR_UNSUPPORTED, r->at,
			      "TIFF photometric interpretation");
	}
	for (uint32_t v = 0; r->bits <= 8 && v < 1U << r->bits; v++) {
		uint8_t grey = grey_of_depth(v, (1U << r->bits) - 1);

		r->grey[v] = r->inverted ? (uint8_t)(255 - grey) : grey;
	}
	return ERR_OK;
}

static int read_layout(struct reading *r)
{
	r->bits = field_u16(r->tiff, TIFFTAG_BITSPERSAMPLE, 1);
	r->samples = field_u16(r->tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
	if (r->bits != 1 && r->bits != 2 && r->bits != 4 && r->bits != 8 && r->bits != 16) {
		return err_at(r->job->fault, ERR_UNSUPPORTED, r->at, "TIFF bits per sample");
	}
	if (r->samples < 1 || r->samples > SAMPLES_MAX ||
	    (r->samples > 1 && field_u16(r->tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) !=
				   PLANARCONFIG_CONTIG)) {
		return err_at(r->job->fault, ERR_UNSUPPORTED, r->at, "TIFF samples");
	}
	if (field_u16(r->tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT) != SAMPLEFORMAT_UINT) {
		return err_at(r->job->fault, ERR_UNSUPPORTED, r->at, "TIFF sample format");
	}
	return read_colours(r);
}

/* libtiff gives samples of 16 bits in the order of this machine. */
static uint32_t sample(const uint8_t *row, size_t index, unsigned bits)
{
	uint16_t wide;
	size_t bit = index * bits;

	if (bits == 16) {
		memcpy(&wide, row + 2 * index, sizeof wide);
		return wide;
	}
	return (uint32_t)row[bit / 8] >> (8 - bits - bit % 8) & ((1U << bits) - 1);
}

static uint8_t colour(const struct reading *r, const uint8_t *row, size_t index)
{
	uint32_t v = sample(row, index, r->bits);
	uint8_t grey;

	if (r->bits <= 8) {
		return r->grey[v];
	}
	grey = grey_of_depth(v, 65535);
	return r->inverted ? (uint8_t)(255 - grey) : grey;
}

static void convert_row(const struct reading *r, const uint8_t *row, uint8_t *to, uint32_t width)
{
	for (uint32_t x = 0; x < width; x++) {
		size_t index = (size_t)x * r->samples;
		uint8_t grey = colour(r, row, index);

		if (r->colours == 3) {
			grey =
			    grey_of_rgb(grey, colour(r, row, index + 1), colour(r, row, index + 2));
		}
		if (r->alpha != ALPHA_NONE) {
			uint32_t v = sample(row, index + r->colours, r->bits);
			uint8_t alpha = grey_of_depth(v, (1U << r->bits) - 1);

			grey = r->alpha == ALPHA_PLAIN ? grey_on_white(grey, alpha)
						       : grey_on_white_premultiplied(grey, alpha);
		}
		to[x] = grey;
	}
}

static int read_strips(struct reading *r)
{
	struct image *image = &r->job->image;
	size_t row_bytes = ((size_t)image->width * r->samples * r->bits + 7) / 8;

	if (TIFFScanlineSize(r->tiff) != (tmsize_t)row_bytes) {
		return err_at(r->job->fault, ERR_UNSUPPORTED, r->at, "TIFF rows");
	}
	r->rows = calloc(1, row_bytes);
	if (r->rows == NULL) {
		return err_at(r->job->fault, ERR_NOMEM, r->at, "TIFF rows");
	}
	for (uint32_t y = 0; y < image->height; y++) {
		if (TIFFReadScanline(r->tiff, r->rows, y, 0) != 1 || r->damaged) {
			return refuse(r, "TIFF strip");
		}
		convert_row(r, r->rows, image->pixels + (size_t)y * image->width, image->width);
	}
	return ERR_OK;
}

static int read_tile(struct reading *r, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
	struct image *image = &r->job->image;
	size_t row_bytes = ((size_t)width * r->samples * r->bits + 7) / 8;
	uint32_t columns = image->width - x < width ? image->width - x : width;

	if (TIFFReadTile(r->tiff, r->rows, x, y, 0, 0) < 0 || r->damaged) {
		return refuse(r, "TIFF tile");
	}
	for (uint32_t row = 0; row < height && y + row < image->height; row++) {
		convert_row(r, r->rows + row * row_bytes,
			    image->pixels + (size_t)(y + row) * image->width + x, columns);
	}
	return ERR_OK;
}

static int read_tiles(struct reading *r)
{
	const struct image *image = &r->job->image;
	uint32_t width = 0;
	uint32_t height = 0;
	uint64_t bytes;

	if (TIFFGetField(r->tiff, TIFFTAG_TILEWIDTH, &width) != 1 ||
	    TIFFGetField(r->tiff, TIFFTAG_TILELENGTH, &height) != 1 || width < TILE_SIDE_MIN ||
	    height < TILE_SIDE_MIN) {
		return refuse(r, "TIFF tile size");
	}
	bytes = ((uint64_t)width * r->samples * r->bits + 7) / 8;
	if (width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX ||
	    bytes * height > (uint64_t)TILE_BYTES_MAX) {
		return err_at(r->job->fault, ERR_LIMIT, r->at, "TIFF tile size");
	}
	bytes *= height;
	if (TIFFTileSize(r->tiff) != (tmsize_t)bytes) {
		return err_at(r->job->fault, ERR_UNSUPPORTED, r->at, "TIFF tiles");
	}
	r->rows = calloc(1, (size_t)bytes);
	if (r->rows == NULL) {
		return err_at(r->job->fault, ERR_NOMEM, r->at, "TIFF tiles");
	}
	for (uint32_t y = 0; y < image->height; y += height) {
		for (uint32_t x = 0; x < image->width; x += width) {
			int rc = read_tile(r, x, y, width, height);

			if (rc != ERR_OK) {
				return rc;
			}
		}
	}
	return ERR_OK;
}

/* libtiff 4.5 says nothing when it finds no memory for the JPEG tables, and reads them. */
static bool has_lost_tables(const struct reading *r)
{
	uint32_t count = 0;
	const void *tables = NULL;

	return field_u16(r->tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE) == COMPRESSION_JPEG &&
	       TIFFGetField(r->tiff, TIFFTAG_JPEGTABLES, &count, &tables) == 1 && count > 0 &&
	       tables == NULL;
}

static int read_open(struct reading *r)
{
	uint32_t width = 0;
	uint32_t height = 0;
	int rc;

	if (TIFFGetField(r->tiff, TIFFTAG_IMAGEWIDTH, &width) != 1 ||
	    TIFFGetField(r->tiff, TIFFTAG_IMAGELENGTH, &height) != 1) {
		return refuse(r, "TIFF size");
	}
	rc = decode_start(r->job, width, height, r->at);
	if (rc == ERR_OK) {
		rc = read_layout(r);
	}
	if (rc == ERR_OK) {
		rc = read_resolution(r);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	if (r->damaged || has_lost_tables(r)) {
		return refuse(r, "TIFF codec");
	}
	r->in_pixels = true;
	rc = TIFFIsTiled(r->tiff) ? read_tiles(r) : read_strips(r);
	if (rc == ERR_OK) {
		rc = decode_turn(r->job, field_u16(r->tiff, TIFFTAG_ORIENTATION, 1), r->at);
	}
	return rc;
}

int intake_tiff(struct decode_job *job)
{
	struct reading r = { .job = job };
	TIFFOpenOptions *options;
	int rc = tiff_check_directory(job);

	if (rc != ERR_OK) {
		return rc;
	}
	options = TIFFOpenOptionsAlloc();
	if (options == NULL) {
		return err_at(job->fault, ERR_NOMEM, 0, "TIFF");
	}
	/* A strip as it lies in the file, or a tile unpacked. */
	TIFFOpenOptionsSetMaxSingleMemAlloc(options,
					    (tmsize_t)job->in.len + TILE_BYTES_MAX + ALLOC_SLACK);
	TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, &r);
	TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, &r);
	/* Not memory-mapped; no strip chopping, which would make up directory entries. */
	r.tiff = TIFFClientOpenExt("image", "rmc", &r, on_read, on_write, on_seek, on_close,
				   on_size, NULL, NULL, options);
	TIFFOpenOptionsFree(options);
	if (r.tiff == NULL || r.damaged) {
		rc = refuse(&r, "TIFF directory");
	} else {
		rc = read_open(&r);
	}
	if (r.tiff != NULL) {
		TIFFClose(r.tiff);
	}
	free(r.rows);
	return rc;
}
