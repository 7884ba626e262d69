/* Chapter 5: a neighbour comes into reach; both prove who they are, and what they may have is
 * looked up.
 * Before: share.c  Next: exchange.c */
#include <string.h>

#include "node/chapter.h"

struct wire_link *meet_find(struct node *n, uint32_t number)
{
	for (size_t i = 0; number != 0 && i < NODE_LINKS_MAX; i++) {
		if (n->links[i].number == number) {
			return &n->links[i];
		}
	}
	return NULL;
}

static struct address *find_address(struct node *n, struct bytes text)
{
	for (size_t i = 0; text.len > 0 && i < ADDRESSES_MAX; i++) {
		if (bytes_is(text, n->addresses[i].text)) {
			return &n->addresses[i];
		}
	}
	return NULL;
}

/* A place for a new address: a free one, or that of the one not seen for longest. */
static struct address *new_address(struct node *n)
{
	struct address *oldest = NULL;

	for (size_t i = 0; i < ADDRESSES_MAX; i++) {
		struct address *a = &n->addresses[i];

		if (a->text[0] == '\0') {
			return a;
		}
		if (!a->fixed && !a->busy && (oldest == NULL || a->seen_ms < oldest->seen_ms)) {
			oldest = a;
		}
	}
	return oldest;
}

static int dial(struct node *n, struct address *a)
{
	a->busy = true;
	return effects_add(n->effects,
			   &(struct effect){ .kind = EFFECT_DIAL, .bytes = bytes_of(a->text) });
}

/* Who is no member cannot call anybody: it sleeps rather than try. */
static bool is_to_be_called(const struct node *n, const struct address *a)
{
	return n->enrolled && a->text[0] != '\0' && !a->busy &&
	       (a->fixed || a->seen_ms + REDIAL_MAX_MS * 4 > n->now_ms);
}

int meet_peer_seen(struct node *n)
{
	struct address *a = find_address(n, n->event->address);

	if (n->event->address.len == 0 || n->event->address.len >= ADDRESS_MAX) {
		return ERR_MALFORMED;
	}
	node_touch(n);
	if (a == NULL) {
		a = new_address(n);
		if (a == NULL) {
			return ERR_OK; /* all places are taken by peers that are up or fixed */
		}
		*a = (struct address){ .next_ms = n->now_ms };
		(void)bytes_text(n->event->address, a->text, sizeof a->text);
	}
	a->fixed = a->fixed || n->event->fixed;
	a->seen_ms = n->now_ms;
	if (is_to_be_called(n, a) && a->next_ms <= n->now_ms) {
		return dial(n, a);
	}
	return ERR_OK;
}

/* The address may be tried again, later each time it fails. */
static void rest(struct node *n, struct address *a, bool worked)
{
	if (a == NULL) {
		return;
	}
	a->busy = false;
	a->wait_ms = worked || a->wait_ms == 0 ? REDIAL_MIN_MS : a->wait_ms * 2;
	if (a->wait_ms > REDIAL_MAX_MS) {
		a->wait_ms = REDIAL_MAX_MS;
	}
	a->next_ms = n->now_ms + a->wait_ms;
}

/* Whoever was linked is called again soon, wherever it may be. */
static void call_again(struct node *n, const uint8_t peer[ENTRY_NODE_BYTES])
{
	for (size_t i = 0; i < ADDRESSES_MAX; i++) {
		struct address *a = &n->addresses[i];

		if (a->known && memcmp(a->peer, peer, ENTRY_NODE_BYTES) == 0 &&
		    a->next_ms > n->now_ms + REDIAL_MIN_MS) {
			a->wait_ms = REDIAL_MIN_MS;
			a->next_ms = n->now_ms + REDIAL_MIN_MS;
		}
	}
}

static void forget_link(struct wire_link *l)
{
	sync_session_free(l->sync);
	link_free(l->link);
	memset(l, 0, sizeof *l);
}

