/* A zone that is read must be written and read again as the same fields, unless its names
 * were cut or oddly spaced; a refusal says where. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record/mrz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int yes)
{
	if (!yes) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mrz m;
	struct mrz again;
	struct fault fault = { 0 };
	char text[MRZ_TEXT];
	char day[MRZ_DAY];
	int r = mrz_read((struct bytes){ data, size }, &m, &fault);

	if (r != ERR_OK) {
		demand(fault.code == r && fault.what != NULL && fault.at <= size);
		return 0;
	}
	demand(mrz_date(m.birth, 2026, day) == ERR_OK && strlen(day) < MRZ_DAY);
	demand(strlen(m.surname) > 0 && strlen(m.number) > 0);
	if (mrz_write(&m, text) == ERR_OK) {
		demand(mrz_read(bytes_of(text), &again, &fault) == ERR_OK);
		demand(strcmp(m.number, again.number) == 0);
		demand(strcmp(m.birth, again.birth) == 0 && strcmp(m.expiry, again.expiry) == 0);
		demand(m.names_cut || strcmp(m.given, again.given) == 0);
	}
	return 0;
}
