#include "sim/hostile_forge.h"

#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "record/kinds.h"
#include "sim/chance.h"
#include "sim/disk_inside.h"
#include "sim/hostile.h"
#include "trust/seal.h"

#define SOME_PPM    250000U /* of the entries it resembles */
#define DAYS        20U
#define YEARS_MS    (1095ULL * DAY_MS)
#define CLOCK_SHIFT 16U /* record/clock.h */

void hostile_forge_init(struct hostile_hoard *h, const struct keys *keys, uint64_t dice)
{
	*h = (struct hostile_hoard){ .keys = keys, .dice = dice, .sequence = 1000000 };
	map_init(&h->all, dice);
	(void)keys_new(false, &h->stranger);
}

void hostile_forge_done(struct hostile_hoard *h)
{
	struct hoarded *x;
	size_t at = 0;

	while ((x = map_next(&h->all, &at)) != NULL) {
		buf_done(&x->bytes);
		free(x);
	}
	map_done(&h->all);
	for (size_t i = 0; i < h->forged_count; i++) {
		buf_done(&h->forged[i]);
	}
	free(h->forged);
	keys_free(h->stranger);
	explicit_bzero(&h->membership, sizeof h->membership);
}

const struct hoarded *hostile_forge_keep(struct hostile_hoard *h, const struct entry *e)
{
	struct hoarded *x;

	if (map_get(&h->all, e->id) != NULL || (x = calloc(1, sizeof *x)) == NULL) {
		return NULL;
	}
	memcpy(x->id, e->id, sizeof x->id);
	memcpy(x->class_id, e->header.class_id, sizeof x->class_id);
	memcpy(x->author, e->header.author, sizeof x->author);
	x->lane = (uint8_t)kind_lane(e->header.kind);
	x->kind = (uint8_t)e->header.kind;
	x->expiry_day = e->header.expiry_day;
	buf_init(&x->bytes, 0);
	if (entry_encode(e, &x->bytes) != ERR_OK || map_put(&h->all, x->id, x) != ERR_OK) {
		buf_done(&x->bytes);
		free(x);
		return NULL;
	}
	return x;
}

static struct buf *next(struct hostile_hoard *h)
{
	if (h->forged_count == HOSTILE_FORGED_MAX ||
	    disk_room((void **)&h->forged, &h->forged_room, h->forged_count, sizeof(struct buf)) !=
		ERR_OK) {
		return NULL;
	}
	buf_init(&h->forged[h->forged_count], 0);
	return &h->forged[h->forged_count++];
}

/* A well-made entry, with a signature that is right for its author. */
static void seal(struct hostile_hoard *h, const struct keys *author, const struct seal_order *order,
		 struct bytes body)
{
	struct buf *out = next(h);
	struct seal_order copy = *order;
	uint8_t key[SEAL_KEY_BYTES];
	uint8_t id[ENTRY_ID_BYTES];

	if (out == NULL) {
		return;
	}
	memset(key, (int)chance_below(&h->dice, 256), sizeof key);
	if (copy.class_key == NULL && copy.recipient == NULL) {
		copy.class_key = key; /* nobody can open it; it is carried all the same */
	}
	copy.sequence = copy.sequence == 0 ? ++h->sequence : copy.sequence;
	(void)seal_entry(author, &copy, body, out, id);
}

static struct seal_order like(const struct hoarded *x, uint64_t now_ms)
{
	struct seal_order order = { .kind = x->kind,
				    .clock = now_ms << CLOCK_SHIFT,
				    .expiry_day = day_of_ms(now_ms) + DAYS,
				    .revision = kind_is_owned(x->kind) ? 1 : 0 };

	memcpy(order.class_id, x->class_id, sizeof order.class_id);
	return order;
}

