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

#define FAILURES_MAX   2U /* as often as cells may come to nothing, then it is ranges */
#define FIRST_CELLS 7U
#define CREDIT_UNIT    1024U
#define MANY_CELLS     128U  /* to begin with: then the other counts are worth 48 bytes */
#define LARGE          64U   /* a difference that matters although it is a third of all */
#define ROUND_GAP_MS   1000U /* at least between two rounds that we begin */
#define ROUND_TOKEN_MS 500U  /* how soon the peer may begin one more than the burst */

enum done { DONE_CONTROL = 0, DONE_CHECK = 1, DONE_SHARED = 2 };
enum start { START_EQUAL = 0, START_CELLS = 1, START_RANGES = 2 };

/* ---- frames of the phases ---- */

static bool sketches_help(const struct sync_session *s)
{
	return set_sketch_key(s->shares.set) != NULL && s->failures < FAILURES_MAX &&
	       !s->ranges_only;
}

static void put_hello(struct sync_session *s)
{
	size_t begun = frame_begin(&s->control, FRAME_HELLO);

	buf_u8(&s->control, SYNC_VERSION);
	frame_put_tag(&s->control, s->shares.list[0].tag);
	frame_put_count(&s->control, (uint32_t)(s->incoming.window / CREDIT_UNIT));
	frame_end(&s->control, begun);
}

/* The initiator says what it has on its list, too: when the responder's is the same and holds
 * the same, that was all. */
static void put_round(struct sync_session *s)
{
	size_t begun = frame_begin(&s->control, FRAME_ROUND);
	struct stand st;

	s->control_sum = share_whole(&s->shares, &s->shares.list[0]);
	frame_put_count(&s->control, s->round);
	buf_u64(&s->control, s->control_sum.sum);
	frame_put_count(&s->control, s->control_sum.count);
	if (s->initiator) {
		outgoing_note(&s->outgoing, true);
		lists_set(&s->lists, &s->shares);
		lists_stand(&s->lists, &s->shares, &st);
		st.counted = st.counted && sketches_help(s);
		frame_put_tag(&s->control, lists_digest(&s->lists, &s->shares, true));
		stand_put(&st, &s->control);
		s->said_count = st.both.count;
	}
	frame_end(&s->control, begun);
}

/* The responder's answer when control is equal. */
static void put_same_round(struct sync_session *s)
{
	size_t begun = frame_begin(&s->control, FRAME_ROUND);

	frame_put_count(&s->control, s->round);
	frame_end(&s->control, begun);
}

/* What the sums of both sides are told to differ by is the responder's to say. */
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

static void enter(struct sync_session *s, enum phase phase)
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
	enter(s, PHASE_OPEN);
	put_round(s);
}

