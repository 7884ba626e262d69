#include "sync/seek.h"

#include <stdlib.h>
#include <string.h>

#define OURS       1U
#define SLACK      96U
#define FEW_CELLS  32U
#define GROW_BYTES (FRAME_HEAD + 3U)

void seek_init(struct seek *s, struct shares *shares, struct incoming *incoming,
	       struct outgoing *outgoing)
{
	*s = (struct seek){ .shares = shares, .incoming = incoming, .outgoing = outgoing };
}

void seek_done(struct seek *s)
{
	cells_drop(&s->row);
	free(s->names);
	*s = (struct seek){ 0 };
}

bool seek_idle(const struct seek *s)
{
	return !s->on && !s->stop && !s->failed && s->fed == s->n_names;
}

size_t seek_bytes(const struct seek *s)
{
	return s->row.n * sizeof *s->row.cells + s->n_names * sizeof *s->names;
}

static void give_up(struct seek *s)
{
	s->on = false;
	s->failed = true;
	s->stop = true;
	s->grow = 0;
	cells_drop(&s->row);
}

int seek_start(struct seek *s, size_t n, const struct stand *ours, const struct stand *theirs)
{
	int rc;

	cells_drop(&s->row);
	free(s->names);
	s->names = NULL;
	s->n_names = s->fed = 0;
	s->got = s->tried = s->grow = 0;
	s->allowed = n;
	s->all = (size_t)ours->both.count + theirs->both.count;
	s->guess = theirs->counted
		       ? sketch_guess(ours->counts, theirs->counts, SKETCH_FEW, SKETCH_COUNTS,
				      (int64_t)theirs->both.count - ours->both.count)
		       : 0;
	s->grown = 0;
	s->on = true;
	s->stop = s->failed = false;
	rc = cells_extend(&s->row, s->shares, n);
	if (rc == ERR_STALE) {
		give_up(s);
	}
	return rc == ERR_STALE ? ERR_OK : rc;
}

void seek_close(struct seek *s)
{
	if (s->on) {
		give_up(s);
	}
}

bool seek_failed(struct seek *s)
{
	bool failed = s->failed;

	s->failed = false;
	return failed;
}

/* ---- cells ---- */

/* How many cells to have at the next attempt; 0: give up.  A difference takes 1.4 cells for each
 * name, some more when it is small.  Every further attempt costs a round trip, so that each
 * goes further than the one before. */
static size_t next_goal(struct seek *s)
{
	size_t guess = sketch_guess_cells(s->row.cells, s->got);
	size_t most = s->all + s->all / 2 + s->all / 8 + SLACK;
	size_t step = s->got / 8 + 2;
	size_t goal;

	if (guess == 0) { /* as good as no cell is empty */
		guess = s->guess > s->got ? s->guess : s->got;
	}
	/* The more cells, the better the guess, and the less is put on top of it.  With a few
	 * cells there is no guess: a few more. */
	goal = s->got < FEW_CELLS ? 0 : guess + guess / 2;
	if (guess > SLACK) {
		goal += (s->got < guess ? (guess - s->got) / 3 : 0);
	}
	if (s->got >= guess + guess / 2 + guess / 10 + SLACK || s->got >= most ||
	    s->got >= SKETCH_MAX) {
		return 0;
	}
	step <<= s->grown / 2 < 3 ? s->grown / 2 : 3;
	s->grown++;
	goal = goal > s->got + step ? goal : s->got + step;
	goal = goal < 4 * s->got ? goal : 4 * s->got;
	return goal < SKETCH_MAX ? goal : SKETCH_MAX;
}

/* Whose are they?  Said now: until they are seen to, both sides' sets go on changing. */
static void sort_out(struct seek *s)
{
	for (size_t i = 0; i < s->n_names; i++) {
		const struct set_held *h = set_find_plain(s->shares->set, s->names[i]);

		s->names[i] = s->names[i] << 1 | (h != NULL ? OURS : 0);
	}
}

static int attempt(struct seek *s)
{
	int rc = sketch_decode(set_sketch_key(s->shares->set), s->row.cells, s->got, &s->names,
			       &s->n_names);

	s->decodes++;
	s->tried = s->got;
	if (rc == ERR_OK) {
		s->on = false;
		s->stop = s->got < s->allowed;
		s->grow = 0;
		cells_drop(&s->row);
		sort_out(s);
		return ERR_OK;
	}
	if (rc == ERR_NOTFOUND && s->got == s->allowed) {
		s->grow = next_goal(s);
		rc = s->grow == 0 ? ERR_STALE : cells_extend(&s->row, s->shares, s->grow);
		if (rc == ERR_STALE) {
			give_up(s);
			rc = ERR_OK;
		}
		s->allowed = s->grow > s->allowed ? s->grow : s->allowed;
	}
	return rc == ERR_NOTFOUND ? ERR_OK : rc;
}

int seek_cells(struct seek *s, const struct frame *f, struct fault *fault)
{
	size_t n = f->content.len / CELL_BYTES;
	struct wire w;
	int rc = ERR_OK;

	if (f->content.len % CELL_BYTES != 0) {
		return err_at(fault, ERR_MALFORMED, f->at, "cells");
	}
	if (n > s->allowed - s->got) {
		return err_at(fault, ERR_LIMIT, f->at, "cells");
	}
	if (!s->on) { /* they were under way when we had enough */
		s->got += n;
		return ERR_OK;
	}
	if (n == 0) {
		give_up(s);
		return ERR_OK;
	}
	wire_init(&w, f->content.data, f->content.len);
	for (size_t i = 0; i < n; i++) {
		s->row.cells[s->got++] ^= wire_u64(&w);
	}
	s->cells += n;
	if (s->got == s->allowed ||
	    (s->got >= s->allowed / 2 && s->got >= s->tried + s->tried / 8 + 8)) {
		rc = attempt(s);
	}
	return rc == ERR_OK ? rc : err_at(fault, rc, f->at, "cells");
}

/* ---- what has been found ---- */

/* ERR_FULL: no room now. */
static int hand_on(struct seek *s, uint64_t found)
{
	const struct set_held *h;
	int rc;

	if ((found & OURS) == 0) {
		return incoming_room(s->incoming) == 0 ? ERR_FULL
						       : incoming_pick(s->incoming, found >> 1);
	}
	h = set_find_plain(s->shares->set, found >> 1);
	if (!share_may_send(s->shares, h)) {
		return ERR_OK;
	}
	rc = orders_push_found(s->outgoing, h);
	return rc == ERR_EXISTS || rc == ERR_DENIED ? ERR_OK : rc;
}

void seek_fill(struct seek *s, struct buf *out, size_t max)
{
	if ((s->stop || s->grow != 0) && out->len + GROW_BYTES <= max) {
		size_t begun = frame_begin(out, FRAME_GROW);

		frame_put_count(out, s->stop ? 0 : (uint32_t)s->grow);
		frame_end(out, begun);
		s->stop = false;
		s->grow = 0;
	}
}

int seek_feed(struct seek *s)
{
	int rc = ERR_OK;

	while (rc == ERR_OK && s->fed < s->n_names) {
		rc = hand_on(s, s->names[s->fed]);
		s->fed += rc == ERR_OK;
	}
	if (s->n_names > 0 && s->fed == s->n_names) {
		free(s->names);
		s->names = NULL;
		s->n_names = s->fed = 0;
	}
	return rc == ERR_FULL ? ERR_OK : rc;
}
