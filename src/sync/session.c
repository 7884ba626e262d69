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
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sync/announce.h"
#include "sync/answer.h"
#include "sync/compare.h"
#include "sync/frame.h"
#include "sync/incoming.h"
#include "sync/outgoing.h"
#include "sync/share.h"
#include "sync/sync.h"

#define CREDIT_BYTES   (1024U * 1024)
#define REPEAT_MS      60000U
#define ROUND_GAP_MS   1000U /* at least between two rounds that we begin */
#define ROUND_BURST    16U   /* rounds that the peer may begin at once ... */
#define ROUND_TOKEN_MS 500U  /* ... and how soon it may begin one more */
#define TAG_SEND       1U
#define TAG_TAKE       2U
#define TAG_FLAGS      3U

enum phase {
	PHASE_GREET = 1,
	PHASE_OPEN = 2,
	PHASE_CONTROL = 4,
	PHASE_ASK = 8,
	PHASE_CLASSES = 16,
	PHASE_SHARED = 32,
	PHASE_SETTLED = 64,
	PHASE_COMPARE = PHASE_CONTROL | PHASE_SHARED,
	PHASE_GREETED = 127 & ~PHASE_GREET,
};

/* A class on our list, by its tag. */
struct mine {
	uint64_t tag;
	uint8_t class_id[ENTRY_CLASS_BYTES];
	bool said_send, said_take; /* in our CLASSES: both sides reckon with it */
	bool send, take;           /* now; perhaps less */
};

struct sync_session {
	bool initiator;
	enum phase phase;
	uint32_t round;
	struct summary round_sum;   /* what our ROUND said: both sides reckon with it */
	bool done_here, done_there; /* of this phase's comparison */
	bool again;                 /* compare again as soon as may be */
	bool ask_classes, tell_settled;
	uint64_t now_ms, repeat_ms, round_ms, wake_ms, woken_ms;
	uint64_t tokens_ms; /* when the peer's allowance of rounds was last reckoned */
	unsigned tokens;
	size_t chunk_bytes;
	int error;
	struct fault fault;
	struct shares shares;
	struct mine mine[SYNC_CLASSES_MAX]; /* sorted by tag; what our CLASSES said */
	size_t n_mine;
	struct summary mine_sum;
	uint64_t theirs[SYNC_CLASSES_MAX]; /* tags with flags, sorted */
	size_t n_theirs;
	bool have_theirs;
	struct summary their_sum;
	struct incoming incoming;
	struct outgoing outgoing;
	struct announce announce;
	struct compare compare;
	struct answer answer;
	struct buf control; /* frames of the phases, to be sent first */
	struct buf message; /* lent to the caller */
	uint64_t sent_bytes, received_bytes, round_trips, refused;
	bool spoke; /* since the peer did */
};

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

	s->round_sum = share_whole(&s->shares, &s->shares.list[0]);
	buf_u32(&s->control, s->round);
	buf_u64(&s->control, s->round_sum.sum);
	buf_u32(&s->control, s->round_sum.count);
	frame_end(&s->control, begun);
}

static void put_done(struct sync_session *s)
{
	size_t begun = frame_begin(&s->control, FRAME_DONE);

	buf_u32(&s->control, s->round);
	buf_u8(&s->control, s->phase == PHASE_CONTROL ? 0 : 1);
	frame_end(&s->control, begun);
}

static void put_classes(struct sync_session *s)
{
	size_t begun = frame_begin(&s->control, FRAME_CLASSES);

	buf_u32(&s->control, s->round);
	buf_u64(&s->control, s->mine_sum.sum);
	buf_u32(&s->control, s->mine_sum.count);
	for (size_t i = 0; i < s->n_mine; i++) {
		const struct mine *m = &s->mine[i];

		frame_put_tag(&s->control,
			      m->tag | (m->send ? TAG_SEND : 0) | (m->take ? TAG_TAKE : 0));
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

/* Both sides' ROUND is here. */
static int opened(struct sync_session *s, struct summary theirs)
{
	answer_round(&s->answer);
	s->have_theirs = false;
	if (s->round_sum.sum == theirs.sum && s->round_sum.count == theirs.count) {
		enter(s, PHASE_ASK);
		return ERR_OK;
	}
	enter(s, PHASE_CONTROL);
	return compare_start(&s->compare, 0, 1, theirs.count);
}

/* Say that we are done with this phase when we are; go on when both are. */
static int advance(struct sync_session *s)
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
		} else {
			s->again = false;
			s->round_ms = s->now_ms;
			frame_end(&s->control, frame_begin(&s->control, FRAME_AGAIN));
		}
	}
	return buf_error(&s->control);
}

