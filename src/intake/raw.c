/* Pixels without a header: the carrier (ANSI/NIST type 4 or 14, compression "none") says all. */
#include <string.h>

#include "intake/readers.h"

int intake_raw(struct decode_job *job)
{
	const struct decode_hint *hint = &job->hint;
	size_t size;
	int rc;

	if (hint->width == 0 || hint->height == 0 || hint->ppi == 0) {
		return err_at(job->fault, ERR_RANGE, 0, "raw needs width, height and ppi");
	}
	rc = decode_start(job, hint->width, hint->height, 0);
	if (rc != ERR_OK) {
		return rc;
	}
	size = (size_t)hint->width * hint->height;
	if (job->in.len < size) {
		return err_at(job->fault, ERR_SHORT, job->in.len, "raw pixels");
	}
	if (job->in.len > size) {
		return err_at(job->fault, ERR_MALFORMED, size, "bytes after the raw pixels");
	}
	memcpy(job->image.pixels, job->in.data, size);
	return ERR_OK;
}
