#include "sync/outgoing.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PUSHED      0x80U
#define ACK_REFUSED 0x8000U
#define ACK_RUN     0x7fffU
#define PIECE_MIN   128U /* smaller pieces are not worth their heads */
#define BEGIN_HEAD  (FRAME_HEAD + 1U + 4U)
#define MORE_HEAD   (FRAME_HEAD + 1U)
#define CUT_BYTES   (FRAME_HEAD + 1U + NAME_BYTES)
#define QUANTUM     INT64_C(1024)

enum parcel_state { PARCEL_QUEUED = 0, PARCEL_LOADING, PARCEL_LOADED, PARCEL_SENDING };
enum flight_state { FLIGHT_OUT = 0, FLIGHT_KEPT, FLIGHT_REFUSED };

/* Turns of the weighted lanes, in QUANTUM bytes. */
static const uint8_t weights[LANE_COUNT] = { 0, 0, 8, 6, 3, 1 };

int outgoing_init(struct outgoing *o, struct shares *shares, size_t ahead)
{
	*o = (struct outgoing){ .shares = shares, .ahead = ahead, .lane = LANE_TEMPLATE };
	table_init(&o->busy, OUTGOING_ASKED_MAX + OUTGOING_PUSHED_MAX + OUTGOING_FLIGHT_MAX);
	table_init(&o->unwanted, OUTGOING_UNWANTED_MAX);
	table_init(&o->there, OUTGOING_THERE_MAX);
	o->flight = calloc(OUTGOING_FLIGHT_MAX, sizeof *o->flight);
	o->gone = calloc(OUTGOING_GONE_MAX, sizeof *o->gone);
	return o->flight == NULL || o->gone == NULL ? ERR_NOMEM : ERR_OK;
}

static void parcel_free(struct parcel *p)
{
	free(p->data);
	free(p);
}

void outgoing_done(struct outgoing *o)
{
	for (size_t i = 0; i < LANE_COUNT; i++) {
		while (o->lanes[i].first != NULL) {
			struct parcel *next = o->lanes[i].first->next;

			parcel_free(o->lanes[i].first);
			o->lanes[i].first = next;
		}
	}
	table_done(&o->busy);
	table_done(&o->unwanted);
	table_done(&o->there);
	free(o->flight);
	free(o->gone);
	*o = (struct outgoing){ 0 };
}

bool outgoing_idle(const struct outgoing *o)
{
	return o->busy.count == 0 && o->n_gone == 0 && o->first == o->next;
}

size_t outgoing_bytes(const struct outgoing *o)
{
	size_t n = OUTGOING_FLIGHT_MAX * sizeof *o->flight + OUTGOING_GONE_MAX * sizeof *o->gone +
		   table_bytes(&o->busy) + table_bytes(&o->unwanted) + table_bytes(&o->there) +
		   (o->queued + o->pushed) * sizeof(struct parcel);

	for (size_t i = 0; i < LANE_COUNT; i++) {
		n += o->lanes[i].loaded;
	}
	return n;
}

/* ---- giving up ---- */

/* Forget the parcel that comes after `before` in its lane (NULL: the first); the peer hears
 * that what it asked for is gone. */
static void drop(struct outgoing *o, struct parcels *lane, struct parcel *before)
{
	struct parcel *p = before == NULL ? lane->first : before->next;

	if (before == NULL) {
		lane->first = p->next;
	} else {
		before->next = p->next;
	}
	if (lane->last == p) {
		lane->last = before;
	}
	if (p->state == PARCEL_LOADING) {
		lane->loading = false;
	}
	if (p->data != NULL) {
		lane->loaded -= p->len;
	}
	table_remove(&o->busy, p->name);
	o->pushed -= p->pushed;
	o->queued -= !p->pushed;
	if (p->asked != 0) {
		o->gone[o->n_gone++] = p->asked;
	}
	parcel_free(p);
}

/* ---- loading ---- */

static bool may_send(struct outgoing *o, const struct parcel *p)
{
	return share_may_send(o->shares, set_find(o->shares->set, p->id));
}

/* The first parcel of the lane that must be loaded now; what may not be sent any more goes. */
static struct parcel *to_load(struct outgoing *o, struct parcels *lane)
{
	struct parcel *before = NULL;
	struct parcel *p = lane->first;

	if (lane->loading || lane->loaded >= o->ahead) {
		return NULL;
	}
	while (p != NULL && p->state != PARCEL_QUEUED) {
		before = p;
		p = p->next;
	}
	while (p != NULL && !may_send(o, p)) {
		drop(o, lane, before);
		p = before == NULL ? lane->first : before->next;
	}
	return p;
}

bool outgoing_load(struct outgoing *o, uint8_t id[ENTRY_ID_BYTES])
{
	for (size_t i = 0; i < LANE_COUNT; i++) {
		struct parcel *p = to_load(o, &o->lanes[i]);

		if (p != NULL) {
			p->state = PARCEL_LOADING;
			o->lanes[i].loading = true;
			memcpy(id, p->id, sizeof p->id);
			return true;
		}
	}
	return false;
}

