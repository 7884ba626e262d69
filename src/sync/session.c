/* One session: the phases, and who gets which frame.
 *
 *             HELLO            ROUND, ROUND          control differs
 *    GREET ----------> OPEN ----------------+------------------------> CONTROL
 *                       ^                   | control equal               | DONE, DONE
 *     ROUND (initiator  |                   v                             |
 *     begins; AGAIN asks|                  ASK  <-------------------------+
 *     it to)            |     nothing       |  responder: sync_classes(); the lists are the
 *                       |     differs       |  same: START, else CLASSES
 *                    SETTLED <--- START ----+
 *                       ^           |       | CLASSES, CLASSES
 *                       |           |       v
 *           DONE, DONE  |           | <-- CLASSES  (until the responder's START is here)
 *                       |           v
 *                       +-------- SHARED <--+ the sums say that cells were not enough:
 *                                   |       | by ranges
 *                                   +-------+
 */
#include "sync/session.h"

#include "sync/opening.h"

#define ROUND_GAP_MS 1000U /* at least between two rounds that we begin */

enum done { DONE_CONTROL = 0, DONE_CHECK = 1, DONE_SHARED = 2 };

/* ---- frames of the phases ---- */

/* Where cells were used the initiator tells its sum, and the responder whether its own is
 * another. */
static void put_done(struct sync_session *s)
{
	size_t begun = frame_begin(&s->control, FRAME_DONE);
	struct stand st;

	frame_put_count(&s->control, s->round);
	if (s->phase == PHASE_CONTROL) {
		buf_u8(&s->control, DONE_CONTROL);
	} else if (s->initiator) {
		buf_u8(&s->control, s->by_cells ? DONE_CHECK : DONE_SHARED);
		if (s->by_cells) {
			stand_of(&st, &s->shares);
			buf_u64(&s->control, st.both.sum);
		}
	} else {
		buf_u8(&s->control, s->differs ? DONE_CHECK : DONE_SHARED);
	}
	frame_end(&s->control, begun);
}

/* ---- moving on ---- */

void session_enter(struct sync_session *s, enum phase phase)
{
	s->phase = phase;
	s->done_here = false;
	s->done_there = false;
	s->wake_ms = 0;
	cells_stop(&s->cells);
	s->ask_classes = phase == PHASE_ASK && !s->initiator;
	if (phase == PHASE_SETTLED) {
		outgoing_note(&s->outgoing, false);
		s->tell_settled = true;
		s->wake_ms = s->now_ms + s->repeat_ms;
	}
}

static void begin_round(struct sync_session *s)
{
	s->again = false;
	s->round++;
	s->round_ms = s->now_ms;
	session_enter(s, PHASE_OPEN);
	opening_put_round(s);
}

bool session_idle(const struct sync_session *s)
{
	return compare_idle(&s->compare) && seek_idle(&s->seek) && announce_idle(&s->announce) &&
	       incoming_idle(&s->incoming) && outgoing_idle(&s->outgoing);
}

/* What was found by cells did not make both sides equal, or nothing was found. */
static int use_ranges(struct sync_session *s)
{
	s->by_cells = false;
	s->failures++;
	return compare_start(&s->compare, COMPARE_BOTH_WAYS, s->declared);
}

/* Both are done with the shared classes; as initiator hear what came of the sums. */
static int shared_done(struct sync_session *s)
{
	if (!s->differs) {
		s->failures = s->by_cells ? 0 : s->failures;
		session_enter(s, PHASE_SETTLED);
		return ERR_OK;
	}
	s->differs = false;
	s->done_here = false;
	s->done_there = false;
	return s->initiator ? use_ranges(s) : ERR_OK;
}

/* Say that we are done with this phase when we are; go on when both are.  Of the shared classes
 * the initiator says so first. */
int session_advance(struct sync_session *s)
{
	int rc = ERR_OK;

	if (s->phase == PHASE_SHARED && seek_failed(&s->seek)) {
		rc = use_ranges(s);
	}
	if (rc == ERR_OK && (s->phase & PHASE_COMPARE) != 0 && !s->done_here &&
	    (s->phase == PHASE_CONTROL || s->initiator || s->done_there) && session_idle(s)) {
		s->done_here = true;
		put_done(s);
	}
	if (s->done_here && s->done_there) {
		if (s->phase == PHASE_CONTROL) {
			session_enter(s, PHASE_ASK);
		} else {
			rc = shared_done(s);
		}
	}
	if (rc != ERR_OK) {
		return rc;
	}
	if (s->phase == PHASE_SETTLED && s->again) {
		uint64_t soon = s->round_ms + ROUND_GAP_MS;

		if (s->now_ms < soon) {
			s->wake_ms = soon < s->wake_ms ? soon : s->wake_ms;
		} else if (s->initiator) {
			begin_round(s);
		} else if (s->control.len == 0) {
			s->again = false;
			s->round_ms = s->now_ms;
			frame_end(&s->control, frame_begin(&s->control, FRAME_AGAIN));
		}
	}
	return buf_error(&s->control);
}

/* ---- frames that come ---- */

int session_refuse(struct sync_session *s, const struct frame *f, int code, const char *what)
{
	return err_at(&s->fault, code, f->at, what);
}

