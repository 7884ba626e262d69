#include "record/fmr.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/wire.h"

#define QUALITY_MAX    100U
#define IMPRESSION_MAX 15U /* four bits in the ISO record */
#define TYPE_RESERVED  3U
#define ANSI_ANGLES    180U /* steps of two degrees */
#define ISO_HEAD       24U
#define ANSI_HEAD      26U    /* four more, for who made it, and two fewer for the length */
#define SHORT_MAX      65535U /* bytes; ANSI 378 gives longer records a longer field */
#define PPI_500        500U
#define PPI_1000       1000U
#define PPCM_500       197U
#define PPCM_1000      394U
#define VIEW_BYTES     4U /* without the extended data and their length */
#define MINUTIA_BYTES  6U
/* Records that NIST publishes as examples state the extended data of their last view one or
 * two bytes off.  They are skipped unread and the record's own length is exact, so a little
 * is passed over. */
#define EXTENDED_SLACK 2U

enum standard { ISO_2005, ANSI_2004, ANSI_2009 };

struct head {
	enum standard standard;
	size_t views;
	uint16_t width; /* 0 in ANSI 378-2009, where every view has its own */
	uint16_t height;
	uint16_t ppcm_x;
	uint16_t ppcm_y;
};

static int check_size(const struct head *h, size_t at, struct fault *fault)
{
	if (h->width < 1 || h->width > FMR_SIDE_MAX || h->height < 1 || h->height > FMR_SIDE_MAX) {
		return err_at(fault, ERR_RANGE, at, "image size");
	}
	if (h->ppcm_x < FMR_PPCM_MIN || h->ppcm_x > FMR_PPCM_MAX || h->ppcm_y < FMR_PPCM_MIN ||
	    h->ppcm_y > FMR_PPCM_MAX) {
		return err_at(fault, ERR_RANGE, at + 4, "resolution");
	}
	return ERR_OK;
}

/* Some vendors write pixels per inch, which no scanner has per centimetre, or nothing. */
static uint16_t sloppy_ppcm(uint16_t v)
{
	return v == 0 || v == PPI_500 ? PPCM_500 : v == PPI_1000 ? PPCM_1000 : v;
}

static int read_size(struct wire *w, struct head *h, struct fault *fault)
{
	size_t at = w->at;

	h->width = wire_u16(w);
	h->height = wire_u16(w);
	h->ppcm_x = sloppy_ppcm(wire_u16(w));
	h->ppcm_y = sloppy_ppcm(wire_u16(w));
	if (wire_error(w) != ERR_OK) {
		return err_at(fault, ERR_SHORT, at, "image size");
	}
	return check_size(h, at, fault);
}

/* The bytes after the version.  ISO 19794-2:2005 and ANSI 378-2004 share a version text.  ISO's
 * length has four bytes.  ANSI's has two, or, above 65535, two zeroes and four.  No record is
 * shorter than its head and none longer than our limit, so the first number that can be meant
 * tells which it is. */
static uint32_t read_length(struct wire *w, const uint8_t *version, struct head *h)
{
	uint32_t high;
	uint32_t low;

	h->standard = ANSI_2009;
	if (memcmp(version, " 20", 4) != 0) {
		return wire_u32(w);
	}
	high = wire_u16(w);
	if (high >= ISO_HEAD) {
		h->standard = ANSI_2004;
		return high;
	}
	low = wire_u16(w);
	if (high == 0 && low > 0 && low < ISO_HEAD) {
		h->standard = ANSI_2004;
		return low << 16 | wire_u16(w);
	}
	h->standard = ISO_2005;
	return high << 16 | low;
}

/* ANSI 378-2009 gives capture equipment three bytes, its draft of 2007 two; views and a
 * reserved zero follow.  No view count is zero, so the zero's place tells them apart.  ISO
 * 19794-2:2011 shares the version text and has a year there. */