/* The entry with another name under it, and its signature as it was. */
static void rename_author(struct hostile_hoard *h, const struct hoarded *x)
{
	struct buf *out = next(h);
	struct buf header;
	struct entry e;

	if (out == NULL || entry_decode(buf_bytes(&x->bytes), &e, NULL) != ERR_OK) {
		return;
	}
	buf_init(&header, 0);
	e.header.sequence += 1;
	e.header.revision += e.header.revision > 0;
	if (schema_encode(&entry_header_schema, &e.header, &header) == ERR_OK) {
		e.header_bytes = buf_bytes(&header);
		entry_id(e.header_bytes, e.sealed, e.id);
		(void)entry_encode(&e, out);
	}
	buf_done(&header);
}

static void erase(struct hostile_hoard *h, const struct hoarded *x, uint64_t now_ms)
{
	struct erased target = { .expiry_day = x->expiry_day };
	struct erasure erasure = { .erased = { .items = &target, .count = 1 } };
	struct seal_order order = { .kind = KIND_ERASURE,
				    .clock = now_ms << CLOCK_SHIFT,
				    .expiry_day = day_of_ms(now_ms) + DAYS,
				    .class_key = h->membership.control_key };
	struct buf body;

	memcpy(target.id, x->id, sizeof target.id);
	memcpy(order.class_id, h->membership.control_class, sizeof order.class_id);
	buf_init(&body, 0);
	if (schema_encode(&kinds_erasure, &erasure, &body) == ERR_OK) {
		seal(h, h->keys, &order, buf_bytes(&body));
	}
	buf_done(&body);
}

/* A member may write decisions; two of one sequence, or from years ahead, are what it may not. */
static void misdate(struct hostile_hoard *h, const struct hoarded *x, unsigned ways,
		    uint64_t now_ms)
{
	struct seal_order order = like(x, now_ms);
	uint64_t sequence = ++h->sequence;

	if ((ways & HOSTILE_TWO_FACED) != 0) {
		for (unsigned i = 0; i < 2; i++) {
			order.sequence = sequence;
			order.class_key = NULL;
			seal(h, h->keys, &order, bytes_of(i == 0 ? "yes" : "no"));
		}
	}
	if ((ways & HOSTILE_FUTURE) != 0) {
		order = like(x, now_ms + YEARS_MS);
		order.expiry_day = day_of_ms(now_ms) + DAYS;
		seal(h, h->keys, &order, bytes_of("later"));
	}
}

void hostile_forge_from(struct hostile_hoard *h, const struct hoarded *x, unsigned ways,
			uint64_t now_ms)
{
	struct seal_order order = like(x, now_ms);

	if (!chance_ppm(&h->dice, SOME_PPM)) {
		return;
	}
	if ((ways & HOSTILE_STRANGER) != 0) {
		seal(h, h->stranger, &order, bytes_of("stranger"));
	}
	if ((ways & HOSTILE_UNSIGNED) != 0) {
		rename_author(h, x);
	}
	order = like(x, now_ms);
	if ((ways & HOSTILE_PRESUME) != 0 && x->kind != KIND_DECISION && x->kind != KIND_ACTION &&
	    x->kind != KIND_ERASURE && x->kind != KIND_ENCOUNTER) {
		seal(h, h->keys, &order, bytes_of("presumed"));
	}
	if ((ways & HOSTILE_ERASE) != 0 &&
	    memcmp(x->author, keys_node(h->keys), ENTRY_NODE_BYTES) != 0) {
		erase(h, x, now_ms);
	}
	if (x->kind == KIND_DECISION || x->kind == KIND_ACTION || x->kind == KIND_ENCOUNTER) {
		misdate(h, x, ways, now_ms);
	}
}

void hostile_forge_flood(struct hostile_hoard *h, struct bytes classes, size_t count,
			 uint64_t now_ms)
{
	for (size_t i = 0; i < count && classes.len > 0; i++) {
		struct seal_order order = { .kind = KIND_DECISION,
					    .clock = now_ms << CLOCK_SHIFT,
					    .expiry_day = day_of_ms(now_ms) + DAYS };
		size_t which = (size_t)chance_below(&h->dice, classes.len / ENTRY_CLASS_BYTES);

		memcpy(order.class_id, classes.data + which * ENTRY_CLASS_BYTES, ENTRY_CLASS_BYTES);
		seal(h, h->keys, &order, bytes_of("flood"));
	}
}
