/* Makes ANSI/NIST-ITL files for tests: records in the traditional encoding. */
#ifndef TESTS_NISTFILE_H
#define TESTS_NISTFILE_H

#include "base/buf.h"
#include "base/bytes.h"

/* Separators as people can read them: ^ between fields, ~ between subfields, | between items. */
char nistfile_separator(char c);
/* Append a tagged record: its length, then the fields, given as "^14.002:01^14.003:1", then
 * field 999 with the data unless data.data is NULL. */
void nistfile_record(struct buf *out, unsigned type, const char *fields, struct bytes data);
/* Append a Type-4 record of one finger. */
void nistfile_type_4(struct buf *out, uint8_t idc, uint8_t position, uint8_t compression,
		     struct bytes data);

#endif
