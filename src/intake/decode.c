#include "intake/decode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "intake/readers.h"

/* Two resolutions that differ by more than this share are not a matter of rounding. */
#define SQUARE_TOLERANCE 0.01

/* TIFF 6.0, tag Orientation: what has to be done to see the image upright. */
#define ORIENTATION_HALF      3U
#define ORIENTATION_CLOCKWISE 6U
#define ORIENTATION_BACK      8U

struct magic {
	enum image_format format;
	size_t len;
	const char *bytes;
};

static const struct magic magics[] = {
	{ IMAGE_PNG, 8, "\x89PNG\r\n\x1a\n" },
	{ IMAGE_JPEG, 3, "\xff\xd8\xff" },
	{ IMAGE_WSQ, 3, "\xff\xa0\xff" },
	{ IMAGE_TIFF, 4, "II*\0" },
	{ IMAGE_TIFF, 4, "MM\0*" },
	{ IMAGE_PGM, 2, "P5" },
};

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(uint32_t));
}

/* More than a kilobyte: less is sorted without a thought for memory.  libtiff sorts its tags. */
void decode_prepare(void)
{
	uint32_t values[1024];

	for (uint32_t i = 0; i < 1024; i++) {
		values[i] = i * 2654435761U;
	}
	qsort(values, 1024, sizeof values[0], compare);
}

enum image_format decode_sniff(struct bytes in)
{
	for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
		if (in.len >= magics[i].len &&
		    memcmp(in.data, magics[i].bytes, magics[i].len) == 0) {
			return magics[i].format;
		}
	}
	return IMAGE_ANY;
}

int decode_start(struct decode_job *job, uint32_t width, uint32_t height, size_t at)
{
	const struct decode_hint *hint = &job->hint;
	int rc;

	if (width < IMAGE_SIDE_MIN || width > IMAGE_SIDE_MAX) {
		return err_at(job->fault, ERR_LIMIT, at, "width");
	}
	if (height < IMAGE_SIDE_MIN || height > IMAGE_SIDE_MAX) {
		return err_at(job->fault, ERR_LIMIT, at, "height");
	}
	if ((uint64_t)width * height > (uint64_t)IMAGE_PIXELS_MAX ||
	    (hint->pixels_max != 0 && (uint64_t)width * height > hint->pixels_max)) {
		return err_at(job->fault, ERR_LIMIT, at, "pixels");
	}
	if (hint->width != 0 && hint->width != width) {
		return err_at(job->fault, ERR_RANGE, at, "width against the hint");
	}
	if (hint->height != 0 && hint->height != height) {
		return err_at(job->fault, ERR_RANGE, at, "height against the hint");
	}
	rc =
	    image_init(&job->image, width, height, hint->ppi != 0 ? hint->ppi : DECODE_PPI_DEFAULT);
	if (rc != ERR_OK) {
		return err_at(job->fault, rc, at, "image");
	}
	job->image.ppi_assumed = hint->ppi == 0;
	return ERR_OK;
}

/* Not so for zero, infinity and what is no number. */
static bool is_plausible(double ppi)
{
	return ppi >= IMAGE_PPI_MIN - 0.5 && ppi < IMAGE_PPI_MAX + 0.5;
}

int decode_stated_ppi(struct decode_job *job, double x, double y, size_t at)
{
	if (job->hint.ppi != 0 || !is_plausible(x) || !is_plausible(y)) {
		return ERR_OK;
	}
	if (fabs(x - y) > SQUARE_TOLERANCE * x) {
		return err_at(job->fault, ERR_UNSUPPORTED, at, "pixels that are not square");
	}
	job->image.ppi = (uint32_t)(x + 0.5);
	job->image.ppi_assumed = false;
	return ERR_OK;
}

