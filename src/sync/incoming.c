#include "sync/incoming.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PUSHED 0x80U

int incoming_init(struct incoming *in, struct shares *shares, uint64_t window)
{
	*in = (struct incoming){ .shares = shares, .window = window };
	wants_init(&in->wants);
	table_init(&in->refused, INCOMING_REFUSED_MAX);
	in->acks = calloc(INCOMING_OPEN_MAX, sizeof *in->acks);
	return in->acks == NULL ? ERR_NOMEM : ERR_OK;
}

void incoming_done(struct incoming *in)
{
	incoming_release(in);
	for (size_t i = 0; i < LANE_COUNT; i++) {
		free(in->streams[i]);
	}
	for (size_t i = 0; i < 2; i++) {
		while (in->ready_first[i] != NULL) {
			struct arrival *next = in->ready_first[i]->next;

			free(in->ready_first[i]);
			in->ready_first[i] = next;
		}
	}
	table_done(&in->refused);
	wants_done(&in->wants);
	free(in->acks);
	*in = (struct incoming){ 0 };
}

size_t incoming_room(const struct incoming *in)
{
	return WANTS_FOUND_MAX - in->wants.count[WANT_FOUND] - in->reserved;
}

bool incoming_knows(const struct incoming *in, uint64_t name)
{
	return wants_find(&in->wants, name) != NULL;
}

bool incoming_idle(const struct incoming *in)
{
	return in->wants.index.count == 0 && in->open == 0 && in->to_return == 0;
}

size_t incoming_bytes(const struct incoming *in)
{
	return INCOMING_OPEN_MAX * sizeof *in->acks + wants_bytes(&in->wants) +
	       table_bytes(&in->refused) + (size_t)in->held;
}

/* ---- names ---- */

void incoming_settle(struct incoming *in, struct want *w)
{
	in->to_return += w->origin == WANT_ANNOUNCED;
	wants_drop(&in->wants, w);
}

/* The want of this entry, by whichever of its names; by two: the one that has come further,
 * and the other is settled. */
static struct want *want_of(struct incoming *in, const uint8_t id[ENTRY_ID_BYTES])
{
	struct want *w = wants_find(&in->wants, name_of(&in->shares->keys, id));
	struct want *plain = wants_find(&in->wants, name_of_plain(sketch_name(id)));

	if (plain == NULL || !plain->plain) {
		return w;
	}
	if (w == NULL) {
		return plain;
	}
	if (w->state >= plain->state) {
		incoming_settle(in, plain);
		return w;
	}
	incoming_settle(in, w);
	return plain;
}

int incoming_name(struct incoming *in, struct named named, bool announced)
{
	const struct set_held *h = set_find_name(in->shares->set, &in->shares->keys, named.name);

	if (announced && in->wants.count[WANT_ANNOUNCED] + in->to_return >= WANTS_ANNOUNCED_MAX) {
		return ERR_LIMIT;
	}
	if (h != NULL || table_find(&in->refused, named.name, NULL) ||
	    in->refused.count >= INCOMING_REFUSED_MAX || incoming_knows(in, named.name)) {
		in->to_return += announced;
		return ERR_OK;
	}
	return wants_add(&in->wants, named, announced ? WANT_ANNOUNCED : WANT_FOUND);
}

int incoming_pick(struct incoming *in, uint64_t plain)
{
	struct named named = { name_of_plain(plain), LANE_TEMPLATE };
	int rc;

	if (set_find_plain(in->shares->set, plain) != NULL ||
	    table_find(&in->refused, named.name, NULL) ||
	    in->refused.count >= INCOMING_REFUSED_MAX || incoming_knows(in, named.name)) {
		return ERR_OK;
	}
	rc = wants_add(&in->wants, named, WANT_FOUND);
	if (rc == ERR_OK) {
		wants_find(&in->wants, named.name)->plain = true;
	}
	return rc;
}

int incoming_have(struct incoming *in, const struct frame *f, struct fault *fault)
{
	struct named list[FRAME_NAMES];
	struct wire w;
	size_t n;
	int rc;

	wire_init(&w, f->content.data, f->content.len);
	rc = frame_get_names(&w, list, &n);
	if (rc == ERR_OK && n == 0) {
		rc = ERR_MALFORMED;
	}
	for (size_t i = 0; i < n && rc == ERR_OK; i++) {
		rc = incoming_name(in, list[i], true);
	}
	return rc == ERR_OK ? rc : err_at(fault, rc, f->at + w.at, "have");
}

int incoming_gone(struct incoming *in, const struct frame *f, struct fault *fault)
{
	struct wire w;

	if (f->content.len == 0 || f->content.len % NAME_BYTES != 0) {
		return err_at(fault, ERR_MALFORMED, f->at, "gone");
	}
	wire_init(&w, f->content.data, f->content.len);
	while (wire_left(&w) > 0) {
		struct want *want = wants_find(&in->wants, wire_u64(&w));

		/* A name that came by a push meanwhile is no longer asked for. */
		if (want != NULL && want->state == WANT_ASKED) {
			incoming_settle(in, want);
		}
	}
	return ERR_OK;
}

