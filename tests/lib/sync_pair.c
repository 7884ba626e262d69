#include "config.h"

#include "tests/lib/sync_pair.h"

#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/frame.h"
#include "sync/set.h"

#define MARK       "OUTPOST-MARK"
#define MARK_BYTES 12U
#define ENTRIES    100000U
#define STEPS_MAX  20000000U
#define MEMORY_MAX (4U * 1024 * 1024)

uint64_t pair_random(struct pair *p, uint64_t below)
{
	p->random ^= p->random << 13;
	p->random ^= p->random >> 7;
	p->random ^= p->random << 17;
	return (p->random * 0x2545f4914f6cdd1dULL >> 16) % below;
}

static void *need(void *m)
{
	if (m == NULL) {
		abort();
	}
	return m;
}

void pair_init(struct pair *p, uint64_t seed)
{
	const uint8_t table_seed[SYNC_SEED_BYTES] = { 7 };
	const uint8_t secret[SYNC_SECRET_BYTES] = { 8 };

	*p = (struct pair){ .random = seed * 0x9e3779b97f4a7c15ULL + 1, .now_ms = 1000 };
	table_init(&p->by_id, ENTRIES);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(sync_set_new(table_seed, &p->node[i].set), ERR_OK);
		sync_set_key(p->node[i].set, secret);
	}
	pair_share(p, 0);
}

void pair_done(struct pair *p)
{
	pair_break(p);
	for (int i = 0; i < 2; i++) {
		struct pair_node *n = &p->node[i];

		sync_set_free(n->set);
		free(n->has);
		free(n->erased);
		free(n->refuses);
		free(n->ever);
		free(n->work);
	}
	for (size_t i = 0; i < p->n; i++) {
		free(p->entries[i].data);
	}
	free(p->entries);
	table_done(&p->by_id);
	free(p->patterns);
}

void pair_share(struct pair *p, size_t n)
{
	for (int i = 0; i < 2; i++) {
		p->node[i].n_classes = n + 1;
		for (size_t c = 0; c <= n; c++) {
			p->node[i].classes[c] =
			    (struct sync_class){ .control = c == 0, .send = true, .take = true };
			memset(p->node[i].classes[c].class_id, (int)(0xa0 + c), ENTRY_CLASS_BYTES);
		}
	}
}

static uint64_t id_key(const uint8_t id[ENTRY_ID_BYTES])
{
	uint64_t key;

	memcpy(&key, id, sizeof key);
	return key;
}

static uint32_t number_of(const struct pair *p, const uint8_t id[ENTRY_ID_BYTES])
{
	uint32_t number = 0;

	assert_true(table_find(&p->by_id, id_key(id), &number));
	return number;
}

static bool *grow(bool *list, size_t room, size_t old)
{
	list = need(realloc(list, room * sizeof *list));
	memset(list + old, 0, (room - old) * sizeof *list);
	return list;
}

static void make_room(struct pair *p)
{
	size_t room = p->room == 0 ? 64 : p->room * 2;

	if (p->n < p->room) {
		return;
	}
	p->entries = need(realloc(p->entries, room * sizeof *p->entries));
	for (int i = 0; i < 2; i++) {
		struct pair_node *n = &p->node[i];

		n->has = grow(n->has, room, p->room);
		n->erased = grow(n->erased, room, p->room);
		n->refuses = grow(n->refuses, room, p->room);
		n->ever = grow(n->ever, room, p->room);
	}
	p->room = room;
}

/* Every 16 bytes of the sealed part say which entry it is. */
static void put_marks(uint8_t *sealed, size_t len, uint32_t number)
{
	for (size_t at = 0; at + 16 <= len; at += 16) {
		memcpy(sealed + at, MARK, MARK_BYTES);
		memcpy(sealed + at + MARK_BYTES, &number, sizeof number);
	}
}

