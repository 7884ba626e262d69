/* An entry that is accepted is written again to the same bytes.  Its body is opened whether
 * its signature fits or not; one that fits and opens must be one that was sealed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record/kinds.h"
#include "tests/lib/fixed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int yes)
{
	if (!yes) {
		abort();
	}
}

/* What opens is shorter than its padding; a body of a known kind may or may not decode. */
static void look_at_body(const struct entry *e, struct bytes body, struct arena *arena)
{
	static _Alignas(16) uint8_t object[1024];
	const struct schema *s = kinds_schema(e->header.kind);

	demand(body.len < entry_padded(e->header.size_class));
	if (s != NULL) {
		demand(s->size <= sizeof object);
		(void)schema_decode(s, body, arena, object, NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fixed fixed;
	struct bytes in = { data, size };
	struct fault fault = { 0 };
	struct arena arena;
	struct buf again;
	struct bytes body;
	struct entry e;
	int rc;

	if (fixed.author == NULL) {
		fixed_start(&fixed);
	}
	rc = entry_decode(in, &e, &fault);
	if (rc != ERR_OK) {
		demand(fault.code == rc && fault.what != NULL && fault.at <= size);
		return 0;
	}
	arena_init(&arena, 1 << 20);
	buf_init(&again, 0);
	demand(entry_encode(&e, &again) == ERR_OK);
	demand(bytes_equal(buf_bytes(&again), in) && entry_bytes(&e) == size);
	rc = seal_verify(&e, keys_sign_public(fixed.author));
	demand(rc == ERR_OK || rc == ERR_FORGED);
	if (seal_open_class(&e, fixed.class_key, &arena, &body) == ERR_OK ||
	    seal_open_mail(&e, fixed.reader, &arena, &body) == ERR_OK) {
		demand(e.wrap.len != 0);
		look_at_body(&e, body, &arena);
	}
	arena_done(&arena);
	buf_done(&again);
	return 0;
}
