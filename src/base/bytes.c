#include "base/bytes.h"

#include <string.h>

#include "base/err.h"

struct bytes bytes_of(const char *text)
{
	return text == NULL ? (struct bytes){ NULL, 0 }
			    : (struct bytes){ .data = (const uint8_t *)text, .len = strlen(text) };
}

bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool bytes_is(struct bytes a, const char *text)
{
	return bytes_equal(a, bytes_of(text));
}

int bytes_text(struct bytes a, char *out, size_t size)
{
	if (a.len >= size || (a.len > 0 && memchr(a.data, 0, a.len) != NULL)) {
		return ERR_SPACE;
	}
	if (a.len > 0) {
		memcpy(out, a.data, a.len);
	}
	out[a.len] = '\0';
	return ERR_OK;
}

void bytes_hex(const uint8_t *data, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[data[i] >> 4];
		out[2 * i + 1] = digits[data[i] & 15];
	}
	out[2 * len] = '\0';
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	if (c >= 'a' && c <= 'f') {
		return c - 'a' + 10;
	}
	if (c >= 'A' && c <= 'F') {
		return c - 'A' + 10;
	}
	return -1;
}

int bytes_unhex(const char *hex, uint8_t *out, size_t len)
{
	if (strlen(hex) != 2 * len) {
		return ERR_MALFORMED;
	}
	for (size_t i = 0; i < len; i++) {
		if (nibble(hex[2 * i]) < 0 || nibble(hex[2 * i + 1]) < 0) {
			return ERR_MALFORMED;
		}
	}
	for (size_t i = 0; i < len; i++) {
		out[i] = (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
	}
	return ERR_OK;
}

/* How many bytes the sequence that starts at p takes; 0 if it is not well formed
 * (RFC 3629: shortest form, no surrogates, nothing above U+10FFFF). */
static size_t utf8_step(const uint8_t *p, size_t left)
{
	uint32_t c = p[0];
	size_t n = c < 0x80                ? 1
		   : c >= 0xc2 && c < 0xe0 ? 2
		   : (c & 0xf0) == 0xe0    ? 3
		   : c >= 0xf0 && c < 0xf5 ? 4
					   : 0;

	if (n == 0 || n > left || (n == 1 && (c < 0x20 || c == 0x7f) && c != '\t' && c != '\n')) {
		return 0;
	}
	if (n > 1) {
		c &= 0xffU >> (n + 1);
	}
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			return 0;
		}
		c = c << 6 | (p[i] & 0x3fU);
	}
	if ((n == 2 && c < 0xa0) || /* the controls of ISO 6429: terminals obey them */
	    (n == 3 && (c < 0x800 || (c >= 0xd800 && c < 0xe000))) ||
	    (n == 4 && (c < 0x10000 || c > 0x10ffff))) {
		return 0;
	}
	return n;
}

bool bytes_utf8(struct bytes a)
{
	size_t i = 0;

	while (i < a.len) {
		size_t n = utf8_step(a.data + i, a.len - i);

		if (n == 0) {
			return false;
		}
		i += n;
	}
	return true;
}