uint32_t pair_entry(struct pair *p, unsigned class_number, uint8_t lane, unsigned size_class)
{
	uint8_t signature[ENTRY_SIGNATURE_BYTES] = { 1 }, wrap[ENTRY_WRAP_CLASS] = { 2 };
	size_t len = entry_padded(size_class) + ENTRY_SEAL_BYTES;
	uint8_t *sealed = need(calloc(1, len));
	struct entry e = { .header = { .format = ENTRY_FORMAT,
				       .kind = lane == LANE_TRUST ? KIND_EPOCH : KIND_NOTICE,
				       .epoch = { 1 },
				       .author = { 2 },
				       .clock = 77,
				       .expiry_day = 22000,
				       .size_class = size_class,
				       .commit = { 3 } } };
	struct buf header = { 0 }, whole = { 0 };
	struct entry decoded;
	uint32_t number;

	make_room(p);
	number = (uint32_t)p->n++;
	put_marks(sealed, len, number);
	e.header.sequence = number + 1;
	memset(e.header.class_id, (int)(0xa0 + class_number), ENTRY_CLASS_BYTES);
	assert_int_equal(schema_encode(&entry_header_schema, &e.header, &header), ERR_OK);
	e.header_bytes = buf_bytes(&header);
	e.sealed = (struct bytes){ sealed, len };
	e.wrap = (struct bytes){ wrap, sizeof wrap };
	e.signature = (struct bytes){ signature, sizeof signature };
	assert_int_equal(entry_encode(&e, &whole), ERR_OK);
	assert_int_equal(entry_decode(buf_bytes(&whole), &decoded, NULL), ERR_OK);
	p->entries[number] = (struct pair_entry){ .class_number = class_number,
						  .lane = lane,
						  .data = whole.data,
						  .len = (uint32_t)whole.len };
	memcpy(p->entries[number].id, decoded.id, ENTRY_ID_BYTES);
	assert_int_equal(table_add(&p->by_id, id_key(decoded.id), number), ERR_OK);
	buf_done(&header);
	free(sealed);
	return number;
}

static struct sync_item item_of(const struct pair *p, uint32_t entry)
{
	const struct pair_entry *e = &p->entries[entry];
	struct sync_item item = { .bytes = e->len, .lane = e->lane };

	memcpy(item.id, e->id, sizeof item.id);
	memset(item.class_id, (int)(0xa0 + e->class_number), sizeof item.class_id);
	return item;
}

static void keep_error(struct pair *p, int rc)
{
	if (rc != ERR_OK) {
		p->error = rc;
	}
}

void pair_hold(struct pair *p, int node, uint32_t entry)
{
	struct pair_node *n = &p->node[node];
	struct sync_item item = item_of(p, entry);

	if (n->erased[entry]) {
		return;
	}
	assert_int_equal(sync_set_add(n->set, &item), ERR_OK);
	n->has[entry] = true;
	if (n->session != NULL) {
		keep_error(p, sync_offer(n->session, &item));
	}
}

void pair_erase(struct pair *p, int node, uint32_t entry)
{
	struct pair_node *n = &p->node[node];

	assert_int_equal(sync_set_erase(n->set, p->entries[entry].id), ERR_OK);
	n->has[entry] = false;
	n->erased[entry] = true;
}

static const struct sync_class *class_of(const struct pair_node *n, unsigned class_number)
{
	for (size_t i = 0; i < n->n_classes; i++) {
		if (n->classes[i].class_id[0] == 0xa0 + class_number) {
			return &n->classes[i];
		}
	}
	return NULL;
}

bool pair_may_go(const struct pair *p, int from, uint32_t entry)
{
	const struct sync_class *a = class_of(&p->node[from], p->entries[entry].class_number);
	const struct sync_class *b = class_of(&p->node[!from], p->entries[entry].class_number);

	return a != NULL && b != NULL && a->send && b->take;
}

void pair_connect(struct pair *p)
{
	struct sync_config config = { .repeat_ms = p->repeat_ms, .chunk_bytes = p->chunk_bytes };

	for (size_t i = 0; i < sizeof p->salt; i++) {
		p->salt[i] = (uint8_t)pair_random(p, 256);
	}
	memcpy(config.salt, p->salt, sizeof config.salt);
	for (int i = 0; i < 2; i++) {
		struct pair_node *n = &p->node[i];

		config.initiator = i == 0;
		assert_int_equal(sync_session_new(n->set, &config, n->classes, n->n_classes,
						  p->now_ms, &n->session),
				 ERR_OK);
		n->wake_ms = 0;
	}
}

