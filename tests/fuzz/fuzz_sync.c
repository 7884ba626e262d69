/* A session is fed messages: the first byte says which side it is (bit 0) and in which world
 * (bits 1 and 2), then come messages, each after its length in two bytes.  What it asks of its
 * caller is done, what it says to the peer is dropped.  Its memory and the work for each
 * message stay bounded, whatever comes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/wire.h"
#include "tests/lib/sync_pair.h"

#define MEMORY_MAX (4U * 1024 * 1024)
#define POLLS_MAX  20000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void load(struct pair *p, int node, const uint8_t id[ENTRY_ID_BYTES])
{
	uint64_t key;
	uint32_t number;

	memcpy(&key, id, sizeof key);
	if (table_find(&p->by_id, key, &number)) {
		const struct pair_entry *e = &p->entries[number];

		(void)sync_loaded(p->node[node].session, id, (struct bytes){ e->data, e->len });
	} else { /* what came from the fuzzer */
		(void)sync_loaded(p->node[node].session, id, (struct bytes){ NULL, 0 });
	}
}

static void store(struct pair *p, int node, const struct sync_out *out)
{
	struct sync_item item = { .bytes = (uint32_t)out->bytes.len };
	struct entry e;
	int rc = entry_decode(out->bytes, &e, NULL);

	if (rc != ERR_OK || memcmp(e.id, out->id, sizeof e.id) != 0) {
		abort(); /* the session must have checked this */
	}
	memcpy(item.id, e.id, sizeof item.id);
	memcpy(item.class_id, e.header.class_id, sizeof item.class_id);
	item.lane = (uint8_t)kind_lane(e.header.kind);
	rc = e.id[31] % 4 == 0 ? ERR_FORGED : sync_set_add(p->node[node].set, &item);
	(void)sync_stored(p->node[node].session, item.id, rc);
}

static void pump(struct pair *p, int node)
{
	struct pair_node *n = &p->node[node];
	struct sync_progress progress;

	for (int polls = 0;; polls++) {
		struct sync_out out;

		sync_poll(n->session, &out);
		if (out.kind == SYNC_NOTHING) {
			break;
		}
		if (out.kind == SYNC_LOAD) {
			load(p, node, out.id);
		} else if (out.kind == SYNC_STORE) {
			store(p, node, &out);
		} else if (out.kind == SYNC_CLASSES) {
			(void)sync_classes(n->session, n->classes, n->n_classes, p->now_ms);
		}
		sync_session_progress(n->session, &progress);
		if (polls > POLLS_MAX || progress.memory_bytes > MEMORY_MAX) {
			abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pair p;
	struct wire w;
	int node;

	if (size == 0) {
		return 0;
	}
	node = data[0] & 1;
	pair_world(&p, (data[0] >> 1) % PAIR_WORLDS);
	wire_init(&w, data + 1, size - 1);
	pump(&p, node);
	while (wire_left(&w) >= 2) {
		size_t len = wire_u16(&w);
		const uint8_t *message;

		len = len < wire_left(&w) ? len : wire_left(&w);
		message = wire_bytes(&w, len);
		p.now_ms += 100;
		if (sync_message(p.node[node].session, (struct bytes){ message, len }, p.now_ms) !=
		    ERR_OK) {
			break;
		}
		pump(&p, node);
	}
	pair_done(&p);
	return 0;
}
