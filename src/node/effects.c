#include "node/effects.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "match/gallery.h"

void effects_init(struct effects *e)
{
	*e = (struct effects){ 0 };
}

static void drop(struct effect *e)
{
	free(e->owned);
	gallery_snapshot_unref(e->snapshot);
	for (size_t i = 0; i < e->probes; i++) {
		finger_template_unref(e->probe[i]);
	}
	*e = (struct effect){ 0 };
}

void effects_cut(struct effects *e, size_t count)
{
	while (e->count > count) {
		drop(&e->list[--e->count]);
	}
}

void effects_clear(struct effects *e)
{
	effects_cut(e, 0);
}

void effects_done(struct effects *e)
{
	effects_clear(e);
	free(e->list);
	*e = (struct effects){ 0 };
}

int effects_add(struct effects *e, const struct effect *effect)
{
	struct effect copy = *effect;
	uint8_t *bytes = NULL;

	if (e->count == e->room) {
		size_t room = e->room == 0 ? 16 : e->room * 2;
		struct effect *list = realloc(e->list, room * sizeof *list);

		if (list == NULL) {
			return ERR_NOMEM;
		}
		e->list = list;
		e->room = room;
	}
	if (effect->bytes.len > 0) {
		bytes = malloc(effect->bytes.len);
		if (bytes == NULL) {
			return ERR_NOMEM;
		}
		memcpy(bytes, effect->bytes.data, effect->bytes.len);
	}
	copy.bytes.data = bytes;
	copy.owned = bytes;
	e->list[e->count++] = copy;
	return ERR_OK;
}

struct bytes effects_take_bytes(struct effect *effect)
{
	struct bytes taken = effect->bytes;

	effect->bytes = (struct bytes){ NULL, 0 };
	effect->owned = NULL;
	return taken;
}