int meet_close(struct node *n, struct wire_link *l, const char *why, int code)
{
	uint32_t number = l->number;
	char hex[9] = "-";
	int rc;

	node_touch(n);
	if (l->ready) {
		bytes_hex(l->peer, 4, hex);
		call_again(n, l->peer);
	}
	rest(n, find_address(n, bytes_of(l->address)), l->settled);
	forget_link(l);
	rc = node_tell(n, "level=%s at=meet peer=%s link=%u closed=%s err=\"%s\"",
		       code == ERR_OK ? "info" : "warn", hex, number, why, err_text(code));
	if (rc == ERR_OK) {
		rc = effects_add(n->effects,
				 &(struct effect){ .kind = EFFECT_CLOSE, .link = number });
	}
	return rc;
}

static int send(struct node *n, struct wire_link *l, struct buf *out)
{
	int rc = buf_error(out);

	if (rc == ERR_OK && out->len > 0) {
		l->queued += out->len;
		l->sent += out->len;
		rc = effects_add(n->effects, &(struct effect){ .kind = EFFECT_SEND,
							       .link = l->number,
							       .bytes = buf_bytes(out) });
	}
	return rc;
}

int meet_link_up(struct node *n)
{
	struct link_config config = { .initiator = n->event->dialled,
				      .replay = &n->replay,
				      /* Clocks at posts may be years off: they must meet all the
				       * same.  A replay costs what one greeting costs. */
				      .stamp_window_ms = LINK_STAMP_ANY };
	struct wire_link *l = NULL;
	struct buf out;
	int rc;

	for (size_t i = 0; i < NODE_LINKS_MAX && l == NULL; i++) {
		l = n->links[i].number == 0 ? &n->links[i] : NULL;
	}
	node_touch(n);
	if (l == NULL || !n->enrolled) {
		rest(n, find_address(n, n->event->address), false);
		return effects_add(
		    n->effects, &(struct effect){ .kind = EFFECT_CLOSE, .link = n->event->link });
	}
	*l = (struct wire_link){ .heard_ms = n->now_ms,
				 .number = n->event->link,
				 .dialled = n->event->dialled,
				 .since_ms = n->now_ms };
	(void)bytes_text(n->event->address, l->address, sizeof l->address);
	config.hello = members_signed(n->members, n->self.node); /* there since enrolment */
	config.keys[0] = n->link_keys;
	buf_init(&out, 0);
	rc = link_new(&config, &l->link);
	if (rc == ERR_OK && l->dialled) {
		rc = link_start(l->link, n->now_ms, ++n->greetings, &out);
	}
	if (rc == ERR_OK) {
		rc = send(n, l, &out);
	}
	buf_done(&out);
	return rc;
}

int meet_check(const struct node *n, struct bytes signed_passport,
	       const uint8_t dh_public[KEYS_PUBLIC_BYTES], struct passport *out)
{
	int rc = passport_read(signed_passport, n->region_public, out, NULL);

	if (rc != ERR_OK) {
		return rc;
	}
	if (memcmp(out->dh_public, dh_public, sizeof out->dh_public) != 0) {
		return ERR_FORGED;
	}
	if (memcmp(out->node, n->self.node, sizeof out->node) == 0) {
		return ERR_EXISTS;
	}
	return RULE(peer_current, !passport_valid(out, n->today)) ? ERR_EXPIRED : ERR_OK;
}

/* Two links to one peer: both ends keep the one that the lesser id dialled. */
static struct wire_link *surplus(struct node *n, struct wire_link *l,
				 const uint8_t peer[ENTRY_NODE_BYTES])
{
	bool ours = memcmp(n->self.node, peer, ENTRY_NODE_BYTES) < 0;

	for (size_t i = 0; i < NODE_LINKS_MAX; i++) {
		struct wire_link *other = &n->links[i];

		if (other != l && other->number != 0 && other->ready &&
		    memcmp(other->peer, peer, ENTRY_NODE_BYTES) == 0) {
			/* Of two in one direction the new one is alive. */
			return l->dialled == other->dialled || l->dialled == ours ? other : l;
		}
	}
	return NULL;
}

