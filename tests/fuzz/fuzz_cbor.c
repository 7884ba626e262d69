/* The first byte picks one of all the tables of bodies, files, requests and answers; what it
 * accepts of the rest, it must write again to the same bytes, and a refusal says where. */
#include <stdint.h>
#include <stdlib.h>

#include "tests/lib/schemas.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int yes)
{
	if (!yes) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static _Alignas(16) uint8_t object[SCHEMAS_OBJECT_BYTES];
	const struct schema *s;
	struct fault fault = { 0 };
	struct arena arena;
	struct buf again;
	struct bytes in;
	int rc;

	if (size == 0) {
		return 0;
	}
	s = schemas_at(data[0]);
	if (s == NULL) {
		return 0;
	}
	demand(s->size <= sizeof object);
	in = (struct bytes){ data + 1, size - 1 };
	arena_init(&arena, 1 << 20);
	buf_init(&again, 0);
	rc = schema_decode(s, in, &arena, object, &fault);
	if (rc == ERR_OK) {
		demand(schema_encode(s, object, &again) == ERR_OK);
		demand(bytes_equal(buf_bytes(&again), in));
	} else {
		demand(fault.code == rc && fault.what != NULL && fault.at <= in.len);
	}
	arena_done(&arena);
	buf_done(&again);
	return 0;
}
