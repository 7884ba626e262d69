#include "channel/link.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "channel/link_frame.h"

/* The handshake and the frames: docs/PROTOCOL.md, "Channel".
 *
 *   initiator   IDLE --start--> WAIT_2 --message 2--------------------> OPEN
 *   responder                   WAIT_1 --message 1--> WAIT_3 --message 3--> OPEN --frame--> OPEN
 *
 * Whatever else happens leads to DEAD, and nothing leads away from there. */
enum state { DEAD = 0, IDLE, WAIT_1, WAIT_2, WAIT_3, OPEN, STATE_COUNT };

#define KEY_SEALED (NOISE_KEY_BYTES + NOISE_TAG_BYTES)
#define MESSAGE_1  (NOISE_KEY_BYTES + LINK_STAMP_BYTES + NOISE_TAG_BYTES)

static_assert(LINK_MESSAGE_MAX == LINK_FRAME_CONTENT_MAX, "the longest frame");

/* What one direction has carried under its key. */
struct load {
	uint64_t messages;
	uint64_t bytes;
};

struct link {
	enum state state;
	struct link_config config;
	const struct link_keys *keys; /* borrowed: the session's; NULL before message 1 */
	struct noise *noise;          /* owned */
	struct buf hello;             /* our own */
	struct buf in;                /* what has come of the frame */
	size_t want;                  /* how much of it must come before we look again */
	bool has_head;
	uint64_t at; /* where the frame begins in all bytes received */
	struct load sent;
	struct load received;
	struct fault fault;
};

/* What one call of link_feed gives back. */
struct yield {
	uint64_t now_ms;
	struct arena *arena;
	struct link_event **tail; /* where the next event is hung up */
	struct buf *out;
};

static int on_message_1(struct link *l, struct bytes message, struct yield *y);
static int on_message_2(struct link *l, struct bytes message, struct yield *y);
static int on_message_3(struct link *l, struct bytes message, struct yield *y);
static int on_frame(struct link *l, struct bytes message, struct yield *y);

/* What is expected where: the clear bytes in front, the handshake's keys in the message
 * besides its padded part, and who takes it. */
static const struct step {
	size_t head;
	size_t fixed;
	int (*take)(struct link *l, struct bytes message, struct yield *y);
} steps[STATE_COUNT] = {
	[WAIT_1] = { LINK_ID_BYTES + LINK_FRAME_LENGTH, NOISE_KEY_BYTES, on_message_1 },
	[WAIT_2] = { LINK_FRAME_LENGTH, NOISE_KEY_BYTES + KEY_SEALED, on_message_2 },
	[WAIT_3] = { LINK_FRAME_LENGTH, KEY_SEALED, on_message_3 },
	[OPEN] = { LINK_FRAME_LENGTH, 0, on_frame },
};

static void fill_defaults(struct link_config *c)
{
	c->hello_max = c->hello_max > 0 ? c->hello_max : LINK_HELLO_MAX;
	c->message_max = c->message_max > 0 ? c->message_max : LINK_MESSAGE_MAX;
	c->pad_bytes = c->pad_bytes > 0 ? c->pad_bytes : LINK_FRAME_PAD;
	c->stamp_window_ms = c->stamp_window_ms > 0 ? c->stamp_window_ms : LINK_STAMP_WINDOW_MS;
	c->rekey_messages = c->rekey_messages > 0 ? c->rekey_messages : LINK_REKEY_MESSAGES;
	c->rekey_bytes = c->rekey_bytes > 0 ? c->rekey_bytes : LINK_REKEY_BYTES;
}

int link_new(const struct link_config *config, struct link **l)
{
	struct link *made;

	if (config->keys[0] == NULL || config->hello.len > LINK_HELLO_MAX ||
	    config->hello_max > LINK_HELLO_MAX || config->message_max > LINK_MESSAGE_MAX ||
	    (config->pad_bytes != 0 && config->pad_bytes != LINK_FRAME_PAD &&
	     config->pad_bytes != LINK_FRAME_PAD_LARGE) ||
	    (!config->initiator && config->replay == NULL)) {
		return ERR_RANGE;
	}
	made = calloc(1, sizeof *made);
	if (made == NULL) {
		return ERR_NOMEM;
	}
	made->config = *config;
	fill_defaults(&made->config);
	made->state = config->initiator ? IDLE : WAIT_1;
	made->keys = config->initiator ? config->keys[0] : NULL;
	made->want = steps[made->state].head;
	buf_put(&made->hello, config->hello.data, config->hello.len);
	if (buf_error(&made->hello) != ERR_OK) {
		link_free(made);
		return ERR_NOMEM;
	}
	*l = made;
	return ERR_OK;
}

