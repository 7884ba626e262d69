#include "sync/frame.h"

#include <assert.h>
#include <string.h>

#include "record/kind.h"

#define GROUP_MAX 31U

int frame_next(struct wire *in, struct frame *out, struct fault *fault)
{
	size_t at = in->at;
	uint8_t type = wire_u8(in);
	size_t len = wire_u16(in);
	const uint8_t *p = wire_bytes(in, len);

	if (wire_error(in) != ERR_OK) {
		return err_at(fault, ERR_SHORT, at, "frame");
	}
	if (type == 0 || type >= FRAME_TYPES) {
		return err_at(fault, ERR_UNSUPPORTED, at, "type");
	}
	out->type = (enum frame_type)type;
	out->content = (struct bytes){ p, len };
	out->at = at + FRAME_HEAD;
	return ERR_OK;
}

size_t frame_begin(struct buf *out, enum frame_type type)
{
	buf_u8(out, (uint8_t)type);
	buf_u16(out, 0);
	return out->len;
}

void frame_end(struct buf *out, size_t begun)
{
	size_t len = out->len - begun;

	assert(len <= UINT16_MAX);
	out->data[begun - 2] = (uint8_t)(len >> 8);
	out->data[begun - 1] = (uint8_t)len;
}

size_t frame_names_bytes(size_t n)
{
	return n * NAME_BYTES + n / GROUP_MAX + LANE_COUNT;
}

void frame_put_names(struct buf *out, struct named *list, size_t n)
{
	for (unsigned lane = 0; lane < LANE_COUNT; lane++) {
		size_t in_lane = 0;
		size_t in_group = 0;

		for (size_t i = 0; i < n; i++) {
			in_lane += list[i].lane == lane;
		}
		for (size_t i = 0; i < n; i++) {
			if (list[i].lane != lane) {
				continue;
			}
			if (in_group == 0) {
				in_group = in_lane < GROUP_MAX ? in_lane : GROUP_MAX;
				in_lane -= in_group;
				buf_u8(out, (uint8_t)((size_t)lane << 5 | in_group));
			}
			buf_u64(out, list[i].name);
			in_group--;
		}
	}
}

int frame_get_names(struct wire *w, struct named list[FRAME_NAMES], size_t *n)
{
	size_t count = 0;

	while (wire_left(w) > 0) {
		uint8_t head = wire_u8(w);
		uint8_t lane = head >> 5;
		size_t in_group = head & GROUP_MAX;

		if (lane >= LANE_COUNT || in_group == 0) {
			return ERR_MALFORMED;
		}
		if (in_group > FRAME_NAMES - count) {
			return ERR_LIMIT;
		}
		for (size_t i = 0; i < in_group; i++) {
			list[count++] = (struct named){ wire_u64(w), lane };
		}
	}
	*n = count;
	return wire_error(w);
}

void frame_put_tag(struct buf *out, uint64_t tag)
{
	buf_u16(out, (uint16_t)(tag >> 32));
	buf_u32(out, (uint32_t)tag);
}

uint64_t frame_get_tag(struct wire *w)
{
	uint64_t high = wire_u16(w);

	return high << 32 | wire_u32(w);
}

void frame_put_plain(struct buf *out, uint64_t plain)
{
	frame_put_tag(out, plain);
}

uint64_t frame_get_plain(struct wire *w)
{
	return frame_get_tag(w);
}

void frame_put_count(struct buf *out, uint32_t v)
{
	while (v >= 0x80) {
		buf_u8(out, (uint8_t)(v | 0x80));
		v >>= 7;
	}
	buf_u8(out, (uint8_t)v);
}

uint32_t frame_get_count(struct wire *w, bool *bad)
{
	uint64_t v = 0;
	uint8_t b = 0x80;

	for (unsigned shift = 0; (b & 0x80) != 0 && shift < 35; shift += 7) {
		b = wire_u8(w);
		v |= (uint64_t)(b & 0x7f) << shift;
		if (b == 0 && shift > 0) {
			*bad = true; /* a needless byte */
		}
	}
	if ((b & 0x80) != 0 || v > UINT32_MAX || wire_error(w) != ERR_OK) {
		*bad = true;
	}
	return (uint32_t)v;
}
