/* node/carry.c and unpack.c: what goes into a bundle, and what a node takes of one. */
#include "tests/lib/unit.h"

#include <string.h>

#include "base/err.h"
#include "node/parcel.h"
#include "record/entry.h"
#include "tests/lib/bundle_make.h"
#include "tests/lib/courier.h"
#include "trust/keys.h"

#define LIMIT (64U << 20)
#define ONE   66106U /* bytes of the smallest bundle */

static struct world *w;
static struct arena arena;
static struct answer_bundle answer;
static struct bytes file;

/* Everybody reads everything. */
static const char open_policy[] =
    "return { name = 'open', version = 1, entitle = function(class, peer) "
    "  if peer.role == 'relay' then return 'relay', 'carried sealed' end "
    "  return 'read', 'open' end }";

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(world_new(14, NULL, NULL, &w), ERR_OK);
	assert_int_equal(world_add(w, "HQ", "hq", open_policy), ERR_OK);
	assert_int_equal(world_add(w, "A", "post", NULL), ERR_OK);
	assert_int_equal(world_add(w, "B", "post", NULL), ERR_OK);
	assert_int_equal(world_enrol(w, "A", "post", "HQ", NULL), ERR_OK);
	assert_int_equal(world_enrol(w, "B", "post", "HQ", NULL), ERR_OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_null(world_leak(w));
	world_free(w);
	arena_done(&arena);
	return 0;
}

static void add_notice(const char *reference, uint64_t finger)
{
	struct ask_file print = { .content = world_print(w, &arena, finger, 1) };
	struct ask_notice a = { .reference = bytes_of(reference),
				.family = bytes_of("CANARY"),
				.type = 1,
				.files = { .items = &print, .count = 1 } };
	struct answer_notice out;

	assert_int_equal(world_ask(w, "HQ", "notice.add", "issuer", &a, &arena, &out), ERR_OK);
}

static void add_notices(unsigned from, unsigned count)
{
	for (unsigned i = from; i < from + count; i++) {
		char reference[16] = "N-000";

		reference[2] = (char)('0' + i / 100);
		reference[3] = (char)('0' + i / 10 % 10);
		reference[4] = (char)('0' + i % 10);
		add_notice(reference, 100 + i);
	}
}

static struct answer_status status(const char *name)
{
	struct answer_status out;

	assert_int_equal(world_ask(w, name, "status", "test", NULL, &arena, &out), ERR_OK);
	return out;
}

static int export(const char *from, const char *to, uint64_t limit)
{
	return courier_export(w, from, to, limit, false, &arena, &file, &answer);
}

static int import(const char *name, struct bytes bundle)
{
	return courier_import(w, name, bundle, false, &arena, &answer);
}

static struct answer_bundle_lane lane(const char *name)
{
	const struct answer_bundle_lane *l = answer.lanes.items;

	for (size_t i = 0; i < answer.lanes.count; i++) {
		if (bytes_is(l[i].lane, name)) {
			return l[i];
		}
	}
	return (struct answer_bundle_lane){ .entries = 0 };
}

static uint64_t sum(size_t offset)
{
	const struct answer_bundle_lane *l = answer.lanes.items;
	uint64_t all = 0;

	for (size_t i = 0; i < answer.lanes.count; i++) {
		all += *(const uint64_t *)(const void *)((const uint8_t *)&l[i] + offset);
	}
	return all;
}
#define SUM(member) sum(offsetof(struct answer_bundle_lane, member))

static struct bytes context(void)
{
	return (struct bytes){ keys_region_public(world_keys(w, "HQ")), KEYS_PUBLIC_BYTES };
}

/* The file as this recipient reads it, record by record. */
typedef void record_fn(void *self, const struct bundle_record *r);
static void each_record(const char *recipient, struct bytes in, record_fn *on_record, void *self)
{
	const struct keys *k = world_keys(w, recipient);
	struct bundle_reader *r;
	struct bundle_record record;

	assert_int_equal(bundle_reader_new(keys_dh_secret(k), keys_dh_public(k), context(), &r),
			 ERR_OK);
	do {
		assert_int_equal(bundle_reader_take(r, &in, &record), ERR_OK);
		if (record.type != BUNDLE_MORE) {
			on_record(self, &record);
		}
	} while (record.type != BUNDLE_MORE);
	assert_int_equal(bundle_reader_end(r), ERR_OK);
	bundle_reader_free(r);
}