int outgoing_loaded(struct outgoing *o, const uint8_t id[ENTRY_ID_BYTES], struct bytes entry)
{
	struct parcels *lane = NULL;
	struct parcel *before = NULL;
	struct parcel *p = NULL;

	for (size_t i = 0; i < LANE_COUNT && p == NULL; i++) {
		lane = &o->lanes[i];
		before = NULL;
		for (p = lane->first; p != NULL && p->state != PARCEL_LOADING; p = p->next) {
			before = p;
		}
		if (p != NULL && memcmp(p->id, id, sizeof p->id) != 0) {
			p = NULL;
		}
	}
	if (p == NULL) {
		return ERR_NOTFOUND;
	}
	if (entry.len == 0) {
		drop(o, lane, before);
		return ERR_OK;
	}
	if (entry.len > ENTRY_BYTES_MAX) {
		return ERR_LIMIT;
	}
	p->data = malloc(entry.len);
	if (p->data == NULL) {
		return ERR_NOMEM;
	}
	memcpy(p->data, entry.data, entry.len);
	p->len = entry.len;
	p->state = PARCEL_LOADED;
	lane->loading = false;
	lane->loaded += p->len;
	return ERR_OK;
}

/* ---- sending ---- */

/* May the first parcel of the lane go on, or begin within the peer's window? */
static bool ready(const struct outgoing *o, const struct parcel *p)
{
	uint64_t kept_free = p->lane > LANE_ALERT ? ENTRY_BYTES_MAX : 0;

	if (p->state == PARCEL_SENDING) {
		return true;
	}
	return p->state == PARCEL_LOADED && o->next - o->first < OUTGOING_FLIGHT_MAX &&
	       o->used + p->len + kept_free <= o->window;
}

static void took_off(struct outgoing *o, struct parcels *lane)
{
	struct parcel *p = lane->first;
	struct flight *f = &o->flight[o->next % OUTGOING_FLIGHT_MAX];

	*f = (struct flight){ .name = p->name, .len = (uint32_t)p->len, .pushed = p->pushed };
	memcpy(f->id, p->id, sizeof f->id);
	o->next++;
	o->queued -= !p->pushed;
	lane->loaded -= p->len;
	lane->first = p->next;
	if (lane->first == NULL) {
		lane->last = NULL;
	}
	parcel_free(p);
}

static void put_head(struct buf *out, const struct parcel *p)
{
	buf_u8(out, (uint8_t)(p->lane | (p->pushed ? PUSHED : 0)));
}

/* Send of the lane's first parcel what fits; false when nothing did. */
static bool send_piece(struct outgoing *o, struct parcels *lane, struct buf *out, size_t max)
{
	struct parcel *p = lane->first;
	size_t room = max - out->len;
	size_t left = p->len - p->sent;
	size_t head =
	    p->state == PARCEL_SENDING || MORE_HEAD + left <= room ? MORE_HEAD : BEGIN_HEAD;
	size_t len, begun;

	if (room < head + (left < PIECE_MIN ? left : PIECE_MIN)) {
		return false;
	}
	len = room - head < left ? room - head : left;
	if (p->state == PARCEL_SENDING) {
		begun = frame_begin(out, FRAME_MORE);
		buf_u8(out, p->lane);
	} else {
		begun = frame_begin(out, len == p->len ? FRAME_WHOLE : FRAME_BEGIN);
		put_head(out, p);
		if (len < p->len) {
			buf_u32(out, (uint32_t)p->len);
		}
		p->state = PARCEL_SENDING;
		o->used += p->len;
	}
	buf_put(out, p->data + p->sent, len);
	frame_end(out, begun);
	p->sent += len;
	lane->turn -= (int64_t)len;
	if (p->sent == p->len) {
		took_off(o, lane);
	}
	return true;
}

/* The lane's first parcel must not be sent any more.  False: no room to say so. */
static bool give_up(struct outgoing *o, struct parcels *lane, struct buf *out, size_t max)
{
	struct parcel *p = lane->first;

	if (p->state == PARCEL_SENDING) {
		size_t begun;

		if (max - out->len < CUT_BYTES) {
			return false;
		}
		begun = frame_begin(out, FRAME_CUT);
		buf_u8(out, p->lane);
		buf_u64(out, p->asked != 0 ? p->asked : p->name);
		frame_end(out, begun);
		o->used -= p->len;
	}
	drop(o, lane, NULL);
	return true;
}