void pair_break(struct pair *p)
{
	for (int i = 0; i < 2; i++) {
		struct pair_node *n = &p->node[i];

		while (n->first != NULL) {
			struct pair_message *next = n->first->next;

			free(n->first);
			n->first = next;
		}
		sync_session_free(n->session);
		n->session = NULL;
		n->n_work = 0;
		n->classes_due = false;
	}
}

static void add_pattern(struct pair *p, const uint8_t *bytes)
{
	if (p->n_patterns == p->patterns_room) {
		p->patterns_room = p->patterns_room * 2 + 64;
		p->patterns = need(realloc(p->patterns, p->patterns_room * sizeof *p->patterns));
	}
	memcpy(p->patterns[p->n_patterns++].bytes, bytes, PAIR_PATTERN_BYTES);
	p->begins[bytes[0] << 5 | bytes[1] >> 3] |= (uint8_t)(1U << (bytes[1] & 7));
}

static void add_name(struct pair *p, uint64_t name)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < sizeof bytes; i++) {
		bytes[i] = (uint8_t)(name >> (56 - 8 * i));
	}
	add_pattern(p, bytes);
}

/* What the node holds and may not show: ids, names, classes that its own list closes. */
static void find_secrets(struct pair *p, int from)
{
	const struct pair_node *n = &p->node[from];
	struct name_keys keys;

	p->n_patterns = 0;
	memset(p->begins, 0, sizeof p->begins);
	name_keys(&keys, p->salt);
	for (uint32_t i = 0; i < p->n; i++) {
		const struct sync_class *c = class_of(n, p->entries[i].class_number);

		if (n->has[i] && (c == NULL || (!c->send && !c->take))) {
			add_pattern(p, p->entries[i].id);
			add_pattern(p, p->entries[i].id + 8);
			add_name(p, name_of(&keys, p->entries[i].id));
		}
	}
}

static void look_for_secrets(const struct pair *p, const uint8_t *data, size_t len)
{
	for (size_t at = 0; at + PAIR_PATTERN_BYTES <= len; at++) {
		if ((p->begins[data[at] << 5 | data[at + 1] >> 3] & 1U << (data[at + 1] & 7)) ==
		    0) {
			continue;
		}
		for (size_t i = 0; i < p->n_patterns; i++) {
			assert_memory_not_equal(data + at, p->patterns[i].bytes,
						PAIR_PATTERN_BYTES);
		}
	}
}

/* Nobody asks for what he holds or has erased. */
static void look_at_wants(const struct pair *p, int from, const struct frame *f)
{
	struct name_keys keys;
	struct wire w;

	name_keys(&keys, p->salt);
	wire_init(&w, f->content.data, f->content.len);
	while (wire_left(&w) > 0) {
		const struct sync_set *set = p->node[from].set;

		assert_null(f->type == FRAME_PICK ? set_find_plain(set, frame_get_plain(&w))
						  : set_find_name(set, &keys, wire_u64(&w)));
	}
}

/* GONE and CUT name what the peer has asked for by that name. */
static void look_into_frames(struct pair *p, int from, const uint8_t *data, size_t len)
{
	struct wire w;
	struct frame f;

	find_secrets(p, from);
	wire_init(&w, data, len);
	while (wire_left(&w) > 0) {
		assert_int_equal(frame_next(&w, &f, NULL), ERR_OK);
		if (f.type != FRAME_GONE && f.type != FRAME_CUT) {
			look_for_secrets(p, f.content.data, f.content.len);
		}
		if (f.type == FRAME_WANT || f.type == FRAME_PICK) {
			look_at_wants(p, from, &f);
		}
	}
}

/* Nothing may leave that is erased here or not held, or that our own list closes: no byte of
 * it, not its id, not its name.  Every 16 bytes of an entry say which one it is. */
