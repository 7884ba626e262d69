#include "sync/opening.h"

#define FIRST_CELLS    7U
#define CREDIT_UNIT    1024U
#define MANY_CELLS     128U /* to begin with: then the other counts are worth 48 bytes */
#define FAILURES_MAX   2U   /* as often as cells may come to nothing, then it is ranges */
#define LARGE          64U  /* a difference that matters although it is a third of all */
#define ROUND_TOKEN_MS 500U /* how soon the peer may begin one more than the burst */

enum start { START_EQUAL = 0, START_CELLS = 1, START_RANGES = 2 };

/* ---- HELLO and ROUND ---- */

static bool sketches_help(const struct sync_session *s)
{
	return set_sketch_key(s->shares.set) != NULL && s->failures < FAILURES_MAX &&
	       !s->ranges_only;
}

void opening_put_hello(struct sync_session *s)
{
	size_t begun = frame_begin(&s->control, FRAME_HELLO);

	buf_u8(&s->control, SYNC_VERSION);
	frame_put_tag(&s->control, s->shares.list[0].tag);
	frame_put_count(&s->control, (uint32_t)(s->incoming.window / CREDIT_UNIT));
	frame_end(&s->control, begun);
}

/* The initiator says what it has on its list, too: when the responder's is the same and holds
 * the same, that was all. */
void opening_put_round(struct sync_session *s)
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

int opening_hello(struct sync_session *s, const struct frame *f)
{
	struct wire w;
	uint8_t version;
	bool bad = false;
	uint64_t tag, window;

	wire_init(&w, f->content.data, f->content.len);
	version = wire_u8(&w);
	if (version != SYNC_VERSION) {
		return session_refuse(s, f, ERR_UNSUPPORTED, "version");
	}
	tag = frame_get_tag(&w);
	window = (uint64_t)frame_get_count(&w, &bad) * CREDIT_UNIT;
	if (bad || wire_error(&w) != ERR_OK || wire_left(&w) != 0) {
		return session_refuse(s, f, ERR_MALFORMED, "hello");
	}
	if (tag != s->shares.list[0].tag) {
		return session_refuse(s, f, ERR_UNSUPPORTED, "control class");
	}
	if (window < OUTGOING_WINDOW_MIN) {
		return session_refuse(s, f, ERR_LIMIT, "credit");
	}
	s->outgoing.window = window < OUTGOING_WINDOW_MAX ? window : OUTGOING_WINDOW_MAX;
	session_enter(s, PHASE_OPEN);
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

/* Both sides' control differs, as they said. */
static int control_differs(struct sync_session *s, struct summary theirs)
{
	s->digest = 0;
	session_enter(s, PHASE_CONTROL);
	return compare_start(&s->compare, COMPARE_CONTROL, theirs.count);
}

/* The responder: is control equal?  Then it is the initiator's list that matters. */
static int answer_round_of(struct sync_session *s, uint32_t round, struct summary theirs)
{
	struct summary ours = share_whole(&s->shares, &s->shares.list[0]);

	s->again = false;
	s->round_ms = s->now_ms;
	s->round = round;
	if (ours.sum != theirs.sum || ours.count != theirs.count) {
		opening_put_round(s);
		return control_differs(s, theirs);
	}
	put_same_round(s);
	session_enter(s, PHASE_ASK);
	return ERR_OK;
}

int opening_round(struct sync_session *s, const struct frame *f)
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
		return session_refuse(s, f, ERR_MALFORMED, "round");
	}
	if (round != (s->initiator ? s->round : s->round + 1) ||
	    (s->initiator && s->phase != PHASE_OPEN)) {
		return session_refuse(s, f, ERR_STATE, "round");
	}
	if (!same) {
		rc = get_round(s, &w, &theirs);
	}
	if (rc != ERR_OK) {
		return session_refuse(s, f, rc, "round");
	}
	if (!s->initiator && !allow_round(s)) {
		return session_refuse(s, f, ERR_LIMIT, "rounds");
	}
	answer_round(&s->answer);
	s->lists.have_theirs = false;
	if (!s->initiator) {
		return answer_round_of(s, round, theirs);
	}
	if (!same) {
		return control_differs(s, theirs);
	}
	session_enter(s, PHASE_ASK);
	return ERR_OK;
}

/* ---- the responder: CLASSES, or START at once ---- */

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
		session_enter(s, PHASE_SETTLED);
		return ERR_OK;
	}
	session_enter(s, PHASE_SHARED);
	s->differs = false;
	if (how == START_CELLS) {
		rc = cells_start(&s->cells, cells);
	}
	return rc == ERR_OK ? compare_start(&s->compare, COMPARE_ONE_WAY, theirs->others) : rc;
}

int opening_classes(struct sync_session *s, const struct sync_class *classes, size_t n)
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
			session_enter(s, PHASE_CLASSES);
		}
	} else if (s->digest != 0 && s->digest == lists_digest(&s->lists, &s->shares, false)) {
		lists_mirror(&s->lists);
		rc = start(s, &s->theirs);
	} else {
		lists_put(&s->lists, &s->shares, s->round, NULL, &s->control);
		session_enter(s, PHASE_CLASSES);
	}
	return rc;
}

int opening_their_classes(struct sync_session *s, const struct frame *f)
{
	int rc;

	if (s->phase != (s->initiator ? PHASE_ASK : PHASE_CLASSES)) {
		return session_refuse(s, f, ERR_STATE, "classes");
	}
	rc = lists_get(&s->lists, f, &s->shares, s->round, s->initiator, &s->theirs, &s->fault);
	if (rc != ERR_OK) {
		return rc;
	}
	s->ask_classes = s->initiator;
	return s->initiator ? ERR_OK : start(s, &s->theirs);
}

/* ---- the initiator ---- */

/* The initiator: the responder says how it is to be. */
static int begin_shared(struct sync_session *s, enum start how, const struct stand *theirs,
			size_t cells)
{
	struct stand ours;
	int rc;

	if (how == START_EQUAL && !s->lists.one_way) {
		session_enter(s, PHASE_SETTLED);
		return ERR_OK;
	}
	session_enter(s, PHASE_SHARED);
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

int opening_start(struct sync_session *s, const struct frame *f)
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
		return session_refuse(s, f, ERR_MALFORMED, "start");
	}
	if (theirs.both.count > SET_ITEMS_MAX || theirs.others > SET_ITEMS_MAX ||
	    cells > SKETCH_MAX) {
		return session_refuse(s, f, ERR_LIMIT, "start");
	}
	if (!s->initiator || s->lists.have_theirs ||
	    (how == START_CELLS && set_sketch_key(s->shares.set) == NULL)) {
		return session_refuse(s, f, ERR_STATE, "start");
	}
	if (s->phase == PHASE_ASK) { /* its list is like ours, as our ROUND said it */
		lists_mirror(&s->lists);
		rc = lists_share(&s->lists, &s->shares, true);
	}
	return rc == ERR_OK ? begin_shared(s, (enum start)how, &theirs, cells) : rc;
}