/* ---- hostile hands ---- */

static void takes_nothing_of_a_bundle_with_a_changed_bit(void **state)
{
	uint64_t before;
	uint64_t bits;

	(void)state;
	add_notice("N-1", 7);
	assert_int_equal(export("HQ", "A,B", LIMIT), ERR_OK);
	before = status("B").entries;
	bits = 8 * (uint64_t)file.len;
	for (uint64_t bit = 0; bit < bits; bit += bit < 3000 ? 301 : 11003) {
		int rc = import("B", courier_flip(&arena, file, bit));

		if (rc == ERR_OK || status("B").entries != before) {
			fail_msg("bit %llu: %s", (unsigned long long)bit, err_name(rc));
		}
	}
	assert_int_equal(import("B", file), ERR_OK);
	assert_true(status("B").entries > before);
}

/* A, who may read the bundle and so knows its key, changes one byte for B. */
static void takes_nothing_that_another_recipient_has_changed(void **state)
{
	const struct keys *k = world_keys(w, "A");
	uint8_t key[NOISE_KEY_BYTES];
	uint8_t *data;
	uint64_t before = status("B").entries;

	(void)state;
	add_notice("N-1", 7);
	assert_int_equal(export("HQ", "A,B", LIMIT), ERR_OK);
	data = (uint8_t *)(uintptr_t)file.data;
	assert_int_equal(
	    bundle_make_key(keys_dh_secret(k), keys_dh_public(k), context(), file, key), ERR_OK);
	assert_int_equal(bundle_make_open(key, data, 0), ERR_OK);
	data[file.len - BUNDLE_CHUNK_BYTES + 3000] ^= 1; /* somewhere in an entry */
	assert_int_equal(bundle_make_seal(key, data, 0), ERR_OK);
	assert_int_equal(import("B", file), ERR_FORGED);
	assert_non_null(strstr(world_refusal(w), "sender's signature"));
	assert_int_equal(status("B").entries, before);
}

struct copying {
	struct bundle_writer *writer;
	struct buf *out;
	uint8_t signature[BUNDLE_SIGNATURE_BYTES];
	bool forget_entries;
	struct bytes head; /* in place of the one that is there, if any */
};

static void copy_record(void *self, const struct bundle_record *r)
{
	struct copying *c = self;

	if (r->type == BUNDLE_HEAD && c->head.len > 0) {
		assert_int_equal(bundle_writer_put(c->writer, r->type, c->head, c->out), ERR_OK);
		return;
	}
	if (r->type != BUNDLE_ENTRY || !c->forget_entries) {
		assert_int_equal(bundle_writer_put(c->writer, r->type, r->content, c->out), ERR_OK);
	}
	if (r->type == BUNDLE_END) {
		memcpy(c->signature, r->signature, sizeof c->signature);
	}
}

/* The bundle again, as this member can seal it for B; signed by itself or as it was. */
static void seal_again(const char *member, bool forget, bool sign, struct bytes head,
		       struct buf *out)
{
	const struct keys *k = world_keys(w, member);
	uint8_t to[1][NOISE_KEY_BYTES];
	uint8_t hash[BUNDLE_HASH_BYTES];
	struct bundle_writer_config config = { .own_secret = keys_dh_secret(k),
					       .own_public = keys_dh_public(k),
					       .context = context(),
					       .recipients = (const uint8_t(*)[NOISE_KEY_BYTES])to,
					       .recipient_count = 1,
					       .chunks_max = 64 };
	struct copying c = { .out = out, .forget_entries = forget, .head = head };

