#include "sync/incoming.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NOWHERE     UINT32_MAX
#define WANTS_MIN   64U
#define ACK_REFUSED 0x8000U
#define ACK_RUN     0x7fffU
#define ACK_BYTES   6U
#define PUSHED      0x80U

enum want_state { WANT_FREE = 0, WANT_FRESH, WANT_ASKED, WANT_GIVEN };

int incoming_init(struct incoming *in, struct shares *shares, uint64_t window)
{
	*in = (struct incoming){ .shares = shares, .window = window, .free_first = NOWHERE };
	table_init(&in->index, INCOMING_WANTS_MAX);
	table_init(&in->refused, INCOMING_REFUSED_MAX);
	for (size_t i = 0; i < LANE_COUNT; i++) {
		in->fresh_first[i] = NOWHERE;
		in->fresh_last[i] = NOWHERE;
	}
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
	table_done(&in->index);
	table_done(&in->refused);
	free(in->wants);
	free(in->acks);
	*in = (struct incoming){ 0 };
}

size_t incoming_room(const struct incoming *in)
{
	return INCOMING_FOUND_MAX - in->found;
}

bool incoming_knows(const struct incoming *in, uint64_t name)
{
	return table_find(&in->index, name, NULL);
}

bool incoming_idle(const struct incoming *in)
{
	return in->index.count == 0 && in->open == 0 && in->to_return == 0;
}

size_t incoming_bytes(const struct incoming *in)
{
	return in->wants_room * sizeof *in->wants + INCOMING_OPEN_MAX * sizeof *in->acks +
	       table_bytes(&in->index) + table_bytes(&in->refused) + (size_t)in->held;
}

/* ---- wants ---- */

static int want_new(struct incoming *in, uint64_t name, uint32_t *number)
{
	int rc;

	if (in->free_first != NOWHERE) {
		*number = in->free_first;
	} else {
		if (in->wants_used == in->wants_room) {
			uint32_t room = in->wants_room == 0 ? WANTS_MIN : in->wants_room * 2;
			struct want *wants = realloc(in->wants, room * sizeof *wants);

			if (wants == NULL) {
				return ERR_NOMEM;
			}
			in->wants = wants;
			in->wants_room = room;
		}
		*number = in->wants_used;
	}
	rc = table_add(&in->index, name, *number);
	if (rc != ERR_OK) {
		return rc == ERR_FULL ? ERR_LIMIT : rc;
	}
	if (*number == in->free_first) {
		in->free_first = in->wants[*number].next;
	} else {
		in->wants_used++;
	}
	in->wants[*number] = (struct want){ .name = name, .next = NOWHERE };
	return ERR_OK;
}

/* The name is settled, one way or another. */
static void want_drop(struct incoming *in, uint32_t number)
{
	struct want *w = &in->wants[number];

	in->asked -= w->state == WANT_ASKED;
	if (w->announced) {
		in->announced--;
		in->to_return++;
	} else if (w->pushed) {
		in->pushed--;
	} else {
		in->found--;
	}
	table_remove(&in->index, w->name);
	w->state = WANT_FREE;
	w->next = in->free_first;
	in->free_first = number;
}

