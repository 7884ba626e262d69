#include "intake/worker.h"

#include "record/image.h"

#define CODE_MAX   255U
#define FAULTS_MAX UINT32_MAX

static const struct field request_fields[] = {
	FIELD(struct worker_request, 1, true, FIELD_UINT, id, UINT64_MAX, NULL),
	FROM(struct worker_request, 2, op, WORKER_EXAMINE, WORKER_PING),
	FIELD(struct worker_request, 3, false, FIELD_UINT, position, 10, NULL),
	FIELD(struct worker_request, 4, false, FIELD_UINT, ppi, IMAGE_PPI_MAX, NULL),
	FIELD(struct worker_request, 5, false, FIELD_UINT, width, IMAGE_SIDE_MAX, NULL),
	FIELD(struct worker_request, 6, false, FIELD_UINT, height, IMAGE_SIDE_MAX, NULL),
	FIELD(struct worker_request, 7, false, FIELD_BYTES, bytes, WORKER_BYTES_MAX, NULL),
};
const struct schema worker_request_schema =
    SCHEMA("worker-request", struct worker_request, request_fields);

static const struct field sample_fields[] = {
	FIELD(struct worker_sample, 1, false, FIELD_UINT, code, CODE_MAX, NULL),
	FIELD(struct worker_sample, 2, false, FIELD_UINT, type, 99, NULL),
	FIELD(struct worker_sample, 3, false, FIELD_UINT, position, 255, NULL),
	FIELD(struct worker_sample, 4, false, FIELD_UINT, width, UINT16_MAX, NULL),
	FIELD(struct worker_sample, 5, false, FIELD_UINT, height, UINT16_MAX, NULL),
	FIELD(struct worker_sample, 6, false, FIELD_UINT, ppi, UINT16_MAX, NULL),
	FIELD(struct worker_sample, 7, false, FIELD_UINT, score, 100, NULL),
	FIELD(struct worker_sample, 8, false, FIELD_UINT, faults, FAULTS_MAX, NULL),
	FIELD(struct worker_sample, 9, false, FIELD_UINT, format, WORKER_FORMAT_MINUTIAE, NULL),
	FIELD(struct worker_sample, 10, false, FIELD_UINT, at, WORKER_BYTES_MAX, NULL),
	FIELD(struct worker_sample, 11, false, FIELD_UINT, size, WORKER_BYTES_MAX, NULL),
	FIELD(struct worker_sample, 12, false, FIELD_TEXT, place, WORKER_PLACE_MAX, NULL),
	FIELD(struct worker_sample, 13, false, FIELD_BYTES, iso, WORKER_ISO_MAX, NULL),
	FIELD(struct worker_sample, 14, false, FIELD_BYTES, extended, WORKER_EXTENDED_MAX, NULL),
};
const struct schema worker_sample_schema =
    SCHEMA("worker-sample", struct worker_sample, sample_fields);

static const struct field item_fields[] = {
	FIELD(struct worker_item, 1, true, FIELD_TEXT, tag, WORKER_TAG_MAX, NULL),
	FIELD(struct worker_item, 2, true, FIELD_TEXT, value, WORKER_TEXT_MAX, NULL),
};
const struct schema worker_item_schema = SCHEMA("worker-item", struct worker_item, item_fields);

static const struct field answer_fields[] = {
	FIELD(struct worker_answer, 1, true, FIELD_UINT, id, UINT64_MAX, NULL),
	FIELD(struct worker_answer, 2, false, FIELD_UINT, code, CODE_MAX, NULL),
	FIELD(struct worker_answer, 3, false, FIELD_TEXT, place, WORKER_PLACE_MAX, NULL),
	FIELD(struct worker_answer, 4, false, FIELD_UINT, at, WORKER_BYTES_MAX, NULL),
	FIELD(struct worker_answer, 5, false, FIELD_LIST, samples, WORKER_SAMPLES_MAX,
	      &worker_sample_schema),
	FIELD(struct worker_answer, 6, false, FIELD_LIST, items, WORKER_ITEMS_MAX,
	      &worker_item_schema),
	FIELD(struct worker_answer, 7, false, FIELD_UINT, last, 1, NULL),
};
const struct schema worker_answer_schema =
    SCHEMA("worker-answer", struct worker_answer, answer_fields);

static int put_frame(const struct schema *schema, const void *message, size_t max, struct buf *out)
{
	size_t begin = out->len;
	size_t len;
	int rv;

	buf_u32(out, 0);
	rv = buf_error(out);
	if (rv == ERR_OK) {
		rv = schema_encode(schema, message, out);
	}
	if (rv == ERR_OK && out->len - begin - WORKER_LENGTH_BYTES > max) {
		rv = ERR_RANGE;
	}
	if (rv != ERR_OK) {
		out->len = begin;
		return rv;
	}
	len = out->len - begin - WORKER_LENGTH_BYTES;
	for (size_t i = 0; i < WORKER_LENGTH_BYTES; i++) {
		out->data[begin + i] = (uint8_t)(len >> (8 * (WORKER_LENGTH_BYTES - 1 - i)));
	}
	return ERR_OK;
}

int worker_put_request(const struct worker_request *request, struct buf *out)
{
	return put_frame(&worker_request_schema, request, WORKER_REQUEST_MAX, out);
}

int worker_put_answer(const struct worker_answer *answer, struct buf *out)
{
	return put_frame(&worker_answer_schema, answer, WORKER_ANSWER_MAX, out);
}

int worker_frame(struct bytes in, size_t max, struct bytes *body, size_t *need)
{
	size_t len = 0;

	if (in.len < WORKER_LENGTH_BYTES) {
		*need = WORKER_LENGTH_BYTES;
		return ERR_SHORT;
	}
	for (size_t i = 0; i < WORKER_LENGTH_BYTES; i++) {
		len = len << 8 | in.data[i];
	}
	if (len > max) {
		return ERR_LIMIT;
	}
	*need = WORKER_LENGTH_BYTES + len;
	if (in.len < *need) {
		return ERR_SHORT;
	}
	*body = (struct bytes){ in.data + WORKER_LENGTH_BYTES, len };
	return ERR_OK;
}

int worker_read_request(struct bytes body, struct arena *arena, struct worker_request *out,
			struct fault *fault)
{
	return schema_decode(&worker_request_schema, body, arena, out, fault);
}

/* A place of a fault lies within what was sent; a sample's bytes too.  The parent knows how
 * much it sent, this only keeps the sum from overflowing. */
int worker_read_answer(struct bytes body, struct arena *arena, struct worker_answer *out,
		       struct fault *fault)
{
	int rv = schema_decode(&worker_answer_schema, body, arena, out, fault);
	const struct worker_sample *samples = out->samples.items;

	for (size_t i = 0; rv == ERR_OK && i < out->samples.count; i++) {
		if (samples[i].at + samples[i].size > WORKER_BYTES_MAX) {
			rv = err_at(fault, ERR_RANGE, 0, "size");
		}
	}
	return rv;
}
