#include "sync/sync.h"

#include <stdlib.h>
#include <string.h>

#include "base/rule.h"
#include "sync/opening.h"
#include "sync/session.h"

#define CREDIT_BYTES ((size_t)1 << 20)
#define REPEAT_MS    60000U

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
		rc = session_advance(s);
	}
	if (rc != ERR_OK && s->error == ERR_OK) {
		s->error = rc;
		if (s->fault.code == ERR_OK) {
			s->fault = (struct fault){ .code = rc, .what = "session" };
		}
	}
	return rc;
}

/* 0 stands for the default; what is out of range is brought into it. */
static uint64_t within(uint64_t v, uint64_t usual, uint64_t least, uint64_t most)
{
	v = v == 0 ? usual : v;
	v = v < least ? least : v;
	return v > most ? most : v;
}

static int init_parts(struct sync_session *s, uint64_t credit)
{
	int rc;

	buf_init(&s->control, SYNC_MESSAGE_MAX / 2);
	buf_init(&s->message, SYNC_MESSAGE_MAX);
	answer_init(&s->answer, &s->shares, s->chunk_bytes);
	compare_init(&s->compare, &s->shares, &s->incoming, &s->announce);
	seek_init(&s->seek, &s->shares, &s->incoming, &s->outgoing);
	cells_init(&s->cells, &s->shares);
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
	buf_clear(&s->message);
	buf_clear(&s->control);
	return rc;
}

int sync_session_new(struct sync_set *set, const struct sync_config *config,
		     const struct sync_class *classes, size_t n, uint64_t now_ms,
		     struct sync_session **out)
{
	const struct sync_class *control = NULL;
	struct sync_session *s;
	int rc = lists_check(classes, n, &control);

	if (rc != ERR_OK) {
		return rc;
	}
	s = calloc(1, sizeof *s);
	if (s == NULL) {
		return ERR_NOMEM;
	}
	s->initiator = config->initiator;
	s->repeat_ms = within(config->repeat_ms, REPEAT_MS, 1, UINT64_MAX / 2);
	s->chunk_bytes =
	    (size_t)within(config->chunk_bytes, SYNC_CHUNK_BYTES, SYNC_CHUNK_MIN, SYNC_CHUNK_BYTES);
	s->now_ms = now_ms;
	s->shares.set = set;
	name_keys(&s->shares.keys, config->salt);
	s->shares.list[0] = (struct share){ .tag = name_tag(&s->shares.keys, control->class_id),
					    .send = true,
					    .take = true,
					    .drive = config->initiator };
	memcpy(s->shares.list[0].class_id, control->class_id, ENTRY_CLASS_BYTES);
	s->ranges_only = config->ranges_only;
	(void)lists_given(&s->lists, &s->shares, classes, n);
	s->shares.n = 1;
	rc = init_parts(
	    s, within(config->credit_bytes, CREDIT_BYTES, SYNC_CREDIT_MIN, SYNC_CREDIT_MAX));
	if (rc != ERR_OK) {
		sync_session_free(s);
		return rc;
	}
	session_open(s);
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
		seek_done(&s->seek);
		cells_stop(&s->cells);
		buf_done(&s->control);
		buf_done(&s->message);
		free(s);
	}
}

int sync_message(struct sync_session *s, struct bytes message, uint64_t now_ms)
{
	int rc = input(s, now_ms);

	if (rc != ERR_OK) {
		return rc;
	}
	s->received_bytes += message.len;
	s->round_trips += s->spoke;
	s->spoke = false;
	return output(s, session_message(s, message));
}

int sync_stored(struct sync_session *s, const uint8_t id[ENTRY_ID_BYTES], int code)
{
	int rc = input(s, 0);

	if (rc != ERR_OK) {
		return rc;
	}
	rc = incoming_stored(&s->incoming, id, code);
	if (rc == ERR_OK) {
		outgoing_noted(&s->outgoing, name_of(&s->shares.keys, id));
	}
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
	if (incoming_knows(&s->incoming, name) ||
	    incoming_knows(&s->incoming, name_of_plain(sketch_name(item->id)))) {
		return ERR_OK;
	}
	rc = h->lane <= LANE_ALERT ? orders_push(&s->outgoing, h) : ERR_FULL;
	if (rc == ERR_FULL) {
		rc = announce_offer(&s->announce, (struct named){ name, (uint8_t)h->lane });
	}
	if (rc == ERR_FULL) {
		s->again = true;
	}
	return output(s, rc == ERR_FULL || rc == ERR_EXISTS || rc == ERR_DENIED ? ERR_OK : rc);
}

int sync_classes(struct sync_session *s, const struct sync_class *classes, size_t n,
		 uint64_t now_ms)
{
	const struct sync_class *control = NULL;
	int rc = input(s, now_ms);

	if (rc != ERR_OK) {
		return rc;
	}
	if (lists_check(classes, n, &control) != ERR_OK ||
	    name_tag(&s->shares.keys, control->class_id) != s->shares.list[0].tag) {
		return ERR_RANGE;
	}
	return output(s, opening_classes(s, classes, n));
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
	seek_fill(&s->seek, out, max);
	replies_fill(&s->incoming, out, max);
	if (RULE(alert_first, true)) {
		outgoing_fill_urgent(&s->outgoing, out, max);
	}
	compare_fill(&s->compare, out, max);
	cells_fill(&s->cells, out, max);
	rc = answer_fill(&s->answer, out, max);
	if (rc == ERR_OK) {
		rc = announce_fill(&s->announce, out, max);
	}
	if (rc == ERR_OK) {
		outgoing_fill(&s->outgoing, out, max);
		if (!RULE(alert_first, true)) {
			outgoing_fill_urgent(&s->outgoing, out, max);
		}
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

	*out = (struct sync_out){ 0 };
	buf_clear(&s->message);
	incoming_release(&s->incoming);
	if (s->error == ERR_OK && output(s, seek_feed(&s->seek)) == ERR_OK && poll_caller(s, out)) {
		return;
	}
	/* Twice: looking for something to say may show that there is nothing left to do, and
	 * that is to be said, too. */
	for (int i = 0; i < 2 && s->error == ERR_OK && s->message.len == 0; i++) {
		if (output(s, ERR_OK) == ERR_OK) {
			(void)output(s, fill(s));
		}
	}
	if (s->error == ERR_OK && s->message.len > 0) {
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

void sync_session_progress(const struct sync_session *s, struct sync_progress *out)
{
	*out = (struct sync_progress){
		.settled = s->error == ERR_OK && s->phase == PHASE_SETTLED && session_idle(s),
		.sent = s->outgoing.kept,
		.received = s->incoming.stored,
		.sent_bytes = s->sent_bytes,
		.received_bytes = s->received_bytes,
		.to_send = s->outgoing.busy.count,
		.to_receive = s->incoming.wants.index.count,
		.round_trips = s->round_trips,
		.refused = s->refused,
		.memory_bytes = sizeof *s + s->message.room + s->control.room +
				incoming_bytes(&s->incoming) + outgoing_bytes(&s->outgoing) +
				s->announce.bytes +
				ANNOUNCE_OFFERS_MAX * sizeof *s->announce.offers +
				s->compare.room * sizeof *s->compare.stack + seek_bytes(&s->seek) +
				s->cells.row.n * CELL_BYTES,
	};
}

void sync_session_fault(const struct sync_session *s, struct fault *out)
{
	*out = s->fault;
}