/* ---- entries that come ---- */

static void acknowledge(struct incoming *in, uint32_t serial, uint32_t bytes, bool refused)
{
	assert(in->n_acks < INCOMING_OPEN_MAX);
	in->acks[in->n_acks++] = (struct incoming_ack){ serial, refused };
	in->held -= bytes;
}

/* Remember what must not be asked again, by both its names.  When there is no room, nothing is
 * asked any more. */
static int refuse(struct incoming *in, const uint8_t id[ENTRY_ID_BYTES])
{
	int rc = table_add(&in->refused, name_of(&in->shares->keys, id), 0);

	if (rc != ERR_NOMEM) {
		rc = table_add(&in->refused, name_of_plain(sketch_name(id)), 0);
	}
	return rc == ERR_NOMEM ? rc : ERR_OK;
}

/* Whether the caller needs to see it: ERR_OK; ERR_EXISTS, ERR_STALE or ERR_DENIED when it
 * is settled without him; anything else is the peer's breach. */
static int judge(struct incoming *in, const struct entry *e, uint64_t name, bool pushed,
		 struct want **want)
{
	const struct share *share = share_by_class(in->shares, e->header.class_id);

	*want = want_of(in, e->id);
	if (!pushed && (*want == NULL || (*want)->state != WANT_ASKED)) {
		return ERR_STATE; /* never asked */
	}
	if (pushed && *want != NULL && (*want)->state == WANT_GIVEN) {
		return ERR_STATE; /* twice */
	}
	if (share == NULL) {
		return ERR_MALFORMED; /* a class that was never shared */
	}
	if (!share->take || table_find(&in->refused, name, NULL)) {
		return ERR_DENIED; /* its sender did not know yet */
	}
	if (sync_set_has(in->shares->set, e->id)) {
		return ERR_EXISTS;
	}
	return set_is_erased(in->shares->set, e->id) ? ERR_STALE : ERR_OK;
}

/* The entry goes to the caller; until he has answered its name is a want, pushed or not. */
static int expect(struct incoming *in, const struct arrival *a, uint64_t name, struct want *w)
{
	struct named named = { name, a->lane };
	int rc = w == NULL ? wants_add(&in->wants, named, WANT_PUSHED) : ERR_OK;

	if (rc != ERR_OK) {
		return rc;
	}
	w = w != NULL ? w : wants_find(&in->wants, name);
	wants_give(&in->wants, w);
	w->bytes = (uint32_t)a->len;
	w->serial = in->serial;
	return ERR_OK;
}

static void make_ready(struct incoming *in, struct arrival *a)
{
	size_t q = a->lane > LANE_ALERT;

	if (in->ready_first[q] == NULL) {
		in->ready_first[q] = a;
	} else {
		in->ready_last[q]->next = a;
	}
	in->ready_last[q] = a;
}

/* All bytes of an entry are here.  The arrival is taken in any case. */
static int complete(struct incoming *in, struct arrival *a, bool pushed, struct fault *fault)
{
	struct entry e;
	struct want *w = NULL;
	uint64_t name;
	int rc = entry_decode((struct bytes){ a->data, a->len }, &e, fault);

	if (rc != ERR_OK) {
		goto out;
	}
	memcpy(a->id, e.id, sizeof a->id);
	name = name_of(&in->shares->keys, e.id);
	rc = in->open >= INCOMING_OPEN_MAX ? ERR_LIMIT : judge(in, &e, name, pushed, &w);
	if (rc == ERR_OK) {
		rc = expect(in, a, name, w);
		if (rc == ERR_OK) {
			make_ready(in, a);
			a = NULL;
		}
	} else if (rc == ERR_EXISTS || rc == ERR_STALE || rc == ERR_DENIED) {
		acknowledge(in, in->serial, (uint32_t)a->len, rc != ERR_EXISTS);
		if (w != NULL) {
			incoming_settle(in, w);
		}
		rc = ERR_OK;
	}
	if (rc == ERR_OK) {
		in->serial++;
		in->open++;
	} else {
		(void)err_at(fault, rc, 0, "entry");
	}
out:
	free(a);
	return rc;
}

/* Room for an entry of total bytes, counted against our credit; NULL through *out on error. */
static int arrival_new(struct incoming *in, uint8_t lane, size_t total, struct arrival **out)
{
	struct arrival *a;

	if (total == 0 || total > ENTRY_BYTES_MAX || total > in->window - in->held) {
		return ERR_LIMIT;
	}
	a = malloc(sizeof *a + total);
	if (a == NULL) {
		return ERR_NOMEM;
	}
	*a = (struct arrival){ .lane = lane, .len = total };
	in->held += total;
	*out = a;
	return ERR_OK;
}

