#include "node/node.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/chapter.h"

#define ARENA_BYTES (128U << 20)
#define TEXT_ROOM   1024U
#define SET_BACK_MS 5000U /* smaller steps are a clock being disciplined */

int node_new(const struct node_config *config, struct node **out)
{
	struct node *n = calloc(1, sizeof *n);
	struct node_policy first;
	uint8_t spread[SYNC_SEED_BYTES];
	uint64_t seed;
	int rc;

	if (n == NULL) {
		return ERR_NOMEM;
	}
	n->config = *config;
	n->store = config->store;
	n->keys = config->keys;
	first.policy = config->policy;
	first.label = config->policy_label;
	memcpy(first.digest, config->policy_digest, sizeof first.digest);
	rules_set(n, &first);
	arena_init(&n->arena, config->arena_bytes == 0 ? ARENA_BYTES : config->arena_bytes);
	arena_init(&n->grant_arena, 0);
	link_replay_init(&n->replay);
	keys_random(&seed, sizeof seed);
	keys_random(spread, sizeof spread);
	rc = book_new(seed, &n->book);
	if (rc == ERR_OK) {
		rc = gallery_new(&n->gallery);
	}
	if (rc == ERR_OK) {
		rc = permit_new(&n->permits);
	}
	if (rc == ERR_OK) {
		rc = sync_set_new(spread, &n->set);
	}
	if (rc != ERR_OK) {
		node_free(n);
		return rc;
	}
	*out = n;
	return ERR_OK;
}

void node_free(struct node *n)
{
	if (n == NULL) {
		return;
	}
	for (size_t i = 0; i < NODE_LINKS_MAX; i++) {
		sync_session_free(n->links[i].sync);
		link_free(n->links[i].link);
	}
	for (size_t i = 0; i < PENDING_MAX; i++) {
		arena_done(&n->pending[i].arena);
	}
	for (size_t i = 0; i < SEARCHES_MAX; i++) {
		arena_done(&n->searching[i].arena);
	}
	carry_free(n->carry);
	unpack_free(n->unpack);
	link_keys_free(n->link_keys);
	book_free(n->book);
	gallery_free(n->gallery);
	permit_free(n->permits);
	sync_set_free(n->set);
	members_free(n->members);
	arena_done(&n->grant_arena);
	arena_done(&n->arena);
	explicit_bzero(&n->membership, sizeof n->membership);
	free(n);
}

const char *node_event_name(enum event_kind kind)
{
	static const char *const names[] = { "none",    "start",    "wake",    "peer-seen",
					     "link-up", "bytes",    "drained", "link-down",
					     "ask",     "examined", "found",   "policy" };

	return kind <= EVENT_POLICY ? names[kind] : names[0];
}

int node_begin(struct node *n)
{
	return store_begin(n->store);
}

int node_commit(struct node *n)
{
	int rc = store_commit(n->store);

	if (rc == ERR_OK && n->erased) {
		n->erased = false;
		rc = store_scrub(n->store);
	}
	return rc;
}

void node_touch(struct node *n)
{
	n->touched = true;
}

uint64_t node_job(struct node *n)
{
	return ++n->next_job;
}

struct bytes node_text(struct node *n, const char *format, ...)
{
	char line[TEXT_ROOM];
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(line, sizeof line, format, ap);
	va_end(ap);
	if (len <= 0) {
		return (struct bytes){ NULL, 0 };
	}
	if ((size_t)len >= sizeof line) {
		len = (int)sizeof line - 1;
		while (len > 0 && ((uint8_t)line[len] & 0xc0) == 0x80) {
			len--; /* not in the middle of a character */
		}
	}
	return arena_copy(&n->arena,
			  (struct bytes){ .data = (const uint8_t *)line, .len = (size_t)len });
}

int node_tell(struct node *n, const char *format, ...)
{
	char line[TEXT_ROOM];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(line, sizeof line, format, ap);
	va_end(ap);
	return effects_add(n->effects,
			   &(struct effect){ .kind = EFFECT_TELL, .bytes = bytes_of(line) });
}

