#include "tests/lib/courier.h"

#include <string.h>

#define NAMES_MAX 64U

static size_t split(const char *names, struct line *out)
{
	size_t count = 0;

	while (*names != '\0' && count < NAMES_MAX) {
		size_t len = strcspn(names, ",");

		out[count++].text = (struct bytes){ (const uint8_t *)names, len };
		names += len + (names[len] == ',');
	}
	return count;
}

int courier_export(struct world *w, const char *name, const char *to, uint64_t limit_bytes,
		   bool whole, struct arena *arena, struct bytes *file, struct answer_bundle *out)
{
	struct line names[NAMES_MAX];
	struct ask_bundle_export ask = { .to = { .items = names, .count = split(to, names) },
					 .limit_bytes = limit_bytes,
					 .whole = whole };
	struct ask_bundle_next next;
	struct buf all;
	int rc = world_ask(w, name, "bundle.export", "courier", &ask, arena, out);

	buf_init(&all, 0);
	while (rc == ERR_OK) {
		buf_put(&all, out->content.data, out->content.len);
		if (out->done != 0) {
			break;
		}
		next.handle = out->handle;
		rc = world_ask(w, name, "bundle.next", "courier", &next, arena, out);
	}
	if (rc == ERR_OK) {
		world_carry(w, buf_bytes(&all));
		*file = arena_copy(arena, buf_bytes(&all));
		rc = file->data == NULL ? ERR_NOMEM : ERR_OK;
	}
	buf_done(&all);
	return rc;
}

int courier_import(struct world *w, const char *name, struct bytes file, bool dry,
		   struct arena *arena, struct answer_bundle *out)
{
	struct ask_bundle_import ask = { .bytes = file.len, .dry = dry };
	struct ask_bundle_piece piece;
	size_t at = 0;
	int rc = world_ask(w, name, "bundle.import", "courier", &ask, arena, out);

	while (rc == ERR_OK && out->done == 0) {
		piece.handle = out->handle;
		at = out->again != 0 ? 0 : at;
		piece.content = (struct bytes){ file.data + at, file.len - at };
		if (piece.content.len > ASK_PIECE_BYTES) {
			piece.content.len = ASK_PIECE_BYTES;
		}
		at += piece.content.len;
		rc = world_ask(w, name, "bundle.piece", "courier", &piece, arena, out);
	}
	return rc;
}

struct bytes courier_flip(struct arena *arena, struct bytes file, uint64_t bit)
{
	struct bytes copy = arena_copy(arena, file);
	uint8_t *data = (uint8_t *)(uintptr_t)copy.data; /* the arena's, and ours to change */

	if (data != NULL && bit / 8 < copy.len) {
		data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
	}
	return copy;
}