static int read_equipment(struct wire *w, struct fault *fault)
{
	size_t at = w->at;
	const uint8_t *p;

	(void)wire_u32(w); /* product identifier */
	p = wire_left(w) >= 5 ? w->data + w->at : NULL;
	if (p == NULL) {
		return err_at(fault, ERR_SHORT, at, "header");
	}
	if (p[3] != 0 && p[4] != 0) {
		return err_at(fault, ERR_UNSUPPORTED, at, "edition of the standard");
	}
	(void)wire_bytes(w, p[3] == 0 ? 2 : 3);
	return ERR_OK;
}

static int read_views(struct wire *w, struct head *h, struct fault *fault)
{
	size_t at = w->at;

	h->views = wire_u8(w);
	if (wire_u8(w) != 0) {
		return err_at(fault, ERR_MALFORMED, at + 1, "reserved byte");
	}
	if (wire_error(w) != ERR_OK) {
		return err_at(fault, ERR_SHORT, at, "number of views");
	}
	if (h->views == 0) {
		return err_at(fault, ERR_RANGE, at, "number of views");
	}
	return ERR_OK;
}

static int read_head(struct wire *w, struct head *h, struct fault *fault)
{
	const uint8_t *magic = wire_bytes(w, 4);
	const uint8_t *version = wire_bytes(w, 4);
	uint32_t length;
	int rv;

	if (magic == NULL || version == NULL) {
		return err_at(fault, ERR_SHORT, 0, "format identifier");
	}
	if (memcmp(magic, "FMR", 4) != 0) {
		return err_at(fault, ERR_MALFORMED, 0, "format identifier");
	}
	if (memcmp(version, " 20", 4) != 0 && memcmp(version, "030", 4) != 0 &&
	    memcmp(version, "035", 4) != 0) {
		return err_at(fault, ERR_UNSUPPORTED, 4, "version");
	}
	length = read_length(w, version, h);
	if (wire_error(w) != ERR_OK || length > w->len) {
		return err_at(fault, ERR_SHORT, 8, "record length");
	}
	for (size_t i = length; i < w->len; i++) {
		/* Buffers of one size for all records are filled up with zeroes. */
		if (w->data[i] != 0) {
			return err_at(fault, ERR_MALFORMED, 8, "record length");
		}
	}
	w->len = length;
	if (h->standard == ANSI_2009) {
		rv = read_equipment(w, fault);
	} else {
		(void)wire_bytes(w, h->standard == ANSI_2004 ? 6 : 2);
		rv = read_size(w, h, fault);
	}
	return rv != ERR_OK ? rv : read_views(w, h, fault);
}

/* 1..100.  ANSI 378-2009 has codes above for "failed" and "not attempted", other vendors have
 * more, and none of them is a quality: not stated. */
static uint8_t read_quality(struct wire *w)
{
	uint8_t q = wire_u8(w);

	return q > QUALITY_MAX ? 0 : q;
}

static int read_view_head(struct wire *w, struct head *h, struct fmr *v, struct fault *fault)
{
	size_t at = w->at;

	v->position = wire_u8(w);
	v->impression = wire_u8(w);
	if (h->standard == ANSI_2009) {
		v->impression = wire_u8(w);
	} else {
		v->impression &= IMPRESSION_MAX; /* above it, the view number */
	}
	v->quality = read_quality(w);
	if (v->position > FMR_POSITION_MAX) {
		return err_at(fault, ERR_RANGE, at, "finger position");
	}
	if (h->standard == ANSI_2009) {
		(void)wire_u32(w); /* who computed the quality */
		int rv = read_size(w, h, fault);

		if (rv != ERR_OK) {
			return rv;
		}
	}
	v->count = wire_u8(w);
	if (wire_error(w) != ERR_OK) {
		return err_at(fault, ERR_SHORT, at, "finger view");
	}
	v->width = h->width;
	v->height = h->height;
	v->ppcm_x = h->ppcm_x;
	v->ppcm_y = h->ppcm_y;
	return ERR_OK;
}

static int read_minutia(struct wire *w, const struct head *h, struct fmr_minutia *m,
			struct fault *fault)
{
	size_t at = w->at;
	uint16_t x = wire_u16(w);
	uint16_t y = wire_u16(w);
	uint32_t angle = wire_u8(w);