int node_reply(struct node *n, uint64_t ask, int code, const char *place, const char *text,
	       const struct schema *schema, const void *body)
{
	struct answer a = { .code = (uint64_t)-code, .place = bytes_of(place) };
	struct buf inner;
	struct buf out;
	int rc = ERR_OK;

	if (ask == 0) {
		return ERR_OK; /* nobody waits for it */
	}
	a.text = bytes_of(text != NULL ? text : code == ERR_OK ? NULL : err_text(code));
	buf_init(&inner, ANSWER_BYTES_MAX);
	buf_init(&out, ANSWER_BYTES_MAX + TEXT_ROOM);
	if (schema != NULL) {
		rc = schema_encode(schema, body, &inner);
		a.body = buf_bytes(&inner);
	}
	if (rc == ERR_OK) {
		rc = schema_encode(&answer_schema, &a, &out);
	}
	if (rc == ERR_OK) {
		rc = effects_add(
		    n->effects,
		    &(struct effect){ .kind = EFFECT_REPLY, .ask = ask, .bytes = buf_bytes(&out) });
	}
	buf_done(&inner);
	buf_done(&out);
	return rc;
}

int node_audit(struct node *n, const char *verb, struct bytes officer, const uint8_t *object,
	       const struct audit_line *more)
{
	struct audit_line line = more != NULL ? *more : (struct audit_line){ 0 };
	struct buf plain;
	struct buf locked;
	uint64_t number;
	int rc;

	node_touch(n);
	line.at_ms = n->wall_ms;
	line.verb = bytes_of(verb);
	line.officer = officer;
	if (object != NULL) {
		memcpy(line.object, object, sizeof line.object);
	}
	buf_init(&plain, 0);
	buf_init(&locked, 0);
	rc = audit_append(&n->audit, &line, &plain);
	if (rc == ERR_OK) {
		rc = keys_lock(n->keys, "audit", buf_bytes(&plain), &locked);
	}
	if (rc == ERR_OK) {
		rc = store_audit(n->store, buf_bytes(&locked), &number);
	}
	buf_done(&plain);
	buf_done(&locked);
	return rc;
}

/* ---- questions ---- */

static int ask_bundle(struct node *n, const struct ask *ask)
{
	struct bytes v = ask->verb;

	if (bytes_is(v, "bundle.export")) {
		return carry_export(n, ask);
	}
	if (bytes_is(v, "bundle.next")) {
		return carry_next(n, ask);
	}
	if (bytes_is(v, "bundle.import")) {
		return unpack_import(n, ask);
	}
	if (bytes_is(v, "bundle.piece")) {
		return unpack_piece(n, ask);
	}
	return ERR_NOTFOUND;
}

static int ask_enrolled(struct node *n, const struct ask *ask)
{
	struct bytes v = ask->verb;

	if (bytes_is(v, "check")) {
		return capture_ask(n, ask, false);
	}
	if (bytes_is(v, "notice.add") || bytes_is(v, "notice.amend")) {
		return capture_ask(n, ask, true);
	}
	if (bytes_is(v, "notice.block")) {
		return issue_standing(n, ask, STATUS_BLOCKED);
	}
	if (bytes_is(v, "notice.withdraw")) {
		return issue_standing(n, ask, STATUS_WITHDRAWN);
	}
	if (bytes_is(v, "gallery")) {
		return overview_gallery(n, ask);
	}
	if (bytes_is(v, "case")) {
		return tell_case(n, ask);
	}
	if (bytes_is(v, "queue")) {
		return overview_queue(n, ask);
	}
	if (bytes_is(v, "review")) {
		return review_ask(n, ask);
	}
	if (bytes_is(v, "action")) {
		return review_action(n, ask);
	}
	if (bytes_is(v, "passport.sign")) {
		return enrol_sign(n, ask);
	}
	return ask_bundle(n, ask);
}

static int answer_ask(struct node *n, const struct ask *ask)
{
	if (ask_find(ask->verb) == NULL) {
		return ERR_NOTFOUND;
	}
	if (bytes_is(ask->verb, "status")) {
		return overview_status(n);
	}
	if (bytes_is(ask->verb, "audit")) {
		return overview_audit(n, ask);
	}
	if (bytes_is(ask->verb, "peers")) {
		return overview_peers(n);
	}
	if (bytes_is(ask->verb, "passport.request")) {
		return enrol_request(n, ask);
	}
	if (bytes_is(ask->verb, "passport.install")) {
		return enrol_install(n, ask);
	}
	if (!n->enrolled) {
		return node_reply(n, n->event->ask, ERR_STATE, NULL,
				  "this node is not enrolled yet: passport request, then install",
				  NULL, NULL);
	}
	return ask_enrolled(n, ask);
}

