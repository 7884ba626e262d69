#include "picture/svg.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GREYS 17U /* steps of 255: sixteen levels */

static void put(struct buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct buf *out, const char *format, ...)
{
	char piece[256];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(piece, sizeof piece, format, ap);
	va_end(ap);
	buf_put(out, piece, n > 0 && (size_t)n < sizeof piece ? (size_t)n : 0);
}

static int tenths(float v)
{
	return (int)(v * 10.0F + (v < 0 ? -0.5F : 0.5F));
}

/* Tenths as a number, no longer than it must be; a sign separates it as well as a space. */
static void put_tenths(struct buf *out, int v, bool apart)
{
	int whole = abs(v) / 10;
	int rest = abs(v) % 10;

	if (v < 0) {
		buf_u8(out, '-');
	} else if (apart) {
		buf_u8(out, ' ');
	}
	if (rest == 0) {
		put(out, "%d", whole);
	} else if (whole == 0) {
		put(out, ".%d", rest);
	} else {
		put(out, "%d.%d", whole, rest);
	}
}

static void put_pair(struct buf *out, char letter, int x, int y)
{
	if (letter != '\0') {
		buf_u8(out, (uint8_t)letter);
	}
	put_tenths(out, x, letter == '\0');
	put_tenths(out, y, true);
}

static void put_text(struct buf *out, struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		switch (text.data[i]) {
		case '<':
			put(out, "&lt;");
			break;
		case '>':
			put(out, "&gt;");
			break;
		case '&':
			put(out, "&amp;");
			break;
		default:
			buf_u8(out, text.data[i]);
		}
	}
}

static void put_base64(struct buf *out, struct bytes in)
{
	static const char digit[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < in.len; i += 3) {
		size_t left = in.len - i;
		uint32_t v = (uint32_t)in.data[i] << 16;

		v |= left > 1 ? (uint32_t)in.data[i + 1] << 8 : 0;
		v |= left > 2 ? in.data[i + 2] : 0;
		buf_u8(out, (uint8_t)digit[v >> 18]);
		buf_u8(out, (uint8_t)digit[v >> 12 & 63]);
		buf_u8(out, (uint8_t)(left > 1 ? digit[v >> 6 & 63] : '='));
		buf_u8(out, (uint8_t)(left > 2 ? digit[v & 63] : '='));
	}
}

/* The part of a path that draws one shape. */
static void put_outline(struct buf *out, const struct picture_shape *s)
{
	int x = tenths(s->point[0].x);
	int y = tenths(s->point[0].y);
	int r = tenths(s->size);

	switch (s->kind) {
	case PICTURE_LINE:
		put_pair(out, 'M', x, y);
		for (size_t i = 1; i < s->points; i++) {
			int u = tenths(s->point[i].x);
			int v = tenths(s->point[i].y);

			put_pair(out, i == 1 ? 'l' : '\0', u - x, v - y);
			x = u;
			y = v;
		}
		if (s->points == 1) {
			put(out, "h0");
		}
		break;
	case PICTURE_RING:
	case PICTURE_DISC:
		put_pair(out, 'M', x - r, y);
		for (int half = 0; half < 2; half++) {
			put_pair(out, 'a', r, r);
			put(out, " 0 1 0");
			put_pair(out, '\0', half == 0 ? 2 * r : -2 * r, 0);
		}
		put(out, "z");
		break;
	case PICTURE_BOX:
		put_pair(out, 'M', x, y);
		put(out, "H");
		put_tenths(out, tenths(s->point[1].x), false);
		put(out, "V");
		put_tenths(out, tenths(s->point[1].y), false);
		put(out, "H");
		put_tenths(out, x, false);
		put(out, "z");
		break;
	case PICTURE_TEXT:
	case PICTURE_GREY:
		break;
	}
}

static bool is_stroked(const struct picture_shape *s)
{
	return s->kind == PICTURE_LINE || s->kind == PICTURE_RING;
}

static bool is_path(const struct picture_shape *s)
{
	return s->kind != PICTURE_TEXT && s->kind != PICTURE_GREY;
}