	memcpy(to[0], keys_dh_public(world_keys(w, "B")), sizeof to[0]);
	assert_int_equal(bundle_writer_new(&config, &c.writer, out), ERR_OK);
	each_record(strcmp(member, "A") == 0 ? "A" : "B", file, copy_record, &c);
	assert_int_equal(bundle_writer_hash(c.writer, hash), ERR_OK);
	if (sign) {
		keys_sign(k, PARCEL_CONTEXT, (struct bytes){ hash, sizeof hash }, c.signature);
	}
	assert_int_equal(bundle_writer_close(c.writer, c.signature, out), ERR_OK);
	bundle_writer_free(c.writer);
}

static void takes_nothing_in_anothers_name(void **state)
{
	const struct bytes none = { NULL, 0 };
	struct buf forged = { 0 };

	(void)state;
	assert_int_equal(export("HQ", "A,B", LIMIT), ERR_OK);
	/* A's key, headquarters' passport */
	seal_again("A", false, true, none, &forged);
	assert_int_equal(import("B", buf_bytes(&forged)), ERR_FORGED);
	assert_non_null(strstr(world_refusal(w), "sender's passport"));
	/* headquarters' own key, but nothing signed anew: an old signature fits no other bundle */
	buf_clear(&forged);
	seal_again("HQ", false, false, none, &forged);
	assert_int_equal(import("B", buf_bytes(&forged)), ERR_FORGED);
	assert_non_null(strstr(world_refusal(w), "sender's signature"));
	/* and with counts that are not those of its entries */
	buf_clear(&forged);
	seal_again("HQ", true, true, none, &forged);
	assert_int_equal(import("B", buf_bytes(&forged)), ERR_MALFORMED);
	assert_non_null(strstr(world_refusal(w), "counts"));
	buf_clear(&forged);
	seal_again("HQ", false, true, none, &forged);
	assert_int_equal(import("B", buf_bytes(&forged)), ERR_OK);
	buf_done(&forged);
}

/* A stick that shows one content first and another one later. */
static void takes_nothing_that_changes_between_two_readings(void **state)
{
	struct ask_bundle_import ask;
	struct ask_bundle_piece piece;
	uint64_t before = status("B").entries;

	(void)state;
	add_notice("N-1", 7);
	assert_int_equal(export("HQ", "B", LIMIT), ERR_OK);
	assert_in_range(file.len, 1, ASK_PIECE_BYTES);
	ask = (struct ask_bundle_import){ .bytes = file.len };
	assert_int_equal(world_ask(w, "B", "bundle.import", "c", &ask, &arena, &answer), ERR_OK);
	piece = (struct ask_bundle_piece){ .handle = answer.handle, .content = file };
	assert_int_equal(world_ask(w, "B", "bundle.piece", "c", &piece, &arena, &answer), ERR_OK);
	assert_int_equal(answer.again, 1);
	piece.content = courier_flip(&arena, file, 90000);
	assert_int_equal(world_ask(w, "B", "bundle.piece", "c", &piece, &arena, &answer),
			 ERR_FORGED);
	assert_non_null(strstr(world_refusal(w), "second reading"));
	assert_int_equal(status("B").entries, before);
}

/* A new post, under this label, for so many days. */
static void enrol_as(const char *name, const char *text, uint64_t days)
{
	struct ask_label label = { .label = bytes_of(text) };
	struct ask_sign sign = { .role = bytes_of("post"), .days = days };
	struct ask_install install;
	struct answer_file out;

	assert_int_equal(world_add(w, name, "post", NULL), ERR_OK);
	assert_int_equal(world_ask(w, name, "passport.request", "a", &label, &arena, &out), ERR_OK);
	sign.request = out.content;
	assert_int_equal(world_ask(w, "HQ", "passport.sign", "a", &sign, &arena, &out), ERR_OK);
	install.grant = out.content;
	assert_int_equal(world_ask(w, name, "passport.install", "a", &install, &arena, NULL),
			 ERR_OK);
}