/* Send from this lane once; false when there is nothing, or no room. */
static bool serve(struct outgoing *o, struct parcels *lane, struct buf *out, size_t max)
{
	while (lane->first != NULL && lane->first->state >= PARCEL_LOADED &&
	       !may_send(o, lane->first)) {
		if (!give_up(o, lane, out, max)) {
			return false;
		}
	}
	if (lane->first == NULL || !ready(o, lane->first)) {
		return false;
	}
	return send_piece(o, lane, out, max);
}

static void fill_gone(struct outgoing *o, struct buf *out, size_t max)
{
	size_t room, n, begun;

	if (o->n_gone == 0 || out->len + FRAME_HEAD + NAME_BYTES > max) {
		return;
	}
	room = (max - out->len - FRAME_HEAD) / NAME_BYTES;
	n = o->n_gone < room ? o->n_gone : room;
	begun = frame_begin(out, FRAME_GONE);
	for (size_t i = 0; i < n; i++) {
		buf_u64(out, o->gone[i]);
	}
	frame_end(out, begun);
	o->n_gone -= n;
	memmove(o->gone, o->gone + n, o->n_gone * sizeof *o->gone);
}

void outgoing_fill_urgent(struct outgoing *o, struct buf *out, size_t max)
{
	fill_gone(o, out, max);
	for (size_t i = 0; i < LANE_TEMPLATE; i++) {
		while (serve(o, &o->lanes[i], out, max)) {
			continue;
		}
	}
}

void outgoing_fill(struct outgoing *o, struct buf *out, size_t max)
{
	size_t idle = 0;

	/* Deficit round robin: a lane sends until its turn is used up, then the next one. */
	while (idle < LANE_COUNT - LANE_TEMPLATE) {
		struct parcels *lane = &o->lanes[o->lane];

		if (lane->turn > 0 && serve(o, lane, out, max)) {
			idle = 0;
			continue;
		}
		if (max - out->len < MORE_HEAD + PIECE_MIN && lane->turn > 0) {
			break; /* the message is full, not the turn over */
		}
		idle = lane->turn > 0 ? idle + 1 : 0;
		o->lane = o->lane + 1 < LANE_COUNT ? o->lane + 1 : LANE_TEMPLATE;
		lane = &o->lanes[o->lane];
		lane->turn += weights[o->lane] * QUANTUM;
		if (lane->turn > weights[o->lane] * QUANTUM) {
			lane->turn = weights[o->lane] * QUANTUM; /* idle lanes save nothing up */
		}
	}
	fill_gone(o, out, max); /* what has been given up just now */
}

/* ---- acknowledgements ---- */

void outgoing_note(struct outgoing *o, bool on)
{
	table_done(&o->there);
	o->noting = on;
}

void outgoing_noted(struct outgoing *o, uint64_t name)
{
	if (o->noting) { /* without room it may be sent twice, and be told so */
		(void)table_add(&o->there, name, 0);
	}
}

static int ack_run(struct outgoing *o, uint32_t serial, uint32_t n, bool refused)
{
	if (n == 0 || n > o->next - o->first || serial - o->first > o->next - o->first - n) {
		return ERR_STATE; /* of what was never sent */
	}
	for (uint32_t i = 0; i < n; i++) {
		struct flight *f = &o->flight[(serial + i) % OUTGOING_FLIGHT_MAX];

		if (f->state != FLIGHT_OUT) {
			return ERR_STATE; /* twice */
		}
		f->state = refused ? FLIGHT_REFUSED : FLIGHT_KEPT;
		o->used -= f->len;
		o->pushed -= f->pushed;
		o->kept += !refused;
		if (!refused) {
			outgoing_noted(o, f->name);
		} else { /* when there is no room it may be pushed once more */
			(void)table_add(&o->unwanted, f->name, 0);
		}
		table_remove(&o->busy, f->name);
	}
	return ERR_OK;
}

int outgoing_acked(struct outgoing *o, const struct frame *f, struct fault *fault)
{
	struct wire w;
	int rc = f->content.len == 0 ? ERR_MALFORMED : ERR_OK;

	wire_init(&w, f->content.data, f->content.len);
	while (rc == ERR_OK && wire_left(&w) > 0) {
		uint32_t serial = wire_u32(&w);
		uint16_t run = wire_u16(&w);

		rc = wire_error(&w);
		if (rc == ERR_OK) {
			rc = ack_run(o, serial, run & ACK_RUN, (run & ACK_REFUSED) != 0);
		}
	}
	return rc == ERR_OK ? rc : err_at(fault, rc, f->at + w.at, "ack");
}

bool outgoing_kept(struct outgoing *o, uint8_t id[ENTRY_ID_BYTES])
{
	bool found = false;

	while (!found && o->first != o->next &&
	       o->flight[o->first % OUTGOING_FLIGHT_MAX].state != FLIGHT_OUT) {
		const struct flight *f = &o->flight[o->first % OUTGOING_FLIGHT_MAX];

		found = f->state == FLIGHT_KEPT;
		memcpy(id, f->id, sizeof f->id);
		o->first++;
	}
	return found;
}
