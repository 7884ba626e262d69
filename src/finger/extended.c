#include "finger/extended.h"

#include <string.h>

#include "base/wire.h"
#include "finger/angle.h"
#include "finger/finger.h"
#include "finger/work.h"

#define HEAD  3 /* version, period, count */
#define EACH  6 /* bytes a minutia */
#define SHAPE 4
#define CHECK 4

/* CRC-32 as in ISO 3309, half a byte at a time. */
static uint32_t crc(uint32_t c, const uint8_t *data, size_t len)
{
	static const uint32_t half[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
					   0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
					   0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
					   0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };

	WORK(4 * len);
	for (size_t i = 0; i < len; i++) {
		c ^= data[i];
		c = half[c & 15] ^ (c >> 4);
		c = half[c & 15] ^ (c >> 4);
	}
	return c;
}

static uint32_t check(struct bytes iso, const uint8_t *data, size_t len)
{
	return ~crc(crc(0xffffffffU, iso.data, iso.len), data, len);
}

struct box {
	int left;
	int top;
	int right;
	int bottom;
};

/* The cells that hold print, cut around their middle to what fits. */
static struct box box_of(const struct field *f)
{
	struct box b = { f->columns, f->rows, -1, -1 };

	for (int i = 0; i < f->columns * f->rows; i++) {
		int x = i % f->columns;
		int y = i / f->columns;

		if (f->mask[i]) {
			b.left = x < b.left ? x : b.left;
			b.top = y < b.top ? y : b.top;
			b.right = x > b.right ? x : b.right;
			b.bottom = y > b.bottom ? y : b.bottom;
		}
	}
	b = (struct box){ b.left / 2, b.top / 2, b.right / 2 + 1, b.bottom / 2 + 1 };
	while ((b.right - b.left) * (b.bottom - b.top) > EXTENDED_CELLS_MAX) {
		b.left++;
		b.top++;
		b.right--;
		b.bottom--;
	}
	return b;
}

void extended_from_field(const struct field *f, struct extended_flow *flow)
{
	struct box b = box_of(f);

	memset(flow, 0, sizeof(*flow));
	if (field_area(f) == 0) {
		return;
	}
	flow->left = (uint8_t)b.left;
	flow->top = (uint8_t)b.top;
	flow->columns = (uint8_t)(b.right - b.left);
	flow->rows = (uint8_t)(b.bottom - b.top);
	for (int i = 0; i < flow->columns * flow->rows; i++) {
		int x = 2 * (b.left + i % flow->columns);
		int y = 2 * (b.top + i / flow->columns);
		float u = 0;
		float v = 0;
		int n = 0;

		for (int k = 0; k < 4; k++) {
			int at = (y + k / 2) * f->columns + x + k % 2;

			if (x + k % 2 < f->columns && y + k / 2 < f->rows && f->mask[at]) {
				float w = (float)f->coherence[at] + 8;

				u += w * angle_cos((uint16_t)(f->theta[at] << 8));
				v += w * angle_sin((uint16_t)(f->theta[at] << 8));
				n++;
			}
		}
		if (n >= 2) {
			uint8_t theta = angle_byte(u, v);

			flow->cell[i] = theta > 0 ? theta : 1;
		}
	}
}

int extended_write(const struct extended *e, struct bytes iso, struct buf *out)
{
	size_t start = out->len;
	int cells = e->flow.columns * e->flow.rows;

	buf_u8(out, EXTENDED_VERSION);
	buf_u8(out, e->period);
	buf_u8(out, (uint8_t)e->second.count);
	for (size_t i = 0; i < e->second.count; i++) {
		const struct minutia *m = &e->second.at[i];

		buf_u16(out, (uint16_t)((uint16_t)m->x | (unsigned)m->type << 14));
		buf_u16(out, (uint16_t)m->y);
		buf_u8(out, m->angle);
		buf_u8(out, m->quality);
	}
	buf_u8(out, e->flow.columns);
	buf_u8(out, e->flow.rows);
	buf_u8(out, e->flow.left);
	buf_u8(out, e->flow.top);
	/* Unknown cells come in runs: a zero and how many. */
	for (int i = 0; i < cells;) {
		int run = 1;

		if (e->flow.cell[i] != 0) {
			buf_u8(out, e->flow.cell[i++]);
			continue;
		}
		while (i + run < cells && run < 255 && e->flow.cell[i + run] == 0) {
			run++;
		}
		buf_u8(out, 0);
		buf_u8(out, (uint8_t)run);
		i += run;
	}
	if (buf_error(out) == ERR_OK) {
		buf_u32(out, check(iso, out->data + start, out->len - start));
	}
	return buf_error(out);
}