static bool same_path(const struct picture_shape *a, const struct picture_shape *b)
{
	return is_path(b) && is_stroked(a) == is_stroked(b) && a->ink.colour == b->ink.colour &&
	       tenths(10 * a->ink.opacity) == tenths(10 * b->ink.opacity) &&
	       tenths(a->ink.width) == tenths(b->ink.width);
}

static const struct picture_shape *put_path(struct buf *out, const struct picture_shape *s)
{
	const struct picture_shape *at = s;

	put(out, "<path %s=\"#%06x\"", is_stroked(s) ? "stroke" : "fill", s->ink.colour);
	if (is_stroked(s)) {
		put(out, " fill=\"none\" stroke-width=\"");
		put_tenths(out, tenths(s->ink.width), false);
		put(out, "\"");
	}
	if (s->ink.opacity < 1) {
		put(out, " opacity=\".%02d\"", tenths(10 * s->ink.opacity));
	}
	put(out, " d=\"");
	while (at != NULL && same_path(s, at)) {
		put_outline(out, at);
		at = at->next;
	}
	put(out, "\"/>\n");
	return at;
}

static void put_words(struct buf *out, const struct picture_shape *s)
{
	put(out, "<text x=\"");
	put_tenths(out, tenths(s->point[0].x), false);
	put(out, "\" y=\"");
	put_tenths(out, tenths(s->point[0].y), false);
	put(out, "\" font-size=\"");
	put_tenths(out, tenths(s->size), false);
	put(out, "\" fill=\"#%06x\">", s->ink.colour);
	put_text(out, s->bytes);
	put(out, "</text>\n");
}

static int put_image(struct buf *out, const struct picture_shape *s,
		     int (*png)(struct bytes pixels, uint32_t columns, unsigned channels,
				struct buf *out))
{
	struct buf file = { 0 };
	uint8_t *few = malloc(s->bytes.len);
	int rv;

	if (few == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < s->bytes.len; i++) {
		few[i] = (uint8_t)((s->bytes.data[i] + GREYS / 2) / GREYS * GREYS);
	}
	rv = png((struct bytes){ few, s->bytes.len }, s->columns, 1, &file);
	if (rv == ERR_OK) {
		put(out, "<image x=\"");
		put_tenths(out, tenths(s->point[0].x), false);
		put(out, "\" y=\"");
		put_tenths(out, tenths(s->point[0].y), false);
		put(out, "\" width=\"");
		put_tenths(out, tenths(s->point[1].x - s->point[0].x), false);
		put(out, "\" height=\"");
		put_tenths(out, tenths(s->point[1].y - s->point[0].y), false);
		put(out, "\" href=\"data:image/png;base64,");
		put_base64(out, buf_bytes(&file));
		put(out, "\"/>\n");
		explicit_bzero(file.data, file.room);
	}
	buf_done(&file);
	explicit_bzero(few, s->bytes.len);
	free(few);
	return rv;
}

int svg_write(const struct picture *p, const char *title,
	      int (*png)(struct bytes pixels, uint32_t columns, unsigned channels, struct buf *out),
	      struct buf *out)
{
	int rv = picture_error(p);

	put(out,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
	    "height=\"%d\" font-family=\"sans-serif\" stroke-linecap=\"round\" "
	    "stroke-linejoin=\"round\" role=\"img\">\n",
	    (int)p->width, (int)p->height, (int)p->width, (int)p->height);
	put(out, "<title>");
	put_text(out, bytes_of(title));
	put(out, "</title>\n<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", (int)p->width,
	    (int)p->height);
	for (const struct picture_shape *s = p->first; rv == ERR_OK && s != NULL;) {
		if (is_path(s)) {
			s = put_path(out, s);
			continue;
		}
		if (s->kind == PICTURE_TEXT) {
			put_words(out, s);
		} else {
			rv = put_image(out, s, png);
		}
		s = s->next;
	}
	put(out, "</svg>\n");
	return rv == ERR_OK ? buf_error(out) : rv;
}
