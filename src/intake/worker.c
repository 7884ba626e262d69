#include "intake/worker.h"

#include "record/image.h"

#define CODE_MAX   255U
#define FAULTS_MAX UINT32_MAX

static const struct field request_fields[] = {
	FIELD(struct worker_request, 1, true, FIELD_UINT, id, UINT64_MAX, NULL),
	FROM(struct worker_request, 2, op, WORKER_EXAMINE, WORKER_SHOW),
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

static const struct field sight_fields[] = {
	FIELD(struct worker_sight, 1, false, FIELD_UINT, width, WORKER_SIGHT_SIDE_MAX, NULL),
	FIELD(struct worker_sight, 2, false, FIELD_UINT, height, WORKER_SIGHT_SIDE_MAX, NULL),
	FIELD(struct worker_sight, 3, false, FIELD_BYTES, grey, WORKER_SIGHT_PIXELS_MAX, NULL),
	FIELD(struct worker_sight, 4, false, FIELD_BYTES, mask, WORKER_SIGHT_BLOCKS_MAX, NULL),
	FIELD(struct worker_sight, 5, false, FIELD_BYTES, clarity, WORKER_SIGHT_BLOCKS_MAX, NULL),
	FIELD(struct worker_sight, 6, false, FIELD_BYTES, flow, WORKER_SIGHT_BLOCKS_MAX, NULL),
	FIELD(struct worker_sight, 7, false, FIELD_BYTES, ridges, WORKER_SIGHT_RIDGES_MAX, NULL),
	FIELD(struct worker_sight, 8, false, FIELD_BYTES, ridges_a, WORKER_SIGHT_RIDGES_MAX, NULL),
};
const struct schema worker_sight_schema = SCHEMA("worker-sight", struct worker_sight, sight_fields);

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
	FIELD(struct worker_answer, 8, false, FIELD_STRUCT, sight, 0, &worker_sight_schema),
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

/* Bits beyond the width would be ridges that nobody sees. */
static bool rows_end_clean(struct bytes ridges, uint64_t width)
{
	size_t row = (size_t)(width + 7) / 8;
	unsigned beyond = width % 8 == 0 ? 0 : 0xffU >> (width % 8);

	for (size_t at = row; ridges.len > 0 && at <= ridges.len; at += row) {
		if ((ridges.data[at - 1] & beyond) != 0) {
			return false;
		}
	}
	return true;
}

static bool is_mask(struct bytes mask)
{
	for (size_t i = 0; i < mask.len; i++) {
		if (mask.data[i] > 1) {
			return false;
		}
	}
	return true;
}

/* Everything has the size that width and height give it, so that a picture needs no checks. */
static const char *fault_of_sight(const struct worker_sight *s)
{
	size_t blocks = (size_t)((s->width + WORKER_SIGHT_BLOCK - 1) / WORKER_SIGHT_BLOCK *
				 ((s->height + WORKER_SIGHT_BLOCK - 1) / WORKER_SIGHT_BLOCK));
	size_t ridges = (size_t)((s->width + 7) / 8 * s->height);

	if ((s->width == 0) != (s->height == 0) || s->grey.len != s->width * s->height) {
		return "grey";
	}
	if (s->mask.len != blocks || !is_mask(s->mask)) {
		return "mask";
	}
	if (s->clarity.len != blocks) {
		return "clarity";
	}
	if (s->flow.len != blocks) {
		return "flow";
	}
	if (s->ridges.len != s->ridges_a.len || (s->ridges.len != 0 && s->ridges.len != ridges) ||
	    !rows_end_clean(s->ridges, s->width) || !rows_end_clean(s->ridges_a, s->width)) {
		return "ridges";
	}
	return NULL;
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
	if (rv == ERR_OK && fault_of_sight(&out->sight) != NULL) {
		rv = err_at(fault, ERR_RANGE, 0, fault_of_sight(&out->sight));
	}
	return rv;
}