static void takes_nothing_of_a_sender_whose_passport_has_expired(void **state)
{
	(void)state;
	enrol_as("C", "C", 2);
	assert_int_equal(export("HQ", "C", LIMIT), ERR_OK);
	assert_int_equal(import("C", file), ERR_OK);
	assert_int_equal(export("C", "HQ", LIMIT), ERR_OK);
	assert_int_equal(import("HQ", file), ERR_OK);
	assert_int_equal(world_run(w, 4ULL * 24 * 3600 * 1000), ERR_OK);
	assert_int_equal(import("HQ", file), ERR_EXPIRED);
	assert_int_equal(export("C", "HQ", LIMIT), ERR_EXPIRED);
	assert_non_null(strstr(world_refusal(w), "own passport"));
	assert_int_equal(export("HQ", "C", LIMIT), ERR_EXPIRED);
	assert_non_null(strstr(world_refusal(w), "C: this member's passport is not valid"));
}

/* ---- what goes in ---- */

/* An entry by number and lane, and whether lanes ascend. */
struct watching {
	size_t entries;
	size_t lane;
	size_t searches;
	size_t by_a;
};

static void watch_record(void *self, const struct bundle_record *r)
{
	struct watching *x = self;
	struct entry e;

	if (r->type != BUNDLE_ENTRY) {
		return;
	}
	assert_int_equal(entry_decode(r->content, &e, NULL), ERR_OK);
	assert_true(kind_lane(e.header.kind) >= x->lane);
	x->lane = kind_lane(e.header.kind);
	x->searches += e.header.kind == KIND_SEARCH;
	x->by_a += memcmp(e.header.author, keys_node(world_keys(w, "A")), ENTRY_NODE_BYTES) == 0;
	x->entries++;
}

/* As much as fits, in the order of lanes; what has been confirmed does not come again, until
 * all of it is there. */
static void fills_lanes_in_order_and_goes_on_where_it_stopped(void **state)
{
	uint64_t left = 1;
	size_t bundles = 0;

	(void)state;
	add_notices(0, 200);
	for (; left > 0; bundles++) {
		struct watching x = { .entries = 0 };

		assert_in_range(bundles, 0, 20);
		assert_int_equal(export("HQ", "B", ONE), ERR_OK);
		assert_int_equal(file.len, ONE);
		assert_int_equal(answer.bytes, ONE);
		each_record("B", file, watch_record, &x);
		left = SUM(left);
		assert_true(left == 0 || x.entries > 0);
		if (lane("templates").entries > 0) { /* nothing lesser before what is greater */
			assert_int_equal(lane("alerts").left, 0);
		}
		if (lane("alerts").entries > 0) {
			assert_int_equal(lane("trust").left, 0);
		}
		assert_int_equal(import("B", file), ERR_OK);
		assert_int_equal(SUM(taken), x.entries);
		assert_int_equal(SUM(refused), 0);
		assert_int_equal(export("B", "HQ", ONE), ERR_OK);
		assert_int_equal(import("HQ", file), ERR_OK);
	}
	assert_in_range(bundles, 4, 10);
	assert_int_equal(status("B").people, 200);
	assert_int_equal(export("HQ", "B", ONE), ERR_OK);
	assert_int_equal(SUM(entries), 0);
}

static void sends_everything_again_as_long_as_nothing_is_confirmed(void **state)
{
	uint64_t first;

	(void)state;
	add_notices(0, 3);
	assert_int_equal(export("HQ", "B", LIMIT), ERR_OK);
	first = SUM(entries);
	assert_int_equal(export("HQ", "B", LIMIT), ERR_OK);
	assert_int_equal(SUM(entries), first);
	assert_int_equal(import("B", file), ERR_OK);
	assert_int_equal(world_crash(w, "B"), ERR_OK); /* it is durable, and so is the receipt */
	assert_int_equal(export("B", "HQ", LIMIT), ERR_OK);
	assert_int_equal(answer.receipts, 1);
	assert_int_equal(world_crash(w, "HQ"), ERR_OK);
	assert_int_equal(import("HQ", file), ERR_OK);
	assert_int_equal(world_crash(w, "HQ"), ERR_OK);
	assert_int_equal(export("HQ", "B", LIMIT), ERR_OK);
	assert_int_equal(SUM(entries), lane("trust").entries);
	assert_in_range(SUM(entries), 0, 2); /* what time it is, said at each start */
	/* but B's disk breaks: headquarters is told so */
	assert_int_equal(courier_export(w, "HQ", "B", LIMIT, true, &arena, &file, &answer), ERR_OK);
	assert_in_range(SUM(entries), first, first + 2);
}

