/* Wires as TCP sees them: bytes arrive in order, or late, or the connection breaks.  A lost
 * segment is sent again after a round trip when others follow it, after the retransmission
 * timeout otherwise, which doubles; one that came late or twice is put right below TCP and is
 * seen as delay. */
#include <stdlib.h>
#include <string.h>

#include "sim/chance.h"
#include "sim/crowd_inside.h"

#define SEGMENT_BYTES  1400U
#define HEAD_BYTES     40U /* of IP and TCP, on the line */
#define TIMEOUT_MIN_MS 200U
#define TRIES_MAX      8U
#define FIND_OUT_MS    60000U /* a silent end is noticed by then */
#define DIAL_MS        3000U  /* nobody answers */
#define DIAL_AGAIN_MS  1000U  /* what a lost SYN costs */
#define US_PER_MS      1000U
#define US_PER_S       1000000U

static struct wire *find(const struct crowd *c, uint32_t number)
{
	return number > 0 && number <= c->wire_count ? c->wires[number - 1] : NULL;
}

static unsigned side_of(const struct wire *x, size_t place)
{
	return x->end[0] == place ? 0 : 1;
}

size_t crowd_wires_other_end(const struct crowd *c, size_t place, uint32_t link)
{
	const struct wire *x = find(c, link);

	return x == NULL ? SIZE_MAX : x->end[1 - side_of(x, place)];
}

/* The way that joins them and can carry a connection; SIZE_MAX. */
static size_t open_way(const struct crowd *c, size_t a, size_t b)
{
	for (size_t i = 0; i < c->way_count; i++) {
		const struct way *w = &c->ways[i];

		if (w->up && !w->cut[0] && !w->cut[1] &&
		    ((w->end[0] == a && w->end[1] == b) || (w->end[0] == b && w->end[1] == a))) {
			return i;
		}
	}
	return SIZE_MAX;
}

static struct wire *add(struct crowd *c, size_t way, size_t from, size_t to)
{
	struct wire *x = calloc(1, sizeof *x);

	if (c->wire_count == c->wire_room) {
		size_t room = c->wire_room == 0 ? 64 : c->wire_room * 2;
		struct wire **grown = realloc(c->wires, room * sizeof(struct wire *));

		if (grown == NULL) {
			free(x);
			return NULL;
		}
		c->wires = grown;
		c->wire_room = room;
	}
	if (x != NULL) {
		*x = (struct wire){ .number = (uint32_t)c->wire_count + 1,
				    .way = way,
				    .end = { from, to },
				    .life = { c->places[from].life, c->places[to].life } };
		c->wires[c->wire_count++] = x;
	}
	return x;
}

int crowd_wires_dial(struct crowd *c, size_t from, struct bytes address)
{
	char name[CROWD_NAME_MAX];
	struct event event = { .kind = EVENT_LINK_DOWN, .address = address };
	const struct crowd_way *q;
	struct wire *x;
	uint64_t at;
	size_t to;
	size_t way;
	int rc;

	(void)bytes_text(address, name, sizeof name);
	to = crowd_find(c, name);
	way = to < c->place_count ? open_way(c, from, to) : SIZE_MAX;
	if (way == SIZE_MAX) {
		return crowd_later(c, from, c->now_ms + DIAL_MS, &event);
	}
	q = &c->ways[way].quality;
	at = c->now_ms + q->latency_ms + 1;
	while (chance_ppm(&c->stream, q->loss_ppm)) {
		at += DIAL_AGAIN_MS;
	}
	if (!crowd_is_up(c, to)) {
		return crowd_later(c, from, at + q->latency_ms, &event);
	}
	x = add(c, way, from, to);
	if (x == NULL) {
		return ERR_NOMEM;
	}
	x->stream[0].last_ms = at + q->latency_ms;
	x->stream[1].last_ms = at + q->latency_ms;
	event = (struct event){ .kind = EVENT_LINK_UP, .link = x->number };
	rc = crowd_later(c, to, at, &event);
	event.dialled = true;
	event.address = address;
	return rc == ERR_OK ? crowd_later(c, from, at + q->latency_ms, &event) : rc;
}