void link_free(struct link *l)
{
	if (l != NULL) {
		noise_free(l->noise);
		buf_done(&l->hello);
		buf_done(&l->in);
		free(l);
	}
}

/* The end of the link: keys and unread bytes go, the reason stays. */
static int die(struct link *l, int code, size_t at, const char *what)
{
	noise_free(l->noise);
	l->noise = NULL;
	buf_done(&l->in);
	l->state = DEAD;
	return err_at(&l->fault, code, (size_t)l->at + at, what);
}

const struct fault *link_fault(const struct link *l)
{
	return &l->fault;
}

int link_start(struct link *l, uint64_t now_ms, uint32_t counter, struct buf *out)
{
	size_t start = out->len;
	struct buf stamp = { 0 };
	int rc;

	if (l->state != IDLE) {
		return ERR_STATE;
	}
	rc = noise_copy(l->keys->initiator, &l->noise);
	if (rc != ERR_OK) {
		return die(l, rc, 0, "message 1");
	}
	buf_u64(&stamp, now_ms);
	buf_u32(&stamp, counter);
	buf_put(out, l->keys->id, LINK_ID_BYTES);
	buf_u16(out, MESSAGE_1);
	rc = buf_error(&stamp);
	if (rc == ERR_OK) {
		rc = noise_write(l->noise, buf_bytes(&stamp), out);
	}
	buf_done(&stamp);
	if (rc != ERR_OK) {
		out->len = start;
		return die(l, rc, 0, "message 1");
	}
	l->state = WAIT_2;
	l->want = steps[WAIT_2].head;
	return ERR_OK;
}

/* Write message 2 or 3 with our hello, whose static key and the like take fixed bytes. */
static int write_hello(struct link *l, size_t fixed, struct buf *out)
{
	size_t len = link_frame_bytes(fixed, l->hello.len, l->config.pad_bytes);
	size_t inner_len = len - LINK_FRAME_LENGTH - fixed - NOISE_TAG_BYTES;
	struct buf inner = { 0 };
	uint8_t *p = buf_extend(&inner, inner_len);
	int rc;

	if (p == NULL) {
		return ERR_NOMEM;
	}
	link_frame_fill(p, inner_len, LINK_FRAME_HELLO, buf_bytes(&l->hello));
	buf_u16(out, (uint16_t)(len - LINK_FRAME_LENGTH));
	rc = noise_write(l->noise, buf_bytes(&inner), out);
	buf_done(&inner);
	return rc;
}

/* What happened, hung up at the end of the list; NULL if there is no memory. */
static struct link_event *add_event(struct yield *y, enum link_event_kind kind)
{
	struct link_event *event = arena_take(y->arena, 1, sizeof *event);

	if (event != NULL) {
		event->kind = kind;
	}
	return event;
}

static void hang_up(struct yield *y, struct link_event *event)
{
	*y->tail = event;
	y->tail = &event->next;
}

/* The peer is proven: check what it sent along, and tell. */
static int become_ready(struct link *l, struct bytes inner, struct yield *y)
{
	const uint8_t *remote = noise_remote(l->noise);
	const uint8_t *hash = noise_hash(l->noise);
	struct link_event *event;

	assert(remote != NULL && hash != NULL && noise_is_done(l->noise));
	event = add_event(y, LINK_READY);
	if (event == NULL) {
		return die(l, ERR_NOMEM, 0, "hello");
	}
	event->data = arena_copy(y->arena, inner);
	if (event->data.data == NULL && inner.len > 0) {
		return die(l, ERR_NOMEM, 0, "hello");
	}
	memcpy(event->remote, remote, NOISE_KEY_BYTES);
	memcpy(event->hash, hash, NOISE_HASH_BYTES);
	memcpy(event->key_id, l->keys->id, LINK_ID_BYTES);
	hang_up(y, event);
	l->state = OPEN;
	return ERR_OK;
}

/* Cheapest check first: the id of the psk and the length were checked before the message had
 * come; its tag, stamp and novelty cost hashes only; what follows is for members. */