/* Both sides' control differs, as they said. */
static int control_differs(struct sync_session *s, struct summary theirs)
{
	s->digest = 0;
	enter(s, PHASE_CONTROL);
	return compare_start(&s->compare, COMPARE_CONTROL, theirs.count);
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
		enter(s, PHASE_SETTLED);
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
			enter(s, PHASE_ASK);
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

/* So few that they are seldom too many: what is lacking is asked for with a better guess. */
static size_t first_cells(size_t guess)
{
	return guess < MANY_CELLS ? guess + FIRST_CELLS : guess / 4 * 3 + FIRST_CELLS;
}

/* How the shared classes are to be compared, from what both hold of them: by cells unless a
 * third of all differs, or the difference is too large for a row of cells. */
static enum start choose(const struct sync_session *s, const struct stand *ours,
			 const struct stand *theirs, size_t *cells)
{
	int64_t more = (int64_t)theirs->both.count - (int64_t)ours->both.count;
	size_t most = more > 0 ? theirs->both.count : ours->both.count;
	size_t guess;

	if (ours->both.count == theirs->both.count && ours->both.sum == theirs->both.sum) {
		return START_EQUAL;
	}
	if (!theirs->counted || !sketches_help(s)) {
		return START_RANGES;
	}
	guess = sketch_guess(ours->counts, theirs->counts, 0, SKETCH_FEW, more);
	*cells = first_cells(guess);
	return *cells > SKETCH_MAX / 2 || (guess > LARGE && guess > most / 10 * 3) ? START_RANGES
										   : START_CELLS;
}

/* A count as it differs from one that both sides know: 0, 1 more, 1 less, 2 more ... */
static uint32_t folded(uint32_t count, uint32_t known)
{
	return count > known ? (count - known) * 2 - 1 : (known - count) * 2;
}

static uint32_t unfolded(uint32_t folded, uint32_t known)
{
	return (folded & 1) != 0 ? known + folded / 2 + 1 : known - folded / 2;
}

/* The responder knows both lists, and what the initiator holds: both begin. */
static int start(struct sync_session *s, const struct stand *theirs)
{
	struct stand ours;
	enum start how;
	size_t begun, cells = 0;
	int rc = lists_share(&s->lists, &s->shares, false);

	if (rc != ERR_OK) {
		return rc;
	}
	stand_of(&ours, &s->shares);
	how = choose(s, &ours, theirs, &cells);
	begun = frame_begin(&s->control, FRAME_START);
	buf_u8(&s->control, (uint8_t)how);
	frame_put_count(&s->control, folded(ours.both.count, theirs->both.count));
	frame_put_count(&s->control, ours.others);
	if (how == START_CELLS) {
		frame_put_count(&s->control, (uint32_t)cells);
		for (size_t i = SKETCH_FEW; cells >= MANY_CELLS && i < SKETCH_COUNTS; i++) {
			buf_u8(&s->control, (uint8_t)ours.counts[i]);
		}
	}
	frame_end(&s->control, begun);
	if (how == START_EQUAL && !s->lists.one_way) {
		enter(s, PHASE_SETTLED);
		return ERR_OK;
	}
	enter(s, PHASE_SHARED);
	s->differs = false;
	if (how == START_CELLS) {
		rc = cells_start(&s->cells, cells);
	}
	return rc == ERR_OK ? compare_start(&s->compare, COMPARE_ONE_WAY, theirs->others) : rc;
}

int session_classes(struct sync_session *s, const struct sync_class *classes, size_t n)
{
	struct stand st;
	int rc = ERR_OK;

	if (lists_given(&s->lists, &s->shares, classes, n)) {
		cells_close(&s->cells);
		seek_close(&s->seek);
	}
	if (s->phase != PHASE_ASK || (s->initiator && !s->lists.have_theirs)) {
		s->again = true;
		return ERR_OK;
	}
	s->ask_classes = false;
	lists_set(&s->lists, &s->shares);
	if (s->initiator) {
		rc = lists_share(&s->lists, &s->shares, true);
		if (rc == ERR_OK) {
			stand_of(&st, &s->shares);
			st.counted = st.counted && s->theirs.counted && sketches_help(s);
			lists_put(&s->lists, &s->shares, s->round, &st, &s->control);
			s->said_count = st.both.count;
			enter(s, PHASE_CLASSES);
		}
	} else if (s->digest != 0 && s->digest == lists_digest(&s->lists, &s->shares, false)) {
		lists_mirror(&s->lists);
		rc = start(s, &s->theirs);
	} else {
		lists_put(&s->lists, &s->shares, s->round, NULL, &s->control);
		enter(s, PHASE_CLASSES);
	}
	return rc;
}

/* ---- frames that come ---- */

static int bad_frame(struct sync_session *s, const struct frame *f, int code, const char *what)
{
	return err_at(&s->fault, code, f->at, what);
}

static int on_hello(struct sync_session *s, const struct frame *f)
{
	struct wire w;
	uint8_t version;
	bool bad = false;
	uint64_t tag, window;

	wire_init(&w, f->content.data, f->content.len);
	version = wire_u8(&w);
	if (version != SYNC_VERSION) {
		return bad_frame(s, f, ERR_UNSUPPORTED, "version");
	}
	tag = frame_get_tag(&w);
	window = (uint64_t)frame_get_count(&w, &bad) * CREDIT_UNIT;
	if (bad || wire_error(&w) != ERR_OK || wire_left(&w) != 0) {
		return bad_frame(s, f, ERR_MALFORMED, "hello");
	}
	if (tag != s->shares.list[0].tag) {
		return bad_frame(s, f, ERR_UNSUPPORTED, "control class");
	}
	if (window < OUTGOING_WINDOW_MIN) {
		return bad_frame(s, f, ERR_LIMIT, "credit");
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

/* What follows the round's number: nothing, when control is equal and the responder says so. */
static int get_round(struct sync_session *s, struct wire *w, struct summary *control)
{
	bool bad = false;
	int rc = ERR_OK;

	control->sum = wire_u64(w);
	control->count = frame_get_count(w, &bad);
	if (!s->initiator) {
		s->digest = frame_get_tag(w);
		rc = stand_get(&s->theirs, w);
	}
	if (rc != ERR_OK || bad || wire_error(w) != ERR_OK || wire_left(w) != 0) {
		return rc == ERR_LIMIT ? rc : ERR_MALFORMED;
	}
	return control->count > SET_ITEMS_MAX ? ERR_LIMIT : ERR_OK;
}

/* The responder: is control equal?  Then it is the initiator's list that matters. */
static int answer_round_of(struct sync_session *s, uint32_t round, struct summary theirs)
{
	struct summary ours = share_whole(&s->shares, &s->shares.list[0]);

	s->again = false;
	s->round_ms = s->now_ms;
	s->round = round;
	if (ours.sum != theirs.sum || ours.count != theirs.count) {
		put_round(s);
		return control_differs(s, theirs);
	}
	put_same_round(s);
	enter(s, PHASE_ASK);
	return ERR_OK;
}

static int on_round(struct sync_session *s, const struct frame *f)
{
	struct summary theirs = { 0 };
	struct wire w;
	uint32_t round;
	bool bad = false, same;
	int rc = ERR_OK;

	wire_init(&w, f->content.data, f->content.len);
	round = frame_get_count(&w, &bad);
	same = s->initiator && wire_left(&w) == 0;
	if (bad) {
		return bad_frame(s, f, ERR_MALFORMED, "round");
	}
	if (round != (s->initiator ? s->round : s->round + 1) ||
	    (s->initiator && s->phase != PHASE_OPEN)) {
		return bad_frame(s, f, ERR_STATE, "round");
	}
	if (!same) {
		rc = get_round(s, &w, &theirs);
	}
	if (rc != ERR_OK) {
		return bad_frame(s, f, rc, "round");
	}
	if (!s->initiator && !allow_round(s)) {
		return bad_frame(s, f, ERR_LIMIT, "rounds");
	}
	answer_round(&s->answer);
	s->lists.have_theirs = false;
	if (!s->initiator) {
		return answer_round_of(s, round, theirs);
	}
	if (!same) {
		return control_differs(s, theirs);
	}
	enter(s, PHASE_ASK);
	return ERR_OK;
}

static int on_classes(struct sync_session *s, const struct frame *f)
{
	int rc;

	if (s->phase != (s->initiator ? PHASE_ASK : PHASE_CLASSES)) {
		return bad_frame(s, f, ERR_STATE, "classes");
	}
	rc = lists_get(&s->lists, f, &s->shares, s->round, s->initiator, &s->theirs, &s->fault);
	if (rc != ERR_OK) {
		return rc;
	}
	s->ask_classes = s->initiator;
	return s->initiator ? ERR_OK : start(s, &s->theirs);
}

/* The initiator: the responder says how it is to be. */
static int begin_shared(struct sync_session *s, enum start how, const struct stand *theirs,
			size_t cells)
{
	struct stand ours;
	int rc;

	if (how == START_EQUAL && !s->lists.one_way) {
		enter(s, PHASE_SETTLED);
		return ERR_OK;
	}
	enter(s, PHASE_SHARED);
	stand_of(&ours, &s->shares);
	s->declared = (uint64_t)theirs->both.count + theirs->others;
	s->by_cells = how == START_CELLS;
	s->differs = false;
	rc = compare_start(&s->compare,
			   COMPARE_ONE_WAY | (how == START_RANGES ? COMPARE_BOTH_WAYS : 0U),
			   s->declared);
	if (rc == ERR_OK && s->by_cells) {
		rc = seek_start(&s->seek, cells, &ours, theirs);
	}
	return rc;
}

static int on_start(struct sync_session *s, const struct frame *f)
{
	struct stand theirs = { 0 };
	struct wire w;
	uint8_t how;
	size_t cells = 0;
	bool bad = false;
	int rc = ERR_OK;

	wire_init(&w, f->content.data, f->content.len);
	how = wire_u8(&w);
	theirs.both.count = unfolded(frame_get_count(&w, &bad), s->said_count);
	theirs.others = frame_get_count(&w, &bad);
	if (how == START_CELLS) {
		cells = frame_get_count(&w, &bad);
		theirs.counted = cells >= MANY_CELLS;
		for (size_t i = SKETCH_FEW; theirs.counted && i < SKETCH_COUNTS; i++) {
			theirs.counts[i] = wire_u8(&w);
		}
	}
	if (bad || wire_error(&w) != ERR_OK || wire_left(&w) != 0 || how > START_RANGES ||
	    (how == START_CELLS && cells == 0)) {
		return bad_frame(s, f, ERR_MALFORMED, "start");
	}
	if (theirs.both.count > SET_ITEMS_MAX || theirs.others > SET_ITEMS_MAX ||
	    cells > SKETCH_MAX) {
		return bad_frame(s, f, ERR_LIMIT, "start");
	}
	if (!s->initiator || s->lists.have_theirs ||
	    (how == START_CELLS && set_sketch_key(s->shares.set) == NULL)) {
		return bad_frame(s, f, ERR_STATE, "start");
	}
	if (s->phase == PHASE_ASK) { /* its list is like ours, as our ROUND said it */
		lists_mirror(&s->lists);
		rc = lists_share(&s->lists, &s->shares, true);
	}
	return rc == ERR_OK ? begin_shared(s, (enum start)how, &theirs, cells) : rc;
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
		return bad_frame(s, f, ERR_MALFORMED, "done");
	}
	if (round != s->round || (what == DONE_CONTROL) != (s->phase == PHASE_CONTROL) ||
	    s->done_there || (s->initiator && what != DONE_CONTROL && !s->done_here) ||
	    (s->initiator && what == DONE_CHECK && !s->by_cells)) {
		return bad_frame(s, f, ERR_STATE, "done");
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
		return bad_frame(s, f, ERR_MALFORMED, "again");
	}
	if (!s->initiator) {
		return bad_frame(s, f, ERR_STATE, "again");
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
	[FRAME_START] = { PHASE_ASK | PHASE_CLASSES, on_start },
	[FRAME_CELLS] = { PHASE_SHARED, on_cells },
	[FRAME_GROW] = { PHASE_SHARED, on_grow },
	[FRAME_PICK] = { PHASE_GREETED, on_want },
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
			return bad_frame(s, &f, ERR_STATE, "frame");
		}
		rc = rules[f.type].on(s, &f);
		if (rc == ERR_OK) {
			rc = session_advance(s);
		}
	}
	return rc;
}
