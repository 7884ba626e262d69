/* A bundle's reader, fed by a stranger or by an insider of its group.
 *
 * The first byte: bit 0 says whether the rest is the file as it stands, or content that an
 * insider seals into chunks behind a good head; bit 1 leaves the last chunk unmarked; bits 2 to
 * 7 say how it is cut into pieces.  Every record that comes out is decoded as a node would. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "node/parcel.h"
#include "record/entry.h"
#include "tests/lib/bundle_make.h"
#include "tests/lib/seeded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHUNKS_MAX 4U

static struct bundle_make make;
static struct buf head; /* of a bundle for recipient 0 */
static uint8_t key[NOISE_KEY_BYTES];
static uint8_t file[BUNDLE_FIXED_BYTES + BUNDLE_SLOTS_MIN * BUNDLE_SLOT_BYTES +
		    CHUNKS_MAX * BUNDLE_CHUNK_BYTES];

/* A head whose first slot is ours: three slots fewer are tried each time. */
static void prepare(void)
{
	struct bytes context = bytes_of(BUNDLE_MAKE_CONTEXT);
	int found = ERR_NOKEY;

	bundle_make_init(&make);
	make.config.recipient_count = 1;
	for (uint64_t seed = 1; found != ERR_OK && seed < 100; seed++) {
		seeded_start(seed);
		buf_clear(&head);
		if (bundle_make_file(&make, 0, 0, &head) != ERR_OK) {
			abort();
		}
		head.len -= BUNDLE_CHUNK_BYTES;
		head.data[BUNDLE_FIXED_BYTES] ^= 1;
		found = bundle_make_key(make.secret[0], make.public[0], context, buf_bytes(&head),
					key) == ERR_OK
			    ? ERR_NOKEY
			    : ERR_OK;
		head.data[BUNDLE_FIXED_BYTES] ^= 1;
	}
	if (bundle_make_key(make.secret[0], make.public[0], context, buf_bytes(&head), key) !=
	    ERR_OK) {
		abort();
	}
}

/* The content in as many chunks as it takes. */
static struct bytes seal(struct bytes content, bool mark)
{
	size_t chunks = content.len / BUNDLE_CONTENT_BYTES + 1;

	if (chunks > CHUNKS_MAX) {
		return (struct bytes){ NULL, 0 };
	}
	memcpy(file, head.data, head.len);
	for (size_t i = 0; i < chunks; i++) {
		uint8_t *chunk = file + head.len + i * BUNDLE_CHUNK_BYTES;
		size_t n = content.len < BUNDLE_CONTENT_BYTES ? content.len : BUNDLE_CONTENT_BYTES;

		memset(chunk, 0, BUNDLE_CHUNK_BYTES);
		chunk[0] = mark && i + 1 == chunks;
		memcpy(chunk + 1, content.data, n);
		content.data += n;
		content.len -= n;
		if (bundle_make_seal(key, file, i) != ERR_OK) {
			abort();
		}
	}
	return (struct bytes){ file, head.len + chunks * BUNDLE_CHUNK_BYTES };
}

/* What is read is written the same. */
static void decode(const struct schema *s, struct bytes in)
{
	_Alignas(16) uint8_t object[256];
	struct arena arena;
	struct buf again = { 0 };

	arena_init(&arena, 1U << 20);
	if (s->size > sizeof object) {
		abort();
	}
	if (schema_decode(s, in, &arena, object, NULL) == ERR_OK &&
	    (schema_encode(s, object, &again) != ERR_OK || !bytes_equal(in, buf_bytes(&again)))) {
		abort();
	}
	buf_done(&again);
	arena_done(&arena);
}

static void look(const struct bundle_record *r)
{
	struct entry e;

	switch (r->type) {
	case BUNDLE_HEAD:
		decode(&parcel_head_schema, r->content);
		break;
	case BUNDLE_RECEIPT:
		decode(&parcel_receipt_schema, r->content);
		break;
	case BUNDLE_ENTRY:
		(void)entry_decode(r->content, &e, NULL);
		break;
	case BUNDLE_END:
		decode(&parcel_end_schema, r->content);
		if (r->hash == NULL || r->signature == NULL) {
			abort();
		}
		break;
	case BUNDLE_MORE:
		abort();
	}
}

/* The first record is HEAD, END is the last; an error is final. */
static void feed(struct bundle_reader *r, struct bytes in, size_t piece)
{
	size_t records = 0;
	bool ended = false;
	int rc = ERR_OK;

	for (size_t at = 0; rc == ERR_OK && at < in.len; at += piece) {
		struct bytes some = { in.data + at, piece < in.len - at ? piece : in.len - at };
		struct bundle_record record;

		do {
			rc = bundle_reader_take(r, &some, &record);
			if (rc == ERR_OK && record.type != BUNDLE_MORE) {
				if (ended || record.content.len > BUNDLE_RECORD_MAX ||
				    (records++ == 0) != (record.type == BUNDLE_HEAD)) {
					abort();
				}
				ended = record.type == BUNDLE_END;
				look(&record);
			}
		} while (rc == ERR_OK && record.type != BUNDLE_MORE);
		if (rc == ERR_OK && some.len > 0) {
			abort(); /* it must take all before it asks for more */
		}
	}
	if (rc != bundle_reader_fault(r)->code ||
	    (bundle_reader_end(r) == ERR_OK) != (ended && rc == ERR_OK)) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t pieces[] = { 1U << 20, 65536, 4096, 997 };
	struct bundle_reader *r = NULL;
	struct bytes in;

	if (head.len == 0) {
		prepare();
	}
	if (size == 0) {
		return 0;
	}
	in = (struct bytes){ data + 1, size - 1 };
	if ((data[0] & 1) != 0) {
		in = seal(in, (data[0] & 2) == 0);
	}
	if (bundle_make_reader(&make, 0, &r) == ERR_OK) {
		feed(r, in, pieces[data[0] >> 2 & 3]);
	}
	bundle_reader_free(r);
	return 0;
}
