#include "record/fmr_extended.h"

#include <assert.h>

#include "base/err.h"
#include "base/wire.h"

#define AREA_POINTS 2U /* ISO/IEC 19794-2:2005 7.5.1.2: core and delta data */
#define AREA_HEAD   4U
#define ANGULAR     1U      /* in the top two bits of x: angles follow */
#define PLACE       0x3fffU /* 14 bits */

static int read_point(struct wire *w, unsigned angles, uint16_t width, uint16_t height,
		      struct fmr_point *p)
{
	uint16_t x = wire_u16(w);
	uint16_t y = wire_u16(w);

	*p = (struct fmr_point){ .x = x & PLACE, .y = y & PLACE };
	if (x >> 14 > ANGULAR) {
		return ERR_MALFORMED; /* reserved */
	}
	if (p->x >= width || p->y >= height) {
		return ERR_RANGE;
	}
	p->angles = (uint8_t)(x >> 14 == ANGULAR ? angles : 0);
	for (unsigned i = 0; i < p->angles; i++) {
		p->angle[i] = wire_u8(w);
	}
	return wire_error(w);
}

static int read_points(struct wire *w, unsigned angles, uint16_t width, uint16_t height,
		       uint8_t *count, struct fmr_point *p)
{
	int rv = ERR_OK;

	*count = wire_u8(w);
	if (*count > FMR_POINTS_MAX) {
		return ERR_LIMIT;
	}
	for (unsigned i = 0; i < *count && rv == ERR_OK; i++) {
		rv = read_point(w, angles, width, height, &p[i]);
	}
	return rv == ERR_OK ? wire_error(w) : rv;
}

static int read_area(struct bytes data, uint16_t width, uint16_t height, struct fmr_points *p)
{
	struct wire w;
	int rv;

	wire_init(&w, data.data, data.len);
	rv = read_points(&w, 1, width, height, &p->cores, p->core);
	if (rv == ERR_OK) {
		rv = read_points(&w, FMR_DELTA_ANGLES, width, height, &p->deltas, p->delta);
	}
	if (rv == ERR_OK && wire_left(&w) != 0) {
		rv = ERR_MALFORMED;
	}
	return rv;
}

/* All areas, where the length of each counts `counted` bytes of its head. */
static int read_block(struct bytes data, size_t counted, uint16_t width, uint16_t height,
		      struct fmr_points *points)
{
	struct wire w;
	unsigned seen = 0;

	*points = (struct fmr_points){ 0 };
	wire_init(&w, data.data, data.len);
	while (wire_left(&w) > 0) {
		uint16_t type = wire_u16(&w);
		size_t len = wire_u16(&w);
		struct bytes area = { .len = len > counted ? len - counted : 0 };
		int rv;

		area.data = wire_bytes(&w, area.len);
		if (wire_error(&w) != ERR_OK) {
			return ERR_SHORT;
		}
		if (len < counted || (type == AREA_POINTS && seen++ > 0)) {
			return ERR_MALFORMED;
		}
		rv = type == AREA_POINTS ? read_area(area, width, height, points) : ERR_OK;
		if (rv != ERR_OK) {
			return rv;
		}
	}
	return ERR_OK;
}

/* Writers disagree on whether an area's length counts its head (NIST's do, others do not): a
 * block that is exact in one way only is read that way. */
int fmr_extended_read(struct bytes data, uint16_t width, uint16_t height, struct fmr_points *out)
{
	struct fmr_points points;
	int rv = read_block(data, AREA_HEAD, width, height, &points);

	if (rv != ERR_OK && read_block(data, 0, width, height, &points) == ERR_OK) {
		rv = ERR_OK;
	}
	if (rv == ERR_OK) {
		*out = points;
	}
	return rv;
}

static int check_points(const struct fmr_point *p, unsigned n, unsigned angles, uint16_t width,
			uint16_t height)
{
	if (n > FMR_POINTS_MAX) {
		return ERR_RANGE;
	}
	for (unsigned i = 0; i < n; i++) {
		if (p[i].x >= width || p[i].y >= height ||
		    (p[i].angles != 0 && p[i].angles != angles)) {
			return ERR_RANGE;
		}
	}
	return ERR_OK;
}

int fmr_extended_check(const struct fmr_points *p, uint16_t width, uint16_t height)
{
	int rv = check_points(p->core, p->cores, 1, width, height);

	return rv == ERR_OK ? check_points(p->delta, p->deltas, FMR_DELTA_ANGLES, width, height)
			    : rv;
}

static size_t points_bytes(const struct fmr_point *p, unsigned n)
{
	size_t bytes = 1;

	for (unsigned i = 0; i < n; i++) {
		bytes += (size_t)4 + p[i].angles;
	}
	return bytes;
}

size_t fmr_extended_bytes(const struct fmr_points *p)
{
	if (p->cores + p->deltas == 0) {
		return 2;
	}
	return 2 + AREA_HEAD + points_bytes(p->core, p->cores) + points_bytes(p->delta, p->deltas);
}

static void write_points(const struct fmr_point *p, uint8_t n, struct buf *out)
{
	buf_u8(out, n);
	for (unsigned i = 0; i < n; i++) {
		uint16_t kind = p[i].angles > 0 ? ANGULAR << 14 : 0;

		buf_u16(out, (uint16_t)(kind | p[i].x));
		buf_u16(out, p[i].y);
		buf_put(out, p[i].angle, p[i].angles);
	}
}

void fmr_extended_write(const struct fmr_points *p, struct buf *out)
{
	size_t bytes = fmr_extended_bytes(p) - 2;

	assert(p->cores <= FMR_POINTS_MAX && p->deltas <= FMR_POINTS_MAX);
	buf_u16(out, (uint16_t)bytes);
	if (bytes > 0) {
		buf_u16(out, AREA_POINTS);
		buf_u16(out, (uint16_t)bytes);
		write_points(p->core, p->cores, out);
		write_points(p->delta, p->deltas, out);
	}
}
