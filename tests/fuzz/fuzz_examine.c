/* Everything that the worker does with foreign bytes: the first byte chooses the request, the
 * rest is what came from outside.  The answer must fit its own limits, and be one that the
 * parent reads. */
#include <stdint.h>
#include <stdlib.h>

#include "cmd/examine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct worker_request request = { .id = 1 };
	struct worker_answer answer;
	struct worker_answer again;
	struct bytes body;
	size_t need = 0;
	struct arena arena;
	struct buf out = { 0 };

	if (size == 0) {
		return 0;
	}
	request.op = data[0] % 4 + 1;
	request.position = data[0] / 4 % 11;
	request.bytes = (struct bytes){ data + 1, size - 1 };
	if (data[0] >= 0xe0 && data[0] < 0xf0) {
		request.op = WORKER_SHOW;
	}
	if (data[0] >= 0xf0) { /* raw pixels, as many as there are */
		request.op = WORKER_EXAMINE;
		request.ppi = 500;
		request.width = 32;
		request.height = (size - 1) / 32;
	}
	arena_init(&arena, EXAMINE_ARENA_BYTES);
	examine_request(&request, &arena, &answer);
	if (worker_put_answer(&answer, &out) != ERR_OK || answer.at > request.bytes.len ||
	    (answer.code != 0) != (answer.place.len > 0)) {
		abort();
	}
	if (worker_frame(buf_bytes(&out), WORKER_ANSWER_MAX, &body, &need) != ERR_OK ||
	    worker_read_answer(body, &arena, &again, NULL) != ERR_OK) {
		abort();
	}
	buf_done(&out);
	arena_done(&arena);
	return 0;
}
