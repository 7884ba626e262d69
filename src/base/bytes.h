/* Borrowed spans of bytes and of text, and the small things done with them. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A borrowed span: whoever made it says how long it lives.  {NULL, 0} is empty. */
struct bytes {
	const uint8_t *data;
	size_t len;
};

/* The bytes of a C string, without its zero; a NULL string gives an empty span. */
struct bytes bytes_of(const char *text);
bool bytes_equal(struct bytes a, struct bytes b);
/* Does the span hold exactly this C string? */
bool bytes_is(struct bytes a, const char *text);
/* Copy a text span into out as a C string; ERR_SPACE if it does not fit or holds a zero. */
int bytes_text(struct bytes a, char *out, size_t size);
/* Lower-case hex of len bytes into out, which must have room for 2 * len + 1. */
void bytes_hex(const uint8_t *data, size_t len, char *out);
/* Read exactly 2 * len hex digits; ERR_MALFORMED otherwise. */
int bytes_unhex(const char *hex, uint8_t *out, size_t len);
/* Are the bytes well-formed UTF-8 without control characters (C0, delete, C1)
 * other than tab and newline? */
bool bytes_utf8(struct bytes a);

#endif