static void look_at(struct pair *p, int from, const uint8_t *data, size_t len)
{
	const struct pair_node *n = &p->node[from];
	const uint8_t *at = data;

	assert_in_range(len, 1, SYNC_MESSAGE_MAX);
	if (p->suspicious) {
		look_into_frames(p, from, data, len);
	}
	while ((at = memmem(at, len - (size_t)(at - data), MARK, MARK_BYTES)) != NULL) {
		uint32_t number;

		if ((size_t)(data + len - at) >= MARK_BYTES + sizeof number) {
			const struct sync_class *c;

			memcpy(&number, at + MARK_BYTES, sizeof number);
			c = class_of(n, p->entries[number].class_number);
			assert_false(n->erased[number]);
			assert_true(n->has[number]);
			assert_true(c != NULL && c->send);
		}
		at += MARK_BYTES;
	}
}

static void on_send(struct pair *p, int from, struct bytes message)
{
	struct pair_node *to = &p->node[!from];
	struct pair_message *m = need(malloc(sizeof *m + message.len));

	look_at(p, from, message.data, message.len);
	if (p->on_message != NULL) {
		p->on_message(p->context, from, message.data, message.len);
	}
	*m = (struct pair_message){ .len = message.len };
	memcpy(m->data, message.data, message.len);
	if (p->change != NULL && from == 1) {
		p->change(p, from, m->data, m->len);
	}
	if (to->first == NULL) {
		to->first = m;
	} else {
		to->last->next = m;
	}
	to->last = m;
	p->node[from].sent_bytes += message.len;
	p->node[from].sent_messages++;
	if (message.len > p->node[from].longest) {
		p->node[from].longest = message.len;
	}
}

static void add_work(struct pair_node *n, uint32_t entry, bool load)
{
	if (n->n_work == n->work_room) {
		n->work_room = n->work_room * 2 + 16;
		n->work = need(realloc(n->work, n->work_room * sizeof *n->work));
	}
	n->work[n->n_work++] = (struct pair_work){ entry, load };
}

static void on_store(struct pair *p, int node, const struct sync_out *out)
{
	uint32_t number = number_of(p, out->id);
	const struct pair_entry *e = &p->entries[number];

	assert_int_equal(out->bytes.len, e->len);
	assert_memory_equal(out->bytes.data, e->data, e->len);
	assert_false(p->node[node].refuses[number] && p->node[node].ever[number]);
	add_work(&p->node[node], number, false);
}

static void on_load(struct pair *p, int node, const uint8_t id[ENTRY_ID_BYTES])
{
	uint32_t number = number_of(p, id);

	/* What the peer has acknowledged, or only stored, is not sent again, unless it has erased
	 * it since: that we have not heard, and its sketch shows that it lacks it. */
	assert_true(!p->node[!node].ever[number] || p->node[!node].erased[number] ||
		    p->change != NULL);
	assert_true(p->node[node].has[number]);
	p->node[node].loads++;
	add_work(&p->node[node], number, true);
}

bool pair_poll(struct pair *p, int node)
{
	struct pair_node *n = &p->node[node];
	struct sync_progress progress;
	struct sync_out out;

	if (n->classes_due) {
		n->classes_due = false;
		keep_error(p, sync_classes(n->session, n->classes, n->n_classes, p->now_ms));
		return true;
	}
	sync_poll(n->session, &out);
	sync_session_progress(n->session, &progress);
	assert_in_range(progress.memory_bytes, 1, MEMORY_MAX);
	if (progress.memory_bytes > n->memory_max) {
		n->memory_max = progress.memory_bytes;
	}
	switch (out.kind) {
	case SYNC_NOTHING:
		return false;
	case SYNC_SEND:
		on_send(p, node, out.bytes);
		break;
	case SYNC_LOAD:
		on_load(p, node, out.id);
		break;
	case SYNC_STORE:
		on_store(p, node, &out);
		break;
	case SYNC_CLASSES:
		n->classes_due = true;
		break;
	case SYNC_KEPT:
		assert_true(p->node[!node].ever[number_of(p, out.id)] || p->change != NULL);
		n->kept++;
		break;
	case SYNC_SETTLED:
		n->settled++;
		break;
	case SYNC_WAKE:
		n->wake_ms = out.at_ms;
		break;
	}
	return true;
}