/* The initiator's DONE_CHECK brings its sum; the responder's says that its own is another. */
static int on_done(struct sync_session *s, const struct frame *f)
{
	struct stand ours;
	struct wire w;
	uint32_t round;
	uint64_t sum = 0;
	uint8_t what;
	bool bad = false;

	wire_init(&w, f->content.data, f->content.len);
	round = frame_get_count(&w, &bad);
	what = wire_u8(&w);
	if (what == DONE_CHECK && !s->initiator) {
		sum = wire_u64(&w);
	}
	if (bad || wire_error(&w) != ERR_OK || wire_left(&w) != 0 || what > DONE_SHARED) {
		return session_refuse(s, f, ERR_MALFORMED, "done");
	}
	if (round != s->round || (what == DONE_CONTROL) != (s->phase == PHASE_CONTROL) ||
	    s->done_there || (s->initiator && what != DONE_CONTROL && !s->done_here) ||
	    (s->initiator && what == DONE_CHECK && !s->by_cells)) {
		return session_refuse(s, f, ERR_STATE, "done");
	}
	s->done_there = true;
	s->differs = what == DONE_CHECK;
	cells_stop(&s->cells);
	if (what == DONE_CHECK && !s->initiator) {
		stand_of(&ours, &s->shares);
		s->differs = ours.both.sum != sum;
	}
	return ERR_OK;
}

static int on_again(struct sync_session *s, const struct frame *f)
{
	if (f->content.len != 0) {
		return session_refuse(s, f, ERR_MALFORMED, "again");
	}
	if (!s->initiator) {
		return session_refuse(s, f, ERR_STATE, "again");
	}
	s->again = true;
	return ERR_OK;
}

static int on_probe(struct sync_session *s, const struct frame *f)
{
	return answer_probe(&s->answer, f, &s->fault);
}

static int on_answer(struct sync_session *s, const struct frame *f)
{
	return compare_answer(&s->compare, f, &s->fault);
}

static int on_cells(struct sync_session *s, const struct frame *f)
{
	return seek_cells(&s->seek, f, &s->fault);
}

static int on_grow(struct sync_session *s, const struct frame *f)
{
	return cells_grow(&s->cells, f, &s->fault);
}

static int on_have(struct sync_session *s, const struct frame *f)
{
	return incoming_have(&s->incoming, f, &s->fault);
}

static int on_return(struct sync_session *s, const struct frame *f)
{
	return announce_returned(&s->announce, f, &s->fault);
}

static int on_want(struct sync_session *s, const struct frame *f)
{
	return orders_wanted(&s->outgoing, f, &s->fault);
}

static int on_gone(struct sync_session *s, const struct frame *f)
{
	return incoming_gone(&s->incoming, f, &s->fault);
}

static int on_entry(struct sync_session *s, const struct frame *f)
{
	return incoming_entry(&s->incoming, f, &s->fault);
}

static int on_ack(struct sync_session *s, const struct frame *f)
{
	return outgoing_acked(&s->outgoing, f, &s->fault);
}

/* Which frame may come when; anything else is the peer's breach. */
static const struct {
	unsigned phases;
	int (*on)(struct sync_session *s, const struct frame *f);
} rules[FRAME_TYPES] = {
	[FRAME_HELLO] = { PHASE_GREET, opening_hello },
	[FRAME_ROUND] = { PHASE_OPEN | PHASE_SETTLED, opening_round },
	[FRAME_CLASSES] = { PHASE_ASK | PHASE_CLASSES, opening_their_classes },
	[FRAME_DONE] = { PHASE_COMPARE, on_done },
	[FRAME_AGAIN] = { PHASE_GREETED, on_again },
	[FRAME_PROBE] = { PHASE_COMPARE, on_probe },
	[FRAME_SPLIT] = { PHASE_COMPARE, on_answer },
	[FRAME_LIST] = { PHASE_COMPARE, on_answer },
	[FRAME_EQUAL] = { PHASE_COMPARE, on_answer },
	[FRAME_NO] = { PHASE_COMPARE, on_answer },
	[FRAME_HAVE] = { PHASE_GREETED, on_have },
	[FRAME_RETURN] = { PHASE_GREETED, on_return },
	[FRAME_WANT] = { PHASE_GREETED, on_want },
	[FRAME_GONE] = { PHASE_GREETED, on_gone },
	[FRAME_WHOLE] = { PHASE_GREETED, on_entry },
	[FRAME_BEGIN] = { PHASE_GREETED, on_entry },
	[FRAME_MORE] = { PHASE_GREETED, on_entry },
	[FRAME_CUT] = { PHASE_GREETED, on_entry },
	[FRAME_ACK] = { PHASE_GREETED, on_ack },
	[FRAME_START] = { PHASE_ASK | PHASE_CLASSES, opening_start },
	[FRAME_CELLS] = { PHASE_SHARED, on_cells },
	[FRAME_GROW] = { PHASE_SHARED, on_grow },
	[FRAME_PICK] = { PHASE_GREETED, on_want },
};

void session_open(struct sync_session *s)
{
	s->phase = PHASE_GREET;
	s->tokens_ms = s->now_ms;
	s->tokens = SESSION_ROUND_BURST;
	opening_put_hello(s);
	if (s->initiator) {
		s->round = 1;
		s->round_ms = s->now_ms;
		opening_put_round(s);
	}
}

int session_message(struct sync_session *s, struct bytes message)
{
	struct wire w;
	int rc = ERR_OK;

	if (message.len == 0 || message.len > SYNC_MESSAGE_MAX) {
		return err_at(&s->fault, ERR_LIMIT, 0, "message");
	}
	wire_init(&w, message.data, message.len);
	while (rc == ERR_OK && wire_left(&w) > 0) {
		struct frame f;

		rc = frame_next(&w, &f, &s->fault);
		if (rc != ERR_OK) {
			return rc;
		}
		if ((rules[f.type].phases & (unsigned)s->phase) == 0) {
			return session_refuse(s, &f, ERR_STATE, "frame");
		}
		rc = rules[f.type].on(s, &f);
		if (rc == ERR_OK) {
			rc = session_advance(s);
		}
	}
	return rc;
}
