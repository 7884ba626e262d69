#include "tests/lib/unit.h"

#include <string.h>

#include "record/schema.h"
#include "tests/lib/store_sample.h"

/* splitmix64 */
uint64_t store_sample_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15U;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

static void fill(uint64_t *state, uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		data[i] = (uint8_t)store_sample_random(state);
	}
}

static struct bytes noise(struct arena *arena, uint64_t *state, size_t len)
{
	uint8_t *data = arena_take(arena, len, 1);
	size_t start = len < 64 ? len : 64;

	assert_non_null(data);
	fill(state, data, start);
	/* Enough to tell entries apart; the rest repeats. */
	for (size_t i = start; i < len; i++) {
		data[i] = data[i - start];
	}
	return (struct bytes){ data, len };
}

struct entry store_sample_entry(struct arena *arena, uint64_t n, unsigned size_class)
{
	uint64_t state = n * 1000003;
	struct entry e = { .header = { .format = ENTRY_FORMAT,
				       .kind = 1 + n % 9,
				       .sequence = n + 1,
				       .clock = n << 16,
				       .expiry_day = STORE_SAMPLE_DAY + n % 100,
				       .size_class = size_class,
				       .revision = n % 3 } };
	struct buf header;

	fill(&state, e.header.class_id, sizeof e.header.class_id);
	fill(&state, e.header.epoch, sizeof e.header.epoch);
	fill(&state, e.header.author, sizeof e.header.author);
	fill(&state, e.header.previous, sizeof e.header.previous);
	fill(&state, e.header.tag, sizeof e.header.tag);
	fill(&state, e.header.commit, sizeof e.header.commit);
	buf_init(&header, ENTRY_HEADER_MAX);
	assert_int_equal(schema_encode(&entry_header_schema, &e.header, &header), ERR_OK);
	e.header_bytes = arena_copy(arena, buf_bytes(&header));
	buf_done(&header);
	e.sealed = noise(arena, &state, entry_padded(size_class) + ENTRY_SEAL_BYTES);
	e.wrap = noise(arena, &state, n % 5 == 0 ? ENTRY_WRAP_RECIPIENT : ENTRY_WRAP_CLASS);
	e.signature = noise(arena, &state, ENTRY_SIGNATURE_BYTES);
	entry_id(e.header_bytes, e.sealed, e.id);
	return e;
}

bool store_sample_is(const struct entry *e, uint64_t n, unsigned size_class)
{
	struct arena arena;
	struct entry wanted;
	bool same;

	arena_init(&arena, 0);
	wanted = store_sample_entry(&arena, n, size_class);
	same = memcmp(e->id, wanted.id, sizeof e->id) == 0 &&
	       bytes_equal(e->header_bytes, wanted.header_bytes) &&
	       bytes_equal(e->sealed, wanted.sealed) && bytes_equal(e->wrap, wanted.wrap) &&
	       bytes_equal(e->signature, wanted.signature) &&
	       memcmp(&e->header, &wanted.header, sizeof e->header) == 0;
	arena_done(&arena);
	return same;
}