bool pair_deliver(struct pair *p, int node)
{
	struct pair_node *n = &p->node[node];
	struct pair_message *m = n->first;

	if (m == NULL) {
		return false;
	}
	n->first = m->next;
	keep_error(p, sync_message(n->session, (struct bytes){ m->data, m->len }, p->now_ms));
	free(m);
	return true;
}

static void do_store(struct pair *p, int node, uint32_t entry)
{
	struct pair_node *n = &p->node[node];
	struct sync_item item = item_of(p, entry);
	int code = n->refuses[entry] ? ERR_FORGED : sync_set_add(n->set, &item);

	if (code == ERR_OK) {
		n->has[entry] = true;
		n->ever[entry] = true;
		n->stored++;
		n->last_stored = entry;
	}
	keep_error(p, sync_stored(n->session, item.id, code));
}

bool pair_work(struct pair *p, int node, size_t which)
{
	struct pair_node *n = &p->node[node];
	struct pair_work w;

	if (which >= n->n_work) {
		return false;
	}
	w = n->work[which];
	n->n_work--;
	memmove(n->work + which, n->work + which + 1, (n->n_work - which) * sizeof *n->work);
	if (!w.load) {
		do_store(p, node, w.entry);
	} else if (!n->has[w.entry]) {
		keep_error(
		    p, sync_loaded(n->session, p->entries[w.entry].id, (struct bytes){ NULL, 0 }));
	} else {
		const struct pair_entry *e = &p->entries[w.entry];

		keep_error(p, sync_loaded(n->session, e->id, (struct bytes){ e->data, e->len }));
	}
	return true;
}

static bool wake(struct pair *p, uint64_t until_ms)
{
	int node = p->node[1].wake_ms != 0 &&
		   (p->node[0].wake_ms == 0 || p->node[1].wake_ms < p->node[0].wake_ms);
	uint64_t at = p->node[node].wake_ms;

	if (at == 0 || at > until_ms) {
		return false;
	}
	if (at > p->now_ms) {
		p->now_ms = at;
	}
	p->node[node].wake_ms = 0;
	keep_error(p, sync_wake(p->node[node].session, p->now_ms));
	return true;
}

bool pair_step(struct pair *p, int node)
{
	bool busy = pair_poll(p, node);

	busy |= pair_deliver(p, node);
	busy |= pair_work(p, node, 0);
	return busy;
}

bool pair_settle(struct pair *p, uint64_t wait_ms)
{
	for (size_t steps = 0; steps < STEPS_MAX && p->error == ERR_OK; steps++) {
		bool busy = false;

		for (int i = 0; i < 2; i++) {
			busy |= pair_step(p, i);
		}
		if (!busy && !wake(p, p->now_ms + wait_ms)) {
			return true;
		}
	}
	return false;
}

bool pair_is_settled(const struct pair *p)
{
	struct sync_progress a, b;

	sync_session_progress(p->node[0].session, &a);
	sync_session_progress(p->node[1].session, &b);
	return a.settled && b.settled;
}

void pair_world(struct pair *p, unsigned variant)
{
	pair_init(p, 100 + variant);
	pair_share(p, 3);
	p->chunk_bytes = SYNC_CHUNK_MIN;
	if (variant == 3) {
		p->node[0].classes[2].send = false;
		p->node[1].classes[3].take = false;
	}
	for (unsigned i = 0; i < 40; i++) {
		uint8_t lane = i % 4 == 0 ? LANE_TRUST : (uint8_t)(1 + i % 5);
		uint32_t e = pair_entry(p, i % 4, lane, i == 7 ? 8 : 0);
		/* Some on both sides, some on one; all on both; all on one; like the first. */
		bool first = variant != 2 && (variant == 1 || i % 5 != 1);
		bool second = variant == 2 || variant == 1 || i % 5 != 0;

		if (first) {
			pair_hold(p, 0, e);
		}
		if (second && !(variant == 2 && i >= 30)) {
			pair_hold(p, 1, e);
		}
	}
	pair_connect(p);
}