static int on_begin(struct incoming *in, const struct frame *f, uint8_t head, struct wire *w)
{
	uint8_t lane = head & (uint8_t)~PUSHED;
	bool pushed = (head & PUSHED) != 0;
	size_t total = wire_u32(w);
	size_t len = wire_left(w);
	int rc;

	if (in->streams[lane] != NULL) {
		return ERR_STATE;
	}
	if (len == 0 || len >= total) {
		return ERR_MALFORMED;
	}
	rc = arrival_new(in, lane, total, &in->streams[lane]);
	if (rc != ERR_OK) {
		return rc;
	}
	in->stream_got[lane] = len;
	in->stream_pushed[lane] = pushed;
	memcpy(in->streams[lane]->data, f->content.data + f->content.len - len, len);
	return ERR_OK;
}

static int on_more(struct incoming *in, uint8_t lane, struct wire *w, struct fault *fault)
{
	struct arrival *a = in->streams[lane];
	size_t len = wire_left(w);

	if (a == NULL) {
		return ERR_STATE;
	}
	if (len == 0 || len > a->len - in->stream_got[lane]) {
		return ERR_LIMIT; /* more than was announced, or a piece twice */
	}
	memcpy(a->data + in->stream_got[lane], wire_bytes(w, len), len);
	in->stream_got[lane] += len;
	if (in->stream_got[lane] < a->len) {
		return ERR_OK;
	}
	in->streams[lane] = NULL;
	return complete(in, a, in->stream_pushed[lane], fault);
}

static int on_whole(struct incoming *in, uint8_t head, struct wire *w, struct fault *fault)
{
	struct arrival *a = NULL;
	size_t len = wire_left(w);
	int rc = arrival_new(in, head & (uint8_t)~PUSHED, len, &a);

	if (a == NULL) {
		return rc;
	}
	memcpy(a->data, wire_bytes(w, len), len);
	return complete(in, a, (head & PUSHED) != 0, fault);
}

static int on_cut(struct incoming *in, uint8_t lane, struct wire *w)
{
	struct want *want = wants_find(&in->wants, wire_u64(w));

	if (wire_error(w) != ERR_OK || wire_left(w) != 0) {
		return ERR_MALFORMED;
	}
	if (in->streams[lane] == NULL) {
		return ERR_STATE;
	}
	in->held -= in->streams[lane]->len;
	free(in->streams[lane]);
	in->streams[lane] = NULL;
	if (want != NULL && want->state == WANT_ASKED) {
		incoming_settle(in, want);
	}
	return ERR_OK;
}

int incoming_entry(struct incoming *in, const struct frame *f, struct fault *fault)
{
	struct wire w;
	uint8_t head, lane;
	int rc = ERR_MALFORMED;

	wire_init(&w, f->content.data, f->content.len);
	head = wire_u8(&w);
	lane = head & (uint8_t)~PUSHED;
	*fault = (struct fault){ 0 };
	if (wire_error(&w) != ERR_OK || lane >= LANE_COUNT) {
		return err_at(fault, ERR_MALFORMED, f->at, "lane");
	}
	if (f->type == FRAME_WHOLE) {
		rc = on_whole(in, head, &w, fault);
	} else if (f->type == FRAME_BEGIN) {
		rc = on_begin(in, f, head, &w);
	} else if (head == lane) {
		rc = f->type == FRAME_MORE ? on_more(in, lane, &w, fault) : on_cut(in, lane, &w);
	}
	if (rc == ERR_OK) {
		return rc;
	}
	return err_at(fault, rc, f->at + fault->at, fault->what == NULL ? "piece" : fault->what);
}

/* ---- between us and the caller ---- */

bool incoming_give(struct incoming *in, const struct arrival **out)
{
	size_t q = in->ready_first[0] == NULL;
	struct arrival *a = in->ready_first[q];

	if (a == NULL) {
		return false;
	}
	assert(in->given == NULL);
	in->ready_first[q] = a->next;
	in->given = a;
	*out = a;
	return true;
}

void incoming_release(struct incoming *in)
{
	free(in->given);
	in->given = NULL;
}

int incoming_stored(struct incoming *in, const uint8_t id[ENTRY_ID_BYTES], int code)
{
	bool kept = code == ERR_OK || code == ERR_EXISTS;
	struct want *w = want_of(in, id);
	int rc = ERR_OK;

	if (w == NULL || w->state != WANT_GIVEN) {
		return ERR_NOTFOUND;
	}
	if (!kept) {
		rc = refuse(in, id);
	}
	acknowledge(in, w->serial, w->bytes, !kept);
	incoming_settle(in, w);
	in->stored += kept;
	return rc;
}