/* How much later than without faults a segment arrives; UINT64_MAX: the connection breaks. */
static uint64_t late_ms(struct crowd *c, const struct crowd_way *q, bool others_follow)
{
	uint64_t timeout = TIMEOUT_MIN_MS + 2 * q->latency_ms;
	uint64_t late = 0;
	unsigned tries = 0;

	while (chance_ppm(&c->stream, q->loss_ppm)) {
		late += others_follow && tries == 0 ? 2 * q->latency_ms : timeout;
		timeout *= tries == 0 ? 1 : 2;
		if (++tries == TRIES_MAX) {
			return UINT64_MAX;
		}
	}
	if (chance_ppm(&c->stream, q->reorder_ppm)) {
		late += chance_below(&c->stream, q->latency_ms + 1);
	}
	return late;
}

static void take_line(struct crowd *c, struct stream *s, const struct crowd_way *q, size_t len)
{
	uint64_t now_us = c->now_ms * US_PER_MS;
	uint64_t bytes = len + HEAD_BYTES;

	if (chance_ppm(&c->stream, q->duplicate_ppm)) {
		bytes *= 2;
	}
	s->busy_us = s->busy_us > now_us ? s->busy_us : now_us;
	if (q->bytes_per_s > 0) {
		s->busy_us += bytes * US_PER_S / q->bytes_per_s;
	}
}

static int send_segment(struct crowd *c, struct wire *x, unsigned side, struct bytes piece,
			bool others_follow)
{
	const struct crowd_way *q = &c->ways[x->way].quality;
	struct stream *s = &x->stream[side];
	uint64_t late = late_ms(c, q, others_follow);
	uint64_t at;

	take_line(c, s, q, piece.len);
	if (s->dead) {
		return ERR_OK;
	}
	if (late == UINT64_MAX) {
		return crowd_wires_close(c, x->number, SIZE_MAX, false);
	}
	at = (s->busy_us + US_PER_MS - 1) / US_PER_MS + q->latency_ms + late;
	s->last_ms = at > s->last_ms ? at : s->last_ms;
	return crowd_later(
	    c, x->end[1 - side], s->last_ms,
	    &(struct event){ .kind = EVENT_LINK_BYTES, .link = x->number, .bytes = piece });
}

int crowd_wires_send(struct crowd *c, size_t from, uint32_t number, struct bytes bytes)
{
	struct wire *x = find(c, number);
	size_t piece = SEGMENT_BYTES;
	unsigned side;
	int rc = ERR_OK;

	if (x == NULL) {
		return ERR_OK;
	}
	side = side_of(x, from);
	c->bytes += bytes.len;
	if (c->ways[x->way].quality.bytes_per_s == 0 && c->ways[x->way].quality.loss_ppm == 0) {
		piece = bytes.len; /* nothing would be seen of the pieces */
	}
	for (size_t at = 0; rc == ERR_OK && at < bytes.len && find(c, number) == x; at += piece) {
		size_t len = bytes.len - at < piece ? bytes.len - at : piece;

		rc = send_segment(c, x, side, (struct bytes){ bytes.data + at, len },
				  at + len < bytes.len);
	}
	if (rc == ERR_OK && find(c, number) == x && !x->stream[side].unsent) {
		x->stream[side].unsent = true;
		rc = crowd_note(c, HAPPENING_DRAINED, from, x->stream[side].busy_us / US_PER_MS + 1,
				number);
	}
	return rc;
}

int crowd_wires_drained(struct crowd *c, size_t from, uint32_t number)
{
	struct wire *x = find(c, number);
	struct stream *s;

	if (x == NULL) {
		return ERR_OK;
	}
	s = &x->stream[side_of(x, from)];
	if (s->busy_us / US_PER_MS >= c->now_ms) {
		return crowd_note(c, HAPPENING_DRAINED, from, s->busy_us / US_PER_MS + 1, number);
	}
	s->unsent = false;
	return crowd_later(c, from, c->now_ms,
			   &(struct event){ .kind = EVENT_LINK_DRAINED, .link = number });
}

