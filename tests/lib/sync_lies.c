#include "config.h"

#include "tests/lib/sync_lies.h"

#include "base/err.h"
#include "sync/frame.h"
#include "sync/set.h"

static void change_cell(uint8_t *at, uint64_t by)
{
	for (size_t i = 0; i < 8; i++) {
		at[i] ^= (uint8_t)(by >> (56 - 8 * i));
	}
}

static void lie(struct pair *p, int from, uint8_t *data, size_t len, bool noise)
{
	static uint64_t row[SKETCH_MAX];
	const uint8_t *key = set_sketch_key(p->node[from].set);
	struct wire w;
	struct frame f;

	wire_init(&w, data, len);
	while (wire_left(&w) > 0 && frame_next(&w, &f, NULL) == ERR_OK) {
		if (f.type == FRAME_START) {
			p->cells_said = 0;
			p->lied_about = p->n > 0 ? (uint32_t)pair_random(p, p->n) : 0;
		}
		for (size_t i = 0; f.type == FRAME_CELLS && i < f.content.len / 8; i++) {
			uint8_t *at = data + f.at + 8 * i;

			if (noise && pair_random(p, 8) == 0) {
				change_cell(at, pair_random(p, UINT64_MAX));
			}
			row[p->cells_said + i] = 0;
		}
		if (f.type == FRAME_CELLS && !noise && p->n > 0) {
			size_t n = f.content.len / 8;

			sketch_cells(row + p->cells_said, p->cells_said, p->cells_said + n, key,
				     sketch_name(p->entries[p->lied_about].id));
			for (size_t i = 0; i < n; i++) {
				change_cell(data + f.at + 8 * i, row[p->cells_said + i]);
			}
		}
		p->cells_said += f.type == FRAME_CELLS ? f.content.len / 8 : 0;
	}
}

void lies_noise(struct pair *p, int from, uint8_t *data, size_t len)
{
	lie(p, from, data, len, true);
}

void lies_names(struct pair *p, int from, uint8_t *data, size_t len)
{
	lie(p, from, data, len, false);
}