static int on_message_1(struct link *l, struct bytes message, struct yield *y)
{
	const uint8_t *tag = message.data + message.len - NOISE_TAG_BYTES;
	size_t start = y->out->len;
	struct buf stamp = { 0 };
	int rc = noise_accept(l->keys->responder, message, &stamp, &l->noise);

	if (rc != ERR_OK) {
		buf_done(&stamp);
		return die(l, rc, 0, "message 1");
	}
	assert(stamp.len == LINK_STAMP_BYTES);
	rc = link_replay_stamp(stamp.data, y->now_ms, l->config.stamp_window_ms);
	buf_done(&stamp);
	if (rc != ERR_OK) {
		return die(l, rc, 0, "stamp");
	}
	rc = link_replay_add(l->config.replay, tag);
	if (rc != ERR_OK) {
		return die(l, rc, 0, "replayed message 1");
	}
	rc = write_hello(l, steps[WAIT_2].fixed, y->out);
	if (rc != ERR_OK) {
		y->out->len = start;
		return die(l, rc, 0, "message 1");
	}
	l->state = WAIT_3;
	return ERR_OK;
}

/* Read the peer's static key and hello from message 2 or 3. */
static int read_hello(struct link *l, struct bytes message, struct buf *inner, struct bytes *hello)
{
	const char *what = "handshake message";
	int rc = noise_read(l->noise, message, inner);

	if (rc == ERR_OK) {
		rc = link_frame_content(buf_bytes(inner), LINK_FRAME_HELLO, l->config.hello_max,
					hello, &what);
	}
	/* A message of ours that was sent back to us must not pass for a peer. */
	if (rc == ERR_OK &&
	    sodium_memcmp(noise_remote(l->noise), l->keys->own_public, NOISE_KEY_BYTES) == 0) {
		what = "own key";
		rc = ERR_DENIED;
	}
	return rc == ERR_OK ? ERR_OK : die(l, rc, 0, what);
}

static int on_message_2(struct link *l, struct bytes message, struct yield *y)
{
	size_t start = y->out->len;
	struct buf inner = { 0 };
	struct bytes hello = { 0 };
	int rc = read_hello(l, message, &inner, &hello);

	if (rc == ERR_OK) {
		rc = write_hello(l, steps[WAIT_3].fixed, y->out);
		rc = rc == ERR_OK ? become_ready(l, hello, y) : die(l, rc, 0, "message 2");
	}
	if (rc != ERR_OK) {
		y->out->len = start;
	}
	buf_done(&inner);
	return rc;
}

static int on_message_3(struct link *l, struct bytes message, struct yield *y)
{
	struct buf inner = { 0 };
	struct bytes hello = { 0 };
	int rc = read_hello(l, message, &inner, &hello);

	if (rc == ERR_OK) {
		rc = become_ready(l, hello, y);
	}
	buf_done(&inner);
	return rc;
}

/* Count a frame; both sides replace the key behind the same one. */
static int count_frame(struct link *l, bool sending, size_t frame_bytes)
{
	struct load *load = sending ? &l->sent : &l->received;

	load->messages++;
	load->bytes += frame_bytes;
	if (load->messages < l->config.rekey_messages && load->bytes < l->config.rekey_bytes) {
		return ERR_OK;
	}
	*load = (struct load){ 0 };
	return noise_rekey(l->noise, sending);
}

static int on_frame(struct link *l, struct bytes message, struct yield *y)
{
	size_t len = message.len - NOISE_TAG_BYTES;
	uint8_t *inner = arena_take(y->arena, len, 1);
	struct link_event *event = add_event(y, LINK_MESSAGE);
	const char *what = "frame";
	int rc = ERR_NOMEM;

	if (inner == NULL || event == NULL) {
		return die(l, rc, 0, what);
	}
	rc = noise_open(l->noise, message, inner);
	if (rc == ERR_OK) {
		rc = link_frame_content((struct bytes){ inner, len }, LINK_FRAME_MESSAGE,
					l->config.message_max, &event->data, &what);
	}
	if (rc == ERR_OK) {
		rc = count_frame(l, false, LINK_FRAME_LENGTH + message.len);
	}
	if (rc != ERR_OK) {
		return die(l, rc, 0, what);
	}
	hang_up(y, event);
	return ERR_OK;
}

/* Is this a length that a message can have here?  We do not know the peer's unit of padding,
 * so it may be as large as any. */
static int check_length(const struct link *l, size_t len)
{
	size_t content = l->state == OPEN ? l->config.message_max : l->config.hello_max;
	size_t fixed = steps[l->state].fixed;

	if (l->state == WAIT_1) {
		return len == MESSAGE_1 ? ERR_OK : ERR_MALFORMED;
	}
	if (LINK_FRAME_LENGTH + len > link_frame_bytes(fixed, content, LINK_FRAME_PAD_LARGE)) {
		return ERR_LIMIT;
	}
	if (len < fixed + LINK_FRAME_MIN || (LINK_FRAME_LENGTH + len) % LINK_FRAME_PAD != 0) {
		return ERR_MALFORMED;
	}
	return ERR_OK;
}

