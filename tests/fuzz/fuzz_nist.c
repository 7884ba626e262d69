/* A transaction file is read or refused with a place; what is read stays within the file and
 * its minutiae can be written. */
#include <stdint.h>
#include <stdlib.h>

#include "intake/nist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_span(struct bytes file, struct bytes b)
{
	if (b.data != NULL && (b.data < file.data || b.len > file.len ||
			       (size_t)(b.data - file.data) > file.len - b.len)) {
		abort();
	}
}

static void check_result(struct bytes file, const struct nist *n)
{
	struct buf out = { 0 };
	char tag[NIST_TAG_MAX];

	for (size_t i = 0; i < n->items; i++) {
		check_span(file, n->item[i].text);
		nist_tag(&n->item[i], tag);
	}
	for (size_t i = 0; i < n->images; i++) {
		check_span(file, n->image[i].data);
		check_span(file, n->image[i].kind);
		check_span(file, n->image[i].date);
	}
	for (size_t i = 0; i < n->prints; i++) {
		if (fmr_write(&n->minutiae[i]->view, 1, FMR_ISO_2005, &out) != ERR_OK) {
			abort();
		}
		buf_clear(&out);
	}
	for (size_t i = 0; i < n->notes; i++) {
		if (n->note[i].what == NULL || n->note[i].at > file.len) {
			abort();
		}
	}
	buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes file = { data, size };
	struct fault fault = { 0 };
	struct arena arena;
	struct nist n;
	int rv;

	arena_init(&arena, 8U * 1024 * 1024);
	rv = nist_read(file, &arena, &n, &fault);
	if (rv == ERR_OK) {
		check_result(file, &n);
	} else if (fault.code != rv || fault.what == NULL || fault.at > size) {
		abort();
	}
	arena_done(&arena);
	return 0;
}