int incoming_name(struct incoming *in, struct named named, bool announced)
{
	const struct set_held *h = set_find_name(in->shares->set, &in->shares->keys, named.name);
	uint32_t number;
	int rc;

	if (announced && in->announced + in->to_return >= INCOMING_ANNOUNCED_MAX) {
		return ERR_LIMIT;
	}
	if (h != NULL || table_find(&in->refused, named.name, NULL) ||
	    in->refused.count >= INCOMING_REFUSED_MAX || incoming_knows(in, named.name)) {
		in->to_return += announced;
		return ERR_OK;
	}
	if (!announced && in->found >= INCOMING_FOUND_MAX) {
		return ERR_LIMIT;
	}
	rc = want_new(in, named.name, &number);
	if (rc != ERR_OK) {
		return rc;
	}
	in->wants[number].state = WANT_FRESH;
	in->wants[number].lane = named.lane;
	in->wants[number].announced = announced;
	in->announced += announced;
	in->found += !announced;
	if (in->fresh_last[named.lane] == NOWHERE) {
		in->fresh_first[named.lane] = number;
	} else {
		in->wants[in->fresh_last[named.lane]].next = number;
	}
	in->fresh_last[named.lane] = number;
	return ERR_OK;
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
	uint32_t number;

	if (f->content.len == 0 || f->content.len % NAME_BYTES != 0) {
		return err_at(fault, ERR_MALFORMED, f->at, "gone");
	}
	wire_init(&w, f->content.data, f->content.len);
	while (wire_left(&w) > 0) {
		/* A name that came by a push meanwhile is no longer asked for. */
		if (table_find(&in->index, wire_u64(&w), &number) &&
		    in->wants[number].state == WANT_ASKED) {
			want_drop(in, number);
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

/* Remember what must not be asked again.  When there is no room, nothing is asked any more. */
static int refuse(struct incoming *in, uint64_t name)
{
	int rc = table_add(&in->refused, name, 0);

	return rc == ERR_NOMEM ? rc : ERR_OK;
}

/* Whether the caller needs to see it: ERR_OK; ERR_EXISTS, ERR_STALE or ERR_DENIED when it
 * is settled without him; anything else is the peer's breach. */
static int judge(struct incoming *in, const struct entry *e, uint64_t name, bool pushed,
		 struct want **want)
{
	const struct share *share = share_by_class(in->shares, e->header.class_id);
	uint32_t number;

	*want = NULL;
	if (table_find(&in->index, name, &number)) {
		*want = &in->wants[number];
	}
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

/* Take a fresh want out of its lane's queue: it came before it was asked for. */
static void unqueue(struct incoming *in, const struct want *w)
{
	uint32_t number = (uint32_t)(w - in->wants);
	uint32_t *link = &in->fresh_first[w->lane];
	uint32_t before = NOWHERE;

	while (*link != number) {
		before = *link;
		link = &in->wants[before].next;
	}
	*link = w->next;
	if (in->fresh_last[w->lane] == number) {
		in->fresh_last[w->lane] = before;
	}
}

static int expect(struct incoming *in, struct arrival *a, uint64_t name, struct want *w)
{
	uint32_t number;
	int rc;

	if (w == NULL) {
		if (in->pushed >= INCOMING_PUSHED_MAX) {
			return ERR_LIMIT;
		}
		rc = want_new(in, name, &number);
		if (rc != ERR_OK) {
			return rc;
		}
		w = &in->wants[number];
		w->pushed = true;
		in->pushed++;
	} else if (w->state == WANT_FRESH) {
		unqueue(in, w);
	}
	in->asked -= w->state == WANT_ASKED;
	w->state = WANT_GIVEN;
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
	struct want *w;
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
		if (w != NULL && w->state == WANT_FRESH) {
			unqueue(in, w);
		}
		if (w != NULL) {
			want_drop(in, (uint32_t)(w - in->wants));
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
	struct arrival *a;
	size_t len = wire_left(w);
	int rc = arrival_new(in, head & (uint8_t)~PUSHED, len, &a);

	if (rc != ERR_OK) {
		return rc;
	}
	memcpy(a->data, wire_bytes(w, len), len);
	return complete(in, a, (head & PUSHED) != 0, fault);
}

static int on_cut(struct incoming *in, uint8_t lane, struct wire *w)
{
	uint64_t name = wire_u64(w);
	uint32_t number;

	if (wire_error(w) != ERR_OK || wire_left(w) != 0) {
		return ERR_MALFORMED;
	}
	if (in->streams[lane] == NULL) {
		return ERR_STATE;
	}
	in->held -= in->streams[lane]->len;
	free(in->streams[lane]);
	in->streams[lane] = NULL;
	if (table_find(&in->index, name, &number) && in->wants[number].state == WANT_ASKED) {
		want_drop(in, number);
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
	if (wire_error(&w) != ERR_OK || lane >= LANE_COUNT ||
	    ((head & PUSHED) != 0 && lane > LANE_ALERT)) {
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
	uint64_t name = name_of(&in->shares->keys, id);
	bool kept = code == ERR_OK || code == ERR_EXISTS;
	const struct want *w;
	uint32_t number;
	int rc = ERR_OK;

	if (!table_find(&in->index, name, &number) || in->wants[number].state != WANT_GIVEN) {
		return ERR_NOTFOUND;
	}
	w = &in->wants[number];
	if (!kept) {
		rc = refuse(in, name);
	}
	acknowledge(in, w->serial, w->bytes, !kept);
	want_drop(in, number);
	in->stored += kept;
	return rc;
}

/* ---- frames ---- */

static void fill_acks(struct incoming *in, struct buf *out, size_t max)
{
	size_t done = 0;
	size_t begun;

	if (in->n_acks == 0 || out->len + FRAME_HEAD + ACK_BYTES > max) {
		return;
	}
	begun = frame_begin(out, FRAME_ACK);
	while (done < in->n_acks && out->len + ACK_BYTES <= max) {
		const struct incoming_ack *a = &in->acks[done];
		unsigned n = 1;

		while (n < ACK_RUN && done + n < in->n_acks && a[n].serial == a->serial + n &&
		       a[n].refused == a->refused) {
			n++;
		}
		buf_u32(out, a->serial);
		buf_u16(out, (uint16_t)(n | (a->refused ? ACK_REFUSED : 0)));
		done += n;
	}
	frame_end(out, begun);
	in->n_acks -= done;
	in->open -= done;
	memmove(in->acks, in->acks + done, in->n_acks * sizeof *in->acks);
}

/* The next name to ask for, urgent lanes first; what came another way is dropped. */
static bool next_fresh(struct incoming *in, uint32_t *number)
{
	for (size_t lane = 0; lane < LANE_COUNT; lane++) {
		while (in->fresh_first[lane] != NOWHERE) {
			struct want *w = &in->wants[in->fresh_first[lane]];

			*number = in->fresh_first[lane];
			in->fresh_first[lane] = w->next;
			if (w->next == NOWHERE) {
				in->fresh_last[lane] = NOWHERE;
			}
			if (set_find_name(in->shares->set, &in->shares->keys, w->name) == NULL) {
				return true;
			}
			want_drop(in, *number);
		}
	}
	return false;
}

static void fill_wants(struct incoming *in, struct buf *out, size_t max)
{
	uint32_t number;
	size_t begun = 0;

	while (in->asked < INCOMING_ASKED_MAX && out->len + FRAME_HEAD + NAME_BYTES <= max &&
	       next_fresh(in, &number)) {
		if (begun == 0) {
			begun = frame_begin(out, FRAME_WANT);
		}
		in->wants[number].state = WANT_ASKED;
		in->asked++;
		buf_u64(out, in->wants[number].name);
	}
	if (begun != 0) {
		frame_end(out, begun);
	}
}

void incoming_fill(struct incoming *in, struct buf *out, size_t max)
{
	fill_acks(in, out, max);
	fill_wants(in, out, max);
	/* Last: asking may have dropped names. */
	if (in->to_return > 0 && out->len + FRAME_HEAD + 2 <= max) {
		size_t begun = frame_begin(out, FRAME_RETURN);

		buf_u16(out, (uint16_t)in->to_return);
		frame_end(out, begun);
		in->to_return = 0;
	}
}
