/* PNG by libpng: our memory with a limit, our input, any warning about pixels an error. */
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "base/wire.h"
#include "intake/grey.h"
#include "intake/readers.h"

#define CHUNK_BYTES_MAX  (1024UL * 1024) /* in memory; image data stream past this limit */
#define CHUNKS_MAX       64U
#define MEMORY_BYTES_MAX (4UL * 1024 * 1024) /* libpng's own: zlib, rows, palette */
#define HEADER_AT        16U                 /* width and height in the first chunk */

struct reading {
	struct decode_job *job;
	size_t at;
	size_t memory; /* taken in all; libpng's frees are not counted back */
	int code;
	png_structp png;
	png_infop info;
	uint8_t *rows; /* owned: one row, or all of them if interlaced */
	jmp_buf escape;
};

static void on_read(png_structp png, png_bytep to, size_t len)
{
	struct reading *r = png_get_io_ptr(png);

	if (r->job->in.len - r->at < len) {
		r->code = ERR_SHORT;
		r->at = r->job->in.len;
		png_error(png, "end of input");
	}
	memcpy(to, r->job->in.data + r->at, len);
	r->at += len;
}

static void on_error(png_structp png, png_const_charp text)
{
	struct reading *r = png_get_error_ptr(png);

	(void)text;
	if (r->code == ERR_OK) {
		r->code = ERR_MALFORMED;
	}
	longjmp(r->escape, 1);
}

/* Benign faults have been made errors; what still warns says nothing about the pixels. */
static void on_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

static png_voidp on_malloc(png_structp png, png_alloc_size_t size)
{
	struct reading *r = png_get_mem_ptr(png);
	void *p;

	if (size > MEMORY_BYTES_MAX - r->memory) {
		r->code = ERR_LIMIT;
		return NULL;
	}
	p = malloc(size);
	if (p == NULL) {
		r->code = ERR_NOMEM;
		return NULL;
	}
	r->memory += size;
	return p;
}

static void on_free(png_structp png, png_voidp p)
{
	(void)png;
	free(p);
}

static void set_limits(png_structp png)
{
	/* Of the optional chunks only tRNS and pHYs are looked at. */
	png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
	png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_AS_DEFAULT, (png_const_bytep) "pHYs", 1);
	png_set_user_limits(png, IMAGE_SIDE_MAX, IMAGE_SIDE_MAX);
	png_set_chunk_cache_max(png, CHUNKS_MAX);
	png_set_chunk_malloc_max(png, CHUNK_BYTES_MAX);
	png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
	png_set_benign_errors(png, 0);
}

/* Ask for 8-bit samples, 1 to 4 a pixel. */
static void set_transforms(png_structp png, png_infop info)
{
	int type = png_get_color_type(png, info);

	if (type == PNG_COLOR_TYPE_PALETTE) {
		png_set_palette_to_rgb(png);
	} else if (type == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png, info) < 8) {
		png_set_expand_gray_1_2_4_to_8(png);
	}
	if (png_get_valid(png, info, PNG_INFO_tRNS) != 0) {
		png_set_tRNS_to_alpha(png);
	}
	if (png_get_bit_depth(png, info) == 16) {
		png_set_scale_16(png);
	}
}

static void convert_row(const uint8_t *from, unsigned channels, uint8_t *to, uint32_t width)
{
	for (uint32_t x = 0; x < width; x++, from += channels) {
		uint8_t grey = channels >= 3 ? grey_of_rgb(from[0], from[1], from[2]) : from[0];

		if (channels == 2 || channels == 4) {
			grey = grey_on_white(grey, from[channels - 1]);
		}
		to[x] = grey;
	}
}

static int read_pixels(struct reading *r)
{
	struct image *image = &r->job->image;
	int passes = png_set_interlace_handling(r->png);
	unsigned channels;
	size_t row_bytes;

	png_read_update_info(r->png, r->info);
	channels = png_get_channels(r->png, r->info);
	row_bytes = png_get_rowbytes(r->png, r->info);
	if (channels < 1 || channels > 4 || row_bytes != (size_t)image->width * channels) {
		return err_at(r->job->fault, ERR_UNSUPPORTED, r->at, "PNG pixels");
	}
	/* At most 4 * IMAGE_PIXELS_MAX: a later pass needs what the earlier ones left. */
	r->rows = calloc(passes > 1 ? image->height : 1, row_bytes);
	if (r->rows == NULL) {
		return err_at(r->job->fault, ERR_NOMEM, r->at, "PNG rows");
	}
	for (int pass = 0; pass < passes; pass++) {
		for (uint32_t y = 0; y < image->height; y++) {
			uint8_t *row = r->rows + (passes > 1 ? y * row_bytes : 0);

			png_read_row(r->png, row, NULL);
			if (pass == passes - 1) {
				convert_row(row, channels, image->pixels + (size_t)y * image->width,
					    image->width);
			}
		}
	}
	png_read_end(r->png, NULL);
	return ERR_OK;
}

static int read_all(struct reading *r)
{
	png_uint_32 x;
	png_uint_32 y;
	int unit;
	int rc;

	set_limits(r->png);
	png_set_read_fn(r->png, r, on_read);
	png_read_info(r->png, r->info);
	rc = decode_start(r->job, png_get_image_width(r->png, r->info),
			  png_get_image_height(r->png, r->info), HEADER_AT);
	if (rc != ERR_OK) {
		return rc;
	}
	if (png_get_pHYs(r->png, r->info, &x, &y, &unit) != 0 && unit == PNG_RESOLUTION_METER) {
		rc = decode_stated_ppi(r->job, x * 0.0254, y * 0.0254, r->at);
		if (rc != ERR_OK) {
			return rc;
		}
	}
	set_transforms(r->png, r->info);
	return read_pixels(r);
}

/* The only frame that libpng jumps back to; what it needs afterwards lives in *r. */
static int read_guarded(struct reading *r)
{
	if (setjmp(r->escape) != 0) {
		return err_at(r->job->fault, r->code, r->at, "PNG");
	}
	r->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, r, on_error, on_warning, r,
					  on_malloc, on_free);
	if (r->png == NULL) {
		return err_at(r->job->fault, ERR_NOMEM, 0, "PNG");
	}
	r->info = png_create_info_struct(r->png);
	if (r->info == NULL) {
		return err_at(r->job->fault, ERR_NOMEM, 0, "PNG");
	}
	return read_all(r);
}

/* libpng's own limit on the size would call the file malformed: say it first, and better. */
static int check_header(struct decode_job *job)
{
	struct wire w;
	uint32_t width;
	uint32_t height;

	wire_init(&w, job->in.data, job->in.len);
	(void)wire_bytes(&w, HEADER_AT);
	width = wire_u32(&w);
	height = wire_u32(&w);
	if (wire_error(&w) != ERR_OK) {
		return err_at(job->fault, ERR_SHORT, job->in.len, "PNG header");
	}
	if (width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX) {
		return err_at(job->fault, ERR_LIMIT, HEADER_AT, "PNG size");
	}
	return ERR_OK;
}

int intake_png(struct decode_job *job)
{
	struct reading r = { .job = job };
	int rc = check_header(job);

	if (rc == ERR_OK) {
		rc = read_guarded(&r);
	}
	if (r.png != NULL) {
		png_destroy_read_struct(&r.png, &r.info, NULL);
	}
	free(r.rows);
	return rc;
}