/* ---- which classes are shared ---- */

static uint64_t tag_of(const struct sync_session *s, const struct sync_class *c)
{
	return name_tag(&s->shares.keys, c->class_id);
}

static int by_tag(const void *a, const void *b)
{
	uint64_t x = ((const struct mine *)a)->tag;
	uint64_t y = ((const struct mine *)b)->tag;

	return x < y ? -1 : x > y;
}

static int check_classes(const struct sync_class *classes, size_t n,
			 const struct sync_class **control)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		if (classes[i].control) {
			*control = &classes[i];
			found++;
		}
	}
	if (n > SYNC_CLASSES_MAX || found != 1 || !(*control)->send || !(*control)->take) {
		return ERR_RANGE;
	}
	return ERR_OK;
}

/* Our list, without the control class, which is shared anyway. */
static void list_mine(struct sync_session *s, const struct sync_class *classes, size_t n)
{
	size_t kept = 0;

	s->n_mine = 0;
	for (size_t i = 0; i < n; i++) {
		if (!classes[i].control && (classes[i].send || classes[i].take)) {
			struct mine *m = &s->mine[s->n_mine++];

			*m = (struct mine){ .tag = tag_of(s, &classes[i]),
					    .said_send = classes[i].send,
					    .said_take = classes[i].take,
					    .send = classes[i].send,
					    .take = classes[i].take };
			memcpy(m->class_id, classes[i].class_id, sizeof m->class_id);
		}
	}
	qsort(s->mine, s->n_mine, sizeof s->mine[0], by_tag);
	/* Two classes with one tag: one of them has to wait for another salt. */
	for (size_t i = 0; i < s->n_mine; i++) {
		if (kept == 0 || s->mine[kept - 1].tag != s->mine[i].tag) {
			s->mine[kept++] = s->mine[i];
		}
	}
	s->n_mine = kept;
}

/* The sum over all classes that we have to compare in both directions. */
static struct summary sum_mine(struct sync_session *s)
{
	struct summary all = { 0 };

	for (size_t i = 0; i < s->n_mine; i++) {
		struct share *known = share_by_class(&s->shares, s->mine[i].class_id);
		struct share unknown = { 0 };
		struct summary one;

		memcpy(unknown.class_id, s->mine[i].class_id, sizeof unknown.class_id);
		one = share_whole(&s->shares, known != NULL ? known : &unknown);
		all.sum += one.sum;
		all.count += one.count;
	}
	return all;
}

static bool lists_agree(const struct sync_session *s)
{
	if (s->n_mine != s->n_theirs) {
		return false;
	}
	for (size_t i = 0; i < s->n_mine; i++) {
		if (!s->mine[i].said_send || !s->mine[i].said_take ||
		    s->theirs[i] != (s->mine[i].tag | TAG_FLAGS)) {
			return false;
		}
	}
	return true;
}

static void add_share(const struct sync_session *s, struct shares *to, const struct mine *m,
		      uint64_t theirs)
{
	const struct share *before = NULL;
	struct share *h = &to->list[to->n];

	for (size_t i = 0; i < s->shares.n && before == NULL; i++) {
		if (memcmp(s->shares.list[i].class_id, m->class_id, ENTRY_CLASS_BYTES) == 0) {
			before = &s->shares.list[i];
		}
	}
	*h = before != NULL ? *before : (struct share){ .tag = m->tag };
	memcpy(h->class_id, m->class_id, sizeof h->class_id);
	h->send = m->send && (theirs & TAG_TAKE) != 0;
	h->take = m->take && (theirs & TAG_SEND) != 0;
	/* Who drives follows from what was said: both sides must come to the same. */
	h->drive = m->said_take && (theirs & TAG_SEND) != 0 &&
		   (s->initiator || !m->said_send || (theirs & TAG_TAKE) == 0);
	to->n++; /* also when a narrower list came meanwhile: the peer does not know that yet */
}