/* One of two links to a peer goes; its address need not be called while the other one is
 * there, but now and then: somebody else may live there meanwhile. */
static int close_surplus(struct node *n, struct wire_link *l)
{
	struct address *a = find_address(n, bytes_of(l->address));
	int rc = meet_close(n, l, "surplus", ERR_OK);

	if (a != NULL) {
		a->next_ms = n->now_ms + REDIAL_IDLE_MS;
	}
	return rc;
}

/* Who is behind the address that we called. */
static void note_address(struct node *n, const struct wire_link *l,
			 const uint8_t peer[ENTRY_NODE_BYTES])
{
	struct address *a = find_address(n, bytes_of(l->address));

	if (a != NULL) {
		a->known = true;
		memcpy(a->peer, peer, sizeof a->peer);
	}
}

static int ready(struct node *n, struct wire_link *l, const struct link_event *e, struct buf *out)
{
	struct passport p;
	struct wire_link *drop;
	char hex[9];
	int rc = meet_check(n, e->data, e->remote, &p); /* the key that was just proven */

	if (rc != ERR_OK) {
		return meet_close(n, l, "peer", rc);
	}
	rc = members_passport(n->members, e->data, NULL);
	if (rc != ERR_OK && rc != ERR_STALE) {
		return meet_close(n, l, "peer", rc);
	}
	note_address(n, l, p.node);
	drop = surplus(n, l, p.node);
	if (drop == l) {
		return close_surplus(n, l);
	}
	if (drop != NULL) {
		rc = close_surplus(n, drop);
		if (rc != ERR_OK) {
			return rc;
		}
	}
	l->ready = true;
	memcpy(l->peer, p.node, sizeof l->peer);
	bytes_hex(l->peer, 4, hex);
	/* Message 3 says who we are: it leaves only now, for a peer that is welcome. */
	rc = send(n, l, out);
	buf_clear(out);
	if (rc == ERR_OK) {
		rc = node_tell(n, "level=info at=meet peer=%s link=%u state=up", hex, l->number);
	}
	if (rc == ERR_OK) {
		rc = node_audit(n, "link.up", (struct bytes){ NULL, 0 }, l->peer, NULL);
	}
	return rc == ERR_OK ? exchange_begin(n, l, e->hash) : rc;
}

int meet_link_bytes(struct node *n)
{
	struct wire_link *l = meet_find(n, n->event->link);
	struct link_event *events = NULL;
	uint32_t number = n->event->link;
	struct buf out;
	int fed;
	int rc;

	if (l == NULL) {
		return ERR_OK; /* closed by us; bytes were under way */
	}
	node_touch(n);
	buf_init(&out, 0);
	l->received += n->event->bytes.len;
	l->heard_ms = n->now_ms;
	fed = link_feed(l->link, n->event->bytes, n->now_ms, &n->arena, &events, &out);
	rc = ERR_OK;
	for (; events != NULL && rc == ERR_OK && meet_find(n, number) == l; events = events->next) {
		if (events->kind == LINK_READY) {
			rc = ready(n, l, events, &out);
		} else {
			rc = exchange_message(n, l, events->data);
		}
	}
	if (rc == ERR_OK && meet_find(n, number) == l) {
		rc = fed == ERR_OK ? send(n, l, &out) : meet_close(n, l, "channel", fed);
	}
	buf_done(&out);
	return rc;
}

int meet_link_down(struct node *n)
{
	struct wire_link *l = meet_find(n, n->event->link);
	char hex[9];

	node_touch(n);
	if (l == NULL) {
		rest(n, find_address(n, n->event->address), false);
		return ERR_OK;
	}
	if (l->ready) {
		call_again(n, l->peer);
	}
	rest(n, find_address(n, bytes_of(l->address)), l->settled);
	bytes_hex(l->peer, 4, hex);
	forget_link(l);
	return node_tell(n, "level=info at=meet peer=%s state=down", hex);
}