	*m = (struct fmr_minutia){ .x = x & FMR_SIDE_MAX,
				   .y = y & FMR_SIDE_MAX,
				   .type = (uint8_t)(x >> 14) };
	if (m->type == TYPE_RESERVED) {
		return err_at(fault, ERR_RANGE, at, "minutia type");
	}
	if (h->standard != ISO_2005) {
		if (angle >= ANSI_ANGLES) {
			return err_at(fault, ERR_RANGE, at + 4, "minutia angle");
		}
		angle = (angle * 256 + ANSI_ANGLES / 2) / ANSI_ANGLES;
	}
	m->angle = (uint8_t)angle;
	m->quality = read_quality(w);
	return ERR_OK;
}

/* The reserved bits above y are not looked at: ANSI 378-2009 gives them no meaning either.
 * Minutiae outside the image are left out; if most of them are, the image's size is not to be
 * believed, and nothing is. */
static int read_view(struct wire *w, struct head *h, struct fmr *v, struct fault *fault)
{
	int rv = read_view_head(w, h, v, fault);
	size_t stated = v->count;
	size_t at = w->at;

	if (rv != ERR_OK) {
		return rv;
	}
	if (wire_left(w) < stated * MINUTIA_BYTES + 2) {
		return err_at(fault, ERR_SHORT, w->at - 1, "number of minutiae");
	}
	v->count = 0;
	for (size_t i = 0; i < stated; i++) {
		struct fmr_minutia m;

		rv = read_minutia(w, h, &m, fault);
		if (rv != ERR_OK) {
			return rv;
		}
		if (m.x < h->width && m.y < h->height) {
			v->minutia[v->count++] = m;
		}
	}
	if (v->count < stated - v->count) {
		return err_at(fault, ERR_RANGE, at, "minutia position");
	}
	return ERR_OK;
}

/* A record is not refused for extended data, which nobody needs: what is not exactly cores and
 * deltas is as if it were not there. */
static int read_extended(struct wire *w, const struct head *h, bool last, struct fmr *v,
			 struct fault *fault)
{
	size_t at = w->at;
	size_t len = wire_u16(w);
	size_t left = wire_left(w);
	size_t off = len > left ? len - left : left - len;
	struct bytes data;

	if (last) {
		if (off != 0 && (len == 0 || off > EXTENDED_SLACK)) {
			return err_at(fault, len > left ? ERR_SHORT : ERR_MALFORMED, at,
				      "extended data length");
		}
		len = left;
	}
	data = (struct bytes){ .data = wire_bytes(w, len), .len = len };
	if (data.data == NULL) {
		return err_at(fault, ERR_SHORT, at, "extended data length");
	}
	if (h->standard == ISO_2005 && (!last || off == 0)) {
		(void)fmr_extended_read(data, v->width, v->height, &v->points);
	}
	return ERR_OK;
}

int fmr_read(struct bytes record, struct fmr *views, size_t max, size_t *n, struct fault *fault)
{
	struct head head = { 0 };
	struct wire w;
	int rv;

	if (record.len > FMR_BYTES_MAX) {
		return err_at(fault, ERR_LIMIT, FMR_BYTES_MAX, "record");
	}
	wire_init(&w, record.data, record.len);
	rv = read_head(&w, &head, fault);
	if (rv != ERR_OK) {
		return rv;
	}
	if (head.views > max || head.views > FMR_VIEWS_MAX) {
		return err_at(fault, ERR_LIMIT, w.at - 2, "number of views");
	}
	for (size_t i = 0; i < head.views; i++) {
		views[i] = (struct fmr){ 0 };
		rv = read_view(&w, &head, &views[i], fault);
		if (rv == ERR_OK) {
			rv = read_extended(&w, &head, i + 1 == head.views, &views[i], fault);
		}
		if (rv != ERR_OK) {
			return rv;
		}
	}
	*n = head.views;
	return ERR_OK;
}

static bool minutia_is_sound(const struct fmr *v, const struct fmr_minutia *m)
{
	return m->x < v->width && m->y < v->height && m->type < TYPE_RESERVED &&
	       m->quality <= QUALITY_MAX;
}