/* The image as seen after a quarter turn, clockwise or back, or a half turn. */
static void turn_into(const struct image *from, struct image *to, unsigned orientation)
{
	for (uint32_t y = 0; y < to->height; y++) {
		for (uint32_t x = 0; x < to->width; x++) {
			uint32_t old_x = orientation == ORIENTATION_CLOCKWISE ? y
					 : orientation == ORIENTATION_BACK    ? from->width - 1 - y
									      : from->width - 1 - x;
			uint32_t old_y = orientation == ORIENTATION_CLOCKWISE ? from->height - 1 - x
					 : orientation == ORIENTATION_BACK    ? x
									   : from->height - 1 - y;

			to->pixels[(size_t)y * to->width + x] =
			    from->pixels[(size_t)old_y * from->width + old_x];
		}
	}
}

int decode_turn(struct decode_job *job, unsigned orientation, size_t at)
{
	const struct image *image = &job->image;
	bool is_half = orientation == ORIENTATION_HALF;
	struct image turned;
	int rc;

	if (orientation <= 1 || orientation > ORIENTATION_BACK) {
		return ERR_OK;
	}
	if (!is_half && orientation != ORIENTATION_CLOCKWISE && orientation != ORIENTATION_BACK) {
		return err_at(job->fault, ERR_UNSUPPORTED, at, "mirrored image");
	}
	rc = image_init(&turned, is_half ? image->width : image->height,
			is_half ? image->height : image->width, image->ppi);
	if (rc != ERR_OK) {
		return err_at(job->fault, rc, at, "turned image");
	}
	turned.ppi_assumed = image->ppi_assumed;
	turn_into(image, &turned, orientation);
	image_done(&job->image);
	job->image = turned;
	return ERR_OK;
}

/* A format that is known but not read here is worth its own word. */
static int refuse_unknown(const struct decode_job *job)
{
	static const uint8_t jp2[12] = { 0, 0, 0, 12, 'j', 'P', ' ', ' ', 0x0d, 0x0a, 0x87, 0x0a };
	static const uint8_t codestream[4] = { 0xff, 0x4f, 0xff, 0x51 };
	struct bytes in = job->in;

	if ((in.len >= sizeof jp2 && memcmp(in.data, jp2, sizeof jp2) == 0) ||
	    (in.len >= sizeof codestream && memcmp(in.data, codestream, sizeof codestream) == 0)) {
		return err_at(job->fault, ERR_UNSUPPORTED, 0, "JPEG 2000");
	}
	return err_at(job->fault, ERR_UNSUPPORTED, 0, "image format");
}

static int read_as(struct decode_job *job, enum image_format format)
{
	switch (format) {
	case IMAGE_PNG:
		return intake_png(job);
	case IMAGE_JPEG:
		return intake_jpeg(job);
	case IMAGE_PGM:
		return intake_pgm(job);
	case IMAGE_TIFF:
		return intake_tiff(job);
	case IMAGE_WSQ:
		return intake_wsq(job);
	case IMAGE_RAW:
		return intake_raw(job);
	case IMAGE_ANY:
		break;
	}
	return refuse_unknown(job);
}

int decode_image(struct bytes in, const struct decode_hint *hint, struct image *out,
		 struct fault *fault)
{
	struct decode_job job = { .in = in, .fault = fault };
	enum image_format format;
	int rc;

	if (hint != NULL) {
		job.hint = *hint;
	}
	if (in.len == 0) {
		return err_at(fault, ERR_SHORT, 0, "image");
	}
	if (in.len > DECODE_BYTES_MAX) {
		return err_at(fault, ERR_LIMIT, DECODE_BYTES_MAX, "image bytes");
	}
	if (job.hint.ppi != 0 && (job.hint.ppi < IMAGE_PPI_MIN || job.hint.ppi > IMAGE_PPI_MAX)) {
		return err_at(fault, ERR_RANGE, 0, "ppi of the hint");
	}
	format = decode_sniff(in);
	if (job.hint.format == IMAGE_RAW) {
		format = IMAGE_RAW;
	} else if (job.hint.format != IMAGE_ANY && format != job.hint.format) {
		return err_at(fault, ERR_MALFORMED, 0, "image format against the hint");
	}
	rc = read_as(&job, format);
	if (rc != ERR_OK) {
		image_done(&job.image);
		return rc;
	}
	*out = job.image;
	return ERR_OK;
}
