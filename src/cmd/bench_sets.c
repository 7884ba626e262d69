#include "cmd/bench_sets.h"

#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"

struct item {
	struct sync_item item;
	struct buf encoded;
};

struct bench_sets {
	struct bench_sets_plan plan;
	struct sync_set *set[2];
	size_t outside[2];  /* ids of each alone */
	struct item *items; /* owned; sorted by id */
	size_t n;
	uint64_t sequence;
};

static const uint8_t salt[SIPHASH_KEY_BYTES] = "outpost-bench";

static void class_id(uint64_t number, uint8_t id[ENTRY_CLASS_BYTES])
{
	memset(id, 0x5a, ENTRY_CLASS_BYTES);
	id[0] = (uint8_t)number;
}

/* The id of a record number, spread as hashes are. */
static struct sync_item made_up(uint64_t number, uint64_t class_number)
{
	struct sync_item item = { .bytes = 1480, .lane = LANE_CASE };

	for (size_t at = 0; at < ENTRY_ID_BYTES; at += 8) {
		uint64_t seed[2] = { number, at };
		uint64_t h = siphash_24(salt, seed, sizeof seed);

		memcpy(item.id + at, &h, sizeof h);
	}
	class_id(class_number, item.class_id);
	return item;
}

void bench_sets_free(struct bench_sets *s)
{
	if (s == NULL) {
		return;
	}
	for (size_t i = 0; i < s->n; i++) {
		buf_done(&s->items[i].encoded);
	}
	free(s->items);
	sync_set_free(s->set[0]);
	sync_set_free(s->set[1]);
	free(s);
}

static int add_to(struct bench_sets *s, int side, const struct sync_item *item)
{
	return sync_set_add(s->set[side], item);
}

/* Class numbers: 0 control, 1 to shared, then the others. */
static int fill(struct bench_sets *s)
{
	const struct bench_sets_plan *p = &s->plan;
	uint64_t number = 0;
	int rc = ERR_OK;

	for (; rc == ERR_OK && number < p->ids; number++) {
		struct sync_item item = made_up(number, 1 + number % p->classes);

		rc = add_to(s, 0, &item);
		rc = rc == ERR_OK ? add_to(s, 1, &item) : rc;
	}
	for (uint64_t i = 0; rc == ERR_OK && i < p->outside; i++) {
		uint64_t others = p->classes - p->shared;
		struct sync_item item = made_up(number++, 1 + p->shared + i % others);

		s->outside[i % 2]++;
		rc = add_to(s, (int)(i % 2), &item);
	}
	return rc;
}

int bench_sets_new(const struct bench_sets_plan *plan, struct bench_sets **out)
{
	const uint8_t seed[SYNC_SEED_BYTES] = { 1 };
	const uint8_t secret[SYNC_SECRET_BYTES] = { 2 };
	struct bench_sets *s = calloc(1, sizeof *s);
	int rc = ERR_NOMEM;

	if (s == NULL) {
		return rc;
	}
	s->plan = *plan;
	s->items = calloc((size_t)plan->diff + 1, sizeof *s->items);
	if (s->items != NULL) {
		rc = ERR_OK;
	}
	for (int i = 0; rc == ERR_OK && i < 2; i++) {
		rc = sync_set_new(seed, &s->set[i]);
		if (rc == ERR_OK) {
			sync_set_key(s->set[i], secret);
		}
	}
	rc = rc == ERR_OK ? fill(s) : rc;
	if (rc != ERR_OK) {
		bench_sets_free(s);
		return rc;
	}
	*out = s;
	return ERR_OK;
}

/* ---- what differs ---- */

