/* One session: the phases, and who gets which frame.
 *
 *             HELLO            ROUND, ROUND          control differs
 *    GREET ----------> OPEN ----------------+------------------------> CONTROL
 *                       ^                   | control equal               | DONE, DONE
 *     ROUND (initiator  |                   v                             |
 *     begins; AGAIN asks|   all equal      ASK  <-------------------------+
 *     it to)            |  +----------+     | sync_classes(): CLASSES
 *                       |  v          |     v
 *                    SETTLED         CLASSES  (until the peer's CLASSES is here)
 *                       ^                   |  something differs
 *                       |   DONE, DONE      v
 *                       +---------------- SHARED
 */
#include "sync/session.h"

#define ROUND_GAP_MS   1000U /* at least between two rounds that we begin */
#define ROUND_TOKEN_MS 500U  /* how soon the peer may begin one more than the burst */

/* ---- frames of the phases ---- */

static void put_hello(struct sync_session *s)
{
	size_t begun = frame_begin(&s->control, FRAME_HELLO);

	buf_u8(&s->control, SYNC_VERSION);
	frame_put_tag(&s->control, s->shares.list[0].tag);
	buf_u32(&s->control, (uint32_t)s->incoming.window);
	frame_end(&s->control, begun);
}

static void put_round(struct sync_session *s)
{
	size_t begun = frame_begin(&s->control, FRAME_ROUND);

	s->control_sum = share_whole(&s->shares, &s->shares.list[0]);
	buf_u32(&s->control, s->round);
	buf_u64(&s->control, s->control_sum.sum);
	buf_u32(&s->control, s->control_sum.count);
	frame_end(&s->control, begun);
}

static void put_done(struct sync_session *s)
{
	size_t begun = frame_begin(&s->control, FRAME_DONE);

	buf_u32(&s->control, s->round);
	buf_u8(&s->control, s->phase == PHASE_CONTROL ? 0 : 1);
	frame_end(&s->control, begun);
}

/* ---- moving on ---- */

static void enter(struct sync_session *s, enum phase phase)
{
	s->phase = phase;
	s->done_here = false;
	s->done_there = false;
	s->wake_ms = 0;
	if (phase == PHASE_ASK) {
		s->ask_classes = true;
	}
	if (phase == PHASE_SETTLED) {
		s->tell_settled = true;
		s->wake_ms = s->now_ms + s->repeat_ms;
	}
}

static void begin_round(struct sync_session *s)
{
	s->again = false;
	s->round++;
	s->round_ms = s->now_ms;
	enter(s, PHASE_OPEN);
	put_round(s);
}

/* Both sides' ROUND is here.  What counts is what they said: both must come to the same. */
static int opened(struct sync_session *s, struct summary theirs)
{
	struct summary ours = s->control_sum;

	answer_round(&s->answer);
	s->lists.have_theirs = false;
	if (ours.sum == theirs.sum && ours.count == theirs.count) {
		enter(s, PHASE_ASK);
		return ERR_OK;
	}
	enter(s, PHASE_CONTROL);
	return compare_start(&s->compare, 0, 1, theirs.count);
}