/* Intersect both lists.  Classes that were shared stay known for a while: what the peer sent
 * before it heard is dropped, not punished. */
static int share_classes(struct sync_session *s)
{
	struct shares *to = calloc(1, sizeof *to);
	size_t i = 0, j = 0;

	if (to == NULL) {
		return ERR_NOMEM;
	}
	to->list[0] = s->shares.list[0];
	to->n = 1;
	while (i < s->n_mine && j < s->n_theirs) {
		uint64_t theirs = s->theirs[j] & ~(uint64_t)TAG_FLAGS;

		if (s->mine[i].tag == theirs) {
			add_share(s, to, &s->mine[i++], s->theirs[j++]);
		} else if (s->mine[i].tag < theirs) {
			i++;
		} else {
			j++;
		}
	}
	for (i = 1; i < s->shares.n && to->n < SHARE_MAX; i++) {
		struct share old = s->shares.list[i];

		if (share_by_tag(to, old.tag) == NULL) {
			old.send = false;
			old.take = false;
			old.drive = false;
			to->list[to->n++] = old;
		}
	}
	memcpy(s->shares.list, to->list, sizeof to->list);
	s->shares.n = to->n;
	free(to);
	return ERR_OK;
}

/* Our list and the peer's are there. */
static int both_lists(struct sync_session *s)
{
	bool equal = lists_agree(s) && s->mine_sum.sum == s->their_sum.sum &&
		     s->mine_sum.count == s->their_sum.count;
	int rc = share_classes(s);

	if (rc != ERR_OK) {
		return rc;
	}
	s->have_theirs = false;
	if (equal) {
		enter(s, PHASE_SETTLED);
		return ERR_OK;
	}
	enter(s, PHASE_SHARED);
	return compare_start(&s->compare, 1, s->shares.n, s->their_sum.count);
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
	s->tokens = more > ROUND_BURST - s->tokens ? ROUND_BURST : s->tokens + (unsigned)more;
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
	struct wire w;
	uint32_t round;
	size_t n = 0;

	wire_init(&w, f->content.data, f->content.len);
	round = wire_u32(&w);
	s->their_sum.sum = wire_u64(&w);
	s->their_sum.count = wire_u32(&w);
	if (wire_error(&w) != ERR_OK || wire_left(&w) % NAME_TAG_BYTES != 0) {
		return bad(s, f, ERR_MALFORMED, "classes");
	}
	if (wire_left(&w) / NAME_TAG_BYTES > SYNC_CLASSES_MAX ||
	    s->their_sum.count > SET_ITEMS_MAX) {
		return bad(s, f, ERR_LIMIT, "classes");
	}
	if (round != s->round || s->have_theirs) {
		return bad(s, f, ERR_STATE, "classes");
	}
	while (wire_left(&w) > 0) {
		uint64_t tag = frame_get_tag(&w);

		if ((tag & TAG_FLAGS) == 0 || (n > 0 && s->theirs[n - 1] >> 2 >= tag >> 2)) {
			return bad(s, f, ERR_MALFORMED, "class");
		}
		s->theirs[n++] = tag;
	}
	s->n_theirs = n;
	s->have_theirs = true;
	return s->phase == PHASE_CLASSES ? both_lists(s) : ERR_OK;
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

/* ---- what callers do ---- */

/* Every input begins here ... */
static int input(struct sync_session *s, uint64_t now_ms)
{
	incoming_release(&s->incoming);
	if (now_ms > s->now_ms) {
		s->now_ms = now_ms;
	}
	return s->error;
}

/* ... and ends here. */
static int output(struct sync_session *s, int rc)
{
	if (rc == ERR_OK) {
		rc = advance(s);
	}
	if (rc != ERR_OK && s->error == ERR_OK) {
		s->error = rc;
		if (s->fault.code == ERR_OK) {
			s->fault = (struct fault){ .code = rc, .what = "session" };
		}
	}
	return rc;
}

int sync_session_new(struct sync_set *set, const struct sync_config *config,
		     const struct sync_class *classes, size_t n, uint64_t now_ms,
		     struct sync_session **out)
{
	const struct sync_class *control = NULL;
	struct sync_session *s;
	uint64_t credit = config->credit_bytes == 0 ? CREDIT_BYTES : config->credit_bytes;
	int rc = check_classes(classes, n, &control);

	if (rc != ERR_OK) {
		return rc;
	}
	s = calloc(1, sizeof *s);
	if (s == NULL) {
		return ERR_NOMEM;
	}
	credit = credit < SYNC_CREDIT_MIN ? SYNC_CREDIT_MIN : credit;
	credit = credit > SYNC_CREDIT_MAX ? SYNC_CREDIT_MAX : credit;
	s->initiator = config->initiator;
	s->repeat_ms = config->repeat_ms == 0 ? REPEAT_MS : config->repeat_ms;
	s->chunk_bytes = config->chunk_bytes == 0 || config->chunk_bytes > SYNC_CHUNK_BYTES
			     ? SYNC_CHUNK_BYTES
			     : config->chunk_bytes;
	s->chunk_bytes = s->chunk_bytes < SYNC_CHUNK_MIN ? SYNC_CHUNK_MIN : s->chunk_bytes;
	s->now_ms = now_ms;
	s->tokens_ms = now_ms;
	s->tokens = ROUND_BURST;
	s->phase = PHASE_GREET;
	s->shares.set = set;
	name_keys(&s->shares.keys, config->salt);
	s->shares.list[0] = (struct share){
		.tag = tag_of(s, control), .send = true, .take = true, .drive = config->initiator
	};
	memcpy(s->shares.list[0].class_id, control->class_id, ENTRY_CLASS_BYTES);
	s->shares.n = 1;
	buf_init(&s->control, SYNC_MESSAGE_MAX / 2);
	buf_init(&s->message, SYNC_MESSAGE_MAX);
	answer_init(&s->answer, &s->shares, s->chunk_bytes);
	compare_init(&s->compare, &s->shares, &s->incoming, &s->announce);
	rc = incoming_init(&s->incoming, &s->shares, credit);
	if (rc == ERR_OK) {
		rc = outgoing_init(&s->outgoing, &s->shares, s->chunk_bytes);
	}
	if (rc == ERR_OK) {
		rc = announce_init(&s->announce, &s->shares);
	}
	/* Sending must not fail for want of memory later. */
	if (rc == ERR_OK && (buf_extend(&s->message, SYNC_MESSAGE_MAX) == NULL ||
			     buf_extend(&s->control, SYNC_MESSAGE_MAX / 2) == NULL)) {
		rc = ERR_NOMEM;
	}
	if (rc != ERR_OK) {
		sync_session_free(s);
		return rc;
	}
	buf_clear(&s->message);
	buf_clear(&s->control);
	put_hello(s);
	if (s->initiator) {
		s->round = 1;
		s->round_ms = now_ms;
		put_round(s);
	}
	*out = s;
	return ERR_OK;
}

void sync_session_free(struct sync_session *s)
{
	if (s != NULL) {
		incoming_done(&s->incoming);
		outgoing_done(&s->outgoing);
		announce_done(&s->announce);
		compare_done(&s->compare);
		buf_done(&s->control);
		buf_done(&s->message);
		free(s);
	}
}

int sync_message(struct sync_session *s, struct bytes message, uint64_t now_ms)
{
	struct wire w;
	int rc = input(s, now_ms);

	if (rc != ERR_OK) {
		return rc;
	}
	s->received_bytes += message.len;
	s->round_trips += s->spoke;
	s->spoke = false;
	if (message.len == 0 || message.len > SYNC_MESSAGE_MAX) {
		return output(s, err_at(&s->fault, ERR_LIMIT, 0, "message"));
	}
	wire_init(&w, message.data, message.len);
	while (rc == ERR_OK && wire_left(&w) > 0) {
		struct frame f;

		rc = frame_next(&w, &f, &s->fault);
		if (rc != ERR_OK) {
			break;
		}
		if ((rules[f.type].phases & s->phase) == 0) {
			rc = bad(s, &f, ERR_STATE, "frame");
			break;
		}
		s->fault = (struct fault){ 0 };
		rc = rules[f.type].on(s, &f);
		if (rc == ERR_OK) {
			rc = advance(s);
		}
	}
	return output(s, rc);
}

int sync_stored(struct sync_session *s, const uint8_t id[ENTRY_ID_BYTES], int code)
{
	int rc = input(s, 0);

	if (rc != ERR_OK) {
		return rc;
	}
	rc = incoming_stored(&s->incoming, id, code);
	if (rc == ERR_NOTFOUND) {
		return rc;
	}
	s->refused += code != ERR_OK && code != ERR_EXISTS && code != ERR_STALE;
	return output(s, rc);
}

int sync_loaded(struct sync_session *s, const uint8_t id[ENTRY_ID_BYTES], struct bytes entry)
{
	int rc = input(s, 0);

	if (rc != ERR_OK) {
		return rc;
	}
	rc = outgoing_loaded(&s->outgoing, id, entry);
	return rc == ERR_NOTFOUND || rc == ERR_LIMIT ? rc : output(s, rc);
}

int sync_offer(struct sync_session *s, const struct sync_item *item)
{
	const struct share *share = share_by_class(&s->shares, item->class_id);
	const struct set_held *h = set_find(s->shares.set, item->id);
	uint64_t name = name_of(&s->shares.keys, item->id);
	int rc = input(s, 0);

	if (rc != ERR_OK || h == NULL || h->state != SET_LIVE) {
		return rc;
	}
	if (share == NULL || !share->send) {
		/* Perhaps it will be shared when this round's lists are there. */
		s->again = s->again || s->phase != PHASE_SETTLED;
		return output(s, ERR_OK);
	}
	if (incoming_knows(&s->incoming, name)) {
		return ERR_OK;
	}
	rc = item->lane <= LANE_ALERT ? outgoing_push(&s->outgoing, h) : ERR_FULL;
	if (rc == ERR_FULL) {
		rc = announce_offer(&s->announce, (struct named){ name, (uint8_t)h->lane });
	}
	if (rc == ERR_FULL) {
		s->again = true;
	}
	return output(s, rc == ERR_FULL || rc == ERR_EXISTS ? ERR_OK : rc);
}

/* What our list takes away counts at once, whatever the peer knows yet. */
static void narrow_shares(struct sync_session *s, const struct sync_class *classes, size_t n)
{
	for (size_t i = 1; i < s->shares.n; i++) {
		struct share *h = &s->shares.list[i];
		const struct sync_class *c = NULL;

		for (size_t j = 0; j < n && c == NULL; j++) {
			if (memcmp(classes[j].class_id, h->class_id, ENTRY_CLASS_BYTES) == 0) {
				c = &classes[j];
			}
		}
		h->send = h->send && c != NULL && c->send;
		h->take = h->take && c != NULL && c->take;
	}
}

/* In the middle of a round a new list can only take away; the next round gives. */
static void narrow_mine(struct sync_session *s, const struct sync_class *classes, size_t n)
{
	for (size_t i = 0; i < s->n_mine; i++) {
		struct mine *m = &s->mine[i];
		const struct sync_class *c = NULL;

		for (size_t j = 0; j < n && c == NULL; j++) {
			if (memcmp(classes[j].class_id, m->class_id, ENTRY_CLASS_BYTES) == 0) {
				c = &classes[j];
			}
		}
		m->send = m->send && c != NULL && c->send;
		m->take = m->take && c != NULL && c->take;
	}
	s->again = true;
}

int sync_classes(struct sync_session *s, const struct sync_class *classes, size_t n,
		 uint64_t now_ms)
{
	const struct sync_class *control = NULL;
	int rc = input(s, now_ms);

	if (rc != ERR_OK) {
		return rc;
	}
	if (check_classes(classes, n, &control) != ERR_OK ||
	    tag_of(s, control) != s->shares.list[0].tag) {
		return ERR_RANGE;
	}
	narrow_shares(s, classes, n);
	if (s->phase != PHASE_ASK) {
		narrow_mine(s, classes, n);
		return output(s, ERR_OK);
	}
	s->ask_classes = false;
	list_mine(s, classes, n);
	s->mine_sum = sum_mine(s);
	put_classes(s);
	enter(s, PHASE_CLASSES);
	return output(s, s->have_theirs ? both_lists(s) : ERR_OK);
}

int sync_wake(struct sync_session *s, uint64_t now_ms)
{
	int rc = input(s, now_ms);

	if (rc != ERR_OK) {
		return rc;
	}
	s->woken_ms = 0; /* too early: say it again */
	if (s->phase == PHASE_SETTLED && s->now_ms >= s->wake_ms) {
		s->again = true;
		s->wake_ms = s->now_ms + s->repeat_ms;
	}
	return output(s, ERR_OK);
}

/* ---- what there is to do ---- */

static int fill(struct sync_session *s)
{
	struct buf *out = &s->message;
	size_t max = s->chunk_bytes;
	int rc;

	buf_clear(out);
	buf_put(out, s->control.data, s->control.len);
	buf_clear(&s->control);
	if (s->phase == PHASE_GREET || out->len >= max) {
		return buf_error(out);
	}
	incoming_fill(&s->incoming, out, max);
	outgoing_fill_urgent(&s->outgoing, out, max);
	compare_fill(&s->compare, out, max);
	rc = answer_fill(&s->answer, out, max);
	if (rc == ERR_OK) {
		rc = announce_fill(&s->announce, out, max);
	}
	if (rc == ERR_OK) {
		outgoing_fill(&s->outgoing, out, max);
		rc = buf_error(out);
	}
	return rc;
}

static bool poll_caller(struct sync_session *s, struct sync_out *out)
{
	const struct arrival *a;

	if (incoming_give(&s->incoming, &a)) {
		out->kind = SYNC_STORE;
		out->bytes = (struct bytes){ a->data, a->len };
		memcpy(out->id, a->id, sizeof out->id);
	} else if (outgoing_kept(&s->outgoing, out->id)) {
		out->kind = SYNC_KEPT;
	} else if (s->ask_classes) {
		s->ask_classes = false;
		out->kind = SYNC_CLASSES;
	} else if (s->tell_settled) {
		s->tell_settled = false;
		out->kind = SYNC_SETTLED;
	} else if (outgoing_load(&s->outgoing, out->id)) {
		out->kind = SYNC_LOAD;
	}
	return out->kind != SYNC_NOTHING;
}

void sync_poll(struct sync_session *s, struct sync_out *out)
{
	uint64_t wake;
	int rc = ERR_OK;

	*out = (struct sync_out){ 0 };
	incoming_release(&s->incoming);
	if (s->error == ERR_OK && poll_caller(s, out)) {
		return;
	}
	if (s->error == ERR_OK) {
		rc = output(s, ERR_OK);
	}
	if (s->error == ERR_OK) {
		rc = output(s, fill(s));
	}
	if (rc == ERR_OK && s->error == ERR_OK && s->message.len > 0) {
		out->kind = SYNC_SEND;
		out->bytes = buf_bytes(&s->message);
		s->sent_bytes += s->message.len;
		s->spoke = true;
		return;
	}
	/* A failure in here is told by the next input: ask for one. */
	wake = s->error != ERR_OK ? s->now_ms : s->wake_ms;
	if (wake != 0 && wake != s->woken_ms) {
		s->woken_ms = wake;
		out->kind = SYNC_WAKE;
		out->at_ms = wake;
	}
}

static bool idle(const struct sync_session *s)
{
	return compare_idle(&s->compare) && announce_idle(&s->announce) &&
	       incoming_idle(&s->incoming) && outgoing_idle(&s->outgoing);
}

void sync_session_progress(const struct sync_session *s, struct sync_progress *out)
{
	*out = (struct sync_progress){
		.settled = s->error == ERR_OK && s->phase == PHASE_SETTLED && idle(s),
		.sent = s->outgoing.kept,
		.received = s->incoming.stored,
		.sent_bytes = s->sent_bytes,
		.received_bytes = s->received_bytes,
		.to_send = s->outgoing.busy.count,
		.to_receive = s->incoming.index.count,
		.round_trips = s->round_trips,
		.refused = s->refused,
		.memory_bytes = sizeof *s + s->message.room + s->control.room +
				incoming_bytes(&s->incoming) + outgoing_bytes(&s->outgoing) +
				s->announce.bytes +
				ANNOUNCE_OFFERS_MAX * sizeof *s->announce.offers +
				s->compare.room * sizeof *s->compare.stack,
	};
}

void sync_session_fault(const struct sync_session *s, struct fault *out)
{
	*out = s->fault;
}