/* As small as an entry can be: only its id matters here. */
static int make_entry(struct bench_sets *s, struct item *out, uint64_t seed)
{
	uint8_t sealed[256], wrap[ENTRY_WRAP_CLASS] = { 1 },
			     signature[ENTRY_SIGNATURE_BYTES] = { 1 };
	struct entry decoded;
	struct entry e = { .header = { .format = ENTRY_FORMAT,
				       .kind = KIND_ENCOUNTER,
				       .epoch = { 1 },
				       .author = { 1 },
				       .sequence = ++s->sequence,
				       .clock = seed + 1,
				       .expiry_day = 30000,
				       .commit = { 1 } },
			   .sealed = { sealed, entry_padded(0) + ENTRY_SEAL_BYTES },
			   .wrap = { wrap, sizeof wrap },
			   .signature = { signature, sizeof signature } };
	struct buf header;
	int rc;

	memset(sealed, 7, sizeof sealed);
	class_id(1 + s->sequence % s->plan.shared, e.header.class_id);
	buf_init(&header, 0);
	buf_init(&out->encoded, 0);
	rc = schema_encode(&entry_header_schema, &e.header, &header);
	if (rc == ERR_OK) {
		e.header_bytes = buf_bytes(&header);
		rc = entry_encode(&e, &out->encoded);
	}
	if (rc == ERR_OK) {
		rc = entry_decode(buf_bytes(&out->encoded), &decoded, NULL);
	}
	if (rc == ERR_OK) {
		out->item =
		    (struct sync_item){ .bytes = (uint32_t)out->encoded.len, .lane = LANE_CASE };
		memcpy(out->item.id, decoded.id, ENTRY_ID_BYTES);
		memcpy(out->item.class_id, e.header.class_id, ENTRY_CLASS_BYTES);
	}
	buf_done(&header);
	return rc;
}

static int by_id(const void *a, const void *b)
{
	return memcmp(((const struct item *)a)->item.id, ((const struct item *)b)->item.id,
		      ENTRY_ID_BYTES);
}

int bench_sets_differ(struct bench_sets *s, uint64_t seed)
{
	int rc = ERR_OK;

	for (; s->n > 0; s->n--) {
		struct item *i = &s->items[s->n - 1];

		(void)sync_set_remove(s->set[0], i->item.id);
		(void)sync_set_remove(s->set[1], i->item.id);
		buf_done(&i->encoded);
	}
	while (rc == ERR_OK && s->n < s->plan.diff) {
		struct item *i = &s->items[s->n++];
		int side = (int)(s->n % 2);

		rc = make_entry(s, i, seed);
		rc = rc == ERR_OK ? add_to(s, side, &i->item) : rc;
		if (rc == ERR_OK && !s->plan.recent) {
			rc = add_to(s, !side, &i->item);
			rc = rc == ERR_OK ? sync_set_remove(s->set[!side], i->item.id) : rc;
		}
	}
	qsort(s->items, s->n, sizeof *s->items, by_id);
	return rc;
}

/* ---- looking ---- */

struct sync_set *bench_sets_of(const struct bench_sets *s, int side)
{
	return s->set[side];
}

size_t bench_sets_classes(const struct bench_sets *s, int side,
			  struct sync_class list[SYNC_CLASSES_MAX])
{
	size_t n = 0;

	for (uint64_t c = 0; c <= s->plan.classes; c++) {
		if (c <= s->plan.shared || c % 2 == (uint64_t)side) {
			list[n] =
			    (struct sync_class){ .control = c == 0, .send = true, .take = true };
			class_id(c, list[n++].class_id);
		}
	}
	return n;
}

bool bench_sets_entry(const struct bench_sets *s, const uint8_t id[ENTRY_ID_BYTES],
		      struct sync_item *item, struct bytes *encoded)
{
	struct item key = { .encoded = { 0 } };
	const struct item *found;

	memcpy(key.item.id, id, ENTRY_ID_BYTES);
	found = bsearch(&key, s->items, s->n, sizeof *s->items, by_id);
	if (found == NULL) {
		return false;
	}
	*item = found->item;
	*encoded = buf_bytes(&found->encoded);
	return true;
}

bool bench_sets_equal(const struct bench_sets *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (!sync_set_has(s->set[0], s->items[i].item.id) ||
		    !sync_set_has(s->set[1], s->items[i].item.id)) {
			return false;
		}
	}
	return sync_set_count(s->set[0]) == s->plan.ids + s->n + s->outside[0] &&
	       sync_set_count(s->set[1]) == s->plan.ids + s->n + s->outside[1];
}