/* Neither side waits for the other in a session; should it come to that, a new link compares
 * again and loses nothing. */
static bool is_stalled(const struct node *n, const struct wire_link *l)
{
	struct sync_progress p;

	if (l->sync == NULL || n->now_ms < l->heard_ms + STALLED_MS) {
		return false;
	}
	sync_session_progress(l->sync, &p);
	return !p.settled;
}

int meet_wake(struct node *n)
{
	int rc = ERR_OK;

	for (size_t i = 0; rc == ERR_OK && i < NODE_LINKS_MAX; i++) {
		struct wire_link *l = &n->links[i];

		if (l->number != 0 && !l->ready && n->now_ms >= l->since_ms + GREETING_MS) {
			rc = meet_close(n, l, "greeting", ERR_TIMEOUT);
		} else if (is_stalled(n, l)) {
			rc = meet_close(n, l, "stalled", ERR_TIMEOUT);
		} else if (l->sync != NULL && l->wake_ms != 0 && n->now_ms >= l->wake_ms) {
			l->wake_ms = 0;
			rc = sync_wake(l->sync, n->now_ms) == ERR_OK
				 ? exchange_pump(n, l)
				 : meet_close(n, l, "sync", ERR_TIMEOUT);
		}
	}
	for (size_t i = 0; rc == ERR_OK && i < ADDRESSES_MAX; i++) {
		struct address *a = &n->addresses[i];

		if (is_to_be_called(n, a) && a->next_ms <= n->now_ms) {
			rc = dial(n, a);
		}
	}
	return rc;
}

void meet_set_back(struct node *n)
{
	for (size_t i = 0; i < NODE_LINKS_MAX; i++) {
		n->links[i].since_ms = n->now_ms;
		n->links[i].heard_ms = n->now_ms;
		n->links[i].wake_ms = n->links[i].sync != NULL ? n->now_ms : 0;
	}
	for (size_t i = 0; i < ADDRESSES_MAX; i++) {
		n->addresses[i].next_ms = n->now_ms;
		n->addresses[i].seen_ms = n->now_ms;
	}
	n->next_purge_ms = n->now_ms;
	n->beacon_ms = n->now_ms;
}

int meet_drained(struct node *n)
{
	struct wire_link *l = meet_find(n, n->event->link);

	if (l != NULL) {
		l->queued = 0;
	}
	return ERR_OK; /* the step's end goes on with every session */
}

static void sooner(uint64_t *at, uint64_t ms)
{
	if (ms != 0 && (*at == 0 || ms < *at)) {
		*at = ms;
	}
}

int meet_next(struct node *n)
{
	uint64_t at = 0;

	for (size_t i = 0; i < NODE_LINKS_MAX; i++) {
		const struct wire_link *l = &n->links[i];

		if (l->number != 0) {
			sooner(&at, l->ready ? l->wake_ms : l->since_ms + GREETING_MS);
			sooner(&at, l->ready ? l->heard_ms + STALLED_MS : 0);
		}
	}
	for (size_t i = 0; i < ADDRESSES_MAX; i++) {
		const struct address *a = &n->addresses[i];

		if (is_to_be_called(n, a)) {
			sooner(&at, a->next_ms);
		}
	}
	if (n->enrolled) {
		sooner(&at, n->next_purge_ms);
		sooner(&at, carry_wake(n));
		sooner(&at, unpack_wake(n));
	}
	if (at == 0) {
		return ERR_OK;
	}
	return effects_add(n->effects,
			   &(struct effect){ .kind = EFFECT_WAKE_AT,
					     .at_ms = at > n->now_ms ? at : n->now_ms + 1 });
}
