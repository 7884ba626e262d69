#include "tests/lib/nistfile.h"

#include <stdio.h>
#include <string.h>

char nistfile_separator(char c)
{
	return c == '^' ? '\x1d' : c == '~' ? '\x1e' : c == '|' ? '\x1f' : c;
}

void nistfile_record(struct buf *out, unsigned type, const char *fields, struct bytes data)
{
	char head[32];
	char tail[16] = "";
	size_t body;
	size_t length = 0;
	size_t before;

	if (data.data != NULL) {
		(void)snprintf(tail, sizeof tail, "\x1d%u.999:", type);
	}
	body = strlen(fields) + strlen(tail) + data.len + 1;
	/* The length counts its own digits, hence twice until it stands still. */
	do {
		before = length;
		length = (size_t)snprintf(head, sizeof head, "%u.001:%zu", type, before) + body;
	} while (length != before);
	buf_put(out, head, strlen(head));
	for (size_t i = 0; fields[i] != '\0'; i++) {
		buf_u8(out, (uint8_t)nistfile_separator(fields[i]));
	}
	buf_put(out, tail, strlen(tail));
	buf_put(out, data.data, data.len);
	buf_u8(out, 0x1c);
}

void nistfile_type_4(struct buf *out, uint8_t idc, uint8_t position, uint8_t compression,
		     struct bytes data)
{
	buf_u32(out, (uint32_t)(18 + data.len));
	buf_u8(out, idc);
	buf_u8(out, 0);
	buf_u8(out, position);
	buf_put(out, "\xff\xff\xff\xff\xff", 5);
	buf_u8(out, 1);
	buf_u16(out, 300);
	buf_u16(out, 400);
	buf_u8(out, compression);
	buf_put(out, data.data, data.len);
}
