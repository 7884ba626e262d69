/* Binary PGM ("P5"): three decimal numbers, one white space, pixels to the end. */
#include <stdbool.h>

#include "intake/grey.h"
#include "intake/readers.h"

#define DIGITS_MAX 9U /* fits 32 bits, and no size or depth needs more */
#define DEPTH_MAX  65535U

static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Skip white space and comments, of which at least one byte must be there. */
static int skip_space(struct decode_job *job, size_t *at)
{
	size_t i = *at;

	while (i < job->in.len && (is_space(job->in.data[i]) || job->in.data[i] == '#')) {
		if (job->in.data[i] == '#') {
			while (i < job->in.len && job->in.data[i] != '\n') {
				i++;
			}
		} else {
			i++;
		}
	}
	if (i >= job->in.len) {
		return err_at(job->fault, ERR_SHORT, i, "PGM header");
	}
	if (i == *at) {
		return err_at(job->fault, ERR_MALFORMED, i, "PGM header");
	}
	*at = i;
	return ERR_OK;
}

static int read_number(struct decode_job *job, size_t *at, uint32_t *number, const char *what)
{
	size_t start;
	uint32_t n = 0;
	int rc = skip_space(job, at);

	if (rc != ERR_OK) {
		return rc;
	}
	start = *at;
	while (*at < job->in.len && job->in.data[*at] >= '0' && job->in.data[*at] <= '9') {
		if (*at - start == DIGITS_MAX) {
			return err_at(job->fault, ERR_LIMIT, start, what);
		}
		n = n * 10 + (uint32_t)(job->in.data[*at] - '0');
		(*at)++;
	}
	if (*at == start) {
		return err_at(job->fault, ERR_MALFORMED, start, what);
	}
	if (*at == job->in.len) {
		return err_at(job->fault, ERR_SHORT, *at, what);
	}
	*number = n;
	return ERR_OK;
}

static int read_pixels(struct decode_job *job, size_t at, uint32_t depth)
{
	size_t count = (size_t)job->image.width * job->image.height;
	size_t width = depth > 255 ? 2 : 1; /* bytes a sample, the high one first */
	const uint8_t *from = job->in.data + at;

	if (job->in.len - at < count * width) {
		return err_at(job->fault, ERR_SHORT, job->in.len, "PGM pixels");
	}
	if (job->in.len - at > count * width) {
		return err_at(job->fault, ERR_MALFORMED, at + count * width,
			      "bytes after the PGM pixels");
	}
	for (size_t i = 0; i < count; i++) {
		uint32_t v = width == 2 ? (uint32_t)from[2 * i] << 8 | from[2 * i + 1] : from[i];

		if (v > depth) {
			return err_at(job->fault, ERR_RANGE, at + i * width, "PGM pixel");
		}
		job->image.pixels[i] = grey_of_depth(v, depth);
	}
	return ERR_OK;
}

int intake_pgm(struct decode_job *job)
{
	size_t at = 2; /* after "P5" */
	uint32_t width = 0;
	uint32_t height = 0;
	uint32_t depth = 0;
	int rc = read_number(job, &at, &width, "PGM width");

	if (rc == ERR_OK) {
		rc = read_number(job, &at, &height, "PGM height");
	}
	if (rc == ERR_OK) {
		rc = read_number(job, &at, &depth, "PGM depth");
	}
	if (rc != ERR_OK) {
		return rc;
	}
	if (depth < 1 || depth > DEPTH_MAX) {
		return err_at(job->fault, ERR_RANGE, at, "PGM depth");
	}
	if (!is_space(job->in.data[at])) {
		return err_at(job->fault, ERR_MALFORMED, at, "PGM header");
	}
	rc = decode_start(job, width, height, 2);
	return rc != ERR_OK ? rc : read_pixels(job, at + 1, depth);
}