static int ask_step(struct node *n)
{
	struct ask ask;
	struct fault fault = { .what = "ask" };
	size_t before = n->effects->count;
	int rc = schema_decode(&ask_schema, n->event->bytes, &n->arena, &ask, &fault);

	n->officer = ask.officer;
	if (rc == ERR_OK) {
		rc = answer_ask(n, &ask);
	}
	if (rc != ERR_OK && !n->touched) {
		effects_cut(n->effects, before);
		return node_reply(n, n->event->ask, rc, fault.what, NULL, NULL, NULL);
	}
	return rc;
}

/* ---- the switch ---- */

static int chapter(struct node *n)
{
	switch (n->event->kind) {
	case EVENT_START:
		node_touch(n);
		return start_read(n);
	case EVENT_WAKE:
		return meet_wake(n);
	case EVENT_PEER_SEEN:
		return meet_peer_seen(n);
	case EVENT_LINK_UP:
		return meet_link_up(n);
	case EVENT_LINK_BYTES:
		return meet_link_bytes(n);
	case EVENT_LINK_DRAINED:
		return meet_drained(n);
	case EVENT_LINK_DOWN:
		return meet_link_down(n);
	case EVENT_ASK:
		return ask_step(n);
	case EVENT_EXAMINED:
		return capture_examined(n);
	case EVENT_FOUND:
		return search_found(n);
	case EVENT_POLICY:
		return rules_change(n);
	}
	return ERR_INTERNAL;
}

/* What a step may have brought that concerns others: new keys, a new roster, new entries to
 * be sent, and the time to be woken. */
static int afterwards(struct node *n)
{
	int rc = ERR_OK;

	if (n->keys_came && n->started) {
		rc = apply_unopened(n);
	}
	for (size_t i = 0; rc == ERR_OK && n->started && i < NODE_LINKS_MAX; i++) {
		struct wire_link *l = &n->links[i];

		if (l->number == 0 || l->sync == NULL) {
			continue;
		}
		l->again = l->again || (n->passport_came && l->refused);
		if (n->roster_came && exchange_classes(n, l) != ERR_OK) {
			rc = meet_close(n, l, "sync", ERR_STATE);
		} else {
			rc = exchange_pump(n, l);
		}
	}
	n->roster_came = false;
	n->passport_came = false;
	carry_due(n);
	unpack_due(n);
	if (rc == ERR_OK) {
		rc = report_beacon(n);
	}
	if (rc == ERR_OK) {
		rc = forget_due(n);
	}
	return rc == ERR_OK ? meet_next(n) : rc;
}

int node_step(struct node *n, const struct event *event, struct effects *effects)
{
	size_t before = effects->count;
	int rc;

	if (!n->started && event->kind != EVENT_START) {
		return ERR_STATE;
	}
	n->event = event;
	n->effects = effects;
	bool back = event->now_ms + SET_BACK_MS < n->now_ms;

	n->now_ms = event->now_ms;
	if (back) {
		meet_set_back(n);
	}
	n->wall_ms = event->now_ms > n->trusted_ms ? event->now_ms : n->trusted_ms;
	n->today = day_of_ms(n->wall_ms);
	n->officer = (struct bytes){ NULL, 0 };
	n->touched = false;
	rc = store_mark(n->store);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = chapter(n);
	n->started = n->started || (event->kind == EVENT_START && rc == ERR_OK);
	if (rc == ERR_OK) {
		rc = afterwards(n);
	}
	arena_done(&n->arena);
	n->event = NULL;
	if (rc != ERR_OK) {
		effects_cut(effects, before);
		/* Half done in memory cannot be undone: start again from disk. */
		return n->touched || store_undo(n->store) != ERR_OK ? ERR_STORE : rc;
	}
	return store_release(n->store);
}
