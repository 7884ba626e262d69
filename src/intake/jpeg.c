/* JPEG by libjpeg-turbo: luma only, integer arithmetic (the same on every machine), and
 * every warning an error, since libjpeg warns where it invents pixels. */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "intake/readers.h"

/* Coefficients of a progressive picture: 3 components, 2 bytes, IMAGE_PIXELS_MAX, and some. */
#define MEMORY_BYTES_MAX (112L * 1024 * 1024)
/* Encoders make up to about 12; a bomb makes thousands, each walking over all blocks. */
#define SCANS_MAX      50
#define COMPONENTS_MAX 3

struct reading {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr error;
	struct jpeg_progress_mgr progress;
	struct decode_job *job;
	unsigned seen; /* bit n: component n has stood in a scan */
	unsigned orientation;
	int code;
	jmp_buf escape;
};

static int code_of(int message)
{
	switch (message) {
	case JERR_OUT_OF_MEMORY:
		return ERR_NOMEM;
	case JERR_NO_BACKING_STORE:
		return ERR_LIMIT;
	case JERR_INPUT_EOF:
	case JERR_INPUT_EMPTY:
	case JWRN_JPEG_EOF:
		return ERR_SHORT;
	case JERR_BAD_PRECISION:
	case JERR_CONVERSION_NOTIMPL:
	case JERR_SOF_UNSUPPORTED:
	case JERR_NOT_COMPILED:
	case JERR_ARITH_NOTIMPL:
		return ERR_UNSUPPORTED;
	case JERR_IMAGE_TOO_BIG:
	case JERR_WIDTH_OVERFLOW:
		return ERR_LIMIT;
	default:
		return ERR_MALFORMED;
	}
}

static void on_error(j_common_ptr common)
{
	struct reading *r = common->client_data;

	if (r->code == ERR_OK) {
		r->code = code_of(common->err->msg_code);
	}
	longjmp(r->escape, 1);
}

/* Negative levels are warnings of damage, the others traces. */
static void on_message(j_common_ptr common, int level)
{
	if (level < 0) {
		on_error(common);
	}
}

static void on_output(j_common_ptr common)
{
	(void)common;
}

/* Called at least once in every scan. */
static void on_progress(j_common_ptr common)
{
	struct reading *r = common->client_data;

	if (r->jpeg.input_scan_number > SCANS_MAX) {
		r->code = ERR_LIMIT;
		on_error(common);
	}
	for (int i = 0; i < r->jpeg.comps_in_scan; i++) {
		r->seen |= 1U << (unsigned)r->jpeg.cur_comp_info[i]->component_index;
	}
}

/* The source is all of the input, so that a segment lies there in one piece. */
static boolean on_app1(j_decompress_ptr jpeg)
{
	struct reading *r = jpeg->client_data;
	struct jpeg_source_mgr *source = jpeg->src;
	const uint8_t *p = source->next_input_byte;
	size_t len = source->bytes_in_buffer < 2 ? 2 : (size_t)p[0] << 8 | p[1];

	if (source->bytes_in_buffer < len || len < 2) {
		r->code = len < 2 ? ERR_MALFORMED : ERR_SHORT;
		on_error((j_common_ptr)jpeg);
	}
	if (r->orientation == 0) {
		r->orientation = exif_orientation((struct bytes){ p + 2, len - 2 });
	}
	source->next_input_byte += len;
	source->bytes_in_buffer -= len;
	return TRUE;
}

static size_t place(const struct reading *r)
{
	const struct jpeg_source_mgr *source = r->jpeg.src;

	return source == NULL || source->bytes_in_buffer > r->job->in.len
		   ? 0
		   : r->job->in.len - source->bytes_in_buffer;
}

/* Density unit 0 is an aspect ratio, not a resolution. */
static int read_density(struct reading *r)
{
	double scale = r->jpeg.density_unit == 2 ? 2.54 : 1.0;

	if (r->jpeg.saw_JFIF_marker == 0 || r->jpeg.density_unit == 0) {
		return ERR_OK;
	}
	return decode_stated_ppi(r->job, r->jpeg.X_density * scale, r->jpeg.Y_density * scale,
				 place(r));
}

/* A file may end properly and still lack what would complete it: a component that stands in
 * no scan, or the finer bits of a progressive picture. */
static int check_complete(struct reading *r)
{
	if (r->seen + 1 != 1U << (unsigned)r->jpeg.num_components) {
		return err_at(r->job->fault, ERR_SHORT, place(r), "JPEG scans");
	}
	if (r->jpeg.progressive_mode != 0) {
		for (int k = 0; k < DCTSIZE2; k++) {
			if (r->jpeg.coef_bits[0][k] != 0) {
				return err_at(r->job->fault, ERR_SHORT, place(r), "JPEG scans");
			}
		}
	}
	return ERR_OK;
}

static int read_pixels(struct reading *r)
{
	struct image *image = &r->job->image;
	int rc;

	(void)jpeg_start_decompress(&r->jpeg);
	if (r->jpeg.output_width != image->width || r->jpeg.output_height != image->height ||
	    r->jpeg.output_components != 1) {
		return err_at(r->job->fault, ERR_UNSUPPORTED, place(r), "JPEG pixels");
	}
	while (r->jpeg.output_scanline < image->height) {
		JSAMPROW row = image->pixels + (size_t)r->jpeg.output_scanline * image->width;

		(void)jpeg_read_scanlines(&r->jpeg, &row, 1);
	}
	rc = check_complete(r);
	if (rc == ERR_OK) {
		(void)jpeg_finish_decompress(&r->jpeg);
		rc = decode_turn(r->job, r->orientation, place(r));
	}
	return rc;
}

static int read_all(struct reading *r)
{
	int rc;

	r->jpeg.mem->max_memory_to_use = MEMORY_BYTES_MAX;
	r->jpeg.progress = &r->progress;
	jpeg_mem_src(&r->jpeg, r->job->in.data, (unsigned long)r->job->in.len);
	jpeg_set_marker_processor(&r->jpeg, JPEG_APP0 + 1, on_app1);
	(void)jpeg_read_header(&r->jpeg, TRUE);
	rc = decode_start(r->job, r->jpeg.image_width, r->jpeg.image_height, place(r));
	if (rc == ERR_OK) {
		rc = read_density(r);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	if (r->jpeg.num_components != 1 && r->jpeg.num_components != COMPONENTS_MAX) {
		return err_at(r->job->fault, ERR_UNSUPPORTED, place(r), "JPEG components");
	}
	r->jpeg.out_color_space = JCS_GRAYSCALE;
	r->jpeg.dct_method = JDCT_ISLOW;
	r->jpeg.do_fancy_upsampling = FALSE;
	r->jpeg.do_block_smoothing = FALSE;
	return read_pixels(r);
}

/* The only frame that libjpeg jumps back to; what it needs afterwards lives in *r. */
static int read_guarded(struct reading *r)
{
	if (setjmp(r->escape) != 0) {
		return err_at(r->job->fault, r->code, place(r), "JPEG");
	}
	jpeg_create_decompress(&r->jpeg);
	return read_all(r);
}

int intake_jpeg(struct decode_job *job)
{
	struct reading r = { .job = job };
	int rc;

	r.jpeg.err = jpeg_std_error(&r.error);
	r.jpeg.client_data = &r;
	r.error.error_exit = on_error;
	r.error.emit_message = on_message;
	r.error.output_message = on_output;
	r.progress.progress_monitor = on_progress;
	rc = read_guarded(&r);
	jpeg_destroy_decompress(&r.jpeg);
	return rc;
}