int crowd_wires_close(struct crowd *c, uint32_t number, size_t by, bool silent)
{
	struct wire *x = find(c, number);
	int rc = ERR_OK;

	if (x == NULL) {
		return ERR_OK;
	}
	for (unsigned k = 0; rc == ERR_OK && k < 2; k++) {
		uint64_t at = c->now_ms + c->ways[x->way].quality.latency_ms + 1;

		if (x->end[k] == by || c->places[x->end[k]].life != x->life[k]) {
			continue;
		}
		if (silent) {
			at = c->now_ms + 1 + chance_below(&c->stream, FIND_OUT_MS);
		} else if (by != SIZE_MAX && x->stream[1 - k].last_ms > at) {
			at = x->stream[1 - k].last_ms; /* what was sent before comes first */
		}
		rc = crowd_later(c, x->end[k], at,
				 &(struct event){ .kind = EVENT_LINK_DOWN, .link = number });
	}
	/* What a node sends on a wire that is gone goes nowhere, and is never drained. */
	c->wires[number - 1] = NULL;
	free(x);
	return rc;
}

int crowd_wires_crash(struct crowd *c, size_t place, bool silent)
{
	int rc = ERR_OK;

	for (size_t i = 0; rc == ERR_OK && i < c->wire_count; i++) {
		struct wire *x = c->wires[i];

		if (x != NULL && (x->end[0] == place || x->end[1] == place)) {
			rc = crowd_wires_close(c, x->number, place, silent);
		}
	}
	return rc;
}

/* ---- ways ---- */

static int join(struct crowd *c, size_t a, size_t b, const struct crowd_way *quality, size_t *which)
{
	if (c->way_count == c->way_room) {
		size_t room = c->way_room == 0 ? 16 : c->way_room * 2;
		struct way *grown = realloc(c->ways, room * sizeof *grown);

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		c->ways = grown;
		c->way_room = room;
	}
	c->ways[c->way_count] = (struct way){ .end = { a, b }, .up = true, .quality = *quality };
	if (which != NULL) {
		*which = c->way_count;
	}
	c->way_count++;
	return ERR_OK;
}

static int see(struct crowd *c, size_t a, size_t b, bool fixed)
{
	return crowd_later(c, a, c->now_ms + 1,
			   &(struct event){ .kind = EVENT_PEER_SEEN,
					    .fixed = fixed,
					    .address = bytes_of(c->places[b].name) });
}

int crowd_wires_join(struct crowd *c, size_t a, size_t b, bool both,
		     const struct crowd_way *quality, size_t *which)
{
	int rc = join(c, a, b, quality, which);

	rc = rc == ERR_OK ? see(c, a, b, true) : rc;
	return rc == ERR_OK && both ? see(c, b, a, true) : rc;
}

int crowd_wires_meet(struct crowd *c, size_t a, size_t b, const struct crowd_way *quality,
		     size_t *which)
{
	int rc = join(c, a, b, quality, which);

	rc = rc == ERR_OK ? see(c, a, b, false) : rc;
	return rc == ERR_OK ? see(c, b, a, false) : rc;
}

void crowd_wires_quality(struct crowd *c, size_t which, const struct crowd_way *quality)
{
	c->ways[which].quality = *quality;
}

int crowd_wires_set(struct crowd *c, size_t which, bool up, bool silent)
{
	struct way *w = &c->ways[which];
	int rc = ERR_OK;

	if (up || !w->up) {
		w->up = up;
		return ERR_OK;
	}
	w->up = false;
	for (size_t i = 0; rc == ERR_OK && i < c->wire_count; i++) {
		if (c->wires[i] != NULL && c->wires[i]->way == which) {
			rc = crowd_wires_close(c, c->wires[i]->number, SIZE_MAX, silent);
		}
	}
	return rc;
}

int crowd_wires_cut(struct crowd *c, size_t which, unsigned direction, bool cut)
{
	struct way *w = &c->ways[which];
	int rc = ERR_OK;

	w->cut[direction] = cut;
	for (size_t i = 0; cut && rc == ERR_OK && i < c->wire_count; i++) {
		struct wire *x = c->wires[i];
		unsigned side;

		if (x == NULL || x->way != which || x->stream[side_of(x, w->end[direction])].dead) {
			continue;
		}
		side = side_of(x, w->end[direction]);
		x->stream[side].dead = true;
		for (unsigned k = 0; rc == ERR_OK && k < 2; k++) {
			rc = crowd_later(
			    c, x->end[k], c->now_ms + 1 + chance_below(&c->stream, FIND_OUT_MS),
			    &(struct event){ .kind = EVENT_LINK_DOWN, .link = x->number });
		}
	}
	return rc;
}