static bool view_is_sound(const struct fmr *v, const struct fmr *first)
{
	const struct head h = {
		.width = v->width, .height = v->height, .ppcm_x = v->ppcm_x, .ppcm_y = v->ppcm_y
	};

	if (check_size(&h, 0, NULL) != ERR_OK || v->width != first->width ||
	    v->height != first->height || v->ppcm_x != first->ppcm_x ||
	    v->ppcm_y != first->ppcm_y || v->position > FMR_POSITION_MAX ||
	    v->impression > IMPRESSION_MAX || v->quality > QUALITY_MAX) {
		return false;
	}
	for (size_t i = 0; i < v->count; i++) {
		if (!minutia_is_sound(v, &v->minutia[i])) {
			return false;
		}
	}
	return fmr_extended_check(&v->points, v->width, v->height) == ERR_OK;
}

/* Views of one finger are numbered from 0 in their order. */
static uint8_t view_number(const struct fmr *views, size_t i)
{
	uint8_t number = 0;

	for (size_t k = 0; k < i; k++) {
		number = (uint8_t)(number + (views[k].position == views[i].position));
	}
	return number;
}

/* Cores and deltas go out in ISO records only, whose layout of them we read too. */
static const struct fmr_points *points_of(const struct fmr *v, enum fmr_format format)
{
	static const struct fmr_points none;

	return format == FMR_ISO_2005 ? &v->points : &none;
}

/* The nearest of 180 steps. */
static uint8_t ansi_angle(uint8_t angle)
{
	return (uint8_t)((angle * ANSI_ANGLES + 128) / 256 % ANSI_ANGLES);
}

static void write_view(const struct fmr *v, uint8_t number, enum fmr_format format, struct buf *out)
{
	buf_u8(out, v->position);
	buf_u8(out, (uint8_t)(number << 4 | v->impression));
	buf_u8(out, v->quality);
	buf_u8(out, v->count);
	for (size_t i = 0; i < v->count; i++) {
		const struct fmr_minutia *m = &v->minutia[i];

		buf_u16(out, (uint16_t)(m->type << 14 | m->x));
		buf_u16(out, m->y);
		buf_u8(out, format == FMR_ANSI_2004 ? ansi_angle(m->angle) : m->angle);
		buf_u8(out, m->quality);
	}
	/* Our private data travel beside the record. */
	fmr_extended_write(points_of(v, format), out);
}

static void write_head(const struct fmr *v, size_t n, enum fmr_format format, size_t length,
		       struct buf *out)
{
	buf_put(out, "FMR", 4);
	buf_put(out, " 20", 4);
	if (format == FMR_ANSI_2004) {
		assert(length <= SHORT_MAX);
		buf_u16(out, (uint16_t)length);
		buf_u32(out, 0); /* product identifier: none is registered */
	} else {
		buf_u32(out, (uint32_t)length);
	}
	buf_u16(out, 0); /* capture equipment: not reported */
	buf_u16(out, v->width);
	buf_u16(out, v->height);
	buf_u16(out, v->ppcm_x);
	buf_u16(out, v->ppcm_y);
	buf_u8(out, (uint8_t)n);
	buf_u8(out, 0);
}

int fmr_write(const struct fmr *views, size_t n, enum fmr_format format, struct buf *out)
{
	size_t length = format == FMR_ANSI_2004 ? ANSI_HEAD : ISO_HEAD;

	if (n < 1 || n > FMR_VIEWS_MAX) {
		return ERR_RANGE;
	}
	for (size_t i = 0; i < n; i++) {
		if (!view_is_sound(&views[i], &views[0])) {
			return ERR_RANGE;
		}
		length += VIEW_BYTES + (size_t)views[i].count * MINUTIA_BYTES +
			  fmr_extended_bytes(points_of(&views[i], format));
	}
	write_head(&views[0], n, format, length, out);
	for (size_t i = 0; i < n; i++) {
		write_view(&views[i], view_number(views, i), format, out);
	}
	return buf_error(out);
}
