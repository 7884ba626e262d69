/* Frames of the worker: a request or answer that is read must encode to the same bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "intake/worker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(struct bytes frame, const struct buf *out)
{
	if (out->len != frame.len || memcmp(out->data, frame.data, frame.len) != 0) {
		abort();
	}
}

static void read_both(struct bytes body, struct bytes frame)
{
	struct worker_request request;
	struct worker_answer answer;
	struct fault fault = { 0 };
	struct arena arena;
	struct buf out = { 0 };

	arena_init(&arena, WORKER_ARENA_BYTES);
	if (worker_read_request(body, &arena, &request, &fault) == ERR_OK) {
		if (worker_put_request(&request, &out) != ERR_OK) {
			abort();
		}
		check_again(frame, &out);
	} else if (fault.what == NULL) {
		abort();
	}
	buf_clear(&out);
	if (worker_read_answer(body, &arena, &answer, &fault) == ERR_OK) {
		if (worker_put_answer(&answer, &out) != ERR_OK) {
			abort();
		}
		check_again(frame, &out);
	}
	buf_done(&out);
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data, size };
	struct bytes body;
	size_t need = 0;
	int rv = worker_frame(in, WORKER_REQUEST_MAX, &body, &need);

	if (rv == ERR_OK) {
		read_both(body, (struct bytes){ data, need });
	} else if (rv != ERR_LIMIT && (rv != ERR_SHORT || need <= size)) {
		abort();
	}
	return 0;
}