static void carries_the_posts_mail_but_nothing_of_its_own(void **state)
{
	struct ask_file print = { .content = world_print(w, &arena, 100, 2) };
	struct ask_check check = { .purpose = PURPOSE_BORDER,
				   .legal_basis = bytes_of("Border Act 12"),
				   .files = { .items = &print, .count = 1 } };
	struct answer_case out;
	struct watching x = { .entries = 0 };

	(void)state;
	add_notices(0, 1);
	assert_int_equal(export("HQ", "A", LIMIT), ERR_OK);
	assert_int_equal(import("A", file), ERR_OK);
	assert_int_equal(world_ask(w, "A", "check", "K. Officer", &check, &arena, &out), ERR_OK);
	assert_int_equal(export("A", "HQ", LIMIT), ERR_OK);
	each_record("HQ", file, watch_record, &x);
	assert_int_equal(x.searches, 0);
	assert_int_equal(x.by_a, 1);
	assert_int_equal(x.entries, 1); /* headquarters has what it has written itself */
	assert_int_equal(import("HQ", file), ERR_OK);
	assert_int_equal(lane("cases").taken, 1);
}

static void a_relay_carries_what_it_cannot_read(void **state)
{
	(void)state;
	assert_int_equal(world_add(w, "R", "post", NULL), ERR_OK);
	assert_int_equal(world_enrol(w, "R", "relay", "HQ", NULL), ERR_OK);
	add_notices(0, 2);
	assert_int_equal(export("HQ", "R", LIMIT), ERR_OK);
	assert_int_equal(import("R", file), ERR_OK);
	assert_int_equal(SUM(refused), 0);
	assert_int_equal(status("R").people, 0);
	assert_int_equal(export("R", "B", LIMIT), ERR_OK);
	assert_int_equal(import("B", file), ERR_OK);
	assert_int_equal(SUM(refused), 0);
	assert_int_equal(status("B").people, 2);
}

/* A may have nothing about people, B everything. */
static const char uneven[] =
    "return { name = 'uneven', version = 1, entitle = function(class, peer) "
    "  if peer.owner == 'NOBODY' and class.group ~= 'mail' then return 'none', 'not for these' end "
    "  return 'read', 'for all others' end }";

static void gives_a_group_only_what_all_of_it_may_have(void **state)
{
	(void)state;
	assert_int_equal(world_policy(w, "HQ", uneven, false), ERR_OK);
	assert_int_equal(world_add(w, "N", "post", NULL), ERR_OK);
	assert_int_equal(world_enrol(w, "N", "post", "HQ", "NOBODY"), ERR_OK);
	add_notices(0, 2);
	assert_int_equal(export("HQ", "N,B", LIMIT), ERR_OK);
	assert_int_equal(lane("alerts").entries, 0);
	assert_int_equal(import("B", file), ERR_OK);
	assert_int_equal(export("B", "HQ", LIMIT), ERR_OK);
	assert_int_equal(import("HQ", file), ERR_OK);
	/* and what B has said of that bundle does not count for what was not in it */
	assert_int_equal(export("HQ", "B", LIMIT), ERR_OK);
	assert_int_equal(lane("alerts").entries, 2);
	assert_int_equal(import("B", file), ERR_OK);
	assert_int_equal(status("B").people, 2);
}

static void keep_head(void *self, const struct bundle_record *r)
{
	if (r->type == BUNDLE_HEAD) {
		*(struct bytes *)self = arena_copy(&arena, r->content);
	}
}