static int read_minutiae(struct wire *w, size_t n, struct minutiae *out, struct fault *fault)
{
	for (size_t i = 0; i < n; i++) {
		size_t at = w->at;
		uint16_t x = wire_u16(w);
		uint16_t y = wire_u16(w);
		struct minutia *m = &out->at[i];

		m->type = (uint8_t)(x >> 14);
		m->x = (int16_t)(x & 0x3fff);
		m->y = (int16_t)(y & 0x3fff);
		m->angle = wire_u8(w);
		m->quality = wire_u8(w);
		if (wire_error(w) != ERR_OK) {
			return err_at(fault, ERR_SHORT, at, "second minutiae");
		}
		if (m->type != MINUTIAE_ENDING && m->type != MINUTIAE_BIFURCATION) {
			return err_at(fault, ERR_MALFORMED, at, "minutia type");
		}
		if ((unsigned)m->x >= PLANE_SIDE_MAX || y >= PLANE_SIDE_MAX) {
			return err_at(fault, ERR_RANGE, at, "minutia place");
		}
		if (m->quality < 1 || m->quality > 100) {
			return err_at(fault, ERR_RANGE, at + 5, "minutia quality");
		}
	}
	out->count = n;
	return ERR_OK;
}

static int read_flow(struct wire *w, struct extended_flow *flow, struct fault *fault)
{
	size_t at = w->at;
	int cells;
	int i = 0;

	flow->columns = wire_u8(w);
	flow->rows = wire_u8(w);
	flow->left = wire_u8(w);
	flow->top = wire_u8(w);
	cells = flow->columns * flow->rows;
	if (wire_error(w) != ERR_OK) {
		return err_at(fault, ERR_SHORT, at, "flow size");
	}
	if (cells > EXTENDED_CELLS_MAX ||
	    (flow->left + flow->columns) * EXTENDED_CELL > (int)PLANE_SIDE_MAX + EXTENDED_CELL ||
	    (flow->top + flow->rows) * EXTENDED_CELL > (int)PLANE_SIDE_MAX + EXTENDED_CELL) {
		return err_at(fault, ERR_LIMIT, at, "flow size");
	}
	while (i < cells) {
		uint8_t v;
		int run;

		at = w->at;
		v = wire_u8(w);
		run = v == 0 ? wire_u8(w) : 1;
		if (wire_error(w) != ERR_OK) {
			return err_at(fault, ERR_SHORT, at, "flow cells");
		}
		if (run == 0 || run > cells - i) {
			return err_at(fault, ERR_MALFORMED, at, "run of flow cells");
		}
		memset(flow->cell + i, v, (size_t)run);
		i += run;
	}
	return ERR_OK;
}

static int read_all(struct bytes data, struct bytes iso, struct extended *e, struct fault *fault)
{
	struct wire w;
	uint8_t version;
	size_t count;
	int err;

	if (data.len > FINGER_EXTENDED_MAX) {
		return err_at(fault, ERR_LIMIT, 0, "extended data");
	}
	if (data.len < HEAD + SHAPE + CHECK) {
		return err_at(fault, ERR_SHORT, data.len, "extended data");
	}
	wire_init(&w, data.data, data.len - CHECK);
	version = wire_u8(&w);
	if (version != EXTENDED_VERSION) {
		return err_at(fault, ERR_UNSUPPORTED, 0, "extended version");
	}
	e->period = wire_u8(&w);
	count = wire_u8(&w);
	if (count > MINUTIAE_MAX) {
		return err_at(fault, ERR_LIMIT, 2, "second minutiae");
	}
	err = read_minutiae(&w, count, &e->second, fault);
	if (err != ERR_OK) {
		return err;
	}
	err = read_flow(&w, &e->flow, fault);
	if (err != ERR_OK) {
		return err;
	}
	if (wire_left(&w) != 0) {
		return err_at(fault, ERR_MALFORMED, w.at, "bytes after the flow");
	}
	wire_init(&w, data.data + data.len - CHECK, CHECK);
	if (wire_u32(&w) != check(iso, data.data, data.len - CHECK)) {
		return err_at(fault, ERR_CORRUPT, data.len - CHECK, "extended checksum");
	}
	return ERR_OK;
}

int extended_read(struct bytes data, struct bytes iso, struct extended *out, struct fault *fault)
{
	struct extended e;
	int err;

	memset(&e, 0, sizeof(e));
	err = read_all(data, iso, &e, fault);
	if (err == ERR_OK) {
		*out = e;
	}
	return err;
}
