#include "sim/records.h"

#include "intake/worker.h"
#include "record/fmr.h"

#define QUALITY 60U

static int answer_to(const struct worker_request *request, struct buf *out)
{
	struct worker_answer answer = { .id = request->id };
	struct worker_sample sample = { .format = WORKER_FORMAT_MINUTIAE, .score = QUALITY };
	struct fault fault = { .what = "record" };
	struct buf iso = { 0 };
	struct fmr view;
	size_t n = 0;
	int rc = fmr_read(request->bytes, &view, 1, &n, &fault);

	if (rc != ERR_OK) {
		answer.code = (uint64_t)-rc;
		answer.place = bytes_of(fault.what);
		answer.at = fault.at;
		rc = ERR_OK;
	} else {
		sample.position = view.position;
		rc = fmr_write(&view, 1, FMR_ISO_2005, &iso);
		sample.iso = buf_bytes(&iso);
		answer.samples = (struct list){ .items = &sample, .count = 1 };
	}
	if (rc == ERR_OK) {
		rc = worker_put_answer(&answer, out);
	}
	buf_done(&iso);
	return rc;
}

int records_examine(struct bytes frame, struct buf *out)
{
	struct worker_request request;
	struct arena arena;
	struct bytes body;
	size_t need;
	int rc = worker_frame(frame, WORKER_REQUEST_MAX, &body, &need);

	arena_init(&arena, WORKER_ARENA_BYTES);
	if (rc == ERR_OK) {
		rc = worker_read_request(body, &arena, &request, NULL);
	}
	if (rc == ERR_OK) {
		rc = answer_to(&request, out);
	}
	arena_done(&arena);
	return rc;
}