/* What a sender may not have does not come in through it either. */
static void refuses_entries_of_classes_that_the_sender_may_not_have(void **state)
{
	struct buf forged = { 0 };
	struct bytes head = { NULL, 0 };
	struct bytes genuine;

	(void)state;
	assert_int_equal(world_policy(w, "HQ", uneven, false), ERR_OK);
	assert_int_equal(world_add(w, "N", "post", NULL), ERR_OK);
	assert_int_equal(world_enrol(w, "N", "post", "HQ", "NOBODY"), ERR_OK);
	add_notices(0, 2);
	assert_int_equal(export("HQ", "B", LIMIT), ERR_OK);
	genuine = file;
	assert_int_equal(export("N", "HQ", LIMIT), ERR_OK);
	each_record("HQ", file, keep_head, &head);
	file = genuine;
	seal_again("N", false, true, head, &forged); /* N has a copy, and passes it on as its own */
	assert_int_equal(import("B", buf_bytes(&forged)), ERR_OK);
	assert_int_equal(lane("alerts").refused, 2);
	assert_int_equal(lane("templates").refused, lane("templates").entries);
	assert_int_equal(lane("trust").refused, 0);
	assert_int_equal(status("B").people, 0);
	buf_done(&forged);
}

/* ---- one at a time ---- */

static void makes_one_bundle_at_a_time_and_gives_up_after_a_minute(void **state)
{
	struct line to = { .text = bytes_of("B") };
	struct ask_bundle_export ask = { .to = { .items = &to, .count = 1 }, .limit_bytes = LIMIT };
	struct ask_bundle_next next;
	struct answer_bundle first;

	(void)state;
	assert_int_equal(world_ask(w, "HQ", "bundle.export", "c", &ask, &arena, &first), ERR_OK);
	assert_int_equal(world_ask(w, "HQ", "bundle.export", "c", &ask, &arena, &answer), ERR_BUSY);
	next.handle = first.handle + 1;
	assert_int_equal(world_ask(w, "HQ", "bundle.next", "c", &next, &arena, &answer), ERR_STATE);
	assert_int_equal(world_run(w, 59000), ERR_OK);
	assert_int_equal(world_ask(w, "HQ", "bundle.export", "c", &ask, &arena, &answer), ERR_BUSY);
	assert_int_equal(world_run(w, 2000), ERR_OK);
	next.handle = first.handle;
	assert_int_equal(world_ask(w, "HQ", "bundle.next", "c", &next, &arena, &answer), ERR_STATE);
	assert_int_equal(export("HQ", "B", LIMIT), ERR_OK);
}

static void takes_one_bundle_at_a_time_and_gives_up_after_a_minute(void **state)
{
	struct ask_bundle_import ask;
	struct ask_bundle_piece piece;
	struct answer_bundle first;

	(void)state;
	assert_int_equal(export("HQ", "B", LIMIT), ERR_OK);
	ask = (struct ask_bundle_import){ .bytes = file.len };
	assert_int_equal(world_ask(w, "B", "bundle.import", "c", &ask, &arena, &first), ERR_OK);
	assert_int_equal(world_ask(w, "B", "bundle.import", "c", &ask, &arena, &answer), ERR_BUSY);
	piece = (struct ask_bundle_piece){ .handle = first.handle + 1, .content = file };
	assert_int_equal(world_ask(w, "B", "bundle.piece", "c", &piece, &arena, &answer),
			 ERR_STATE);
	assert_int_equal(world_run(w, 61000), ERR_OK);
	piece.handle = first.handle;
	assert_int_equal(world_ask(w, "B", "bundle.piece", "c", &piece, &arena, &answer),
			 ERR_STATE);
	assert_int_equal(import("B", file), ERR_OK);
}

static void refuses_pieces_and_lengths_that_are_none(void **state)
{
	struct ask_bundle_import ask = { .bytes = 5ULL << 30 };
	struct ask_bundle_piece piece;

	(void)state;
	assert_int_equal(world_ask(w, "B", "bundle.import", "c", &ask, &arena, &answer), ERR_LIMIT);
	assert_int_equal(export("HQ", "B", LIMIT), ERR_OK);
	ask.bytes = file.len;
	assert_int_equal(world_ask(w, "B", "bundle.import", "c", &ask, &arena, &answer), ERR_OK);
	piece = (struct ask_bundle_piece){ .handle = answer.handle,
					   .content = { file.data, file.len - 1 } };
	assert_int_equal(world_ask(w, "B", "bundle.piece", "c", &piece, &arena, &answer),
			 ERR_RANGE);
	/* not a bundle at all: any other file on the stick */
	assert_int_equal(import("B", bytes_of("\x89PNG holiday picture of the border")), ERR_SHORT);
	assert_int_equal(import("B", (struct bytes){ file.data + 1, file.len - 1 }), ERR_MALFORMED);
}