/* Which psk does the initiator mean?  The id is public, so this needs no care about time. */
static const struct link_keys *find_keys(const struct link *l, const uint8_t *id)
{
	for (size_t i = 0; i < LINK_KEYS_MAX && l->config.keys[i] != NULL; i++) {
		if (memcmp(l->config.keys[i]->id, id, LINK_ID_BYTES) == 0) {
			return l->config.keys[i];
		}
	}
	return NULL;
}

/* The clear bytes in front are here: refuse what cannot become a message before it comes. */
static int take_head(struct link *l)
{
	const struct step *step = &steps[l->state];
	const uint8_t *length = l->in.data + step->head - LINK_FRAME_LENGTH;
	size_t len = (size_t)length[0] << 8 | length[1];
	int rc;

	if (l->state == WAIT_1) {
		l->keys = find_keys(l, l->in.data);
		if (l->keys == NULL) {
			return die(l, ERR_NOKEY, 0, "psk id");
		}
	}
	rc = check_length(l, len);
	if (rc != ERR_OK) {
		return die(l, rc, step->head - LINK_FRAME_LENGTH, "frame length");
	}
	l->has_head = true;
	l->want = step->head + len;
	return ERR_OK;
}

/* As much of the frame is here as was wanted. */
static int take_piece(struct link *l, struct yield *y)
{
	const struct step *step = &steps[l->state];
	struct bytes message;
	int rc;

	if (!l->has_head) {
		return take_head(l);
	}
	message = (struct bytes){ l->in.data + step->head, l->in.len - step->head };
	rc = step->take(l, message, y);
	if (rc != ERR_OK) {
		return rc;
	}
	l->at += l->in.len;
	l->has_head = false;
	l->want = steps[l->state].head;
	buf_clear(&l->in);
	return ERR_OK;
}

int link_feed(struct link *l, struct bytes in, uint64_t now_ms, struct arena *arena,
	      struct link_event **events, struct buf *out)
{
	struct yield y = { .now_ms = now_ms, .arena = arena, .tail = events, .out = out };
	int rc = l->fault.code;

	*events = NULL;
	if (rc == ERR_OK && l->state == IDLE) {
		return ERR_STATE;
	}
	while (rc == ERR_OK && in.len > 0) {
		size_t take = l->want - l->in.len;

		take = take < in.len ? take : in.len;
		buf_put(&l->in, in.data, take);
		in.data += take;
		in.len -= take;
		if (buf_error(&l->in) != ERR_OK) {
			rc = die(l, ERR_NOMEM, 0, "frame");
		} else if (l->in.len == l->want) {
			rc = take_piece(l, &y);
		}
	}
	return rc;
}

int link_send(struct link *l, struct bytes message, struct buf *out)
{
	size_t start = out->len;
	size_t len;
	uint8_t *frame;
	int rc;

	if (l->state != OPEN) {
		return ERR_STATE;
	}
	if (message.len > LINK_MESSAGE_MAX) {
		return ERR_LIMIT;
	}
	len = link_frame_bytes(0, message.len, l->config.pad_bytes);
	frame = buf_extend(out, len);
	if (frame == NULL) {
		return buf_error(out);
	}
	frame[0] = (uint8_t)((len - LINK_FRAME_LENGTH) >> 8);
	frame[1] = (uint8_t)(len - LINK_FRAME_LENGTH);
	frame += LINK_FRAME_LENGTH;
	len -= LINK_FRAME_LENGTH + NOISE_TAG_BYTES;
	link_frame_fill(frame, len, LINK_FRAME_MESSAGE, message);
	rc = noise_seal(l->noise, (struct bytes){ frame, len }, frame);
	if (rc == ERR_OK) {
		rc = count_frame(l, true, LINK_FRAME_LENGTH + len + NOISE_TAG_BYTES);
	}
	if (rc != ERR_OK) {
		out->len = start;
		return die(l, rc, 0, "sending");
	}
	return ERR_OK;
}

int link_end(struct link *l)
{
	if (l->fault.code != ERR_OK) {
		return l->fault.code;
	}
	if (l->state != OPEN || l->in.len > 0) {
		return die(l, ERR_SHORT, l->in.len, "end of the stream");
	}
	return ERR_OK;
}