/* Say that we are done with this phase when we are; go on when both are. */
int session_advance(struct sync_session *s)
{
	if ((s->phase & PHASE_COMPARE) != 0 && !s->done_here && compare_idle(&s->compare) &&
	    announce_idle(&s->announce) && incoming_idle(&s->incoming) &&
	    outgoing_idle(&s->outgoing)) {
		s->done_here = true;
		put_done(s);
	}
	if (s->done_here && s->done_there) {
		enter(s, s->phase == PHASE_CONTROL ? PHASE_ASK : PHASE_SETTLED);
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

/* Our list and the peer's are there. */
static int both_lists(struct sync_session *s)
{
	bool equal = lists_equal(&s->lists);
	int rc = lists_share(&s->lists, &s->shares, s->initiator);

	if (rc != ERR_OK) {
		return rc;
	}
	if (equal) {
		enter(s, PHASE_SETTLED);
		return ERR_OK;
	}
	enter(s, PHASE_SHARED);
	return compare_start(&s->compare, 1, s->shares.n, s->lists.their_sum.count);
}

int session_classes(struct sync_session *s, const struct sync_class *classes, size_t n)
{
	lists_narrow(&s->lists, &s->shares, classes, n);
	if (s->phase != PHASE_ASK) {
		s->again = true;
		return ERR_OK;
	}
	s->ask_classes = false;
	lists_set(&s->lists, &s->shares, classes, n);
	lists_put(&s->lists, s->round, &s->control);
	enter(s, PHASE_CLASSES);
	return s->lists.have_theirs ? both_lists(s) : ERR_OK;
}

/* ---- frames that come ---- */

static int bad(struct sync_session *s, const struct frame *f, int code, const char *what)
{
	return err_at(&s->fault, code, f->at, what);
}

static int on_hello(struct sync_session *s, const struct frame *f)
{
	struct wire w;
	uint8_t version;
	uint64_t tag, window;

	wire_init(&w, f->content.data, f->content.len);
	version = wire_u8(&w);
	if (version != SYNC_VERSION) {
		return bad(s, f, ERR_UNSUPPORTED, "version");
	}
	tag = frame_get_tag(&w);
	window = wire_u32(&w);
	if (wire_error(&w) != ERR_OK || wire_left(&w) != 0) {
		return bad(s, f, ERR_MALFORMED, "hello");
	}
	if (tag != s->shares.list[0].tag) {
		return bad(s, f, ERR_UNSUPPORTED, "control class");
	}
	if (window < OUTGOING_WINDOW_MIN) {
		return bad(s, f, ERR_LIMIT, "credit");
	}
	s->outgoing.window = window < OUTGOING_WINDOW_MAX ? window : OUTGOING_WINDOW_MAX;
	enter(s, PHASE_OPEN);
	return ERR_OK;
}

/* Rounds cost us a look at everything: they may not follow each other too fast. */
static bool allow_round(struct sync_session *s)
{
	uint64_t more = (s->now_ms - s->tokens_ms) / ROUND_TOKEN_MS;

	s->tokens_ms += more * ROUND_TOKEN_MS;
	s->tokens = more > SESSION_ROUND_BURST - s->tokens ? SESSION_ROUND_BURST
							   : s->tokens + (unsigned)more;
	if (s->tokens == 0) {
		return false;
	}
	s->tokens--;
	return true;
}

static int on_round(struct sync_session *s, const struct frame *f)
{
	struct summary theirs;
	struct wire w;
	uint32_t round;

	wire_init(&w, f->content.data, f->content.len);
	round = wire_u32(&w);
	theirs.sum = wire_u64(&w);
	theirs.count = wire_u32(&w);
	if (wire_error(&w) != ERR_OK || wire_left(&w) != 0) {
		return bad(s, f, ERR_MALFORMED, "round");
	}
	if (theirs.count > SET_ITEMS_MAX) {
		return bad(s, f, ERR_LIMIT, "count");
	}
	if (round != (s->initiator ? s->round : s->round + 1) ||
	    (s->initiator && s->phase != PHASE_OPEN)) {
		return bad(s, f, ERR_STATE, "round");
	}
	if (!s->initiator) {
		if (!allow_round(s)) {
			return bad(s, f, ERR_LIMIT, "rounds");
		}
		s->again = false;
		s->round_ms = s->now_ms;
		s->round = round;
		put_round(s);
	}
	return opened(s, theirs);
}

static int on_classes(struct sync_session *s, const struct frame *f)
{
	int rc = lists_get(&s->lists, f, s->round, &s->fault);

	return rc == ERR_OK && s->phase == PHASE_CLASSES ? both_lists(s) : rc;
}

static int on_done(struct sync_session *s, const struct frame *f)
{
	struct wire w;
	uint32_t round;
	uint8_t phase;

	wire_init(&w, f->content.data, f->content.len);
	round = wire_u32(&w);
	phase = wire_u8(&w);
	if (wire_error(&w) != ERR_OK || wire_left(&w) != 0) {
		return bad(s, f, ERR_MALFORMED, "done");
	}
	if (round != s->round || phase != (s->phase == PHASE_CONTROL ? 0 : 1) || s->done_there) {
		return bad(s, f, ERR_STATE, "done");
	}
	s->done_there = true;
	return ERR_OK;
}

static int on_again(struct sync_session *s, const struct frame *f)
{
	if (f->content.len != 0) {
		return bad(s, f, ERR_MALFORMED, "again");
	}
	if (!s->initiator) {
		return bad(s, f, ERR_STATE, "again");
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
	return outgoing_wanted(&s->outgoing, f, &s->fault);
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
	[FRAME_HELLO] = { PHASE_GREET, on_hello },
	[FRAME_ROUND] = { PHASE_OPEN | PHASE_SETTLED, on_round },
	[FRAME_CLASSES] = { PHASE_ASK | PHASE_CLASSES, on_classes },
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
};

void session_open(struct sync_session *s)
{
	s->phase = PHASE_GREET;
	s->tokens_ms = s->now_ms;
	s->tokens = SESSION_ROUND_BURST;
	put_hello(s);
	if (s->initiator) {
		s->round = 1;
		s->round_ms = s->now_ms;
		put_round(s);
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
			return bad(s, &f, ERR_STATE, "frame");
		}
		rc = rules[f.type].on(s, &f);
		if (rc == ERR_OK) {
			rc = session_advance(s);
		}
	}
	return rc;
}