static void is_taken_whole_after_a_crash_in_its_middle(void **state)
{
	struct ask_bundle_import ask;
	struct ask_bundle_piece piece;
	uint64_t entries;

	(void)state;
	add_notices(0, 200);
	assert_int_equal(export("HQ", "B", LIMIT), ERR_OK);
	entries = SUM(entries);
	assert_in_range(file.len, ASK_PIECE_BYTES + 1, 2 * ASK_PIECE_BYTES);
	ask = (struct ask_bundle_import){ .bytes = file.len };
	assert_int_equal(world_ask(w, "B", "bundle.import", "c", &ask, &arena, &answer), ERR_OK);
	for (int i = 0; i < 3; i++) { /* all of it once, and the first piece again */
		piece = (struct ask_bundle_piece){ .handle = answer.handle, .content = file };
		if (i == 1) {
			piece.content.data += ASK_PIECE_BYTES;
			piece.content.len -= ASK_PIECE_BYTES;
		} else {
			piece.content.len = ASK_PIECE_BYTES;
		}
		assert_int_equal(world_ask(w, "B", "bundle.piece", "c", &piece, &arena, &answer),
				 ERR_OK);
	}
	assert_int_equal(world_crash(w, "B"), ERR_OK);
	assert_in_range(status("B").people, 1, 199);
	assert_int_equal(import("B", file), ERR_OK);
	assert_int_equal(SUM(taken) + SUM(known), entries);
	assert_int_not_equal(SUM(known), 0);
	assert_int_equal(status("B").people, 200);
}

static void names_who_is_meant(void **state)
{
	char hex[2 * ENTRY_NODE_BYTES + 1];

	(void)state;
	bytes_hex(keys_node(world_keys(w, "B")), ENTRY_NODE_BYTES, hex);
	hex[10] = '\0';
	assert_int_equal(export("HQ", hex, LIMIT), ERR_OK);
	assert_int_equal(import("B", file), ERR_OK);
	hex[7] = '\0'; /* too few digits */
	assert_int_equal(export("HQ", hex, LIMIT), ERR_NOTFOUND);
	assert_int_equal(export("HQ", "HQ", LIMIT), ERR_NOTFOUND); /* not for oneself */
	assert_int_equal(export("HQ", "", LIMIT), ERR_OK);         /* all others */
	assert_int_equal(answer.recipients, 2);
	assert_int_equal(export("HQ", "B,B", LIMIT), ERR_OK);
	assert_int_equal(answer.recipients, 1);
	enrol_as("C", "B", 100); /* a second post of the same name */
	assert_int_equal(export("HQ", "B", LIMIT), ERR_EXISTS);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(takes_nothing_of_a_bundle_with_a_changed_bit),
		T(takes_nothing_that_another_recipient_has_changed),
		T(takes_nothing_in_anothers_name),
		T(takes_nothing_that_changes_between_two_readings),
		T(takes_nothing_of_a_sender_whose_passport_has_expired),
		T(fills_lanes_in_order_and_goes_on_where_it_stopped),
		T(sends_everything_again_as_long_as_nothing_is_confirmed),
		T(carries_the_posts_mail_but_nothing_of_its_own),
		T(a_relay_carries_what_it_cannot_read),
		T(gives_a_group_only_what_all_of_it_may_have),
		T(refuses_entries_of_classes_that_the_sender_may_not_have),
		T(makes_one_bundle_at_a_time_and_gives_up_after_a_minute),
		T(takes_one_bundle_at_a_time_and_gives_up_after_a_minute),
		T(refuses_pieces_and_lengths_that_are_none),
		T(is_taken_whole_after_a_crash_in_its_middle),
		T(names_who_is_meant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
