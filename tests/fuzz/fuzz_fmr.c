/* A minutiae record that is read must be written and read again as the same views. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record/fmr.h"

static struct fmr views[FMR_VIEWS_MAX];
static struct fmr again[FMR_VIEWS_MAX];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fault fault = { 0 };
	struct buf out = { 0 };
	size_t n = 0;
	size_t m = 0;
	int rv = fmr_read((struct bytes){ data, size }, views, FMR_VIEWS_MAX, &n, &fault);

	if (rv != ERR_OK) {
		if (fault.code != rv || fault.what == NULL || fault.at > size + FMR_BYTES_MAX) {
			abort();
		}
		return 0;
	}
	rv = fmr_write(views, n, &out);
	if (rv == ERR_OK) {
		if (fmr_read(buf_bytes(&out), again, FMR_VIEWS_MAX, &m, NULL) != ERR_OK || m != n ||
		    memcmp(views, again, n * sizeof views[0]) != 0) {
			abort();
		}
	} else if (rv != ERR_RANGE) {
		abort();
	}
	buf_done(&out);
	return 0;
}
