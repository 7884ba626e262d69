/* A minutiae record that is read must be written and read again as the same views, in ISO's
 * format to the byte and in ANSI's but for odd degrees. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record/fmr.h"

static struct fmr views[FMR_VIEWS_MAX];
static struct fmr again[FMR_VIEWS_MAX];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int view_is_same(const struct fmr *a, struct fmr *b, int off)
{
	for (size_t i = 0; i < a->count && i < b->count; i++) {
		int8_t turned = (int8_t)(a->minutia[i].angle - b->minutia[i].angle);

		if (turned < -off || turned > off) {
			return 0;
		}
		b->minutia[i].angle = a->minutia[i].angle;
	}
	return memcmp(a, b, sizeof(*a)) == 0;
}

static void once_more(size_t n, enum fmr_format format, int off)
{
	struct buf out = { 0 };
	size_t m = 0;
	int rv = fmr_write(views, n, format, &out);

	if (rv != ERR_OK && rv != ERR_RANGE) {
		abort();
	}
	if (rv == ERR_OK &&
	    (fmr_read(buf_bytes(&out), again, FMR_VIEWS_MAX, &m, NULL) != ERR_OK || m != n)) {
		abort();
	}
	for (size_t i = 0; i < m; i++) {
		if (!view_is_same(&views[i], &again[i], off)) {
			abort();
		}
	}
	buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fault fault = { 0 };
	size_t n = 0;
	int rv = fmr_read((struct bytes){ data, size }, views, FMR_VIEWS_MAX, &n, &fault);

	if (rv != ERR_OK) {
		if (fault.code != rv || fault.what == NULL || fault.at > size + FMR_BYTES_MAX) {
			abort();
		}
		return 0;
	}
	once_more(n, FMR_ISO_2005, 0);
	once_more(n, FMR_ANSI_2004, 1);
	return 0;
}
